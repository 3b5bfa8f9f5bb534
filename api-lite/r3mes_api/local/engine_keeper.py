"""Keeps one engine running beside the gateway. One task owns the engine of the moment; all others only ask."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from r3mes_api.local.engine_child import KILLED_S, Ending, EngineChild
from r3mes_api.local.engine_command import EngineCommand
from r3mes_api.local.engine_state import EnginePhase, EngineState, how_it_ended, start_failure
from r3mes_api.local.restart_policy import RestartPolicy
from r3mes_protocol.control import (
    DisconnectedEvent,
    ErrorEvent,
    Event,
    LoadingEvent,
    ReadyEvent,
    RegisteredEvent,
    StartingEvent,
)
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.wire import GatewayOrigin, NodeId

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StopTimes:
    """How long each step to the engine's end may take."""

    asked_s: float
    terminated_s: float


IN_ORDER = StopTimes(asked_s=6.0, terminated_s=2.0)
"""An engine that is told to stop ends within 5 s by its own watchdog."""

IN_A_HURRY = StopTimes(asked_s=0.5, terminated_s=0.1)
"""Who started the gateway is gone: all of it ends within 3 s."""


class EngineKeeper:
    def __init__(
        self,
        command: EngineCommand,
        gateway: GatewayOrigin,
        environment: Mapping[str, str],
        policy: RestartPolicy,
        *,
        start_s: float,
        chance: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self.state = EngineState(EnginePhase.STARTING)
        self._command = command
        self._gateway = gateway
        self._environment = environment
        self._policy = policy
        self._start_s = start_s
        self._chance = chance
        self._clock = clock
        self._node_id: NodeId | None = None
        self._node_id_told = asyncio.Event()
        self._first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stop: asyncio.Future[StopTimes] = asyncio.get_running_loop().create_future()
        self._gone = asyncio.Event()
        self._greeted = False
        self._complaint = ""
        self._served_since: float | None = None
        self._served: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # --- what others ask ---

    async def started(self) -> None:
        """Returns when the first engine serves. Raises CannotStart."""
        await asyncio.shield(self._first)

    async def node_id(self, timeout_s: float) -> NodeId | None:
        """The key of the engine that runs, as it told it over our own pipe; None when it tells none in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._node_id_told.wait()
        return self._node_id

    async def stop(self, times: StopTimes) -> None:
        """Returns when no engine is left."""
        if not self._stop.done():
            self._stop.set_result(times)
        await self._gone.wait()

    # --- the owner task ---

    async def run(self) -> None:
        """Until cancelled; nothing of the engine is left then."""
        try:
            await self._keep()
        finally:
            self._change(EnginePhase.STOPPED)
            self._gone.set()
        await asyncio.Event().wait()

    async def _keep(self) -> None:
        losses = 0
        while not self._stop.done():
            failed = await self._one_run()
            if self._stop.done() or failed is None:
                return
            code, reason, served_s = failed
            losses = self._policy.losses(losses, served_s)
            delay_s = self._policy.delay_s(losses, code, self._chance())
            logger.warning("the local engine ended: %s; it is started again in %.1f s", reason, delay_s)
            self.state = EngineState(EnginePhase.WAITING, reason, code, self.state.restarts + 1)
            await asyncio.wait({self._stop}, timeout=delay_s)

    async def _one_run(self) -> tuple[ExitCode | None, str, float] | None:
        """Code, reason and seconds of service of a run that ended by itself. None where the start itself failed."""
        self._greeted, self._complaint, self._served_since = False, "", None
        self._served = asyncio.get_running_loop().create_future()
        self._change(EnginePhase.STARTING)
        try:
            os.makedirs(self._command.state_folder, mode=0o700, exist_ok=True)  # noqa: PTH103
            child = await EngineChild.spawn(
                self._command.arguments(self._gateway), self._command.state_folder, self._environment
            )
        except OSError as error:
            reason = f"{error.strerror or 'it can not be started'} ({error.filename or self._command.python})"
            if self._fail_start(1, [reason]):
                return None
            return ExitCode.CONFIGURATION, reason, 0.0
        logger.info("the local engine runs as process %d", child.pid)
        try:
            ending = await self._see_through(child)
        finally:
            child.kill()
            self._node_id = None
            self._node_id_told.clear()
        if self._stop.done() or self._fail_start(ending.returncode, list(child.log)):
            return None
        served_s = 0.0 if self._served_since is None else self._clock() - self._served_since
        return ending.code, how_it_ended(ending.returncode, self._complaint), served_s

    def _fail_start(self, returncode: int, log: list[str]) -> bool:
        """The first engine never served: that is no loss to be repaired but a start that failed."""
        if self._first.done():
            return False
        failure = start_failure(
            returncode,
            self._complaint,
            log,
            greeted=self._greeted,
            python=self._command.python,
        )
        self._first.set_exception(failure)
        self._first.exception()  # whoever waits gets it; nobody has to
        return True

    async def _see_through(self, child: EngineChild) -> Ending:
        """From the spawn to the end, whoever wants it."""
        reading = asyncio.create_task(self._read(child), name="engine events")
        ended = asyncio.create_task(child.wait(), name="engine end")
        try:
            in_time = await self._until_serving(ended)
            if not in_time:
                self._complaint = f"it was not ready within {self._start_s:g} s"
                child.kill()
            either: set[asyncio.Future[Any]] = {ended, self._stop}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if self._stop.done():
                await self._end(child, ended, self._stop.result())
            await asyncio.wait({ended}, timeout=KILLED_S)
            await asyncio.wait({reading}, timeout=0.2)
            return ended.result() if ended.done() else Ending(-9)
        finally:
            for task in (reading, ended):
                task.cancel()

    async def _until_serving(self, ended: asyncio.Task[Ending]) -> bool:
        """False when the time is up. An end or a stop is seen to by the caller."""
        waited: set[asyncio.Future[Any]] = {ended, self._stop, self._served}
        await asyncio.wait(waited, timeout=self._start_s, return_when=asyncio.FIRST_COMPLETED)
        return any(future.done() for future in waited)

    async def _end(self, child: EngineChild, ended: asyncio.Task[Ending], times: StopTimes) -> None:
        child.ask_to_stop()
        await asyncio.wait({ended}, timeout=times.asked_s)
        if not ended.done():
            logger.warning("the local engine does not stop; it is ended by force")
            child.terminate()
            await asyncio.wait({ended}, timeout=times.terminated_s)
        if not ended.done():
            child.kill()

    async def _read(self, child: EngineChild) -> None:
        async for event in child.events():
            self._told(event)

    def _told(self, event: Event) -> None:
        if isinstance(event, StartingEvent):
            self._greeted = True
        elif isinstance(event, LoadingEvent):
            share = "" if event.fraction is None else f", {event.fraction:.0%}"
            self._change(EnginePhase.LOADING, f"{event.stage}{share}")
        elif isinstance(event, ReadyEvent):
            self._node_id = NodeId(event.node_id)
            self._node_id_told.set()
            self._change(EnginePhase.CONNECTING)
        elif isinstance(event, RegisteredEvent):
            if not self._served.done():
                self._served_since = self._clock()
                self._served.set_result(None)
            self._change(EnginePhase.SERVING)
            if not self._first.done():
                self._first.set_result(None)
        elif isinstance(event, DisconnectedEvent):
            self._change(EnginePhase.CONNECTING)
        elif isinstance(event, ErrorEvent):
            self._complaint = event.message

    def _change(self, phase: EnginePhase, detail: str = "") -> None:
        self.state = replace(self.state, phase=phase, detail=detail, code=None)
