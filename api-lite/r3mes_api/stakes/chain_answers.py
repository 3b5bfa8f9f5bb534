"""The chain's REST answers about delegations, believed only in the shape that they have. Pure.

Source: Cosmos SDK 0.50, `cosmos/staking/v1beta1/query.proto`, by its gRPC gateway.
"""

from __future__ import annotations

from typing import Any

NOT_FOUND = 5
"""gRPC's code; older chains answer so for an address without delegations."""

MAX_DIGITS = 40


class BadAnswer(Exception):
    """The endpoint's answer can't be believed; the text says why, without what it said."""


class ChainAway(Exception):
    """No endpoint gave an answer that can be believed."""


def delegated(document: Any, owner: str, denom: str) -> tuple[int, str]:
    """The sum of one page in base units, and the key of the next page or an empty text. Raises BadAnswer."""
    entries = document.get("delegation_responses") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise BadAnswer("it holds no list of delegations")
    total = 0
    for entry in entries:
        delegation, balance = _part(entry, "delegation"), _part(entry, "balance")
        if delegation.get("delegator_address") != owner:
            raise BadAnswer("it tells of somebody else's delegations")
        if balance.get("denom") == denom:
            total += _amount(balance.get("amount"))
    pagination = document.get("pagination")
    key = pagination.get("next_key") if isinstance(pagination, dict) else None
    if key is not None and (not isinstance(key, str) or len(key) > 1000):
        raise BadAnswer("its next page has no key")
    return total, key or ""


def has_none(status: int, document: Any) -> bool:
    """Whether this says that the owner has no delegation. An HTTP 500 never does, whatever code is in it."""
    return status == 404 and isinstance(document, dict) and document.get("code") == NOT_FOUND


def network_of(document: Any) -> str:
    """The chain's id, from the node's description of itself. Raises BadAnswer."""
    found = _part(document, "default_node_info").get("network")
    if not isinstance(found, str):
        raise BadAnswer("it does not name its chain")
    return found


def _part(document: Any, name: str) -> dict[str, Any]:
    part = document.get(name) if isinstance(document, dict) else None
    if not isinstance(part, dict):
        raise BadAnswer(f"it has no {name}")
    return part


def _amount(value: Any) -> int:
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > MAX_DIGITS:
        raise BadAnswer("an amount is no whole number")
    return int(value)
