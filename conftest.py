"""What all the tests share."""

from __future__ import annotations

import gc
import os
import re
import signal
import threading
from collections import Counter
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings

TICK_S = 0.05
LATE_S = 0.1
"""A tick that is late by less waited for its turn, as it does on a busy machine."""
STOOD_STILL_S = 0.5
"""A test may wait in vain, or measure too much, when the machine stood still for so long meanwhile."""

SHARED_MODEL = re.compile(r"\b(contract|converted_model|model_engine|models_state_dir)\b: ")
"""The fixtures of the embedded model, as a test asks for them."""


REPEATABLE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
"""Property tests as they always run: no example is judged by the time it took, which would measure the machine, and a
second run tries the same examples. `--hypothesis-profile search` tries others each time, for the search of faults."""
SEARCH = settings(REPEATABLE, derandomize=False, print_blob=True)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before Hypothesis' own hook, which loads the profile of the command line."""
    heed_the_keyboard_signals()
    config.stash[MACHINE] = Machine()
    config.pluginmanager.register(RunAgain(), "run-again")
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


class Machine:
    """Knows how long the machine stood still: a virtual machine that was stopped, a container that had used up its
    share. A thread that is to look each `TICK_S` then looks too late."""

    def __init__(self) -> None:
        self.stood_still_s = 0.0
        self._watching = False
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        if hasattr(os, "register_at_fork"):
            # Python warns of a fork beside a thread.
            os.register_at_fork(before=self._pause, after_in_parent=self._go_on)

    def watch(self) -> None:
        self._watching = True
        self._go_on()

    def leave(self) -> None:
        self._watching = False
        self._pause()

    def _go_on(self) -> None:
        if not self._watching:
            return
        self._over.clear()
        self._thread = threading.Thread(target=self._watch, name="machine", daemon=True)
        self._thread.start()

    def _pause(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        at, used = monotonic(), process_time()
        while not self._over.wait(TICK_S):
            now, used_now = monotonic(), process_time()
            # Not what the process itself computed: that may have kept this thread from its turn.
            late_s = now - at - TICK_S - (used_now - used)
            if late_s > LATE_S:
                self.stood_still_s += late_s
            at, used = now, used_now


MACHINE = pytest.StashKey[Machine]()
AGAIN = "run again"


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[MACHINE].watch()


def pytest_sessionfinish(session: pytest.Session) -> None:
    session.config.stash[MACHINE].leave()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Runs a test again that failed while the machine stood still. No other one: what fails by itself has failed."""
    machine = item.config.stash[MACHINE]
    before_s, request = machine.stood_still_s, getattr(item, "_request", None)
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    failed = next((report for report in reports if report.failed), None)
    stood_still_s = machine.stood_still_s - before_s
    if failed is not None and stood_still_s >= STOOD_STILL_S:
        forget_failed_fixtures(item, request)
        why = failed.longreprtext.splitlines()[-1:] or [""]
        item.user_properties.append((AGAIN, f"the machine stood still for {stood_still_s:.1f} s, {why[0]}"))
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def forget_failed_fixtures(item: Any, request: Any) -> None:
    """Those of a wider scope than the test: pytest would raise once more what they raised."""
    for definitions in item._fixtureinfo.name2fixturedefs.values():
        for definition in definitions:
            if definition.cached_result is not None and definition.cached_result[2] is not None:
                definition.finish(request)


class RunAgain:
    """Tells at the end which tests were run again, in the process that tells: with several workers it runs none."""

    def __init__(self) -> None:
        self._said: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":
            self._said += [f"RUN AGAIN {report.nodeid}: {why}" for name, why in report.user_properties if name == AGAIN]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for line in self._said:
            terminalreporter.write_line(line)


def pytest_collection() -> None:
    """What the test files import stays: to look through it for garbage while it comes is a tenth of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Everything that was imported stays until the end. Frozen, it is not walked through by each full collection,
    of which torch and transformers ask for many: seconds each in a run of the whole suite."""
    gc.collect()
    gc.freeze()
    gc.enable()


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
