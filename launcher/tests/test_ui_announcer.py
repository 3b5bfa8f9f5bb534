from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from r3mes_launcher.core.doctor.report import DoctorState, GpuFlaw
from r3mes_launcher.core.notifications import News, Route
from r3mes_launcher.core.policy.reasons import ActiveReason, PolicyReport, SuspendReason
from r3mes_launcher.core.state import Actual, Desired, Fault, GatewayState, LauncherState, NodeState
from r3mes_launcher.ports.notifier import RecordedNotifier
from r3mes_launcher.ui.announcer import Announcer, news_wording
from r3mes_launcher.ui.preferences import PreferenceFile, Preferences

SERVING = LauncherState(
    node=NodeState(desired=Desired.SERVING, actual=Actual.SERVING),
    gateway=GatewayState(url="http://127.0.0.1:1", reachable=True),
)
FAULT = replace(SERVING, node=replace(SERVING.node, actual=Actual.FAULTED, fault=Fault("x", "The model is damaged.")))


def announce(notifier: RecordedNotifier, preferences: Preferences) -> list[str]:
    said: list[str] = []
    announcer = Announcer(notifier, said.append)
    for moment, state in enumerate((SERVING, FAULT, FAULT)):
        announcer.show_state(state, preferences, 43_200.0 + moment)
    return said


def test_a_fault_reaches_the_desktop_with_its_reason(qapp: Any) -> None:
    notifier = RecordedNotifier()
    assert announce(notifier, Preferences()) == []
    assert notifier.told == [("This computer stopped serving", "The model is damaged.")]


def test_what_the_demo_plays_stays_in_the_window(qapp: Any) -> None:
    notifier, said = RecordedNotifier(), []
    announcer = Announcer(notifier, said.append)
    for moment, state in enumerate((SERVING, FAULT)):
        announcer.show_state(replace(state, demo=True), Preferences(), 43_200.0 + moment)
    assert notifier.told == [] and said == ["This computer stopped serving. The model is damaged."]


def test_without_a_tray_the_window_says_it(qapp: Any) -> None:
    assert announce(RecordedNotifier(available=False), Preferences()) == [
        "This computer stopped serving. The model is damaged."
    ]


@pytest.mark.parametrize(
    "preferences", [Preferences(routes={News.FAULT: Route.OFF}), Preferences(routes={News.FAULT: Route.IN_APP})]
)
def test_the_choice_is_kept_to(qapp: Any, preferences: Preferences) -> None:
    notifier = RecordedNotifier()
    said = announce(notifier, preferences)
    assert notifier.told == []
    assert bool(said) is (preferences.routes[News.FAULT] is Route.IN_APP)


def test_what_needs_the_person_says_why(qapp: Any) -> None:
    disk = ActiveReason(SuspendReason.DISK, "disk", (("free_mb", 10), ("needed_mb", 1024)), 0.0)
    full = replace(SERVING, policy=PolicyReport((disk,)))
    assert news_wording(News.NEEDS_YOU, full, 0.0)[1] == "Only 10 MB are free on the disk; 1024 MB are needed."
    flaws = (GpuFlaw("a", True, "it is slow", "Update the driver."), GpuFlaw("b", False, "it calculates wrongly", ""))
    flawed = replace(SERVING, doctor=DoctorState(flaws=flaws))
    assert news_wording(News.GPU_FLAW, flawed, 0.0)[1] == "It is slow. Update the driver. It calculates wrongly."


@pytest.mark.parametrize("each", list(News))
def test_every_kind_of_news_has_words(qapp: Any, each: News) -> None:
    title, _ = news_wording(each, FAULT, 0.0)
    assert title


def test_the_first_state_of_a_core_is_no_change(qapp: Any) -> None:
    notifier = RecordedNotifier()
    announcer = Announcer(notifier, lambda _: None)
    announcer.show_state(SERVING, Preferences(), 0.0)
    announcer.start_over()
    announcer.show_state(FAULT, Preferences(), 1.0)
    assert notifier.told == []


def test_choices_are_kept_and_nonsense_is_left_out(tmp_path: Path) -> None:
    file = PreferenceFile(tmp_path / "window.json")
    kept = Preferences(routes={News.PAUSED: Route.DESKTOP}, quiet=(22, 7))
    file.save(kept)
    assert file.load() == kept
    (tmp_path / "window.json").write_text(json.dumps({"routes": {"fault": "loud", "x": "off"}, "quiet": [99, 1]}))
    assert file.load() == Preferences()


def test_the_page_changes_routes_and_quiet_hours(window: Any) -> None:
    told: list[dict[str, Any]] = []
    window.preferences_changed.connect(told.append)
    window.show_preferences(Preferences(quiet=(22, 8)))
    card = window.pages.settings.notifications
    assert card.start.currentText() == "22:00" and card.end.isEnabled()
    card.routes[News.FAULT].picked.emit(Route.OFF)
    card.quiet.click()
    assert told == [{"routes": {News.FAULT: Route.OFF}}, {"quiet": None}]
