"""A GPU that fails while an engine serves: its answers end, the process ends, and a new one takes its place."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_engine.cli import main
from r3mes_engine.restart_policy import HEALTHY_S, LONGEST_PAUSE_S, MOST_LOSSES, RestartPolicy, is_worth_restarting
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import Failed, FailureCode

FAULTY = str(Path(__file__).with_name("faulty_engine.py"))
SLOW = ("--scripted-tokens", "5000", "--scripted-tokens-per-second", "50")
BREAK = [{"role": "user", "content": "break it"}]
needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM for a child")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("CUDA error: an illegal memory access was encountered", "gpu_context_broken"),
        ("CUDA error: uncorrectable ECC error encountered", "gpu_memory_error"),
        ("CUDA error: GPU is lost", "gpu_lost"),
    ],
)
def test_a_fault_ends_every_answer_and_the_engine_with_a_code_worth_a_restart(
    start_engine: Any, gateway: Any, words: str, code: str
) -> None:
    engine = start_engine(*SLOW, gateway=gateway.url, program=[FAULTY], environment={"FAULT_WORDS": words})
    session = gateway.session()
    other = session.job()
    session.wait(lambda: len(session.frames.get(other, [])) > 3, "text of another answer")
    broken = session.job(messages=BREAK)
    failed = session.terminal(broken)
    assert isinstance(failed, Failed)
    # Another node may well answer it.
    assert failed.code is FailureCode.ENGINE_ERROR and failed.retryable
    assert isinstance(session.terminal(other), Failed), "its node is gone for it, too"
    assert engine.exit_code() == ExitCode.INTERNAL
    error = engine.all("error")[-1]
    assert (error.code, error.exit_code) == (code, ExitCode.INTERNAL)
    assert error.hint
    assert all(len(terminals) == 1 for terminals in session.terminals.values())


def test_from_the_fault_on_the_engine_says_that_it_is_down(start_engine: Any, gateway: Any) -> None:
    engine = start_engine(*SLOW, gateway=gateway.url, program=[FAULTY])
    session = gateway.session()
    other = session.job()
    session.wait(lambda: len(session.frames.get(other, [])) > 3, "text of another answer")
    with engine.client() as client:
        assert client.get("/health").status_code == 200
        body = {"model": "scripted", "messages": BREAK}
        refused = client.post("/v1/chat/completions", json=body)
        assert refused.status_code == 500 and "GPU" in refused.json()["error"]["message"]
        # It ends as soon as every answer has its failure: on a busy computer before it is asked.
        with contextlib.suppress(httpx.TransportError):
            down = client.get("/health")
            assert (down.status_code, down.json()["status"]) == (503, "down")
            assert "GPU" in down.json()["problem"]
            assert client.post("/v1/chat/completions", json={**body, "messages": BREAK}).status_code == 503
    assert engine.exit_code() == ExitCode.INTERNAL


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        ("CUDA error: uncorrectable ECC error encountered", "gpu_memory_error", ExitCode.INTERNAL),
        (
            "CUDA error: no kernel image is available for execution on the device",
            "gpu_unsuitable",
            ExitCode.NO_USABLE_GPU,
        ),
        ("something else", "internal", ExitCode.INTERNAL),
    ],
)
def test_a_fault_while_loading_is_not_blamed_on_the_model(
    start_engine: Any, words: str, code: str, exit_code: ExitCode
) -> None:
    engine = start_engine(program=[FAULTY], environment={"FAULT_WORDS": words, "FAULT_AT": "load"})
    assert engine.exit_code() == exit_code
    assert engine.event("error").code == code
    assert engine.all("ready") == []


# --- supervision -----------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 300), max_size=30))
def test_pauses_double_up_to_the_longest_and_begin_anew_after_healthy_minutes(ups: list[float]) -> None:
    policy, losses = RestartPolicy(lambda low, high: 1.0), 0
    for up_s in ups:
        losses = 1 if up_s >= HEALTHY_S else losses + 1
        pause = policy.ended(ExitCode.INTERNAL, up_s)
        assert pause == (None if losses > MOST_LOSSES else min(2.0 ** (losses - 1), LONGEST_PAUSE_S))


def test_what_a_person_has_to_mend_is_not_tried_again() -> None:
    restarted = {code for code in ExitCode if is_worth_restarting(code)}
    assert restarted == {ExitCode.OUT_OF_MEMORY, ExitCode.INTERNAL}
    assert is_worth_restarting(-signal.SIGSEGV) and is_worth_restarting(1)
    assert RestartPolicy(lambda low, high: 1.0).ended(ExitCode.NO_USABLE_GPU, 1000) is None


@pytest.fixture
def supervise(start_engine: Any, tmp_path: Path) -> Any:
    """A faulty engine under supervision: nobody holds its control channel."""

    def start(*more: str, gateway: str = "http://127.0.0.1:9", **environment: str) -> Any:
        state = tmp_path / "state"
        return start_engine(
            *more,
            gateway=gateway,
            control=False,
            state_dir=state,
            program=[FAULTY, "supervise", str(state)],
            environment=environment,
        )

    return start


@needs_posix
def test_after_a_fault_another_process_serves(supervise: Any, gateway: Any, tmp_path: Path) -> None:
    supervisor = supervise("--scripted-tokens-per-second", "200", gateway=gateway.url)
    first = gateway.session(1)
    token = (tmp_path / "state" / "http_token").read_text()
    assert isinstance(first.terminal(first.job(messages=BREAK)), Failed)
    second = gateway.session(2)
    assert second.register.node_id == first.register.node_id
    supervisor.event("ready", 2)
    pids = [event.pid for event in supervisor.all("starting")]
    assert len(set(pids)) == 2 and supervisor.process.pid not in pids
    assert all(ready.token is None for ready in supervisor.all("ready")), "stdout is somebody's log"
    kept = tmp_path / "state" / "http_token"
    supervisor.wait(lambda: kept.exists() and kept.read_text() != token, "another token")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert second.terminal(second.job(max_tokens=3)).usage.completion_tokens == 3
    # A stop is a stop, with a drain.
    supervisor.terminate()
    assert supervisor.exit_code() == 0
    assert supervisor.event("stopped").reason == "SIGTERM received"
    assert not kept.exists() and not psutil.pid_exists(pids[1])


@needs_posix
def test_what_needs_a_person_ends_the_supervision_with_its_code(supervise: Any) -> None:
    supervisor = supervise(
        FAULT_AT="load", FAULT_WORDS="CUDA error: no kernel image is available for execution on the device"
    )
    assert supervisor.exit_code() == ExitCode.NO_USABLE_GPU
    assert len(supervisor.all("starting")) == 1


@needs_posix
def test_an_engine_that_never_comes_up_is_tried_again(supervise: Any) -> None:
    supervisor = supervise(FAULT_AT="load")
    supervisor.event("starting", 3)
    assert {event.code for event in supervisor.all("error")} == {"gpu_context_broken"}
    # A signal in a pause ends it at once.
    supervisor.terminate()
    assert supervisor.exit_code() in (ExitCode.INTERNAL, 0)


@needs_posix
def test_the_engine_does_not_outlive_a_killed_supervisor(supervise: Any, gateway: Any) -> None:
    supervisor = supervise(*SLOW, gateway=gateway.url)
    gateway.session()
    engine = psutil.Process(supervisor.event("starting").pid)
    supervisor.process.kill()
    # The end of its stdin is the end of it.
    assert engine.wait(60) is not None or not engine.is_running()


def test_a_launcher_restarts_its_engine_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["serve", "--gateway", "http://127.0.0.1:9", "--state-dir", str(tmp_path), "--restart", "on-failure"]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--control", "stdio"])
    assert ended.value.code == ExitCode.USAGE
    assert "--control" in capsys.readouterr().err


@needs_posix
def test_the_command_itself_supervises(start_engine: Any, gateway: Any, tmp_path: Path) -> None:
    supervisor = start_engine(
        "--restart", "on-failure", gateway=gateway.url, control=False, state_dir=tmp_path / "state"
    )
    gateway.session(1)
    engine = supervisor.event("starting").pid
    assert engine != supervisor.process.pid
    os.kill(engine, signal.SIGKILL)
    started = time.monotonic()
    gateway.session(2)
    assert time.monotonic() - started > 0.5, "there is a pause before the next start"
    health = subprocess.run(
        [sys.executable, "-m", "r3mes_engine", "health", "--state-dir", str(tmp_path / "state"), "--json"],
        capture_output=True,
        check=False,
    )
    assert (health.returncode, json.loads(health.stdout)["health"]["status"]) == (0, "ok")
    supervisor.terminate()
    assert supervisor.exit_code() == 0
