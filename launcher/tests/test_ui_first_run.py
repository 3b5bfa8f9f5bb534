"""The screens of the first start, by real clicks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from r3mes_launcher.core.first_run import Screen, WalletChoice
from r3mes_launcher.core.state import (
    Desired,
    DeviceChoice,
    GatewayKind,
    GpuDriver,
    GpuReport,
    GpuSample,
    LauncherState,
    NodeState,
)
from r3mes_launcher.ui.pages import WALLET

CARD = GpuReport(1.0, GpuDriver.OK, gpus=(GpuSample("a", "Fine Card"),))
BARE = GpuReport(1.0, GpuDriver.NO_DRIVER)


def read(sheet: Any) -> str:
    return "\n".join(label.text() for label in sheet.findChildren(QLabel) if label.isVisibleTo(sheet))


@pytest.fixture
def settle(qapp: QApplication) -> Any:
    def run() -> None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        qapp.processEvents()

    return run


@pytest.fixture
def serving_core(intents: Any, fake_core: Any) -> Any:
    """Answers what is asked by the core that notes it."""

    intents.answer_by(fake_core)
    return fake_core


def test_one_click_to_the_demo(window: Any, intents: Any, qtbot: QtBot) -> None:
    sheet = window.welcome()
    qtbot.mouseClick(sheet.demo, Qt.MouseButton.LeftButton)
    assert intents.calls == [("open_demo",)]


def test_six_screens_to_a_serving_node(window: Any, serving_core: Any, qtbot: QtBot, settle: Any) -> None:
    window.show_state(LauncherState(node=NodeState(provision_bytes=231_000_000)))
    window.show_report(CARD)
    sheet = window.welcome()
    seen = []
    while isValid(sheet) and sheet.isVisible():
        seen.append(sheet.screen_shown)
        if sheet.screen_shown is Screen.HARDWARE:
            assert "Fine Card" in read(sheet)
        if sheet.screen_shown is Screen.ENGINE:
            assert "231 MB" in read(sheet)
        qtbot.mouseClick(sheet.next, Qt.MouseButton.LeftButton)
        settle()
        if len(seen) > 6:
            break
    assert seen == list(Screen)
    assert serving_core.calls == [
        ("choose_device", DeviceChoice.AUTO),
        ("choose_model", "builtin"),
        ("choose_gateway", GatewayKind.LOCAL, ""),
        ("set_desired", Desired.SERVING),
    ]


def test_without_a_gpu_the_processor_is_an_explicit_choice_and_by_keyboard(
    window: Any, serving_core: Any, settle: Any
) -> None:
    window.show_report(BARE)
    sheet = window.welcome()
    sheet.activateWindow()
    QTest.keyClick(sheet.next, Qt.Key.Key_Return)
    settle()
    QTest.keyClick(sheet.next, Qt.Key.Key_Return)
    assert sheet.screen_shown is Screen.HARDWARE
    assert "no usable GPU" in sheet.problem
    QTest.keyClick(sheet.choices[DeviceChoice.CPU], Qt.Key.Key_Space)
    assert sheet.problem == ""
    QTest.keyClick(sheet.next, Qt.Key.Key_Return)
    assert sheet.screen_shown is Screen.ENGINE


def test_a_driver_that_answers_late_changes_the_verdict(window: Any) -> None:
    sheet = window.welcome()
    sheet.next.click()
    assert "Looking for GPUs" in read(sheet)
    window.show_report(CARD)
    assert "Fine Card" in read(sheet)


def test_a_bad_address_is_said_where_it_was_typed_and_stays(window: Any, serving_core: Any) -> None:
    window.show_report(CARD)
    sheet = window.welcome()
    while sheet.screen_shown is not Screen.GATEWAY:
        sheet.next.click()
    QTest.keyClicks(sheet.url, "not an address")
    assert sheet.choices[GatewayKind.REMOTE].isChecked()
    sheet.next.click()
    assert sheet.screen_shown is Screen.GATEWAY and "address" in sheet.problem
    assert sheet.url.text() == "not an address"
    sheet.url.clear()
    QTest.keyClicks(sheet.url, "https://gateway.example.org")
    sheet.next.click()
    assert "https://gateway.example.org" in read(sheet)
    sheet.back.click()
    assert sheet.url.text() == "https://gateway.example.org", "going back loses nothing"
    sheet.next.click()
    sheet.next.click()
    assert ("choose_gateway", GatewayKind.REMOTE, "https://gateway.example.org") in serving_core.calls


def test_the_wallet_is_made_after_the_start(window: Any, serving_core: Any, settle: Any) -> None:
    window.show_report(CARD)
    sheet = window.welcome()
    while sheet.screen_shown is not Screen.WALLET:
        sheet.next.click()
    sheet.choices[WalletChoice.MAKE].click()
    for _ in range(3):
        sheet.next.click()
    settle()
    assert window.page == WALLET
    opened = window.pages.wallet.host.sheet
    assert type(opened).__name__ == "CreateSheet"
    opened.close()


def test_a_core_that_refuses_leaves_the_screen_open_with_its_sentence(window: Any, serving_core: Any) -> None:
    window.show_report(CARD)
    serving_core.refuse = ValueError("No such device.")
    sheet = window.welcome()
    for _ in range(6):
        sheet.next.click()
    assert sheet.isVisible() and sheet.problem == "No such device."


@pytest.mark.parametrize("way", ["escape", "not now"])
def test_closing_it_is_remembered(window: Any, way: str) -> None:
    ended: list[bool] = []
    sheet = window.welcome()
    sheet.ended.connect(lambda: ended.append(True))
    if way == "escape":
        QTest.keyClick(sheet, Qt.Key.Key_Escape)
    else:
        sheet.skip.click()
    assert ended == [True]


def test_who_was_welcomed_is_not_welcomed_again(tmp_path: Path) -> None:
    from r3mes_launcher.ui.preferences import PreferenceFile, Preferences

    file = PreferenceFile(tmp_path / "window.json")
    assert file.load().welcomed is False
    file.save(replace(Preferences(), welcomed=True))
    assert file.load().welcomed is True
