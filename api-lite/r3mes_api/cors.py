"""Which web pages may call the gateway from a browser: answers preflights and marks answers. Off when none is named."""

from __future__ import annotations

from collections.abc import Collection

from r3mes_api.addresses import ANY_ORIGIN
from r3mes_api.asgi import Application, Headers, Message, Receive, Scope, Send

ALLOWED_HEADERS = b"authorization, content-type, idempotency-key, x-api-key, x-request-id"
ALLOWED_METHODS = b"GET, POST, PUT, PATCH, DELETE, OPTIONS"
EXPOSED_HEADERS = (
    b"x-request-id, retry-after, x-r3mes-adapter, x-r3mes-router, x-ratelimit-limit-requests, "
    b"x-ratelimit-remaining-requests, x-ratelimit-reset-requests, idempotent-replayed"
)
PREFLIGHT_SECONDS = b"600"
"""How long a browser may remember a preflight; an operator's change is seen after it."""

_NO_ORIGIN = b""


class Cors:
    """Wraps the HTTP application. Credentials are never allowed: callers show a key in a header, not a cookie."""

    def __init__(self, application: Application, origins: Collection[str]) -> None:
        self._application = application
        self._any = ANY_ORIGIN in origins
        self._origins = frozenset(origin.encode() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = requested = _NO_ORIGIN
        for name, value in scope["headers"]:
            if name == b"origin":
                origin = value
            elif name == b"access-control-request-method":
                requested = value
        if origin and requested and scope["method"] == "OPTIONS":
            await self._preflight(origin, send)
        else:
            await self._application(scope, receive, _adding(send, self._marks(origin)))

    def _marks(self, origin: bytes) -> Headers:
        if self._any:
            return [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", EXPOSED_HEADERS)]
        if origin not in self._origins:
            # Caches must not hand this answer to a page on another origin.
            return [(b"vary", b"Origin")]
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", EXPOSED_HEADERS),
            (b"vary", b"Origin"),
        ]

    async def _preflight(self, origin: bytes, send: Send) -> None:
        marks = self._marks(origin)
        if marks[0][0] == b"access-control-allow-origin":
            marks += [
                (b"access-control-allow-methods", ALLOWED_METHODS),
                (b"access-control-allow-headers", ALLOWED_HEADERS),
                (b"access-control-max-age", PREFLIGHT_SECONDS),
            ]
        await send({"type": "http.response.start", "status": 204, "headers": marks})
        await send({"type": "http.response.body", "body": b""})


def _adding(send: Send, marks: Headers) -> Send:
    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *marks]
        await send(message)

    return marked
