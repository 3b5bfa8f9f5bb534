"""How a process that calculates with a model is set up, before torch and transformers are imported in it."""

from __future__ import annotations

import importlib
import os


def prepare_environment(threads: int) -> None:
    """Settings that torch and transformers read once, when they are first imported."""
    for name, value in {
        # Without these two, spinning worker threads cost four fifths of the pace on a busy machine.
        "OMP_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "PASSIVE",
        "TOKENIZERS_PARALLELISM": "false",
        # Models come from disk alone; the engine asks no hub for anything.
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }.items():
        os.environ.setdefault(name, value)


def load_libraries() -> None:
    """Torch and transformers without what serving never uses. After `prepare_environment`, before any module of the
    engine imports them."""
    from r3mes_engine.models.deferred_imports import defer_compiler, not_distributed, without

    defer_compiler()
    with without("scipy", "sklearn"), not_distributed():
        importlib.import_module("transformers.modeling_utils")
