"""Counters and histograms in Prometheus' text format. Counting is an addition; all else happens at a scrape."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

MAX_SERIES = 1000
"""Of one metric. Labels are of known sets; should one not be, memory still has a bound."""

Labels = tuple[str, ...]


class Series:
    """One number of a counter, to be added to."""

    __slots__ = ("amount",)

    def __init__(self) -> None:
        self.amount: float = 0


class Counter:
    """Only goes up. Who counts often keeps the series."""

    def __init__(self, name: str, help_text: str, *labels: str) -> None:
        self.name = name
        self.help_text = help_text
        self.labels = labels
        self._series: dict[Labels, Series] = {} if labels else {(): Series()}

    def series(self, *values: str) -> Series:
        """By the labels' values in the order of their names. Beyond the bound it is one that nobody scrapes."""
        series = self._series.get(values)
        if series is None:
            series = Series()
            if len(self._series) < MAX_SERIES:
                self._series[values] = series
        return series

    def value(self, *values: str) -> float:
        series = self._series.get(values)
        return series.amount if series is not None else 0

    def lines(self) -> Iterator[str]:
        yield from _head(self.name, self.help_text, "counter")
        for values, series in self._series.items():
            yield _sample(self.name, zip(self.labels, values, strict=True), series.amount)


class Histogram:
    """Durations in seconds, or any other sizes, by their upper bounds."""

    def __init__(self, name: str, help_text: str, bounds: tuple[float, ...]) -> None:
        self.name = name
        self.help_text = help_text
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect.bisect_left(self._bounds, value)] += 1
        self._sum += value

    @property
    def count(self) -> int:
        return sum(self._counts)

    def lines(self) -> Iterator[str]:
        yield from _head(self.name, self.help_text, "histogram")
        total = 0
        for bound, count in zip((*map(_number, self._bounds), "+Inf"), self._counts, strict=True):
            total += count
            yield _sample(f"{self.name}_bucket", [("le", bound)], total)
        yield _sample(f"{self.name}_sum", (), self._sum)
        yield _sample(f"{self.name}_count", (), total)


class Gauge(NamedTuple):
    """What is so at the moment of the scrape: label values to amounts."""

    name: str
    help_text: str
    labels: tuple[str, ...]
    values: Mapping[Labels, float]
    kind: str = "gauge"
    """`counter` for what the system counts."""

    def lines(self) -> Iterator[str]:
        yield from _head(self.name, self.help_text, self.kind)
        for values, amount in self.values.items():
            yield _sample(self.name, zip(self.labels, values, strict=True), amount)


def exposition(metrics: Iterable[Counter | Histogram | Gauge]) -> bytes:
    return ("\n".join(line for metric in metrics for line in metric.lines()) + "\n").encode("utf-8", "replace")


def _head(name: str, help_text: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {help_text}"
    yield f"# TYPE {name} {kind}"


def _sample(name: str, labels: Iterable[tuple[str, str]], value: float) -> str:
    inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
    return f"{name}{{{inside}}} {_number(value)}" if inside else f"{name} {_number(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
