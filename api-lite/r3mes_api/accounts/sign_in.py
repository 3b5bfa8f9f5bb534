"""Sign-in by wallet: the gateway asks for a signature over a text that says what it is for (ADR-36)."""

from __future__ import annotations

import base64
import hmac
import json
import math
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from r3mes_api.accounts.api_keys import ApiKeys, NewKey
from r3mes_api.owner_signature import address_prefix, owner_signed
from r3mes_api.storage.short_lived import ShortLivedState, StateUnavailable
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.grants import adr36_sign_bytes

T = TypeVar("T")

CHALLENGE_SECONDS = 300
"""Time to find the hardware wallet, unlock it and read."""

SESSION_SECONDS = 12 * 3600
"""A working day. Programs use API keys."""


@dataclass(frozen=True, slots=True)
class Challenge:
    id: str
    text: str
    """What the wallet shows and signs, as the data of an ADR-36 document (`signArbitrary` in Keplr)."""
    expires_at: int


class SignIn:
    """`gateway` is the origin that users dial: a signature for one gateway is none for another.

    `prefix` is the address prefix of the network, None while it is not known. `clock` gives Unix seconds.
    """

    def __init__(
        self,
        state: ShortLivedState,
        keys: ApiKeys,
        *,
        gateway: str,
        prefix: str | None,
        clock: Callable[[], float],
        session_seconds: int = SESSION_SECONDS,
    ) -> None:
        self._state = state
        self._keys = keys
        self._gateway = gateway
        self._prefix = prefix
        self._clock = clock
        self._session_seconds = session_seconds

    async def challenge(self, address: str) -> Challenge:
        """Raises ApiError INVALID_REQUEST for an address that is none of this network."""
        self._check_address(address)
        now = math.floor(self._clock())
        challenge_id = secrets.token_hex(16)
        expires_at = now + CHALLENGE_SECONDS
        text = _text(self._gateway, address, secrets.token_hex(16), now, expires_at)
        kept = json.dumps({"address": address, "text": text})
        await _answer(self._state.put(f"challenge:{challenge_id}", kept, CHALLENGE_SECONDS))
        return Challenge(challenge_id, text, expires_at)

    async def sign_in(self, *, challenge_id: str, address: str, public_key: str, signature: str) -> NewKey:
        """A new session. `public_key` and `signature` are base64 as wallets give them.

        A challenge can be answered once, rightly or wrongly. Raises ApiError UNAUTHORIZED.
        """
        kept = await _answer(self._state.take(f"challenge:{challenge_id}"))
        if kept is None:
            raise ApiError(ErrorCode.UNAUTHORIZED, "This challenge was used or has expired. Ask for a new one.")
        challenge = json.loads(kept)
        if not hmac.compare_digest(challenge["address"], address):
            raise ApiError(ErrorCode.UNAUTHORIZED, "The challenge was made for another address. Ask for a new one.")
        message = adr36_sign_bytes(challenge["text"].encode(), address)
        if not owner_signed(_decoded(public_key), message, _decoded(signature), address):
            raise ApiError(
                ErrorCode.UNAUTHORIZED,
                "The signature is not that of this address. Ask for a new challenge and sign it.",
            )
        return await self._keys.open_session(address, seconds=self._session_seconds)

    def _check_address(self, address: str) -> None:
        prefix = address_prefix(address)
        if prefix is None or (self._prefix is not None and prefix != self._prefix):
            expected = f"{self._prefix}1…" if self._prefix else "a bech32 address"
            raise ApiError(
                ErrorCode.INVALID_REQUEST,
                f"This is not a wallet address of this network ({expected}).",
                param="address",
            )


async def _answer(waiting: Awaitable[T]) -> T:
    try:
        return await waiting
    except StateUnavailable:
        # Another replica would not know the challenge, so there is no falling back to this one's memory.
        raise ApiError(
            ErrorCode.ACCOUNTS_UNAVAILABLE, "Signing in is not possible now. Try again in a minute.", retry_after_s=60
        ) from None


def _text(gateway: str, address: str, nonce: str, now: int, expires_at: int) -> str:
    return (
        f"Sign in to {gateway}\n\n"
        "This signature proves that the address is yours. It moves no funds and costs nothing.\n\n"
        f"Address: {address}\nNonce: {nonce}\nIssued: {_iso(now)}\nExpires: {_iso(expires_at)}"
    )


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
