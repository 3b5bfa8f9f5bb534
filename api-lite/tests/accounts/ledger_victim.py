"""A gateway that is about to be killed: does one thing with the ledger, says so, and waits.

Arguments: database URL, and where to die: `reserved` (after the reservation, before the settlement),
`inside-reserve` or `inside-settle` (between the statements of one transaction), or `settled`.
"""

from __future__ import annotations

import asyncio
import sys
import threading

from nacl.signing import SigningKey
from sqlalchemy import Connection

from r3mes_api.accounts import ledger as ledger_module
from r3mes_api.accounts.billing import Billing, Delivered, Outcome
from r3mes_api.accounts.ledger import Ledger
from r3mes_api.accounts.settlement import Attempt, Price
from r3mes_api.storage.database import open_database
from r3mes_api.storage.database_url import database_url

NOW = 1_800_000_000


def wait_for_the_end(word: str) -> None:
    print(word, flush=True)
    threading.Event().wait()


def die_in_move(number: int) -> None:
    """Stops at the `number`th balance that is moved from now on, inside its transaction."""
    move = ledger_module._move
    count = 0

    def stops(connection: Connection, account: str, amount: int) -> None:
        nonlocal count
        count += 1
        move(connection, account, amount)
        if count == number:
            wait_for_the_end("inside")

    ledger_module._move = stops


async def main() -> None:
    url, where = sys.argv[1:]
    database = open_database(database_url(url))
    ledger = Ledger(database)
    billing = Billing(
        database, ledger, gateway="https://g", gateway_key=SigningKey.generate(), clock=lambda: NOW
    )  # fmt: skip
    if where == "inside-reserve":
        die_in_move(1)
    request = await billing.reserve(
        owner="remes1user", api_key_id=None, request_id="r1", price=Price(0, 1_000_000), prompt_bound=0,
        max_completion_tokens=100,
    )  # fmt: skip
    if where == "reserved":
        wait_for_the_end("reserved")
    if where == "inside-settle":
        die_in_move(2)
    attempt = Attempt("0" * 16, "ab" * 32, "remes1miner", 40)
    await billing.settle(request, Delivered("m", None, 0, Outcome.COMPLETED, (attempt,)))
    wait_for_the_end("settled")


if __name__ == "__main__":
    asyncio.run(main())
