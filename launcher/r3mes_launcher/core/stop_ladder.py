"""The steps by which a child is ended: polite first, certain last, each with a bound."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StopAction(StrEnum):
    DRAIN = "drain"
    """The engine finishes what runs, takes nothing new, and ends."""
    STOP = "stop"
    """The engine cancels what runs and ends."""
    CLOSE_INPUT = "close_input"
    """Any child of ours ends when its stdin does."""
    TERMINATE = "terminate"
    """To the whole tree."""
    KILL = "kill"
    """To the whole tree."""


@dataclass(frozen=True, slots=True)
class StopStep:
    action: StopAction
    wait_s: float
    """How long the child may take before the next step."""


StopLadder = tuple[StopStep, ...]

_FORCE: StopLadder = (
    # A Python child answers SIGTERM within a second unless it hangs in a driver.
    StopStep(StopAction.TERMINATE, 3.0),
    # The kernel needs a moment to free gigabytes of memory, more when a driver is slow.
    StopStep(StopAction.KILL, 10.0),
)

ENGINE_DRAIN: StopLadder = (
    # Longest answer worth waiting for when the person flips the switch; shown while it lasts.
    StopStep(StopAction.DRAIN, 60.0),
    StopStep(StopAction.STOP, 5.0),
    *_FORCE,
)

ENGINE_CLOSE: StopLadder = (
    # The launcher is being closed: a person waits in front of a window that wants to go.
    StopStep(StopAction.DRAIN, 5.0),
    StopStep(StopAction.STOP, 3.0),
    *_FORCE,
)

ENGINE_STOP: StopLadder = (StopStep(StopAction.STOP, 5.0), *_FORCE)
"""For an engine that serves nobody yet."""

GATEWAY_STOP: StopLadder = (
    # The gateway's own fast drain takes 3 s at most.
    StopStep(StopAction.CLOSE_INPUT, 4.0),
    *_FORCE,
)

INSTALLER_STOP: StopLadder = (
    # It stops between two chunks of a download or kills its pip, and tidies up.
    StopStep(StopAction.CLOSE_INPUT, 10.0),
    *_FORCE,
)

ENGINE_YIELD: StopLadder = (
    # Another program waits for the GPU's memory. An orderly end takes milliseconds unless a kernel runs; a second is
    # what we promise. The answers that break off go on at another node.
    StopStep(StopAction.STOP, 0.5),
    StopStep(StopAction.KILL, 10.0),
)

FORCED: StopLadder = _FORCE
"""For a child that no longer listens."""
