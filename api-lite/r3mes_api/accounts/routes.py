"""The routes of accounts, as a router to include or as an ASGI application of their own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.params import Security
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from r3mes_api.accounts.auth_routes import auth_router
from r3mes_api.accounts.authenticate import Authenticator
from r3mes_api.accounts.key_routes import key_router
from r3mes_api.accounts.services import Accounts
from r3mes_api.accounts.usage_routes import usage_router
from r3mes_api.storage.database import DatabaseUnavailable
from r3mes_protocol.errors import ApiError, ErrorCode

ACCOUNT_PATHS = ("/v1/auth", "/v1/keys", "/v1/usage")
"""What the routes are below of."""

MAX_BODY_BYTES = 16 * 1024
"""The largest body is a signature with its address: half a KiB."""


def account_router(accounts: Accounts) -> APIRouter:
    """The routes raise ApiError, DatabaseUnavailable and RequestValidationError; `answer_errors` handles these."""
    authenticator = Authenticator(accounts)
    # For the OpenAPI document only: the authenticator reads the header itself, X-API-Key too.
    bearer = Security(HTTPBearer(auto_error=False))
    router = APIRouter(tags=["accounts"])
    router.include_router(auth_router(accounts, authenticator, bearer), prefix="/v1/auth")
    router.include_router(key_router(accounts, authenticator), prefix="/v1/keys", dependencies=[bearer])
    router.include_router(usage_router(accounts, authenticator), prefix="/v1/usage", dependencies=[bearer])
    return router


def account_application(accounts: Accounts, *, log: logging.Logger) -> FastAPI:
    """An ASGI application for all paths below `ACCOUNT_PATHS`."""
    application = FastAPI(title="R3MES accounts", docs_url=None, redoc_url=None, openapi_url=None)
    application.include_router(account_router(accounts))
    application.add_middleware(BoundedBody)
    answer_errors(application, log=log)
    return application


def describe_accounts(application: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the account routes; errors are the gateway's `Error`, which is described elsewhere."""
    document = application.openapi()
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {"$ref": "#/components/responses/Error"}
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    return document


def answer_errors(application: FastAPI, *, log: logging.Logger) -> None:
    """Every error of the account routes gets the project's error body and no traceback."""

    async def api_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        return _response(error)

    async def bad_request(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first: dict[str, Any] = error.errors()[0]
        place = [str(part) for part in first["loc"] if part not in ("body", "query", "path")]
        param = ".".join(place)[:100] or None
        # What was sent may be a secret, so only what was wanted is told.
        return _response(ApiError(ErrorCode.INVALID_REQUEST, f"{param or 'body'}: {first['msg']}", param=param))

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        more = {"allow": allowed(request)} if error.status_code == 405 else None
        return _response(_HTTP_ERRORS.get(error.status_code, _BAD_REQUEST), more)

    def allowed(request: Request) -> str:
        # Starlette names the methods of the first route at the address alone.
        for path, operations in application.openapi()["paths"].items():
            if compile_path(path)[0].match(request.url.path):
                return ", ".join(sorted(method.upper() for method in operations))
        return ""

    async def away(request: Request, error: Exception) -> Response:
        log.warning("%s %s: %s", request.method, request.url.path, error)
        return _response(
            ApiError(ErrorCode.ACCOUNTS_UNAVAILABLE, "Accounts are not available now. Try again soon.", retry_after_s=5)
        )

    async def internal(request: Request, error: Exception) -> Response:
        return _response(ApiError(ErrorCode.INTERNAL, "The gateway failed; its log says why."))

    application.add_exception_handler(ApiError, api_error)
    application.add_exception_handler(RequestValidationError, bad_request)
    application.add_exception_handler(HTTPException, http_error)
    application.add_exception_handler(DatabaseUnavailable, away)
    application.add_exception_handler(Exception, internal)


class BoundedBody:
    """Refuses a body as soon as it is larger than MAX_BODY_BYTES."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = MAX_BODY_BYTES

        async def bounded() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413)
            return message

        await self._app(scope, bounded if scope["type"] == "http" else receive, send)


_BAD_REQUEST = ApiError(ErrorCode.INVALID_REQUEST, "The request's body is not JSON text.")
_HTTP_ERRORS = {
    404: ApiError(ErrorCode.NOT_FOUND, "There is nothing at this address."),
    405: ApiError(ErrorCode.METHOD_NOT_ALLOWED, "This address does not answer to this method."),
    413: ApiError(ErrorCode.BODY_TOO_LARGE, f"The request's body is larger than {MAX_BODY_BYTES} bytes."),
}


def _response(error: ApiError, more: Mapping[str, str] | None = None) -> Response:
    headers = {"cache-control": "no-store", **(more or {})}
    if error.retry_after_s is not None:
        headers["retry-after"] = str(error.retry_after_s)
    if error.code is ErrorCode.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    return Response(error.to_json(), error.status, headers, "application/json")
