"""`/v1/auth/*`: sign in by wallet, see who one is, sign out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.params import Security

from r3mes_api.accounts import wire
from r3mes_api.accounts.authenticate import Authenticator
from r3mes_api.accounts.rate_limits import Activity
from r3mes_api.accounts.services import Accounts


def auth_router(accounts: Accounts, authenticator: Authenticator, bearer: Security) -> APIRouter:
    """`bearer` marks in the OpenAPI document what a key is needed for."""
    router = APIRouter()

    @router.post("/challenge")
    async def challenge(body: wire.ChallengeRequest, request: Request, response: Response) -> wire.ChallengeReply:
        """A text for the wallet to sign."""
        await authenticator.anyone(request, response, Activity.SIGN_IN)
        made = await accounts.sign_in.challenge(body.address)
        return wire.ChallengeReply(challenge_id=made.id, text=made.text, expires_at=made.expires_at)

    @router.post("/login")
    async def login(body: wire.LoginRequest, request: Request, response: Response) -> wire.LoginReply:
        """A session for the wallet that signed the challenge."""
        await authenticator.anyone(request, response, Activity.SIGN_IN)
        session = await accounts.sign_in.sign_in(
            challenge_id=body.challenge_id, address=body.address, public_key=body.public_key, signature=body.signature
        )
        await accounts.welcome(body.address)
        return wire.LoginReply(token=session.token, owner=body.address, expires_at=session.key.expires_at)

    @router.post("/logout", status_code=204, dependencies=[bearer])
    async def logout(request: Request, response: Response) -> None:
        """Ends the session, or revokes the API key, that this request was made with."""
        identity = await authenticator.owner(request, response)
        await accounts.keys.revoke(identity.owner, identity.key_id)

    @router.get("/me", dependencies=[bearer])
    async def me(request: Request, response: Response) -> wire.IdentityReply:
        """Who this key or session belongs to and what it may do."""
        identity = await authenticator.owner(request, response)
        return wire.IdentityReply(
            owner=identity.owner,
            key_id=identity.key_id,
            scopes=sorted(identity.scopes),
            is_session=identity.is_session,
            expires_at=identity.expires_at,
        )

    return router
