"""What a failure means for a request."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.routing.attempt import EXTRA_TRIES, MAX_REFUSALS, Attempt
from r3mes_api.routing.ledger import Lost, Terminal, Violation
from r3mes_protocol.errors import ErrorCode
from r3mes_protocol.messages import Failed, FailureCode
from r3mes_protocol.wire import NodeId

FAULTS_OF_THE_REQUEST = {
    FailureCode.MODEL_NOT_FOUND,
    FailureCode.ADAPTER_NOT_FOUND,
    FailureCode.INVALID_REQUEST,
    FailureCode.CONTEXT_TOO_LONG,
}
NO_ROOM = {FailureCode.CAPACITY, FailureCode.DRAINING}

TERMINALS: st.SearchStrategy[Terminal] = st.one_of(
    st.sampled_from(list(Lost)),
    st.sampled_from(list(Violation)),
    st.builds(
        Failed,
        job_id=st.just("ab" * 8),
        code=st.sampled_from(list(FailureCode)),
        message=st.just("why"),
        retryable=st.booleans(),
    ),
)


def _attempt() -> Attempt:
    return Attempt(first_token_by=100, answer_by=200, room_by=50)


@given(st.lists(TERMINALS, max_size=40))
def test_a_request_moves_at_most_twice_after_failures_and_never_for_its_own_fault(terminals: list[Terminal]) -> None:
    attempt = _attempt()
    failures = refusals = 0
    for number, terminal in enumerate(terminals):
        verdict = attempt.judge(terminal, NodeId(str(number)), 0)
        code = terminal.code if isinstance(terminal, Failed) else None
        if code in FAULTS_OF_THE_REQUEST:
            assert verdict.error is not None and verdict.error.status in (400, 404) and not verdict.blames_node
        elif code in NO_ROOM:
            refusals += 1
            assert not verdict.blames_node and (verdict.error is None) == (refusals <= MAX_REFUSALS)
        else:
            failures += 1
            assert (verdict.error is None) == (failures <= EXTRA_TRIES)
        if verdict.error is not None:
            break
    assert len(attempt.tried) + len(attempt.moved) == failures <= EXTRA_TRIES + 1


@given(TERMINALS)
def test_after_the_first_token_every_failure_is_told(terminal: Terminal) -> None:
    verdict = _attempt().judge(terminal, NodeId("n"), 0, started=True)
    assert verdict.error is not None and verdict.error.code is ErrorCode.NODE_FAILED


def test_a_replaced_node_is_not_to_blame() -> None:
    assert not _attempt().judge(Lost.REPLACED, NodeId("n"), 0).blames_node
    assert _attempt().judge(Lost.DISCONNECTED, NodeId("n"), 0).blames_node


def test_a_node_that_moved_may_have_the_request_once_more() -> None:
    attempt = _attempt()
    verdict = attempt.judge(Lost.MOVED, NodeId("n"), 0)
    assert (verdict.error, verdict.blames_node, attempt.tried) == (None, False, set())
    assert attempt.judge(Lost.MOVED, NodeId("n"), 0).error is None and attempt.tried == {"n"}
    last = attempt.judge(Lost.DISCONNECTED, NodeId("other"), 0)
    assert last.error is not None and "2 nodes" in last.error.message
