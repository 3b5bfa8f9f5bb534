"""Credit, order and the one terminal of a job."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.routing.ledger import JobLedger, Lost, Violation
from r3mes_protocol.frames import FrameKind
from r3mes_protocol.messages import Done, Usage

DONE = Done(job_id="ab" * 8, finish_reason="stop", usage=Usage(prompt_tokens=1, completion_tokens=1))

PAYLOADS = st.one_of(
    st.integers(0, 40).map(lambda size: b"data: " + b"x" * size + b"\n\n"),
    st.sampled_from([b"", b"data: x", b"x\n\n", b"event: x\n\n"]),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("frame"), st.sampled_from(list(FrameKind)), PAYLOADS),
        st.tuples(st.just("grant"), st.integers(1, 50)),
        st.tuples(st.just("end"), st.sampled_from([DONE, Lost.DISCONNECTED, Lost.ABANDONED])),
    ),
    max_size=30,
)


@given(st.integers(0, 200), STEPS)
def test_a_job_never_takes_more_than_its_credit_and_ends_once(credit: int, steps: list[tuple[object, ...]]) -> None:
    ledger = JobLedger(credit)
    granted, taken = credit, 0
    last_kind = FrameKind.PREAMBLE
    terminals = []
    for step in steps:
        before = ledger.terminal
        match step:
            case ("frame", FrameKind() as kind, bytes() as payload):
                accepted = ledger.frame(kind, payload)
                if accepted:
                    assert before is None and payload.startswith(b"data: ") and payload.endswith(b"\n\n")
                    assert kind >= last_kind
                    last_kind = kind
                    taken += len(payload)
                else:
                    assert ledger.terminal is not None
            case ("grant", int() as size):
                granted += size
                ledger.grant(size)
            case ("end", terminal):
                assert ledger.end(terminal) == (before is None)  # type: ignore[arg-type]
        assert taken <= granted and ledger.credit == granted - taken
        if before is None and ledger.terminal is not None:
            terminals.append(ledger.terminal)
        if before is not None:
            assert ledger.terminal is before
    assert len(terminals) <= 1


def test_each_violation_has_its_name() -> None:
    event = b"data: x\n\n"
    for credit, frames, violation in (
        (8, [(FrameKind.CONTENT, event)], Violation.OVER_CREDIT),
        (99, [(FrameKind.CONTENT, event), (FrameKind.PREAMBLE, event)], Violation.OUT_OF_ORDER),
        (99, [(FrameKind.TAIL, event), (FrameKind.CONTENT, event)], Violation.OUT_OF_ORDER),
        (99, [(FrameKind.CONTENT, b"")], Violation.EMPTY),
        (99, [(FrameKind.CONTENT, b"data: half an event")], Violation.NOT_EVENTS),
        (99, [(FrameKind.CONTENT, b"half an event\n\n")], Violation.NOT_EVENTS),
        (99, [(FrameKind.CONTENT, b"data: [DONE]\n\n")], Violation.NOT_EVENTS),
        (99, [(FrameKind.CONTENT, b"data: {}\n\ndata: [DONE]\n\n")], Violation.NOT_EVENTS),
        (99, [(FrameKind.CONTENT, b'data: {"content":"data: [DONE]"}\n\n')], None),
    ):
        ledger = JobLedger(credit)
        for kind, payload in frames:
            ledger.frame(kind, payload)
        assert ledger.terminal is violation
