"""What a request has tried and what a failure means for it. Pure: time is passed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from r3mes_api.routing.ledger import Lost, Terminal, Violation
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.messages import Done, Failed, FailureCode
from r3mes_protocol.wire import NodeId

EXTRA_TRIES = 2
"""A request that failed on three nodes is likely to be the reason itself."""

MAX_REFUSALS = 16
"""A request that finds so many full nodes has waited in enough queues."""

_FAULT_OF_THE_REQUEST: dict[FailureCode, ErrorCode] = {
    FailureCode.MODEL_NOT_FOUND: ErrorCode.MODEL_NOT_FOUND,
    FailureCode.ADAPTER_NOT_FOUND: ErrorCode.ADAPTER_NOT_FOUND,
    FailureCode.INVALID_REQUEST: ErrorCode.INVALID_REQUEST,
    FailureCode.CONTEXT_TOO_LONG: ErrorCode.CONTEXT_TOO_LONG,
}
"""Any node would say the same: never tried again and never held against the node."""

_NO_ROOM = (FailureCode.CAPACITY, FailureCode.DRAINING)

_LOST_BY_A_WELL_NODE = (Lost.REPLACED, Lost.MOVED, Lost.ABANDONED, Lost.REPLICA_GONE)
"""A node that came back under a new connection, or whose replica is gone, lost its jobs, but it is well."""


class Verdict(NamedTuple):
    reason: str
    """For the log."""
    blames_node: bool
    error: ApiError | None = None
    """What the client is told; None when the request moves to another node."""


@dataclass(slots=True)
class Attempt:
    """One request on its way through the nodes. The deadlines are absolute, whatever happens on the way."""

    first_token_by: float
    answer_by: float
    room_by: float
    tried: set[NodeId] = field(default_factory=set)
    """Nodes that failed it; they do not get it again."""
    moved: set[NodeId] = field(default_factory=set)
    """Nodes that lost it on their way to another replica; the first time that is not held against them."""
    failures: int = 0
    refusals: int = 0
    last_error: ApiError | None = None

    @property
    def may_fail_again(self) -> bool:
        return self.failures < EXTRA_TRIES

    def silent(self, node_id: NodeId) -> Verdict:
        return self._failure(node_id, "was silent for too long", ErrorCode.FIRST_TOKEN_TIMEOUT)

    def judge(self, terminal: Terminal, node_id: NodeId, now: float, *, started: bool = False) -> Verdict:
        """What follows from a terminal other than Done. `started`: the client has seen content already.

        The code alone decides. A node's word that a failure is not `retryable` is not asked: a sick node that says
        so would lose requests that its neighbour could answer.
        """
        assert not isinstance(terminal, Done)
        if isinstance(terminal, Failed) and not started:
            if terminal.code in _FAULT_OF_THE_REQUEST:
                error = ApiError(_FAULT_OF_THE_REQUEST[terminal.code], terminal.message or terminal.code.value)
                return Verdict(terminal.code.value, blames_node=False, error=error)
            if terminal.code in _NO_ROOM:
                return self._refusal(terminal.code.value)
            if terminal.code is FailureCode.DEADLINE and now >= self.first_token_by:
                error = ApiError(ErrorCode.FIRST_TOKEN_TIMEOUT, "The node did not begin to answer in time.")
                return Verdict("missed the deadline", blames_node=True, error=error)
        reason = _reason(terminal)
        blames = terminal not in _LOST_BY_A_WELL_NODE
        if started:
            return Verdict(reason, blames, _interrupted())
        return self._failure(node_id, reason, ErrorCode.NODE_FAILED, terminal, blames=blames)

    def _refusal(self, reason: str) -> Verdict:
        self.refusals += 1
        if self.refusals <= MAX_REFUSALS:
            return Verdict(reason, blames_node=False)
        error = ApiError(ErrorCode.NETWORK_BUSY, "Every node that was asked is busy; try again soon.", retry_after_s=2)
        return Verdict(reason, blames_node=False, error=error)

    def lost(self, node_id: NodeId, terminal: Terminal | None) -> None:
        """The node does not finish the request; None where it fell silent."""
        if terminal is Lost.MOVED and node_id not in self.moved:
            self.moved.add(node_id)
        else:
            self.tried.add(node_id)

    def _failure(
        self, node_id: NodeId, reason: str, code: ErrorCode, terminal: Terminal | None = None, *, blames: bool = True
    ) -> Verdict:
        may_move = self.may_fail_again
        self.failures += 1
        self.lost(node_id, terminal)
        count = len(self.tried | self.moved)
        nodes = "The node that took the request" if count == 1 else f"The {count} nodes that took the request"
        self.last_error = ApiError(code, f"{nodes} failed before the answer began; try again.", retry_after_s=1)
        return Verdict(reason, blames, None if may_move else self.last_error)


def blames_node(terminal: Terminal) -> bool:
    """Whether a terminal other than Done speaks against the node itself, whoever asked it."""
    if isinstance(terminal, Failed):
        return terminal.code not in (*_FAULT_OF_THE_REQUEST, *_NO_ROOM, FailureCode.DEADLINE, FailureCode.CANCELLED)
    return terminal not in _LOST_BY_A_WELL_NODE


def _interrupted() -> ApiError:
    return ApiError(ErrorCode.NODE_FAILED, "The node failed in the middle of its answer; the answer is not complete.")


def _reason(terminal: Terminal) -> str:
    if isinstance(terminal, Failed):
        return f"{terminal.code.value}: {terminal.message}"
    if isinstance(terminal, Violation):
        return str(terminal.value)
    return str(terminal.value) if isinstance(terminal, Lost) else "done"
