"""Where a request says who sends it, and where too many of one sender are sent away."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from r3mes_api.accounts.client_address import Network, limited_address
from r3mes_api.accounts.identity import Identity, Scope
from r3mes_api.accounts.rate_limits import Activity, RateLimits, rate_limit_headers
from r3mes_api.accounts.token_bucket import RateDecision
from r3mes_api.asgi import Exchange
from r3mes_protocol.errors import ApiError, ErrorCode


class Admission(Protocol):
    @property
    def identity(self) -> Identity | None: ...

    @property
    def decision(self) -> RateDecision | None: ...


class Admits(Protocol):
    """The accounts, as the reception needs them."""

    async def admit(
        self,
        activity: Activity,
        *,
        peer: str,
        forwarded_for: Sequence[str],
        authorization: str | None,
        api_key: str | None,
    ) -> Admission: ...


class OpenReception:
    """Without accounts: nobody is asked for a key, and whatever key is shown means nothing."""

    def __init__(self, limits: RateLimits, trusted: Sequence[Network], *, limits_loopback: bool) -> None:
        self._limits = limits
        self._trusted = trusted
        self._limits_loopback = limits_loopback
        # A connection brings many prompts; its address need not be read anew for each.
        self._direct = lru_cache(maxsize=1024)(lambda peer: self._address(peer, ()))

    def _address(self, peer: str, forwarded_for: Sequence[str]) -> str | None:
        return limited_address(peer, forwarded_for, self._trusted, loopback=self._limits_loopback)

    async def chat(self, exchange: Exchange) -> None:
        """For a prompt. Raises ApiError RATE_LIMITED."""
        peer, forwarded_for = peer_of(exchange), header_values(exchange, b"x-forwarded-for")
        address = self._address(peer, forwarded_for) if forwarded_for else self._direct(peer)
        if address is None:
            return
        decision = await self._limits.check(Activity.CHAT, address=address, key_id=None)
        _say_what_is_left(exchange, decision)


class KeyReception:
    """With accounts: who shows no key is let in only where the operator wants it."""

    def __init__(self, accounts: Admits, *, takes_anonymous: bool) -> None:
        self._accounts = accounts
        self._takes_anonymous = takes_anonymous

    async def chat(self, exchange: Exchange) -> Identity | None:
        """For a prompt; None for somebody without a key.

        Raises ApiError UNAUTHORIZED, FORBIDDEN for a key that may not chat, RATE_LIMITED, ACCOUNTS_UNAVAILABLE.
        """
        identity = await self._identify(exchange, Activity.CHAT)
        if identity is not None:
            identity.require(Scope.CHAT)
        elif not self._takes_anonymous:
            raise _wants_key()
        return identity

    async def owner(self, exchange: Exchange) -> str:
        """Whose key this request shows. Raises ApiError as `chat`."""
        identity = await self._identify(exchange, Activity.ACCOUNT)
        if identity is None:
            raise _wants_key()
        return identity.owner

    async def _identify(self, exchange: Exchange, activity: Activity) -> Identity | None:
        admission = await self._accounts.admit(
            activity,
            peer=peer_of(exchange),
            forwarded_for=header_values(exchange, b"x-forwarded-for"),
            authorization=exchange.header(b"authorization"),
            api_key=exchange.header(b"x-api-key"),
        )
        _say_what_is_left(exchange, admission.decision)
        return admission.identity


def _wants_key() -> ApiError:
    return ApiError(
        ErrorCode.UNAUTHORIZED,
        "This gateway wants an API key: send `Authorization: Bearer r3mes_…`. Sign in by wallet to make one.",
    )


def peer_of(exchange: Exchange) -> str:
    client = exchange.scope.get("client")
    return str(client[0]) if client else ""


def header_values(exchange: Exchange, name: bytes) -> list[str]:
    return [bytes(value).decode("latin-1") for key, value in exchange.scope["headers"] if key == name]


def _say_what_is_left(exchange: Exchange, decision: RateDecision | None) -> None:
    exchange.headers += [(name.encode(), value.encode()) for name, value in rate_limit_headers(decision)]
