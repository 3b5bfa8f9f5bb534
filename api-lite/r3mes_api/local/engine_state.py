"""What is known of the engine beside the gateway, and what it means for a prompt. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from r3mes_api.lifecycle import CannotStart
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.exit_codes import ExitCode

_MISSING = re.compile(r"No module named '?([A-Za-z_][\w.]*)'?")

_ENDED = {
    ExitCode.NO_USABLE_GPU: "it found no usable GPU",
    ExitCode.MODEL_UNUSABLE: "the model is missing or damaged",
    ExitCode.KEY_OR_GRANT_INVALID: "its node key is not valid",
    ExitCode.OUT_OF_MEMORY: "memory ran out",
    ExitCode.INTERNAL: "it met an error of its own",
    ExitCode.CONFIGURATION: "its configuration can't be used",
}


class EnginePhase(StrEnum):
    STARTING = "starting"
    LOADING = "loading"
    CONNECTING = "connecting"
    SERVING = "serving"
    WAITING = "waiting"
    """It ended and is started again later."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class EngineState:
    phase: EnginePhase
    detail: str = ""
    """The step of loading, or why the last run ended: a sentence without its full stop."""
    code: ExitCode | None = None
    """Of the last run, while the next one is waited for."""
    restarts: int = 0

    def refusal(self, retry_after_s: int) -> ApiError | None:
        """What a prompt is told; None where the engine serves."""
        match self.phase:
            case EnginePhase.SERVING:
                return None
            case EnginePhase.STARTING:
                sentence = "The local engine is starting; try again soon."
            case EnginePhase.LOADING:
                sentence = f"The local engine is loading ({self.detail}); try again soon."
            case EnginePhase.CONNECTING:
                sentence = "The local engine is connecting to this gateway; try again soon."
            case EnginePhase.STOPPED:
                sentence = "The local engine was stopped; this gateway is shutting down."
            case EnginePhase.WAITING:
                if self.code is ExitCode.NO_USABLE_GPU:
                    return ApiError(
                        ErrorCode.GPU_REQUIRED,
                        f"Local inference needs a GPU: {self.detail}. The gateway tries again by itself.",
                        retry_after_s=retry_after_s,
                    )
                sentence = f"The local engine ended: {self.detail}. The gateway starts it again by itself."
        return ApiError(ErrorCode.NO_SERVING_NODES, sentence, retry_after_s=retry_after_s)


def how_it_ended(returncode: int, complaint: str) -> str:
    """A sentence without its full stop; the engine's own words go first."""
    if complaint:
        return complaint.rstrip(". ")
    if returncode < 0:
        return f"signal {-returncode} ended it"
    meaning = _ENDED.get(ExitCode(returncode)) if returncode in set(ExitCode) else None
    return meaning or f"it ended with code {returncode}"


def start_failure(returncode: int, complaint: str, log: Iterable[str], *, greeted: bool, python: str) -> CannotStart:
    """Why the first run of the engine did not come into service. `greeted`: it said its first word."""
    lines = [line for line in log if line.strip()]
    missing = next((found[1] for line in reversed(lines) if (found := _MISSING.search(line))), None)
    code = ExitCode(returncode) if returncode in set(ExitCode) else None
    if missing is not None or not (greeted or complaint):
        reason = f"it has no “{missing}”" if missing else (lines[-1] if lines else f"it ended with code {returncode}")
        return CannotStart(
            f"R3MES_INFERENCE_MODE=local needs the engine, which {python} can't run: {reason.rstrip('. ')}. "
            "Install the engine (`python3 installer engine`, or pip with installer/requirements-inference.txt) and "
            "name its Python in R3MES_ENGINE_PYTHON, or use R3MES_INFERENCE_MODE=remote, which needs no GPU.",
            ExitCode.CONFIGURATION,
        )
    reason = how_it_ended(returncode, complaint)
    if code is ExitCode.NO_USABLE_GPU:
        return CannotStart(
            f"R3MES_INFERENCE_MODE=local needs a GPU: {reason}. "
            "For a slow test on the processor set R3MES_LOCAL_DEVICE=cpu; for a gateway without a GPU set "
            "R3MES_INFERENCE_MODE=remote.",
            ExitCode.NO_USABLE_GPU,
        )
    exit_code = ExitCode.INTERNAL if code in (None, ExitCode.OK) else code
    if exit_code is ExitCode.USAGE:
        exit_code = ExitCode.CONFIGURATION
        reason = "it did not understand how it was started; engine and gateway are of different versions"
    assert exit_code is not None
    return CannotStart(f"The local engine did not start: {reason}. Its log is above.", exit_code)
