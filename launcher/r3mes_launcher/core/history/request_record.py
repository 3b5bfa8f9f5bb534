"""One request that this node answered or refused: figures only, no prompt and no answer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # The window's pages import this module, and what is behind the protocol takes long to import.
    from r3mes_protocol.control import RequestEvent


class OutcomeKind(StrEnum):
    """What a request came to, for a filter and a colour."""

    ANSWERED = "answered"
    CANCELLED = "cancelled"
    """The user went away; what was made until then is paid."""
    REFUSED = "refused"
    """Before any work: the node was full or drained, or the request could not be served here."""
    FAILED = "failed"


# The protocol's failure codes; a test holds them together.
_CANCELLED = "cancelled"
_REFUSALS = frozenset(
    {"capacity", "draining", "model_not_found", "adapter_not_found", "invalid_request", "context_too_long"}
)
_ANSWERED = frozenset({"stop", "length", "tool_calls", "content_filter"})


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """Times are seconds since the epoch, durations milliseconds."""

    ended_at: float
    job: str
    model: str
    adapter: str
    """Empty: the base model."""
    outcome: str
    """A finish reason, or a failure's code."""
    prompt_tokens: int
    completion_tokens: int
    first_token_ms: int | None
    """None: there was no token."""
    duration_ms: int
    id: int = 0
    """Its place in the history; 0 until it is kept."""

    @property
    def kind(self) -> OutcomeKind:
        if self.outcome in _ANSWERED:
            return OutcomeKind.ANSWERED
        if self.outcome == _CANCELLED:
            return OutcomeKind.CANCELLED
        return OutcomeKind.REFUSED if self.outcome in _REFUSALS else OutcomeKind.FAILED

    @property
    def tokens_per_second(self) -> float | None:
        """The pace after the first token; None where there is too little to measure."""
        if self.first_token_ms is None or self.completion_tokens < 2 or self.duration_ms <= self.first_token_ms:
            return None
        return (self.completion_tokens - 1) / ((self.duration_ms - self.first_token_ms) / 1000)


def request_record(event: RequestEvent, model: str, ended_at: float) -> RequestRecord:
    """What the engine's event says, in the history's words."""
    return RequestRecord(
        ended_at=ended_at,
        job=event.job_id,
        model=model,
        adapter=event.adapter or "",
        outcome=event.outcome,
        prompt_tokens=event.prompt_tokens,
        completion_tokens=event.completion_tokens,
        first_token_ms=event.first_token_ms,
        duration_ms=event.duration_ms,
    )


CSV_COLUMNS = (
    "ended_at",
    "request",
    "model",
    "adapter",
    "outcome",
    "prompt_tokens",
    "completion_tokens",
    "first_token_ms",
    "duration_ms",
)


def requests_csv(records: Iterable[RequestRecord]) -> str:
    """A table for spreadsheets and scripts, times in UTC (ISO 8601)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for record in records:
        at = datetime.fromtimestamp(record.ended_at, UTC).isoformat(timespec="milliseconds")
        writer.writerow(
            (
                at,
                inert(record.job),
                inert(record.model),
                inert(record.adapter),
                inert(record.outcome),
                record.prompt_tokens,
                record.completion_tokens,
                "" if record.first_token_ms is None else record.first_token_ms,
                record.duration_ms,
            )
        )
    return text.getvalue()


def inert(text: str) -> str:
    """Names come from the network: a spreadsheet must not take one for a formula, nor a part of it for a row."""
    text = text.replace("\r", " ").replace("\n", " ")
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
