"""What a gateway answers to a revocation, in words for the owner."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.grant_revocation import deliver
from r3mes_protocol.revocations import Revocation, SignedRevocation

SIGNED = SignedRevocation(
    revocation=Revocation(
        network="net",
        owner="remes1" + "q" * 38,
        node_public_key="ab" * 32,
        gateway="https://gateway.example",
        revoked_at=7,
    ),
    public_key="A" * 44,
    signature="A" * 86 + "==",
)


async def sent_to(answer: Callable[[httpx.Request], httpx.Response]) -> bool:
    return await deliver(SIGNED, transport=httpx.MockTransport(answer))


async def test_the_signed_words_arrive_as_they_are() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"node_leaves": True})

    assert await sent_to(answer) is True
    assert str(asked[0].url) == "https://gateway.example/v1/grants/revocations"
    assert json.loads(asked[0].content) == SIGNED.model_dump(mode="json")
    assert await sent_to(lambda request: httpx.Response(200, content=b"[")) is False


@pytest.mark.parametrize("status", [302, 403, 404, 500])
async def test_a_refusal_is_told(status: int) -> None:
    with pytest.raises(WalletError, match=f"HTTP {status}") as refused:
        await sent_to(lambda request: httpx.Response(status, headers={"location": "https://elsewhere.example"}))
    assert refused.value.problem is Problem.BAD_ANSWER


async def test_a_gateway_that_is_away_still_takes_the_grant() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    with pytest.raises(WalletError, match="still takes the grant") as refused:
        await sent_to(answer)
    assert refused.value.problem is Problem.OFFLINE
