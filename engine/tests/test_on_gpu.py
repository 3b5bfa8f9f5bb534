"""All that needs a CUDA device, by one command: `python3 installer test -- -m gpu`.

Elsewhere each of these is skipped; what of it a processor can show is in test_hardware, test_check_command,
test_device_faults, test_memory_plan, test_quantised_models and test_recorded_steps.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import torch

from r3mes_engine.backends.protocol import GenerationRequest, Message, Sampling
from r3mes_engine.bench import measured
from r3mes_engine.device import choose_device
from r3mes_engine.hardware.gpu_faults import BROKEN_CONTEXT, fault_of
from r3mes_engine.hardware.gpu_watch import GpuWatch
from r3mes_engine.hardware.probing import kernel_probe
from r3mes_engine.hardware.survey import survey_gpus
from r3mes_engine.measured_pace import read_measurements
from r3mes_engine.models.source import ModelSource
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import Device, Residency

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.model,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this computer has no CUDA device"),
]


@pytest.fixture(scope="session")
def gpu() -> Device:
    return choose_device("cuda", lambda: survey_gpus(examine="first"))


# --- the hardware ----------------------------------------------------------------------------------------------------


def test_the_check_finds_a_sound_gpu(gpu: Device) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "r3mes_engine", "check", "--json", "--gpu", gpu.gpu_uuids[0], "--model", "builtin"],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    told = json.loads(result.stdout)
    (chosen,) = (one for one in told["gpus"] if one["uuid"] == told["chosen"])
    assert result.returncode == 0 and chosen["verdict"] in ("ok", "degraded")
    assert chosen["kernel_ms"] is not None and told["plan"]["quantisation"] == "bf16"


def test_a_broken_context_is_known_by_its_words_and_a_new_process_is_not_broken(gpu: Device) -> None:
    code = (
        "import torch; table = torch.zeros(4, device='cuda')\n"
        "try:\n    print(table[torch.tensor([10**6], device='cuda')].cpu())\n"
        "except RuntimeError as error:\n    print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=200).stdout
    assert fault_of(said) is BROKEN_CONTEXT, said
    assert kernel_probe(gpu.gpu_uuids[0]).kernel.outcome == "ok"


async def test_the_watch_tells_the_cards_numbers(gpu: Device) -> None:
    watch = GpuWatch(gpu.gpu_uuids[0])
    try:
        async with asyncio.timeout(30):
            while watch.reading() is None:
                await asyncio.sleep(0.05)
        reading = watch.reading()
        assert reading is not None and 0 < reading.free_mb <= gpu.memory_mb and watch.fault() is None
    finally:
        watch.close()


# --- the model -------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["bf16", "int8", "nf4", "bf16 recorded", "nf4 recorded"])
async def backend(
    request: pytest.FixtureRequest, gpu: Device, converted_model: Path, model_adapters: Path, tmp_path: Path
) -> AsyncIterator[Any]:
    from r3mes_engine.backends.transformers_backend import TransformersBackend

    kind, _, recorded = request.param.partition(" ")
    made = TransformersBackend(
        ModelSource("folder", converted_model, "m", Sampling()),
        tmp_path,
        gpu,
        2,
        8,
        adapters_dir=model_adapters,
        quantisation=kind,
        cuda_graphs=bool(recorded),
    )
    await asyncio.to_thread(made.load, lambda stage, fraction: None)
    yield made
    await made.close()


async def whole(backend: Any, text: str, sampling: Sampling, **more: Any) -> str:
    answer = await backend.answer(GenerationRequest((Message("user", text),), 16, sampling, **more))
    return "".join([piece async for piece in answer])


async def test_rules_and_adapters_share_a_batch_on_the_gpu(backend: Any) -> None:
    question = "What is the capital of France?"
    greedy = Sampling(temperature=0)
    (offer,) = backend.adapters
    assert offer.residency is Residency.DISK
    plain, sampled, again, changed, made = await asyncio.gather(
        whole(backend, question, greedy),
        whole(backend, question, Sampling(1.0, 0.9, 5, top_k=40, frequency_penalty=0.5)),
        whole(backend, question, Sampling(1.0, 0.9, 5, top_k=40, frequency_penalty=0.5)),
        whole(backend, question, greedy, adapter="fox"),
        whole(backend, question, greedy, json_schema='{"type":"object"}'),
    )
    assert "Paris" in plain
    assert sampled == again != plain
    assert changed != plain
    assert made.startswith("{")
    # Alone it is recorded where that is wanted, and says the same.
    assert await whole(backend, question, greedy) == plain
    (offer,) = backend.adapters
    assert offer.residency is Residency.GPU
    assert backend._batching.alive


async def test_the_plan_holds_on_the_device(backend: Any) -> None:
    # All that the engine took lies within what it planned to take.
    free, total = torch.cuda.mem_get_info()
    assert free > 0.02 * total
    assert backend.offer.context_tokens == 8192
    figures = await measured(backend, (1, 8), 128, 16, lambda what, fraction: None)
    assert all(one.decode_tokens_per_second > 0 for one in figures)
    free, total = torch.cuda.mem_get_info()
    assert free > 0.02 * total, "nor does it take more while it answers"


# --- the programs ----------------------------------------------------------------------------------------------------


def test_an_engine_answers_on_the_gpu_and_tells_of_it(gpu: Device, start_engine: Any, gateway: Any) -> None:
    engine = start_engine("--gpu", gpu.gpu_uuids[0], device="auto", backend="transformers", gateway=gateway.url)
    ready = engine.event("ready", timeout=250)
    assert ready.device.gpu_uuids == gpu.gpu_uuids
    with engine.client() as client:
        body = {
            "model": ready.model,
            "temperature": 0,
            "max_tokens": 16,
            "messages": [{"role": "user", "content": "What is the capital of France?"}],
        }
        answer = client.post("/v1/chat/completions", json=body).json()
    assert "Paris" in answer["choices"][0]["message"]["content"]
    assert engine.event("stats", 4).free_vram_mb > 0
    session = gateway.session()
    session.wait(lambda: session.heartbeats[-1][1].telemetry.temperature_c is not None, "the card's temperature")


def test_the_bench_measures_the_gpu(gpu: Device, tmp_path: Path) -> None:
    for more in ((), ("--cuda-graphs",)):
        command = [
            sys.executable,
            "-m",
            "r3mes_engine",
            "bench",
            "--state-dir",
            str(tmp_path),
            "--batches",
            "1,4,16",
            *more,
        ]
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
        assert result.returncode == ExitCode.OK, result.stderr
        (kept,) = read_measurements(tmp_path)
        assert kept.device == gpu.gpu_uuids[0] and kept.peak_memory_mb > 0
        paces = [one.decode_tokens_per_second for one in kept.figures]
        assert paces[2] > paces[0] > 0, "a batch is faster than one after the other"
