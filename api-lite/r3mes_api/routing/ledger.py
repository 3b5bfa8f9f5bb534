"""What a node may still send for one job: a small state machine without input or output."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from r3mes_protocol.frames import FrameKind
from r3mes_protocol.messages import Done, Failed

_THE_END = b"data: [DONE]"
"""The gateway's own last event, which no node may say."""

_THE_END_ON_A_LINE = b"\n" + _THE_END


class Lost(Enum):
    """Why a job ended without a word of its node."""

    DISCONNECTED = "the node's connection ended"
    REPLACED = "the node came back under a new connection"
    MOVED = "the node came back at another replica"
    SILENT = "the node fell silent"
    STUCK = "the node took no more messages"
    BROKE_PROTOCOL = "the node broke the protocol"
    ABANDONED = "the gateway gave the job up"
    REPLICA_GONE = "the replica that held the node's connection is gone"


class Violation(Enum):
    """What a node did that its credit or the order of frames does not allow. It costs the job, not the session."""

    OVER_CREDIT = "sent more than its credit"
    OUT_OF_ORDER = "sent frames out of order"
    EMPTY = "sent an empty frame"
    NOT_EVENTS = "sent something that is no server-sent event"
    TOO_LARGE = "sent a frame that is too large"


Terminal: TypeAlias = Done | Failed | Lost | Violation


class JobLedger:
    """Credit, order and the one terminal of a job on one node."""

    __slots__ = ("_phase", "granted", "received", "terminal")

    def __init__(self, credit: int) -> None:
        self.granted = credit
        """Payload bytes that the node might send in all so far."""
        self.received = 0
        """Payload bytes that came."""
        self._phase = FrameKind.PREAMBLE
        self.terminal: Terminal | None = None

    @property
    def credit(self) -> int:
        """Payload bytes that the node may still send."""
        return self.granted - self.received

    @property
    def phase(self) -> FrameKind:
        return self._phase

    def frame(self, kind: FrameKind, payload: bytes) -> bool:
        """Whether the payload belongs to the answer. A violation ends the job."""
        if self.terminal is not None:
            return False
        size = len(payload)
        problem: Violation | None = None
        if size == 0:
            problem = Violation.EMPTY
        elif size > self.granted - self.received:
            problem = Violation.OVER_CREDIT
        elif kind < self._phase:
            problem = Violation.OUT_OF_ORDER
        # Only the frame's ends are looked at: the gateway's own events must never be glued to half a one.
        # A model that speaks of the end is not meant: JSON has no raw ends of lines.
        elif (
            not (payload.startswith(b"data: ") and payload.endswith(b"\n\n"))
            or payload.startswith(_THE_END)
            # Not by `in`, which tries bytes as a number first and makes an exception that nobody sees.
            or payload.find(_THE_END_ON_A_LINE) >= 0
        ):
            problem = Violation.NOT_EVENTS
        if problem is not None:
            self.terminal = problem
            return False
        self.received += size
        self._phase = kind
        return True

    def grant(self, size: int) -> None:
        self.granted += size

    def end(self, terminal: Terminal) -> bool:
        """Whether this was the job's first terminal; only that one counts."""
        if self.terminal is not None:
            return False
        self.terminal = terminal
        return True
