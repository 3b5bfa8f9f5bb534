"""`r3mes-engine serve`: the composition root, and the order in which an engine comes up and ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import secrets
import signal
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from r3mes_engine.adapter_commands import AdapterCommands
from r3mes_engine.backends.protocol import ManagesAdapters
from r3mes_engine.control import CommandReader, EventWriter, take_stdout
from r3mes_engine.downloads import Downloads
from r3mes_engine.embeddings.service import EmbeddingService
from r3mes_engine.ending import Ending
from r3mes_engine.errors import EngineExit
from r3mes_engine.hardware.gpu_faults import GpuFault, ending, gpu_fault
from r3mes_engine.hardware.gpu_watch import GpuWatch
from r3mes_engine.hardware.verdict import GpuVerdict
from r3mes_engine.measured_pace import expected_pace, read_measurements
from r3mes_engine.node.adapter_hints import adapter_hints
from r3mes_engine.node.agent import NodeAgent, NodeIdentity
from r3mes_engine.node.connection import dial
from r3mes_engine.node.grant import check_is_for
from r3mes_engine.node.reconnect import ReconnectPolicy
from r3mes_engine.preparation import Preparation, Prepared, on_own_thread
from r3mes_engine.serving.chat_service import ChatService
from r3mes_engine.serving.http import build_app
from r3mes_engine.serving.job_queue import JobQueue
from r3mes_engine.serving.loopback import LoopbackServer
from r3mes_engine.serving.loopback_files import port_file, token_file
from r3mes_engine.settings import ServeSettings
from r3mes_engine.store.store import ModelStore
from r3mes_engine.watchdog import Watchdog
from r3mes_protocol import __version__
from r3mes_protocol.control import (
    Command,
    DrainCommand,
    DrainingEvent,
    ErrorEvent,
    GpuEvent,
    GrantCommand,
    LoadAdapterCommand,
    LoadingEvent,
    PingCommand,
    PongEvent,
    ReadyEvent,
    StartingEvent,
    StatsEvent,
    StopCommand,
    StoppedEvent,
    UnloadAdapterCommand,
)
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.grants import SignedGrant
from r3mes_protocol.session_signature import node_id_of

log = logging.getLogger(__name__)

T = TypeVar("T")

ORPHAN_DRAIN_S = 2.0
"""How long answers may go on after the launcher is gone."""
ORPHAN_END_S = 3.0
"""When an orphan ends for sure."""
STOP_END_S = 5.0
"""When an engine that was told to stop ends for sure."""
TERM_DRAIN_S = 20.0
"""Service managers and container runtimes usually kill 30 s after SIGTERM; the end itself takes some seconds more."""
STATS_INTERVAL_S = 2.0
FAULT_DRAIN_S = 3.0
"""After a fault of the GPU its answers end in failures, which others are to hear of; none of them goes on."""
FAULT_END_S = 8.0
"""When such an engine ends for sure: freeing what lies on a GPU that is gone may take for ever."""


def serve(settings: ServeSettings) -> int:
    """Runs the engine to its end. Returns the exit code."""
    # A launcher stamps each line with its time.
    stamp = "" if settings.control_on_stdin else "%(asctime)s "
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=f"{stamp}%(levelname)s %(name)s: %(message)s")
    for name in ("websockets", "uvicorn", "ContinuousBatchingLogger", "httpx2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    events = EventWriter(take_stdout())
    events.emit(StartingEvent(version=__version__, pid=os.getpid()))
    try:
        reason = asyncio.run(_Engine(settings, events).run())
    except EngineExit as problem:
        code = _report(events, problem)
    except MemoryError:
        code = _report(events, _out_of_memory())
    except Exception as error:
        log.exception("the engine failed")
        fault = gpu_fault(error)
        code = _report(events, _internal(error) if fault is None else ending(fault))
    else:
        code = ExitCode.OK
        events.emit(StoppedEvent(exit_code=code, reason=reason))
    events.close()
    return code


class _Engine:
    """One run. Its methods run on the event loop unless they say otherwise."""

    def __init__(self, settings: ServeSettings, events: EventWriter) -> None:
        self._settings = settings
        self._events = events
        self._watchdog = Watchdog(ExitCode.OK)
        self._ending = Ending()
        self._ending_changed = asyncio.Event()
        self._agent: NodeAgent | None = None
        self._adapter_commands = AdapterCommands(events.emit)
        self._downloads = Downloads(
            ModelStore(settings.state_dir, jitter=random.uniform),
            settings.state_dir,
            settings.catalogues,
            events.emit,
            asks=settings.asks_for_token,
        )
        self._handed_grants: list[SignedGrant] = []
        self._service: ChatService | None = None
        self._fault: GpuFault | None = None

    async def run(self) -> str:
        """Returns why the engine ended. Raises EngineExit."""
        reason = await self._run()
        if self._fault is not None:
            raise ending(self._fault)
        return reason

    async def _run(self) -> str:
        self._loop = asyncio.get_running_loop()
        self._listen_to_signals()
        if self._settings.control_on_stdin:
            CommandReader(
                sys.stdin.buffer,
                on_command=self._from_thread(self._command),
                on_problem=self._from_thread(self._bad_command),
                on_end=self._stdin_ended,
            ).start()
        preparation = Preparation(
            self._settings,
            self._downloads,
            self._loop,
            lambda stage, fraction: self._events.emit(LoadingEvent(stage=stage, fraction=fraction)),
            self._from_thread(self._device_failed),
            self._tell_gpu,
        )
        preparing = on_own_thread(preparation.run, self._loop)
        await self._wait_for(preparing)
        if not preparing.done():
            return self._ending.reason
        prepared = preparing.result()
        try:
            await self._serve(prepared)
        finally:
            await prepared.backend.close()
        return self._ending.reason

    def _tell_gpu(self, gpu: GpuVerdict) -> None:
        # A card without a UUID or a name can't be meant by anybody.
        if gpu.uuid and gpu.name:
            self._events.emit(
                GpuEvent(
                    uuid=gpu.uuid, name=gpu.name, verdict=gpu.verdict, code=gpu.code, reason=gpu.reason, hint=gpu.hint
                )
            )

    # --- serving -----------------------------------------------------------------------------------------------

    async def _serve(self, prepared: Prepared) -> None:
        concurrency = prepared.concurrency
        # As many may wait as run: a longer queue only hides from the gateway that this node is full.
        watch = GpuWatch(prepared.device.gpu_uuids[0]) if prepared.device.kind == "cuda" else None
        service = ChatService(
            prepared.backend,
            JobQueue(concurrency, concurrency),
            self._events.emit,
            read_gpu=(lambda: None) if watch is None else watch.reading,
            on_device_fault=self._device_failed,
            expected_pace=expected_pace(
                read_measurements(self._settings.state_dir), prepared.backend.offer.name, prepared.device, concurrency
            ),
        )
        self._service = service
        token = secrets.token_urlsafe(32)
        server = LoopbackServer()
        embeddings = None
        if prepared.embeddings is not None:
            embeddings = EmbeddingService(prepared.embeddings, self._device_failed)
        server.start(build_app(service, token, embeddings))
        agent = NodeAgent(
            NodeIdentity(self._settings.gateways[0], prepared.key, prepared.device, self._settings.gateways[1:]),
            service,
            ReconnectPolicy(random.uniform),
            dial,
            self._events.emit,
            prepared.grants,
            adapter_hints(prepared.backend),
            self._settings.endpoint,
            embeddings,
        )
        self._agent = agent
        if isinstance(prepared.backend, ManagesAdapters):
            prepared.backend.on_adapters_changed = agent.adapters_changed
        self._adapter_commands.use(prepared.backend)
        self._use_handed_grants()
        kept = contextlib.ExitStack()
        if watch is not None:
            kept.callback(watch.close)
        kept.enter_context(port_file(self._settings.state_dir, server.port))
        if not self._settings.control_on_stdin:
            kept.enter_context(token_file(self._settings.state_dir, token))
        self._events.emit(
            ReadyEvent(
                port=server.port,
                # Without a control channel stdout is somebody's log: the token is in its file then.
                token=token if self._settings.control_on_stdin else None,
                model=service.offer.name,
                device=prepared.device,
                node_id=node_id_of(prepared.key),
            )
        )
        session = asyncio.create_task(agent.run(), name="node agent")
        numbers = asyncio.create_task(self._tell_numbers(service, watch), name="statistics")
        try:
            await self._wait_for(session)
            if session.done():
                session.result()
            await self._drain(service, agent)
        finally:
            for task in (session, numbers):
                task.cancel()
            await asyncio.gather(session, numbers, return_exceptions=True)
            await server.stop()
            if embeddings is not None:
                embeddings.close()
            kept.close()

    async def _tell_numbers(self, service: ChatService, watch: GpuWatch | None) -> None:
        while True:
            if watch is not None and (fault := watch.fault()) is not None:
                self._device_failed(fault)
            capacity, stats = service.capacity, service.backend_stats()
            self._events.emit(
                StatsEvent(
                    active=capacity.active,
                    queued=capacity.queued,
                    requests=service.requests,
                    completion_tokens=service.completion_tokens,
                    tokens_per_second=round(service.tokens_per_second(), 2),
                    memory_mb=stats.memory_mb,
                    free_vram_mb=stats.free_vram_mb,
                )
            )
            await asyncio.sleep(STATS_INTERVAL_S)

    # --- ending ------------------------------------------------------------------------------------------------

    async def _drain(self, service: ChatService, agent: NodeAgent) -> None:
        service.refuse_new("This node takes nothing new.")
        self._events.emit(DrainingEvent(active=service.capacity.active, reason=self._ending.reason))
        drained = asyncio.ensure_future(asyncio.gather(agent.drain(self._ending.reason), service.drained()))
        try:
            while not drained.done():
                left = self._ending.time_left(self._loop.time())
                if left == 0:
                    log.info("answers that were not done yet are cut off")
                    return
                self._ending_changed.clear()
                changed = asyncio.ensure_future(self._ending_changed.wait())
                watched: set[asyncio.Future[Any]] = {drained, changed}
                await asyncio.wait(watched, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
            drained.result()
        finally:
            drained.cancel()
            await asyncio.gather(drained, return_exceptions=True)

    async def _wait_for(self, work: asyncio.Future[T]) -> None:
        """Returns when the work is done or somebody wants the engine to end."""
        asked = asyncio.ensure_future(self._ending_changed.wait())
        watched: set[asyncio.Future[Any]] = {work, asked}
        try:
            await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()

    def _end(self, reason: str, drain_s: float | None) -> None:
        self._ending.ask(reason, self._loop.time(), drain_s)
        self._ending_changed.set()

    def _device_failed(self, fault: GpuFault) -> None:
        """Nothing but a new process can use the GPU again: this one tells everybody and makes room for it."""
        if self._fault is not None:
            return
        self._fault = fault
        self._watchdog.end_within(FAULT_END_S, ending(fault).exit_code)
        if self._service is not None:
            self._service.device_failed(fault)
        self._end(fault.message, FAULT_DRAIN_S)

    def _stdin_ended(self) -> None:
        """Runs on the thread that reads stdin, so that it works while the event loop is stuck."""
        self._watchdog.end_within(ORPHAN_END_S)
        self._from_thread(self._end)("the launcher is gone", ORPHAN_DRAIN_S)

    def _listen_to_signals(self) -> None:
        def handle(number: int, _frame: object) -> None:
            # The second one means it.
            drain_s = 0.0 if self._ending.asked else TERM_DRAIN_S
            self._watchdog.end_within(drain_s + STOP_END_S)
            self._from_thread(self._end)(f"{signal.Signals(number).name} received", drain_s)

        for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), handle)

    # --- commands ----------------------------------------------------------------------------------------------

    def _command(self, command: Command) -> None:
        if isinstance(command, PingCommand):
            self._events.emit(PongEvent(id=command.id))
        elif isinstance(command, DrainCommand):
            self._end("the launcher asked for a drain", None)
        elif isinstance(command, StopCommand):
            self._watchdog.end_within(STOP_END_S)
            self._end("the launcher asked for a stop", 0.0)
        elif isinstance(command, GrantCommand):
            self._handed_grants.append(command.grant)
            self._use_handed_grants()
        elif isinstance(command, LoadAdapterCommand | UnloadAdapterCommand):
            self._adapter_commands.handle(command)
        else:
            self._downloads.handle(command)

    def _use_handed_grants(self) -> None:
        """Before the agent exists grants wait for it: there may be one for each gateway."""
        if self._agent is None:
            return
        handed, self._handed_grants = self._handed_grants, []
        for grant in handed:
            try:
                self._agent.use_grant(check_is_for(grant, self._agent.node_id))
            except EngineExit as problem:
                self._events.emit(ErrorEvent(code=problem.code, message=problem.message, hint=problem.hint))

    def _bad_command(self, problem: str) -> None:
        self._events.emit(ErrorEvent(code="bad_command", message=f"A line on stdin was passed over: {problem}."))

    def _from_thread(self, callback: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: object) -> None:
            try:
                self._loop.call_soon_threadsafe(callback, *arguments)
            except RuntimeError:
                log.debug("the event loop has ended already")

        return call


def _report(events: EventWriter, problem: EngineExit) -> ExitCode:
    log.error("%s %s", problem.message, problem.hint)
    events.emit(ErrorEvent(code=problem.code, message=problem.message, hint=problem.hint, exit_code=problem.exit_code))
    return problem.exit_code


def _out_of_memory() -> EngineExit:
    return EngineExit(
        ExitCode.OUT_OF_MEMORY,
        "out_of_memory",
        "There is not enough memory for this model.",
        "Close other programs, or choose a smaller model.",
    )


def _internal(error: Exception) -> EngineExit:
    return EngineExit(
        ExitCode.INTERNAL,
        "internal",
        f"The engine failed in a way that nobody foresaw ({type(error).__name__}).",
        "Its log has the details; please report them.",
    )
