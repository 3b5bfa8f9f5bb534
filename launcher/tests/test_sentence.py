"""Sentences that keep their figures: the same English text, whole after a copy and in a file."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.state import Fault
from r3mes_launcher.sentence import Sentence, from_text, joined, to_text

FIGURES = st.text(max_size=20) | st.integers() | st.floats(allow_nan=False)


def test_it_is_its_english_text() -> None:
    said = Sentence("Only {free} MB of {disk!r} are free, {share:.0f} %.", free=3, disk="C:", share=2.6)
    assert said == "Only 3 MB of 'C:' are free, 3 %."
    assert json.dumps(asdict(Fault("disk", said)))
    assert said.template.startswith("Only {free}") and said.figures["free"] == 3


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), FIGURES, min_size=1))
def test_copies_and_files_keep_template_and_figures(figures: dict[str, str | int | float]) -> None:
    inner = Sentence(" ".join(f"{name}: {{{name}}}" for name in figures), **figures)
    said = Sentence("{{curly}} {inner}", inner=inner)
    for again in (copy.deepcopy(said), pickle.loads(pickle.dumps(said)), from_text(to_text(said))):
        assert isinstance(again, Sentence)
        assert (again, again.template, again.figures) == (said, said.template, said.figures)
        assert isinstance(again.figures["inner"], Sentence)


@given(st.text() | st.recursive(st.text(), lambda inner: st.fixed_dictionaries({"say": st.text(), "figures": inner})))
def test_any_text_of_a_file_is_read(content: object) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    assert isinstance(from_text(text), str)
    if isinstance(content, str):
        assert to_text(content) == content


def test_hostile_documents_stay_text() -> None:
    for text in (
        '{"say": "{x.__class__}", "figures": {"x": []}}',
        '{"say": "{x.__class__}", "figures": {"x": "a"}}',
        '{"say": "{x:999999999}", "figures": {"x": "a"}}',
        '{"say": "{x:{y}}", "figures": {"x": "a", "y": 9}}',
        '{"say": "{x}", "figures": {}}',
        '{"say": 3, "figures": {}}',
        '{"say": "a", "figures": [1]}',
        '{"say": "a"',
    ):
        assert from_text(text) == text


def test_sentences_are_joined_with_a_blank() -> None:
    first = Sentence("It took {seconds} s.", seconds=3)
    both = joined(first, "", "Try again.")
    assert both == "It took 3 s. Try again."
    assert isinstance(both, Sentence) and list(both.figures.values()) == [first, "Try again."]
    assert joined() == "" and joined("", "One.") == "One."
