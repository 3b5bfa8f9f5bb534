"""A first start by real clicks, with real processes behind the window: one click to the demo, and it is alive."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from r3mes_launcher.app import App
from r3mes_launcher.composition import CompositionOptions, compose
from r3mes_launcher.core.bundle.bundle import BundleFacts, bundle_files, write_zip
from r3mes_launcher.core.bundle.redaction import Redaction
from r3mes_launcher.core.doctor.report import DoctorReport
from r3mes_launcher.core.settings import Settings
from r3mes_launcher.core.state import Actual, Desired, Fault, LauncherState, NodeState
from r3mes_launcher.ui.pages import CHAT, GPUS, HOME
from r3mes_launcher.ui.preferences import PreferenceFile

pytestmark = pytest.mark.timeout(180)

# What takes seconds on an idle machine, on one that is busy.
PATIENCE_MS = 60_000


class Opened:
    def __init__(self, app: App, qtbot: QtBot) -> None:
        self.app = app
        self.qtbot = qtbot

    @property
    def window(self) -> Any:
        return self.app.window

    def click(self, widget: Any) -> None:
        self.wait(lambda: widget.isVisible() and widget.isEnabled(), f"{widget.accessibleName()!r} can be clicked")
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    def wait(self, condition: Callable[[], object], what: str) -> None:
        def ready() -> None:
            state = self.window.content.state
            assert condition(), f"{what}: {state.node.actual} {state.node.reason!r} {state.gateway.message!r}"

        self.qtbot.waitUntil(ready, timeout=PATIENCE_MS)


@pytest.fixture
def open_real(qtbot: QtBot, qapp: QApplication, theme: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    apps: list[App] = []
    environment = {**os.environ, "R3MES_HOME": str(tmp_path / "home")}

    def make(demo: bool = False, bundle: Path | None = None) -> Opened:
        def compose_one(demo: bool) -> Any:
            return compose(CompositionOptions(demo=demo, serve=demo, bundle=bundle if demo else None), environment)

        preferences = PreferenceFile(tmp_path / "window.json")
        app = App(qapp, theme, compose_one, preferences, demo, first_run=True)
        apps.append(app)
        app.start()
        return Opened(app, qtbot)

    yield make
    for app in apps:
        with qtbot.waitSignal(app.finished, timeout=PATIENCE_MS):
            app.quit()
        app.window.deleteLater()
        app.tray.menu.deleteLater()
        app.deleteLater()


def test_from_the_first_start_one_click_to_a_demo_that_is_alive_and_answers(
    open_real: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = open_real()
    window = opened.window
    opened.wait(lambda: window.first_run is not None, "the first start's screens")
    opened.click(window.first_run.demo)
    opened.wait(lambda: window.content.state.demo, "the demo")
    assert "no real money" in window.bars.demo.sentence

    # The tour stands beside the pages; its button is the one click to the next.
    opened.wait(lambda: window.tour is not None, "the tour")
    opened.wait(lambda: window.content.state.node.actual is Actual.SERVING, "the node serves")
    opened.wait(lambda: window.content.state.node.total_requests > 0, "requests")
    opened.wait(
        lambda: window.pages.home.timeline.widget.current is not None or window.pages.home.timeline._stretches, "a past"
    )
    kinds = {stretch.kind.value for stretch in window.pages.home.timeline._stretches}
    assert {"answering", "suspended", "recovering", "connecting"} <= kinds
    while window.page != CHAT:
        opened.click(window.tour.next)
        if window.page == GPUS:
            assert len(window.pages.gpus.cards) == 2
    opened.wait(lambda: "times as fast" in window.bars.demo.time.text(), "the recorded time")
    opened.wait(lambda: window.content.state.models, "models to ask")

    chat = window.pages.chat
    QTest.keyClicks(chat.composer.field, "What is R3MES?")
    QTest.keyClick(chat.composer.field, Qt.Key.Key_Return)
    seen: set[str] = set()

    def answered() -> bool:
        messages = chat.conversation.messages
        if len(messages) == 2:
            seen.add(messages[-1].text)
        return len(messages) == 2 and not chat.conversation.answering

    opened.wait(answered, "an answer")
    assert chat.conversation.messages[-1].text and len(seen) > 2, "the answer was streamed"

    opened.click(window.tour.close_button)
    assert window.tour is None and window.bars.demo.take_tour.isVisible()
    opened.wait(lambda: PreferenceFile(tmp_path / "window.json").load().toured, "the tour is not offered again")
    assert PreferenceFile(tmp_path / "window.json").load().welcomed


def test_the_switch_of_the_demo_stops_and_starts_its_node(open_real: Callable[..., Opened]) -> None:
    opened = open_real(demo=True)
    window = opened.window
    opened.wait(lambda: window.content.state.node.actual is Actual.SERVING, "the node serves")
    opened.click(window.tour.close_button)
    assert window.page == HOME
    opened.click(window.pages.home.serving.switch)
    opened.wait(lambda: window.content.state.node.actual is Actual.STOPPED, "it stops")
    before = window.content.state.node.total_requests
    opened.click(window.pages.home.serving.switch)
    opened.wait(lambda: window.content.state.node.actual is Actual.SERVING, "it serves again")
    assert before >= 0


def test_a_bundle_is_played_in_the_demo_and_steers_nothing(open_real: Callable[..., Opened], tmp_path: Path) -> None:
    before = LauncherState(node=NodeState(desired=Desired.SERVING, actual=Actual.SERVING, model="SmolLM2"))
    fault = Fault("no_usable_gpu", "The engine found no GPU that it can use.", "See the GPUs page.")
    after = LauncherState(node=NodeState(desired=Desired.SERVING, actual=Actual.FAULTED, model="SmolLM2", fault=fault))
    states = ((1_767_225_600.0, before), (1_767_225_690.0, after))
    facts = BundleFacts(after, states, Settings(), DoctorReport(1_767_225_750.0, "0.1.0", ()), (), tmp_path / "none")
    path = tmp_path / "sent.zip"
    write_zip(path, bundle_files(facts, Redaction((), [], [])))

    opened = open_real(demo=True, bundle=path)
    window = opened.window
    opened.wait(lambda: window.content.state.node.fault == fault, "the recorded fault")
    assert "another computer" in window.bars.demo.sentence and "sent.zip" in window.bars.demo.sentence
    assert window.tour is None
    opened.click(window.pages.home.serving.switch)
    opened.wait(lambda: "recording" in window.bars.problem.sentence, "the refusal")
    assert window.content.state.node.actual is Actual.FAULTED
    opened.wait(
        lambda: {each.kind.value for each in window.pages.home.timeline._stretches} >= {"waiting", "fault"}, "a past"
    )
