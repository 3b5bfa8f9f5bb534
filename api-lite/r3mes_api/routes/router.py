"""From a path and a method to a route, with the one shape of errors for everything that goes wrong."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import TypeAlias

from r3mes_api.asgi import ClientGone, Exchange
from r3mes_protocol.errors import ApiError, ErrorCode

logger = logging.getLogger(__name__)

Route: TypeAlias = Callable[[Exchange], Awaitable[None]]


class Router:
    """Paths are exact, but for one last part that may be a value: `/v1/nodes/{node_id}`."""

    def __init__(self, finished: Callable[[Exchange, str], None]) -> None:
        """`finished` hears of each exchange at its end, with the address as it was registered."""
        self._finished = finished
        self._exact: dict[str, dict[str, Route]] = {}
        self._by_prefix: dict[str, tuple[str, dict[str, Route]]] = {}
        self._elsewhere: tuple[Callable[[str], bool], Route] | None = None
        self._mounted: dict[str, Route] = {}

    def add(self, method: str, path: str, route: Route) -> None:
        if path.endswith("}"):
            prefix, name = path[:-1].split("{")
            self._by_prefix.setdefault(prefix, (name, {}))[1][method] = route
        else:
            self._exact.setdefault(path, {})[method] = route

    def hand_over(self, owns: Callable[[str], bool], route: Route) -> None:
        """Paths that another router answers with errors of its own shape."""
        self._elsewhere = (owns, route)

    def mount(self, path: str, route: Route) -> None:
        """Everything at this address and below it, whatever the method, unless it is registered by itself."""
        self._mounted[path] = route

    async def __call__(self, exchange: Exchange) -> None:
        try:
            await self._route(exchange)(exchange)
        except ClientGone:
            pass
        except ApiError as error:
            await self._error(exchange, error)
        except Exception:
            # The log gets the traceback; the client never does.
            logger.exception("%s %s failed", exchange.scope["method"], exchange.scope["path"])
            await self._error(exchange, ApiError(ErrorCode.INTERNAL, "The gateway failed; its log says why."))
        finally:
            path = exchange.scope["path"]
            self._finished(exchange, path if path in self._exact else self._registered(path))

    async def _error(self, exchange: Exchange, error: ApiError) -> None:
        if not exchange.started:
            allowed = self._methods(exchange.scope["path"])
            method_refused = error.code is ErrorCode.METHOD_NOT_ALLOWED and allowed
            await exchange.error(error, [(b"allow", _list(allowed).encode())] if method_refused else None)
        elif not exchange.finished:
            await exchange.finish()

    def routes(self) -> Iterator[tuple[str, str, Route]]:
        """Method, address and route, as they were added."""
        for path, methods in self._exact.items():
            for method, route in methods.items():
                yield method, path, route
        for prefix, (name, methods) in self._by_prefix.items():
            for method, route in methods.items():
                yield method, f"{prefix}{{{name}}}", route

    def _methods(self, path: str) -> dict[str, Route]:
        methods = self._exact.get(path)
        if methods is None:
            prefix, _, value = path.rpartition("/")
            methods = self._by_prefix.get(f"{prefix}/", ("", {}))[1] if value else {}
        return methods

    def _registered(self, path: str) -> str:
        """Of a path that is not exact."""
        prefix = f"{path.rpartition('/')[0]}/"
        if prefix in self._by_prefix:
            return f"{prefix}{{{self._by_prefix[prefix][0]}}}"
        return self._mount_of(path) or "other"

    def _mount_of(self, path: str) -> str | None:
        for mount in self._mounted:
            if path == mount or path.startswith(f"{mount}/"):
                return mount
        return None

    def _route(self, exchange: Exchange) -> Route:
        path = exchange.scope["path"]
        if self._elsewhere is not None and self._elsewhere[0](path):
            return self._elsewhere[1]
        methods = self._exact.get(path) or self._methods(path)
        if not methods:
            mount = self._mount_of(path)
            if mount is not None:
                return self._mounted[mount]
            raise ApiError(ErrorCode.NOT_FOUND, "There is nothing at this address.")
        if path not in self._exact:
            prefix, _, value = path.rpartition("/")
            exchange.path_values = {self._by_prefix[f"{prefix}/"][0]: value}
        method = exchange.scope["method"]
        route = methods.get("GET" if method == "HEAD" else method)
        if route is None:
            raise ApiError(
                ErrorCode.METHOD_NOT_ALLOWED, f"This address answers to {_list(methods)}, not to {method[:20]}."
            )
        return route


def _list(methods: Collection[str]) -> str:
    return ", ".join(sorted({*methods, "HEAD"} if "GET" in methods else methods))
