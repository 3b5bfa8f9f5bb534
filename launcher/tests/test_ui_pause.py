"""Pause, resume and "serve anyway" on Home and in the tray, with the reason's sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from r3mes_launcher.core.policy.reasons import SENTENCES, ActiveReason, PauseChoice, PolicyReport, SuspendReason
from r3mes_launcher.core.state import Actual, Desired, LauncherState, NodeState
from r3mes_launcher.ui.suspend_wording import reason_words, sentences
from r3mes_launcher.ui.tray import Tray
from r3mes_launcher.ui.wording import node_wording

NOON = datetime(2026, 11, 26, 12, 0).timestamp()
PAUSED = ActiveReason(SuspendReason.PAUSE, "pause_until", (("minutes", 60),), NOON, NOON + 3600)
SCHEDULE = ActiveReason(SuspendReason.SCHEDULE, "schedule", (), NOON, NOON + 20 * 3600)


def suspended(*reasons: ActiveReason, actual: Actual = Actual.SUSPENDED) -> LauncherState:
    paused = PauseChoice.HOUR if PAUSED in reasons else None
    node = NodeState(desired=Desired.SERVING, actual=actual, suspended=reasons, reason="In English.")
    return LauncherState(node=node, policy=PolicyReport(reasons, paused=paused))


def test_the_window_says_what_the_policy_says() -> None:
    assert sentences() == SENTENCES


def test_a_reason_says_until_when() -> None:
    assert reason_words(PAUSED, NOON) == "Paused by you for 60 minutes. Until 13:00."
    assert reason_words(SCHEDULE, NOON) == "The schedule says no at this time. Until 27.11. 08:00."
    assert reason_words(replace(PAUSED, until=NOON + 30), NOON) == "Paused by you for 60 minutes."


def test_every_reason_is_said_while_it_pauses_and_while_it_finishes() -> None:
    both = suspended(PAUSED, SCHEDULE).node
    words = node_wording(both, NOON)
    assert words.title == "Paused" and words.sentence.startswith("Paused by you") and "schedule" in words.sentence
    draining = node_wording(replace(both, actual=Actual.DRAINING), NOON)
    assert "Paused by you" in draining.sentence and "Running requests are finished" in draining.sentence
    off = replace(both, desired=Desired.OFF, actual=Actual.STOPPED, reason="")
    assert "Paused" not in node_wording(off, NOON).sentence


def test_home_pauses_resumes_and_serves_anyway(window: Any, intents: Any, qtbot: QtBot) -> None:
    card = window.pages.home.serving
    window.show_state(LauncherState())
    assert not card.pause.isVisible(), "nothing to pause"
    window.show_state(LauncherState(node=NodeState(desired=Desired.SERVING, actual=Actual.SERVING)))
    assert card.pause.isVisible() and not card.resume.isVisible() and not card.anyway.isVisible()
    for choice, action in card.pause_menu.choices.items():
        action.trigger()
        assert intents.calls[-1] == ("pause", choice)
    window.show_state(suspended(PAUSED))
    assert not card.anyway.isVisible()
    qtbot.mouseClick(card.resume, Qt.MouseButton.LeftButton)
    window.show_state(suspended(SCHEDULE))
    assert not card.resume.isVisible()
    qtbot.keyClick(card.anyway, Qt.Key.Key_Space)
    assert intents.calls[-2:] == [("resume",), ("serve_anyway",)]
    window.show_state(LauncherState(policy=PolicyReport((PAUSED,), paused=PauseChoice.HOUR)))
    assert card.resume.isVisible(), "a pause can be ended with the switch off, too"


def test_what_is_set_aside_stays_in_sight_and_can_be_taken_back(window: Any, intents: Any, qtbot: QtBot) -> None:
    core = SimpleNamespace(asked=0)

    async def keep_to_rules() -> None:
        core.asked += 1

    core.keep_to_rules = keep_to_rules
    intents.answer_by(core)
    card = window.pages.home.serving
    node = NodeState(desired=Desired.SERVING, actual=Actual.SERVING)
    window.show_state(LauncherState(node=node))
    assert not card.rules.isVisible()
    window.show_state(LauncherState(node=node, policy=PolicyReport(set_aside=(SCHEDULE,))))
    texts = [label.text() for label in card.findChildren(QLabel) if label.isVisible()]
    assert "Serving anyway" in texts
    assert any(text.startswith("The schedule says no") and text.endswith("until it ends.") for text in texts)
    qtbot.keyClick(card.rules, Qt.Key.Key_Space)
    assert core.asked == 1
    window.show_state(
        LauncherState(node=replace(node, desired=Desired.OFF), policy=PolicyReport(set_aside=(SCHEDULE,)))
    )
    assert not card.rules.isVisible(), "nothing is served"


def test_the_tray_has_the_same_menu(theme: Any, intents: Any, qtbot: QtBot) -> None:
    tray = Tray(theme, intents)
    tray.show_state(suspended(PAUSED))
    assert tray.pause.resume.isEnabled() and not tray.pause.anyway.isVisible()
    tray.pause.resume.trigger()
    tray.pause.choices[PauseChoice.QUARTER_HOUR].trigger()
    assert intents.calls == [("resume",), ("pause", PauseChoice.QUARTER_HOUR)]
    tray.show_state(suspended(SCHEDULE))
    assert not tray.pause.resume.isEnabled() and tray.pause.anyway.isVisible()
    tray.pause.anyway.trigger()
    assert intents.calls[-1] == ("serve_anyway",)
    tray.menu.deleteLater()
    tray.deleteLater()
