"""What `bench` measured, kept in the state folder until real answers tell the pace."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from r3mes_engine.bench import BatchFigures
from r3mes_protocol.messages import Device

FILE_NAME = "measured_pace.json"
FORMAT = 1
MAX_KEPT = 64
"""Different models and devices; the oldest go."""
MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Measurement:
    model: str
    device: str
    """The GPU's UUID, or the processor's name."""
    device_name: str
    engine_version: str
    measured_at: int
    """Seconds since the epoch."""
    quantisation: str
    peak_memory_mb: int
    figures: tuple[BatchFigures, ...]


def device_key(device: Device) -> str:
    return device.gpu_uuids[0] if device.gpu_uuids else device.name


def keep_measurement(state_dir: Path, new: Measurement) -> Path:
    """In the place of an older one of the same model on the same device."""
    path = state_dir / FILE_NAME
    others = [one for one in read_measurements(state_dir) if (one.model, one.device) != (new.model, new.device)]
    kept = [*others, new][-MAX_KEPT:]
    state_dir.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{FILE_NAME}.new")
    document = {"format": FORMAT, "measurements": [asdict(one) for one in kept]}
    draft.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)
    return path


def read_measurements(state_dir: Path) -> list[Measurement]:
    """Empty where there is no file or it can't be read: nothing depends on it."""
    path = state_dir / FILE_NAME
    try:
        if path.stat().st_size > MAX_BYTES:
            return []
        document = json.loads(path.read_bytes())
        if document["format"] != FORMAT:
            return []
        return [_measurement(one) for one in document["measurements"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []


def expected_pace(measurements: Sequence[Measurement], model: str, device: Device, concurrency: int) -> float | None:
    """Tokens a second of the largest measured batch that this engine answers at once; None: nobody measured. Pure."""
    for one in measurements:
        if (one.model, one.device) == (model, device_key(device)):
            fitting = [figures for figures in one.figures if figures.batch <= concurrency]
            if fitting:
                return max(fitting, key=lambda figures: figures.batch).decode_tokens_per_second
    return None


def _measurement(document: dict[str, Any]) -> Measurement:
    figures = tuple(BatchFigures(**one) for one in document["figures"])
    for one in figures:
        if not 0 <= float(one.decode_tokens_per_second) < float("inf") or not 0 < int(one.batch) < 2**20:
            raise ValueError("impossible figures")
    return Measurement(**{**document, "figures": figures})
