"""Every page as somebody without a mouse, with a larger font, in Turkish, or from right to left meets it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from r3mes_launcher.bridge import LogBatch
from r3mes_launcher.core.chats.chat import ChatSummary
from r3mes_launcher.core.history.request_record import RequestRecord
from r3mes_launcher.core.settings import Settings
from r3mes_launcher.core.shipped_assets import assets_folder
from r3mes_launcher.core.state import (
    Actual,
    AdapterOffer,
    Desired,
    GpuDriver,
    GpuReport,
    GpuSample,
    LauncherState,
    LogLevel,
    LogLine,
    NodeState,
    ProcessState,
)
from r3mes_launcher.ui import pages
from r3mes_launcher.ui.language import Language, Speech
from r3mes_launcher.ui.main_window import MainWindow
from r3mes_launcher.ui.theme import Scheme, Theme
from r3mes_launcher.ui.window_content import WindowContent

SCREENSHOTS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
PAGES = [name for name in ("HOME", "GPUS", "EARNINGS", "REQUESTS", "CHAT", "WALLET", "ROLES", "LOGS", "DOCTOR",
                           "SETTINGS") if hasattr(pages, name)]  # fmt: skip
# Indents, rings of focus and rounding: what is further away than this is on the wrong side.
TOLERANCE_QUARTERS = 2.5


@pytest.fixture(scope="module")
def checks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("page_checks", SCREENSHOTS / "page_checks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["page_checks"] = module
    spec.loader.exec_module(module)
    return module


def fill(window: Any, ready_state: LauncherState) -> None:
    """Every page with something on it."""
    engine = ProcessState(running=True, pid=1, started_at=1.0)
    node = NodeState(desired=Desired.SERVING, actual=Actual.SERVING, engine=engine, model="small", device="Card")
    offers = (AdapterOffer("poetry", "small"),)
    window.show_state(replace(ready_state, node=node, models=("small", "large", "poetry", "auto"), adapters=offers))
    cards = (GpuSample("a", "Card", temperature_c=50), GpuSample("b", "Other", temperature_c=60))
    window.show_report(GpuReport(1.0, GpuDriver.OK, gpus=cards))
    window.show_report(GpuReport(2.0, GpuDriver.OK, gpus=cards))
    window.show_logs(LogBatch(tuple(LogLine(0, "engine", LogLevel.INFO, f"line {n}") for n in range(40))))
    record = RequestRecord(0.0, "job", "a-model", "an-adapter", "length", 12_345, 999, 80, 61_000)
    window.pages.requests.model.add([replace(record, id=number) for number in range(40, 0, -1)])
    window.pages.requests.select(3)
    window.pages.requests._show()
    window.pages.settings.sections.show_settings(Settings())
    window.pages.chat.ask("Why?")
    stream = window._intents.streams[-1]
    stream.arrived.emit("# Because\n\nSee [this](https://example.org/a).\n\n```python\nx = 1\n```\n\n- one\n- two\n")
    stream.finished.emit("stop", "small")
    window.pages.chat.show_chats.setChecked(True)
    window.pages.chat.chats.show_chats([ChatSummary("a" * 32, "An earlier conversation", 1.0)], "a" * 32)


@pytest.fixture
def full(window: Any, ready_state: LauncherState) -> Any:
    fill(window, ready_state)
    return window


def settle() -> None:
    for _ in range(4):
        # A layout inside a layout is settled one round later.
        QApplication.processEvents()


@pytest.fixture
def right_to_left(qapp: QApplication) -> Iterator[Callable[[], None]]:
    yield lambda: qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def test_every_page_is_walked_by_keyboard_in_order_with_names_and_nothing_cut_off(full: Any, checks: Any) -> None:
    wrong = []
    for name in PAGES:
        full.go_to(getattr(pages, name))
        settle()
        wrong += [f"{name}: {each}" for each in checks.problems(full, full.navigation.buttons[0])]
    assert wrong == []


def test_the_check_finds_what_is_wrong(full: Any, checks: Any) -> None:
    full.go_to(pages.CHAT)
    settle()
    full.pages.chat.new.setText("")
    full.pages.chat.new.setAccessibleName("")
    full.pages.chat.composer.send.setFixedWidth(3)
    full.setTabOrder(full.pages.chat.composer.field, full.pages.chat.new)
    settle()
    found = "\n".join(checks.problems(full, full.navigation.buttons[0]))
    assert "has no name" in found and "smaller than it needs" in found and "Tab goes up" in found


def test_a_change_of_colours_leaves_everything_its_room(full: Any, checks: Any, theme: Any) -> None:
    full.go_to(pages.CHAT)
    settle()
    (code,) = full.pages.chat.views[-1].answer.codes
    height = code.height()
    try:
        theme.choose(Scheme.CONTRAST)
        settle()
        (code,) = full.pages.chat.views[-1].answer.codes
        assert code.height() == height, "an answer is drawn anew in the new colours"
        assert checks.cut_off(full) == []
    finally:
        theme.choose(Scheme.LIGHT)


@pytest.mark.parametrize("smallest", [False, True], ids=["usual size", "smallest size"])
def test_every_page_is_mirrored_for_languages_from_right_to_left(
    full: Any, checks: Any, right_to_left: Callable[[], None], smallest: bool, qapp: QApplication
) -> None:
    if smallest:
        full.resize(full.minimumSizeHint())
    before = {}
    for name in PAGES:
        full.go_to(getattr(pages, name))
        settle()
        before[name] = checks.places(full)
    right_to_left()
    wrong = []
    for name in PAGES:
        full.go_to(getattr(pages, name))
        settle()
        wrong += [f"{name}: {each}" for each in checks.cut_off(full)]
        tolerance = full._theme.metrics.space(TOLERANCE_QUARTERS)
        wrong += [f"{name}: {each}" for each in checks.mirrored(before[name], full, tolerance)]
    assert wrong == []


def test_nothing_is_cut_off_in_turkish(full: Any, checks: Any, qapp: QApplication, ready_state: LauncherState) -> None:
    speech = Speech(qapp, assets_folder(), Language.TURKISH)
    try:
        full.retranslate()
        fill(full, ready_state)
        full.resize(full.minimumSizeHint())
        wrong = []
        for name in PAGES:
            full.go_to(getattr(pages, name))
            settle()
            wrong += [f"{name}: {each}" for each in checks.problems(full, full.navigation.buttons[0])]
        assert wrong == []
    finally:
        speech.release()
        QLocale.setDefault(QLocale("en"))


@pytest.mark.parametrize("percent", [150, 200])
def test_nothing_is_cut_off_with_a_larger_font(
    qtbot: QtBot, qapp: QApplication, theme: Any, checks: Any, intents: Any, ready_state: LauncherState, percent: int
) -> None:
    """All lengths follow the font: a desktop that asks for larger text gets a larger window."""
    usual = qapp.font()
    larger = qapp.font()
    larger.setPointSizeF(theme.points * percent / 100)
    qapp.setFont(larger)
    try:
        large = Theme(qapp, assets_folder(), Scheme.LIGHT)
        window = MainWindow(large, intents, WindowContent())
        qtbot.addWidget(window, before_close_func=lambda widget: widget.allow_close())
        window.show()
        window.pages.make_all()
        fill(window, ready_state)
        window.resize(window.minimumSizeHint())
        assert large.metrics.line == pytest.approx(theme.metrics.line * percent / 100, rel=0.08)
        wrong = []
        for name in PAGES:
            window.go_to(getattr(pages, name))
            settle()
            wrong += [f"{name}: {each}" for each in checks.cut_off(window)]
        assert wrong == []
    finally:
        qapp.setFont(usual)
        theme.choose(Scheme.LIGHT)


def test_the_pictures_of_every_page_in_every_look_are_there_and_small() -> None:
    looks = ("light", "dark", "contrast", "light-tr", "light-2x", "contrast-tr", "contrast-2x")
    wanted = {f"{name.lower()}-{look}.png" for name in PAGES for look in looks}
    pictures = {path.name: path.stat().st_size for path in SCREENSHOTS.glob("*.png")}
    assert wanted - pictures.keys() == set(), "python docs/screenshots/make.py --set"
    assert sum(pictures.values()) < 6_000_000
