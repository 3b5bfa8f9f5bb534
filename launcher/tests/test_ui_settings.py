"""The Settings page: every change is a wish to the core, a refusal is shown where it was typed, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from r3mes_launcher.core.autostart_desk import AutostartDesk
from r3mes_launcher.core.policy.policy_settings import PolicySettings, TemperatureRule
from r3mes_launcher.core.policy.reasons import PolicyReport, SourceState
from r3mes_launcher.core.settings import Settings, SettingsStore
from r3mes_launcher.core.settings_desk import SettingsDesk
from r3mes_launcher.core.state import (
    DeviceChoice,
    GatewayKind,
    GpuDriver,
    GpuReport,
    GpuSample,
    LauncherState,
    NodeState,
    ProcessState,
)
from r3mes_launcher.ports.autostart import FixedAutostart
from r3mes_launcher.ui.language import Language
from r3mes_launcher.ui.pages import SETTINGS
from r3mes_launcher.ui.preferences import Preferences
from r3mes_launcher.ui.settings.number_field import bounds
from r3mes_launcher.ui.settings.schedule_hours import hours_of, windows_of
from r3mes_launcher.ui.theme import Scheme


@pytest.fixture
def page(window: Any, intents: Any, store: SettingsStore) -> Any:
    autostart = AutostartDesk(FixedAutostart(), lambda *_: None)
    intents.answer_by(SimpleNamespace(settings=SettingsDesk(store), autostart=autostart))
    window.go_to(SETTINGS)
    return window.pages.settings


@given(st.frozensets(st.integers(0, 7 * 24 - 1)))
def test_hours_come_back_from_their_windows(hours: frozenset[int]) -> None:
    schedule = PolicySettings().schedule.model_copy(update={"windows": windows_of(hours)})
    assert hours_of(schedule) == hours


def test_a_check_box_changes_its_rule_in_the_file(page: Any, store: SettingsStore, qtbot: QtBot) -> None:
    row = page.sections.policy.rows["battery"]
    assert row.check.isChecked() and row.numbers["below_percent"].isEnabled()
    QTest.keyClick(row.check, Qt.Key.Key_Space)
    assert store.current.policy.battery.enabled is False
    assert not row.numbers["below_percent"].isEnabled()


def test_a_rule_says_where_it_has_its_readings_from_or_that_it_has_none(window: Any, page: Any) -> None:
    rows = page.sections.policy.rows
    sources = (
        SourceState("idle", "GNOME"),
        SourceState("power", unavailable="This system does not tell whether it runs on battery."),
    )
    window.show_state(LauncherState(policy=PolicyReport(sources=sources)))
    assert rows["idle"].source == "Told by GNOME."
    assert rows["battery"].source == (
        "Not available here: This system does not tell whether it runs on battery. The rule has no effect."
    )
    window.show_state(LauncherState())
    assert rows["idle"].source == rows["battery"].source == ""


def test_a_locked_wallet_pauses_where_somebody_wants_that(page: Any, store: SettingsStore) -> None:
    rows = page.sections.policy.rows
    assert not rows["wallet.2"].check.isChecked() and rows["wallet"].check.isChecked()
    QTest.keyClick(rows["wallet.2"].check, Qt.Key.Key_Space)
    assert store.current.policy.wallet.needs_unlocked and store.current.policy.wallet.needs_stake


def type_number(field: Any, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_a_figure_is_taken_when_it_is_finished(page: Any, store: SettingsStore) -> None:
    type_number(page.sections.policy.rows["disk"].numbers["least_free_mb"], "5000")
    assert store.current.policy.disk.least_free_mb == 5000


def test_figures_that_contradict_each_other_are_refused_below_them_and_stay_typed(
    page: Any, store: SettingsStore
) -> None:
    row = page.sections.policy.rows["temperature"]
    type_number(row.numbers["target_c"], "95")
    assert "temperatures must rise" in row.problem
    assert row.numbers["target_c"].value() == 95
    assert store.current.policy.temperature.target_c == TemperatureRule().target_c
    type_number(row.numbers["critical_c"], "99")
    assert row.problem == ""
    kept = store.current.policy.temperature
    assert (kept.target_c, kept.critical_c) == (95, 99)


def test_programs_are_listed_with_commas(page: Any, store: SettingsStore) -> None:
    line = page.sections.policy.rows["exclusive_apps"].line
    line.setFocus()
    QTest.keyClicks(line, "Blender, Game.exe , ")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert store.current.policy.exclusive_apps.names == ("blender", "game")
    assert line.text() == "blender, game"
    line.clear()
    QTest.keyClicks(line, "/usr/bin/blender")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert "without its folder" in page.sections.policy.rows["exclusive_apps"]._below.text()
    assert line.text() == "/usr/bin/blender"


def test_the_schedule_by_keyboard_and_by_mouse(page: Any, store: SettingsStore, qtbot: QtBot) -> None:
    grid = page.sections.policy.grid
    assert not grid.isVisible()
    QTest.keyClick(page.sections.policy.scheduled, Qt.Key.Key_Space)
    assert store.current.policy.schedule.enabled and grid.isVisible()
    before = grid.hours
    grid.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_End, Qt.Key.Key_Left, Qt.Key.Key_Space):
        QTest.keyClick(grid, key)
    tuesday_22 = 24 + 22
    assert hours_of(store.current.policy.schedule) == before ^ {tuesday_22}
    assert "22:00" in grid.accessibleDescription()
    # A stroke over three hours of Wednesday.
    cells = [grid._cell(48 + hour).center().toPoint() for hour in (9, 10, 11)]
    QTest.mousePress(grid, Qt.MouseButton.LeftButton, pos=cells[0])
    for point in cells[1:]:
        QTest.mouseMove(grid, point)
    QTest.mouseRelease(grid, Qt.MouseButton.LeftButton, pos=cells[-1])
    assert {57, 58, 59} <= hours_of(store.current.policy.schedule)
    assert grid._hour_at(QPoint(0, 0)) is None


def test_a_schedule_without_an_hour_is_refused(page: Any, store: SettingsStore) -> None:
    page.sections.policy._on_scheduled(True)
    page.sections.policy.grid.edited.emit(frozenset())
    assert page.sections.policy._schedule_problem.isVisible()
    assert store.current.policy.schedule.windows


def test_what_the_window_remembers_is_told_to_the_application(window: Any, page: Any) -> None:
    told: list[dict[str, Any]] = []
    window.preferences_changed.connect(told.append)
    box = page.appearance.language
    box.setCurrentIndex(box.findText("Türkçe"))
    box.activated.emit(box.currentIndex())
    assert told == [{"language": Language.TURKISH}]
    window.show_preferences(Preferences(scheme=Scheme.CONTRAST))
    assert page.appearance.scheme.currentText() == "High contrast"


def test_settings_travel_by_file(page: Any, store: SettingsStore, tmp_path: Path) -> None:
    type_number(page.sections.policy.rows["disk"].numbers["least_free_mb"], "7000")
    file = tmp_path / "out.json"
    page.sections.transfer.export_to(str(file))
    page.sections.transfer.reset()
    assert store.current.policy == PolicySettings()
    page.sections.transfer.import_from(str(file))
    assert page.sections.transfer._message.text() == "Imported."
    assert page.sections.policy.rows["disk"].numbers["least_free_mb"].value() == 7000


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe\x00", "no text"),
        (b"[1, 2]", "no settings of R3MES"),
        (b"{nonsense", "not JSON"),
        (b'{"r3mes_settings": 99}', "newer R3MES"),
    ],
)
def test_what_is_no_export_is_refused_and_changes_nothing(
    page: Any, store: SettingsStore, tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "in.json"
    file.write_bytes(content)
    page.sections.transfer.import_from(str(file))
    assert sentence in page.sections.transfer._message.text()
    assert store.current == Settings()


def test_an_import_takes_what_can_be_used_and_names_the_rest(page: Any, store: SettingsStore, tmp_path: Path) -> None:
    file = tmp_path / "in.json"
    file.write_text('{"r3mes_settings": 1, "desired": "serving", "policy": {"battery": {"below_percent": 900}}}')
    page.sections.transfer.import_from(str(file))
    assert "policy.battery.below_percent" in page.sections.transfer._message.text()
    assert store.current == Settings(), "the switch does not travel"


def test_the_file_dialog_proposes_a_name(page: Any, qtbot: QtBot) -> None:
    page.sections.transfer.export_button.click()
    dialog = page.sections.transfer._dialog
    assert isinstance(dialog, QFileDialog) and dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    dialog.reject()


def test_bounds_come_from_the_model() -> None:
    assert bounds(TemperatureRule, "critical_c") == (45, 120)
    with pytest.raises(ValueError, match="no bounds"):
        bounds(TemperatureRule, "enabled")


RTX = GpuSample("GPU-1111aaaa-0000", "RTX 4090", memory_total_mb=24564)
OLD = GpuSample("GPU-2222bbbb-0000", "GTX 1080", memory_total_mb=8192)


def test_gpus_are_chosen_by_their_uuid(page: Any, window: Any, store: SettingsStore) -> None:
    card = page.sections.device
    assert not card.some.isEnabled(), "no GPU is seen yet"
    window.show_report(GpuReport(1.0, GpuDriver.OK, gpus=(RTX, OLD)))
    assert card.best.isChecked() and card.some.isEnabled()
    card.some.click()
    assert store.current.gpus == () and card.boxes[RTX.uuid].isVisible()
    card.boxes[OLD.uuid].click()
    assert store.current.gpus == (OLD.uuid,) and card.some.isChecked()
    assert "GTX 1080" in card.boxes[OLD.uuid].text()
    # The card is taken out of the computer: it stays in the list and can be ticked off.
    window.show_report(GpuReport(2.0, GpuDriver.OK, gpus=(RTX,)))
    assert "not in this computer" in card.boxes[OLD.uuid].text()
    card.cpu.click()
    assert store.current.device is DeviceChoice.CPU and store.current.gpus == (OLD.uuid,)
    card.best.click()
    assert store.current.device is DeviceChoice.AUTO and store.current.gpus == ()
    assert OLD.uuid not in card.boxes


def add_gateway(card: Any, url: str) -> None:
    card.url.setFocus()
    QTest.keyClicks(card.url, url)
    QTest.keyClick(card.url, Qt.Key.Key_Return)


def test_gateways_are_a_list_in_order(page: Any, store: SettingsStore) -> None:
    card = page.sections.gateways
    card.remote.click()
    assert store.current.gateway_kind is GatewayKind.LOCAL, "without an address nothing is changed"
    add_gateway(card, "ftp://x")
    assert "starts with https://" in card.note and card.url.text() == "ftp://x"
    card.url.clear()
    add_gateway(card, "https://One.example/path")
    add_gateway(card, "https://two.example")
    assert store.current.gateway_kind is GatewayKind.REMOTE
    assert (store.current.gateway_url, store.current.gateway_fallbacks) == (
        "https://one.example",
        ("https://two.example",),
    )
    add_gateway(card, "https://two.example:443")
    assert "already" in card.note
    card.url.clear()
    card.list.setCurrentRow(1)
    assert card.up.isEnabled() and not card.down.isEnabled()
    card.up.click()
    assert store.current.gateway_url == "https://two.example" and card.list.currentRow() == 0
    card.remove.click()
    assert card.urls == ("https://one.example",)
    card.remove.click()
    assert store.current.gateway_kind is GatewayKind.LOCAL and store.current.gateway_url == ""
    assert card.local.isChecked()


def test_a_section_is_reset_alone_and_the_reset_is_taken_back(page: Any, store: SettingsStore) -> None:
    card = page.sections.privacy
    assert not card.reset_button.isEnabled()
    type_number(card.days, "7")
    card.requests.click()
    type_number(page.sections.policy.rows["disk"].numbers["least_free_mb"], "5000")
    assert (store.current.history_days, store.current.keep_requests) == (7, False)
    card.reset_button.click()
    assert (store.current.history_days, store.current.keep_requests) == (90, True)
    assert store.current.policy.disk.least_free_mb == 5000
    assert card.days.value() == 90 and "first values" in card.note
    card.undo_button.click()
    assert (store.current.history_days, store.current.keep_requests) == (7, False)
    assert not card.undo_button.isVisible()


def test_when_a_change_counts_is_said(page: Any, window: Any, store: SettingsStore, ready_state: LauncherState) -> None:
    card = page.sections.model
    type_number(card.concurrency, "4")
    assert store.current.max_concurrency == 4 and card.note == ""
    running = replace(ready_state, node=NodeState(engine=ProcessState(running=True, pid=1)))
    window.show_state(running)
    card.model.chosen.emit("/models/big.gguf")
    assert store.current.model == "/models/big.gguf" and "starts next" in card.note
    assert card.model.box.currentText() == "big.gguf"
    window.show_report(GpuReport(1.0, GpuDriver.OK, gpus=(RTX,)))
    device = page.sections.device
    device.some.click()
    device.boxes[RTX.uuid].click()
    assert "starts anew" in device.note


def test_a_section_that_the_core_refuses_keeps_what_holds(page: Any, intents: Any, store: SettingsStore) -> None:
    def refuse(question: Any, done: Any, failed: Callable[[str], None]) -> None:
        failed("That can't be.")

    intents.ask = refuse
    card = page.sections.advanced
    type_number(card.deadline, "500")
    assert card.note == "That can't be." and card.deadline.value() == 500
    assert store.current.ready_deadline_s == 180


def test_the_list_of_requests_is_deleted_after_a_question(page: Any, intents: Any) -> None:
    asked: list[Any] = []
    intents.ask = lambda question, done, failed: (asked.append(question), done(None))
    card = page.sections.privacy
    card.forget_button.click()
    assert not asked and card._question is not None
    card._question.reject()
    card.forget()
    assert len(asked) == 1 and "deleted" in card.note
