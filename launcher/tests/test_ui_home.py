from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from r3mes_launcher.core.state import (
    Actual,
    Desired,
    DeviceChoice,
    Fault,
    GatewayKind,
    GatewayState,
    LauncherState,
    NodeState,
    ProcessState,
    Progress,
)

NOW = 10_000.0


def texts(widget: Any) -> list[str]:
    """Everything that can be read on a widget."""
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible() and label.text()]


def show(window: Any, node: NodeState, **others: Any) -> LauncherState:
    state = replace(LauncherState(node=node), **others)
    window.show_state(state)
    # A person clicks after the layout has found room for what is new.
    QApplication.processEvents()
    return state


@pytest.mark.parametrize("desired", list(Desired))
def test_every_state_is_drawn_with_wish_and_reality(window: Any, desired: Desired) -> None:
    card = window.pages.home.serving
    for actual in Actual:
        show(window, NodeState(desired=desired, actual=actual, reason=f"Because of {actual}."))
        read = texts(card)
        assert ("Serving: on" if desired is Desired.SERVING else "Serving: off") in read
        assert card.switch.isChecked() is (desired is Desired.SERVING)
        assert f"Because of {actual}." in read
        assert card.retry.isVisible() is (actual in (Actual.FAULTED, Actual.BACKING_OFF))
        assert card.cancel.isVisible() is (actual is Actual.PROVISIONING)
        assert not card.use_cpu.isVisible()
        assert f"Because of {actual}." in card.accessibleDescription()


def test_the_switch_is_a_wish(window: Any, intents: Any, qtbot: QtBot) -> None:
    show(window, NodeState(actual=Actual.STOPPED))
    switch = window.pages.home.serving.switch
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert intents.calls == [("set_desired", Desired.SERVING)]
    show(window, NodeState(desired=Desired.SERVING, actual=Actual.SERVING))
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    assert intents.calls[1:] == [("set_desired", Desired.OFF)]


def test_showing_a_state_wishes_nothing(window: Any, intents: Any) -> None:
    for actual in Actual:
        for desired in Desired:
            show(window, NodeState(desired=desired, actual=actual))
    assert intents.calls == []


def test_a_missing_gpu_offers_the_cpu(window: Any, intents: Any, qtbot: QtBot) -> None:
    fault = Fault("no_usable_gpu", "No usable GPU was found.", "Install the driver.")
    show(window, NodeState(desired=Desired.SERVING, actual=Actual.FAULTED, fault=fault))
    card = window.pages.home.serving
    assert {"No usable GPU was found.", "Install the driver."} <= set(texts(card))
    assert texts(card).count("No usable GPU was found.") == 1, "the fault is said once"
    qtbot.mouseClick(card.use_cpu, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(card.retry, Qt.MouseButton.LeftButton)
    assert intents.calls == [("serve_on_cpu",), ("retry",)]


def test_backing_off_counts_down_and_says_how_the_engine_ended(window: Any) -> None:
    node = NodeState(
        desired=Desired.SERVING,
        actual=Actual.BACKING_OFF,
        retry_at=NOW + 8,
        engine=ProcessState(restarts=2, last_exit="was killed by signal 9"),
    )
    window.pages.home.show_state(LauncherState(node=node), NOW)
    card = window.pages.home.serving
    assert "Next try in 8 s." in texts(card)
    assert "The engine was killed by signal 9." in texts(card)
    window.pages.home.tick(NOW + 5)
    assert "Next try in 3 s." in texts(card)
    assert card.retry.text() == "Try again now"


def test_the_size_of_the_download_is_said_before_it_starts(window: Any) -> None:
    show(window, NodeState(provision_bytes=231_000_000))
    assert "The first start downloads 231 MB." in texts(window.pages.home.serving)
    show(window, NodeState(actual=Actual.STOPPED))
    assert not any("downloads" in text for text in texts(window.pages.home.serving))


@pytest.mark.parametrize(
    ("progress", "amount"),
    [
        (Progress("Downloading", 98_400_000, 231_000_000), "98 MB of 231 MB  ·  43 %"),
        (Progress("Installing", 12, 63, "packages"), "12 of 63  ·  19 %"),
        (Progress("Downloading", 9_000_000_000_000, 3_000_000_000), "9000 GB of 3.0 GB  ·  100 %"),
    ],
)
def test_progress_of_setting_up(window: Any, progress: Progress, amount: str) -> None:
    show(window, NodeState(desired=Desired.SERVING, actual=Actual.PROVISIONING, progress=progress))
    read = texts(window.pages.home.serving)
    assert progress.stage in read
    assert amount in read


def test_loading_shows_its_progress_without_a_cancel_button(window: Any) -> None:
    loading = Progress("Loading the model", 41, 100, "%")
    show(window, NodeState(desired=Desired.SERVING, actual=Actual.STARTING, progress=loading))
    assert {"Loading the model", "41 %"} <= set(texts(window.pages.home.serving))
    assert not window.pages.home.serving.cancel.isVisible()
    show(window, NodeState(desired=Desired.SERVING, actual=Actual.SERVING))
    assert "Loading the model" not in texts(window.pages.home.serving)


def test_unknown_progress_is_shown_as_such(window: Any, intents: Any, qtbot: QtBot) -> None:
    show(window, NodeState(actual=Actual.PROVISIONING, progress=Progress("Checking")))
    assert "Checking" in texts(window.pages.home.serving)
    qtbot.mouseClick(window.pages.home.serving.cancel, Qt.MouseButton.LeftButton)
    assert intents.calls == [("cancel_provisioning",)]


def test_the_engine_card_shows_its_process(window: Any) -> None:
    engine = ProcessState(running=True, pid=4711, started_at=NOW - 7500, restarts=3, last_exit="ended with code 14")
    node = NodeState(
        desired=Desired.SERVING, actual=Actual.SERVING, engine=engine, model="small", device="RTX", node_id="ab" * 32
    )
    window.pages.home.show_state(LauncherState(node=node), NOW)
    read = texts(window.pages.home.engine)
    assert {"pid 4711", "2 h 05 min", "3", "ended with code 14", "small", "RTX", "abababababababab…"} <= set(read)
    window.pages.home.tick(NOW + 60)
    assert "2 h 06 min" in texts(window.pages.home.engine)
    window.pages.home.show_state(LauncherState(), NOW)
    assert "pid 4711" not in texts(window.pages.home.engine)
    assert "Not running" in texts(window.pages.home.engine)


def test_figures_are_shown_while_the_engine_runs(window: Any) -> None:
    engine = ProcessState(running=True, pid=1, started_at=NOW)
    node = NodeState(
        actual=Actual.SERVING,
        engine=engine,
        active_requests=2,
        total_requests=318,
        tokens_per_second=8.25,
        total_tokens=72904,
    )
    show(window, node)
    assert {"2", "318", "8.2", "72\u202f904"} <= set(texts(window.pages.home.serving))
    show(window, NodeState())
    assert "Requests now" not in texts(window.pages.home.serving)


def test_a_device_is_chosen(window: Any, intents: Any, qtbot: QtBot) -> None:
    show(window, NodeState())
    device = window.pages.home.engine.device
    qtbot.keyClick(device, Qt.Key.Key_Down)
    device.activated.emit(device.currentIndex())
    assert ("choose_device", DeviceChoice.CPU) in intents.calls
    show(window, NodeState(), device_choice=DeviceChoice.CPU)
    assert device.currentText().startswith("CPU")


def test_a_model_by_path_is_chosen_and_shown(window: Any, intents: Any, qtbot: QtBot) -> None:
    card = window.pages.home.engine
    show(window, NodeState())
    qtbot.mouseClick(card.model.browse_file, Qt.MouseButton.LeftButton)
    dialog = card.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit("/models/big.gguf")
    dialog.reject()
    assert intents.calls == [("choose_model", "/models/big.gguf")]
    show(window, NodeState(), model_path="/models/big.gguf")
    assert card.model.box.currentText() == "big.gguf"
    show(window, NodeState(), model_path="/models/other")
    assert [card.model.box.itemText(index) for index in range(card.model.box.count())] == [
        "SmolLM2 135M (built-in)",
        "other",
    ]
    show(window, NodeState(), model_path="builtin")
    assert card.model.box.currentIndex() == 0


def test_a_model_that_is_refused_leaves_the_choice_as_it_was(window: Any, intents: Any) -> None:
    card = window.pages.home.engine
    show(window, NodeState())
    intents.refuse = "This folder holds no model."
    card._choose("/empty")
    assert "This folder holds no model." in texts(card)
    assert card.model.box.currentIndex() == 0
    show(window, NodeState())
    assert "This folder holds no model." in texts(card), "the next state does not wipe the sentence away"


def test_another_gateway_is_chosen_by_its_address(window: Any, intents: Any, qtbot: QtBot) -> None:
    card = window.pages.home.gateway
    show(window, NodeState())
    qtbot.mouseClick(card.remote, Qt.MouseButton.LeftButton, pos=card.remote.rect().center())
    card.remote.click()
    assert card.url.isVisible()
    qtbot.mouseClick(card.connect_button, Qt.MouseButton.LeftButton)
    assert any("Enter the gateway's address" in text for text in texts(card))
    intents.refuse = "This is no address."
    qtbot.keyClicks(card.url, "htp:/x")
    qtbot.keyClick(card.url, Qt.Key.Key_Return)
    assert intents.calls == [("choose_gateway", GatewayKind.REMOTE, "htp:/x")]
    assert "This is no address." in texts(card)
    assert card.url.text() == "htp:/x", "what was typed is kept"
    qtbot.keyClicks(card.url, "y")
    assert "This is no address." not in texts(card)
    intents.refuse = ""
    qtbot.keyClick(card.url, Qt.Key.Key_Return)
    assert card.connect_button.isEnabled()


def test_typing_an_address_is_not_disturbed_by_new_states(window: Any, qtbot: QtBot) -> None:
    card = window.pages.home.gateway
    remote = GatewayState(kind=GatewayKind.REMOTE, url="https://one.example")
    show(window, NodeState(), gateway=remote)
    assert card.url.text() == "https://one.example"
    card.url.setFocus()
    qtbot.keyClicks(card.url, "/typed")
    show(window, NodeState(), gateway=replace(remote, reachable=True))
    assert card.url.text().endswith("/typed")


def test_back_to_the_local_gateway(window: Any, intents: Any) -> None:
    card = window.pages.home.gateway
    show(window, NodeState(), gateway=GatewayState(kind=GatewayKind.REMOTE, url="https://one.example"))
    assert card.remote.isChecked()
    card.local.click()
    assert intents.calls == [("choose_gateway", GatewayKind.LOCAL, "")]
    assert not card.url.isVisible()


def test_the_demo_is_one_click_and_one_back(window: Any, intents: Any, qtbot: QtBot) -> None:
    show(window, NodeState())
    assert not window.bars.demo.isVisible()
    qtbot.mouseClick(window.pages.home.try_demo, Qt.MouseButton.LeftButton)
    show(window, NodeState(), demo=True)
    assert window.bars.demo.isVisible()
    assert not window.pages.home.try_demo.isVisible()
    qtbot.mouseClick(window.bars.demo.leave, Qt.MouseButton.LeftButton)
    assert intents.calls == [("open_demo",), ("leave_demo",)]
