"""A card's figures over long times: samples gathered into buckets, buckets made coarser, energy and its cost. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from r3mes_launcher.core.state import GpuReport, GpuSample

BUCKET_S = 300.0
"""288 points a day and 26,000 in 90 days for each card: about 2 MB."""

MAX_GAP_S = 30.0
"""Between two samples further apart nobody knows what the card drew; the time counts for nothing."""

MOST_W = 3000.0
"""More than any card draws; the largest of today have limits of 1400 W."""

JOULES_PER_KWH = 3_600_000.0


@dataclass(frozen=True, slots=True)
class GpuBucket:
    """One card from `at` on. Means are over the `seconds` that were observed; None: the card does not tell."""

    uuid: str
    at: float
    """Its begin, seconds since the epoch."""
    seconds: float
    memory_mb: float | None
    utilisation: float | None
    temperature_c: float | None
    power_w: float | None
    energy_j: float
    """What the card's own counter says, where it has one; else the integral of the power: each sample's power holds
    until the next sample."""
    node_energy_j: float = 0.0
    """The part of it that fell into times in which the node's engine ran on this card."""


@dataclass(frozen=True, slots=True)
class Gathering:
    """What is being gathered. `gather` gives the next one."""

    at: float = 0.0
    samples: dict[str, GpuSample] = field(default_factory=dict)
    node_gpus: frozenset[str] = frozenset()
    """The cards on which the node's engine ran then, by UUID."""
    open: dict[str, GpuBucket] = field(default_factory=dict)


def gather(
    gathering: Gathering, report: GpuReport, node_gpus: frozenset[str] = frozenset()
) -> tuple[Gathering, tuple[GpuBucket, ...]]:
    """Counts the time since the last report by what that one said; also gives the buckets that are over.

    `node_gpus` are the cards on which the node's engine runs from now on.
    """
    length = report.at - gathering.at
    buckets, done = dict(gathering.open), []
    if 0 < length <= MAX_GAP_S:
        begin = gathering.at // BUCKET_S * BUCKET_S
        counters = {sample.uuid: sample.energy_j for sample in report.gpus if not sample.lost}
        for uuid, sample in gathering.samples.items():
            energy = used_energy(sample, counters.get(uuid), length)
            part = _of_sample(sample, begin, length, energy, uuid in gathering.node_gpus)
            open_ = buckets.get(uuid)
            if open_ is not None and open_.at == begin:
                buckets[uuid] = _joined(open_, part)
            else:
                if open_ is not None:
                    done.append(open_)
                buckets[uuid] = part
    now = report.at // BUCKET_S * BUCKET_S
    for uuid, bucket in list(buckets.items()):
        if bucket.at != now:
            done.append(buckets.pop(uuid))
    samples = {sample.uuid: sample for sample in report.gpus if not sample.lost}
    return Gathering(report.at, samples, node_gpus, buckets), tuple(done)


def used_energy(sample: GpuSample, counter_j: float | None, seconds: float) -> float:
    """Joules since the sample. `counter_j` is what the card's counter says now.

    The counter starts anew with the driver, and some drivers' counters stand still or jump: a difference that no card
    can have drawn counts as none was given.
    """
    if sample.energy_j is not None and counter_j is not None:
        counted = counter_j - sample.energy_j
        if 0 < counted <= MOST_W * seconds:
            return counted
    return 0.0 if sample.power_w is None else sample.power_w * seconds


def coarser(buckets: Iterable[GpuBucket], width_s: float) -> tuple[GpuBucket, ...]:
    """Buckets of `width_s` seconds by card and time. Energy and observed seconds stay what they are in all."""
    made: dict[tuple[str, float], GpuBucket] = {}
    for bucket in buckets:
        begin = bucket.at // width_s * width_s
        before = made.get((bucket.uuid, begin))
        moved = replace(bucket, at=begin)
        made[bucket.uuid, begin] = moved if before is None else _joined(before, moved)
    return tuple(made[key] for key in sorted(made))


def energy_kwh(buckets: Iterable[GpuBucket]) -> float:
    return sum(bucket.energy_j for bucket in buckets) / JOULES_PER_KWH


def _of_sample(sample: GpuSample, at: float, seconds: float, energy_j: float, is_node: bool) -> GpuBucket:
    return GpuBucket(
        uuid=sample.uuid,
        at=at,
        seconds=seconds,
        memory_mb=sample.memory_used_mb,
        utilisation=sample.utilisation_percent,
        temperature_c=sample.temperature_c,
        power_w=sample.power_w,
        energy_j=energy_j,
        node_energy_j=energy_j if is_node else 0.0,
    )


def _joined(one: GpuBucket, other: GpuBucket) -> GpuBucket:
    def mean(first: float | None, second: float | None) -> float | None:
        if first is None or second is None:
            return second if first is None else first
        return (first * one.seconds + second * other.seconds) / (one.seconds + other.seconds)

    return GpuBucket(
        uuid=one.uuid,
        at=one.at,
        seconds=one.seconds + other.seconds,
        memory_mb=mean(one.memory_mb, other.memory_mb),
        utilisation=mean(one.utilisation, other.utilisation),
        temperature_c=mean(one.temperature_c, other.temperature_c),
        power_w=mean(one.power_w, other.power_w),
        energy_j=one.energy_j + other.energy_j,
        node_energy_j=one.node_energy_j + other.node_energy_j,
    )
