"""Runs the node's state machine: its effects become an engine process and an installation, their news its events."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from time import time

from r3mes_launcher.core.child_process import ChildProcess
from r3mes_launcher.core.download_desk import DownloadDesk
from r3mes_launcher.core.engine_events import EngineEvents, EngineFacts, TellGpu
from r3mes_launcher.core.engine_health import CHECK_S
from r3mes_launcher.core.engine_watch import EngineWatch
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.node_events import (
    CancelProvisioning,
    CancelRequested,
    Closing,
    DeadlineChosen,
    DeviceChosen,
    DrainEnded,
    Effect,
    EngineExited,
    EngineSick,
    EngineUnkillable,
    Event,
    Provision,
    Provisioned,
    ProvisioningCancelled,
    ProvisioningFailed,
    ProvisioningProgressed,
    Reconfigured,
    Retried,
    RuntimeFound,
    StartEngine,
    StartRefused,
    StopEngine,
    StopManner,
    Suspended,
    Tick,
    Wished,
)
from r3mes_launcher.core.node_machine import step
from r3mes_launcher.core.node_machine_state import NodeMachineState
from r3mes_launcher.core.policy.reasons import ActiveReason, SuspendReason
from r3mes_launcher.core.process_outcome import ProcessOutcome
from r3mes_launcher.core.state import (
    Actual,
    Desired,
    DeviceChoice,
    Fault,
    LogLevel,
    NodeState,
    ProcessState,
    Progress,
)
from r3mes_launcher.core.stop_ladder import (
    ENGINE_CLOSE,
    ENGINE_DRAIN,
    ENGINE_STOP,
    ENGINE_YIELD,
    FORCED,
    StopAction,
    StopLadder,
)
from r3mes_launcher.core.supervisor import SpawnError, Supervisor
from r3mes_launcher.ports.engine_runtime import EngineRuntime, EngineWish, ProvisioningError, Refused, RuntimeReport
from r3mes_launcher.sentence import Sentence, sentence_of
from r3mes_protocol.control import DownloadEvent, GrantCommand, PingCommand, RequestEvent
from r3mes_protocol.grants import SignedGrant

LADDERS: Mapping[StopManner, StopLadder] = {
    StopManner.DRAIN: ENGINE_DRAIN,
    StopManner.CLOSE: ENGINE_CLOSE,
    StopManner.STOP: ENGINE_STOP,
    StopManner.FORCE: FORCED,
    StopManner.YIELD: ENGINE_YIELD,
}


class NodeController:
    """Owned by the core's loop. `tell` hears every new NodeState."""

    def __init__(
        self,
        machine: NodeMachineState,
        runtime: EngineRuntime,
        supervisor: Supervisor,
        logs: LogHub,
        model: str,
        tell: Callable[[NodeState], None],
        chance: Callable[[], float] = random.random,
        ladders: Mapping[StopManner, StopLadder] = LADDERS,
        tell_request: Callable[[RequestEvent, str], None] = lambda event, model: None,
        obstacle: Callable[[DeviceChoice], Fault | None] = lambda device: None,
        check_s: float = CHECK_S,
        gpus: tuple[str, ...] = (),
        now: Callable[[], float] = time,
        rate: float = 1.0,
        downloads: DownloadDesk | None = None,
        max_concurrency: int = 0,
        tell_gpu: TellGpu = lambda uuid, flaw: None,
    ) -> None:
        """`obstacle` is asked before each start what the whole computer has against it.

        `now` is the time that is shown, of which `rate` seconds pass in one; what is waited for is waited in real time.
        """
        self._ladders = ladders
        self._machine = machine
        self._runtime = runtime
        self._supervisor = supervisor
        self._logs = logs
        self._model = model
        self._tell = tell
        self._tell_request = tell_request
        self._obstacle = obstacle
        self._check_s = check_s
        self._gpus = gpus
        self._now = now
        self._rate = rate
        self._downloads = downloads
        self._max_concurrency = max_concurrency
        self._tell_gpu = tell_gpu
        self._watch: EngineWatch | None = None
        self._chance = chance
        self._gateway = ""
        self._other_gateways: tuple[str, ...] = ()
        self._no_gateway_since = now()
        self._policy: tuple[ActiveReason, ...] = ()
        self._grants: tuple[SignedGrant, ...] = ()
        self._report = RuntimeReport(present=False)
        self._facts = EngineFacts()
        self._process = ProcessState()
        self._child: ChildProcess | None = None
        self._manner: StopManner | None = None
        self._engine_task: asyncio.Task[None] | None = None
        self._stop_task: asyncio.Task[None] | None = None
        self._find_task: asyncio.Task[None] | None = None
        self._provision_task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._given_up = False
        self._rest = asyncio.Event()
        self._told: NodeState | None = None

    @property
    def gpus(self) -> tuple[str, ...]:
        """The UUIDs of those that it may use; none: the engine takes the best one."""
        return self._gpus

    # --- wishes ------------------------------------------------------------------------------------------------

    def start(self, desired: Desired) -> None:
        """Looks for the engine and then resumes the wish."""
        self._dispatch(Suspended(self._suspend_reasons()))
        self._dispatch(Wished(desired))
        self._find_task = asyncio.create_task(self._find(), name="find the engine")

    def wish(self, desired: Desired) -> None:
        self._dispatch(Wished(desired))

    def retry(self) -> None:
        self._dispatch(Retried())

    def cancel_provisioning(self) -> None:
        self._dispatch(CancelRequested())

    def choose_device(self, device: DeviceChoice) -> None:
        if device is not self._machine.device:
            self._dispatch(DeviceChosen(device))

    def choose_gpus(self, uuids: tuple[str, ...]) -> None:
        """None: the engine chooses. One that runs starts anew, after its requests."""
        if uuids != self._gpus:
            self._gpus = uuids
            self._dispatch(Reconfigured())

    def choose_model(self, model: str) -> None:
        self._model = model

    def choose_concurrency(self, most: int) -> None:
        """Requests at the same time, from the next start on; 0: the engine decides."""
        self._max_concurrency = most

    def choose_deadline(self, ready_deadline_s: float) -> None:
        self._dispatch(DeadlineChosen(ready_deadline_s))

    def use_gateway(self, origin: str, others: tuple[str, ...] = ()) -> None:
        """The gateway to register with, and those to use while it does not answer; empty while there is none."""
        if (origin, others) == (self._gateway, self._other_gateways):
            return
        moved = bool(self._gateway)
        self._gateway, self._other_gateways = origin, others
        self._no_gateway_since = self._now()
        self._dispatch(Suspended(self._suspend_reasons()))
        if moved and origin:
            self._dispatch(Reconfigured())

    def suspend(self, reasons: tuple[ActiveReason, ...]) -> None:
        """What the policy has against running now; empty when nothing. As often as it likes."""
        if reasons != self._policy:
            self._policy = reasons
            self._dispatch(Suspended(self._suspend_reasons()))

    def probe(self) -> None:
        """Asks the engine whether it is still there: after a sleep its GPU may have gone."""
        if self._child is not None and self._watch is not None and self._watch.asked():
            self._child.send(PingCommand())

    def use_grants(self, signed: tuple[SignedGrant, ...]) -> None:
        """The owner's words for this node, one for each gateway: shown at its next registrations."""
        self._grants = signed
        self._hand_grants()

    def _hand_grants(self) -> None:
        # One for another gateway would be refused, where none at all may be enough.
        used = (self._gateway, *self._other_gateways)
        for signed in self._grants:
            if self._child is not None and signed.grant.gateway in used:
                self._child.send(GrantCommand(grant=signed))

    async def close(self) -> None:
        """Ends the engine or the installation in order. Bounded by the ladders."""
        self._dispatch(Closing())
        while not self._at_rest():
            self._rest.clear()
            await self._rest.wait()
        if self._timer is not None:
            self._timer.cancel()
        tasks = [self._find_task, self._stop_task, self._engine_task, self._provision_task]
        for task in tasks:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)

    @property
    def state(self) -> NodeState:
        machine = self._machine
        loop_now = asyncio.get_running_loop().time()
        return NodeState(
            desired=machine.desired,
            actual=machine.actual,
            reason=machine.reason,
            suspended=machine.suspended,
            fault=machine.fault,
            retry_at=None if machine.retry_at is None else self._now() + (machine.retry_at - loop_now) * self._rate,
            progress=machine.progress,
            engine=replace(self._process, restarts=machine.restarts),
            node_id=self._facts.node_id,
            gateway=self._facts.gateway,
            model=self._facts.model,
            device=self._facts.device,
            gpu_uuids=self._facts.gpu_uuids,
            computes_on_gpu=self._facts.computes_on_gpu,
            active_requests=self._facts.active_requests,
            total_requests=self._facts.total_requests,
            tokens_per_second=self._facts.tokens_per_second,
            total_tokens=self._facts.total_tokens,
            provision_bytes=0 if self._report.present else self._report.download_bytes,
        )

    # --- the machine's shell -------------------------------------------------------------------------------------

    def _dispatch(self, event: Event) -> None:
        loop = asyncio.get_running_loop()
        before = self._machine
        self._machine, effects = step(before, event, loop.time())
        for effect in effects:
            self._perform(effect)
        if self._machine.wake_at != before.wake_at or isinstance(event, Tick):
            self._arm(loop)
        if self._at_rest():
            self._rest.set()
        if self._machine.reason and _worth_a_line(before, self._machine):
            level = LogLevel.ERROR if self._machine.actual is Actual.FAULTED else LogLevel.INFO
            self._logs.say(self._machine.reason, level)
        self._tell_state()

    def _tell_state(self) -> None:
        state = self.state
        comparable = replace(state, retry_at=self._machine.retry_at)
        if comparable != self._told:
            self._told = comparable
            self._tell(state)

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._machine.wake_at is not None:
            self._timer = loop.call_at(self._machine.wake_at, self._dispatch, Tick())

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Provision():
                self._provision_task = asyncio.create_task(self._provision(), name="install the engine")
                self._provision_task.add_done_callback(self._on_provision_end)
            case CancelProvisioning():
                if self._provision_task is not None:
                    self._provision_task.cancel()
            case StartEngine():
                self._manner = None
                self._engine_task = asyncio.create_task(self._run_engine(effect.device), name="run the engine")
                self._engine_task.add_done_callback(self._on_engine_task_end)
            case StopEngine():
                self._manner = effect.manner
                self._begin_stop()

    def _at_rest(self) -> bool:
        if self._machine.engine_lives:
            return self._given_up
        return self._machine.actual is not Actual.PROVISIONING

    def _suspend_reasons(self) -> tuple[ActiveReason, ...]:
        if self._gateway:
            return self._policy
        waiting = ActiveReason(SuspendReason.GATEWAY, "gateway", (), self._no_gateway_since)
        return (*self._policy, waiting)

    # --- the engine ----------------------------------------------------------------------------------------------

    async def _run_engine(self, device: DeviceChoice) -> None:
        gpus = () if device is DeviceChoice.CPU else self._gpus
        wish = EngineWish(self._gateway, self._model, device, gpus, self._other_gateways, self._max_concurrency)
        fault = self._obstacle(device)
        verdict = Refused(fault) if fault is not None else await self._runtime.prepare(wish)
        if isinstance(verdict, Refused):
            self._dispatch(StartRefused(verdict.fault, verdict.runtime_missing))
            return
        if self._manner is not None:
            # Not wanted any more before it began.
            self._dispatch(EngineExited(ProcessOutcome(0)))
            return
        self._watch = EngineWatch(asyncio.get_running_loop().time)
        listener = EngineEvents(
            self._logs, self._dispatch, self._take_facts, self._tell_request, self._watch, self._take_download,
            self._tell_gpu,
        )  # fmt: skip
        try:
            child = await self._supervisor.start("engine", verdict.command, listener)
        except SpawnError as error:
            fault = Fault("engine_not_started", sentence_of(error), "Install the engine again, then try once more.")
            self._dispatch(StartRefused(fault))
            return
        self._child = child
        # By the control channel and at once: it is there before the engine registers, and in no argument list.
        self._hand_grants()
        if self._downloads is not None:
            self._downloads.attach(child.send)
        self._given_up = False
        self._process = replace(self._process, running=True, pid=child.pid, started_at=self._now())
        self._logs.say(f"The engine runs with pid {child.pid}.")
        self._tell_state()
        self._begin_stop()
        watching = asyncio.create_task(self._watch.run(self._on_sick, self._check_s), name="watch the engine's health")
        try:
            outcome = await child.wait()
        finally:
            watching.cancel()
        self._child = None
        if self._downloads is not None:
            self._downloads.detach()
        self._process = replace(self._process, running=False, pid=None, started_at=None, last_exit=outcome.sentence())
        self._facts = replace(self._facts, active_requests=0, tokens_per_second=0.0, gateway="")
        self._logs.say(f"The engine {outcome.sentence()}.")
        self._dispatch(EngineExited(outcome, self._chance()))

    def _on_sick(self, how: str) -> None:
        self._dispatch(EngineSick(how))

    def _take_facts(self, facts: EngineFacts) -> None:
        self._facts = facts
        self._tell_state()

    def _take_download(self, event: DownloadEvent) -> None:
        # While it serves, a download is something beside.
        if self._downloads is not None and self._machine.actual is Actual.STARTING:
            self._downloads.take(event)

    def _begin_stop(self) -> None:
        if self._child is None or self._manner is None:
            return
        if self._stop_task is not None:
            self._stop_task.cancel()
        self._stop_task = asyncio.create_task(
            self._stop(self._child, self._ladders[self._manner]), name="stop the engine"
        )

    async def _stop(self, child: ChildProcess, ladder: StopLadder) -> None:
        if not await child.stop(ladder, self._on_step):
            self._given_up = True
            self._dispatch(EngineUnkillable())

    def _on_step(self, action: StopAction) -> None:
        if action is not StopAction.DRAIN:
            self._dispatch(DrainEnded())
        if action in (StopAction.TERMINATE, StopAction.KILL):
            self._logs.say(f"The engine does not end by itself: {action.value}.", LogLevel.WARNING)

    # --- its environment -----------------------------------------------------------------------------------------

    async def _find(self) -> None:
        self._report = await self._runtime.find()
        self._dispatch(RuntimeFound(self._report.present))

    async def _provision(self) -> None:
        def tell(progress: Progress) -> None:
            self._dispatch(ProvisioningProgressed(progress))

        await self._runtime.provision(tell)

    def _on_provision_end(self, task: asyncio.Task[None]) -> None:
        # A callback and not the task's own code: a task that is cancelled before its first step runs none of it.
        if task.cancelled():
            self._dispatch(ProvisioningCancelled())
            return
        error = task.exception()
        if error is None:
            self._report = replace(self._report, present=True)
            self._dispatch(Provisioned())
        elif isinstance(error, ProvisioningError):
            self._dispatch(ProvisioningFailed(error.fault))
        else:
            self._dispatch(ProvisioningFailed(_unexpected(error)))

    def _on_engine_task_end(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._dispatch(StartRefused(_unexpected(error)))


def _worth_a_line(before: NodeMachineState, after: NodeMachineState) -> bool:
    """Whether the log gets the new reason. Figures of one that goes on, such as degrees, are no news."""
    if before.actual is after.actual is Actual.SUSPENDED:
        return [active.reason for active in before.suspended] != [active.reason for active in after.suspended]
    return before.reason != after.reason


def _unexpected(error: BaseException) -> Fault:
    return Fault(
        "launcher_error",
        Sentence("The launcher met an error of its own ({name}: {error}).", name=type(error).__name__, error=error),
        "Try again; if it stays, report it with the log.",
    )
