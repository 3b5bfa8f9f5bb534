"""The network's role module: what nodes say of themselves. It locks no coins, as the public chain's does not. Pure."""

from __future__ import annotations

import re
from typing import Any

from r3mes_api.devnet import addresses
from r3mes_api.devnet.block import Block, Happenings
from r3mes_api.devnet.message_forms import MESSAGES, NODE_TYPES, REGISTER_NODE, RESOURCES
from r3mes_api.devnet.parameters import RoleRecords
from r3mes_api.devnet.records import Draft, Registration
from r3mes_api.devnet.refusal import Refusal, roles
from r3mes_api.devnet.wire import decode, rfc3339, to_json

PROPOSER, VALIDATOR = 4, 3
_STAKE = re.compile(r"(\d{1,78})([a-zA-Z][a-zA-Z0-9/:._-]{2,127})?")
NO_TIME = "0001-01-01T00:00:00Z"


def register(draft: Draft, block: Block, happenings: Happenings, body: dict[str, Any]) -> None:
    address = _address(block, body)
    if not 0 < body["node_type"] < len(NODE_TYPES):
        raise roles(1007, "node type must be specified: invalid request")
    if block.parameters.role_records is RoleRecords.EVERYTHING:
        # The public chain checks none of this.
        match = _STAKE.fullmatch(body["stake"])
        if match is None or (match[2] or block.parameters.denom) != block.parameters.denom:
            raise roles(
                1021, f"stake {body['stake'][:60]} is no amount of {block.parameters.denom}: insufficient stake"
            )
        if int(match[1]) < block.parameters.role_min_stake:
            least = f"{block.parameters.role_min_stake}{block.parameters.denom}"
            raise roles(1021, f"stake {body['stake'][:60]} is below {least}: insufficient stake")
        _check_roles(body["roles"], body["role_allocations"], body["node_type"])
        before = draft.get(Registration, "registration", address)
        if PROPOSER in body["roles"] and VALIDATOR not in body["roles"] and not _is_validator(before):
            raise roles(1017, "a proposer also has to be a validator: unauthorized")
    document = to_json(MESSAGES[REGISTER_NODE].form, body, {})
    kept = _empty(address)
    kept["node_type"], kept["stake"] = document["node_type"], document["stake"]
    if block.parameters.role_records is RoleRecords.EVERYTHING:
        kept |= {
            name: document[name] for name in ("resources", "roles", "role_allocations", "resource_proof_ipfs_hash")
        }
        kept |= {
            "status": "NODE_STATUS_ACTIVE",
            "registered_at_height": str(block.height),
            "registered_at_time": rfc3339(block.time_us),
            "last_heartbeat_height": str(block.height),
        }
    draft.put(Registration(kept), "registration", address)
    happenings.tell("register_node", node_address=address, node_type=str(document["node_type"]), stake=body["stake"])


def update(draft: Draft, block: Block, happenings: Happenings, body: dict[str, Any]) -> None:
    address = _address(block, body)
    if block.parameters.role_records is RoleRecords.PUBLIC:
        # Its handler answers success and does nothing.
        return
    before = draft.get(Registration, "registration", address)
    if before is None:
        raise roles(1002, f"node {address} is not registered: invalid node address")
    document = dict(before.document)
    if body["roles"]:
        _check_roles(body["roles"], body["role_allocations"], body["roles"][0])
        if PROPOSER in body["roles"] and VALIDATOR not in body["roles"]:
            raise roles(1017, "a proposer also has to be a validator: unauthorized")
        names = [NODE_TYPES[role] for role in body["roles"]]
        form = MESSAGES[REGISTER_NODE].form
        shown = to_json(form, {**decode(form, b""), "role_allocations": body["role_allocations"]}, {})
        document |= {"roles": names, "node_type": names[0], "role_allocations": shown["role_allocations"]}
    if body["resources"] is not None:
        document["resources"] = to_json(RESOURCES, body["resources"], {})
    if body["resource_proof_ipfs_hash"]:
        document["resource_proof_ipfs_hash"] = body["resource_proof_ipfs_hash"]
    document["last_heartbeat_height"] = str(block.height)
    draft.put(Registration(document), "registration", address)
    happenings.tell("update_node_registration", node_address=address)


def _address(block: Block, body: dict[str, Any]) -> str:
    try:
        return addresses.require(body["node_address"], block.parameters.prefix)
    except Refusal as refusal:
        raise roles(1002, f"{refusal.log}: invalid node address") from None


def _check_roles(numbers: list[int], allocations: list[Any], node_type: int) -> None:
    if not numbers or len(set(numbers)) != len(numbers) or not all(0 < number < len(NODE_TYPES) for number in numbers):
        raise roles(1007, "roles must be known ones, each once: invalid request")
    if node_type not in numbers:
        raise roles(1007, "node type must be among the roles: invalid request")
    if [item["role"] for item in allocations] != numbers:
        raise roles(1007, "number of role allocations must match number of roles: invalid request")


def _is_validator(registration: Registration | None) -> bool:
    return registration is not None and NODE_TYPES[VALIDATOR] in registration.document["roles"]


def _empty(address: str) -> dict[str, Any]:
    return {
        "node_address": address,
        "node_type": NODE_TYPES[0],
        "resources": to_json(RESOURCES, decode(RESOURCES, b""), {}),
        "stake": "",
        "status": "NODE_STATUS_UNSPECIFIED",
        "roles": [],
        "role_allocations": [],
        "registered_at_height": "0",
        "registered_at_time": NO_TIME,
        "resource_proof_ipfs_hash": "",
        "last_heartbeat_height": "0",
        "slashing_events": "0",
    }
