"""Why an engine that ended is not started again, in words for the person."""

from __future__ import annotations

from r3mes_launcher.core.state import DeviceChoice, Fault, GpuDriver
from r3mes_launcher.sentence import Sentence, as_sentence, joined
from r3mes_protocol.exit_codes import ExitCode

_FAULTS = {
    ExitCode.USAGE: Fault(
        "engine_usage",
        "The engine did not understand how the launcher started it: the two are of different versions.",
        "Install the engine again, or update the launcher.",
    ),
    ExitCode.NO_USABLE_GPU: Fault(
        "no_usable_gpu",
        "The engine found no GPU that it can use.",
        "See the GPUs page for the driver's state. To try R3MES without a GPU, choose the CPU, which is slow.",
    ),
    ExitCode.MODEL_UNUSABLE: Fault(
        "model_unusable",
        "The model is missing or damaged.",
        "Choose another model, or the built-in one.",
    ),
    ExitCode.REJECTED_BY_GATEWAY: Fault(
        "rejected_by_gateway",
        "The gateway does not accept this node.",
        "Choose another gateway, or ask its operator for the reason.",
    ),
    ExitCode.KEY_OR_GRANT_INVALID: Fault(
        "key_or_grant_invalid",
        "The node's key or its grant is not valid.",
        "Make a new grant with the wallet that owns this node.",
    ),
    ExitCode.CONFIGURATION: Fault(
        "engine_configuration",
        "The engine can't use its configuration.",
        "See the log for the setting that is wrong.",
    ),
}


RESTART_NEEDED = Fault(
    "restart_needed",
    "The graphics driver was updated, and its old version still runs: no program can start on the GPU.",
    "Restart the computer. Serving goes on by itself then.",
)


def driver_obstacle(driver: GpuDriver, device: DeviceChoice) -> Fault | None:
    """What the driver's state has against a start on that device."""
    return RESTART_NEEDED if driver is GpuDriver.MISMATCH and device is not DeviceChoice.CPU else None


def engine_fault(code: ExitCode, complaint: Fault | None) -> Fault:
    """The fault of an exit code that is not worth a restart; the engine's own words go before ours."""
    known = _FAULTS.get(code, Fault(code.name.lower(), "The engine can't go on.", "See the log."))
    if complaint is None:
        return known
    return Fault(known.code, complaint.message, complaint.hint or known.hint)


def too_many_losses(losses: int, how: str, complaint: Fault | None) -> Fault:
    return Fault(
        "engine_keeps_ending",
        joined(
            Sentence(
                "The engine ended {losses} times in a row; the last time it {how}.", losses=losses, how=as_sentence(how)
            ),
            "" if complaint is None else complaint.message,
        ),
        (complaint.hint if complaint is not None else "") or "See the log for the cause, then try again.",
    )


def known_fault(code: str) -> Fault | None:
    """The launcher's own words for a fault's code, where it has any: the engine's go before them."""
    return next((known for known in _FAULTS.values() if known.code == code), None)


def exit_code_of(fault: Fault) -> ExitCode | None:
    """The exit code that a fault stands for, None for faults of the launcher's own."""
    return next((code for code, known in _FAULTS.items() if known.code == fault.code), None)
