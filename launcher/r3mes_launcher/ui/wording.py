"""The words for what the node does: a title, a tone and a sentence for every state."""

from __future__ import annotations

from dataclasses import dataclass

from r3mes_launcher.core.state import Actual, Desired, GatewayKind, GatewayState, GpuDriver, NodeState
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.core_wording import fault_words, spoken
from r3mes_launcher.ui.language import translate
from r3mes_launcher.ui.suspend_wording import all_reasons
from r3mes_launcher.ui.tokens import Tone

_MAY_SAY_WHY = (Actual.SUSPENDED, Actual.DRAINING, Actual.STOPPING)


@dataclass(frozen=True, slots=True)
class Wording:
    title: str
    tone: Tone
    sentence: str


def node_wording(node: NodeState, now: float) -> Wording:
    """What the node does. The core's own reason wins over the general sentence."""
    title, tone, sentence = _node_words(node)
    if node.actual is Actual.FAULTED and node.fault is not None:
        sentence = fault_words(node.fault)[0]
    elif node.actual is Actual.BACKING_OFF and node.retry_at is not None:
        wait = translate("Wording", "Next try in {time}.").format(time=figures.remaining(node.retry_at - now))
        sentence = f"{spoken(node.reason)} {wait}" if node.reason else wait
    elif node.desired is Desired.SERVING and node.suspended and node.actual in _MAY_SAY_WHY:
        why = all_reasons(node.suspended, now)
        sentence = why if node.actual is Actual.SUSPENDED else f"{why} {sentence}"
    elif node.reason:
        sentence = spoken(node.reason)
    return Wording(title, tone, sentence)


def _node_words(node: NodeState) -> tuple[str, Tone, str]:
    wanted = node.desired is Desired.SERVING
    match node.actual:
        case Actual.UNPROVISIONED:
            return (
                translate("Wording", "Not set up yet"),
                Tone.NEUTRAL,
                translate(
                    "Wording",
                    "The engine is not installed on this computer yet. Switching Serving on installs it first.",
                ),
            )
        case Actual.PROVISIONING:
            return (
                translate("Wording", "Setting up the engine"),
                Tone.BUSY,
                translate("Wording", "This happens once. You can cancel it at any time."),
            )
        case Actual.STOPPED if wanted:
            return translate("Wording", "Starting"), Tone.BUSY, translate("Wording", "The engine is about to start.")
        case Actual.STOPPED:
            return (
                translate("Wording", "Off"),
                Tone.NEUTRAL,
                translate("Wording", "This computer serves nothing. Switch Serving on to answer requests."),
            )
        case Actual.STARTING:
            return translate("Wording", "Starting"), Tone.BUSY, translate("Wording", "The engine is loading the model.")
        case Actual.REGISTERING:
            return (
                translate("Wording", "Registering"),
                Tone.BUSY,
                translate("Wording", "The engine is ready and introduces itself to the gateway."),
            )
        case Actual.SERVING:
            return (
                translate("Wording", "Serving"),
                Tone.GOOD,
                translate("Wording", "Requests that reach the gateway can be answered by this computer."),
            )
        case Actual.SUSPENDED:
            return (
                translate("Wording", "Paused"),
                Tone.WARNING,
                translate("Wording", "Serving is paused and goes on by itself."),
            )
        case Actual.DRAINING:
            return (
                translate("Wording", "Finishing"),
                Tone.BUSY,
                translate("Wording", "Running requests are finished; no new ones are taken."),
            )
        case Actual.STOPPING:
            return translate("Wording", "Stopping"), Tone.BUSY, translate("Wording", "The engine is ending.")
        case Actual.BACKING_OFF:
            return (
                translate("Wording", "Waiting to try again"),
                Tone.WARNING,
                translate("Wording", "The engine ended and will be started again."),
            )
        case Actual.FAULTED:
            return (
                translate("Wording", "Stopped by a fault"),
                Tone.BAD,
                translate("Wording", "The engine can't run until this is settled."),
            )


def desired_words(desired: Desired) -> str:
    return translate("Wording", "on") if desired is Desired.SERVING else translate("Wording", "off")


def gateway_wording(gateway: GatewayState) -> Wording:
    """Whether the gateway answers."""
    if gateway.reachable:
        return Wording(
            translate("Wording", "Connected"),
            Tone.GOOD,
            spoken(gateway.message) or translate("Wording", "The gateway answers."),
        )
    if gateway.kind is GatewayKind.LOCAL and not gateway.url:
        return Wording(
            translate("Wording", "Starting"),
            Tone.BUSY,
            spoken(gateway.message) or translate("Wording", "The gateway on this computer is starting."),
        )
    return Wording(
        translate("Wording", "Not reachable"),
        Tone.WARNING,
        spoken(gateway.message) or translate("Wording", "The gateway does not answer."),
    )


def driver_wording(driver: GpuDriver, message: str) -> Wording:
    """Why there may be nothing to show of the GPUs. The core's own message wins."""
    title, tone, sentence = {
        GpuDriver.OK: (translate("Wording", "All well"), Tone.GOOD, translate("Wording", "The graphics driver works.")),
        GpuDriver.STARTING: (
            translate("Wording", "Looking for GPUs"),
            Tone.BUSY,
            translate("Wording", "Asking the graphics driver."),
        ),
        GpuDriver.NO_DRIVER: (
            translate("Wording", "No NVIDIA driver"),
            Tone.NEUTRAL,
            translate(
                "Wording", "Serving needs an NVIDIA GPU with its driver. Install the driver, then restart the computer."
            ),
        ),
        GpuDriver.NO_GPU: (
            translate("Wording", "No GPU found"),
            Tone.NEUTRAL,
            translate("Wording", "The driver works but sees no NVIDIA GPU in this computer."),
        ),
        GpuDriver.MISMATCH: (
            translate("Wording", "Restart needed"),
            Tone.WARNING,
            translate("Wording", "The graphics driver was updated. Restart the computer so that it takes effect."),
        ),
        GpuDriver.NO_PERMISSION: (
            translate("Wording", "No permission"),
            Tone.WARNING,
            translate("Wording", "The graphics driver does not let this user read the GPUs."),
        ),
        GpuDriver.FAILED: (
            translate("Wording", "The driver reports an error"),
            Tone.BAD,
            translate("Wording", "The graphics driver could not be read."),
        ),
    }[driver]
    return Wording(title, tone, spoken(message) or sentence)
