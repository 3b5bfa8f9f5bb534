"""First light: window, core, gateway, engine and a real model in one path. Nothing here is scripted or mocked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import openai
import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from r3mes_launcher.composition import CompositionOptions, compose
from r3mes_launcher.core.first_run import Screen
from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.state import Actual, Desired, DeviceChoice, LauncherState
from r3mes_launcher.ui.pages import CHAT

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget
    from pytestqt.qtbot import QtBot

    from r3mes_launcher.ui.main_window import MainWindow
    from r3mes_launcher.ui.theme import Theme

MODEL = "SmolLM2-135M-Instruct"
PROMPT = "What is the capital of France? Tell me three facts about it."

# The first start converts the model, on a machine that may have other work.
FIRST_START_S = 240.0
ANSWER_S = 120.0

pytestmark = [pytest.mark.model, pytest.mark.alone, pytest.mark.timeout(480)]


@pytest.fixture(scope="session")
def first_light_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for all of this module: the model is converted once, as it is for a person."""
    return tmp_path_factory.mktemp("first-light")


@pytest.fixture
def serving_environment(first_light_home: Path) -> dict[str, str]:
    # The interpreter of the tests has the engine already: provisioning has tests of its own.
    return {**os.environ, "R3MES_HOME": str(first_light_home), "R3MES_ENGINE_PYTHON": sys.executable}


@pytest.fixture
def worker() -> Iterator[ThreadPoolExecutor]:
    """For the clients outside: the GUI thread must go on while they wait."""
    with ThreadPoolExecutor(2) as pool:
        yield pool


class Launched:
    """The window on a real core, and what the test has seen of it."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self.qtbot = qtbot

    @property
    def state(self) -> LauncherState:
        return self.window.content.state

    def wait(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        def ready() -> None:
            node = self.state.node
            assert condition(), f"{what}: {node.actual} {node.reason!r} {node.fault} {self.state.gateway.message!r}"

        self.qtbot.waitUntil(ready, timeout=round(seconds * 1000))

    def result(self, future: Future[object], seconds: float) -> object:
        self.wait(future.done, seconds, "the client's answer")
        return future.result()

    def serving(self) -> bool:
        return self.state.node.actual is Actual.SERVING and MODEL in self.state.models


@pytest.fixture
def launched(qtbot: QtBot, theme: Theme, serving_environment: dict[str, str]) -> Iterator[Launched]:
    from r3mes_launcher.bridge import Bridge
    from r3mes_launcher.ui.current_bridge import CurrentBridge
    from r3mes_launcher.ui.main_window import MainWindow
    from r3mes_launcher.ui.window_content import WindowContent

    bridge = Bridge(lambda: compose(CompositionOptions(device=DeviceChoice.CPU), serving_environment))
    window = MainWindow(theme, CurrentBridge(bridge, lambda demo: None), WindowContent())
    qtbot.addWidget(window, before_close_func=lambda widget: widget.allow_close())
    bridge.state_changed.connect(window.show_state)
    bridge.logs_arrived.connect(window.show_logs)
    window.show()
    bridge.start()
    yield Launched(window, qtbot)
    with qtbot.waitSignal(bridge.ended, timeout=60_000):
        bridge.close()
    assert bridge.join(60)


def test_a_prompt_is_answered_by_a_real_model_token_by_token(launched: Launched, worker: ThreadPoolExecutor) -> None:
    window = launched.window
    launched.wait(lambda: launched.state.node.actual is Actual.STOPPED, 60, "the core is up")

    # The person switches Serving on.
    window.pages.home.serving.switch.click()
    launched.wait(launched.serving, FIRST_START_S, "the node serves")
    assert launched.state.node.desired is Desired.SERVING
    engine_pid = launched.state.node.engine.pid
    assert engine_pid is not None and psutil.pid_exists(engine_pid)
    origin = launched.state.gateway.url

    # The official client streams from the gateway without special cases.
    arrivals, text, usage = launched.result(worker.submit(stream_with_openai, origin), ANSWER_S)
    assert len(arrivals) >= 16
    assert "Paris" in text
    assert usage.completion_tokens >= 16
    assert_one_after_another(arrivals)

    # The same through the Chat page.
    seen = watch_answer(launched)
    assert len(seen) >= 4, "the page shows the answer while it comes"
    answer = window.pages.chat.conversation.messages[-1].text
    assert len(answer.split()) >= 10 and answer.startswith(seen[0][1])
    assert all(later.startswith(earlier) for (_, earlier), (_, later) in pairwise(seen))

    # A client that leaves stops the generation.
    ended_before = launched.state.node.total_requests
    left_at = launched.result(worker.submit(leave_mid_stream, origin), ANSWER_S)
    launched.wait(lambda: launched.state.node.total_requests > ended_before, 10, "the engine ends the request")
    # The window hears of it 10 times a second; what the gateway and the engine need is bounded by tests of their own.
    assert time.monotonic() - left_at < 2.0

    # The engine dies: the window says so, and it comes back by itself.
    os.kill(engine_pid, signal.SIGKILL)
    launched.wait(lambda: launched.state.node.engine.restarts >= 1, 30, "the death is noticed")
    said = launched.state.node.reason + launched.state.node.engine.last_exit
    assert "SIGKILL" in said or "killed" in said, said
    launched.wait(
        lambda: launched.serving() and launched.state.node.engine.pid not in (None, engine_pid),
        FIRST_START_S,
        "the node serves again",
    )

    window.pages.home.serving.switch.click()
    launched.wait(lambda: launched.state.node.actual is Actual.STOPPED, 60, "the node stops")


@pytest.fixture
def opened_first(
    qtbot: QtBot, qapp: QApplication, theme: Theme, serving_environment: dict[str, str], tmp_path: Path
) -> Iterator[Launched]:
    """The whole application at its first start; its engine's folder has the converted model already."""
    from r3mes_launcher.app import App
    from r3mes_launcher.ui.preferences import PreferenceFile

    def compose_one(demo: bool) -> Core:
        return compose(CompositionOptions(demo=demo), serving_environment)

    app = App(qapp, theme, compose_one, PreferenceFile(tmp_path / "window.json"), first_run=True)
    app.start()
    yield Launched(app.window, qtbot)
    with qtbot.waitSignal(app.finished, timeout=60_000):
        app.quit()
    app.window.deleteLater()
    app.tray.menu.deleteLater()
    app.deleteLater()


def test_from_the_first_start_by_clicks_to_an_answer_of_this_computer(opened_first: Launched) -> None:
    launched, window, qtbot = opened_first, opened_first.window, opened_first.qtbot

    def click(widget: QWidget) -> None:
        qtbot.waitUntil(lambda: widget.isVisible() and widget.isEnabled(), timeout=60_000)
        qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    launched.wait(lambda: window.first_run is not None, 60, "the first start's screens")
    launched.wait(lambda: launched.state.node.actual is Actual.STOPPED, 60, "the core is up")
    screens = []
    while (sheet := window.first_run) is not None and sheet.isVisible():
        screens.append(sheet.screen_shown)
        assert len(screens) <= len(Screen), screens
        if sheet.screen_shown is Screen.HARDWARE:
            # The tester's word: without it there is no way on where there is no GPU.
            click(sheet.choices[DeviceChoice.CPU])
        before = sheet.screen_shown
        click(sheet.next)
        launched.wait(
            lambda sheet=sheet, before=before: (
                window.first_run is None or not sheet.isVisible() or sheet.screen_shown is not before
            ),
            20,
            f"{before} is left",
        )
    assert screens == list(Screen), "six screens to a serving node"
    launched.wait(launched.serving, FIRST_START_S, "the node serves")
    assert launched.state.device_choice is DeviceChoice.CPU

    click(window.navigation.buttons[CHAT])
    seen = watch_answer(launched)
    assert len(seen) >= 4 and len(seen[-1][1].split()) >= 10, "the answer comes word by word"
    launched.wait(lambda: launched.state.node.total_requests >= 1, 10, "this computer's engine answered it")


def stream_with_openai(origin: str) -> tuple[list[float], str, openai.types.CompletionUsage]:
    arrivals: list[float] = []
    text, usage = "", None
    with openai.OpenAI(base_url=f"{origin}/v1", api_key="none", max_retries=0) as client:
        stream = client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": PROMPT}],
            max_tokens=40,
            temperature=0,
            stream=True,
            stream_options={"include_usage": True},
        )
        for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                arrivals.append(time.monotonic())
                text += chunk.choices[0].delta.content
            usage = chunk.usage or usage
    assert usage is not None
    return arrivals, text, usage


def assert_one_after_another(arrivals: list[float]) -> None:
    """A burst at the end would be a whole answer in disguise: at least half of the pauses are real ones."""
    pauses = [later - earlier for earlier, later in pairwise(arrivals)]
    assert sum(pause > 0.002 for pause in pauses) >= len(pauses) / 2, pauses


def watch_answer(launched: Launched) -> list[tuple[float, str]]:
    """Types a prompt into the page and returns each different text that the answer had on its way."""
    chat = launched.window.pages.chat
    QTest.keyClicks(chat.composer.field, PROMPT)
    QTest.keyClick(chat.composer.field, Qt.Key.Key_Return)
    seen: list[tuple[float, str]] = []

    def over() -> bool:
        messages = chat.conversation.messages
        text = messages[-1].text if len(messages) == 2 else ""
        if text and (not seen or seen[-1][1] != text):
            seen.append((time.monotonic(), text))
        return bool(text) and not chat.conversation.answering

    launched.wait(over, ANSWER_S, "the page's answer")
    return seen


def leave_mid_stream(origin: str) -> float:
    """Leaves in the middle of a long answer. Returns when that was, on the monotonic clock."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": PROMPT}], "max_tokens": 500, "stream": True}
    with httpx.Client(base_url=origin, trust_env=False, timeout=60) as client:
        with client.stream("POST", "/v1/chat/completions", json=body) as response:
            content = (line for line in response.iter_lines() if '"content"' in line)
            for _ in range(3):
                next(content)
            assert jobs_under_way(client) == 1
        return time.monotonic()


def jobs_under_way(client: httpx.Client) -> int:
    return sum(node["jobs"] for node in client.get("/v1/nodes").json()["data"])


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX; the Job Object does this on Windows")
def test_nothing_outlives_a_killed_launcher(serving_environment: dict[str, str]) -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-m", "r3mes_launcher.cli", "run", "--serve", "--device", "cpu"],
        env=serving_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    ends: list[str] = []
    try:
        children = wait_for_generation(launcher)
        names = {child.pid: " ".join(child.cmdline()[1:5]) for child in children}
    finally:
        launcher.kill()
    killed = time.monotonic()
    output = launcher.communicate(timeout=30)[0]
    _, alive = psutil.wait_procs(
        children, timeout=15, callback=lambda p: ends.append(f"{time.monotonic() - killed:.1f} s: {names[p.pid]}")
    )
    took = time.monotonic() - killed
    for process in alive:
        process.kill()
    assert not alive, f"{alive} outlived the launcher. It said:\n{output}"
    assert took <= 5.0, f"the last child ended after {took:.1f} s: {ends}"


def wait_for_generation(launcher: subprocess.Popen[str]) -> list[psutil.Process]:
    """All descendants of the launcher, at a moment when the model is generating."""
    parent = psutil.Process(launcher.pid)
    deadline = time.monotonic() + FIRST_START_S
    while True:
        assert launcher.poll() is None, launcher.stdout.read() if launcher.stdout else ""
        assert time.monotonic() < deadline, "no node began to serve"
        origin = find_gateway(parent)
        if origin is not None and generating(origin):
            children = parent.children(recursive=True)
            assert len(children) >= 2, children
            return children
        time.sleep(0.2)


def find_gateway(parent: psutil.Process) -> str | None:
    for child in parent.children(recursive=True):
        try:
            if "r3mes_api" not in " ".join(child.cmdline()):
                continue
            listening = [c for c in child.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        except psutil.Error:
            continue
        if listening:
            return f"http://127.0.0.1:{listening[0].laddr.port}"
    return None


def generating(origin: str) -> bool:
    """Begins a long answer and leaves it running behind a connection that stays open until this process ends it."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": PROMPT}], "max_tokens": 500, "stream": True}
    client = httpx.Client(base_url=origin, trust_env=False, timeout=60)
    try:
        request = client.build_request("POST", "/v1/chat/completions", json=body)
        response = client.send(request, stream=True)
        if response.status_code == 200 and any('"content"' in line for line in response.iter_lines()):
            return True
    except httpx.HTTPError:
        pass
    client.close()
    return False
