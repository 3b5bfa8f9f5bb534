"""Entries of the ledger, pure: every one moves money between accounts and makes none.

Accounts are names: `available/<owner>` (credits to spend), `reserved/<owner>` (set aside for running requests),
`earned/<owner>/<node>` and `earned//<node>` for a node without owner, `gateway` (its share) and `issued` (the other
side of all credits that were ever given out, so it is negative).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

GATEWAY = "gateway"
ISSUED = "issued"


class EntryKind(StrEnum):
    DEPOSIT = "deposit"
    RESERVE = "reserve"
    RELEASE = "release"
    EXPIRE = "expire"
    SETTLE = "settle"
    SETTLE_LATE = "settle_late"


@dataclass(frozen=True, slots=True)
class Entry:
    """Raises ValueError when the postings do not add up to zero."""

    kind: EntryKind
    reference: str
    """Unique: an entry with the same reference can't be made again."""
    postings: tuple[tuple[str, int], ...]

    def __post_init__(self) -> None:
        if sum(amount for _, amount in self.postings) != 0:
            raise ValueError("an entry must neither make nor lose money")
        if any(amount == 0 for _, amount in self.postings):
            raise ValueError("a posting moves something")


def available(owner: str) -> str:
    return f"available/{owner}"


def reserved(owner: str) -> str:
    return f"reserved/{owner}"


def earned(owner: str | None, node_id: str) -> str:
    return f"earned/{owner or ''}/{node_id}"


def has_balance(account: str) -> bool:
    """Whether the balance is kept beside the postings, and may not fall below zero.

    Not for the two accounts that everybody's requests touch: one row of them would make all wait for one another.
    """
    return account not in (GATEWAY, ISSUED)


def deposit(owner: str, amount: int, reference: str) -> Entry:
    return _entry(EntryKind.DEPOSIT, f"deposit:{reference}", [(ISSUED, -amount), (available(owner), amount)])


def reserve(owner: str, amount: int, reservation_id: str) -> Entry:
    return _entry(
        EntryKind.RESERVE, f"reserve:{reservation_id}", [(available(owner), -amount), (reserved(owner), amount)]
    )


def give_back(kind: EntryKind, owner: str, amount: int, reservation_id: str) -> Entry:
    """`kind` tells whether the request was called off (RELEASE) or forgotten (EXPIRE)."""
    return _entry(kind, f"{kind}:{reservation_id}", [(reserved(owner), -amount), (available(owner), amount)])


def settle(
    owner: str, amount: int, charge: int, shares: Sequence[tuple[str, int]], gateway_share: int, reservation_id: str
) -> Entry:
    """Ends a reservation of `amount`: `charge` is paid out, the rest goes back."""
    postings = [(reserved(owner), -amount), (available(owner), amount - charge), *shares, (GATEWAY, gateway_share)]
    return _entry(EntryKind.SETTLE, f"settle:{reservation_id}", postings)


def settle_late(
    owner: str, charge: int, shares: Sequence[tuple[str, int]], gateway_share: int, reservation_id: str
) -> Entry:
    """For a reservation that had expired and went back: the charge comes from what is available."""
    postings = [(available(owner), -charge), *shares, (GATEWAY, gateway_share)]
    return _entry(EntryKind.SETTLE_LATE, f"settle_late:{reservation_id}", postings)


def _entry(kind: EntryKind, reference: str, postings: Sequence[tuple[str, int]]) -> Entry:
    # One posting for each account: a node that served two pieces of an answer gets one line.
    sums: dict[str, int] = {}
    for account, amount in postings:
        sums[account] = sums.get(account, 0) + amount
    return Entry(kind, reference, tuple(_without_zeros(sums).items()))


def _without_zeros(sums: Mapping[str, int]) -> dict[str, int]:
    return {account: amount for account, amount in sums.items() if amount}
