"""What all the tests share."""

from __future__ import annotations

import gc
import re
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

SHARED_MODEL = re.compile(r"\b(contract|converted_model|model_engine|models_state_dir)\b: ")
"""The fixtures of the embedded model, as a test asks for them."""


REPEATABLE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
"""Property tests as they always run: no example is judged by the time it took, which would measure the machine, and a
second run tries the same examples. `--hypothesis-profile search` tries others each time, for the search of faults."""
SEARCH = settings(REPEATABLE, derandomize=False, print_blob=True)


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    """Before Hypothesis' own hook, which loads the profile of the command line."""
    heed_the_keyboard_signals()
    settings.register_profile("repeatable", REPEATABLE)
    settings.register_profile("search", SEARCH)
    settings.load_profile("repeatable")


def heed_the_keyboard_signals() -> None:
    """A shell lets what it starts in the background ignore Ctrl-C and Ctrl-\\, and their children inherit that: the
    tests that send them would wait for a process that never ends."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    quit_signal = getattr(signal, "SIGQUIT", None)
    if quit_signal is not None and signal.getsignal(quit_signal) is signal.SIG_IGN:
        signal.signal(quit_signal, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Everything that was imported stays until the end. Frozen, it is not walked through by each full collection,
    of which torch and transformers ask for many: seconds each in a run of the whole suite."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """For several workers: the embedded model first, then the files of few tests, which are the campaigns and whole
    programs. Begun last, as xdist does, one of them would keep all waiting at the end."""
    if hasattr(config, "workerinput"):
        tests_of = Counter(item.path for item in items)
        shares = {path: shares_model(path) for path in tests_of}
        items.sort(key=lambda item: (not shares[item.path], tests_of[item.path]))


def shares_model(file: Path) -> bool:
    return bool(SHARED_MODEL.search(file.read_text("utf-8")))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadfile` all files that share the embedded model go to one worker: it is converted while the
    others have work, and one engine loads it. The order is that of the collection."""
    from xdist.scheduler import LoadFileScheduling

    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False

    class ByFileAndModel(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            if file not in shares:
                shares[file] = shares_model(config.rootpath / file)
            return "the embedded model" if shares[file] else file

    shares: dict[str, bool] = {}
    return ByFileAndModel(config, log)
