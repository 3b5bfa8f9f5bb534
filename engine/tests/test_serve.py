"""Scripted engines as real processes: how they come up, serve a gateway, and end."""

from __future__ import annotations

import itertools
import json
import os
import secrets
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
from nacl.signing import SigningKey

from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.frames import FrameKind
from r3mes_protocol.limits import MAX_CONTROL_LINE_BYTES
from r3mes_protocol.messages import Bye, Done, Drain, Failed, FailureCode, Limits, RejectCode

FAST = ("--scripted-tokens-per-second", "0")
ENDLESS = ("--scripted-tokens", "5000", "--scripted-tokens-per-second", "100")
needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM for a child")


# --- coming up -------------------------------------------------------------------------------------------------


def test_events_tell_the_way_to_a_registered_node(start_engine: Any, gateway: Any) -> None:
    engine = start_engine(gateway=gateway.url)
    session = gateway.session()
    registered = engine.event("registered")
    kinds = [event.event for event in engine.events]
    assert kinds[0] == "starting"
    assert kinds.index("loading") < kinds.index("ready") < kinds.index("registered")
    ready = engine.event("ready")
    assert engine.event("starting").pid == engine.process.pid
    assert (registered.gateway, registered.generation) == (gateway.url, 1)
    assert session.signed
    assert session.register.node_id == ready.node_id
    assert session.register.endpoint is None
    assert session.register.max_concurrency == 4
    assert [model.name for model in session.register.models] == ["scripted"]
    assert session.register.device == ready.device
    assert ready.token not in engine.stderr


def test_the_same_state_folder_is_the_same_node(start_engine: Any, gateway: Any) -> None:
    first = start_engine(gateway=gateway.url)
    node_id = gateway.session(1).register.node_id
    first.command(cmd="stop")
    assert first.exit_code() == 0
    start_engine(gateway=gateway.url)
    assert gateway.session(2).register.node_id == node_id


def test_without_a_gpu_auto_ends_with_10_at_once(start_engine: Any) -> None:
    # An empty folder in front of the libraries' path hides no driver that is there, so ask for the CPU-less case.
    if any(Path(folder, "libnvidia-ml.so.1").exists() for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib64")):
        pytest.skip("this computer has an NVIDIA driver")
    started = time.monotonic()
    engine = start_engine(device="auto", backend="transformers")
    assert engine.exit_code() == ExitCode.NO_USABLE_GPU
    assert time.monotonic() - started < 10
    error = engine.event("error")
    assert (error.code, error.exit_code) == ("no_usable_gpu", ExitCode.NO_USABLE_GPU)
    assert "GPU" in error.message
    assert "--device cpu" in error.hint


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["mine"],
        ["serve"],
        ["serve", "--gateway", "ftp://x", "--state-dir", "s"],
        ["serve", "--gateway", "http://user:secret@x", "--state-dir", "s"],
        ["serve", "--gateway", "http://x", "--state-dir", "s", "--device", "tpu"],
        ["serve", "--gateway", "http://x", "--state-dir", "s", "--max-concurrency", "0"],
        ["serve", "--gateway", "http://x", "--state-dir", "s", "--scripted-tokens-per-second", "nan"],
        ["serve", "--gateway", "http://x", "--state-dir", "s", "--unknown"],
    ],
)
def test_unknown_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    from r3mes_engine.cli import main

    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == ExitCode.USAGE
    said = capsys.readouterr().err
    assert "r3mes-engine" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda path: path.with_suffix(".gguf").write_bytes(b"GGUF\x03\0\0\0"), "not a GGUF"),
        (lambda path: path.with_suffix(".gguf").write_bytes(b""), "not a GGUF"),
        (lambda path: path.with_suffix(".bin").write_bytes(b"\x80\x04"), "not a GGUF file"),
        (lambda path: path.mkdir(), "missing"),
        (lambda path: None, "no model at"),
    ],
    ids=["truncated", "empty", "pickle", "empty folder", "nothing"],
)
def test_a_model_that_is_none_ends_with_11(start_engine: Any, tmp_path: Path, make: Any, word: str) -> None:
    path = tmp_path / "model"
    make(path)
    found = next((child for child in tmp_path.glob("model*")), path)
    engine = start_engine("--model", str(found), backend="transformers")
    assert engine.exit_code() == ExitCode.MODEL_UNUSABLE
    error = engine.event("error")
    assert error.exit_code is ExitCode.MODEL_UNUSABLE
    assert word in error.message
    assert str(found) in error.message
    assert error.hint
    assert "Traceback" not in engine.stderr


def test_a_damaged_key_and_a_foreign_grant_end_with_13(start_engine: Any, tmp_path: Path) -> None:
    state = tmp_path / "damaged"
    state.mkdir(mode=0o700)
    (state / "node_key").write_text("not a key")
    (state / "node_key").chmod(0o600)
    engine = start_engine(state_dir=state)
    assert engine.exit_code() == ExitCode.KEY_OR_GRANT_INVALID
    assert engine.event("error").code == "node_key_invalid"
    grant = tmp_path / "grant.json"
    for content, word in (
        (b"{}", "not a signed grant"),
        (json.dumps(foreign_grant()).encode(), "The grant is for node"),
    ):
        grant.write_bytes(content)
        engine = start_engine("--grant", str(grant))
        assert engine.exit_code() == ExitCode.KEY_OR_GRANT_INVALID
        assert word in engine.event("error").message


def foreign_grant(node_public_key: str = "ab" * 32) -> dict[str, Any]:
    return {
        "grant": {
            "v": 1, "network": "remes-1", "owner": "remes1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq0l98v",
            "node_public_key": node_public_key, "roles": ["serving"], "gateway": "https://gateway.example",
            "not_before": 0, "not_after": 4_000_000_000,
        },
        "public_key": "A" * 44,
        "signature": "A" * 88,
    }  # fmt: skip


def test_a_grant_is_shown_at_registration(start_engine: Any, gateway: Any, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    key = SigningKey.generate()
    (state / "node_key").write_text(bytes(key).hex())
    (state / "node_key").chmod(0o600)
    grant = foreign_grant(bytes(key.verify_key).hex())
    (tmp_path / "grant.json").write_text(json.dumps(grant))
    engine = start_engine("--grant", str(tmp_path / "grant.json"), gateway=gateway.url)
    assert gateway.session().register.grant.model_dump(mode="json") == grant
    # A newer one comes by the control channel and is shown the next time.
    newer = foreign_grant(bytes(key.verify_key).hex())
    newer["grant"]["not_after"] += 1
    engine.command(cmd="grant", grant=newer)
    engine.command(cmd="ping", id=1)
    engine.event("pong")
    gateway.session().close()
    assert gateway.session(2).register.grant.grant.not_after == 4_000_000_001


# --- the session -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (RejectCode.STAKE_INSUFFICIENT, ExitCode.REJECTED_BY_GATEWAY),
        (RejectCode.GRANT_MISSING, ExitCode.KEY_OR_GRANT_INVALID),
    ],
)
def test_a_rejection_for_good_ends_the_engine(
    start_engine: Any, start_gateway: Any, code: RejectCode, expected: ExitCode
) -> None:
    engine = start_engine(gateway=start_gateway(reject=code).url)
    assert engine.exit_code() == expected
    error = engine.event("error")
    assert (error.code, error.exit_code) == (code.value, expected)
    assert "the test says so" in error.message
    assert engine.events[-1] == error


def test_a_rejection_for_now_is_tried_again(start_engine: Any, start_gateway: Any) -> None:
    gateway = start_gateway(reject=RejectCode.GATEWAY_FULL)
    engine = start_engine(gateway=gateway.url)
    assert "gateway_full" in engine.event("disconnected").reason
    gateway.rules.reject = None
    assert gateway.session().signed


def test_a_gateway_with_another_name_gets_no_signature(start_engine: Any, start_gateway: Any) -> None:
    gateway = start_gateway(claims="https://other.example")
    engine = start_engine(gateway=gateway.url)
    assert engine.exit_code() == ExitCode.CONFIGURATION
    assert "https://other.example" in engine.event("error").message
    assert gateway.sessions[0].register is None


def test_a_gateway_of_another_version_is_told(start_engine: Any, start_gateway: Any) -> None:
    engine = start_engine(gateway=start_gateway(protocol=2).url)
    assert engine.exit_code() == ExitCode.REJECTED_BY_GATEWAY
    assert engine.event("error").code == "unsupported_protocol"


def test_a_gateway_that_talks_nonsense_is_left_and_tried_again(start_engine: Any, start_gateway: Any) -> None:
    gateway = start_gateway(first_message="x" * 3_000_000)
    engine = start_engine(gateway=gateway.url)
    assert engine.event("disconnected").reason
    gateway.rules.first_message = '{"type":"jackpot"}'
    gateway.wait(lambda: len(gateway.dialled) >= 3, "third try")
    assert "broke the protocol" in engine.event("disconnected", 3).reason
    gateway.rules.first_message = None
    assert gateway.session().signed
    assert "Traceback" not in engine.stderr


def test_heartbeats_tell_the_load_and_go_on_while_busy(start_engine: Any, gateway: Any) -> None:
    start_engine(*ENDLESS, gateway=gateway.url)
    session = gateway.session()
    jobs = [session.job() for _ in range(6)]
    session.wait(
        lambda: bool(session.heartbeats) and session.heartbeats[-1][1].active == 4, "heartbeat with four active jobs"
    )
    assert session.heartbeats[-1][1].queued == 2
    at = len(session.heartbeats)
    session.wait(lambda: len(session.heartbeats) >= at + 10, "ten more heartbeats")
    times = [when for when, _ in session.heartbeats[at:]]
    assert max(b - a for a, b in itertools.pairwise(times)) < 1.0
    for job_id in jobs:
        session.cancel(job_id)
    session.wait(lambda: session.heartbeats[-1][1].active == 0, "idle heartbeat")


def test_an_answer_comes_as_preamble_content_and_tail(start_engine: Any, gateway: Any) -> None:
    engine = start_engine("--scripted-tokens", "64", "--scripted-tokens-per-second", "200", gateway=gateway.url)
    session = gateway.session()
    job_id = session.job()
    done = session.terminal(job_id)
    assert isinstance(done, Done)
    assert (done.finish_reason, done.usage.prompt_tokens, done.usage.completion_tokens) == ("stop", 6, 64)
    kinds = [frame.kind for _, frame in session.frames[job_id]]
    assert kinds == [FrameKind.PREAMBLE, *[FrameKind.CONTENT] * 64, FrameKind.TAIL]
    events = session.events(job_id)
    assert {event["id"] for event in events} == {f"chatcmpl-{job_id}"}
    assert {event["object"] for event in events} == {"chat.completion.chunk"}
    assert events[0]["choices"][0]["delta"]["role"] == "assistant"
    assert events[-1]["choices"][0]["finish_reason"] == "stop"
    assert session.text(job_id).startswith("This answer is scripted")
    assert "日本語" in session.text(job_id)
    times = [when for when, frame in session.frames[job_id] if frame.kind is FrameKind.CONTENT]
    assert times[-1] - times[0] > 0.2
    request = engine.event("request")
    assert (request.job_id, request.outcome, request.completion_tokens) == (job_id, "stop", 64)
    assert request.first_token_ms <= request.duration_ms


def test_a_cancelled_job_gets_one_terminal_and_frees_its_place(start_engine: Any, gateway: Any) -> None:
    engine = start_engine(*ENDLESS, "--max-concurrency", "1", gateway=gateway.url)
    session = gateway.session()
    running, waiting = session.job(), session.job()
    session.wait(lambda: len(session.frames.get(running, [])) > 5, "text")
    started = time.monotonic()
    session.cancel(running)
    failed = session.terminal(running)
    assert time.monotonic() - started < 5
    assert isinstance(failed, Failed)
    assert failed.code is FailureCode.CANCELLED
    # Before its first token as well, and one that is cancelled in the same breath as it comes.
    session.wait(lambda: len(session.frames.get(waiting, [])) > 1, "text of the next job")
    behind = session.job()
    session.cancel(behind)
    assert session.terminal(behind).code is FailureCode.CANCELLED
    session.cancel(waiting)
    assert session.terminal(waiting).code is FailureCode.CANCELLED
    session.wait(lambda: session.heartbeats[-1][1].active == 0, "idle heartbeat")
    assert all(len(terminals) == 1 for terminals in session.terminals.values())
    assert session.frames_after_terminal == 0
    # The one in between may have been cancelled before it became a request at all.
    engine.event("request", 2)
    assert {event.outcome for event in engine.all("request")} == {"cancelled"}


def test_a_job_without_credit_stops_alone(start_engine: Any, start_gateway: Any) -> None:
    gateway = start_gateway(refill=False, limits=Limits(max_jobs=8, initial_window_bytes=4096))
    start_engine("--scripted-tokens", "100", *FAST, gateway=gateway.url)
    session = gateway.session()
    stalled, other = session.job(), session.job(max_tokens=10)
    # The other one needs less than the first window.
    assert isinstance(session.terminal(other), Done)
    session.wait(lambda: session.payload_bytes(stalled) > 4096 - 400, "the first window to be used")
    beats = len(session.heartbeats)
    session.wait(lambda: len(session.heartbeats) >= beats + 5, "heartbeats")
    used = session.payload_bytes(stalled)
    assert used <= 4096
    assert stalled not in session.terminals
    session.window(stalled, 1000)
    session.wait(lambda: session.payload_bytes(stalled) > used, "text for more credit")
    assert session.payload_bytes(stalled) <= 4096 + 1000
    session.window(stalled, 10**6)
    done = session.terminal(stalled)
    assert done.usage.completion_tokens == 100


def test_the_smallest_windows_and_frames_still_carry_an_answer(start_engine: Any, start_gateway: Any) -> None:
    gateway = start_gateway(limits=Limits(max_jobs=8, initial_window_bytes=1024, max_frame_bytes=1024))
    start_engine(*FAST, gateway=gateway.url)
    session = gateway.session()
    job_id = session.job()
    assert isinstance(session.terminal(job_id), Done)
    assert max(len(frame.payload) for _, frame in session.frames[job_id]) + 9 <= 1024


def test_what_can_not_be_served_is_refused_with_its_code(start_engine: Any, gateway: Any) -> None:
    engine = start_engine("--max-concurrency", "1", *ENDLESS, gateway=gateway.url)
    session = gateway.session()
    message = {"role": "user", "content": "x"}
    for body, code in (
        ({"model": "other"}, FailureCode.MODEL_NOT_FOUND),
        ({"adapter": "pirate"}, FailureCode.ADAPTER_NOT_FOUND),
        ({"n": 2}, FailureCode.INVALID_REQUEST),
        ({"messages": []}, FailureCode.INVALID_REQUEST),
        ({"messages": "x"}, FailureCode.INVALID_REQUEST),
        ({"temperature": "hot"}, FailureCode.INVALID_REQUEST),
        ({"logprobs": True}, FailureCode.INVALID_REQUEST),
        ({"tools": [{"type": "function"}]}, FailureCode.INVALID_REQUEST),
        ({"stop": [""]}, FailureCode.INVALID_REQUEST),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, FailureCode.INVALID_REQUEST),
        ({"messages": [{**message, "content": "word " * 9000}]}, FailureCode.CONTEXT_TOO_LONG),
    ):
        failed = session.terminal(session.job(**body))
        assert isinstance(failed, Failed), body
        assert failed.code is code, body
        assert failed.message
        assert failed.retryable == (code in (FailureCode.MODEL_NOT_FOUND, FailureCode.ADAPTER_NOT_FOUND))
    session.job(), session.job()
    refused = session.terminal(session.job())
    assert refused.code is FailureCode.CAPACITY
    assert refused.retryable
    assert refused.capacity.model_dump() == {"active": 1, "queued": 1, "max_concurrency": 1}
    assert engine.process.poll() is None


def test_deadlines_end_a_job_with_their_code(start_engine: Any, gateway: Any) -> None:
    start_engine(*ENDLESS, "--max-concurrency", "1", gateway=gateway.url)
    session = gateway.session()
    whole = session.job(deadline_s=1.0)
    never_begun = session.job(first_token_s=0.3)
    failed = session.terminal(never_begun)
    assert (failed.code, failed.retryable) == (FailureCode.DEADLINE, True)
    assert never_begun not in session.frames
    assert session.terminal(whole).code is FailureCode.DEADLINE
    assert len(session.frames[whole]) > 5


def test_a_binary_frame_or_a_job_id_in_use_ends_the_session(start_engine: Any, gateway: Any) -> None:
    start_engine(*ENDLESS, gateway=gateway.url)
    gateway.session(1).send(b"\x00" * 20)
    second = gateway.session(2)
    job_id = second.job()
    second.wait(lambda: job_id in second.frames, "text")
    second.job(job_id=job_id)
    assert gateway.session(3).signed


def test_a_broken_connection_is_dialled_again_and_jobs_of_the_old_one_end(start_engine: Any, gateway: Any) -> None:
    engine = start_engine(*ENDLESS, gateway=gateway.url)
    session = gateway.session(1)
    job_id = session.job()
    session.wait(lambda: len(session.frames.get(job_id, [])) > 3, "text")
    broken_at = time.monotonic()
    session.drop()
    again = gateway.session(2)
    assert gateway.dialled[1] - broken_at < 2.0
    assert engine.event("disconnected").retry_in_s <= 0.3
    assert engine.event("request").outcome == "cancelled"
    again.wait(lambda: bool(again.heartbeats), "heartbeat")
    assert again.heartbeats[0][1].active == 0
    assert again.register.node_id == session.register.node_id


def test_a_gateway_that_comes_later_is_found(start_engine: Any, start_gateway: Any) -> None:
    first = start_gateway()
    port = first.port
    first.close()
    engine = start_engine(gateway=f"http://127.0.0.1:{port}")
    engine.event("disconnected", 2)
    assert start_gateway(port).session().signed


def test_a_gateway_that_drains_gets_its_running_answers(start_engine: Any, gateway: Any) -> None:
    start_engine("--scripted-tokens", "40", "--scripted-tokens-per-second", "40", gateway=gateway.url)
    session = gateway.session(1)
    job_id = session.job()
    session.wait(lambda: job_id in session.frames, "text")
    session.drain()
    assert isinstance(session.terminal(job_id), Done)
    session.send(Bye(reason="restart"))
    assert gateway.session(2).signed


# --- ending ----------------------------------------------------------------------------------------------------


def test_drain_finishes_what_runs_and_takes_nothing_new(start_engine: Any, gateway: Any) -> None:
    engine = start_engine("--scripted-tokens", "40", "--scripted-tokens-per-second", "40", gateway=gateway.url)
    session = gateway.session()
    running = session.job()
    session.wait(lambda: running in session.frames, "text")
    engine.command(cmd="drain")
    session.wait(lambda: any(isinstance(message, Drain) for message in session.others), "drain")
    late = session.terminal(session.job())
    assert (late.code, late.retryable) == (FailureCode.DRAINING, True)
    done = session.terminal(running)
    assert isinstance(done, Done)
    assert done.usage.completion_tokens == 40
    assert engine.exit_code() == 0
    assert isinstance(session.others[-1], Bye)
    assert engine.event("draining").active == 1
    assert engine.events[-1].event == "stopped"


@needs_posix
@pytest.mark.parametrize("control", [True, False])
def test_sigterm_drains(start_engine: Any, gateway: Any, control: bool) -> None:
    engine = start_engine(
        "--scripted-tokens", "20", "--scripted-tokens-per-second", "40", gateway=gateway.url, control=control
    )
    session = gateway.session()
    running = session.job()
    session.wait(lambda: running in session.frames, "text")
    engine.terminate()
    assert isinstance(session.terminal(running), Done)
    assert engine.exit_code() == 0
    assert engine.events[-1].reason == "SIGTERM received"


@needs_posix
def test_a_second_sigterm_does_not_wait(start_engine: Any, gateway: Any) -> None:
    engine = start_engine(*ENDLESS, gateway=gateway.url)
    session = gateway.session()
    session.job()
    engine.terminate()
    engine.event("draining")
    engine.terminate()
    assert engine.exit_code(timeout=4) == 0


def test_stop_cuts_running_answers_off(start_engine: Any, gateway: Any) -> None:
    engine = start_engine(*ENDLESS, gateway=gateway.url)
    session = gateway.session()
    job_id = session.job()
    session.wait(lambda: job_id in session.frames, "text")
    engine.command(cmd="drain")
    engine.event("draining")
    engine.command(cmd="stop")
    assert engine.exit_code(timeout=4) == 0


def test_the_end_of_stdin_is_the_end_of_the_engine(start_engine: Any, gateway: Any) -> None:
    engine = start_engine(*ENDLESS, gateway=gateway.url)
    session = gateway.session()
    job_id = session.job()
    session.wait(lambda: job_id in session.frames, "text")
    ended = time.monotonic()
    engine.close_stdin()
    assert engine.exit_code(timeout=6) == 0
    assert time.monotonic() - ended < 4
    # It drained: answers had two seconds.
    assert session.frames[job_id][-1][0] - ended > 1


@needs_posix
def test_a_stuck_engine_ends_with_its_stdin_too(start_engine: Any, tmp_path: Path) -> None:
    # A module that is loaded at start holds the event loop for a minute, as a stuck native call would.
    (tmp_path / "sitecustomize.py").write_text(
        "import os, threading, time\n"
        "def stick():\n"
        "    import asyncio.base_events as base\n"
        "    original = base.BaseEventLoop._run_once\n"
        "    def run_once(self):\n"
        "        if os.path.exists(os.environ['STICK']):\n"
        "            time.sleep(60)\n"
        "        original(self)\n"
        "    base.BaseEventLoop._run_once = run_once\n"
        "stick()\n"
    )
    sign = tmp_path / "stick"
    engine = start_engine(environment={"PYTHONPATH": str(tmp_path), "STICK": str(sign)})
    engine.event("stats")
    sign.touch()
    stats = len(engine.all("stats"))
    with pytest.raises(AssertionError, match="no event stats"):
        engine.event("stats", stats + 2, timeout=5)
    ended = time.monotonic()
    engine.close_stdin()
    assert engine.exit_code(timeout=6) == 0
    assert time.monotonic() - ended < 4


def test_without_the_control_channel_stdin_is_left_alone(start_engine: Any, gateway: Any) -> None:
    # Its stdin is at its end from the start.
    engine = start_engine(gateway=gateway.url, control=False)
    session = gateway.session()
    session.wait(lambda: len(session.heartbeats) > 10, "heartbeats")
    assert engine.process.poll() is None


@needs_posix
def test_without_the_control_channel_the_token_is_in_a_private_file(
    start_engine: Any, gateway: Any, tmp_path: Path
) -> None:
    engine = start_engine(gateway=gateway.url, control=False, state_dir=tmp_path)
    gateway.session()
    ready = engine.event("ready")
    assert ready.token is None
    kept = tmp_path / "http_token"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    answer = httpx.get(
        f"http://127.0.0.1:{ready.port}/v1/models",
        headers={"Authorization": f"Bearer {kept.read_text().strip()}"},
        trust_env=False,
    )
    assert answer.status_code == 200
    engine.terminate()
    assert engine.exit_code() == 0
    assert not kept.exists()


def test_no_child_of_an_engine_outlives_it(start_engine: Any, gateway: Any) -> None:
    engine = start_engine(gateway=gateway.url)
    gateway.session()
    children = psutil.Process(engine.process.pid).children(recursive=True)
    engine.close_stdin()
    assert engine.exit_code() == 0
    assert not [child for child in children if child.is_running()]


# --- the control channel ---------------------------------------------------------------------------------------


def test_lines_that_are_no_commands_are_named_and_passed_over(start_engine: Any) -> None:
    engine = start_engine()
    engine.event("ready")
    lines = [b"{", b"[]", b"\xff\xfe", b'{"cmd":"fly"}', b'{"cmd":"ping","id":-1}', b"x" * (MAX_CONTROL_LINE_BYTES + 5)]
    for line in lines:
        engine.write(line + b"\n")
    engine.write(b"\n")
    engine.command(cmd="ping", id=7)
    assert engine.event("pong").id == 7
    assert [event.code for event in engine.all("error")] == ["bad_command"] * len(lines)
    engine.command(cmd="load_adapter", name="pirate", path="/x")
    assert engine.event("error", len(lines) + 1).code == "adapters_not_served"


def test_statistics_come_by_themselves(start_engine: Any, gateway: Any) -> None:
    engine = start_engine("--scripted-tokens", "10", *FAST, gateway=gateway.url)
    session = gateway.session()
    session.terminal(session.job())
    stats = engine.event("stats", 3)
    assert (stats.requests, stats.completion_tokens, stats.active, stats.queued) == (1, 10, 0, 0)
    assert stats.tokens_per_second > 0
    assert stats.memory_mb > 10


def test_a_reader_that_does_not_read_stops_nothing(start_gateway: Any, tmp_path: Path) -> None:
    gateway = start_gateway()
    arguments = ["serve", "--gateway", gateway.url, "--state-dir", str(tmp_path / "s"), "--backend", "scripted"]
    arguments += ["--device", "cpu", "--scripted-tokens", "1", *FAST, "--max-concurrency", "64"]
    engine = subprocess.Popen(
        [sys.executable, "-m", "r3mes_engine", *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        session = gateway.session()
        # Each job is an event of about 150 bytes: far more than a pipe and the waiting room hold.
        for _ in range(60):
            jobs = [session.job() for _ in range(32)]
            for job_id in jobs:
                assert isinstance(session.terminal(job_id), Done)
        engine.send_signal(signal.SIGTERM)
        assert engine.wait(60) == 0
    finally:
        engine.kill()
        engine.wait()
        assert engine.stdout is not None
        engine.stdout.close()


def test_libraries_can_not_print_into_the_events(start_engine: Any, gateway: Any, tmp_path: Path) -> None:
    marker = secrets.token_hex(8)
    (tmp_path / "sitecustomize.py").write_text(
        "import threading, os, time\n"
        "def shout():\n"
        "    while True:\n"
        f"        os.write(1, b'{marker}\\n') if os.environ.get('SHOUT') and os.fstat(1) == os.fstat(2) else None\n"
        "        time.sleep(0.01)\n"
        "threading.Thread(target=shout, daemon=True).start()\n"
    )
    engine = start_engine(gateway=gateway.url, environment={"PYTHONPATH": str(tmp_path), "SHOUT": "1"})
    gateway.session()
    engine.event("stats", 2)
    assert marker in engine.stderr
    engine.command(cmd="stop")
    assert engine.exit_code() == 0


@needs_posix
def test_the_key_is_private_whatever_the_umask(start_engine: Any, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        engine = start_engine(state_dir=tmp_path / "open")
        engine.event("ready")
    finally:
        os.umask(before)
    assert (tmp_path / "open" / "node_key").stat().st_mode & 0o077 == 0


def test_a_scripted_engine_loads_no_machine_learning_library() -> None:
    program = (
        "import sys, r3mes_engine.serve, r3mes_engine.models.source, r3mes_engine.backends.scripted\n"
        "heavy = {'torch', 'transformers', 'numpy', 'gguf', 'safetensors', 'tokenizers'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 0, ended.stderr
