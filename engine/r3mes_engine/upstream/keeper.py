"""Keeps the other server: waits for it, watches its tokens, and starts it again where it is the engine's own child."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from r3mes_engine.backends.protocol import Report
from r3mes_engine.errors import EngineExit
from r3mes_engine.upstream.address import Unanswered, UpstreamAddress, ask, ask_models
from r3mes_engine.upstream.child import ServerChild
from r3mes_engine.upstream.dialect import UpstreamModel, find_model
from r3mes_engine.upstream.liveness import Progress, RestartDelay
from r3mes_engine.upstream.metrics import UpstreamNumbers, read_numbers
from r3mes_protocol.exit_codes import ExitCode

log = logging.getLogger(__name__)

START_S = 1800.0
"""A large model is read from disk, compiled and measured by vLLM; the largest take a quarter of an hour."""
POLL_S = 0.25
WATCH_S = 2.0
QUESTION_S = 5.0
"""For one short question; a busy server answers in milliseconds."""
REST_S = 10.0
"""A server of somebody else's that was stuck is left alone for so long."""

Launch = Callable[[], tuple[ServerChild, UpstreamAddress]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A server that can be asked."""

    address: UpstreamAddress
    model: UpstreamModel
    start: int
    """The so-manieth start of it: what was loaded into an earlier one is gone."""


class UpstreamKeeper:
    """`start` blocks on the loading thread; then a thread of its own watches until `close`."""

    def __init__(
        self,
        address: UpstreamAddress | None,
        launch: Launch | None,
        wanted: str | None,
        progress: Progress,
        watch_s: float = WATCH_S,
        rest_s: float = REST_S,
    ) -> None:
        """Either the `address` of a server that is there or the `launch` of one is given."""
        self._address = address
        self._launch = launch
        self._wanted = wanted
        self._progress = progress
        self._watch_s = watch_s
        self._rest_s = rest_s
        self._delay = RestartDelay()
        self._closing = threading.Event()
        self._child: ServerChild | None = None
        self._starts = 0
        self._thread: threading.Thread | None = None
        self._rests_until = 0.0
        self._tells_numbers = True
        self._kept: Kept | None = None
        self.on_stall: Callable[[], None] = lambda: None
        """Called on the keeper's thread before a stuck server is left alone or ended."""
        self.numbers = UpstreamNumbers()
        self.memory_mb = 0

    @property
    def kept(self) -> Kept | None:
        """None while the server can't be asked."""
        return self._kept if time.monotonic() >= self._rests_until else None

    def start(self, report: Report) -> UpstreamModel:
        """Blocks until the server can answer. Raises EngineExit."""
        what = "starting the model's server" if self._launch is not None else "waiting for the model's server"
        report(what, None)
        try:
            kept = self._bring_up()
        except BaseException:
            self._end_child()
            raise
        self._kept = kept
        self._thread = threading.Thread(target=self._watch, name="upstream", daemon=True)
        self._thread.start()
        return kept.model

    def close(self) -> None:
        """Blocks until a child is gone."""
        self._closing.set()
        self._kept = None
        if self._thread is not None:
            self._thread.join()
        self._end_child()

    # --- on the loading thread first, later on the own one -----------------------------------------------------

    def _bring_up(self) -> Kept:
        if self._launch is not None:
            self._child, address = self._launch()
        else:
            assert self._address is not None
            address = self._address
        self._starts += 1
        until = time.monotonic() + START_S
        while True:
            if self._child is not None and (code := self._child.exit_code) is not None:
                raise _did_not_start(f"It ended with exit code {code}: {self._child.last_words()[:300]}")
            try:
                listing = ask_models(address, QUESTION_S)
            except Unanswered as problem:
                if problem.status is not None and problem.status < 500:
                    raise _unusable(str(problem), problem.status) from None
                if time.monotonic() > until:
                    raise _did_not_start(str(problem)) from None
            else:
                try:
                    model = find_model(listing, self._wanted)
                except ValueError as problem:
                    raise _unusable(str(problem), None) from None
                self._progress.restarted(time.monotonic())
                return Kept(address, model, self._starts)
            if self._closing.wait(POLL_S):
                raise _did_not_start("The engine was told to end.")

    def _watch(self) -> None:
        up_since = time.monotonic()
        while not self._closing.wait(self._watch_s):
            problem = self._look()
            if not problem:
                continue
            log.error("the model's server %s", problem)
            if self._launch is None:
                continue
            self._kept = None
            up_s = time.monotonic() - up_since
            while not self._closing.is_set():
                self._end_child()
                pause = self._delay.died(up_s)
                log.info("the model's server is started again in %.0f s", pause)
                if self._closing.wait(pause):
                    return
                try:
                    self._kept = self._bring_up()
                except EngineExit as failure:
                    log.error("%s", failure.message)
                    up_s = 0.0
                    continue
                except OSError as failure:
                    log.error("the model's server can't be started: %s", failure)
                    up_s = 0.0
                    continue
                up_since = time.monotonic()
                log.info("the model's server answers again")
                break

    def _look(self) -> str:
        """What is wrong; empty: nothing."""
        if self._child is not None:
            if (code := self._child.exit_code) is not None:
                return f"ended with exit code {code}"
            self.memory_mb = self._child.memory_mb()
        kept = self._kept
        if kept is not None and self._tells_numbers:
            try:
                page = ask(f"{kept.address.root}/metrics", kept.address, QUESTION_S)
            except Unanswered as silence:
                # A server without such a page is not asked again.
                self._tells_numbers = silence.status is None or silence.status >= 500
            else:
                self.numbers = read_numbers(page.decode("utf-8", "replace"))
                self._progress.counter(time.monotonic(), self.numbers.tokens)
        now = time.monotonic()
        if now >= self._rests_until and self._progress.stalled(now):
            self._progress.restarted(now)
            # First of all nobody new comes; then those who wait are told.
            if self._launch is None:
                self._rests_until = now + self._rest_s
            else:
                self._kept = None
            self.on_stall()
            return "has made no token for too long, although answers wait for one"
        return ""

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


def _did_not_start(why: str) -> EngineExit:
    return EngineExit(
        ExitCode.INTERNAL,
        "upstream_down",
        f"The model's server can't be reached or did not start. {why}",
        "Look at its log; run its command by hand to see what it needs.",
    )


def _unusable(why: str, status: int | None) -> EngineExit:
    hint = "Check --upstream and --upstream-model."
    if status in (401, 403):
        hint = "Give the server's API key with --upstream-key-file."
    return EngineExit(ExitCode.CONFIGURATION, "upstream_unusable", f"The model's server can't be used. {why}", hint)
