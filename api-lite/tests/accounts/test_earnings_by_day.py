"""What nodes earned by day: days as their owner's clock has them, page by page, and to nobody else."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, insert

from r3mes_api.accounts.routes import account_application
from r3mes_api.accounts.services import Accounts
from r3mes_api.storage.tables import deliveries

OWNER = "remes1earnsbydayxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
OTHER = "remes1someoneelsexxxxxxxxxxxxxxxxxxxxxxxxxxx"
NODES = ("a" * 64, "b" * 64)
MIDNIGHT = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())


@pytest.fixture
async def client(accounts: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    token = (await accounts.keys.open_session(OWNER, seconds=3600)).token
    transport = httpx.ASGITransport(account_application(accounts, log=logging.getLogger("test.accounts")))
    async with httpx.AsyncClient(
        transport=transport, base_url="https://gateway.example", headers={"authorization": f"Bearer {token}"}
    ) as opened:
        yield opened


async def deliver(accounts: Accounts, *parts: tuple[int, str, str, int]) -> None:
    """Parts are time, owner, node and what it earned."""

    def work(connection: Connection) -> None:
        for number, (at, owner, node, earned) in enumerate(parts):
            connection.execute(
                insert(deliveries).values(
                    request_id=f"chatcmpl-{number}", attempt=0, job_id="0" * 16, node_id=node, node_owner=owner,
                    delivered_tokens=2 * earned, settled_tokens=2 * earned, earned=earned, disputed=earned == 0,
                    receipt="{}", created_at=at,
                )
            )  # fmt: skip

    await accounts.database.transact(work)


async def days(client: httpx.AsyncClient, **question: Any) -> list[dict[str, Any]]:
    asked = {"since": MIDNIGHT - 86_400, "until": MIDNIGHT + 10 * 86_400, **question}
    reply = await client.get("/v1/usage/earnings/days", params=asked)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["days"]
    return found


async def test_a_day_begins_where_the_owner_says(client: httpx.AsyncClient, accounts: Accounts) -> None:
    await deliver(
        accounts,
        (MIDNIGHT - 1, OWNER, NODES[0], 5),
        (MIDNIGHT, OWNER, NODES[0], 7),
        (MIDNIGHT + 86_399, OWNER, NODES[0], 11),
        (MIDNIGHT + 86_399, OWNER, NODES[1], 0),
        (MIDNIGHT + 3600, OTHER, NODES[0], 100),
    )
    found = await days(client)
    assert [(one["day"], one["node_id"], one["earned"]) for one in found] == [
        ("2026-03-01", NODES[0], 18),
        ("2026-03-01", NODES[1], 0),
        ("2026-02-28", NODES[0], 5),
    ]
    first = {"deliveries": 2, "settled_tokens": 36, "disputed": 0, "role": "serving"}
    assert first.items() <= found[0].items() and found[1]["disputed"] == 1
    for minutes in (-720, -570, 0, 180, 345, 840):
        zone = timezone(timedelta(minutes=minutes))
        expected: dict[str, int] = {}
        for at, earned in ((MIDNIGHT - 1, 5), (MIDNIGHT, 7), (MIDNIGHT + 86_399, 11)):
            day = datetime.fromtimestamp(at, zone).date().isoformat()
            expected[day] = expected.get(day, 0) + earned
        seen = await days(client, utc_offset_minutes=minutes)
        assert {one["day"]: one["earned"] for one in seen if one["node_id"] == NODES[0]} == expected
    assert [one["earned"] for one in await days(client, since=MIDNIGHT, until=MIDNIGHT + 1)] == [7]


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_pages_tell_each_row_once(client: httpx.AsyncClient, accounts: Accounts, limit: int) -> None:
    await deliver(accounts, *((MIDNIGHT + day * 86_400, OWNER, node, day + 1) for day in range(4) for node in NODES))
    question: dict[str, Any] = {"since": MIDNIGHT, "until": MIDNIGHT + 10 * 86_400, "limit": limit}
    rows: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        asked = question if after is None else {**question, "after": after}
        reply = (await client.get("/v1/usage/earnings/days", params=asked)).json()
        rows += reply["days"]
        after = reply["next_after"]
        if after is None:
            break
    assert rows == await days(client, since=MIDNIGHT) and len(rows) == 8


@pytest.mark.parametrize("backend", ["sqlite+memory"], indirect=True)
@pytest.mark.parametrize(
    "question",
    [
        {"after": "1-2"},
        {"after": "x" * 64},
        {"limit": 0},
        {"utc_offset_minutes": 10_000},
        {"since": 0},
        {"since": -1},
        {"until": "soon"},
    ],
)
async def test_what_can_not_be_answered_is_refused(client: httpx.AsyncClient, question: dict[str, Any]) -> None:
    reply = await client.get("/v1/usage/earnings/days", params=question)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("backend", ["sqlite+memory"], indirect=True)
async def test_without_a_key_nothing_is_told(client: httpx.AsyncClient) -> None:
    del client.headers["authorization"]
    assert (await client.get("/v1/usage/earnings/days")).status_code == 401
