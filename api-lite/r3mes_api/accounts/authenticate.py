"""From a request to the one who asks."""

from __future__ import annotations

from fastapi import Request, Response

from r3mes_api.accounts.identity import Identity, Scope
from r3mes_api.accounts.rate_limits import Activity, rate_limit_headers
from r3mes_api.accounts.services import Accounts, Admission
from r3mes_protocol.errors import ApiError, ErrorCode


class Authenticator:
    """Limits rates on every call and writes what is left into the response's headers."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def anyone(self, request: Request, response: Response, activity: Activity) -> Admission:
        """Raises ApiError RATE_LIMITED, UNAUTHORIZED for a key that is not valid, ACCOUNTS_UNAVAILABLE."""
        headers = request.headers
        admission = await self._accounts.admit(
            activity,
            peer="" if request.client is None else request.client.host,
            forwarded_for=headers.getlist("x-forwarded-for"),
            authorization=headers.get("authorization"),
            api_key=headers.get("x-api-key"),
        )
        for name, value in rate_limit_headers(admission.decision):
            response.headers[name] = value
        # Answers of accounts are for one person.
        response.headers["cache-control"] = "no-store"
        return admission

    async def owner(self, request: Request, response: Response, scope: Scope | None = None) -> Identity:
        """Who asks, with the right to. Raises ApiError UNAUTHORIZED, FORBIDDEN and what `anyone` raises."""
        admission = await self.anyone(request, response, Activity.ACCOUNT)
        if admission.identity is None:
            raise ApiError(
                ErrorCode.UNAUTHORIZED, "This needs an API key or a session: send `Authorization: Bearer r3mes_…`."
            )
        if scope is not None:
            admission.identity.require(scope)
        return admission.identity
