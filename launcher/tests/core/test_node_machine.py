"""The node's state machine against a shell that answers in every order, and its sentences one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from r3mes_launcher.core.back_off import BackOff
from r3mes_launcher.core.node_diagram import arrows, main, with_diagram
from r3mes_launcher.core.node_events import (
    CancelProvisioning,
    CancelRequested,
    Closing,
    DeviceChosen,
    DrainEnded,
    Effect,
    EngineComplained,
    EngineDisconnected,
    EngineExited,
    EngineLoading,
    EngineReady,
    EngineRegistered,
    EngineUnfit,
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
from r3mes_launcher.core.node_machine_state import READY_DEADLINE_S, NodeMachineState, Runtime
from r3mes_launcher.core.policy.reasons import ActiveReason, SuspendReason, Urgency
from r3mes_launcher.core.process_outcome import ProcessOutcome
from r3mes_launcher.core.state import Actual, Desired, DeviceChoice, Fault, Progress
from r3mes_protocol.exit_codes import ExitCode

FAULT = Fault("a_fault", "It did not work.", "Do something.")
CODES = st.sampled_from([-15, -11, -9, 0, 1, *(int(code) for code in ExitCode)])


HARMLESS = (SuspendReason.GATEWAY, SuspendReason.SLEEP, SuspendReason.UPDATE, SuspendReason.WALLET_LOCKED)
"""Reasons whose sentences need no figures."""


def held(reason: SuspendReason, urgency: Urgency = Urgency.WHEN_DONE) -> ActiveReason:
    return ActiveReason(reason, reason.value, (), 0.0, urgency=urgency)


class Node(RuleBasedStateMachine):
    """Plays the person, the clock and a shell that keeps its promises, and checks what no order may break."""

    def __init__(self) -> None:
        super().__init__()
        self.state = NodeMachineState()
        self.now = 1000.0
        self.engine = False
        """An engine was started and its end not told."""
        self.spawned = False
        self.stop_asked = False
        self.provisioning = False
        self.cancel_asked = False

    def feed(self, event: Event) -> None:
        before = self.state
        self.state, effects = step(before, event, self.now)
        for effect in effects:
            self.check(effect)

    def check(self, effect: Effect) -> None:
        match effect:
            case StartEngine():
                assert self.state.wanted, "started against the wish"
                assert not self.engine, "two engines"
                assert not self.provisioning
                assert self.state.runtime is Runtime.PRESENT
                self.engine, self.spawned, self.stop_asked = True, False, False
            case StopEngine():
                assert self.engine, "stopped what does not run"
                self.stop_asked = True
            case Provision():
                assert self.state.wished and not self.provisioning and not self.engine
                self.provisioning, self.cancel_asked = True, False
            case CancelProvisioning():
                assert self.provisioning and not self.cancel_asked
                self.cancel_asked = True

    # The person and the world.

    @initialize(fallback=st.booleans())
    def begin(self, fallback: bool) -> None:
        self.state = NodeMachineState(cpu_fallback=fallback)

    @rule(desired=st.sampled_from(Desired))
    def wish(self, desired: Desired) -> None:
        self.feed(Wished(desired))
        assert self.state.desired is desired

    @rule(present=st.booleans())
    def find(self, present: bool) -> None:
        if not self.provisioning:
            self.feed(RuntimeFound(present))

    @rule(reasons=st.lists(st.builds(held, st.sampled_from(HARMLESS), st.sampled_from(Urgency)), max_size=3))
    def suspend(self, reasons: list[ActiveReason]) -> None:
        self.feed(Suspended(tuple(reasons)))

    @rule(event=st.sampled_from([Retried(), Reconfigured(), CancelRequested(), *map(DeviceChosen, DeviceChoice)]))
    def meddle(self, event: Event) -> None:
        self.feed(event)

    @rule(seconds=st.floats(0.1, 700.0))
    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        # As a timer does: every wake-up that is due, in order.
        while self.state.wake_at is not None and self.state.wake_at <= end:
            self.now = max(self.now, self.state.wake_at)
            before = self.state.wake_at
            self.feed(Tick())
            assert self.state.wake_at is None or self.state.wake_at > before, "the same wake-up for ever"
        self.now = end

    # News that may come late: none may do harm in any state.

    @rule(
        event=st.sampled_from(
            [
                EngineLoading(Progress("Loading", 1, 2)),
                EngineReady(),
                EngineRegistered(),
                EngineDisconnected("gone"),
                EngineComplained(FAULT),
                EngineUnfit(FAULT),
                DrainEnded(),
                Tick(),
                ProvisioningProgressed(Progress("Downloading")),
            ]
        )
    )
    def hear(self, event: Event) -> None:
        self.feed(event)

    # What the shell owes.

    @precondition(lambda self: self.engine and not self.spawned)
    @rule(missing=st.booleans())
    def refuse(self, missing: bool) -> None:
        self.engine = False
        self.feed(StartRefused(FAULT, missing))

    @precondition(lambda self: self.engine and not self.spawned)
    @rule()
    def spawn(self) -> None:
        self.spawned = True

    @precondition(lambda self: self.engine)
    @rule(code=CODES, chance=st.floats(0, 1))
    def exit(self, code: int, chance: float) -> None:
        self.engine = False
        self.feed(EngineExited(ProcessOutcome(code), chance))

    @precondition(lambda self: self.engine and self.stop_asked)
    @rule()
    def resist(self) -> None:
        self.feed(EngineUnkillable())

    @precondition(lambda self: self.provisioning)
    @rule(event=st.sampled_from([Provisioned(), ProvisioningFailed(FAULT), ProvisioningCancelled()]))
    def end_provisioning(self, event: Event) -> None:
        self.provisioning = False
        self.feed(event)

    # What holds always.

    @invariant()
    def an_engine_lives_only_where_the_state_says_so(self) -> None:
        assert self.state.engine_lives == self.engine

    @invariant()
    def provisioning_is_the_state_and_nothing_else(self) -> None:
        assert (self.state.actual is Actual.PROVISIONING) == self.provisioning

    @invariant()
    def nothing_goes_on_that_nobody_wants(self) -> None:
        if self.engine and not self.state.wanted:
            assert self.stop_asked
        if self.provisioning and not self.state.wished:
            assert self.cancel_asked

    @invariant()
    def waiting_has_an_end(self) -> None:
        if self.state.actual in (Actual.STARTING, Actual.BACKING_OFF):
            assert self.state.wake_at is not None

    @invariant()
    def a_fault_says_what_and_what_now(self) -> None:
        assert (self.state.fault is not None) == (self.state.actual is Actual.FAULTED)
        if self.state.actual not in (Actual.STOPPED, Actual.UNPROVISIONED, Actual.SERVING):
            assert self.state.reason

    def answer_everything(self) -> None:
        for _ in range(10):
            if self.engine:
                self.exit_cleanly()
            if self.provisioning:
                self.provisioning = False
                self.feed(ProvisioningCancelled() if self.cancel_asked else Provisioned())

    def exit_cleanly(self) -> None:
        if self.stop_asked:
            self.engine = False
            self.feed(EngineExited(ProcessOutcome(0)))

    def teardown(self) -> None:
        """From wherever this run ended: the way to serving and the way to rest are open."""
        self.feed(Suspended(()))
        self.feed(Wished(Desired.SERVING))
        self.answer_everything()
        if self.state.runtime is not Runtime.PRESENT and not self.provisioning:
            self.feed(RuntimeFound(True))
        self.feed(Retried())
        self.answer_everything()
        assert self.state.actual in (Actual.STARTING, Actual.REGISTERING, Actual.SERVING)
        self.feed(EngineReady())
        self.feed(EngineRegistered())
        assert self.state.actual is Actual.SERVING
        self.feed(Closing())
        self.answer_everything()
        assert not self.engine and not self.provisioning
        assert self.state.actual in (Actual.STOPPED, Actual.UNPROVISIONED)
        assert self.state.desired is Desired.SERVING, "closing is no change of the wish"


TestNode = Node.TestCase
TestNode.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)


def present(**values: object) -> NodeMachineState:
    return NodeMachineState(actual=Actual.STOPPED, runtime=Runtime.PRESENT, **values)  # type: ignore[arg-type]


def drive(state: NodeMachineState, *events: Event, now: float = 0.0) -> NodeMachineState:
    for event in events:
        state, _ = step(state, event, now)
    return state


def serving(**values: object) -> NodeMachineState:
    return drive(present(**values), Wished(Desired.SERVING), EngineReady(), EngineRegistered())


def test_the_switch_goes_all_the_way() -> None:
    state, effects = step(present(), Wished(Desired.SERVING), 0.0)
    assert (state.actual, effects) == (Actual.STARTING, (StartEngine(DeviceChoice.AUTO),))
    state = drive(state, EngineReady())
    assert state.actual is Actual.REGISTERING
    state = drive(state, EngineRegistered())
    assert (state.actual, state.reason) == (Actual.SERVING, "")
    state, effects = step(state, Wished(Desired.OFF), 0.0)
    assert (state.actual, effects) == (Actual.DRAINING, (StopEngine(StopManner.DRAIN),))
    state = drive(state, DrainEnded())
    assert state.actual is Actual.STOPPING
    assert drive(state, EngineExited(ProcessOutcome(0))).actual is Actual.STOPPED


def test_the_wish_may_change_while_it_drains() -> None:
    state = drive(serving(), Wished(Desired.OFF), Wished(Desired.SERVING))
    assert state.actual is Actual.DRAINING
    state, effects = step(state, EngineExited(ProcessOutcome(0)), 0.0)
    assert (state.actual, effects) == (Actual.STARTING, (StartEngine(DeviceChoice.AUTO),))
    assert state.losses == 0


def test_losses_wait_longer_and_longer_and_then_fail() -> None:
    state, delays = serving(), []
    now = 0.0
    for _ in range(9):
        state = drive(state, EngineExited(ProcessOutcome(-9), chance=0.5), now=now)
        assert state.actual is Actual.BACKING_OFF and state.retry_at is not None
        delays.append(state.retry_at - now)
        now = state.retry_at
        state = drive(state, Tick(), now=now)
        assert state.actual is Actual.STARTING
    assert delays == [2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert state.restarts == 9
    state = drive(state, EngineExited(ProcessOutcome(-9)), now=now)
    assert state.actual is Actual.FAULTED and state.fault is not None
    assert state.fault.code == "engine_keeps_ending" and "10 times" in state.fault.message
    state, effects = step(state, Retried(), now)
    assert (state.losses, effects) == (0, (StartEngine(DeviceChoice.AUTO),))


def test_two_healthy_minutes_forget_the_losses() -> None:
    state = drive(serving(), EngineExited(ProcessOutcome(1)))
    assert state.retry_at is not None
    state = drive(state, Tick(), EngineReady(), now=state.retry_at)
    assert (state.losses, state.wake_at) == (1, state.healthy_at)
    assert state.healthy_at is not None
    assert drive(state, Tick(), now=state.healthy_at - 0.1).losses == 1
    assert drive(state, Tick(), now=state.healthy_at).losses == 0


@pytest.mark.parametrize("code", [code for code in ExitCode if not code.worth_restarting and code is not ExitCode.OK])
def test_what_a_restart_can_not_mend_is_a_fault_at_once(code: ExitCode) -> None:
    state = drive(serving(), EngineExited(ProcessOutcome(int(code))))
    assert state.actual is Actual.FAULTED and state.fault is not None
    assert state.fault.message.endswith(".") and state.fault.hint.endswith(".")
    said = Fault("x", "The file is cut off after 3 MB.", "")
    state = drive(serving(), EngineComplained(said), EngineExited(ProcessOutcome(int(code))))
    assert state.fault is not None
    assert state.fault.message == "The file is cut off after 3 MB." and state.fault.hint


@pytest.mark.parametrize("code", [-11, -9, 0, 1, 14, 70, 139])
def test_what_a_restart_may_mend_is_restarted(code: int) -> None:
    state = drive(serving(), EngineExited(ProcessOutcome(code)))
    assert state.actual is Actual.BACKING_OFF
    assert "ended" in state.reason and "loss 1 of 10" in state.reason


def test_progress_moves_the_deadline_and_silence_ends_the_engine() -> None:
    state = drive(present(), Wished(Desired.SERVING), now=0.0)
    state = drive(state, EngineLoading(Progress("Loading", 1, 2)), now=100.0)
    state, effects = step(state, Tick(), READY_DEADLINE_S)
    assert (state.actual, effects) == (Actual.STARTING, ())
    state, effects = step(state, Tick(), 100.0 + READY_DEADLINE_S)
    assert (state.actual, effects) == (Actual.STOPPING, (StopEngine(StopManner.FORCE),))
    state = drive(state, EngineExited(ProcessOutcome(-9)))
    assert state.actual is Actual.BACKING_OFF and "not ready within 180 s" in state.reason


def test_without_a_gpu_only_the_tester_gets_the_cpu() -> None:
    no_gpu = EngineExited(ProcessOutcome(int(ExitCode.NO_USABLE_GPU)))
    state = drive(present(), Wished(Desired.SERVING), no_gpu)
    assert state.fault is not None and state.fault.code == "no_usable_gpu"
    state = drive(present(cpu_fallback=True), Wished(Desired.SERVING))
    state, effects = step(state, no_gpu, 0.0)
    assert effects == (StartEngine(DeviceChoice.CPU),) and "CPU" in state.reason
    state = drive(state, EngineReady(), EngineRegistered())
    assert "CPU" in state.reason
    assert drive(state, no_gpu).actual is Actual.FAULTED, "once is enough"


def test_a_lost_gateway_is_no_loss_of_the_engine() -> None:
    state = drive(serving(), EngineDisconnected("the connection broke."))
    assert state.actual is Actual.REGISTERING and "keeps trying" in state.reason
    state = drive(state, EngineRegistered())
    assert (state.actual, state.losses) == (Actual.SERVING, 0)


def test_it_waits_for_the_gateway() -> None:
    waiting = held(SuspendReason.GATEWAY)
    state = drive(present(), Suspended((waiting,)), Wished(Desired.SERVING))
    assert state.actual is Actual.SUSPENDED and "gateway" in state.reason
    assert step(state, Suspended(()), 0.0)[1] == (StartEngine(DeviceChoice.AUTO),)


@pytest.mark.parametrize(
    ("urgency", "manner", "actual"),
    [
        (Urgency.WHEN_DONE, StopManner.DRAIN, Actual.DRAINING),
        (Urgency.SOON, StopManner.CLOSE, Actual.DRAINING),
        (Urgency.AT_ONCE, StopManner.YIELD, Actual.STOPPING),
    ],
)
def test_a_reason_ends_the_engine_as_fast_as_it_must(urgency: Urgency, manner: StopManner, actual: Actual) -> None:
    reason = held(SuspendReason.UPDATE, urgency)
    state, effects = step(serving(), Suspended((reason,)), 0.0)
    assert (state.actual, effects) == (actual, (StopEngine(manner),))
    assert state.reason.startswith("An update is being installed. ")
    state = drive(state, EngineExited(ProcessOutcome(-9)))
    assert (state.actual, state.reason, state.losses) == (Actual.SUSPENDED, "An update is being installed.", 0)
    assert step(state, Suspended(()), 0.0)[1] == (StartEngine(DeviceChoice.AUTO),)


def test_a_more_urgent_reason_speeds_an_end_up_and_nothing_slows_it_down() -> None:
    slow, soon, at_once = (held(SuspendReason.UPDATE, urgency) for urgency in Urgency)
    state, _ = step(serving(), Suspended((slow,)), 0.0)
    state, effects = step(state, Suspended((slow, soon)), 0.0)
    assert effects == (StopEngine(StopManner.CLOSE),)
    assert step(state, Suspended((slow, soon)), 0.0)[1] == (), "no ladder begins anew"
    assert step(state, Suspended(()), 0.0)[1] == ()
    state, effects = step(state, Suspended((at_once,)), 0.0)
    assert (state.actual, effects) == (Actual.STOPPING, (StopEngine(StopManner.YIELD),))
    assert step(state, Suspended((at_once, slow)), 0.0)[1] == ()
    assert step(serving(), Suspended((slow, at_once)), 0.0)[1] == (StopEngine(StopManner.YIELD),)


def test_no_way_leads_from_stopping_back_to_draining() -> None:
    slow, soon, at_once = (held(SuspendReason.UPDATE, urgency) for urgency in Urgency)
    state = drive(serving(), Suspended((slow,)), DrainEnded())
    assert drive(state, Suspended((soon,))) == replace(state, suspended=(soon,))
    assert step(state, Suspended((at_once,)), 0.0)[1] == (StopEngine(StopManner.YIELD),)
    assert (Actual.STOPPING, Actual.DRAINING) not in arrows()


def test_the_documentation_shows_the_machine_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(__file__).resolve().parents[3] / "docs" / "architecture.md"
    assert main(["--check", str(path)]) == 0
    old = path.read_text("utf-8").replace("serving --> draining", "serving --> heaven")
    with_arrow = with_diagram(old)
    assert "heaven" not in with_arrow and with_arrow.count("stateDiagram-v2") == 1


def test_every_state_can_be_reached_and_left() -> None:
    pairs = arrows()
    assert {target for _, target in pairs} == set(Actual) == {source for source, _ in pairs}


def test_cancelling_the_installation_takes_the_wish_back() -> None:
    state = drive(NodeMachineState(), Wished(Desired.SERVING))
    assert state.actual is Actual.UNPROVISIONED
    state, effects = step(state, RuntimeFound(False), 0.0)
    assert (state.actual, effects) == (Actual.PROVISIONING, (Provision(),))
    state, effects = step(state, CancelRequested(), 0.0)
    assert (state.desired, effects) == (Desired.OFF, (CancelProvisioning(),))
    assert drive(state, ProvisioningCancelled()).actual is Actual.UNPROVISIONED
    # It was faster than the cancelling: the engine is there, and nobody wants it to run.
    assert drive(state, Provisioned()).actual is Actual.STOPPED


def test_another_protocol_is_a_fault_and_not_a_loop() -> None:
    state = drive(present(), Wished(Desired.SERVING))
    state, effects = step(state, EngineUnfit(FAULT), 0.0)
    assert effects == (StopEngine(StopManner.FORCE),)
    state = drive(state, EngineExited(ProcessOutcome(-15)))
    assert (state.actual, state.fault) == (Actual.FAULTED, FAULT)


@given(st.integers(1, 10**9), st.floats(0, 1), st.floats(0, 1))
def test_back_off_grows_is_capped_and_spreads(losses: int, chance: float, other: float) -> None:
    back_off = BackOff()
    delay = back_off.delay_s(losses, chance)
    assert 1.6 <= delay <= 512.0
    assert delay == min(512.0, delay)
    if losses < 8:
        assert back_off.delay_s(losses + 1, other) > delay * 1.3
