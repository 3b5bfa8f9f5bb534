"""What every source of observations has in common: it reads, or says why this computer does not tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

Value_co = TypeVar("Value_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Not told here; no fault of anybody."""

    reason: str
    """A sentence."""


class Source(Protocol[Value_co]):
    """Both methods may block, and are called on one thread only, never on the core's loop."""

    def read(self) -> Value_co | Unavailable: ...

    def close(self) -> None:
        """Safe to call twice."""
        ...


@runtime_checkable
class NamedSource(Protocol):
    """A source of which a person is told where its readings come from."""

    @property
    def name(self) -> str:
        """Of what told last, as people call it, such as `X11`; empty before that. May be asked on any thread."""
        ...
