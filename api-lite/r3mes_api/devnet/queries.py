"""What the REST API answers about the records, in the SDK's shapes. Pure."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from r3mes_api.devnet import addresses, bank
from r3mes_api.devnet.chain import Snapshot
from r3mes_api.devnet.message_forms import ALLOWANCES, AUTHORIZATIONS, FORMS
from r3mes_api.devnet.pages import Page, paged
from r3mes_api.devnet.parameters import ATTO, ChainParameters, decimal
from r3mes_api.devnet.records import (
    Account,
    Balance,
    Counter,
    Delegation,
    Permission,
    Redelegation,
    Registration,
    Unbonding,
    Validator,
)
from r3mes_api.devnet.refusal import Refusal
from r3mes_api.devnet.staking import earned_attos
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


# staking


def staking_params(parameters: ChainParameters) -> Json:
    return {
        "params": {
            "unbonding_time": f"{parameters.unbonding_s}s",
            "max_validators": 100,
            "max_entries": parameters.max_entries,
            "historical_entries": 10_000,
            "bond_denom": parameters.denom,
            "min_commission_rate": decimal(5 * ATTO // 100),
        }
    }


def slashing_params() -> Json:
    return {
        "params": {
            "signed_blocks_window": "100",
            "min_signed_per_window": decimal(ATTO // 2),
            "downtime_jail_duration": "600s",
            "slash_fraction_double_sign": decimal(5 * ATTO // 100),
            "slash_fraction_downtime": decimal(ATTO // 100),
        }
    }


def pool(snapshot: Snapshot) -> Json:
    block = snapshot.block

    def held(name: str) -> str:
        return str(bank.balance(snapshot.records, bank.module(block, name), block.parameters.denom))

    return {"pool": {"not_bonded_tokens": held(bank.UNBONDING_POOL), "bonded_tokens": held(bank.BONDED_POOL)}}


def validators(snapshot: Snapshot, status: str, page: Page) -> Json:
    found = [
        _validator_json(snapshot, key[1], record)
        for key, record in snapshot.records.under("validator")
        if isinstance(record, Validator)
    ]
    return paged("validators", [item for item in found if status in ("", item["status"])], page)


def validator(snapshot: Snapshot, operator: str) -> Json:
    check_operator(operator, snapshot)
    found = snapshot.records.get(Validator, "validator", operator)
    if found is None:
        raise NotThere(f"validator {operator} not found")
    return {"validator": _validator_json(snapshot, operator, found)}


def _validator_json(snapshot: Snapshot, operator: str, found: Validator) -> Json:
    key = hashlib.sha256(f"consensus key of {operator}".encode()).digest()
    return {
        "operator_address": operator,
        "consensus_pubkey": {
            "@type": "/cosmos.crypto.ed25519.PubKey",
            "key": base64.b64encode(key).decode(),
        },
        "jailed": False,
        "status": "BOND_STATUS_BONDED" if found.bonded else "BOND_STATUS_UNBONDED",
        "tokens": str(found.tokens),
        "delegator_shares": decimal(found.tokens * ATTO),
        "description": {
            "moniker": found.name,
            "identity": "",
            "website": "",
            "security_contact": "",
            "details": "A validator of the devnet; it does nothing but be there.",
        },
        "unbonding_height": "0",
        "unbonding_time": "1970-01-01T00:00:00Z",
        "commission": {
            "commission_rates": {
                "rate": decimal(found.commission_attos),
                "max_rate": decimal(ATTO // 5),
                "max_change_rate": decimal(ATTO // 100),
            },
            "update_time": "1970-01-01T00:00:00Z",
        },
        "min_self_delegation": "1",
        "unbonding_on_hold_ref_count": "0",
        "unbonding_ids": [],
    }


def delegations(snapshot: Snapshot, delegator: str, page: Page) -> Json:
    check_account(delegator, snapshot)
    found = [
        _delegation_json(snapshot, delegator, key[2], record)
        for key, record in snapshot.records.under("delegation", delegator)
        if isinstance(record, Delegation)
    ]
    return paged("delegation_responses", found, page)


def delegation(snapshot: Snapshot, operator: str, delegator: str) -> Json:
    check_account(delegator, snapshot)
    check_operator(operator, snapshot)
    found = snapshot.records.get(Delegation, "delegation", delegator, operator)
    if found is None:
        raise NotThere(f"delegation with delegator {delegator} not found for validator {operator}")
    return {"delegation_response": _delegation_json(snapshot, delegator, operator, found)}


def _delegation_json(snapshot: Snapshot, delegator: str, operator: str, found: Delegation) -> Json:
    return {
        "delegation": {
            "delegator_address": delegator,
            "validator_address": operator,
            "shares": decimal(found.amount * ATTO),
        },
        "balance": coin(snapshot.block.parameters.denom, found.amount),
    }


def unbondings(snapshot: Snapshot, delegator: str, page: Page) -> Json:
    check_account(delegator, snapshot)
    found = [
        {
            "delegator_address": delegator,
            "validator_address": key[2],
            "entries": [
                {
                    "creation_height": str(entry.creation_height),
                    "completion_time": rfc3339(entry.completion_us),
                    "initial_balance": str(entry.initial),
                    "balance": str(entry.balance),
                    "unbonding_id": "0",
                    "unbonding_on_hold_ref_count": "0",
                }
                for entry in record.entries
            ],
        }
        for key, record in snapshot.records.under("unbonding", delegator)
        if isinstance(record, Unbonding)
    ]
    return paged("unbonding_responses", found, page)


def redelegations(snapshot: Snapshot, delegator: str, page: Page) -> Json:
    check_account(delegator, snapshot)
    found = []
    for key, record in snapshot.records.under("redelegation", delegator):
        assert isinstance(record, Redelegation)
        entries = [
            {
                "creation_height": entry.creation_height,
                "completion_time": rfc3339(entry.completion_us),
                "initial_balance": str(entry.initial),
                "shares_dst": decimal(entry.initial * ATTO),
                "unbonding_id": "0",
                "unbonding_on_hold_ref_count": "0",
            }
            for entry in record.entries
        ]
        pair: Json = {"delegator_address": delegator, "validator_src_address": key[2], "validator_dst_address": key[3]}
        found.append(
            {
                "redelegation": pair | {"entries": None},
                "entries": [{"redelegation_entry": entry, "balance": entry["initial_balance"]} for entry in entries],
            }
        )
    return paged("redelegation_responses", found, page)


# distribution


def rewards(snapshot: Snapshot, delegator: str) -> Json:
    check_account(delegator, snapshot)
    denom, shown, total = snapshot.block.parameters.denom, [], 0
    for key, record in snapshot.records.under("delegation", delegator):
        found = snapshot.records.get(Validator, "validator", key[2])
        assert isinstance(record, Delegation) and found is not None
        attos = earned_attos(record, found, snapshot.block)
        total += attos
        reward = [{"denom": denom, "amount": decimal(attos)}] if attos else []
        shown.append({"validator_address": key[2], "reward": reward})
    return {"rewards": shown, "total": [{"denom": denom, "amount": decimal(total)}] if total else []}


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
    return {
        "params": {
            "nonce_window_size": "10000",
            "min_stake": str(parameters.role_min_stake),
            "stake_denom": parameters.denom,
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
