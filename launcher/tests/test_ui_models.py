"""The parts of the window that know no widget: histories, the log buffer, the conversation, the preferences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.state import ChatTurn, GpuDriver, GpuReport, GpuSample, LogLevel, LogLine
from r3mes_launcher.ui.chat.conversation import Conversation, MessageState
from r3mes_launcher.ui.gpu_history import Figure, GpuHistory
from r3mes_launcher.ui.log_buffer import LogBuffer, LogFilter, as_text
from r3mes_launcher.ui.preferences import CloseAction, PreferenceFile, Preferences
from r3mes_launcher.ui.time_series import TimeSeries

values = st.one_of(st.none(), st.floats(0, 1000))


@given(st.lists(st.tuples(st.floats(0.1, 40), values), min_size=1, max_size=60))
def test_a_series_keeps_its_span_and_nothing_else(steps: list[tuple[float, float | None]]) -> None:
    series, at, all_samples = TimeSeries(100.0), 0.0, []
    for step, value in steps:
        at += step
        series.add(at, value)
        all_samples.append((at, value))
    expected = [sample for sample in all_samples if sample[0] >= at - 100.0]
    assert list(zip(series.times, series.values, strict=True)) == expected
    known = [value for _, value in expected if value is not None]
    summary = series.summary()
    if not known:
        assert summary is None
    else:
        assert summary is not None
        assert (summary.lowest, summary.highest) == (min(known), max(known))
        assert min(known) - 1e-6 <= summary.mean <= max(known) + 1e-6
        assert summary.now == expected[-1][1]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40, unique=True), st.floats(-10, 1e6 + 10))
def test_nearest_is_the_nearest(times: list[float], at: float) -> None:
    series = TimeSeries(1e9)
    for moment in sorted(times):
        series.add(moment, 1.0)
    index = series.nearest(at)
    assert index is not None
    assert abs(series.times[index] - at) == min(abs(moment - at) for moment in times)


def test_a_clock_that_was_set_back_starts_the_history_afresh() -> None:
    series = TimeSeries(100.0)
    series.add(1000.0, 1.0)
    series.add(10.0, 2.0)
    assert series.times == [10.0]
    assert TimeSeries(1.0).nearest(3.0) is None


def test_a_lost_or_missing_card_leaves_a_hole() -> None:
    history = GpuHistory()
    card = GpuSample("a", "Card", temperature_c=50, memory_used_mb=1024)
    history.add(GpuReport(1.0, GpuDriver.OK, gpus=(card,)))
    history.add(GpuReport(2.0, GpuDriver.OK, gpus=(GpuSample("a", "Card", lost=True, temperature_c=50),)))
    history.add(GpuReport(3.0, GpuDriver.OK, gpus=()))
    kept = history.card("a")
    assert kept is not None
    assert kept.series[Figure.TEMPERATURE].values == [50, None, None]
    assert kept.series[Figure.MEMORY].values == [1.0, None, None]
    assert kept.series[Figure.POWER].values == [None, None, None]


def test_a_driver_that_makes_up_cards_does_not_fill_the_memory() -> None:
    history = GpuHistory()
    history.add(GpuReport(1.0, GpuDriver.OK, gpus=tuple(GpuSample(str(n), "Card") for n in range(1000))))
    assert sum(history.card(str(n)) is not None for n in range(1000)) == 64


lines = st.builds(
    LogLine,
    at=st.just(0.0),
    source=st.sampled_from(["launcher", "engine", "gateway"]),
    level=st.sampled_from(list(LogLevel)),
    text=st.sampled_from(["loading", "Ready", "request done", "STRASSE", "straße"]),
)
filters = st.builds(
    LogFilter,
    text=st.sampled_from(["", "ready", "REQUEST", "strasse"]),
    level=st.sampled_from(list(LogLevel)),
    source=st.sampled_from(["", "engine"]),
)


@given(st.lists(st.one_of(st.lists(lines, max_size=9), filters, st.just("clear")), max_size=25))
def test_the_log_buffer_shows_what_a_plain_list_would(steps: list[object]) -> None:
    buffer, kept, chosen = LogBuffer(capacity=12), [], LogFilter()
    for step in steps:
        if isinstance(step, list):
            buffer.extend(step)
            kept = (kept + step)[-12:]
        elif isinstance(step, LogFilter):
            buffer.choose(step)
            chosen = step
        else:
            buffer.clear()
            kept = []
        expected = [line for line in kept if chosen.passes(line)]
        assert list(buffer.shown(buffer.first, buffer.end)) == expected
        assert buffer.kept == len(kept)
        for index, line in enumerate(expected):
            number = buffer.first + index
            assert list(buffer.shown(number, number + 1)) == [line]


def test_line_numbers_stay_while_old_lines_fall_away() -> None:
    buffer = LogBuffer(capacity=3)
    buffer.extend([LogLine(0, "engine", LogLevel.INFO, str(n)) for n in range(3)])
    assert [line.text for line in buffer.shown(1, 2)] == ["1"]
    buffer.extend([LogLine(0, "engine", LogLevel.INFO, "3")])
    assert (buffer.first, buffer.end) == (1, 4)
    assert [line.text for line in buffer.shown(1, 2)] == ["1"]
    assert [line.text for line in buffer.shown(0, 2)] == ["1"], "a line that is gone is left out"


def test_lines_as_text() -> None:
    text = as_text([LogLine(0.0, "engine", LogLevel.WARNING, "hot"), LogLine(0.0, "gateway", LogLevel.INFO, "ok")])
    first, second = text.split("\n")
    assert first.endswith("warning  engine    hot")
    assert second.endswith("info     gateway   ok")


def test_a_conversation_from_question_to_answer() -> None:
    chat = Conversation()
    chat.ask("Hello?", "small")
    assert chat.answering
    assert chat.turns() == (ChatTurn("user", "Hello?"),)
    with pytest.raises(ValueError, match="still on its way"):
        chat.ask("Again", "small")
    chat.add("Hi ")
    chat.add("there")
    chat.add("\n \n")
    chat.finish("stop", "small-1")
    assert not chat.answering
    assert chat.messages[-1].text == "Hi there"
    assert chat.messages[-1].model == "small-1"
    chat.ask("More", "small")
    assert chat.turns() == (ChatTurn("user", "Hello?"), ChatTurn("assistant", "Hi there"), ChatTurn("user", "More"))


def test_a_question_without_answer_is_not_told_to_the_model() -> None:
    chat = Conversation()
    chat.ask("one", "")
    chat.fail("No node serves.")
    assert chat.messages[-1].state is MessageState.FAILED
    chat.ask("two", "")
    assert chat.turns() == (ChatTurn("user", "two"),)
    chat.finish("stopped", "")
    assert chat.messages[-1].state is MessageState.STOPPED
    chat.retry()
    assert chat.answering
    chat.finish("length", "")
    assert chat.messages[-1].state is MessageState.CUT


def test_nothing_can_not_be_asked() -> None:
    with pytest.raises(ValueError, match="nothing to send"):
        Conversation().ask("  \n ", "")


def test_preferences_come_back(tmp_path: Path) -> None:
    file = PreferenceFile(tmp_path / "launcher" / "window.json")
    assert file.load() == Preferences()
    kept = Preferences("00ff", CloseAction.TRAY, "dark")
    file.save(kept)
    assert file.load() == kept


@pytest.mark.parametrize("text", ["", "{", "[]", '{"close": "explode", "geometry": 7}', '"x"'])
def test_damaged_preferences_count_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "window.json"
    path.write_text(text)
    loaded = PreferenceFile(path).load()
    assert loaded.close is CloseAction.ASK
    PreferenceFile(path).save(loaded)
    assert json.loads(path.read_text())["close"] == "ask"
