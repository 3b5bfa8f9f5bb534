"""`r3mes-engine check`: the GPUs, the disk, and how a model would fit. docs/engine-check.schema.json is the form of its
JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from r3mes_engine.errors import EngineExit
from r3mes_engine.hardware.survey import GpuSurvey, survey_gpus
from r3mes_engine.model_fit import DiskVerdict, ModelFit, disk_verdict, find_fit
from r3mes_engine.models.source import is_on_disk
from r3mes_protocol.exit_codes import ExitCode

FORMAT = 1
"""Of the JSON. Names stay; more of them may come."""

Survey = Callable[[tuple[str, ...]], GpuSurvey]


def run_check(options: argparse.Namespace, survey: Survey = survey_gpus) -> int:
    """Returns the exit code: 10 without a usable GPU, 14 where the model does not fit, 78 where the disk is full."""
    found = survey(tuple(options.gpu))
    fit = None
    if options.model is not None:
        try:
            fit = find_fit(options.model, options.quantisation, found.best, options.state_dir, options.catalogue)
        except EngineExit as problem:
            if options.json:
                print(json.dumps({"format": FORMAT, "error": {"code": problem.code, "message": problem.message}}))
            print(f"{problem.message} {problem.hint}".strip(), file=sys.stderr)
            return problem.exit_code
    folder = _model_folder(options)
    disk = None if folder is None else disk_verdict(folder, 0 if fit is None else fit.download_mb + fit.converted_mb)
    if options.json:
        print(json.dumps(document(found, fit, disk), ensure_ascii=False))
    else:
        _print(found, fit, disk)
    if fit is not None and fit.fits is False:
        return ExitCode.OUT_OF_MEMORY
    if found.best is None:
        return ExitCode.NO_USABLE_GPU
    return ExitCode.CONFIGURATION if disk is not None and disk.verdict == "unusable" else ExitCode.OK


def _model_folder(options: argparse.Namespace) -> Path | None:
    if options.state_dir is not None:
        return Path(options.state_dir)
    if options.model is not None and options.model != "builtin" and is_on_disk(options.model):
        return Path(options.model)
    return None


def document(found: GpuSurvey, fit: ModelFit | None, disk: DiskVerdict | None) -> dict[str, Any]:
    build = found.build
    told: dict[str, Any] = {
        "format": FORMAT,
        "usable": found.best is not None,
        "problem": found.problem,
        "hint": found.hint,
        "chosen": None if found.best is None else found.best.uuid,
        "driver_version": found.driver_version,
        "torch": None
        if build is None
        else {
            "version": build.version,
            "cuda": build.cuda,
            "architectures": list(build.architectures),
            "oldest_driver": found.driver_floor or None,
        },
        "gpus": [asdict(gpu) for gpu in found.gpus],
        "disk": None if disk is None else asdict(disk),
    }
    if fit is not None:
        told["model"] = {name: value for name, value in asdict(fit).items() if name != "plan"}
        if fit.plan is not None:
            told["plan"] = asdict(fit.plan)
    return told


def _print(found: GpuSurvey, fit: ModelFit | None, disk: DiskVerdict | None) -> None:
    for gpu in found.gpus:
        free = f"{gpu.memory_free_mb} of {gpu.memory_total_mb} MiB free"
        print(f"GPU {gpu.index}: {gpu.name}, {gpu.uuid or 'no UUID'}, {free}: {gpu.verdict}, {gpu.reason}")
        if gpu.hint:
            print(f"  {gpu.hint}")
    if found.best is not None:
        print(f"The engine would use {found.best.name}.")
    else:
        print(f"{found.problem} {found.hint}".strip(), file=sys.stderr)
    if disk is not None:
        print(f"Disk: {disk.verdict}, {disk.reason}. {disk.hint}".strip())
    if fit is not None:
        print(fit.sentence)
