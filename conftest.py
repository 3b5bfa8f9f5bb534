"""What all the tests share."""

from __future__ import annotations

import gc
import re
from typing import Any

import pytest

SHARED_MODEL = re.compile(r"\b(contract|converted_model|model_engine|models_state_dir)\b: ")
"""The fixtures of the embedded model, as a test asks for them."""


def pytest_collection_finish() -> None:
    """Everything that was imported stays until the end. Frozen, it is not walked through by each full collection,
    of which torch and transformers ask for many: seconds each in a run of the whole suite."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadfile` all files that share the embedded model go to one worker: it is converted while the
    others have work, and one engine loads it."""
    from xdist.scheduler import LoadFileScheduling

    if config.getvalue("dist") != "loadfile":
        return None

    class ByFileAndModel(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            if file not in shares_model:
                shares_model[file] = bool(SHARED_MODEL.search((config.rootpath / file).read_text("utf-8")))
            return "the embedded model" if shares_model[file] else file

    shares_model: dict[str, bool] = {}
    return ByFileAndModel(config, log)
