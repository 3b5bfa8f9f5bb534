"""What the REST API answers about the records, in the SDK's shapes. Pure."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from r3mes_api.devnet import addresses, bank
from r3mes_api.devnet.chain import Snapshot
from r3mes_api.devnet.message_forms import ALLOWANCES, AUTHORIZATIONS, FORMS
from r3mes_api.devnet.pages import Page, paged
from r3mes_api.devnet.parameters import ChainParameters, RoleRecords
from r3mes_api.devnet.records import (
    Account,
    Balance,
    Counter,
    Permission,
    Registration,
)
from r3mes_api.devnet.refusal import Refusal
from r3mes_api.devnet.wire import Packed, packed_json, rfc3339
from r3mes_protocol import __version__

Json = dict[str, Any]


class NotThere(Exception):
    """HTTP 404, gRPC code 5."""


# The node


def node_info(parameters: ChainParameters) -> Json:
    return {
        "default_node_info": {
            "protocol_version": {"p2p": "8", "block": "11", "app": "0"},
            "default_node_id": hashlib.sha256(parameters.chain_id.encode()).hexdigest()[:40],
            "listen_addr": "",
            "network": parameters.chain_id,
            "version": "0.38.19",
            "channels": "",
            "moniker": "r3mes-devnet",
            "other": {"tx_index": "on", "rpc_address": ""},
        },
        "application_version": {
            "name": "r3mes-devnet",
            "app_name": "r3mes-devnet",
            "version": __version__,
            "git_commit": "",
            "build_tags": "",
            "go_version": "",
            "build_deps": [],
            "cosmos_sdk_version": "v0.50.9",
        },
    }


def node_config(parameters: ChainParameters) -> Json:
    return {
        "minimum_gas_price": parameters.gas_price,
        "pruning_keep_recent": "100",
        "pruning_interval": "1",
        "halt_height": "0",
    }


def block_json(snapshot: Snapshot) -> Json:
    block = snapshot.block
    name = f"{block.parameters.chain_id}/{block.height}/{block.time_us}"
    identity = base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()
    header = {
        "version": {"block": "11", "app": "0"},
        "chain_id": block.parameters.chain_id,
        "height": str(block.height),
        "time": rfc3339(block.time_us),
        "proposer_address": "",
    }
    whole = {"header": header, "data": {"txs": []}, "evidence": {"evidence": []}, "last_commit": None}
    return {"block_id": {"hash": identity, "part_set_header": None}, "block": whole, "sdk_block": whole}


# auth, bank


def account(snapshot: Snapshot, address: str) -> Json:
    check_account(address, snapshot)
    found = snapshot.records.get(Account, "account", address)
    if found is None:
        raise NotThere(f"account {address} not found")
    return {"account": _account_json(address, found)}


def accounts(snapshot: Snapshot, page: Page) -> Json:
    found = sorted(
        (record.number, key[1], record)
        for key, record in snapshot.records.under("account")
        if isinstance(record, Account)
    )
    return paged("accounts", [_account_json(address, record) for _, address, record in found], page)


def _account_json(address: str, found: Account) -> Json:
    key = None
    if found.public_key:
        text = base64.b64encode(bytes.fromhex(found.public_key)).decode()
        key = {"@type": "/cosmos.crypto.secp256k1.PubKey", "key": text}
    return {
        "@type": "/cosmos.auth.v1beta1.BaseAccount",
        "address": address,
        "pub_key": key,
        "account_number": str(found.number),
        "sequence": str(found.sequence),
    }


def auth_params(parameters: ChainParameters) -> Json:
    return {
        "params": {
            "max_memo_characters": str(parameters.max_memo_characters),
            "tx_sig_limit": "7",
            "tx_size_cost_per_byte": str(parameters.gas_per_byte),
            "sig_verify_cost_ed25519": "590",
            "sig_verify_cost_secp256k1": str(parameters.gas_per_signature),
        }
    }


def balances(snapshot: Snapshot, address: str, page: Page) -> Json:
    check_account(address, snapshot)
    found = [
        coin(key[2], record.amount)
        for key, record in snapshot.records.under("balance", address)
        if isinstance(record, Balance)
    ]
    return paged("balances", found, page)


def balance(snapshot: Snapshot, address: str, denom: str) -> Json:
    check_account(address, snapshot)
    return {"balance": coin(denom, bank.balance(snapshot.records, address, denom))}


def supply(snapshot: Snapshot, page: Page) -> Json:
    denom = snapshot.block.parameters.denom
    total = snapshot.records.get(Counter, "counter", f"supply/{denom}")
    return paged("supply", [coin(denom, total.value if total else 0)], page)


# authz, feegrant


def authorizations(snapshot: Snapshot, granter: str, grantee: str, page: Page) -> Json:
    """Of a granter, of a grantee or between the two; an empty one is any."""
    found = []
    for key, record in snapshot.records.under("authorization"):
        assert isinstance(record, Permission)
        expires = record.expires_us
        if granter not in ("", key[1]) or grantee not in ("", key[2]):
            continue
        if expires is not None and expires <= snapshot.block.time_us:
            continue
        found.append(
            {
                "granter": key[1],
                "grantee": key[2],
                "authorization": packed_json(Packed(record.type_url, bytes.fromhex(record.value)), AUTHORIZATIONS),
                "expiration": None if expires is None else rfc3339(expires),
            }
        )
    return paged("grants", found, page)


def allowances(snapshot: Snapshot, granter: str, grantee: str, page: Page) -> Json:
    found = [
        {
            "granter": key[1],
            "grantee": key[2],
            "allowance": packed_json(Packed(record.type_url, bytes.fromhex(record.value)), {**ALLOWANCES, **FORMS}),
        }
        for key, record in snapshot.records.under("allowance")
        if isinstance(record, Permission) and granter in ("", key[1]) and grantee in ("", key[2])
    ]
    return paged("allowances", found, page)


# remes


def role_params(parameters: ChainParameters) -> Json:
    everything = parameters.role_records is RoleRecords.EVERYTHING
    return {
        "params": {
            "nonce_window_size": "10000",
            # The public chain names a coin that it does not have.
            "min_stake": str(parameters.role_min_stake) if everything else "1000",
            "stake_denom": parameters.denom if everything else "remes",
            "mining_difficulty": "1234.0",
            "reward_per_gradient": "0.1",
            "max_validators": "100",
            "slashing_penalty": "0.05",
            "challenge_period_blocks": "100",
        }
    }


def registration(snapshot: Snapshot, address: str) -> Json:
    found = snapshot.records.get(Registration, "registration", address)
    if found is None:
        # The module answers a plain error, which becomes HTTP 500.
        raise Refusal(2, f"node registration not found: {address[:100]}")
    return {"registration": found.document}


def registrations(snapshot: Snapshot, page: Page) -> Json:
    found = [
        record.document for _, record in snapshot.records.under("registration") if isinstance(record, Registration)
    ]
    return paged("registrations", found, page)


def coin(denom: str, amount: int) -> Json:
    return {"denom": denom, "amount": str(amount)}


def check_account(address: str, snapshot: Snapshot) -> None:
    """Raises Refusal 7, which a query answers with HTTP 500."""
    addresses.require(address, snapshot.block.parameters.prefix)


def check_operator(operator: str, snapshot: Snapshot) -> None:
    addresses.require(operator, snapshot.block.parameters.operator_prefix)
