"""What the command line says: a line per change, a bar on a terminal, and nothing twice."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from r3mes_launcher.core.state import (
    Actual,
    Desired,
    Fault,
    GatewayKind,
    GatewayState,
    LauncherState,
    LogLevel,
    LogLine,
    NodeState,
    ProcessState,
    Progress,
)
from r3mes_launcher.terminal.exit_status import ExitStatus, fault_status
from r3mes_launcher.terminal.printer import LINE_INTERVAL_S, Printer, progress_text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def node(actual: Actual, **values: object) -> LauncherState:
    return LauncherState(node=NodeState(actual=actual, **values))  # type: ignore[arg-type]


def provisioning(done: int) -> LauncherState:
    return node(Actual.PROVISIONING, progress=Progress("Downloading the engine", done, 344_000_000, "bytes"))


def test_each_change_is_one_line() -> None:
    stream = io.StringIO()
    printer = Printer(stream)
    serving = node(
        Actual.SERVING, desired=Desired.SERVING, model="m", device="a GPU", engine=ProcessState(running=True, pid=7)
    )
    for state in (LauncherState(), node(Actual.STOPPED), node(Actual.STOPPED), serving, serving):
        printer.on_state(state)
    printer.on_state(replace(serving, node=replace(serving.node, total_tokens=5)))
    assert stream.getvalue().splitlines() == ["Node: off", "Node: serving m on a GPU (engine pid 7)"]


def test_what_it_would_cost_is_said_before() -> None:
    stream = io.StringIO()
    Printer(stream).on_state(node(Actual.UNPROVISIONED, provision_bytes=344_000_000))
    assert stream.getvalue() == "Node: not installed; Serving downloads 344 MB first\n"


def test_a_fault_says_what_to_do() -> None:
    stream = io.StringIO()
    Printer(stream).on_state(node(Actual.FAULTED, fault=Fault("no_usable_gpu", "No GPU was found.", "Use the CPU.")))
    assert stream.getvalue() == "Node: failed. No GPU was found. Use the CPU.\n"


def test_progress_in_a_file_is_a_line_now_and_then() -> None:
    stream, clock = io.StringIO(), Clock()
    printer = Printer(stream, clock=clock)
    for second in range(25):
        clock.now = float(second)
        printer.on_state(provisioning(second * 10_000_000))
    lines = stream.getvalue().splitlines()
    assert lines[:2] == ["Downloading the engine: 0 kB of 344 MB", "Downloading the engine: 100 MB of 344 MB"]
    assert len(lines) == 1 + int(24 // LINE_INTERVAL_S)


def test_progress_on_a_terminal_is_a_bar_that_a_line_replaces() -> None:
    stream, clock = Terminal(), Clock()
    printer = Printer(stream, clock=clock)
    printer.on_state(provisioning(172_000_000))
    assert "[###############...............] Downloading the engine: 172 MB of 344 MB" in stream.getvalue()
    printer.on_state(node(Actual.STOPPED))
    assert stream.getvalue().endswith("\rNode: off\n")


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (Progress("Checking."), "Checking"),
        (Progress("Reading", 41, 100, "%"), "Reading: 41 %"),
        (Progress("Installing", 3, 9, "packages"), "Installing: 3 of 9 packages"),
        (Progress("Downloading", 1_500_000, 0, "bytes"), "Downloading: 2 MB"),
        (Progress("Downloading", 1, 3_110_000_000, "bytes"), "Downloading: 0 kB of 3.1 GB"),
    ],
)
def test_progress_is_readable(progress: Progress, text: str) -> None:
    assert progress_text(progress) == text


def test_the_log_is_printed_where_it_matters() -> None:
    lines = [
        LogLine(0.0, "engine", LogLevel.INFO, "chatter"),
        LogLine(0.0, "engine", LogLevel.ERROR, "a problem"),
        LogLine(0.0, "launcher", LogLevel.WARNING, "careful"),
    ]
    for verbose, expected in ((False, ["[engine] a problem", "careful"]), (True, 3)):
        stream = io.StringIO()
        Printer(stream, verbose=verbose).on_logs(lines)
        said = stream.getvalue().splitlines()
        assert said == expected if isinstance(expected, list) else len(said) == expected


def test_a_reader_that_left_stops_nothing() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    printer = Printer(Gone())
    gateway = GatewayState(kind=GatewayKind.REMOTE, url="https://x", reachable=True)
    printer.on_state(replace(node(Actual.STOPPED), gateway=gateway))
    printer.on_state(provisioning(1))
    printer.close()


def test_faults_have_the_engines_exit_codes() -> None:
    assert fault_status(Fault("no_usable_gpu", "")) == 10
    assert fault_status(Fault("model_unusable", "")) == 11
    assert fault_status(Fault("provisioning_no_network", "")) == ExitStatus.FAILED
    assert fault_status(None) == ExitStatus.FAILED
