"""From a path and a method to a route, with the one shape of errors for everything that goes wrong."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from r3mes_api.asgi import ClientGone, Exchange
from r3mes_protocol.errors import ApiError, ErrorCode

logger = logging.getLogger(__name__)

Route: TypeAlias = Callable[[Exchange], Awaitable[None]]


class Router:
    """Paths are exact, but for one last part that may be a value: `/v1/nodes/{node_id}`."""

    def __init__(self) -> None:
        self._exact: dict[str, dict[str, Route]] = {}
        self._by_prefix: dict[str, tuple[str, dict[str, Route]]] = {}

    def add(self, method: str, path: str, route: Route) -> None:
        if path.endswith("}"):
            prefix, name = path[:-1].split("{")
            self._by_prefix.setdefault(prefix, (name, {}))[1][method] = route
        else:
            self._exact.setdefault(path, {})[method] = route

    async def __call__(self, exchange: Exchange) -> None:
        try:
            await self._route(exchange)(exchange)
        except ClientGone:
            return
        except ApiError as error:
            await self._error(exchange, error)
        except Exception:
            # The log gets the traceback; the client never does.
            logger.exception("%s %s failed", exchange.scope["method"], exchange.scope["path"])
            await self._error(exchange, ApiError(ErrorCode.INTERNAL, "The gateway failed; its log says why."))

    async def _error(self, exchange: Exchange, error: ApiError) -> None:
        if not exchange.started:
            await exchange.error(error)
        elif not exchange.finished:
            await exchange.finish()

    def _route(self, exchange: Exchange) -> Route:
        path = exchange.scope["path"]
        methods = self._exact.get(path)
        if methods is None:
            prefix, _, value = path.rpartition("/")
            name, methods = self._by_prefix.get(f"{prefix}/", ("", {}))
            exchange.path_values[name] = value
            if not methods or not value:
                raise ApiError(ErrorCode.NOT_FOUND, "There is nothing at this address.")
        method = exchange.scope["method"]
        route = methods.get("GET" if method == "HEAD" else method)
        if route is None:
            allowed = ", ".join(sorted(methods))
            raise ApiError(ErrorCode.METHOD_NOT_ALLOWED, f"This address answers to {allowed}, not to {method[:20]}.")
        return route
