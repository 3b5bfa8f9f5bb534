"""What the REST API answers about validators, stakes and rewards, in the SDK's shapes. Pure."""

from __future__ import annotations

import base64
import hashlib

from r3mes_api.devnet import bank
from r3mes_api.devnet.chain import Snapshot
from r3mes_api.devnet.pages import Page, paged
from r3mes_api.devnet.parameters import ATTO, ChainParameters, decimal
from r3mes_api.devnet.queries import Json, NotThere, check_account, check_operator, coin
from r3mes_api.devnet.records import Delegation, Redelegation, Unbonding, Validator
from r3mes_api.devnet.staking import earned_attos
from r3mes_api.devnet.wire import rfc3339


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
