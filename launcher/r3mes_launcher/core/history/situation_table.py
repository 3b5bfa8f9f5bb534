"""The situations in the history's file. Every function is one transaction's work."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from r3mes_launcher.core.history.situation import Situation, Span, reasons_of, reasons_text
from r3mes_launcher.core.state import Actual, Desired
from r3mes_launcher.sentence import from_text, to_text

KEPT_S = 90 * 86400.0
"""As long as the other histories."""

_UPSERT = """INSERT INTO situations (run, number, since, until, desired, actual, working, reasons, fault, sentence)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run, number) DO UPDATE SET until = excluded.until"""
_SELECT = """SELECT run, number, since, until, desired, actual, working, reasons, fault, sentence FROM situations
    WHERE since <= ifnull((SELECT min(since) FROM situations WHERE since > ?), ?)
    AND until >= ifnull((SELECT max(until) FROM situations WHERE until < ?), ?) ORDER BY since"""


def save_spans(connection: sqlite3.Connection, spans: Iterable[Span], now: float, kept_s: float = KEPT_S) -> None:
    connection.executemany(_UPSERT, [_row(span) for span in spans])
    connection.execute("DELETE FROM situations WHERE until < ?", (now - kept_s,))


def select_spans(connection: sqlite3.Connection, begin: float, end: float) -> tuple[Span, ...]:
    """Those that touch the time, and their neighbours, which tell what a hole at its begin or end was."""
    spans = []
    for row in connection.execute(_SELECT, (end, end, begin, begin)):
        run, number, since, until, desired, actual, working, reasons, fault, sentence = row
        situation = Situation(
            Desired(desired), Actual(actual), bool(working), reasons_of(reasons), fault, from_text(sentence)
        )
        spans.append(Span(run, number, since, until, situation))
    return tuple(spans)


def _row(span: Span) -> tuple[object, ...]:
    situation = span.situation
    return (
        span.run,
        span.number,
        span.since,
        span.until,
        situation.desired.value,
        situation.actual.value,
        int(situation.working),
        reasons_text(situation.reasons),
        situation.fault,
        to_text(situation.sentence),
    )
