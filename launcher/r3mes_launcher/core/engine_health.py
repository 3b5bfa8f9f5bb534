"""Whether a running engine is well, by its results and not by its heartbeat alone. Pure: times are passed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from r3mes_launcher.sentence import Sentence, phrase

SILENT_S = 60.0
"""It tells its figures every 2 s. Loading an adapter may hold it up for seconds, never for a minute."""
STUCK_S = 300.0
"""Requests run, and no token came and none ended for so long: longer than a processor needs for the longest prompt."""
ANSWER_S = 15.0
"""After a sleep of the computer it is asked whether it is there; a disk that starts up takes some seconds."""
FAILURES = 5
"""So many requests in a row that the engine itself could not answer: a new one may."""
CHECK_S = 2.0
"""How often the verdict is asked for."""

ENGINE_ERROR = "engine_error"
"""The outcome of a request that failed in the engine itself."""

# After these the process's GPU answers nothing any more, whatever is asked of it.
# Source: https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__TYPES.html ("must be terminated and relaunched").
_STICKY = (
    "illegal memory access",
    "device-side assert",
    "unspecified launch failure",
    "misaligned address",
    "illegal instruction",
    "hardware stack error",
    "uncorrectable ECC error",
    "unknown error",
)


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """Of one engine's life. Times are seconds of a monotonic clock."""

    heard_at: float
    moved_at: float
    """When a token or an end of a request was last told, or when nothing ran."""
    active: int = 0
    results: tuple[int, int] = (0, 0)
    """Requests that ended, tokens that were written."""
    failures: int = 0
    sticky: bool = False
    asked_at: float | None = None
    """When it was asked whether it is there, while it has not answered."""

    @classmethod
    def start(cls, now: float) -> EngineHealth:
        return cls(now, now)

    def told(self, active: int, requests: int, tokens: int, now: float) -> EngineHealth:
        moved = active == 0 or self.active == 0 or (requests, tokens) != self.results
        return replace(
            self,
            heard_at=now,
            moved_at=now if moved else self.moved_at,
            active=active,
            results=(requests, tokens),
        )

    def request_ended(self, outcome: str, now: float) -> EngineHealth:
        failures = self.failures + 1 if outcome == ENGINE_ERROR else 0
        return replace(self, heard_at=now, moved_at=now, failures=failures, sticky=self.sticky and failures > 0)

    def logged(self, lines: Sequence[str]) -> EngineHealth:
        if self.sticky or not any("CUDA error" in line and any(s in line for s in _STICKY) for line in lines):
            return self
        # The log and the channel are two pipes: either may be read first.
        return replace(self, sticky=True)

    def asked(self, now: float) -> EngineHealth:
        return replace(self, asked_at=now)

    def answered(self, now: float) -> EngineHealth:
        return replace(self, heard_at=now, asked_at=None)

    def slept(self, now: float) -> EngineHealth:
        """Nothing was checked for a while, because the whole computer slept: no time of it counts."""
        return replace(self, heard_at=now, moved_at=now, asked_at=None if self.asked_at is None else now)

    def verdict(self, now: float) -> str:
        """Why it must be started again, as the rest of a sentence that begins with "The engine"; empty when well."""
        if self.sticky and self.failures:
            return phrase("met a CUDA error after which its GPU answers nothing")
        if self.failures >= FAILURES:
            return Sentence("failed at {failures} requests in a row", failures=self.failures)
        if self.asked_at is not None and now - self.asked_at >= ANSWER_S:
            return phrase("did not answer after the computer's sleep")
        if now - self.heard_at >= SILENT_S:
            return Sentence("was silent for {silent_s:.0f} s", silent_s=SILENT_S)
        if self.active and now - self.moved_at >= STUCK_S:
            return Sentence("brought no result for {stuck_s:.0f} s while requests ran", stuck_s=STUCK_S)
        return ""
