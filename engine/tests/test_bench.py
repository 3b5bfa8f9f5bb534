"""`r3mes-engine bench`, `health` and `key`: what they measure, keep and ask."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_engine.backends.protocol import GenerationRequest
from r3mes_engine.backends.scripted import ScriptedAnswer, ScriptedBackend
from r3mes_engine.bench import BatchFigures, figures_of, measured
from r3mes_engine.cli import main
from r3mes_engine.measured_pace import (
    FILE_NAME,
    MAX_KEPT,
    Measurement,
    expected_pace,
    keep_measurement,
    read_measurements,
)
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import Device

CPU = Device(kind="cpu", name="A processor", memory_mb=1)


def measurement(model: str, device: str = "A processor", *paces: tuple[int, float]) -> Measurement:
    figures = tuple(BatchFigures(batch, 1, 1, 1.0, pace, 1) for batch, pace in paces)
    return Measurement(model, device, device, "1", 0, "bf16", 100, figures)


# --- measuring -------------------------------------------------------------------------------------------------------


class WatchedBackend(ScriptedBackend):
    """Notes what it is asked and how many answers it makes at once."""

    def __init__(self) -> None:
        super().__init__(tokens=10_000, tokens_per_second=400)
        self.requests: list[GenerationRequest] = []
        self.answers: list[ScriptedAnswer] = []

    async def answer(self, request: GenerationRequest) -> ScriptedAnswer:
        self.requests.append(request)
        answer = await super().answer(request)
        self.answers.append(answer)
        return answer


async def test_each_batch_is_measured_with_prompts_of_its_own() -> None:
    backend, told = WatchedBackend(), []
    figures = await measured(backend, (1, 3), 40, 12, lambda what, fraction: told.append((what, fraction)))
    assert [(one.batch, one.completion_tokens) for one in figures] == [(1, 12), (3, 36)]
    assert all(one.prefill_tokens_per_second > 0 and one.first_token_ms >= 0 for one in figures)
    # 400 words a second for each answer, at most.
    assert 0 < figures[0].decode_tokens_per_second <= 420
    assert figures[0].decode_tokens_per_second < figures[1].decode_tokens_per_second <= 1260
    prompts = [request.prompt for request in backend.requests]
    assert len(set(prompts)) == len(prompts) == 5, "a cached prompt would not be read"
    assert all(request.ignores_ends and request.sampling.temperature == 0 for request in backend.requests)
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0


async def test_an_interrupted_measurement_leaves_no_answer_running() -> None:
    backend = WatchedBackend()
    task = asyncio.ensure_future(measured(backend, (2,), 40, 5000, lambda what, fraction: None))
    while len(backend.answers) < 3:
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled() and all(answer._closed for answer in backend.answers)


async def test_an_interruption_while_answers_are_begun_leaves_none_of_them_running() -> None:
    class FullBackend(WatchedBackend):
        is_full: asyncio.Event

        async def answer(self, request: GenerationRequest) -> ScriptedAnswer:
            if len(self.answers) == 2:
                self.is_full.set()
                await asyncio.Event().wait()
            return await super().answer(request)

    backend = FullBackend()
    backend.is_full = asyncio.Event()
    task = asyncio.ensure_future(measured(backend, (2,), 40, 5000, lambda what, fraction: None))
    await backend.is_full.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled() and [answer._closed for answer in backend.answers] == [True, True]


@given(st.integers(1, 64), st.integers(1, 10**5), st.integers(1, 10**5), st.floats(0, 100), st.floats(0, 100))
def test_figures_are_finite_whatever_was_measured(
    batch: int, prompt: int, made: int, prefill_s: float, decode_s: float
) -> None:
    figures = figures_of(batch, prompt, made, min(batch, made), prefill_s, decode_s)
    assert figures.prefill_tokens_per_second >= 0 and figures.decode_tokens_per_second >= 0


# --- keeping ---------------------------------------------------------------------------------------------------------


def test_a_newer_measurement_takes_the_place_of_the_same_models_on_the_same_device(tmp_path: Path) -> None:
    for pace in (5.0, 6.0):
        keep_measurement(tmp_path / "new", measurement("m", "A processor", (1, pace)))
    keep_measurement(tmp_path / "new", measurement("m", "GPU-1", (1, 99.0)))
    kept = read_measurements(tmp_path / "new")
    assert [(one.device, one.figures[0].decode_tokens_per_second) for one in kept] == [
        ("A processor", 6.0),
        ("GPU-1", 99.0),
    ]
    for number in range(MAX_KEPT + 3):
        keep_measurement(tmp_path / "new", measurement(f"m{number}"))
    assert len(read_measurements(tmp_path / "new")) == MAX_KEPT


def test_the_pace_that_is_expected_is_of_as_many_answers_as_the_engine_makes() -> None:
    kept = [measurement("m", "A processor", (1, 5.0), (4, 15.0), (16, 40.0)), measurement("m", "GPU-1", (1, 99.0))]
    assert [expected_pace(kept, "m", CPU, at_once) for at_once in (1, 3, 4, 64)] == [5.0, 5.0, 15.0, 40.0]
    gpu = Device(kind="cuda", name="A card", memory_mb=1, gpu_uuids=("GPU-1",))
    assert expected_pace(kept, "m", gpu, 4) == 99.0
    assert expected_pace(kept, "other", CPU, 4) is None
    assert expected_pace([measurement("m", "A processor", (16, 40.0))], "m", CPU, 4) is None


NO_MEASUREMENTS = [
    b"", b"[]", b'{"format": 1}', b'{"format": 2, "measurements": []}', b" " * 2_000_000,
    b'{"format": 1, "measurements": [{"figures": []}]}', b"\xff\xfe", b"[" * 100_000,
    b'{"format": 1, "measurements": [{"figures": [{"batch": 0}]}]}',
]  # fmt: skip


@pytest.mark.parametrize("content", NO_MEASUREMENTS, ids=range(len(NO_MEASUREMENTS)))
def test_a_damaged_file_is_no_measurement(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    assert read_measurements(tmp_path) == []
    keep_measurement(tmp_path, measurement("m"))
    assert len(read_measurements(tmp_path)) == 1


# --- the command -----------------------------------------------------------------------------------------------------


def bench(state: Path, *more: str) -> list[str]:
    return ["bench", "--backend", "scripted", "--device", "cpu", "--state-dir", str(state), "--tokens", "8", *more]


def test_the_command_prints_and_keeps_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(bench(tmp_path, "--batches", "1,2")) == ExitCode.OK
    said = capsys.readouterr().out
    assert "decode tok/s" in said and "Peak memory" in said
    (kept,) = read_measurements(tmp_path)
    assert [one.batch for one in kept.figures] == [1, 2] and kept.peak_memory_mb > 10
    assert main(bench(tmp_path, "--batches", "4", "--json")) == ExitCode.OK
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {event["event"] for event in events} == {"progress", "result"}
    assert events[-1]["figures"][0]["batch"] == 4 and events[-1]["kept_in"].endswith(FILE_NAME)


def test_without_a_gpu_nothing_is_measured_on_the_processor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if any(Path(folder, "libnvidia-ml.so.1").exists() for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib64")):
        pytest.skip("this computer has an NVIDIA driver")
    arguments = ["bench", "--backend", "scripted", "--state-dir", str(tmp_path), "--json"]
    assert main(arguments) == ExitCode.NO_USABLE_GPU
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["code"] == "no_usable_gpu"
    assert read_measurements(tmp_path) == []


@pytest.mark.model
@pytest.mark.timeout(400)
def test_a_real_model_is_measured(
    models_state_dir: Path, converted_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the folder that the engine of the other tests has converted the model in."""
    arguments = ["bench", "--device", "cpu", "--state-dir", str(models_state_dir), "--json"]
    assert main([*arguments, "--batches", "1,2", "--prompt-tokens", "24", "--tokens", "6"]) == ExitCode.OK
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["model"] == "SmolLM2-135M-Instruct" and told["peak_memory_mb"] > 200
    assert [one["completion_tokens"] for one in told["figures"]] == [6, 12]
    assert 10 < told["figures"][0]["prompt_tokens"] < 60, "about as many as were asked for"
    assert told["quantisation"] in ("fp32", "bf16")


def test_heartbeats_tell_what_was_measured_until_there_are_real_tokens(
    start_engine: Any, gateway: Any, tmp_path: Path
) -> None:
    name = json.loads(_engine_device(tmp_path))["name"]
    keep_measurement(tmp_path / "state", measurement("scripted", name, (1, 123.4), (16, 999.0)))
    start_engine("--scripted-tokens-per-second", "50", gateway=gateway.url, state_dir=tmp_path / "state")
    session = gateway.session()
    session.wait(lambda: bool(session.heartbeats), "a heartbeat")
    assert session.heartbeats[0][1].telemetry.tokens_per_second == 123.4
    session.terminal(session.job(max_tokens=5))
    at = len(session.heartbeats)
    session.wait(lambda: len(session.heartbeats) > at + 1, "another heartbeat")
    assert 0 < session.heartbeats[-1][1].telemetry.tokens_per_second < 50


def _engine_device(folder: Path) -> str:
    from r3mes_engine.device import choose_device

    return choose_device("cpu", lambda: pytest.fail("nobody asks for a GPU")).model_dump_json()


# --- health and key --------------------------------------------------------------------------------------------------


def test_health_follows_the_engine(start_engine: Any, gateway: Any, tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert main(["health", "--state-dir", str(state)]) == ExitCode.INTERNAL
    engine = start_engine(gateway=gateway.url, state_dir=state)
    engine.event("ready")
    assert main(["health", "--state-dir", str(state)]) == ExitCode.OK
    assert stat.S_IMODE((state / "http_port").stat().st_mode) == 0o600
    engine.command(cmd="stop")
    assert engine.exit_code() == 0
    assert not (state / "http_port").exists()
    assert main(["health", "--state-dir", str(state)]) == ExitCode.INTERNAL


class _Other(BaseHTTPRequestHandler):
    answer = b"{}"
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


@pytest.mark.parametrize(
    ("answer", "status", "word"),
    [
        (b"<html>", 200, "does not answer"),
        (b"[]", 200, "is not the engine"),
        (b'{"status": "ok"}', 200, "is not the engine"),
        (b'{"status": "down", "max_concurrency": 4, "problem": "The GPU does not answer any more."}', 503, "GPU"),
    ],
)
def test_another_program_on_the_port_is_not_taken_for_the_engine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: bytes, status: int, word: str
) -> None:
    server = HTTPServer(("127.0.0.1", 0), type("Other", (_Other,), {"answer": answer, "status": status}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        (tmp_path / "http_port").write_text(f"{server.server_port}\n")
        assert main(["health", "--state-dir", str(tmp_path), "--json"]) == ExitCode.INTERNAL
        told = json.loads(capsys.readouterr().out)
        assert not told["healthy"] and word in told["message"]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_stuck_engine_and_a_port_of_nobody_are_not_healthy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (tmp_path / "http_port").write_text(str(silent.getsockname()[1]))
        assert main(["health", "--state-dir", str(tmp_path), "--timeout", "0.2"]) == ExitCode.INTERNAL
    assert main(["health", "--state-dir", str(tmp_path)]) == ExitCode.INTERNAL
    for nonsense in ("", "x", "0", "99999", "\udcff"):
        (tmp_path / "http_port").write_text(nonsense, errors="surrogateescape")
        assert main(["health", "--state-dir", str(tmp_path)]) == ExitCode.INTERNAL
    assert "does not answer" in capsys.readouterr().err


def test_the_key_can_be_shown_before_the_first_start(
    start_engine: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["key", "--state-dir", str(tmp_path / "state"), "--json"]) == ExitCode.OK
    node_id = json.loads(capsys.readouterr().out)["node_id"]
    assert start_engine(state_dir=tmp_path / "state").event("ready").node_id == node_id
    (tmp_path / "state" / "node_key").write_text("damaged")
    assert main(["key", "--state-dir", str(tmp_path / "state")]) == ExitCode.KEY_OR_GRANT_INVALID


def test_asking_for_health_is_cheap() -> None:
    names = "('torch', 'asyncio', 'pynvml')"
    code = f"import sys, r3mes_engine.health_command; print([name for name in {names} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not forget a peak")
def test_the_peak_of_memory_begins_when_it_is_asked_for() -> None:
    code = (
        "from r3mes_engine.peak_memory import peak_memory_of; from r3mes_protocol.messages import Device\n"
        "large = bytearray(200 * 2**20); del large\n"
        "peak = peak_memory_of(Device(kind='cpu', name='x', memory_mb=1)); before = peak()\n"
        "small = bytearray(100 * 2**20); del small\n"
        "print(before, peak())"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after = map(int, result.stdout.split())
    assert before < 150, "what was before is forgotten"
    assert 90 < after - before < 130
