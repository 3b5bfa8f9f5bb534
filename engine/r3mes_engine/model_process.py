"""How a process that calculates with a model is set up, before torch and transformers are imported in it."""

from __future__ import annotations

import contextlib
import gc
import importlib
import logging
import os
from collections.abc import Generator

log = logging.getLogger(__name__)

LIBRARY = "transformers.modeling_utils"


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
    from r3mes_engine.models.deferred_imports import defer_compiler, not_distributed, undo_deferral, without

    try:
        defer_compiler()
        with what_comes_stays(), without("scipy", "sklearn"), not_distributed():
            importlib.import_module(LIBRARY)
    except (ImportError, AttributeError, TypeError) as error:
        # Other versions than the pinned ones may need what was left out.
        log.warning("the libraries are loaded whole, which takes more memory: %s", error)
        undo_deferral()
        importlib.import_module(LIBRARY)


@contextlib.contextmanager
def what_comes_stays() -> Generator[None, None, None]:
    """The garbage collector waits until the block is over, and leaves alone for good what is there by then. Looking
    through the libraries while they come is a sixth of the time of their import; later it would hold up the tokens."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.collect()
        gc.freeze()
    finally:
        if was_enabled:
            gc.enable()
