"""A source that tells what it was told: for the demo and for tests."""

from __future__ import annotations

from typing import Generic, TypeVar

from r3mes_launcher.ports.source import Unavailable

Value = TypeVar("Value")


class FixedSource(Generic[Value]):
    """Satisfies `Source`."""

    def __init__(self, value: Value | Unavailable) -> None:
        self.value = value

    def read(self) -> Value | Unavailable:
        return self.value

    def close(self) -> None:
        return
