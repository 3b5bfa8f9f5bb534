"""The record explains every moment once: by example, and for any life that hypothesis thinks of."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r3mes_launcher.core.history.history_store import HistoryStore
from r3mes_launcher.core.history.situation import (
    BEAT_S,
    WORK_HOLD_S,
    Recording,
    Span,
    observe,
    reasons_of,
    reasons_text,
)
from r3mes_launcher.core.history.timeline import Kind, at, seconds_by_kind, timeline
from r3mes_launcher.core.policy.reasons import SENTENCES, ActiveReason, SuspendReason
from r3mes_launcher.core.state import Actual, Desired, Fault, NodeState
from r3mes_launcher.ports.clock import SystemClock

DAY = 86_400.0
HOT = ActiveReason(SuspendReason.TEMPERATURE, next(iter(SENTENCES)), (), 0.0)
OFF = NodeState(actual=Actual.STOPPED)
SERVING = NodeState(desired=Desired.SERVING, actual=Actual.SERVING)


def record(*steps: tuple[float, NodeState], run: str = "run") -> dict[int, Span]:
    recording, kept = Recording(run), {}
    for now, node in steps:
        recording, spans = observe(recording, node, now)
        kept |= {span.number: span for span in spans}
    return kept


def beats(begin: float, end: float, node: NodeState) -> list[tuple[float, NodeState]]:
    count = int((end - begin) // BEAT_S)
    return [(begin + BEAT_S * number, node) for number in range(count + 1)]


def told(spans: dict[int, Span], begin: float, end: float) -> list[tuple[float, float, Kind]]:
    return [(part.since, part.until, part.kind) for part in timeline(spans.values(), begin, end)]


def test_a_day_is_explained() -> None:
    one = replace(SERVING, total_requests=1)
    hot = replace(SERVING, actual=Actual.SUSPENDED, suspended=(HOT,), total_requests=1)
    fault = replace(hot, actual=Actual.FAULTED, suspended=(), fault=Fault("no_gpu", "There is no GPU."))
    spans = record(
        *beats(0, 600, OFF),
        *beats(600, 1200, SERVING),
        *beats(1200, 1260, one),
        *beats(1260, 1800, one),
        (1800, hot),
        (1830, hot),
        # Nothing for an hour.
        *beats(5430, 6000, fault),
    )
    parts = timeline(spans.values(), -60, 6000)
    assert [(part.since, part.until, part.kind) for part in parts] == [
        (-60, 0, Kind.UNKNOWN),
        (0, 600, Kind.OFF),
        (600, 1200, Kind.WAITING),
        (1200, 1200 + WORK_HOLD_S, Kind.ANSWERING),
        (1200 + WORK_HOLD_S, 1800, Kind.WAITING),
        (1800, 1830, Kind.SUSPENDED),
        (1830, 5430, Kind.ASLEEP),
        (5430, 6000, Kind.FAULT),
    ]
    assert parts[5].reasons == (HOT,) and parts[-1].detail == "There is no GPU."
    assert seconds_by_kind(parts)[Kind.ASLEEP] == 3600
    assert at(parts, 1801) == 5 and at(parts, 6000) == 7 and at(parts, 7000) is None


def test_between_two_runs_the_launcher_did_not_run() -> None:
    first, second = record(*beats(0, 300, OFF)), record(*beats(900, 960, OFF), run="other")
    parts = timeline([*first.values(), *second.values()], 0, 2000)
    assert [(part.until, part.kind) for part in parts] == [
        (300, Kind.OFF),
        (900, Kind.NOT_RUNNING),
        (960, Kind.OFF),
        (2000, Kind.NOT_RUNNING),
    ]


def test_the_newest_span_goes_on_until_its_beat_is_overdue() -> None:
    spans = record(*beats(0, 300, SERVING))
    assert told(spans, 0, 350) == [(0, 350, Kind.WAITING)]
    assert told(spans, 0, 3000)[-1] == (300, 3000, Kind.NOT_RUNNING)


def test_reasons_survive_the_file_and_unknown_ones_are_left_out() -> None:
    assert reasons_of(reasons_text((HOT,))) == (HOT,)
    assert reasons_of('[["aliens", "aliens", {}], ["user_active", "user_active", {}]]') == ()


NODES = st.builds(
    NodeState,
    desired=st.sampled_from(Desired),
    actual=st.sampled_from(Actual),
    suspended=st.sampled_from([(), (HOT,)]),
    active_requests=st.integers(0, 1),
    total_requests=st.integers(0, 3),
)
LIVES = st.lists(
    st.lists(st.tuples(st.one_of(st.floats(0, 100), st.floats(-500, 5000)), NODES), max_size=12), max_size=4
)


@settings(max_examples=150, deadline=None)
@given(LIVES, st.floats(-1000, 3000), st.floats(0, 20_000))
def test_every_moment_has_one_explanation(
    lives: list[list[tuple[float, NodeState]]], begin: float, length: float
) -> None:
    now, spans = 0.0, []
    for number, life in enumerate(lives):
        steps = []
        for pause, node in life:
            now += pause
            steps.append((now, node))
        made = record(*steps, run=str(number))
        assert all(span.since <= span.until for span in made.values())
        spans += list(made.values())
    parts = timeline(spans, begin, begin + length)
    if begin + length <= begin:
        assert parts == ()
        return
    assert parts[0].since == begin and parts[-1].until == begin + length
    assert all(part.since < part.until for part in parts)
    assert all(one.until == other.since and not one.same(other) for one, other in pairwise(parts))
    assert sum(seconds_by_kind(parts).values()) == pytest.approx(length)


async def test_the_file_tells_the_same_after_a_restart(tmp_path: Path) -> None:
    clock = SystemClock()
    end = clock.now()
    spans = record(*beats(end - DAY, end - DAY + 600, SERVING), *beats(end - 900, end, OFF))
    wanted = timeline(spans.values(), end - 1200, end)
    for noted in (spans.values(), ()):
        store = HistoryStore(tmp_path / "history.sqlite", lambda sentence, level: None, clock)
        store.start()
        store.note_spans(noted)
        assert await store.timeline(end - 1200, end) == wanted
        await store.close()
    assert [part.kind for part in wanted] == [Kind.ASLEEP, Kind.OFF]
