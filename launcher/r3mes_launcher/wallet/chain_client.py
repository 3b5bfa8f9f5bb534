"""The chain's REST API: what the wallet asks and what it sends."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from r3mes_launcher.sentence import phrase
from r3mes_launcher.wallet import chain_shapes as shapes
from r3mes_launcher.wallet.amounts import Coin, parse_gas_price
from r3mes_launcher.wallet.chain_endpoints import Answer, EndpointPool
from r3mes_launcher.wallet.chain_errors import ChainRefusal, plain, refusal_of_broadcast, refusal_of_query
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.profiles import NetworkFacts

PAGE_ITEMS = 100
MAX_PAGES = 20
"""A wallet with more than 2,000 of anything is shown the first 2,000."""
HISTORY_ITEMS = 50
BLOCK_HEIGHT_HEADER = "x-cosmos-block-height"

T = TypeVar("T")


@dataclass(frozen=True)
class Settlement:
    """What one node says about a transaction, its sender's sequence, and how far the chain is."""

    height: int
    sequence: int | None
    """None when the node can't say at this height."""
    result: shapes.TransactionResult | None


class ChainClient:
    def __init__(self, endpoints: EndpointPool) -> None:
        self._endpoints = endpoints

    async def close(self) -> None:
        await self._endpoints.close()

    # The network

    async def chain_id(self) -> str:
        document = await self._get("/cosmos/base/tendermint/v1beta1/node_info")
        return str(shapes.field(document, "default_node_info", "network", what=phrase("the node")))

    async def latest_block(self) -> shapes.LatestBlock:
        return shapes.read_latest_block(await self._get("/cosmos/base/tendermint/v1beta1/blocks/latest"))

    async def facts(self) -> NetworkFacts:
        """What the chain says of itself: id, staking coin, gas price. Free gas is priced in the staking coin."""
        chain_id = await self.chain_id()
        staking = await self.staking_params()
        answer = await self._endpoints.read("/cosmos/base/node/v1beta1/config")
        price_text = str(answer.document.get("minimum_gas_price") or "") if answer.status == 200 else ""
        # A node may take several coins; ours is the staking coin if it is among them, else the first.
        prices = [parse_gas_price(part) for part in price_text.split(",") if part.strip()]
        chosen = next((price for price in prices if price.denom == staking.bond_denom), prices[0] if prices else None)
        return NetworkFacts(
            chain_id=chain_id,
            bond_denom=staking.bond_denom,
            fee_denom=chosen.denom if chosen else staking.bond_denom,
            gas_price_attos=chosen.attos if chosen else 0,
        )

    # An account

    async def account(self, address: str) -> shapes.Account | None:
        """None for an address that the chain has never seen: a new wallet, not an error."""
        answer = await self._endpoints.read(f"/cosmos/auth/v1beta1/accounts/{_path(address)}")
        if answer.status == 404:
            return None
        return shapes.read_account(_good(answer))

    async def balances(self, address: str) -> tuple[Coin, ...]:
        path = f"/cosmos/bank/v1beta1/balances/{_path(address)}"
        return await self._pages(path, "balances", lambda item: shapes.coin(item, phrase("the balances")))

    async def history(self, address: str) -> tuple[shapes.TransactionResult, ...]:
        """The latest transactions that the address sent or was paid by, newest first."""
        found: dict[str, shapes.TransactionResult] = {}
        for event in ("message.sender", "transfer.recipient"):
            parameters = {
                "query": f"{event}='{_path(address)}'",
                "order_by": "ORDER_BY_DESC",
                "limit": str(HISTORY_ITEMS),
                "page": "1",
            }
            document = await self._get("/cosmos/tx/v1beta1/txs", parameters)
            for item in shapes.items(document, "tx_responses", phrase("the history")):
                result = shapes.read_result(item)
                found[result.tx_hash] = result
        return tuple(sorted(found.values(), key=lambda result: (-result.height, result.tx_hash)))

    # Staking

    async def staking_params(self) -> shapes.StakingParams:
        return shapes.read_staking_params(await self._get("/cosmos/staking/v1beta1/params"))

    async def slashing_params(self) -> shapes.SlashingParams:
        return shapes.read_slashing_params(await self._get("/cosmos/slashing/v1beta1/params"))

    async def validators(self) -> tuple[shapes.Validator, ...]:
        """The bonded validators, largest first."""
        found = await self._pages(
            "/cosmos/staking/v1beta1/validators", "validators", shapes.read_validator, status="BOND_STATUS_BONDED"
        )
        return tuple(sorted(found, key=lambda validator: (-validator.tokens, validator.operator)))

    async def delegations(self, address: str) -> tuple[shapes.Delegation, ...]:
        path = f"/cosmos/staking/v1beta1/delegations/{_path(address)}"
        return await self._pages(path, "delegation_responses", shapes.read_delegation)

    async def unbondings(self, address: str) -> tuple[shapes.Unbonding, ...]:
        path = f"/cosmos/staking/v1beta1/delegators/{_path(address)}/unbonding_delegations"
        groups = await self._pages(path, "unbonding_responses", shapes.read_unbondings)
        return tuple(sorted((entry for group in groups for entry in group), key=lambda entry: entry.completes_at))

    async def redelegations(self, address: str) -> tuple[shapes.Redelegation, ...]:
        path = f"/cosmos/staking/v1beta1/delegators/{_path(address)}/redelegations"
        groups = await self._pages(path, "redelegation_responses", shapes.read_redelegations)
        return tuple(entry for group in groups for entry in group)

    async def rewards(self, address: str) -> tuple[shapes.Reward, ...]:
        return shapes.read_rewards(await self._get(f"/cosmos/distribution/v1beta1/delegators/{_path(address)}/rewards"))

    # Roles

    async def role_params(self) -> dict[str, Any]:
        """The role module's parameters; empty where the chain has no such module."""
        answer = await self._endpoints.read("/remes/remes/v1/params")
        params = answer.document.get("params") if answer.status == 200 else None
        return params if isinstance(params, dict) else {}

    async def registration(self, address: str) -> shapes.Registration | None:
        """What the chain has recorded for a node; None when it has nothing.

        The module answers a missing record with HTTP 500 like any failure, so the list decides then.
        """
        answer = await self._endpoints.read(f"/remes/remes/v1/node_registration/{_path(address)}")
        if answer.status == 200:
            return shapes.read_registration(
                shapes.field(answer.document, "registration", what=phrase("the registration"))
            )
        if answer.status == 501:
            return None
        found = await self._pages("/remes/remes/v1/node_registrations", "registrations", shapes.read_registration)
        return next((item for item in found if item.address == address), None)

    # Permissions

    async def authorizations(self, *, granter: str = "", grantee: str = "") -> tuple[dict[str, Any], ...]:
        """What an account has given to others, or was given, as the chain shows it; expired ones are left out."""
        kind, address = ("granter", granter) if granter else ("grantee", grantee)
        path = f"/cosmos/authz/v1beta1/grants/{kind}/{_path(address)}"
        return await self._pages(path, "grants", shapes.read_permission)

    async def fee_allowances(self, *, granter: str = "", grantee: str = "") -> tuple[dict[str, Any], ...]:
        kind, address = ("issued", granter) if granter else ("allowances", grantee)
        path = f"/cosmos/feegrant/v1beta1/{kind}/{_path(address)}"
        return await self._pages(path, "allowances", shapes.read_permission)

    # Transactions

    async def simulate(self, tx_bytes: bytes) -> int:
        """The gas that this transaction would use now. Its signature is not checked. Raises ChainRefusal."""
        body = {"tx_bytes": base64.b64encode(tx_bytes).decode()}
        answer = await self._endpoints.read("/cosmos/tx/v1beta1/simulate", body=body)
        return shapes.integer(
            shapes.field(_good(answer), "gas_info", "gas_used", what=phrase("the gas")), phrase("the gas")
        )

    async def broadcast(self, tx_bytes: bytes) -> ChainRefusal | None:
        """Hands the bytes to one node, once. None when it took them, which is not yet inclusion in a block.

        Raises OFFLINE when the outcome is unknown.
        """
        body = {"tx_bytes": base64.b64encode(tx_bytes).decode(), "mode": "BROADCAST_MODE_SYNC"}
        answer = await self._endpoints.post_once("/cosmos/tx/v1beta1/txs", body)
        return refusal_of_broadcast(answer.document, answer.status)

    async def ask_faucet(self, address: str) -> str:
        """Free coins, where a gateway's devnet has a faucet. The hash of the transaction that brings them."""
        answer = await self._endpoints.post_once("/devnet/faucet", {"address": address})
        if answer.status != 200:
            error = answer.document.get("error")
            reason = str(error.get("message") or "") if isinstance(error, dict) else ""
            raise WalletError(Problem.CHAIN_REFUSED, plain(reason) or "This network has no faucet.")
        return str(shapes.field(answer.document, "tx_hash", what=phrase("the faucet")))

    async def transaction(self, tx_hash: str, *, endpoint: str | None = None) -> shapes.TransactionResult | None:
        """None while the hash is in no block that the node knows."""
        answer = await self._endpoints.read(f"/cosmos/tx/v1beta1/txs/{_path(tx_hash)}", endpoint=endpoint)
        if answer.status == 404 or (answer.status != 200 and "not found" in str(answer.document.get("message"))):
            return None
        return shapes.read_result(shapes.field(_good(answer), "tx_response", what=phrase("the transaction")))

    async def settlement(self, tx_hash: str, address: str) -> Settlement:
        """Height, sequence and transaction from one node in this order, so that together they prove something.

        A transaction that is not found *after* its sender's unchanged sequence was read at a height beyond its
        time-out can never be included.
        """
        answer = await self._endpoints.read("/cosmos/base/tendermint/v1beta1/blocks/latest")
        height = shapes.read_latest_block(_good(answer)).height
        account = await self._endpoints.read(
            f"/cosmos/auth/v1beta1/accounts/{_path(address)}",
            endpoint=answer.endpoint,
            headers={BLOCK_HEIGHT_HEADER: str(height)},
        )
        sequence = shapes.read_account(account.document).sequence if account.status == 200 else None
        return Settlement(height, sequence, await self.transaction(tx_hash, endpoint=answer.endpoint))

    # Inside

    async def _get(self, path: str, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
        return _good(await self._endpoints.read(path, parameters))

    async def _pages(self, path: str, name: str, read: Callable[[Any], T], **parameters: str) -> tuple[T, ...]:
        found: list[T] = []
        key = ""
        for _ in range(MAX_PAGES):
            asked = {**parameters, "pagination.limit": str(PAGE_ITEMS)}
            if key:
                asked["pagination.key"] = key
            document = await self._get(path, asked)
            found += [read(item) for item in shapes.items(document, name, path)]
            pagination = document.get("pagination")
            key = str(pagination.get("next_key") or "") if isinstance(pagination, dict) else ""
            if not key:
                break
        return tuple(found)


def _path(text: str) -> str:
    """One segment of a path; addresses and hashes hold letters and digits only."""
    if not text.isascii() or not text.isalnum():
        raise WalletError(Problem.BAD_ADDRESS, "An address or a hash holds other characters than letters and digits.")
    return quote(text, safe="")


def _good(answer: Answer) -> dict[str, Any]:
    if answer.status != 200:
        raise refusal_of_query(answer.document, answer.status)
    return answer.document
