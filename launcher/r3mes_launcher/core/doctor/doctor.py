"""Looks at everything at once, each thing within its time, and judges what was seen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from r3mes_launcher.core.doctor.checks import examine
from r3mes_launcher.core.doctor.facts import EngineFacts, Facts, FolderFacts, GatewayFacts, SystemFacts
from r3mes_launcher.core.doctor.report import DoctorReport, DoctorState, GpuFlaw
from r3mes_launcher.core.engine_check import SelfTestFailed, self_test
from r3mes_launcher.core.gateway_client import GatewayClient, GatewayUnreachable
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.patient_call import patient_call
from r3mes_launcher.core.state import Desired, DeviceChoice, Fault, GatewayKind, GpuDriver, GpuReport
from r3mes_launcher.core.supervisor import Supervisor
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.ports.engine_runtime import EngineRuntime
from r3mes_launcher.ports.surroundings import Surroundings
from r3mes_launcher.sentence import Sentence, sentence_of
from r3mes_launcher.wallet.os_keyring import KeyringState
from r3mes_protocol import __version__

LOOK_S = 10.0
"""Memory, disk and loopback answer in milliseconds; a network drive that is gone does not answer at all."""
GPU_S = 10.0
"""Opening a driver without its persistence daemon takes up to three seconds."""
ENGINE_FIND_S = 60.0
"""The installer's plan reads lock files and asks pip's configuration."""

Result = TypeVar("Result")


class KeyringPresence(Protocol):
    async def look(self) -> KeyringState:
        """Whether the system has a keyring; asks it for nothing."""
        ...


@dataclass(frozen=True, slots=True)
class DoctorParts:
    """What the composition root chose."""

    folder: Path
    surroundings: Surroundings
    runtime: EngineRuntime
    supervisor: Supervisor
    keyring: KeyringPresence
    clock: Clock
    logs: LogHub
    read_gpus: Callable[[], GpuReport]
    """Opens the driver, reads all cards and gives it back. Blocks."""
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """What the launcher knows already."""

    desired: Desired = Desired.OFF
    device: DeviceChoice = DeviceChoice.AUTO
    node_fault: Fault | None = None
    installing: bool = False
    """The engine is being installed: it is not looked at in between."""
    gateway_kind: GatewayKind = GatewayKind.LOCAL
    gateway_url: str = ""
    gateway_problem: str = ""
    gpus: GpuReport = GpuReport()  # noqa: RUF009  (frozen)


class Doctor:
    """Owned by the core's loop; one examination at a time. `tell` hears of every step."""

    def __init__(self, parts: DoctorParts, client: GatewayClient, tell: Callable[[DoctorState], None]) -> None:
        self._parts = parts
        self._client = client
        self._tell = tell
        self._state = DoctorState()
        self._running: asyncio.Task[DoctorReport] | None = None

    async def examine(self, situation: Situation) -> DoctorReport:
        """Whoever asks while an examination runs gets its report. It goes on when they stop waiting."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._examine(situation), name="examine this computer")
        return await asyncio.shield(self._running)

    def note_gpu(self, uuid: str, flaw: GpuFlaw | None) -> None:
        """What an engine that starts found of a card; None: nothing is wrong with it."""
        others = tuple(known for known in self._state.flaws if known.uuid != uuid)
        flaws = others if flaw is None else (*others, flaw)
        if flaws != self._state.flaws:
            self._show(replace(self._state, flaws=flaws))

    async def close(self) -> None:
        task, self._running = self._running, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _examine(self, situation: Situation) -> DoctorReport:
        parts = self._parts
        # In this order they end most often; the engine's self-test imports torch.
        steps = (
            self._system(),
            self._folder(),
            self._gpus(situation),
            parts.keyring.look(),
            self._gateway(situation),
            self._engine(situation),
        )
        self._show(replace(self._state, running=True, done=0, total=len(steps)))
        try:
            async with asyncio.TaskGroup() as group:
                system, folder, gpus, keyring, gateway, engine = (
                    group.create_task(self._counted(step)) for step in steps
                )
            facts = Facts(
                demo=parts.demo,
                desired=situation.desired,
                device=situation.device,
                node_fault=situation.node_fault,
                gpus=_as(GpuReport, gpus.result()),
                system=_as(SystemFacts, system.result()),
                folder=_as(FolderFacts, folder.result()),
                gateway=_as(GatewayFacts, gateway.result()),
                engine=_as(EngineFacts, engine.result()),
                keyring=_as(KeyringState, keyring.result()),
            )
            report = DoctorReport(parts.clock.now(), __version__, examine(facts))
            tested = facts.engine.self_test
            found = self._state.flaws if tested is None else tuple(gpu.flaw for gpu in tested.gpus)
            self._show(replace(self._state, report=report, flaws=tuple(flaw for flaw in found if flaw is not None)))
            return report
        finally:
            self._show(replace(self._state, running=False))

    async def _counted(self, step: Awaitable[Result]) -> Result:
        result = await step
        self._show(replace(self._state, done=self._state.done + 1))
        return result

    async def _system(self) -> SystemFacts:
        try:
            return await patient_call(self._parts.surroundings.system, LOOK_S, "r3mes-doctor-system")
        except TimeoutError:
            return SystemFacts(
                loopback_problem=Sentence("the system did not answer within {look_s:.0f} s", look_s=LOOK_S)
            )

    async def _folder(self) -> FolderFacts:
        parts = self._parts
        try:
            return await patient_call(lambda: parts.surroundings.folder(parts.folder), LOOK_S, "r3mes-doctor-folder")
        except TimeoutError:
            return FolderFacts(
                str(parts.folder), Sentence("its disk did not answer within {look_s:.0f} s", look_s=LOOK_S)
            )

    async def _gpus(self, situation: Situation) -> GpuReport:
        if situation.gpus.driver is not GpuDriver.STARTING:
            return situation.gpus
        try:
            return await patient_call(self._parts.read_gpus, GPU_S, "r3mes-doctor-gpus")
        except TimeoutError:
            message = Sentence("The graphics driver did not answer within {gpu_s:.0f} s.", gpu_s=GPU_S)
            return GpuReport(self._parts.clock.now(), GpuDriver.FAILED, message)

    async def _gateway(self, situation: Situation) -> GatewayFacts:
        facts = GatewayFacts(situation.gateway_kind, situation.gateway_url, situation.gateway_problem)
        if not facts.url:
            return facts
        clock = self._parts.clock
        try:
            asked = clock.monotonic()
            theirs = await self._client.time(facts.url)
            took = clock.monotonic() - asked
            ours = clock.now() - took / 2
        except GatewayUnreachable as error:
            return replace(facts, problem=sentence_of(error))
        return replace(facts, problem="", clock_ahead_s=ours - theirs, clock_uncertainty_s=took / 2)

    async def _engine(self, situation: Situation) -> EngineFacts:
        parts = self._parts
        if parts.demo or situation.installing:
            return EngineFacts(present=parts.demo)
        try:
            async with asyncio.timeout(ENGINE_FIND_S):
                found = await parts.runtime.find()
        except TimeoutError:
            return EngineFacts()
        facts = EngineFacts(found.present, found.location, False, found.download_bytes, found.disk_bytes)
        command = parts.runtime.check_command()
        if not found.present or command is None:
            return facts
        # A disk is asked; the interpreter is a link that may lead nowhere.
        try:
            there = await patient_call(lambda: Path(command.argv[0]).exists(), LOOK_S, "r3mes-doctor-engine")
        except TimeoutError:
            return replace(
                facts,
                self_test_problem=Sentence("The engine's disk did not answer within {look_s:.0f} s.", look_s=LOOK_S),
            )
        if not there:
            return replace(facts, vanished=True)
        try:
            return replace(facts, self_test=await self_test(command, parts.supervisor, parts.logs))
        except SelfTestFailed as error:
            return replace(facts, self_test_problem=sentence_of(error))

    def _show(self, state: DoctorState) -> None:
        self._state = state
        self._tell(state)


def _as(kind: type[Result], value: object) -> Result:
    assert isinstance(value, kind)
    return value
