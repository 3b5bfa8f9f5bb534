"""Secrets in memory: never shown, wiped as well as Python can."""

from __future__ import annotations

from types import TracebackType
from typing import NoReturn

import wallycore


class Secret:
    """Bytes that repr, str, format, copy, comparison and pickle never show.

    Python cannot promise that no copy is left (a garbage collector may move on and immutable strings stay until
    reused), so the promise is: one holder, wiped at the end of its `with` block, nothing printed on the way.
    """

    __slots__ = ("_data",)

    def __init__(self, data: bytearray) -> None:
        """Takes the buffer itself over, not a copy of it."""
        self._data = data

    @classmethod
    def taking(cls, data: bytes) -> Secret:
        """Copies what a library returned as `bytes` and zeroes those. Never for a literal: it is shared."""
        secret = cls(bytearray(data))
        wipe(data)
        return secret

    def view(self) -> bytearray:
        """The living buffer, for one call into a library; never keep it."""
        return self._data

    def __len__(self) -> int:
        return len(self._data)

    def __bool__(self) -> bool:
        return len(self._data) > 0

    def wipe(self) -> None:
        wipe(self._data)
        self._data = bytearray()

    def __enter__(self) -> Secret:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return "Secret(…)"

    def __format__(self, format_spec: str) -> str:
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never pickled or copied")

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]


def wipe(data: bytes | bytearray) -> None:
    """Zeroes the buffer in place.

    libwally writes through to immutable `bytes` too. That is wanted for key material that a library has just made,
    and wrong for anything interned: one byte or none is shared by the whole interpreter, so it is left alone.
    """
    if len(data) > 1:
        wallycore.bzero(data)
