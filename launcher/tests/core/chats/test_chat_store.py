"""Kept conversations: private, whole or absent, and never lost to a damaged neighbour."""

from __future__ import annotations

import json
import stat
import sys
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r3mes_launcher.core.chats.answer_figures import AnswerFigures, AnswerMeter
from r3mes_launcher.core.chats.chat import Chat, Message, MessageState, chat_of, document_of, title_of
from r3mes_launcher.core.chats.chat_desk import ChatDesk
from r3mes_launcher.core.chats.chat_store import MAX_CHAT_BYTES, ChatStore
from r3mes_launcher.core.settings import SettingsStore
from r3mes_launcher.core.state import LogLevel

WORDS = st.text(max_size=40)
FIGURES = st.none() | st.builds(
    AnswerFigures, st.floats(0, 1e6), st.integers(0, 10**6), st.floats(0, 1e6), st.booleans()
)
ENDED = st.sampled_from([MessageState.DONE, MessageState.STOPPED, MessageState.CUT, MessageState.FAILED])
PAIRS = st.lists(
    st.tuples(
        st.builds(Message, st.just("user"), WORDS),
        st.builds(Message, st.just("assistant"), WORDS, ENDED, WORDS, WORDS, FIGURES),
    ),
    max_size=4,
)
TIMES = st.floats(0, 1e11)
CHATS = st.builds(
    lambda number, title, created, changed, pairs: Chat(
        f"{number:032x}", title_of(title), created, changed, tuple(message for pair in pairs for message in pair)
    ),
    st.integers(0, 2**128 - 1), WORDS, TIMES, TIMES, PAIRS,
)  # fmt: skip


class Log:
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str, level: LogLevel = LogLevel.INFO) -> None:
        self.said.append(text)


def chat(title: str = "A talk", changed_at: float = 5.0, *messages: Message) -> Chat:
    pair = (Message("user", "Why?"), Message("assistant", "Because.", model="small"))
    return Chat(uuid4().hex, title, 1.0, changed_at, messages or pair)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def store(tmp_path: Path, log: Log) -> ChatStore:
    return ChatStore(tmp_path / "chats", log.say)


@pytest.fixture
def desk(store: ChatStore, tmp_path: Path, log: Log) -> ChatDesk:
    return ChatDesk(store, SettingsStore(tmp_path / "settings.json", log.say))


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(CHATS)
def test_a_conversation_comes_back_from_its_document(kept: Chat) -> None:
    assert chat_of(json.loads(json.dumps(document_of(kept)))) == kept


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_nonsense_is_refused_and_nothing_else(value: object) -> None:
    good = document_of(chat())
    for name in good:
        try:
            chat_of({**good, name: value})
        except ValueError as error:
            assert str(error).startswith(("it ", "its ", "a message ", "parts of it "))


def test_an_answer_on_its_way_has_stopped_where_it_was(store: ChatStore) -> None:
    waiting = chat("t", 1.0, Message("user", "Why?"), Message("assistant", "Half", MessageState.STREAMING))
    store.write(waiting)
    assert store.read(waiting.chat_id).messages[1] == Message("assistant", "Half", MessageState.STOPPED)


def test_conversations_are_private_files_and_listed_newest_first(store: ChatStore, tmp_path: Path) -> None:
    old, new = chat("old", 1.0), chat("new", 9.0)
    store.write(new)
    store.write(old)
    assert [summary.title for summary in store.summaries()] == ["new", "old"]
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "chats").stat().st_mode) == 0o700
        for path in (tmp_path / "chats").iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_before_the_first_one_there_is_nothing(store: ChatStore, tmp_path: Path) -> None:
    assert store.summaries() == () and store.delete_all() == 0
    assert not (tmp_path / "chats").exists()


def test_a_damaged_file_hides_itself_alone_and_stays(store: ChatStore, tmp_path: Path, log: Log) -> None:
    good, damaged = chat(), chat()
    store.write(good)
    store.write(damaged)
    path = tmp_path / "chats" / f"{damaged.chat_id}.json"
    for content in (b"{", b"[]", b"\xff\xfe", json.dumps(document_of(good)).encode(), b"1" * (MAX_CHAT_BYTES + 1)):
        path.write_bytes(content)
        assert [summary.chat_id for summary in store.summaries()] == [good.chat_id]
        with pytest.raises(ValueError, match=r"can't be read: it is .*\.$"):
            store.read(damaged.chat_id)
    assert path.exists()
    assert len(log.said) == 1, "it is named once, not at every look"


def test_only_conversations_are_touched(store: ChatStore, tmp_path: Path) -> None:
    store.write(chat())
    stranger = tmp_path / "chats" / "notes.json"
    stranger.write_text("mine")
    assert len(store.summaries()) == 1
    assert store.delete_all() == 1
    assert stranger.read_text() == "mine"
    for name in ("../settings", "notes", "", "0" * 31, "0" * 33, "G" * 32):
        with pytest.raises(ValueError, match="no conversation's name"):
            store.delete(name)
        with pytest.raises(ValueError, match=r"\.$"):
            store.read(name)


def test_one_that_has_become_too_long_is_refused_and_the_one_before_stays(store: ChatStore) -> None:
    kept = chat()
    store.write(kept)
    long = replace(kept, messages=(*kept.messages, Message("user", "x" * MAX_CHAT_BYTES), Message("assistant", "")))
    with pytest.raises(ValueError, match="too long to be kept"):
        store.write(long)
    assert store.read(kept.chat_id) == kept


def test_a_full_disk_is_a_sentence(store: ChatStore, tmp_path: Path) -> None:
    (tmp_path / "chats").write_text("a file where the folder should be")
    with pytest.raises(ValueError, match="can't be kept"):
        store.write(chat())


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.text(max_size=300))
def test_a_title_is_one_short_line(text: str) -> None:
    title = title_of(text)
    assert len(title) <= 80 and "\n" not in title and "\u202e" not in title and title == title.strip()
    assert title_of(title) == title


async def test_the_desk_renames_deletes_and_keeps_nothing_where_it_shall_not(desk: ChatDesk) -> None:
    first, second = chat("first", 1.0), chat("second", 2.0)
    await desk.write(first)
    assert (await desk.rename(first.chat_id, " Night  trains\n")).title == "Night trains"
    with pytest.raises(ValueError, match="needs a title"):
        await desk.rename(first.chat_id, " \n")
    assert (await desk.read(first.chat_id)).messages == first.messages
    await desk.choose_keeping(False)
    await desk.write(second)
    kept = await desk.kept()
    assert not kept.keeps and [summary.title for summary in kept.summaries] == ["Night trains"]
    await desk.choose_keeping(True)
    await desk.write(second)
    await desk.delete(first.chat_id)
    await desk.delete(first.chat_id)
    assert [summary.title for summary in (await desk.kept()).summaries] == ["second"]
    with pytest.raises(ValueError, match="not there any more"):
        await desk.read(first.chat_id)
    assert await desk.delete_all() == 1


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=50), st.none() | st.integers(0, 10**6))
def test_figures_of_an_answer(gaps: list[float], counted: int | None) -> None:
    meter, now = AnswerMeter(100.0), 100.0
    assert meter.figures is None
    for gap in gaps:
        now += gap
        meter.piece(now)
    if counted is not None:
        meter.count(counted)
    figures = meter.figures
    assert figures is not None
    assert figures.first_word_s == pytest.approx(gaps[0], abs=1e-6)
    assert figures.seconds == pytest.approx(sum(gaps[1:]), abs=1e-5)
    assert figures.tokens == (len(gaps) if counted is None else counted) and figures.counted is (counted is not None)
    rate = figures.tokens_per_second
    assert rate is None or rate * figures.seconds == pytest.approx(figures.tokens - 1)
