"""What a request came to, its pace, and the table for spreadsheets."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.history.request_record import (
    CSV_COLUMNS,
    OutcomeKind,
    RequestRecord,
    request_record,
    requests_csv,
)
from r3mes_protocol.control import RequestEvent
from r3mes_protocol.messages import FailureCode

EVENT = RequestEvent(
    job_id="00ff", outcome="stop", prompt_tokens=5, completion_tokens=21, first_token_ms=100, duration_ms=1100
)
RECORD = request_record(EVENT, "a-model", 0.0)


def test_the_pace_is_that_after_the_first_token() -> None:
    assert RECORD.tokens_per_second == pytest.approx(20.0)
    assert replace(RECORD, first_token_ms=None).tokens_per_second is None
    assert replace(RECORD, completion_tokens=1).tokens_per_second is None


def test_every_failure_code_has_its_kind() -> None:
    assert RECORD.kind is OutcomeKind.ANSWERED
    kinds = {code: replace(RECORD, outcome=code.value).kind for code in FailureCode}
    assert kinds[FailureCode.CANCELLED] is OutcomeKind.CANCELLED
    assert kinds[FailureCode.CAPACITY] is kinds[FailureCode.CONTEXT_TOO_LONG] is OutcomeKind.REFUSED
    assert kinds[FailureCode.OUT_OF_MEMORY] is kinds[FailureCode.DEADLINE] is OutcomeKind.FAILED
    assert OutcomeKind.ANSWERED not in kinds.values()
    assert replace(RECORD, outcome="something new").kind is OutcomeKind.FAILED


@given(
    st.builds(
        RequestRecord,
        st.floats(0, 4e9),
        st.text(max_size=30),
        st.text(max_size=30),
        st.text(max_size=30),
        st.text(max_size=30),
        st.integers(0, 9999),
        st.integers(0, 9999),
        st.none() | st.integers(0, 9999),
        st.integers(0, 9999),
    )
)
def test_the_table_is_one_row_and_no_cell_is_a_formula(record: RequestRecord) -> None:
    rows = list(csv.DictReader(io.StringIO(requests_csv([record]), newline="")))
    (row,) = rows
    assert tuple(row) == CSV_COLUMNS
    assert row["ended_at"].endswith("+00:00")
    assert not any(value.startswith(("=", "+", "-", "@")) for value in row.values())
