"""Before a start: whether the chosen model fits into the GPU's memory and what is missing of it onto the disk.

The engine knows both (`r3mes-engine check --json --model …`); it is asked as a child, and what it says becomes a fault
with a sentence and what to do. Where it says nothing that can be read, the start goes on: the engine itself is the
authority, and only tells it later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from r3mes_launcher.core.child_process import ChildCommand
from r3mes_launcher.core.engine_check import SelfTestFailed, ask_engine
from r3mes_launcher.core.log_hub import LogHub, plain_text
from r3mes_launcher.core.state import DeviceChoice, Fault, LogLevel
from r3mes_launcher.core.supervisor import Supervisor
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.ports.engine_runtime import EngineWish
from r3mes_launcher.sentence import Sentence, sentence_of

CHECK_S = 60.0
"""A check with a cold torch takes some ten seconds; a hung driver takes for ever, and the engine says that too."""
FRESH_S = 600.0
"""A start that follows so soon, as after a loss, is not held up by a second look at the same model."""

MIB = 2**20


class ModelCheck:
    def __init__(self, supervisor: Supervisor, logs: LogHub, clock: Clock, limit_s: float = CHECK_S) -> None:
        self._supervisor = supervisor
        self._logs = logs
        self._clock = clock
        self._limit_s = limit_s
        self._passed: tuple[EngineWish, float] | None = None

    async def refusal(self, command: ChildCommand, wish: EngineWish) -> Fault | None:
        """What stands against serving the model; None where nothing does, or nobody can tell."""
        now = self._clock.now()
        if self._passed is not None and self._passed[0] == wish and 0 <= now - self._passed[1] < FRESH_S:
            return None
        self._passed = None
        try:
            document = await ask_engine(command, self._supervisor, self._logs, self._limit_s, _document)
        except SelfTestFailed as error:
            self._logs.say(f"The model was not looked at before the start: {sentence_of(error)}", LogLevel.WARNING)
            return None
        fault = model_fault(document, wish)
        if fault is None:
            self._passed = (wish, now)
        return fault


def model_fault(document: Mapping[str, Any], wish: EngineWish) -> Fault | None:
    """What the engine's answer has against serving the model. Pure; what can't be read counts as nothing."""
    error = document.get("error")
    if isinstance(error, Mapping) and isinstance(error.get("message"), str):
        return Fault("model_unusable", plain_text(error["message"]), "Choose another model, or the built-in one.")
    return _disk_fault(document, wish) or _memory_fault(document, wish)


def _disk_fault(document: Mapping[str, Any], wish: EngineWish) -> Fault | None:
    disk = document.get("disk")
    if not isinstance(disk, Mapping) or disk.get("verdict") != "unusable":
        return None
    free, needed = _count(disk, "free_mb"), _count(disk, "needed_mb")
    return Fault(
        "disk_too_small",
        Sentence(
            "{model} needs {needed} MB on the disk before it can be served, and {free} MB are free.",
            model=wish.model,
            needed=needed,
            free=free,
        ),
        "Free some space, or choose a smaller model.",
    )


def _memory_fault(document: Mapping[str, Any], wish: EngineWish) -> Fault | None:
    model, chosen = document.get("model"), document.get("chosen")
    # The engine plans for the best GPU, and for the computer's own memory where there is none.
    on_gpu = isinstance(chosen, str)
    if not isinstance(model, Mapping) or model.get("fits") is not False or on_gpu is (wish.device is DeviceChoice.CPU):
        return None
    needed = _needed_mb(document, model)
    if not on_gpu:
        return Fault(
            "model_too_large",
            Sentence("{model} needs {needed} MB of memory, more than is free.", model=wish.model, needed=needed),
            "Close other programs, or choose a smaller model.",
        )
    gpus = document.get("gpus")
    card = (
        next((gpu for gpu in gpus if isinstance(gpu, Mapping) and gpu.get("uuid") == chosen), {})
        if isinstance(gpus, list)
        else {}
    )
    return Fault(
        "model_too_large",
        Sentence(
            "{model} needs {needed} MB of GPU memory, and {free} MB are free on {gpu}.",
            model=wish.model,
            needed=needed,
            free=_count(card, "memory_free_mb"),
            gpu=plain_text(str(card.get("name", chosen)))[:200],
        ),
        "Close other programs that use the GPU, or choose a smaller model.",
    )


def _needed_mb(document: Mapping[str, Any], model: Mapping[str, Any]) -> int:
    """Before the first answer: by the plan, or by its makers' smallest estimate."""
    plan = document.get("plan")
    if isinstance(plan, Mapping):
        return sum(_count(plan, part) for part in ("weights", "adapters", "working")) // MIB
    estimates = model.get("estimate_mb")
    known = [value for value in estimates.values() if isinstance(value, int)] if isinstance(estimates, Mapping) else []
    return min(known, default=0)


def _count(document: Mapping[str, Any], name: str) -> int:
    value = document.get(name)
    return value if isinstance(value, int) and value >= 0 else 0


def _document(value: object) -> Mapping[str, Any]:
    """Raises ValueError."""
    if not isinstance(value, Mapping) or not ("gpus" in value or "error" in value):
        raise ValueError("not an answer of check")
    return value
