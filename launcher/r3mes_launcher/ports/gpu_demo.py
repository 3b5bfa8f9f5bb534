"""Graphics cards that do not exist, for the demo: what they show depends on the time alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

from r3mes_launcher.core.state import GpuDriver, GpuReport, GpuSample
from r3mes_launcher.ports.clock import Clock

MESSAGE = "These GPUs are simulated: this is the demo."

# (period in seconds, share of the swing): long jobs, single requests, and tokens.
_WAVES = ((173.0, 0.5), (41.0, 0.32), (7.3, 0.18))


@dataclass(frozen=True, slots=True)
class DemoCard:
    uuid: str
    name: str
    memory_mb: int
    model_mb: int
    """What the weights take; requests come on top."""
    idle_w: float
    limit_w: float
    coolest_c: float
    hottest_c: float
    warming_s: float
    """Time constant with which the temperature follows the load."""
    load: float
    """Mean utilisation, 0 to 1."""
    swing: float
    phase_s: float


CARDS = (
    DemoCard("GPU-demo-0", "Demo GPU 24 GB", 24576, 15100, 22.0, 350.0, 34.0, 84.0, 35.0, 0.58, 0.40, 0.0),
    DemoCard("GPU-demo-1", "Demo GPU 12 GB", 12288, 7400, 14.0, 200.0, 31.0, 79.0, 28.0, 0.36, 0.34, 57.0),
)


class DemoGpuSource:
    """Satisfies `GpuSource`."""

    def __init__(self, clock: Clock, cards: tuple[DemoCard, ...] = CARDS) -> None:
        self._clock = clock
        self._cards = cards

    def read(self) -> GpuReport:
        at = self._clock.now()
        return GpuReport(at, GpuDriver.OK, MESSAGE, "demo", tuple(demo_sample(card, at) for card in self._cards))

    def close(self) -> None:
        return


def demo_sample(card: DemoCard, at: float) -> GpuSample:
    """The card at a moment, in seconds since the epoch. The same moment always looks the same."""
    time_s = at + card.phase_s
    load = _between(0.0, 1.0, card.load + card.swing * sum(share * math.sin(_turn(time_s, p)) for p, share in _WAVES))
    # Requests hold their memory a little longer than they keep the card busy.
    requests = _between(0.0, 1.0, card.load + card.swing * _followed(time_s, 8.0))
    warmth = _between(0.0, 1.0, card.load + card.swing * _followed(time_s, card.warming_s))
    return GpuSample(
        uuid=card.uuid,
        name=card.name,
        memory_used_mb=round(card.model_mb + 0.25 * (card.memory_mb - card.model_mb) * (1 + requests)),
        memory_total_mb=card.memory_mb,
        temperature_c=round(card.coolest_c + (card.hottest_c - card.coolest_c) * warmth),
        power_w=round(card.idle_w + 0.94 * (card.limit_w - card.idle_w) * load, 1),
        power_limit_w=card.limit_w,
        utilisation_percent=round(100 * load),
        compute_capability="8.9",
    )


def _turn(time_s: float, period_s: float) -> float:
    return 2 * math.pi * (time_s % period_s) / period_s


def _followed(time_s: float, constant_s: float) -> float:
    """The waves behind a first-order lag: slower ones pass, quick ones fade, and all come late."""
    total = 0.0
    for period_s, share in _WAVES:
        speed = 2 * math.pi * constant_s / period_s
        total += share / math.hypot(1, speed) * math.sin(_turn(time_s, period_s) - math.atan(speed))
    return total


def _between(least: float, most: float, value: float) -> float:
    return max(least, min(most, value))
