"""The node's state machine: a pure table from (state, event, time) to (state, effects).

Desired and actual are kept apart. It starts the engine only when that is wished for and no reason stands against it,
holds at most one engine, and leaves every state either by an event that is certain to come or by its own clock
(`wake_at`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from r3mes_launcher.core.engine_faults import engine_fault, too_many_losses
from r3mes_launcher.core.node_events import (
    CancelProvisioning,
    CancelRequested,
    Closing,
    DeadlineChosen,
    DeviceChosen,
    DrainEnded,
    Effect,
    EngineComplained,
    EngineDisconnected,
    EngineExited,
    EngineLoading,
    EngineReady,
    EngineRegistered,
    EngineSick,
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
from r3mes_launcher.core.node_machine_state import NodeMachineState, Runtime
from r3mes_launcher.core.policy.reasons import Urgency
from r3mes_launcher.core.state import Actual, Desired, DeviceChoice, Fault
from r3mes_launcher.sentence import Sentence, as_sentence, joined, phrase
from r3mes_protocol.exit_codes import ExitCode

_BY_URGENCY = {
    Urgency.WHEN_DONE: StopManner.DRAIN,
    Urgency.SOON: StopManner.CLOSE,
    Urgency.AT_ONCE: StopManner.YIELD,
}
_HASTE = (StopManner.DRAIN, StopManner.CLOSE, StopManner.STOP, StopManner.FORCE, StopManner.YIELD)
"""From the most patient manner to the least."""

Step: TypeAlias = tuple[NodeMachineState, tuple[Effect, ...]]


def step(state: NodeMachineState, event: Event, now: float) -> Step:
    """What the event makes of the state. An event that means nothing there (it came late) changes nothing."""
    everywhere = _EVERYWHERE.get(type(event))
    if everywhere is not None:
        state = everywhere(state, event)
    handler = _TABLE.get((state.actual, type(event)))
    return handler(state, event, now) if handler is not None else (state, ())


# --- what holds in every state -----------------------------------------------------------------------------------


def _note_wish(state: NodeMachineState, event: Wished) -> NodeMachineState:
    if event.desired is state.desired:
        return state
    return replace(state, desired=event.desired, restarts=0, losses=0)


def _note_device(state: NodeMachineState, event: DeviceChosen) -> NodeMachineState:
    return replace(state, device=event.device, fell_back=False)


def _note_runtime(state: NodeMachineState, event: RuntimeFound) -> NodeMachineState:
    return replace(state, runtime=Runtime.PRESENT if event.present else Runtime.MISSING)


_EVERYWHERE: dict[type[object], Callable[[NodeMachineState, Any], NodeMachineState]] = {
    Wished: _note_wish,
    Closing: lambda state, event: replace(state, closing=True),
    DeviceChosen: _note_device,
    DeadlineChosen: lambda state, event: replace(state, ready_deadline_s=event.ready_deadline_s),
    Suspended: lambda state, event: replace(state, suspended=event.reasons),
    RuntimeFound: _note_runtime,
}

# --- the ways between states -------------------------------------------------------------------------------------


def _settle(state: NodeMachineState, event: object, now: float) -> Step:
    """From a state in which nothing runs to the one that the wish asks for."""
    at_rest = replace(
        state,
        ready_by=None,
        healthy_at=None,
        retry_at=None,
        manner=None,
        lost="",
        unfit=None,
        complaint=None,
        fault=None,
        reason="",
        progress=None,
        cancelling=False,
    )
    if state.runtime is Runtime.UNKNOWN:
        return replace(at_rest, actual=Actual.UNPROVISIONED, reason="Looking for the engine."), ()
    if not state.wished:
        resting = Actual.STOPPED if state.runtime is Runtime.PRESENT else Actual.UNPROVISIONED
        return replace(at_rest, actual=resting, fell_back=False), ()
    if state.runtime is Runtime.MISSING:
        return replace(at_rest, actual=Actual.PROVISIONING, reason="Installing the engine."), (Provision(),)
    if state.suspended:
        return replace(at_rest, actual=Actual.SUSPENDED, reason=state.suspended_because), ()
    reason = "No usable GPU was found: starting on the CPU." if state.fell_back else "Starting the engine."
    started = replace(at_rest, actual=Actual.STARTING, reason=reason, ready_by=now + state.ready_deadline_s)
    return started, (StartEngine(DeviceChoice.CPU if state.fell_back else state.device),)


def _stay_or_settle(state: NodeMachineState, event: object, now: float) -> Step:
    return _settle(state, event, now) if not state.wanted else (state, ())


def _fail(state: NodeMachineState, fault: Fault) -> Step:
    failed = replace(
        state,
        actual=Actual.FAULTED,
        fault=fault,
        reason=fault.message,
        progress=None,
        manner=None,
        lost="",
        unfit=None,
        complaint=None,
        ready_by=None,
        healthy_at=None,
        retry_at=None,
        cancelling=False,
    )
    return failed, ()


# Provisioning.


def _cancel_provisioning(state: NodeMachineState, event: object, now: float) -> Step:
    if state.wished or state.cancelling:
        return state, ()
    return replace(state, cancelling=True, reason="Cancelling the installation."), (CancelProvisioning(),)


def _person_cancels_provisioning(state: NodeMachineState, event: object, now: float) -> Step:
    return _cancel_provisioning(replace(state, desired=Desired.OFF), event, now)


def _show_progress(state: NodeMachineState, event: ProvisioningProgressed, now: float) -> Step:
    return (state if state.cancelling else replace(state, progress=event.progress)), ()


def _provisioned(state: NodeMachineState, event: object, now: float) -> Step:
    return _settle(replace(state, runtime=Runtime.PRESENT), event, now)


def _provisioning_failed(state: NodeMachineState, event: ProvisioningFailed, now: float) -> Step:
    # Nobody waits for it any more: its failure is not worth a fault.
    return _fail(state, event.fault) if state.wished else _settle(state, event, now)


# A running engine.


def _stop(state: NodeMachineState, manner: StopManner, lost: str = "") -> Step:
    drains = manner in (StopManner.DRAIN, StopManner.CLOSE)
    because = state.suspended_because if state.wished else ""
    doing = phrase("Finishing the requests that run.") if drains else phrase("Stopping the engine.")
    stopping = replace(
        state,
        actual=Actual.DRAINING if drains else Actual.STOPPING,
        manner=manner,
        lost=lost,
        reason=joined(because, doing),
        progress=None,
        ready_by=None,
        healthy_at=None,
    )
    return stopping, (StopEngine(manner),)


def _starting_may_stop(state: NodeMachineState, event: object, now: float) -> Step:
    if state.wanted:
        return state, ()
    return _stop(state, StopManner.YIELD if state.urgency is Urgency.AT_ONCE else StopManner.STOP)


def _running_may_drain(state: NodeMachineState, event: object, now: float) -> Step:
    if state.wanted:
        return state, ()
    return _stop(state, _fitting_manner(state))


def _fitting_manner(state: NodeMachineState) -> StopManner:
    """How an engine that serves is ended now."""
    by_urgency = _BY_URGENCY[state.urgency]
    if state.closing and by_urgency is StopManner.DRAIN:
        return StopManner.CLOSE
    return by_urgency


def _suspended_while_ending(state: NodeMachineState, event: Suspended, now: float) -> Step:
    # A reason that can't wait so long may come while an engine is being ended for one that can.
    manner = _fitting_manner(state)
    if state.manner is None or _HASTE.index(manner) <= _HASTE.index(state.manner):
        return state, ()
    return _stop(state, manner, state.lost)


def _restart_start(state: NodeMachineState, event: object, now: float) -> Step:
    return _stop(state, StopManner.STOP)


def _restart_running(state: NodeMachineState, event: object, now: float) -> Step:
    return _stop(state, StopManner.DRAIN)


def _hurry(state: NodeMachineState, event: object, now: float) -> Step:
    # The launcher closes while a drain that was meant to take its time is under way.
    if state.manner is not StopManner.DRAIN:
        return state, ()
    return replace(state, manner=StopManner.CLOSE), (StopEngine(StopManner.CLOSE),)


def _loading(state: NodeMachineState, event: EngineLoading, now: float) -> Step:
    return replace(state, progress=event.progress, ready_by=now + state.ready_deadline_s), ()


def _ready(state: NodeMachineState, event: object, now: float) -> Step:
    healthy_at = now + state.back_off.healthy_s if state.losses else None
    registering = replace(
        state,
        actual=Actual.REGISTERING,
        reason="Registering with the gateway.",
        progress=None,
        ready_by=None,
        healthy_at=healthy_at,
    )
    return registering, ()


def _registered(state: NodeMachineState, event: object, now: float) -> Step:
    reason = "No usable GPU was found: serving on the CPU, which is slow." if state.fell_back else ""
    return replace(state, actual=Actual.SERVING, reason=reason), ()


def _disconnected(state: NodeMachineState, event: EngineDisconnected, now: float) -> Step:
    sentence = Sentence(
        "The gateway is out of reach ({reason}); the engine keeps trying.",
        reason=as_sentence(event.reason),
    )
    return replace(state, actual=Actual.REGISTERING, reason=sentence), ()


def _complained(state: NodeMachineState, event: EngineComplained, now: float) -> Step:
    return replace(state, complaint=event.fault), ()


def _not_ready_in_time(state: NodeMachineState, event: object, now: float) -> Step:
    if state.ready_by is None or now < state.ready_by:
        return state, ()
    return _stop(
        state,
        StopManner.FORCE,
        lost=Sentence("was not ready within {ready_deadline_s:.0f} s", ready_deadline_s=state.ready_deadline_s),
    )


def _unfit(state: NodeMachineState, event: EngineUnfit, now: float) -> Step:
    return _stop(replace(state, unfit=event.fault), StopManner.FORCE)


def _sick(state: NodeMachineState, event: EngineSick, now: float) -> Step:
    return _stop(state, StopManner.FORCE, lost=event.how)


def _healthy(state: NodeMachineState, event: object, now: float) -> Step:
    if state.healthy_at is None or now < state.healthy_at:
        return state, ()
    return replace(state, losses=0, healthy_at=None), ()


def _drain_ended(state: NodeMachineState, event: object, now: float) -> Step:
    manner = StopManner.STOP if state.manner in (StopManner.DRAIN, StopManner.CLOSE) else state.manner
    return replace(state, actual=Actual.STOPPING, manner=manner, reason=phrase("Stopping the engine.")), ()


# Its end.


def _start_refused(state: NodeMachineState, event: StartRefused, now: float) -> Step:
    known = replace(state, runtime=Runtime.MISSING) if event.runtime_missing else state
    return _fail(known, event.fault) if known.wished else _settle(known, event, now)


def _exited_unasked(state: NodeMachineState, event: EngineExited, now: float) -> Step:
    outcome = event.outcome
    code = outcome.exit_code
    if code is ExitCode.NO_USABLE_GPU and state.cpu_fallback and not state.fell_back:
        return _settle(replace(state, fell_back=True), event, now)
    if code is not None and code is not ExitCode.OK and not code.worth_restarting:
        return _fail(state, engine_fault(code, state.complaint))
    return _count_loss(state, outcome.sentence(), event.chance, now)


def _exited_while_stopping(state: NodeMachineState, event: EngineExited, now: float) -> Step:
    if state.unfit is not None and state.wished:
        return _fail(state, state.unfit)
    if state.lost:
        return _count_loss(state, state.lost, event.chance, now)
    return _settle(state, event, now)


def _count_loss(state: NodeMachineState, how: str, chance: float, now: float) -> Step:
    if not state.wanted:
        return _settle(state, None, now)
    losses = state.losses + 1
    if losses >= state.back_off.max_losses:
        return _fail(replace(state, losses=losses), too_many_losses(losses, how, state.complaint))
    waiting = replace(
        state,
        actual=Actual.BACKING_OFF,
        losses=losses,
        reason=joined(
            Sentence("The engine {how}.", how=as_sentence(how)),
            "" if state.complaint is None else state.complaint.message,
            Sentence("It is started again (loss {losses} of {most}).", losses=losses, most=state.back_off.max_losses),
        ),
        retry_at=now + state.back_off.delay_s(losses, chance),
        progress=None,
        manner=None,
        lost="",
        unfit=None,
        complaint=None,
        ready_by=None,
        healthy_at=None,
    )
    return waiting, ()


def _unkillable(state: NodeMachineState, event: object, now: float) -> Step:
    # It still counts as alive: a second engine beside it would fight for the same memory.
    sentence = "The engine can't be ended, not even by force; it hangs in the system, perhaps in the GPU's driver."
    return replace(state, reason=joined(sentence, "Restarting the computer frees it.")), ()


def _force_again(state: NodeMachineState, event: object, now: float) -> Step:
    return replace(state, manner=StopManner.FORCE), (StopEngine(StopManner.FORCE),)


def _start_again(state: NodeMachineState, event: object, now: float) -> Step:
    if not state.wanted:
        return _settle(state, event, now)
    return _settle(replace(state, restarts=state.restarts + 1), event, now)


def _back_off_over(state: NodeMachineState, event: object, now: float) -> Step:
    if state.retry_at is not None and now < state.retry_at:
        return state, ()
    return _start_again(state, event, now)


def _fresh_start(state: NodeMachineState, event: object, now: float) -> Step:
    return _settle(replace(state, losses=0), event, now)


def _leave_fault(state: NodeMachineState, event: object, now: float) -> Step:
    return (state, ()) if state.wished else _settle(state, event, now)


Handler: TypeAlias = Callable[[NodeMachineState, Any, float], Step]

_BY_STATE: dict[Actual, dict[type[object], Handler]] = {
    Actual.UNPROVISIONED: {Wished: _settle, Closing: _settle, RuntimeFound: _settle, Retried: _settle},
    Actual.PROVISIONING: {
        Wished: _cancel_provisioning,
        Closing: _cancel_provisioning,
        CancelRequested: _person_cancels_provisioning,
        ProvisioningProgressed: _show_progress,
        Provisioned: _provisioned,
        ProvisioningFailed: _provisioning_failed,
        ProvisioningCancelled: _settle,
    },
    Actual.STOPPED: {Wished: _settle, RuntimeFound: _settle, Retried: _settle},
    Actual.SUSPENDED: {Wished: _settle, Closing: _settle, Suspended: _settle, RuntimeFound: _settle},
    Actual.STARTING: {
        Wished: _starting_may_stop,
        Closing: _starting_may_stop,
        Suspended: _starting_may_stop,
        Reconfigured: _restart_start,
        DeviceChosen: _restart_start,
        StartRefused: _start_refused,
        EngineLoading: _loading,
        EngineReady: _ready,
        EngineComplained: _complained,
        EngineUnfit: _unfit,
        EngineExited: _exited_unasked,
        Tick: _not_ready_in_time,
    },
    **{
        actual: {
            Wished: _running_may_drain,
            Closing: _running_may_drain,
            Suspended: _running_may_drain,
            # A late word of the process before may have passed for this one's: it never started all the same.
            StartRefused: _start_refused,
            Reconfigured: _restart_running,
            DeviceChosen: _restart_running,
            EngineRegistered: _registered,
            EngineDisconnected: _disconnected,
            EngineSick: _sick,
            EngineComplained: _complained,
            EngineExited: _exited_unasked,
            Tick: _healthy,
        }
        for actual in (Actual.REGISTERING, Actual.SERVING)
    },
    Actual.DRAINING: {
        Closing: _hurry,
        Suspended: _suspended_while_ending,
        StartRefused: _start_refused,
        DrainEnded: _drain_ended,
        EngineExited: _exited_while_stopping,
        EngineUnkillable: _unkillable,
    },
    Actual.STOPPING: {
        Suspended: _suspended_while_ending,
        StartRefused: _start_refused,
        EngineExited: _exited_while_stopping,
        EngineUnkillable: _unkillable,
        Retried: _force_again,
    },
    Actual.BACKING_OFF: {
        Wished: _stay_or_settle,
        Closing: _settle,
        Suspended: _stay_or_settle,
        DeviceChosen: _start_again,
        Retried: _start_again,
        Tick: _back_off_over,
    },
    Actual.FAULTED: {Wished: _fresh_start, Closing: _leave_fault, Retried: _fresh_start, RuntimeFound: _leave_fault},
}

_TABLE: dict[tuple[Actual, type[object]], Handler] = {
    (actual, event): handler for actual, handlers in _BY_STATE.items() for event, handler in handlers.items()
}
