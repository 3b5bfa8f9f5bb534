"""What the chain remembers: records by key, and drafts of changes that are kept whole or dropped whole. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeVar

from pydantic import TypeAdapter

Key: TypeAlias = tuple[str, ...]
"""The kind of record first, then what names it."""


@dataclass(frozen=True)
class Account:
    number: int
    sequence: int = 0
    public_key: str = ""
    """Hex; empty until the account has signed."""


@dataclass(frozen=True)
class Balance:
    amount: int


@dataclass(frozen=True)
class Validator:
    name: str
    tokens: int
    commission_attos: int
    bonded: bool = True


@dataclass(frozen=True)
class Delegation:
    amount: int
    since_us: int
    """The reward clock when rewards were paid last."""


@dataclass(frozen=True)
class UnbondingEntry:
    creation_height: int
    completion_us: int
    initial: int
    balance: int


@dataclass(frozen=True)
class Unbonding:
    entries: tuple[UnbondingEntry, ...]


@dataclass(frozen=True)
class RedelegationEntry:
    creation_height: int
    completion_us: int
    initial: int


@dataclass(frozen=True)
class Redelegation:
    entries: tuple[RedelegationEntry, ...]


@dataclass(frozen=True)
class Permission:
    """An authorization of `authz` or an allowance of `feegrant`, packed as it was given."""

    type_url: str
    value: str
    """Hex."""
    expires_us: int | None = None


@dataclass(frozen=True)
class Registration:
    """As the role module keeps it; `document` in proto JSON."""

    document: dict[str, Any]


@dataclass(frozen=True)
class Counter:
    value: int


Record: TypeAlias = (
    Account | Balance | Validator | Delegation | Unbonding | Redelegation | Permission | Registration | Counter
)
R = TypeVar("R", bound=Record)

KINDS: Mapping[str, type[Record]] = {
    "account": Account,
    "balance": Balance,
    "validator": Validator,
    "delegation": Delegation,
    "unbonding": Unbonding,
    "redelegation": Redelegation,
    "authorization": Permission,
    "allowance": Permission,
    "registration": Registration,
    "counter": Counter,
}


class Records:
    """All records as of one block. Only `apply` changes them."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[Key, Record]] = {kind: {} for kind in KINDS}

    def find(self, key: Key) -> Record | None:
        return self._tables[key[0]].get(key)

    def under(self, *start: str) -> Iterator[tuple[Key, Record]]:
        size = len(start)
        return ((key, record) for key, record in self._tables[start[0]].items() if key[:size] == start)

    def apply(self, changes: Mapping[Key, Record | None]) -> dict[Key, Record | None]:
        """Answers what undoes it."""
        before: dict[Key, Record | None] = {}
        for key, record in changes.items():
            table = self._tables[key[0]]
            before[key] = table.get(key)
            if record is None:
                table.pop(key, None)
            else:
                table[key] = record
        return before


class Draft:
    """Changes on top of records or of another draft."""

    def __init__(self, base: Records | Draft, changes: Mapping[Key, Record | None] | None = None) -> None:
        self._base = base
        self.changes: dict[Key, Record | None] = dict(changes or {})

    def find(self, key: Key) -> Record | None:
        return self.changes[key] if key in self.changes else self._base.find(key)

    def get(self, kind: type[R], *key: str) -> R | None:
        record = self.find(key)
        assert record is None or isinstance(record, kind)
        return record

    def put(self, record: Record, *key: str) -> None:
        self.changes[key] = record

    def drop(self, *key: str) -> None:
        self.changes[key] = None

    def under(self, *start: str) -> Iterator[tuple[Key, Record]]:
        """In the order of their keys."""
        size = len(start)
        found = {key: record for key, record in self._base.under(*start) if key not in self.changes}
        found.update(
            {key: record for key, record in self.changes.items() if record is not None and key[:size] == start}
        )
        return iter(sorted(found.items(), key=lambda item: item[0]))

    def draft(self) -> Draft:
        return Draft(self)

    def take(self, other: Draft) -> None:
        """Keeps what a draft on top of this one changed."""
        self.changes.update(other.changes)

    def count(self, name: str, by: int = 1) -> int:
        """The counter's value before it goes up."""
        counter = self.get(Counter, "counter", name) or Counter(0)
        self.put(replace(counter, value=counter.value + by), "counter", name)
        return counter.value


_ADAPTERS: dict[str, TypeAdapter[Any]] = {kind: TypeAdapter(form) for kind, form in KINDS.items()}


def record_json(key: Key, record: Record) -> str:
    return _ADAPTERS[key[0]].dump_json(record).decode()


def record_from_json(key: Key, text: str) -> Record:
    """Raises pydantic's ValidationError."""
    record: Record = _ADAPTERS[key[0]].validate_json(text)
    return record
