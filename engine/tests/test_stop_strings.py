from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from r3mes_engine.backends.stop_strings import StopStrings

LETTERS = st.text("ab\n", max_size=30)


def first_complete(text: str, stops: list[str]) -> str | None:
    """The text before the stop string that is complete first, by looking at the whole text; None without one."""
    hits = [(text.find(stop) + len(stop), text.find(stop)) for stop in stops if stop in text]
    return text[: min(hits)[1]] if hits else None


@given(LETTERS, st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=4), st.data())
@example("ab", ["ab"], None)
def test_the_answer_ends_before_the_first_stop_however_it_is_cut(
    text: str, stops: list[str], data: st.DataObject | None
) -> None:
    watcher, out, at = StopStrings(stops), "", 0
    while at < len(text) and not watcher.found:
        size = data.draw(st.integers(1, 5)) if data is not None else 1
        out += watcher.push(text[at : at + size])
        at += size
        # What was given out can be part of the answer whatever comes next.
        expected = first_complete(text, stops)
        assert (text if expected is None else expected).startswith(out)
    out += watcher.finish()
    expected = first_complete(text, stops)
    assert watcher.found == (expected is not None)
    assert out == (text if expected is None else expected)


def test_only_a_possible_beginning_is_held_back() -> None:
    watcher = StopStrings(["</s>"])
    assert watcher.push("one <") == "one "
    assert watcher.push("/s") == ""
    assert watcher.push("pan>") == "</span>"
    assert watcher.push("<") == ""
    assert watcher.finish() == "<"
    assert not watcher.found


def test_nothing_comes_after_a_stop() -> None:
    watcher = StopStrings(["STOP"])
    assert watcher.push("go STOP on") == "go "
    assert watcher.push("more") == ""
    assert watcher.finish() == ""
