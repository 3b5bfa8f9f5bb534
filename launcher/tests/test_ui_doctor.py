"""The Doctor page: the first look by itself, progress, verdicts in order, and buttons that do something."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from r3mes_launcher.core.bundle.bundle import BundleFile
from r3mes_launcher.core.doctor.report import Check, DoctorReport, DoctorState, Fix, Verdict
from r3mes_launcher.core.doctor.words import FIXES, TITLES
from r3mes_launcher.core.state import Desired, DeviceChoice, LauncherState
from r3mes_launcher.ui import doctor_page, doctor_wording
from r3mes_launcher.ui.pages import DOCTOR, GPUS, HOME, LOGS
from r3mes_launcher.ui.system_settings import SystemPage, page_address, page_program

REPORT = DoctorReport(
    1.0,
    "1",
    (
        Check("python", Verdict.OK, "python_ok", {"version": "3.12.1"}),
        Check("driver", Verdict.PROBLEM, "driver_missing", fix=Fix.CHOOSE_CPU),
        Check("engine", Verdict.WARNING, "engine_missing_size_unknown", fix=Fix.INSTALL_ENGINE),
        Check("gateway", Verdict.PROBLEM, "gateway_unreachable", {"problem": "<b>It</b> is gone."}, Fix.CHOOSE_GATEWAY),
        Check("self_test", Verdict.PROBLEM, "self_test_failed", {"problem": "It crashed."}, Fix.SHOW_LOGS),
    ),
)


def show(window: Any, doctor: DoctorState) -> None:
    window.show_state(replace(LauncherState(), doctor=doctor))
    QApplication.processEvents()


def test_opening_the_page_looks_once(window: Any, intents: Any) -> None:
    for page in (DOCTOR, HOME, DOCTOR):
        window.go_to(page)
        QApplication.processEvents()
    assert intents.calls == [("examine",)]


def test_progress_then_the_worst_first(window: Any, intents: Any) -> None:
    window.go_to(DOCTOR)
    show(window, DoctorState(running=True, done=2, total=6))
    page = window.pages.doctor
    assert page.progress.isVisible() and page.progress.value() == 2 and not page.again.isEnabled()
    assert "2 of 6" in " ".join(label.text() for label in page.findChildren(QLabel))
    show(window, DoctorState(report=REPORT))
    assert not page.progress.isVisible() and page.again.isEnabled() and page.summary.text() == "Something needs you"
    texts = [label.text() for label in page.findChildren(QLabel) if label.isVisible()]
    assert texts.index("Problems") < texts.index("Warnings") < texts.index("In order")
    assert "Problems: 3. Warnings: 1." in texts
    assert "<b>It</b> is gone." in texts, "text from elsewhere is shown as it is"
    show(window, DoctorState(report=replace(REPORT, checks=REPORT.checks[:1])))
    assert page.summary.text() == "All is well" and page.fixes == []
    show(window, DoctorState(report=replace(REPORT, checks=REPORT.checks[-1:])))
    assert "Problems: 1." in [label.text() for label in page.findChildren(QLabel)], "no word of what there is none of"


def test_each_button_does_what_it_says(window: Any, intents: Any, qtbot: QtBot) -> None:
    window.go_to(DOCTOR)
    show(window, DoctorState(report=REPORT))
    buttons = {button.text(): button for button in window.pages.doctor.fixes}
    assert set(buttons) == {"Use the CPU", "Switch Serving on", "Choose a gateway", "Show the log"}
    intents.calls.clear()
    qtbot.mouseClick(buttons["Use the CPU"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(buttons["Switch Serving on"], Qt.MouseButton.LeftButton)
    assert intents.calls == [
        ("choose_device", DeviceChoice.CPU), ("examine",), ("set_desired", Desired.SERVING),
    ]  # fmt: skip
    qtbot.mouseClick(buttons["Choose a gateway"], Qt.MouseButton.LeftButton)
    assert window.page == HOME
    window.go_to(DOCTOR)
    qtbot.mouseClick(buttons["Show the log"], Qt.MouseButton.LeftButton)
    assert window.page == LOGS


def test_fixes_that_leave_this_window(window: Any, intents: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    monkeypatch.setattr(doctor_page, "open_page", lambda page: opened.append(page) or page is SystemPage.CLOCK)
    monkeypatch.setattr(doctor_page.QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    checks = (
        Check("clock", Verdict.WARNING, "clock_off", {"seconds": "20", "direction": "behind"}, Fix.OPEN_CLOCK_SETTINGS),
        Check("network", Verdict.PROBLEM, "network_down", fix=Fix.OPEN_NETWORK_SETTINGS),
        Check("driver", Verdict.PROBLEM, "driver_no_permission", fix=Fix.JOIN_GPU_GROUP),
        Check("gpu", Verdict.PROBLEM, "driver_failed", {"message": "It broke."}, Fix.OPEN_DRIVER_PAGE),
        Check("vram", Verdict.WARNING, "vram_small", {"name": "A", "total": "1", "free": "1"}, Fix.SHOW_GPUS),
    )
    window.go_to(DOCTOR)
    show(window, DoctorState(report=replace(REPORT, checks=checks)))
    page = window.pages.doctor
    buttons = {button.text(): button for button in page.fixes}
    for label in ("Open the clock's settings", "Open the network's settings", "Get the driver", "Copy the command"):
        qtbot.mouseClick(buttons[label], Qt.MouseButton.LeftButton)
        if label == "Open the network's settings":
            assert page._detail.text() == "This desktop has no such page. In a terminal: nmtui"
    assert opened == [SystemPage.CLOCK, SystemPage.NETWORK, "https://www.nvidia.com/drivers"]
    assert QApplication.clipboard().text() == 'sudo usermod -aG video,render "$USER"'
    qtbot.mouseClick(buttons["Show the GPUs"], Qt.MouseButton.LeftButton)
    assert window.page == GPUS


def test_each_system_has_its_own_pages_of_settings() -> None:
    for page in SystemPage:
        assert page_address(page, "win32").startswith("ms-settings:")
        assert page_address(page, "darwin").startswith("x-apple.systempreferences:")
        assert page_address(page, "linux") == ""
        assert page_program(page, lambda name: None) == ()
    only_kde = page_program(SystemPage.CLOCK, lambda name: f"/usr/bin/{name}" if name == "systemsettings" else None)
    assert only_kde == ("/usr/bin/systemsettings", "kcm_clock")
    assert page_program(SystemPage.NETWORK, lambda name: f"/bin/{name}") == ("/bin/gnome-control-center", "network")


def test_diagnostics_are_shown_before_they_are_saved(window: Any, intents: Any, qtbot: QtBot, tmp_path: Path) -> None:
    files = (BundleFile("README.txt", "<b>read</b> me"), BundleFile("logs.jsonl", "x" * 500_000 + "the end"))

    class OneCore:
        async def bundle(self) -> tuple[BundleFile, ...]:
            return files

    intents.answer_by(OneCore())
    window.go_to(DOCTOR)
    page = window.pages.doctor
    qtbot.mouseClick(page.diagnostics, Qt.MouseButton.LeftButton)
    view = page.bundle
    assert [view.names.item(row).text() for row in range(view.names.count())] == ["README.txt", "logs.jsonl"]
    assert view.text.toPlainText() == "<b>read</b> me" and view.text.isReadOnly()
    view.names.setCurrentRow(1)
    shown = view.text.toPlainText()
    assert shown.endswith("the end") and "007 characters" in shown and len(shown) < 410_000
    view.save_to(str(tmp_path / "saved.zip"))
    with zipfile.ZipFile(tmp_path / "saved.zip") as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == {f.name: f.text for f in files}
    view.save_to(str(tmp_path / "none" / "saved.zip"))
    assert any("Could not save" in label.text() for label in view.findChildren(QLabel))
    qtbot.mouseClick(view.back, Qt.MouseButton.LeftButton)
    assert page.bundle is None and page.again.isVisible()


def test_the_report_is_copied_as_text(window: Any, intents: Any, qtbot: QtBot) -> None:
    window.go_to(DOCTOR)
    show(window, DoctorState(report=REPORT))
    qtbot.mouseClick(window.pages.doctor.copy, Qt.MouseButton.LeftButton)
    text = QApplication.clipboard().text()
    assert "Graphics driver" in text and "PROBLEM" in text


def test_the_window_names_everything_that_the_core_names(qapp: QApplication) -> None:
    for code, title in TITLES.items():
        assert doctor_wording.title(Check(code, Verdict.OK, "python_ok", {"version": "3"})) == title
    for fix in Fix:
        assert doctor_wording.fix_label(Check("disk", Verdict.OK, "disk_unknown", fix=fix)) == FIXES[fix.value].label
