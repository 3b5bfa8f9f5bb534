"""A part of a tool's call, as OpenAI's streams tell it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToolDelta:
    """The beginning of a call, which has an id and a name, or more of its arguments."""

    index: int
    id: str | None
    name: str | None
    arguments: str
    """A part of a JSON text."""
