"""The words for what the node does: a title, a tone and a sentence for every state."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from r3mes_launcher.core.state import Actual, Desired, GatewayKind, GatewayState, GpuDriver, NodeState
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.tokens import Tone


def _tr(text: str) -> str:
    return QCoreApplication.translate("Wording", text)


@dataclass(frozen=True, slots=True)
class Wording:
    title: str
    tone: Tone
    sentence: str


def node_wording(node: NodeState, now: float) -> Wording:
    """What the node does. The core's own reason wins over the general sentence."""
    title, tone, sentence = _node_words(node)
    if node.actual is Actual.FAULTED and node.fault is not None:
        sentence = node.fault.message
    elif node.actual is Actual.BACKING_OFF and node.retry_at is not None:
        wait = _tr("Next try in {time}.").format(time=figures.remaining(node.retry_at - now))
        sentence = f"{node.reason} {wait}" if node.reason else wait
    elif node.reason:
        sentence = node.reason
    return Wording(title, tone, sentence)


def _node_words(node: NodeState) -> tuple[str, Tone, str]:
    wanted = node.desired is Desired.SERVING
    match node.actual:
        case Actual.UNPROVISIONED:
            return (
                _tr("Not set up yet"),
                Tone.NEUTRAL,
                _tr("The engine is not installed on this computer yet. Switching Serving on installs it first."),
            )
        case Actual.PROVISIONING:
            return _tr("Setting up the engine"), Tone.BUSY, _tr("This happens once. You can cancel it at any time.")
        case Actual.STOPPED if wanted:
            return _tr("Starting"), Tone.BUSY, _tr("The engine is about to start.")
        case Actual.STOPPED:
            return _tr("Off"), Tone.NEUTRAL, _tr("This computer serves nothing. Switch Serving on to answer requests.")
        case Actual.STARTING:
            return _tr("Starting"), Tone.BUSY, _tr("The engine is loading the model.")
        case Actual.REGISTERING:
            return _tr("Registering"), Tone.BUSY, _tr("The engine is ready and introduces itself to the gateway.")
        case Actual.SERVING:
            return _tr("Serving"), Tone.GOOD, _tr("Requests that reach the gateway can be answered by this computer.")
        case Actual.SUSPENDED:
            return _tr("Paused"), Tone.WARNING, _tr("Serving is paused and goes on by itself.")
        case Actual.DRAINING:
            return _tr("Finishing"), Tone.BUSY, _tr("Running requests are finished; no new ones are taken.")
        case Actual.STOPPING:
            return _tr("Stopping"), Tone.BUSY, _tr("The engine is ending.")
        case Actual.BACKING_OFF:
            return _tr("Waiting to try again"), Tone.WARNING, _tr("The engine ended and will be started again.")
        case Actual.FAULTED:
            return _tr("Stopped by a fault"), Tone.BAD, _tr("The engine can't run until this is settled.")


def desired_words(desired: Desired) -> str:
    return _tr("on") if desired is Desired.SERVING else _tr("off")


def gateway_wording(gateway: GatewayState) -> Wording:
    """Whether the gateway answers."""
    if gateway.reachable:
        return Wording(_tr("Connected"), Tone.GOOD, gateway.message or _tr("The gateway answers."))
    if gateway.kind is GatewayKind.LOCAL and not gateway.url:
        return Wording(_tr("Starting"), Tone.BUSY, gateway.message or _tr("The gateway on this computer is starting."))
    return Wording(_tr("Not reachable"), Tone.WARNING, gateway.message or _tr("The gateway does not answer."))


def driver_wording(driver: GpuDriver, message: str) -> Wording:
    """Why there may be nothing to show of the GPUs. The core's own message wins."""
    title, tone, sentence = {
        GpuDriver.OK: (_tr("All well"), Tone.GOOD, _tr("The graphics driver works.")),
        GpuDriver.STARTING: (_tr("Looking for GPUs"), Tone.BUSY, _tr("Asking the graphics driver.")),
        GpuDriver.NO_DRIVER: (
            _tr("No NVIDIA driver"),
            Tone.NEUTRAL,
            _tr("Serving needs an NVIDIA GPU with its driver. Install the driver, then restart the computer."),
        ),
        GpuDriver.NO_GPU: (
            _tr("No GPU found"),
            Tone.NEUTRAL,
            _tr("The driver works but sees no NVIDIA GPU in this computer."),
        ),
        GpuDriver.MISMATCH: (
            _tr("Restart needed"),
            Tone.WARNING,
            _tr("The graphics driver was updated. Restart the computer so that it takes effect."),
        ),
        GpuDriver.NO_PERMISSION: (
            _tr("No permission"),
            Tone.WARNING,
            _tr("The graphics driver does not let this user read the GPUs."),
        ),
        GpuDriver.FAILED: (_tr("The driver reports an error"), Tone.BAD, _tr("The graphics driver could not be read.")),
    }[driver]
    return Wording(title, tone, message or sentence)
