"""When an engine that ended is started again, and after which pause. Pure."""

from __future__ import annotations

from collections.abc import Callable

from r3mes_protocol.exit_codes import ExitCode

LONGEST_PAUSE_S = 512.0
HEALTHY_S = 120.0
"""Up for so long, and the next loss is a first one again."""
MOST_LOSSES = 10
"""In a row; then something is wrong that time does not mend."""


class RestartPolicy:
    """`jitter(low, high)` draws a number: many nodes that lose one gateway or one power line come back apart."""

    def __init__(self, jitter: Callable[[float, float], float]) -> None:
        self._jitter = jitter
        self._losses = 0

    @property
    def losses(self) -> int:
        """In a row."""
        return self._losses

    def ended(self, exit_code: int, ready_s: float) -> float | None:
        """Seconds to wait before the next start; None: it stays down. `ready_s`: how long it could answer."""
        if not is_worth_restarting(exit_code):
            return None
        self._losses = 1 if ready_s >= HEALTHY_S else self._losses + 1
        if self._losses > MOST_LOSSES:
            return None
        pause = min(2.0 ** (self._losses - 1), LONGEST_PAUSE_S)
        return pause * self._jitter(0.7, 1.3)


def is_worth_restarting(exit_code: int) -> bool:
    """Of the engine's own codes those that may pass; all others, signals among them, were no plan of anybody's."""
    if exit_code == ExitCode.OK:
        return False
    try:
        return ExitCode(exit_code).worth_restarting
    except ValueError:
        return True
