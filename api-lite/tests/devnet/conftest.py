"""A devnet whose blocks come when a test says so, and accounts that sign for it."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import wallycore

from r3mes_api.asgi import Exchange
from r3mes_api.devnet import addresses
from r3mes_api.devnet.message_forms import (
    AUTH_INFO,
    MESSAGES,
    PUBLIC_KEY,
    SECP256K1,
    SEND,
    SIGN_DOC,
    TX_BODY,
    TX_RAW,
)
from r3mes_api.devnet.parameters import ChainParameters, ErrorShape, RoleRecords
from r3mes_api.devnet.records import Account
from r3mes_api.devnet.service import Devnet
from r3mes_api.devnet.wire import Packed, encode

BEGIN = 1_800_000_000.0
REMES = 1_000_000
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@dataclass
class Signer:
    """An account's key, which signs what no decent wallet would."""

    name: str
    key: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.key = hashlib.sha256(self.name.encode()).digest()

    @property
    def public_key(self) -> bytes:
        return bytes(wallycore.ec_public_key_from_private_key(self.key))

    @property
    def address(self) -> str:
        return addresses.encode(bytes(wallycore.hash160(self.public_key)), "remes")

    def transaction(
        self,
        messages: list[tuple[str, dict[str, Any]]],
        *,
        sequence: int,
        number: int,
        chain_id: str = "r3mes-devnet-1",
        fee: int | None = None,
        gas: int = 500_000,
        memo: str = "",
        timeout_height: int = 0,
        granter: str = "",
        high_s: bool = False,
        public_key: bytes | None = None,
        signature: bytes | None = None,
    ) -> bytes:
        packed = [
            Packed(type_url, encode(MESSAGES[type_url].form, body) if type_url in MESSAGES else body["raw"])
            for type_url, body in messages
        ]
        body_bytes = encode(TX_BODY, {"messages": packed, "memo": memo, "timeout_height": timeout_height})
        paid = -(-gas * 25 // 1000) if fee is None else fee
        coins = [{"denom": "ur3mes", "amount": str(paid)}] if paid else []
        info = {
            "public_key": Packed(SECP256K1, encode(PUBLIC_KEY, {"key": public_key or self.public_key})),
            "mode_info": {"single": {"mode": 1}},
            "sequence": sequence,
        }
        fees = {"amount": coins, "gas_limit": gas, "granter": granter}
        auth_info_bytes = encode(AUTH_INFO, {"signer_infos": [info], "fee": fees})
        document = {
            "body_bytes": body_bytes,
            "auth_info_bytes": auth_info_bytes,
            "chain_id": chain_id,
            "account_number": number,
        }
        digest = hashlib.sha256(encode(SIGN_DOC, document)).digest()
        signed = bytes(wallycore.ec_sig_from_bytes(self.key, digest, wallycore.EC_FLAG_ECDSA))
        if high_s:
            signed = signed[:32] + (CURVE_ORDER - int.from_bytes(signed[32:], "big")).to_bytes(32, "big")
        raw = {"body_bytes": body_bytes, "auth_info_bytes": auth_info_bytes}
        return encode(TX_RAW, {**raw, "signatures": [signed if signature is None else signature]})

    def send(self, recipient: str, amount: int | str, denom: str = "ur3mes") -> tuple[str, dict[str, Any]]:
        coins = [{"denom": denom, "amount": str(amount)}]
        return SEND, {"from_address": self.address, "to_address": recipient, "amount": coins}


class Node:
    """The devnet's HTTP, and its clock in the test's hands."""

    def __init__(self, parameters: ChainParameters, path: Path | None = None) -> None:
        self.now = BEGIN
        self.devnet = Devnet(parameters, path, 1.0, lambda: self.now)
        self.chain = self.devnet.chain

        async def application(scope: Any, receive: Any, send: Any) -> None:
            await self.devnet.answer(Exchange(scope, receive, send, time.monotonic))

        transport = httpx.ASGITransport(application)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://devnet")

    def block(self, seconds: float = 1.0) -> None:
        self.now += seconds
        self.chain.make_block(int(self.now * 1_000_000))

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.http.get(path, headers=headers)

    async def broadcast(self, tx_bytes: bytes, mode: str = "BROADCAST_MODE_SYNC") -> httpx.Response:
        body = {"tx_bytes": base64.b64encode(tx_bytes).decode(), "mode": mode}
        return await self.http.post("/cosmos/tx/v1beta1/txs", json=body)

    async def simulate(self, tx_bytes: bytes) -> httpx.Response:
        body = {"tx_bytes": base64.b64encode(tx_bytes).decode()}
        return await self.http.post("/cosmos/tx/v1beta1/simulate", json=body)

    def account(self, signer: Signer) -> Account:
        found = self.chain.checked().get(Account, "account", signer.address)
        assert found is not None
        return found

    def signed(self, signer: Signer, messages: list[tuple[str, dict[str, Any]]], **more: Any) -> bytes:
        account = self.account(signer)
        return signer.transaction(messages, **{"sequence": account.sequence, "number": account.number, **more})

    async def fund(self, *signers: Signer, amount: int = 10_000 * REMES) -> None:
        for signer in signers:
            paid = await self.http.post("/devnet/faucet", json={"address": signer.address, "amount": str(amount)})
            assert paid.status_code == 200, paid.text
        self.block()

    async def included(self, signer: Signer, messages: list[tuple[str, dict[str, Any]]], **more: Any) -> dict[str, Any]:
        """The transaction's response after a block."""
        sent = await self.broadcast(self.signed(signer, messages, **more))
        assert sent.status_code == 200 and sent.json()["tx_response"]["code"] == 0, sent.text
        self.block()
        answer = await self.get(f"/cosmos/tx/v1beta1/txs/{sent.json()['tx_response']['txhash']}")
        response: dict[str, Any] = answer.json()["tx_response"]
        return response

    async def balance(self, signer: Signer) -> int:
        path = f"/cosmos/bank/v1beta1/balances/{signer.address}/by_denom?denom=ur3mes"
        return int((await self.get(path)).json()["balance"]["amount"])

    async def close(self) -> None:
        await self.http.aclose()
        self.chain.storage.close()


@pytest.fixture
async def make_node() -> AsyncIterator[Callable[..., Node]]:
    made: list[Node] = []

    def make(path: Path | None = None, **parameters: Any) -> Node:
        for name, form in (("error_shape", ErrorShape), ("role_records", RoleRecords)):
            if name in parameters:
                parameters[name] = form(parameters[name])
        made.append(Node(ChainParameters(**parameters), path))
        return made[-1]

    yield make
    for node in made:
        await node.close()


@pytest.fixture
async def node(make_node: Callable[..., Node]) -> Node:
    return make_node()


@pytest.fixture
def make_signer() -> Callable[[str], Signer]:
    return Signer
