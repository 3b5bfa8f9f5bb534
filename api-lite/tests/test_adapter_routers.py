"""The routers of adapters: what they find in a prompt, whatever its case and language, and what they make of it."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r3mes_api.adapter_choice.cascade import RouterCascade, Thresholds
from r3mes_api.adapter_choice.chooser import NO_ADAPTER, AdapterChooser, RouterPlan
from r3mes_api.adapter_choice.decision import RouterKind, Verdict
from r3mes_api.adapter_choice.keyword_router import KeywordRouter
from r3mes_api.adapter_choice.phrases import PhraseIndex
from r3mes_api.adapter_choice.semantic_router import MAX_WAITING, SemanticRouter, nearest_topic
from r3mes_api.adapter_choice.topics import Topics, TopicsFileError, bundled_topics, load_topics
from r3mes_api.adapter_choice.words import words_of

TOPICS = bundled_topics()
KEYWORDS = KeywordRouter(TOPICS)
LOG = logging.getLogger("test.adapter_choice")
EVERY_NAME = {name for topic in TOPICS.topics for name in topic.names}
ALPHABET = st.characters(categories=("L", "N", "P", "S", "Z", "M"))


def found(text: str, *phrases: str) -> set[str]:
    return {match.phrase for match in PhraseIndex((phrase, None) for phrase in phrases).find(words_of(text))}


# --- words and phrases -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("İLAÇ", "ilaç"),
        ("ILAÇ", "ilaç"),
        ("HIRSIZLIK", "hırsızlık"),
        ("HIRSIZLIĞI", "hırsızlı*"),
        ("SQL INDEX", "index"),
        ("SQL İNDEX", "index"),
        ("CLASS IMPLEMENTATION", "implementation"),
        ("DİLEKÇE", "dilekçe"),
        ("DILEKCE", "dilekçe"),
        ("i\u0307laç", "ilaç"),
        ("I\u0307LAÇ", "ilaç"),
        ("sozlesmesi", "sözleşme*"),
        ("Python'da", "python"),
        ("Python\u2019da", "python"),
        ("C++ nedir", "c++"),
        ("(c#)", "c#"),
        ("the CI/CD job", "ci/cd"),
        ("mahkemelerdekilerden", "mahkeme*"),
        ("snake_case_function", "function"),
    ],
)
def test_a_phrase_is_found_in_every_case_and_inflection(text: str, phrase: str) -> None:
    assert found(text, phrase) == {phrase}


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("a flaw", "law"),
        ("the lawn", "law"),
        ("terror", "error"),
        ("stocking", "stock"),
        ("Asia", "aşı"),
        ("asi", "aşı"),
        ("c", "c++"),
        ("sınır", "sinir"),
        ("courtroom", "court"),
        ("stack of a trace", "stack trace"),
        ("mahkeme" + "x" * 15, "mahkeme*"),
    ],
)
def test_a_phrase_is_not_found_inside_another_word(text: str, phrase: str) -> None:
    assert found(text, phrase) == set()


@given(st.text(ALPHABET, max_size=200))
def test_every_text_has_words_in_lower_case(text: str) -> None:
    for word in words_of(text):
        assert 1 <= len(word.spellings) <= 2
        assert all("İ" not in spelling and "I" not in spelling for spelling in word.spellings)


@given(st.lists(st.text(st.sampled_from("abcçğıiöşü"), min_size=1, max_size=8), min_size=1, max_size=4))
def test_a_phrase_finds_itself_in_turkish_capitals(words: list[str]) -> None:
    phrase = " ".join(words)
    capitals = phrase.replace("i", "İ").upper()
    assert phrase in found(f"... {capitals}!", phrase)


@given(
    st.lists(st.text(st.sampled_from("abi"), min_size=1, max_size=3), max_size=30),
    st.lists(st.text(st.sampled_from("abi"), min_size=1, max_size=3), min_size=1, max_size=3),
)
def test_the_index_finds_what_a_plain_search_finds(text: list[str], phrase: list[str]) -> None:
    index = PhraseIndex([(" ".join(phrase), 1)])
    places = [match.start for match in index.find(words_of(" ".join(text)))]
    assert places == [i for i in range(len(text) - len(phrase) + 1) if text[i : i + len(phrase)] == phrase]


def test_one_phrase_may_stand_for_two_things() -> None:
    index = PhraseIndex([("star wars", "a"), ("star wars", "b")])
    assert {match.value for match in index.find(words_of("Star Wars!"))} == {"a", "b"}


def test_a_phrase_needs_a_word() -> None:
    with pytest.raises(ValueError, match="holds no word"):
        PhraseIndex([("* !", None)])


# --- keywords --------------------------------------------------------------------------------------------------


def test_excluded_phrases_do_not_count() -> None:
    assert KEYWORDS.judge("What is the dress code?").topic is None
    assert KEYWORDS.judge("Is there a dress code for people who write code?").topic == "coder"
    assert KEYWORDS.judge("a tennis court").topic is None
    assert KEYWORDS.judge("Yıldız Savaşları hangi yıl çıktı?").topic is None


def test_more_evidence_means_more_confidence_and_a_rival_means_less() -> None:
    one = KEYWORDS.judge("an error")
    two = KEYWORDS.judge("an error in python")
    rival = KEYWORDS.judge("an error in the contract")
    assert one.topic == two.topic == "coder"
    assert 0 < one.confidence < two.confidence < 1
    assert rival.confidence < one.confidence
    assert rival.runner_up is not None


@given(st.text(max_size=300))
def test_any_text_gets_a_verdict_within_bounds(text: str) -> None:
    verdict = KEYWORDS.judge(text)
    assert 0 <= verdict.confidence < 1
    assert (verdict.topic is None) == (verdict.confidence == 0)
    assert KEYWORDS.judge(text) == verdict


@given(st.sampled_from([topic for topic in TOPICS.topics if topic.keywords]), st.data())
def test_a_strong_keyword_alone_settles_its_topic(topic: object, data: st.DataObject) -> None:
    keywords = [k for k in topic.keywords.values() if k.strong]  # type: ignore[attr-defined]
    phrase = data.draw(st.sampled_from([p for k in keywords for p in k.strong])).replace("*", "")
    capital = data.draw(st.sampled_from([phrase, phrase.replace("i", "İ").upper(), phrase.title()]))
    scores = KEYWORDS.scores(capital)
    assert scores.get(topic.id, 0) >= 1, (capital, scores)  # type: ignore[attr-defined]


def test_the_end_of_a_long_prompt_is_read() -> None:
    pasted = "lorem ipsum " * 20_000
    assert KEYWORDS.judge(pasted + "Fix the bug in this python code.").topic == "coder"


# --- topics file -----------------------------------------------------------------------------------------------


def test_the_names_of_the_public_network_are_aliases_of_one_another() -> None:
    for names in (
        ("coder_adapter", "coding", "coding_dora"),
        ("law_adapter", "legal", "legal_dora"),
        ("default_adapter", "general", "general_dora"),
        ("medical", "medical_dora"),
        ("finance", "finance_dora"),
    ):
        for asked in names:
            for present in names:
                assert TOPICS.available_name(asked, {present}) == present
    assert TOPICS.available_name("coding", {"law_adapter"}) is None
    assert TOPICS.available_name("unknown", {"unknown"}) == "unknown"
    assert TOPICS.available_name("unknown", {"coding"}) is None


def write(tmp_path: Path, document: object) -> Path:
    path = tmp_path / "topics.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def test_an_operator_replaces_the_file(tmp_path: Path) -> None:
    cooking = {"id": "cook", "adapter": "cook", "keywords": {"en": {"strong": ["recipe*"]}}}
    other = {"id": "rest", "adapter": "rest"}
    topics = load_topics(write(tmp_path, {"version": 1, "default": "rest", "topics": [cooking, other]}))
    assert KeywordRouter(topics).judge("Recipes please").topic == "cook"


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "not JSON"),
        ("[]", "not valid"),
        ({"version": 2, "default": "a", "topics": [{"id": "a", "adapter": "a"}]}, "version"),
        ({"version": 1, "default": "b", "topics": [{"id": "a", "adapter": "a"}]}, "default topic 'b'"),
        ({"version": 1, "default": "a", "topics": [{"id": "a", "adapter": "a"}] * 2}, "same id"),
        (
            {"version": 1, "default": "a", "topics": [{"id": "a", "adapter": "x"}, {"id": "b", "adapter": "x"}]},
            "'x' is given twice",
        ),
        ({"version": 1, "default": "a", "topics": [{"id": "a", "adapter": "a", "colour": "red"}]}, "colour"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(tmp_path: Path, document: object, says: str) -> None:
    with pytest.raises(TopicsFileError, match=says):
        load_topics(write(tmp_path, document))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TopicsFileError, match="nowhere"):
        load_topics(tmp_path / "nowhere.json")


# --- cascade ---------------------------------------------------------------------------------------------------


class Says:
    name = "semantic"

    def __init__(self, topic: str | None, confidence: float) -> None:
        self.answer = Verdict(topic, confidence)
        self.asked = 0

    async def verdict(self, prompt: str) -> Verdict:
        self.asked += 1
        return self.answer


async def choose(prompt: str, available: set[str], semantic: Says | None = None) -> tuple[str | None, str]:
    decision = await RouterCascade(TOPICS, KEYWORDS, semantic).choose(prompt, available)
    return decision.adapter, decision.record


async def test_the_record_tells_the_way() -> None:
    sure = "Fix this python stack trace"
    assert await choose(sure, {"coding"}) == ("coding", "[keyword:coder:0.94]")
    assert await choose(sure, {"general"}) == ("general", "[keyword:coder:0.94,network:absent,default:default]")
    assert await choose(sure, set()) == (None, "[keyword:coder:0.94,network:absent,default:default]")
    assert await choose("Hello", {"default_adapter"}) == ("default_adapter", "[keyword:no_match,default:default]")
    assert await choose("Hello", {"legal"}, Says("law", 0.71)) == ("legal", "[keyword:no_match,semantic:law:0.71]")
    assert await choose("Hello", {"legal"}, Says("law", 0.1)) == (
        None,
        "[keyword:no_match,semantic:unsure:0.10,default:default]",
    )
    assert await choose("an error", {"coding"}, Says(None, 0)) == ("coding", "[keyword:coder:0.50,semantic:no_match]")
    assert await choose("error contract", {"coding"}) == (None, "[keyword:unsure:0.25,default:default]")


async def test_the_meaning_is_not_asked_when_the_keywords_are_sure() -> None:
    semantic = Says("law", 1.0)
    assert (await choose("Fix this python stack trace", {"coding", "legal"}, semantic))[0] == "coding"
    assert semantic.asked == 0


async def test_the_meaning_may_say_that_it_is_small_talk() -> None:
    assert await choose("an error", {"coding", "general"}, Says("default", 0.9)) == (
        "general",
        "[keyword:coder:0.50,semantic:default:0.90]",
    )


@given(
    prompt=st.text(max_size=80),
    available=st.sets(st.sampled_from(sorted(EVERY_NAME)) | st.text(max_size=5)),
    topic=st.none() | st.sampled_from([topic.id for topic in TOPICS.topics]),
    confidence=st.floats(0, 1),
)
def test_the_choice_is_always_one_that_the_network_has(
    prompt: str, available: set[str], topic: str | None, confidence: float
) -> None:
    cascade = RouterCascade(TOPICS, KEYWORDS, Says(topic, confidence if topic else 0.0))
    decision = asyncio.run(cascade.choose(prompt, available))
    assert decision.adapter is None or decision.adapter in available
    default_names = TOPICS.default_topic.names
    if not available.isdisjoint(default_names):
        assert decision.adapter is not None
    if decision.adapter is not None:
        assert decision.adapter in TOPICS.topic(decision.topic).names
    assert decision.record.startswith("[keyword:")


# --- meaning ---------------------------------------------------------------------------------------------------


def test_the_nearest_topic_wins_and_equal_ones_make_unsure() -> None:
    near = nearest_topic(["a", "a", "b", "b"], [0.9, 0.8, 0.1, 0.2])
    assert (near.topic, near.runner_up) == ("a", "b")
    assert near.confidence > 0.99
    equal = nearest_topic(["a", "b", "c", "d"], [0.7, 0.7, 0.7, 0.7])
    assert equal.confidence == pytest.approx(0.25)
    assert nearest_topic([], []).topic is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(-1, 1)), min_size=1, max_size=30))
def test_the_meaning_has_a_confidence_within_bounds(pairs: list[tuple[str, float]]) -> None:
    verdict = nearest_topic([topic for topic, _ in pairs], [similarity for _, similarity in pairs])
    assert 0 < verdict.confidence <= 1
    assert verdict.topic in {topic for topic, _ in pairs}


class Breaks:
    def similarities(self, prompt: str) -> list[float]:
        raise RuntimeError("the prompt must not be logged")


async def test_a_broken_model_is_said_once_and_then_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    router = SemanticRouter(Breaks(), ["a"], log=LOG)
    assert [(await router.verdict("x")).topic for _ in range(3)] == [None, None, None]
    assert len(caplog.records) == 1
    assert "keywords" in caplog.text
    assert "must not be logged" not in caplog.text
    router.close()


class Blocks:
    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.asked = 0

    def similarities(self, prompt: str) -> list[float]:
        self.asked += 1
        self.go_on.wait(30)
        return [1.0]


async def test_a_slow_model_delays_nobody_and_its_line_is_bounded() -> None:
    model = Blocks()
    router = SemanticRouter(model, ["a"], log=LOG, answer_seconds=0.05)
    verdicts = await asyncio.gather(*(router.verdict(str(i)) for i in range(MAX_WAITING + 20)))
    assert {verdict.topic for verdict in verdicts} == {None}
    assert model.asked == 1
    model.go_on.set()
    async with asyncio.timeout(60):
        while (await router.verdict("again")).topic is None:
            await asyncio.sleep(0.01)
    assert model.asked <= MAX_WAITING + 20
    router.close()


async def test_without_a_model_the_keywords_decide_and_the_log_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for folder, why in ((tmp_path, "holds no sentence model"), (None, "R3MES_SENTENCE_MODEL does not say")):
        caplog.clear()
        chooser = AdapterChooser(RouterPlan(RouterKind.SEMANTIC, TOPICS, sentence_model=folder), LOG)
        await chooser.run()
        assert (await chooser.choose(["Fix this python stack trace"], {"coding"})).adapter == "coding"
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert why in caplog.text


PLANS = st.builds(
    RouterPlan,
    st.sampled_from([RouterKind.OFF, RouterKind.KEYWORD]),
    st.just(TOPICS),
    default_adapter=st.none() | st.just(NO_ADAPTER) | st.sampled_from(["general", "mine"]),
)


@settings(deadline=None)
@given(PLANS, st.lists(st.text(max_size=60), max_size=4), st.sets(st.sampled_from([*sorted(EVERY_NAME), "mine"])))
def test_a_route_ends_at_the_base_model_and_goes_only_by_what_is_offered(
    plan: RouterPlan, prompts: list[str], offered: set[str]
) -> None:
    route = asyncio.run(AdapterChooser(plan, LOG).choose(prompts, offered))
    way = [route.adapter]
    while route.fall_back("gone"):
        way.append(route.adapter)
        assert route.cascade.endswith(f"network:gone, default:{route.adapter or 'base'}")
    assert way[-1] is None and len(set(way)) == len(way)
    assert {name for name in way if name is not None} <= offered
    default_names = {None: TOPICS.default_topic.names, NO_ADAPTER: ()}.get(
        plan.default_adapter, TOPICS.aliases(plan.default_adapter or "")
    )
    if not offered.isdisjoint(default_names):
        assert any(name in default_names for name in way), "the default adapter is on every way where it is offered"
    if plan.kind is RouterKind.OFF:
        assert route.cascade.startswith("default:")


async def test_a_prompt_that_says_nothing_goes_on_with_what_was_said_before() -> None:
    chooser = AdapterChooser(RouterPlan(RouterKind.KEYWORD, TOPICS), LOG)
    offered = {"coding", "legal", "general"}
    route = await chooser.choose(["And shorter, please", "Fix this python stack trace", "contract"], offered)
    assert (route.adapter, route.cascade) == ("coding", "keyword:no_match, default:default, earlier:coder:0.94")
    route = await chooser.choose(["Is this contract valid in court?", "Fix this python stack trace"], offered)
    assert route.adapter == "legal" and "earlier" not in route.cascade
    route = await chooser.choose(["Thanks", "Hello"], offered)
    assert route.adapter == "general" and route.fallbacks == [None]


async def test_a_damaged_model_falls_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "config.json").write_text("{}")
    code = (
        "import sys, asyncio, logging, pathlib\n"
        "sys.modules['sentence_transformers'] = None\n"
        "from r3mes_api.adapter_choice.chooser import AdapterChooser, RouterPlan\n"
        "from r3mes_api.adapter_choice.decision import RouterKind\n"
        "from r3mes_api.adapter_choice.topics import bundled_topics\n"
        "logging.basicConfig(format='%(levelname)s %(message)s')\n"
        "log = logging.getLogger('gateway')\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "c = AdapterChooser(RouterPlan(RouterKind.SEMANTIC, bundled_topics(), sentence_model=folder), log)\n"
        "asyncio.run(c.run())\n"
        "print(asyncio.run(c.choose(['python code'], {'coding'})).cascade)\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    out, err = await process.communicate()
    assert out.decode().startswith("keyword:coder:")
    assert err.decode().count("WARNING") == 1
    assert "pip install 'r3mes[semantic]'" in err.decode()


def test_importing_the_routers_loads_no_tensor_library() -> None:
    code = (
        "import sys, r3mes_api.adapter_choice.chooser\n"
        "print([m for m in ('torch', 'numpy', 'transformers', 'sentence_transformers') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert result.stdout.strip() == "[]"


def test_thresholds_and_topics_fit_one_another() -> None:
    assert isinstance(TOPICS, Topics)
    thresholds = Thresholds()
    assert thresholds.keyword < KEYWORDS.judge("python").confidence < thresholds.keyword_certain
