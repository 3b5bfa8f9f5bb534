"""The last minutes of every card, as the charts draw them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from r3mes_launcher.core.history.gpu_record import GpuBucket
from r3mes_launcher.core.state import GpuReport, GpuSample
from r3mes_launcher.ui.time_series import TimeSeries

SPAN_S = 600.0
# More cards than this in one computer are not seen; it bounds the memory of a driver that makes up names.
MAX_CARDS = 64


class Figure(StrEnum):
    MEMORY = "memory"
    TEMPERATURE = "temperature"
    POWER = "power"
    UTILISATION = "utilisation"


@dataclass(frozen=True, slots=True)
class CardHistory:
    series: dict[Figure, TimeSeries]


class GpuHistory:
    """Collects reports by card. A card that is lost or missing from a report leaves a hole, not a line to zero."""

    def __init__(self, span_s: float = SPAN_S) -> None:
        self._span_s = span_s
        self._cards: dict[str, CardHistory] = {}

    def add(self, report: GpuReport) -> None:
        seen = {sample.uuid: sample for sample in report.gpus}
        for uuid in seen:
            if uuid not in self._cards and len(self._cards) < MAX_CARDS:
                self._cards[uuid] = CardHistory({figure: TimeSeries(self._span_s) for figure in Figure})
        for uuid, card in self._cards.items():
            sample = seen.get(uuid)
            for figure, series in card.series.items():
                series.add(report.at, _value(sample, figure))

    def card(self, uuid: str) -> CardHistory | None:
        return self._cards.get(uuid)


def card_histories(buckets: Iterable[GpuBucket], span_s: float, width_s: float) -> dict[str, CardHistory]:
    """The charts of a long time, from its buckets by card and time. Time without a bucket leaves a hole."""
    cards: dict[str, CardHistory] = {}
    last: dict[str, float] = {}
    for bucket in buckets:
        card = cards.setdefault(bucket.uuid, CardHistory({figure: TimeSeries(span_s) for figure in Figure}))
        before = last.get(bucket.uuid)
        values = {
            Figure.MEMORY: None if bucket.memory_mb is None else bucket.memory_mb / 1024,
            Figure.TEMPERATURE: bucket.temperature_c,
            Figure.POWER: bucket.power_w,
            Figure.UTILISATION: bucket.utilisation,
        }
        for figure, series in card.series.items():
            if before is not None and bucket.at - before > 1.5 * width_s:
                series.add(before + width_s, None)
            series.add(bucket.at, values[figure])
        last[bucket.uuid] = bucket.at
    return cards


def _value(sample: GpuSample | None, figure: Figure) -> float | None:
    if sample is None or sample.lost:
        return None
    match figure:
        case Figure.MEMORY:
            return None if sample.memory_used_mb is None else sample.memory_used_mb / 1024
        case Figure.TEMPERATURE:
            return sample.temperature_c
        case Figure.POWER:
            return sample.power_w
        case Figure.UTILISATION:
            return sample.utilisation_percent
