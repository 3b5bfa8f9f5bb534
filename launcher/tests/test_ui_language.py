"""English and Turkish: nothing untranslated, plural forms, and a change of language in the open window."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from r3mes_launcher.bridge import LogBatch
from r3mes_launcher.core.shipped_assets import assets_folder
from r3mes_launcher.core.state import LauncherState, LogLevel, LogLine
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.language import Language, Speech, language_of, translate
from r3mes_launcher.ui.pages import LOGS
from r3mes_launcher.ui.preferences import PreferenceFile, Preferences

TRANSLATIONS = Path(__file__).resolve().parents[2] / "assets" / "translations"


@pytest.fixture
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_translations", TRANSLATIONS / "make.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def speak(qapp: QApplication, theme: Any) -> Iterator[Callable[[Language], Speech]]:
    made: list[Speech] = []

    def choose(language: Language) -> Speech:
        made.append(Speech(qapp, assets_folder(), language))
        return made[-1]

    yield choose
    for speech in made:
        speech.release()
    QLocale.setDefault(QLocale("en"))


def test_every_word_of_the_source_is_translated_and_the_files_are_up_to_date(maker: ModuleType) -> None:
    assert maker.check() == []


def test_a_word_without_its_translation_is_found(maker: ModuleType, tmp_path: Path) -> None:
    text = (TRANSLATIONS / "r3mes_tr.ts").read_text("utf-8")
    whole = ElementTree.fromstring(text)
    victim = next(whole.iter("translation"))
    victim.text = ""
    path = tmp_path / "r3mes_tr.ts"
    path.write_text(ElementTree.tostring(whole, encoding="unicode"), "utf-8")
    assert len(maker.untranslated(path)) == 1


def test_translations_name_the_same_places(maker: ModuleType) -> None:
    import string

    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for message in ElementTree.parse(TRANSLATIONS / "r3mes_tr.ts").getroot().iter("message"):
        source, forms = message.findtext("source", ""), message.find("translation")
        assert forms is not None
        for form in list(forms.iter("numerusform")) or [forms]:
            assert places(form.text or "") == places(source), source


@pytest.mark.parametrize(
    ("locales", "language"),
    [
        (["tr-TR"], Language.TURKISH),
        (["tr_TR.UTF-8"], Language.TURKISH),
        (["de-DE", "tr"], Language.TURKISH),
        (["de-DE", "fr"], Language.ENGLISH),
        (["C"], Language.ENGLISH),
        ([], Language.ENGLISH),
    ],
)
def test_the_first_of_the_systems_languages_that_is_known_is_spoken(locales: list[str], language: Language) -> None:
    assert language_of(locales) is language


def test_the_systems_language_is_followed_until_another_is_chosen(qapp: QApplication, speak: Any) -> None:
    speech = Speech(qapp, assets_folder(), Language.SYSTEM, ["tr-TR"])
    try:
        assert speech.language is Language.TURKISH
        changes: list[Language] = []
        speech.changed.connect(lambda: changes.append(speech.language))
        speech.choose(Language.TURKISH)
        assert changes == [], "the same words: nothing is made anew"
        speech.choose(Language.ENGLISH)
        assert changes == [Language.ENGLISH]
    finally:
        speech.release()
        QLocale.setDefault(QLocale("en"))


def test_figures_use_the_languages_decimal_sign(speak: Callable[[Language], Speech]) -> None:
    speech = speak(Language.TURKISH)
    assert figures.memory(7578) == "7,4 GiB"
    assert figures.duration(200) == "3 dk 20 sn"
    speech.choose(Language.ENGLISH)
    assert figures.memory(7578) == "7.4 GiB"


def test_one_thing_has_another_form_than_two(speak: Callable[[Language], Speech]) -> None:
    speech = speak(Language.ENGLISH)

    def lines(count: int) -> str:
        return translate("LogsPage", "%Ln line(s)", "", count)

    assert [lines(1), lines(2), lines(12_345)] == ["1 line", "2 lines", "12,345 lines"]
    speech.choose(Language.TURKISH)
    assert [lines(1), lines(12_345)] == ["1 satır", "12.345 satır"]


def shown_words(window: QWidget) -> set[str]:
    found = set()
    for widget in window.findChildren(QWidget):
        found |= {widget.accessibleName(), widget.toolTip()}
        if isinstance(widget, QLabel | QAbstractButton):
            found.add(widget.text())
    return found - {""}


def test_the_open_window_changes_its_language_and_loses_nothing(
    window: Any, qtbot: QtBot, speak: Callable[[Language], Speech], ready_state: LauncherState, intents: Any
) -> None:
    window.show_state(ready_state)
    window.pages.chat.ask("Hello?")
    window.pages.chat.composer.field.setPlainText("half a question")
    intents.streams[0].arrived.emit("An answer")
    window.show_logs(LogBatch((LogLine(1.0, "engine", LogLevel.INFO, "a line of the engine"),)))
    window.go_to(LOGS)
    speech = speak(Language.TURKISH)
    window.retranslate()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    source = ElementTree.parse(TRANSLATIONS / "r3mes_tr.ts").getroot()
    english = {
        message.findtext("source", "")
        for message in source.iter("message")
        if message.findtext("source") != message.findtext("translation")
    }
    assert shown_words(window) & english == set()
    assert {"Ana sayfa", "Günlük", "Sohbet"} <= shown_words(window)

    assert window.page == LOGS
    assert window.pages.logs.view.shown_text().endswith("a line of the engine")
    assert window.pages.chat.composer.field.toPlainText() == "half a question"
    intents.streams[0].arrived.emit(" goes on")
    intents.streams[0].finished.emit("stop", "small")
    assert [message.text for message in window.pages.chat.conversation.messages] == ["Hello?", "An answer goes on"]

    speech.choose(Language.ENGLISH)
    window.retranslate()
    assert "Ana sayfa" not in {label.text() for label in window._inside.findChildren(QLabel)}
    assert window.pages.chat.conversation.messages[-1].text == "An answer goes on"


def test_the_choice_is_kept_and_nonsense_becomes_the_systems_language(tmp_path: Path) -> None:
    file = PreferenceFile(tmp_path / "window.json")
    file.save(Preferences(language=Language.TURKISH))
    assert file.load().language is Language.TURKISH
    (tmp_path / "window.json").write_text('{"language": "klingon", "scheme": 7}')
    assert file.load() == Preferences()
