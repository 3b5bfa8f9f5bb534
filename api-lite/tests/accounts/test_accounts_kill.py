"""`kill -9` of a real gateway process at the worst moments: the ledger stays balanced and nobody loses money."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from r3mes_api.accounts.billing import RESERVATION_SECONDS
from r3mes_api.accounts.ledger import Ledger
from r3mes_api.storage.database import open_database
from r3mes_api.storage.database_url import database_url

NOW = 1_800_000_000
OWNER = "remes1user"
PACKAGES = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("where", "held", "after"),
    [
        # (available, reserved) at once, and available when the reservation has expired.
        ("reserved", (900, 100), 1000),
        ("inside-reserve", (1000, 0), 1000),
        ("inside-settle", (900, 100), 1000),
        ("settled", (960, 0), 960),
    ],
)
async def test_a_killed_gateway_leaves_the_ledger_balanced(
    backend: Any, ledger: Ledger, where: str, held: tuple[int, int], after: int
) -> None:
    await ledger.deposit(OWNER, 1000, reference="x", now=NOW)
    victim = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name("ledger_victim.py")), backend.database_url, where,
        stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(PACKAGES)},
    )  # fmt: skip
    assert victim.stdout is not None
    try:
        said = (await asyncio.wait_for(victim.stdout.readline(), 60)).decode().strip()
        assert said == where.partition("-")[0]
    finally:
        victim.kill()
        await victim.wait()

    # A new gateway on the same database.
    database = open_database(database_url(backend.database_url))
    again = Ledger(database)
    audit = await again.audit()
    assert audit.is_balanced
    balance = await again.balance(OWNER)
    assert (balance.available, balance.reserved) == held

    await again.expire(now=NOW + RESERVATION_SECONDS)
    audit = await again.audit()
    assert audit.is_balanced
    assert audit.open_reservations == 0
    balance = await again.balance(OWNER)
    assert (balance.available, balance.reserved) == (after, 0)
    # And money can be spent again: no lock was left behind.
    await again.reserve(OWNER, after, key="all", request_id="all", now=NOW, expires_at=NOW + 1)
    await database.close()
