"""No picture of a page shows its cards squeezed, however its state changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, QObject
from pytestqt.qtbot import QtBot

from r3mes_launcher.core.policy.reasons import ActiveReason, PolicyReport, SuspendReason
from r3mes_launcher.core.state import (
    Actual,
    Desired,
    Fault,
    GatewayState,
    LauncherState,
    NodeState,
    ProcessState,
    Progress,
)
from r3mes_launcher.ui.main_window import MainWindow
from r3mes_launcher.ui.window_content import WindowContent

HOT = ActiveReason(
    SuspendReason.TEMPERATURE, "temperature", (("gpu", "Fine Card"), ("celsius", 88), ("resume", 70)), 0.0
)
RUNNING = ProcessState(running=True, pid=4711, started_at=0.0, restarts=2, last_exit="ended with code 1")
GATEWAY = GatewayState(url="http://127.0.0.1:8080", mode="remote", reachable=True, message="One node is registered.")
NODES = (
    NodeState(),
    NodeState(desired=Desired.SERVING, actual=Actual.PROVISIONING, progress=Progress("Downloading the engine", 1, 9)),
    NodeState(
        desired=Desired.SERVING,
        actual=Actual.SERVING,
        engine=RUNNING,
        node_id="de30" * 16,
        model="SmolLM2",
        device="Card",
        total_requests=9,
    ),
    NodeState(desired=Desired.SERVING, actual=Actual.SUSPENDED, reason=HOT.sentence, suspended=(HOT,)),
    NodeState(
        desired=Desired.SERVING,
        actual=Actual.FAULTED,
        fault=Fault("engine_keeps_ending", "The engine ended ten times in a row. " * 4, "See the log. " * 6),
    ),
)


class Squeezed(QObject):
    """Notes each card that is lower than it must be while something of the page is painted."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        home = window.pages.home
        self._cards = {"serving": home.serving, "engine": home.engine, "gateway": home.gateway, "time": home.timeline}
        self.found: list[str] = []
        self.paintings = 0
        for card in self._cards.values():
            card.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() is QEvent.Type.Paint:
            self.paintings += 1
            for name, card in self._cards.items():
                needed = card.layout().totalHeightForWidth(card.width())
                if card.isVisible() and card.height() < needed:
                    self.found.append(f"{name} is {card.height()} high and needs {needed}")
        return False


def test_no_painting_of_home_shows_a_squeezed_card(qtbot: QtBot, theme: Any, intents: Any) -> None:
    window = MainWindow(theme, intents, WindowContent())
    qtbot.addWidget(window, before_close_func=lambda widget: widget.allow_close())
    seen = Squeezed(window)
    window.show()
    qtbot.waitExposed(window, timeout=60_000)
    for node in (*NODES, *reversed(NODES)):
        for gateway in (GatewayState(), GATEWAY):
            policy = PolicyReport(reasons=node.suspended)
            before = seen.paintings
            window.show_state(replace(LauncherState(), node=node, gateway=gateway, policy=policy))
            qtbot.waitUntil(lambda before=before: seen.paintings > before, timeout=20_000)
    window.pages.make_all()
    window.update()
    assert seen.paintings > 20 and not seen.found, seen.found
