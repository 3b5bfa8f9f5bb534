"""Who asks, and what that one may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from r3mes_protocol.errors import ApiError, ErrorCode


class Scope(StrEnum):
    CHAT = "chat"
    """Ask for answers and spend credits on them."""
    USAGE_READ = "usage:read"
    """See balance, usage and earnings."""
    KEYS_WRITE = "keys:write"
    """Make and revoke API keys. A key can give away no more than it has."""


ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Identity:
    owner: str
    """The wallet's address."""
    key_id: str
    scopes: frozenset[Scope]
    is_session: bool
    """Signed in by wallet, rather than by an API key."""
    expires_at: int | None

    def require(self, scope: Scope) -> None:
        """Raises ApiError FORBIDDEN."""
        if scope not in self.scopes:
            raise ApiError(
                ErrorCode.FORBIDDEN, f"This API key lacks the scope {scope}. Use another key, or sign in by wallet."
            )


def bearer_token(authorization: str | None, api_key: str | None) -> str | None:
    """The token of `Authorization: Bearer …` or of `X-API-Key`, None when there is neither."""
    if authorization is not None:
        kind, _, token = authorization.strip().partition(" ")
        if kind.lower() == "bearer" and token.strip():
            return token.strip()
    return (api_key or "").strip() or None
