from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_engine.backends import transformers_answer
from r3mes_engine.backends.protocol import Sampling
from r3mes_engine.backends.step_watch import LONGEST_GAP_S, STUCK_S, StepWatch
from r3mes_engine.backends.stop_strings import StopStrings
from r3mes_engine.backends.token_choice import RequestRow
from r3mes_engine.backends.token_text import TokenText

gaps = st.lists(st.floats(0, 1000), min_size=1, max_size=100)


@given(gaps)
def test_only_time_that_was_watched_counts(waits: list[float]) -> None:
    watch, now, seen = StepWatch(), 0.0, 0.0
    assert not watch.is_stuck(now, 7)
    for wait in waits:
        now += wait
        # A computer that slept, or a process that was stopped, has not seen the step hang.
        before = seen
        seen += min(wait, LONGEST_GAP_S)
        stuck = watch.is_stuck(now, 7)
        assert stuck or seen <= STUCK_S + 1e-6
        assert not stuck or before + LONGEST_GAP_S >= STUCK_S - 1e-6


@given(gaps)
def test_who_comes_forward_is_never_stuck(waits: list[float]) -> None:
    watch, now = StepWatch(), 0.0
    for steps, wait in enumerate(waits):
        assert not watch.is_stuck(now, steps)
        now += wait


def test_a_hang_is_known_after_two_minutes() -> None:
    watch = StepWatch()
    looks = [watch.is_stuck(float(now), 1) for now in range(0, 126, 2)]
    assert looks.index(True) * 2 == STUCK_S


async def test_whoever_waits_for_a_token_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformers_answer, "LIVENESS_CHECK_S", 0.0)
    looked: list[float] = []
    batching = SimpleNamespace(
        add=lambda *_, **__: None, cancel=lambda _: None, alive=True, look=lambda now: looked.append(now)
    )
    answer = transformers_answer.TransformersAnswer(
        batching,  # type: ignore[arg-type]
        [1, 2],
        max_new_tokens=4,
        row=RequestRow(Sampling(0.0, 1.0), [1, 2], seed=1),
        adapter=None,
        ends=(),
        text=TokenText(str),
        stop=StopStrings(()),
        token_bytes=lambda token: b"",
        new_request_id=lambda: "r",
        on_closed=lambda _: None,
    )
    answer.begin()
    reading = asyncio.ensure_future(answer.__anext__())
    while len(looked) < 3:
        await asyncio.sleep(0)
    assert looked == sorted(looked)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    answer.close()
