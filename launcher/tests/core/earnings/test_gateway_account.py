"""Signing in and reading: the session stays in memory, no stranger's challenge is signed, bad answers do no harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.earnings.gateway_account import GatewayAccount, names, node_days, node_totals
from r3mes_launcher.core.earnings.standing import EarningsProblem, Standing
from r3mes_launcher.core.gateway_client import GatewayAnswer, GatewayUnreachable
from r3mes_launcher.wallet.adr36 import SignedMessage, sign_message, verify_message
from r3mes_launcher.wallet.keys import PrivateKey
from r3mes_launcher.wallet.secret import Secret

GATEWAY = "https://gateway.example"
KEY = PrivateKey(Secret(bytearray(b"\x11" * 32)))
OWNER = KEY.address("remes")
NODE = "a" * 64
DAY = date(2026, 5, 4)
TOTALS = {"node_id": NODE, "deliveries": 2, "settled_tokens": 9, "disputed": 0, "earned": 12, "balance": 12}


def day_row(day: str, earned: int) -> dict[str, Any]:
    row = {"day": day, "role": "serving", "node_id": NODE, "deliveries": 1, "settled_tokens": 4, "disputed": 0}
    return {**row, "earned": earned}


@dataclass
class Gateway:
    """Answers like a gateway with accounts, as far as the launcher asks."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    lifetime_s: float = 43_200.0
    now: float = 1000.0
    origin: str = GATEWAY
    """What its challenges say."""
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuse: dict[str, GatewayAnswer | Exception] = field(default_factory=dict)
    text: str = ""

    async def call(self, origin: str, method: str, path: str, **more: Any) -> GatewayAnswer:
        self.calls.append((method, path))
        refusal = self.refuse.get(path)
        if isinstance(refusal, Exception):
            raise refusal
        if refusal is not None:
            return refusal
        body, token = more.get("body") or {}, more.get("token", "")
        if path == "/v1/auth/challenge":
            self.text = f"Sign in to {self.origin}\n\nIt costs nothing.\n\nAddress: {body['address']}\nNonce: 7"
            return GatewayAnswer(200, {"challenge_id": "c" * 32, "text": self.text, "expires_at": 0})
        if path == "/v1/auth/login":
            import base64

            public_key, signature = (base64.b64decode(body[name]) for name in ("public_key", "signature"))
            assert verify_message(body["address"], public_key, signature, self.text.encode())
            token = f"r3mes_session_{len(self.tokens)}"
            self.tokens.add(token)
            return GatewayAnswer(200, {"token": token, "expires_at": int(self.now + self.lifetime_s)})
        if token not in self.tokens:
            return GatewayAnswer(401, {"error": {"code": "UNAUTHORIZED", "message": "no"}})
        if path == "/v1/auth/logout":
            self.tokens.discard(token)
            return GatewayAnswer(204, None)
        if path == "/v1/usage/earnings":
            return GatewayAnswer(200, {"owner": OWNER, "nodes": [TOTALS]})
        question = more["question"]
        return GatewayAnswer(200, self.pages.get(question.get("after", ""), {"days": [], "next_after": None}))

    def count(self, path: str) -> int:
        return sum(called == path for _, called in self.calls)


@dataclass
class Wallet:
    problem: Standing | None = None
    active: str = OWNER
    signed: list[str] = field(default_factory=list)

    def signer(self) -> str:
        if self.problem is not None:
            raise EarningsProblem(self.problem)
        return self.active

    def owner(self) -> str:
        return "" if self.problem is Standing.LOCKED else self.active

    async def sign(self, address: str, text: str) -> SignedMessage:
        self.signed.append(text)
        return sign_message(KEY, "remes", text.encode())


class HandClock:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def now(self) -> float:
        return self._gateway.now


@dataclass
class Desk:
    gateway: Gateway
    wallet: Wallet
    account: GatewayAccount
    agreed: set[str]
    origin: list[str]

    async def standing(self) -> Standing:
        with pytest.raises(EarningsProblem) as problem:
            await self.account.read(DAY, DAY)
        return problem.value.standing


@pytest.fixture
def desk() -> Desk:
    gateway, wallet, agreed, origin = Gateway(), Wallet(), set[str](), [GATEWAY]
    account = GatewayAccount(
        gateway,  # type: ignore[arg-type]
        wallet,
        HandClock(gateway),  # type: ignore[arg-type]
        gateway=lambda: origin[0],
        agreed=agreed.__contains__,
        agree=agreed.add,
        midnight=lambda day: datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp(),
    )
    gateway.pages[""] = {"days": [day_row("2026-05-04", 7), day_row("2026-05-03", 5)], "next_after": None}
    return Desk(gateway, wallet, account, agreed, origin)


async def test_nothing_is_signed_before_the_owner_agrees_once(desk: Desk) -> None:
    assert await desk.standing() is Standing.SIGNED_OUT
    assert desk.gateway.calls == [] and desk.wallet.signed == []
    await desk.account.sign_in()
    assert desk.agreed == {GATEWAY} and len(desk.wallet.signed) == 1
    reading = await desk.account.read(DAY, DAY)
    assert [(row.day.isoformat(), row.earned) for row in reading.days] == [("2026-05-04", 7), ("2026-05-03", 5)]
    assert (reading.owner, reading.nodes[0].pending, reading.read_at) == (OWNER, 12, 1000.0)
    await desk.account.read(DAY, DAY)
    assert desk.gateway.count("/v1/auth/login") == 1


async def test_the_session_outlives_a_lock_and_is_renewed_when_it_has_ended(desk: Desk) -> None:
    await desk.account.sign_in()
    desk.wallet.problem = Standing.LOCKED
    assert (await desk.account.read(DAY, DAY)).owner == OWNER
    desk.gateway.now += desk.gateway.lifetime_s
    assert await desk.standing() is Standing.LOCKED
    desk.wallet.problem = None
    await desk.account.read(DAY, DAY)
    assert desk.gateway.count("/v1/auth/login") == 2, "by itself: its owner has agreed"
    desk.gateway.tokens.clear()
    await desk.account.read(DAY, DAY)
    assert desk.gateway.count("/v1/auth/login") == 3, "the gateway forgot it"


async def test_another_wallet_and_another_gateway_are_another_session(desk: Desk) -> None:
    await desk.account.sign_in()
    desk.wallet.active = "remes1another"
    desk.wallet.problem = Standing.WATCH_ONLY
    assert await desk.standing() is Standing.WATCH_ONLY
    desk.wallet.active, desk.wallet.problem = OWNER, None
    desk.origin[0] = "https://other.example"
    assert await desk.standing() is Standing.SIGNED_OUT
    desk.origin[0] = ""
    assert await desk.standing() is Standing.NO_GATEWAY


async def test_the_end_of_the_launcher_ends_the_session(desk: Desk) -> None:
    await desk.account.sign_in()
    await desk.account.close()
    assert desk.gateway.tokens == set()
    await desk.account.close()
    assert desk.gateway.count("/v1/auth/logout") == 1
    await desk.account.sign_in()
    desk.gateway.refuse["/v1/auth/logout"] = GatewayUnreachable("away")
    await desk.account.close()


async def test_the_challenge_of_another_gateway_is_not_signed(desk: Desk) -> None:
    desk.gateway.origin = "https://victim.example"
    with pytest.raises(EarningsProblem) as problem:
        await desk.account.sign_in()
    assert problem.value.standing is Standing.OTHER_GATEWAY
    assert desk.wallet.signed == [] and desk.agreed == set()


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (f"Sign in to {GATEWAY}\n\nAddress: {OWNER}\nNonce: 1", True),
        (f"Sign in to {GATEWAY}.evil.example\n\nAddress: {OWNER}", False),
        (f"Sign in to https://evil.example\nSign in to {GATEWAY}\nAddress: {OWNER}", False),
        (f"Sign in to {GATEWAY}\n\nAddress: remes1other", False),
        (f"Sign in to {GATEWAY}\n\nAddress: {OWNER}x", False),
        ("", False),
    ],
)
def test_what_a_challenge_has_to_say(text: str, holds: bool) -> None:
    assert names(text, GATEWAY, OWNER) is holds


@pytest.mark.parametrize(
    ("path", "answer", "standing"),
    [
        ("/v1/auth/challenge", GatewayAnswer(404, {"error": {}}), Standing.NO_ACCOUNTS),
        ("/v1/auth/challenge", GatewayUnreachable("The gateway is out of reach."), Standing.OFFLINE),
        ("/v1/auth/challenge", GatewayAnswer(429, {"error": {"message": "Too many."}}), Standing.REFUSED),
        ("/v1/auth/challenge", GatewayAnswer(200, {"text": 7}), Standing.REFUSED),
        ("/v1/auth/challenge", GatewayAnswer(200, None), Standing.REFUSED),
        ("/v1/auth/login", GatewayAnswer(401, {"error": {"message": "The signature…"}}), Standing.REFUSED),
        ("/v1/auth/login", GatewayAnswer(200, {"token": "a\r\nb: c"}), Standing.REFUSED),
    ],
)
async def test_why_it_can_not_sign_in(
    desk: Desk, path: str, answer: GatewayAnswer | Exception, standing: Standing
) -> None:
    desk.gateway.refuse[path] = answer
    with pytest.raises(EarningsProblem) as problem:
        await desk.account.sign_in()
    assert problem.value.standing is standing and desk.agreed == set()
    assert str(problem.value).endswith(".") or problem.value.detail


async def test_pages_are_read_to_the_end_and_no_further(desk: Desk) -> None:
    await desk.account.sign_in()
    desk.gateway.pages = {
        "": {"days": [day_row("2026-05-04", 1)], "next_after": "1"},
        "1": {"days": [day_row("2026-05-03", 2)], "next_after": "2"},
        "2": {"days": [], "next_after": "3"},
    }
    reading = await desk.account.read(date(2026, 5, 1), DAY)
    assert [row.earned for row in reading.days] == [1, 2]
    desk.gateway.pages = {key: {"days": [day_row("2026-05-04", 1)], "next_after": "1"} for key in ("", "1")}
    await desk.account.read(date(2026, 5, 1), DAY)
    assert desk.gateway.count("/v1/usage/earnings/days") < 60, "a gateway that never ends is left"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=10,
)
ALMOST = {**TOTALS, **day_row("2026-05-04", 1)}


@given(st.sampled_from([node_totals, node_days]), st.sampled_from(sorted(ALMOST)), json_values)
def test_whatever_a_gateway_answers_is_figures_or_a_refusal(
    read: Callable[[dict[str, Any]], Any], place: str, value: Any
) -> None:
    for document in ({"nodes": [{**ALMOST, place: value}], "days": [{**ALMOST, place: value}]}, {"nodes": value}):
        try:
            rows = read(document)
        except EarningsProblem as problem:
            assert problem.standing is Standing.REFUSED
        else:
            assert all(0 <= row.earned < 2**63 and len(row.node_id) == 64 for row in rows)


async def test_a_token_is_in_no_repr_and_no_error(desk: Desk) -> None:
    await desk.account.sign_in()
    [token] = desk.gateway.tokens
    assert token not in repr(desk.account._session)
    desk.gateway.refuse["/v1/usage/earnings"] = GatewayAnswer(500, {"error": {"message": "x" * 5000}})
    with pytest.raises(EarningsProblem) as problem:
        await desk.account.read(DAY, DAY)
    assert token not in str(problem.value) and len(str(problem.value)) < 400
