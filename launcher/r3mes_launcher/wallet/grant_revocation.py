"""Taking a grant back: the owner's signed word, brought to the gateway that has to know it."""

from __future__ import annotations

import json

import httpx

from r3mes_launcher.sentence import Sentence
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_protocol.revocations import SignedRevocation

PATH = "/v1/grants/revocations"
TIMEOUT_S = 10.0
"""A gateway checks one signature; whoever takes longer is not there."""
MAX_ANSWER_BYTES = 16 * 1024


async def deliver(signed: SignedRevocation, *, transport: httpx.AsyncBaseTransport | None = None) -> bool:
    """Sends it to the gateway that it names. Whether the node was connected there and now has to leave.

    Raises OFFLINE where the gateway can't be reached, BAD_ANSWER where it refuses. Sending it again is harmless.
    """
    gateway = signed.revocation.gateway
    try:
        async with httpx.AsyncClient(transport=transport, timeout=TIMEOUT_S, follow_redirects=False) as client:
            response = await client.post(
                gateway + PATH, content=signed.to_json(), headers={"content-type": "application/json"}
            )
    except httpx.HTTPError:
        raise WalletError(
            Problem.OFFLINE,
            Sentence("The gateway {gateway} can't be reached, so it still takes the grant.", gateway=gateway),
            "Try again, or send the signed revocation to its operator.",
        ) from None
    if response.status_code != 200 or len(response.content) > MAX_ANSWER_BYTES:
        raise WalletError(
            Problem.BAD_ANSWER,
            Sentence(
                "The gateway {gateway} did not take the revocation (HTTP {status_code}).",
                gateway=gateway,
                status_code=response.status_code,
            ),
            "Send the signed revocation to its operator.",
        )
    try:
        return json.loads(response.content)["node_leaves"] is True
    except (ValueError, KeyError, TypeError):
        return False
