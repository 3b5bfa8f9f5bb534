"""`r3mes-engine bench`: measures a model on this computer and keeps the figures."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import asdict

from r3mes_engine.backends.protocol import Backend
from r3mes_engine.backends.scripted import ScriptedBackend
from r3mes_engine.bench import BatchFigures, measured
from r3mes_engine.device import choose_device, model_threads, show_one_gpu, usable_cores
from r3mes_engine.errors import EngineExit, GenerationFailed
from r3mes_engine.hardware.gpu_faults import ending, gpu_fault
from r3mes_engine.hardware.survey import survey_gpus
from r3mes_engine.measured_pace import Measurement, device_key, keep_measurement
from r3mes_engine.model_process import load_libraries, prepare_environment
from r3mes_engine.models.source import ModelSource, check_source, checked_model, is_on_disk
from r3mes_engine.peak_memory import peak_memory_of
from r3mes_engine.store.catalogue import OWN_CATALOGUE, entry_named, read_catalogues
from r3mes_engine.store.file_download import Gate
from r3mes_engine.store.store import ModelStore, Progress
from r3mes_protocol import __version__
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import Device

PROMPT_TOKENS = {"cpu": 128, "cuda": 512}
"""A processor reads a long prompt for a minute, and the figure does not change."""
INTERRUPTED = 130
"""What shells expect after Ctrl-C."""
_LOG_INTERVAL_S = 5.0


def run_bench(options: argparse.Namespace) -> int:
    """Returns the exit code."""
    voice = _Voice(as_json=options.json)
    try:
        measurement = _measure(options, voice)
        path = keep_measurement(options.state_dir, measurement)
    except EngineExit as problem:
        return voice.problem(problem)
    except GenerationFailed as failure:
        return voice.problem(EngineExit(ExitCode.INTERNAL, failure.code.value, failure.message, ""))
    except KeyboardInterrupt:
        voice.end_line()
        print("Cancelled; nothing was kept.", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        return voice.problem(EngineExit(ExitCode.CONFIGURATION, "state_unusable", f"{error}.", "Check --state-dir."))
    except Exception as error:
        if (fault := gpu_fault(error)) is None:
            raise
        return voice.problem(ending(fault))
    voice.result(measurement, str(path))
    return ExitCode.OK


def _measure(options: argparse.Namespace, voice: _Voice) -> Measurement:
    voice.progress("preparing", None)
    device = choose_device(options.device, lambda: survey_gpus(tuple(options.gpu), examine="first"))
    backend, quantisation = _backend(options, device, voice)
    backend.load(voice.progress)
    # From here on: reading and converting the model takes more than serving it.
    peak = peak_memory_of(device)
    prompt_tokens = options.prompt_tokens or PROMPT_TOKENS[device.kind]

    async def run() -> list[BatchFigures]:
        try:
            return await measured(backend, options.batches, prompt_tokens, options.tokens, voice.progress)
        finally:
            await backend.close()

    figures = asyncio.run(run())
    return Measurement(
        backend.offer.name,
        device_key(device),
        device.name,
        __version__,
        round(time.time()),
        quantisation(),
        peak(),
        tuple(figures),
    )


def _backend(options: argparse.Namespace, device: Device, voice: _Voice) -> tuple[Backend, Callable[[], str]]:
    """And what tells how its weights are kept, once it is loaded."""
    if options.backend == "scripted":
        return ScriptedBackend(options.tokens, 0.0), lambda: "none"
    source = _source(options, voice)
    threads = model_threads(usable_cores())
    prepare_environment(threads)
    show_one_gpu(device, os.environ)
    load_libraries()
    from r3mes_engine.backends.transformers_backend import TransformersBackend

    backend = TransformersBackend(
        source,
        options.state_dir / "models",
        device,
        threads,
        max(options.batches),
        quantisation=options.quantisation,
        cuda_graphs=options.cuda_graphs,
    )
    return backend, lambda: backend.quantisation


def _source(options: argparse.Namespace, voice: _Voice) -> ModelSource:
    """What is not on the disk yet is downloaded."""
    if is_on_disk(options.model):
        return checked_model(options.model)
    entry = entry_named(read_catalogues(options.state_dir / OWN_CATALOGUE, options.catalogue), options.model)
    store = ModelStore(options.state_dir, jitter=random.uniform)

    def tell(progress: Progress) -> None:
        voice.progress(f"downloading {entry.name}", progress.done / progress.total if progress.total else None)

    asyncio.run(store.download(entry, tell, Gate()))
    return check_source(store.source(entry))


class _Voice:
    """Sentences for people, or one JSON object a line."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._line_open = False
        self._told: tuple[str, float] = ("", float("-inf"))

    def progress(self, stage: str, fraction: float | None) -> None:
        now = time.monotonic()
        interactive = not self._as_json and sys.stderr.isatty()
        pause = 0.2 if interactive else _LOG_INTERVAL_S
        if stage == self._told[0] and now - self._told[1] < pause:
            return
        self._told = (stage, now)
        done = "" if fraction is None else f" {fraction:.0%}"
        if self._as_json:
            print(json.dumps({"event": "progress", "stage": stage, "fraction": fraction}), flush=True)
        elif interactive:
            print(f"\r{f'{stage}{done}':<78.78}", end="", file=sys.stderr, flush=True)
            self._line_open = True
        else:
            print(f"{stage}{done}", file=sys.stderr, flush=True)

    def problem(self, problem: EngineExit) -> int:
        self.end_line()
        if self._as_json:
            told = {"event": "error", "code": problem.code, "message": problem.message, "hint": problem.hint}
            print(json.dumps(told, ensure_ascii=False), flush=True)
        print(f"{problem.message} {problem.hint}".strip(), file=sys.stderr)
        return problem.exit_code

    def result(self, measurement: Measurement, path: str) -> None:
        self.end_line()
        if self._as_json:
            print(json.dumps({"event": "result", **asdict(measurement), "kept_in": path}, ensure_ascii=False))
            return
        print(f"{measurement.model} ({measurement.quantisation}) on {measurement.device_name}")
        print("at once  prefill tok/s  decode tok/s  first token ms")
        for one in measurement.figures:
            print(
                f"{one.batch:>7}  {one.prefill_tokens_per_second:>13.1f}  {one.decode_tokens_per_second:>12.1f}  "
                f"{one.first_token_ms:>14}"
            )
        print(f"Peak memory: {measurement.peak_memory_mb} MiB. Kept in {path}.")

    def end_line(self) -> None:
        if self._line_open:
            print(file=sys.stderr)
        self._line_open = False
