"""`r3mes` as a person and a script use it: real processes, real signals, a real terminal."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from r3mes_launcher import cli

FIRST_WORD_S = 5.0
STARTS = 3
"""Other programs on the machine delay a start; one of these has to keep the promise, longer by the machine's load."""
PATIENCE_S = 60.0
CLI = (sys.executable, "-m", "r3mes_launcher.cli")

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and terminals")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "R3MES_HOME": str(tmp_path / "home")}


@pytest.fixture
def r3mes(environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*CLI, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )

    return run


@contextmanager
def running(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`r3mes run …` with its output on one pipe; killed at the end if it still runs."""
    process = subprocess.Popen(
        [*CLI, "run", *arguments],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    seen = ""
    while words not in seen:
        line = process.stdout.readline()
        assert line, f"it ended before it said {words!r}: {seen}"
        seen += line
    return seen


def test_nothing_runs_and_it_says_so(r3mes: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    asked = r3mes("status")
    assert asked.returncode == 3 and "No R3MES launcher runs" in asked.stdout
    asked = r3mes("status", "--json")
    assert asked.returncode == 3 and json.loads(asked.stdout) == {"running": False, "launchers": []}


@pytest.mark.parametrize(
    "arguments", [(), ("fly",), ("run", "--device", "quantum"), ("run", "--gateway", "nonsense"), ("status", "--x")]
)
def test_bad_usage_is_told_and_starts_nothing(
    r3mes: Callable[..., subprocess.CompletedProcess[str]], arguments: tuple[str, ...], tmp_path: Path
) -> None:
    asked = r3mes(*arguments)
    assert asked.returncode == 2
    assert asked.stderr and "Traceback" not in asked.stderr
    assert not (tmp_path / "home").exists()


def test_a_number_out_of_its_bounds_is_told_by_its_bounds() -> None:
    for arguments, bounds in ((["earnings", "--days", "9999"], "1 to 90"), (["logs", "-n", "-5"], "0 to 1000000")):
        with pytest.raises(SystemExit) as ended, contextlib.redirect_stderr(io.StringIO()) as said:
            cli.main(arguments)
        assert ended.value.code == 2
        assert f"{arguments[-1]!r} is not a whole number from {bounds}" in said.getvalue()


def test_a_file_that_can_not_be_used_is_a_sentence(
    r3mes: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    missing = tmp_path / "missing" / "file.json"
    done = r3mes("settings", "export", str(missing))
    assert done.returncode == 1 and "Errno" not in done.stderr
    assert done.stderr.startswith(f"r3mes: {missing} can't be used: no such file or directory. Name a file")


def test_a_bundle_that_is_not_there_opens_no_window(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from r3mes_launcher.__main__ import main

    monkeypatch.setenv("DISPLAY", ":0")
    for path, why in ((tmp_path / "sent.zip", "does not exist"), (tmp_path, "is a folder")):
        assert main(["--bundle", str(path)]) == 2
        assert f"--bundle: {path} {why}. Name a diagnostics bundle" in capsys.readouterr().err


def test_a_home_that_can_not_be_used_is_a_sentence(
    r3mes: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "home").write_text("a file")
    asked = r3mes("run", "--demo")
    assert asked.returncode == 1 and "R3MES_HOME" in asked.stderr and "Traceback" not in asked.stderr


@pytest.mark.alone
def test_the_demo_says_its_first_word_soon(environment: dict[str, str]) -> None:
    took: list[float] = []
    kept = False
    while not kept and len(took) < STARTS:
        started = time.monotonic()
        process = subprocess.Popen(
            [*CLI, "chat", "--demo", "--prompt", "hello"],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        first = os.read(process.stdout.fileno(), 64)
        took.append(time.monotonic() - started)
        out, err = process.communicate(timeout=60)
        load = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)) if sys.platform != "win32" else 1.0
        print(f"load {load:.1f}: the first word of the demo after {took[-1]:.2f} s")
        kept = took[-1] < FIRST_WORD_S * load
        assert process.returncode == 0
        assert first.startswith(b"[mock]") and len((first + out).split()) > 5
        assert b"> hello" in err, "stdout holds the answer alone"
    assert kept, took


def test_it_loads_no_qt_and_no_torch(environment: dict[str, str]) -> None:
    code = (
        "import sys; from r3mes_launcher.cli import main; code = main(['chat', '--demo', '--prompt', 'hi']);"
        "code = code or main(['settings', 'list']) or main(['doctor', '--demo']);"
        "bad = [n for n in sys.modules if n.split('.')[0] in ('PySide6', 'shiboken6', 'torch', 'transformers')];"
        "bad += [n for n in sys.modules if n.startswith(('r3mes_launcher.ui', 'r3mes_launcher.bridge', 'r3mes_api'))];"
        "sys.exit(code or (str(bad) if bad else 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_doctor_tells_people_and_scripts(
    r3mes: Callable[..., subprocess.CompletedProcess[str]], environment: dict[str, str], tmp_path: Path
) -> None:
    asked = r3mes("doctor", "--demo", "--json")
    report = json.loads(asked.stdout)
    assert report["schema"] == 1 and asked.returncode == (1 if report["verdict"] == "problem" else 0)
    assert {"driver", "disk", "keyring", "python"} <= {check["code"] for check in report["checks"]}
    # An engine that does not exist, on a computer of any kind.
    environment["R3MES_ENGINE_PYTHON"] = str(tmp_path / "gone")
    asked = r3mes("doctor")
    assert asked.returncode == 1 and "antivirus" in asked.stdout and "Problems:" in asked.stdout
    assert "Traceback" not in asked.stderr


@posix_only
def test_run_serves_is_seen_and_ends_on_ctrl_c(
    environment: dict[str, str], r3mes: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    with running(environment, "--demo", "--serve") as process:
        read_until(process, "Node: serving")
        # The file follows the state within a second.
        deadline = time.monotonic() + PATIENCE_S
        while "now serving" not in r3mes("status").stdout:
            assert time.monotonic() < deadline
        asked = json.loads(r3mes("status", "--json").stdout)
        [launcher] = asked["launchers"]
        assert asked["running"] and launcher["pid"] == process.pid and launcher["demo"]
        assert psutil.pid_exists(launcher["engine"]["pid"])

        second = r3mes("run", "--demo")
        assert second.returncode == 1 and "Another R3MES launcher" in second.stderr

        asked_through = r3mes("chat", "--demo", "--prompt", "hello")
        assert asked_through.returncode == 0 and asked_through.stdout.startswith("[mock]")
        assert f"pid {process.pid}" in asked_through.stderr

        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "Ending" in rest and "Node: off" in rest and "Traceback" not in rest
    assert r3mes("status").returncode == 3


@posix_only
def test_a_killed_run_leaves_no_process(environment: dict[str, str]) -> None:
    with running(environment, "--demo", "--serve") as process:
        read_until(process, "Node: serving")
        family = psutil.Process(process.pid).children(recursive=True)
        commands = " ".join(" ".join(child.cmdline()) for child in family)
        assert all(name in commands for name in ("r3mes_api", "role_demo_engine", "role_guard"))
        process.kill()
        killed_at = time.monotonic()
        _, alive = psutil.wait_procs(family, timeout=10)
        took = time.monotonic() - killed_at
        print(f"all {len(family)} children were gone {took:.2f} s after the kill")
        assert not [child for child in alive if child.status() != psutil.STATUS_ZOMBIE]
        assert took < 5.0


@posix_only
def test_a_node_that_can_not_serve_ends_the_run_with_its_code(environment: dict[str, str], tmp_path: Path) -> None:
    fake = tmp_path / "engine"
    fake.write_text("#!/bin/sh\nexit 11\n")
    fake.chmod(0o700)
    with running({**environment, "R3MES_ENGINE_PYTHON": str(fake)}, "--serve") as process:
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 11
    assert "Node: failed. The model is missing or damaged. Choose another model" in out


@posix_only
def test_a_conversation_on_a_terminal(environment: dict[str, str]) -> None:
    import pty

    primary, secondary = pty.openpty()
    process = subprocess.Popen(
        [*CLI, "chat", "--demo"], env=environment, stdin=secondary, stdout=secondary, stderr=secondary,
        start_new_session=True,
    )  # fmt: skip
    os.close(secondary)
    seen = ""

    def read_to(words: str) -> None:
        nonlocal seen
        deadline = time.monotonic() + PATIENCE_S
        while words not in seen:
            assert time.monotonic() < deadline, seen
            seen += os.read(primary, 4096).decode("utf-8", "replace")
        seen = seen.split(words, 1)[1]

    try:
        read_to("\r\n> ")
        os.write(primary, b"hello there\n")
        read_to("[mock]")
        read_to("> ")
        os.write(primary, b"tell me a long story\n")
        read_to("[mock]")
        process.send_signal(signal.SIGINT)
        read_to("> ")
        assert process.poll() is None, "Ctrl-C stops the answer and not the chat"
        os.write(primary, b"\x04")
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(primary)


@posix_only
def test_an_answer_that_is_interrupted_is_no_success(environment: dict[str, str]) -> None:
    process = subprocess.Popen(
        [*CLI, "chat", "--demo", "--prompt", "hello"], env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    os.read(process.stdout.fileno(), 16)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in err
