"""`/v1/keys`: the API keys of an owner."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from r3mes_api.accounts import wire
from r3mes_api.accounts.api_keys import ApiKey
from r3mes_api.accounts.authenticate import Authenticator
from r3mes_api.accounts.identity import Scope
from r3mes_api.accounts.services import Accounts
from r3mes_protocol.errors import ApiError, ErrorCode

KeyId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


def key_router(accounts: Accounts, authenticator: Authenticator) -> APIRouter:
    router = APIRouter()

    @router.get("")
    async def list_keys(request: Request, response: Response) -> wire.KeyList:
        """All keys of the owner, revoked ones included."""
        identity = await authenticator.owner(request, response, Scope.KEYS_WRITE)
        return wire.KeyList(keys=[_reply(key) for key in await accounts.keys.list(identity.owner)])

    @router.post("", status_code=201)
    async def create_key(body: wire.KeyRequest, request: Request, response: Response) -> wire.NewKeyReply:
        """A new key. Its token is shown this once."""
        identity = await authenticator.owner(request, response, Scope.KEYS_WRITE)
        new = await accounts.keys.create(identity, name=body.name, scopes=body.scopes, expires_at=body.expires_at)
        return wire.NewKeyReply(**_reply(new.key).model_dump(), token=new.token)

    @router.delete("/{key_id}", status_code=204)
    async def revoke_key(key_id: KeyId, request: Request, response: Response) -> None:
        """Ends a key at once. Ending it again is no error."""
        identity = await authenticator.owner(request, response, Scope.KEYS_WRITE)
        if not await accounts.keys.revoke(identity.owner, key_id):
            raise ApiError(ErrorCode.NOT_FOUND, "You have no key with this id.")

    return router


def _reply(key: ApiKey) -> wire.KeyReply:
    return wire.KeyReply(
        id=key.id,
        name=key.name,
        hint=key.hint,
        scopes=sorted(key.scopes),
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )
