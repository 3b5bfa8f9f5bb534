"""How a model would fit into this computer: its memory, and the disk that it still needs."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from r3mes_engine.errors import ModelUnusable
from r3mes_engine.hardware.verdict import GpuVerdict, Verdict
from r3mes_engine.models.gguf_file import check_gguf
from r3mes_engine.models.memory_plan import ModelShape, Plan, QuantisationChoice, memory_plan
from r3mes_engine.models.shape import model_shape
from r3mes_engine.models.source import ModelSource, check_source, checked_model, is_on_disk
from r3mes_engine.settings import DEFAULT_ADAPTER_MB, DEFAULT_CONCURRENCY
from r3mes_engine.store.catalogue import OWN_CATALOGUE, CatalogueEntry, entry_named, read_catalogues
from r3mes_engine.store.store import ModelStore

LOW_DISK_MB = 2048
"""With less, logs and converted models soon find no room."""
LEAST_DISK_MB = 256

Presence = Literal["here", "embedded", "downloaded", "partial", "absent"]


@dataclass(frozen=True, slots=True)
class DiskVerdict:
    path: str
    free_mb: int
    needed_mb: int
    """For what is still to be downloaded and converted."""
    verdict: Verdict
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class ModelFit:
    """`plan` is None where only its makers' estimate is known, or nothing."""

    name: str
    presence: Presence
    download_mb: int
    """What is still missing of it."""
    converted_mb: int
    """What it takes besides, once it is converted; 0 for what needs no conversion."""
    plan: Plan | None
    estimate_mb: dict[str, int]
    """For one conversation, by the kind of numbers, as the catalogue says."""
    fits: bool | None
    """None: nobody can know before it is there."""
    sentence: str


def find_fit(
    model: str,
    quantisation: QuantisationChoice,
    best: GpuVerdict | None,
    state_dir: Path | None,
    catalogues: Sequence[Path],
) -> ModelFit:
    """For the best GPU, or for the computer's own memory where there is none. Raises EngineExit (11, 78)."""
    if is_on_disk(model):
        source = checked_model(model)
        return _of_source(source, "embedded" if model == "builtin" else "here", quantisation, best)
    own = (state_dir or Path()) / OWN_CATALOGUE
    entry = entry_named(read_catalogues(own, catalogues), model)
    if entry.kind != "model":
        raise ModelUnusable(f"{entry.name} is an adapter, not a model.", "Give the name of a model.")
    # Without a state folder nobody can know what was downloaded.
    store = ModelStore(state_dir or Path("no-state-folder"), jitter=lambda low, high: low)
    status, have = store.status(entry)
    if status in ("embedded", "downloaded"):
        return _of_source(check_source(store.source(entry)), status, quantisation, best)
    return _of_entry(entry, status, have, quantisation, best)


def _of_source(
    source: ModelSource, presence: Presence, quantisation: QuantisationChoice, best: GpuVerdict | None
) -> ModelFit:
    converted_mb = 0
    shape: ModelShape | None
    if source.kind == "folder":
        shape = model_shape(source.path)
    else:
        summary = check_gguf(source.path)
        shape, converted_mb = summary.shape, summary.elements * 2 // 2**20
    if shape is None:
        sentence = f"{source.name} does not tell how much memory it takes; the engine plans when it first serves it."
        return ModelFit(source.name, presence, 0, converted_mb, None, {}, None, sentence)
    plan = _plan(shape, quantisation, best)
    return ModelFit(source.name, presence, 0, converted_mb, plan, {}, plan.fits, plan.sentence)


def _plan(shape: ModelShape, quantisation: QuantisationChoice, best: GpuVerdict | None) -> Plan:
    kind: Literal["cpu", "cuda"] = "cpu" if best is None else "cuda"
    return memory_plan(
        shape,
        memory=_free_mb(best) * 2**20,
        device=kind,
        # Without torch nobody knows how a processor multiplies; float32 is the larger of the two.
        native="fp32" if best is None else "bf16",
        wanted=quantisation,
        concurrency=DEFAULT_CONCURRENCY[kind],
        adapters=DEFAULT_ADAPTER_MB[kind] * 2**20,
    )


def _of_entry(
    entry: CatalogueEntry, status: Presence, have: int, quantisation: QuantisationChoice, best: GpuVerdict | None
) -> ModelFit:
    """Of a model that is not here yet. Pure but for the free memory."""
    download_mb = (entry.size - have) // 2**20
    # A GGUF file has four to five bits for each number, of which conversion makes sixteen.
    converted_mb = entry.size * 4 // 2**20 if entry.gguf is not None else 0
    estimate = {str(kind): megabytes for kind, megabytes in entry.memory_mb.items()}
    wanted = {kind: need for kind, need in estimate.items() if quantisation in ("auto", kind)}
    free = _free_mb(best)
    where = "of this computer" if best is None else f"of {best.name}"
    missing = f"{entry.name} is not downloaded ({download_mb} MiB are missing)"
    if not wanted:
        sentence = f"{missing}, and the catalogue does not say how much memory it takes."
        return ModelFit(entry.name, status, download_mb, converted_mb, None, estimate, None, sentence)
    fitting = [(kind, need) for kind, need in wanted.items() if need <= free]
    if fitting:
        kind, need = fitting[0]
        sentence = f"{missing}. It would take about {need} MiB in {kind}; {free} MiB {where} are free."
    else:
        kind, need = min(wanted.items(), key=lambda one: one[1])
        sentence = f"{missing}, and does not fit: it takes {need} MiB even in {kind}; {free} MiB {where} are free."
    return ModelFit(entry.name, status, download_mb, converted_mb, None, estimate, bool(fitting), sentence)


def _free_mb(best: GpuVerdict | None) -> int:
    return psutil.virtual_memory().available // 2**20 if best is None else best.memory_free_mb


def disk_verdict(folder: Path, needed_mb: int) -> DiskVerdict:
    """Of the disk that a folder lies on, or will lie on."""
    there = folder.expanduser().absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        free_mb = shutil.disk_usage(there).free // 2**20
    except OSError as error:
        reason = f"the disk of {folder} can't be read: {error.strerror}"
        return DiskVerdict(str(folder), 0, needed_mb, "unusable", reason, "Check the path and who may read it.")
    return judged_disk(str(folder), free_mb, needed_mb)


def judged_disk(path: str, free_mb: int, needed_mb: int) -> DiskVerdict:
    """Pure."""
    if free_mb < needed_mb + LEAST_DISK_MB:
        reason = f"{free_mb} MiB are free in {path}, and {needed_mb + LEAST_DISK_MB} are needed"
        return DiskVerdict(path, free_mb, needed_mb, "unusable", reason, "Free some disk space, or use another folder.")
    if free_mb < needed_mb + LOW_DISK_MB:
        reason = f"only {free_mb} MiB are free in {path}"
        return DiskVerdict(path, free_mb, needed_mb, "degraded", reason, "Free some disk space.")
    return DiskVerdict(path, free_mb, needed_mb, "ok", f"{free_mb} MiB are free in {path}", "")
