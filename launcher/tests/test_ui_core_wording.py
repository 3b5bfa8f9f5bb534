"""What the core says is said in Turkish too, with its figures; and nothing of it can be said in English alone."""

from __future__ import annotations

import importlib.util
import string
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication

from r3mes_launcher.bridge import Bridge
from r3mes_launcher.core.doctor.report import Check, Verdict
from r3mes_launcher.core.doctor.words import FINDINGS
from r3mes_launcher.core.engine_faults import engine_fault, too_many_losses
from r3mes_launcher.core.history.situation import situation_of
from r3mes_launcher.core.process_outcome import ProcessOutcome
from r3mes_launcher.core.shipped_assets import assets_folder
from r3mes_launcher.core.state import Actual, Fault, NodeState
from r3mes_launcher.sentence import Sentence, as_sentence, from_text, joined, to_text
from r3mes_launcher.ui import doctor_wording
from r3mes_launcher.ui.core_wording import fault_words, spoken, spoken_error
from r3mes_launcher.ui.language import Language, Speech
from r3mes_launcher.ui.wording import node_wording
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_protocol.exit_codes import ExitCode

PACKAGE = Path(__file__).resolve().parents[1] / "r3mes_launcher"
SAID_IN_LOGS_ALONE = {
    "core/history/history_store.py": 1,
    "core/supervisor.py": 1,
}
"""Texts put together for the log, which is English."""


@pytest.fixture(scope="module")
def collector() -> ModuleType:
    path = PACKAGE.parents[1] / "assets" / "translations" / "core_texts.py"
    spec = importlib.util.spec_from_file_location("core_texts_under_test", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def turkish(qapp: QApplication, theme: Any) -> Iterator[Speech]:
    speech = Speech(qapp, assets_folder(), Language.TURKISH)
    yield speech
    speech.release()
    QLocale.setDefault(QLocale("en"))


def test_a_sentence_is_said_with_its_figures(turkish: Speech) -> None:
    said = Sentence("The gateway {origin} is out of reach: {why}.", origin="http://x", why=Sentence("it crashed"))
    assert spoken(said) == "http://x ağ geçidine ulaşılamıyor: çöktü."
    turkish.choose(Language.ENGLISH)
    assert spoken(said) == str(said)


def test_what_nobody_translated_stays_as_it_is(turkish: Speech) -> None:
    assert spoken("a driver's own words {not a place}") == "a driver's own words {not a place}"
    assert spoken("") == ""


@pytest.mark.parametrize("code", [code for code in ExitCode if code is not ExitCode.OK])
def test_every_end_of_the_engine_has_words_in_both_languages(code: ExitCode, turkish: Speech) -> None:
    ending = ProcessOutcome(code.value).sentence()
    fault = engine_fault(code, None) if not code.worth_restarting else too_many_losses(10, ending, None)
    for text in (ending, fault.message, fault.hint):
        assert text and spoken(text) != text, text
    lost = too_many_losses(3, ProcessOutcome(-9).sentence(), Fault("x", "The file is cut off."))
    assert "SIGKILL" in spoken(lost.message) and "3 kez" in spoken(lost.message)
    assert spoken(lost.message).endswith("The file is cut off."), "another program's words are kept"


def placed(template: str) -> tuple[dict[str, str], str]:
    """A figure for each place, and what is left of the template without them."""
    parts = list(string.Formatter().parse(template))
    return {name: "1" for _, name, _, _ in parts if name}, "".join(text for text, _, _, _ in parts)


@pytest.mark.parametrize("finding", sorted(FINDINGS))
def test_every_finding_of_the_doctor_has_words_in_both_languages(finding: str, turkish: Speech) -> None:
    for template in FINDINGS[finding]:
        figures, words = placed(template)
        # A finding may be another program's words alone, or a name.
        if any(character.isalpha() for character in words) and words != "glibc ":
            said = Sentence(template, **figures)
            assert spoken(said) != said
    check = Check("driver", Verdict.PROBLEM, "memory_low", {"available": "1 GB", "total": "2 GB"})
    if finding == "memory_low":
        assert "2 GB" in doctor_wording.reason(check) and "Only" not in doctor_wording.reason(check)


def test_the_engine_s_own_words_come_after_the_window_s(turkish: Speech) -> None:
    fault = engine_fault(
        ExitCode.MODEL_UNUSABLE, Fault("x", "The file is cut off.", "Choose another model, or the built-in one.")
    )
    message, hint = fault_words(fault)
    assert message == "Model eksik ya da bozuk. (The file is cut off.)"
    assert hint == "Başka bir model ya da yerleşik olanı seçin."
    node = NodeState(actual=Actual.FAULTED, fault=fault)
    assert node_wording(node, 0.0).sentence == message
    turkish.choose(Language.ENGLISH)
    assert fault_words(fault)[0] == "The file is cut off."


def test_a_wallet_s_refusal_is_said_with_its_hint(turkish: Speech) -> None:
    error = WalletError(
        Problem.BAD_AMOUNT,
        Sentence("An amount has at most {decimals} places after the decimal mark.", decimals=6),
        "Try again.",
    )
    assert str(error) == "An amount has at most 6 places after the decimal mark. Try again."
    assert spoken_error(error) == "Tutarın ondalık kısmı en çok 6 basamaktır. Yeniden deneyin."


def test_the_bridge_speaks_the_window_s_language(turkish: Speech, make_fake_core: Any, qtbot: Any) -> None:
    core = make_fake_core()
    core.refuse = ValueError("Choose a model: a folder, a GGUF file, or the built-in one.")
    bridge = Bridge(lambda: core)
    told: list[str] = []
    bridge.start()
    try:
        bridge.ask(lambda core: core.choose_model(""), told.append, told.append)
        qtbot.waitUntil(lambda: bool(told), timeout=60_000)
    finally:
        with qtbot.waitSignal(bridge.ended, timeout=60_000):
            bridge.close()
        bridge.join(60)
    assert told == ["Bir model seçin: bir klasör, bir GGUF dosyası ya da yerleşik olan."]


def test_the_timeline_s_record_can_be_said_later_in_another_language(turkish: Speech) -> None:
    how = ProcessOutcome(-11).sentence()
    reason = joined(
        Sentence("The engine {how}.", how=as_sentence(how)),
        Sentence("It is started again (loss {losses} of {most}).", losses=1, most=10),
    )
    node = NodeState(actual=Actual.BACKING_OFF, reason=reason)
    kept = from_text(to_text(situation_of(node, False).sentence))
    assert kept == reason
    assert spoken(kept) == "Motor: SIGSEGV ile sonlandırıldı: çöktü. Yeniden başlatılıyor (10 kaybın 1. olanı)."
    assert spoken(kept) in node_wording(node, 0.0).sentence


def test_nothing_is_put_together_so_that_it_can_be_said_in_english_alone(collector: ModuleType) -> None:
    found = {}
    for folder in ("core", "wallet", "ports"):
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            name = path.relative_to(PACKAGE).as_posix()
            if name.startswith(collector.SILENT) or name.endswith(collector.COMMANDS):
                continue
            mixed = collector.mixed_texts(path.read_text("utf-8"))
            if len(mixed) > SAID_IN_LOGS_ALONE.get(name, 0):
                found[name] = mixed
    assert not found, "use a Sentence with figures instead of an f-string"


def test_the_collector_finds_what_is_said_and_nothing_else(collector: ModuleType, tmp_path: Path) -> None:
    for folder in ("core", "wallet", "ports"):
        (tmp_path / folder).mkdir()
    source = '''
def f(x):
    """A docstring is for developers."""
    log("A line of the log.")
    reason = "It is dark." if x else "It is late."
    raise WalletError(Problem.X, Sentence("Only {n} left", n=x), "Buy more.")
    raise ValueError("a developer's own fault")
    say(joined("First.", y), message="Then this.", key="a.code")
_SENTENCES = {"code": "By its code."}
'''
    (tmp_path / "core" / "one.py").write_text(source)
    assert collector.core_texts(tmp_path) == sorted(
        ["It is dark.", "It is late.", "Only {n} left", "Buy more.", "First.", "Then this.", "By its code."]
    )
    assert collector.mixed_texts('message = f"Only {n} left."') == [(1, "f'Only {n} left.'")]
    assert collector.mixed_texts('name = f"{n}.txt"') == []
