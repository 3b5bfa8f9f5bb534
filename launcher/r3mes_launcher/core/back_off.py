"""How long to wait before a child that ended by itself is started again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackOff:
    """The numbers are Folding@home's, proven on unattended machines for years."""

    unit_s: float = 1.0
    """The n-th loss in a row waits 2^n of these."""
    cap_s: float = 512.0
    spread: float = 0.2
    """Part of the delay by which it varies either way, so that many nodes don't return at the same moment."""
    healthy_s: float = 120.0
    """After this time in health earlier losses are forgotten."""
    max_losses: int = 10
    """So many losses in a row are a fault: another try would not help."""

    def delay_s(self, losses: int, chance: float) -> float:
        """Seconds before the next start. `losses` counts from 1, `chance` is 0 to 1."""
        # 2^62 is past every cap; larger powers would only cost time.
        doubled = self.unit_s * 2.0 ** min(losses, 62)
        return min(self.cap_s, doubled * (1.0 - self.spread + 2.0 * self.spread * chance))
