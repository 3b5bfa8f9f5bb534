"""The recorded day's graphics cards: for the charts, and for the policy, which asks whose memory it is."""

from __future__ import annotations

import threading
from collections.abc import Callable

from r3mes_launcher.core.recording.recorded_day import CardFigures, RecordedCard, RecordedDay, mixed
from r3mes_launcher.core.state import GpuDriver, GpuReport, GpuSample
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.ports.gpu_use import GpuProcess, GpuUse

SETTLE_S = 240.0
"""A card that is left alone has given back its load and its warmth after so long."""

# Above every pid of Linux, and odd, which no pid of Windows is: nobody's.
_NO_PID = 2**31 - 1


class ReplayedCards:
    """The recorded cards, as far as an engine runs: a switch that is off leaves them idle whatever was recorded."""

    def __init__(self, day: RecordedDay, clock: Clock, begin: float) -> None:
        """`begin` is when the recorded day begins, in seconds since the epoch."""
        self._day = day
        self._clock = clock
        self._begin = begin
        self._serving: Callable[[], bool] = lambda: True
        self._share = 1.0
        self._at = clock.now()
        # The charts, the policy and the doctor ask on threads of their own.
        self._lock = threading.Lock()

    def follow(self, serving: Callable[[], bool]) -> None:
        """Asks from now on whether an engine runs. Called on any thread."""
        self._serving = serving

    @property
    def day(self) -> RecordedDay:
        return self._day

    def look(self) -> tuple[float, tuple[CardFigures, ...]]:
        """The moment, and each card then."""
        at, serving = self._clock.now(), self._serving()
        with self._lock:
            step = max(0.0, at - self._at) / SETTLE_S
            self._at = at
            self._share = share = min(1.0, self._share + step) if serving else max(0.0, self._share - step)
        offset = at - self._begin
        # What another program does to a card does not end with the engine.
        used = {use.card for use in self._day.uses_at(offset)}
        return at, tuple(
            mixed(card.idle, self._day.card_at(index, offset), 1.0 if index in used else share)
            for index, card in enumerate(self._day.cards)
        )

    def uses(self) -> tuple[tuple[GpuProcess, ...], ...]:
        """Other programs by card."""
        uses = self._day.uses_at(self._clock.now() - self._begin)
        return tuple(
            tuple(
                GpuProcess(_NO_PID - 2 * place, use.memory_mb, use.program)
                for place, use in enumerate(uses)
                if use.card == index
            )
            for index in range(len(self._day.cards))
        )


class ReplayGpuSource:
    """Satisfies `GpuSource`."""

    def __init__(self, cards: ReplayedCards) -> None:
        self._cards = cards

    def read(self) -> GpuReport:
        at, figures = self._cards.look()
        samples = tuple(map(_sample, self._cards.day.cards, figures))
        # The window's banner says that they are recorded.
        return GpuReport(at, GpuDriver.OK, "", "demo", samples)

    def close(self) -> None:
        return


class ReplayGpuUse:
    """Satisfies `Source[tuple[GpuUse, ...]]`."""

    def __init__(self, cards: ReplayedCards) -> None:
        self._cards = cards

    def read(self) -> tuple[GpuUse, ...]:
        _, figures = self._cards.look()
        return tuple(
            GpuUse(card.uuid, card.name, round(seen.temperature_c), processes)
            for card, seen, processes in zip(self._cards.day.cards, figures, self._cards.uses(), strict=True)
        )

    def close(self) -> None:
        return


def _sample(card: RecordedCard, figures: CardFigures) -> GpuSample:
    return GpuSample(
        uuid=card.uuid,
        name=card.name,
        memory_used_mb=round(figures.memory_mb),
        memory_total_mb=card.memory_total_mb,
        temperature_c=round(figures.temperature_c),
        power_w=round(figures.power_w, 1),
        power_limit_w=card.power_limit_w,
        utilisation_percent=round(figures.utilisation_percent),
        compute_capability=card.compute_capability,
    )
