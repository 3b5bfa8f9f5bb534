"""What a launcher that had run since a week would remember when the demo opens. Pure.

The recorded day goes through the very functions that a running launcher uses: the policy decides by the recorded cards,
the situations are observed, the samples gathered. So the demo's past and what it plays afterwards agree.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import datetime

from r3mes_launcher.core.history.gpu_record import Gathering, GpuBucket, coarser, gather
from r3mes_launcher.core.history.request_record import RequestRecord
from r3mes_launcher.core.history.situation import Recording, Span, observe
from r3mes_launcher.core.policy.decision import PolicyState, decide
from r3mes_launcher.core.policy.observations import GpuObservation, Observations
from r3mes_launcher.core.policy.policy_settings import PolicySettings
from r3mes_launcher.core.recording.recorded_day import RecordedDay
from r3mes_launcher.core.state import Actual, Desired, GpuDriver, GpuReport, GpuSample, NodeState
from r3mes_launcher.sentence import joined

DAYS = 7
"""The same day again and again: enough for the timeline and the charts of a week."""
MONTH_DAYS = 30
"""So long the cards' energy is known, beside what was earned with it."""
WEEK_WIDTH_S = 1800.0
MONTH_WIDTH_S = 10_800.0
"""As fine as charts of these lengths show."""
DECIDE_S = 60.0
SAMPLE_S = 30.0
"""As far apart as the history takes two samples for connected."""
RESTART_S = 150.0
"""From the end of an engine to its next start, in recorded time: the back-off of the first loss."""
START_S = 90.0
"""From its start to its registration."""


@dataclass(frozen=True, slots=True)
class RecordedPast:
    requests: tuple[RequestRecord, ...]
    """Of the last 24 hours, oldest first."""
    spans: tuple[Span, ...]
    buckets: tuple[GpuBucket, ...]


def recorded_past(day: RecordedDay, begin: float, days: int = DAYS) -> RecordedPast:
    """`begin` is when the day that is played begins, in seconds since the epoch."""
    until = begin + day.opens_at
    since = until - day.length_s
    spans, buckets = _spans(day, begin, since, until), _buckets(day, begin, since, until)
    moves = [(turn, turn * day.length_s) for turn in range(days)]
    return RecordedPast(
        requests=_requests(day, begin, since, until),
        spans=tuple(
            replace(span, run=f"recorded-{turn}", since=span.since - back, until=span.until - back)
            for turn, back in moves
            for span in spans
        ),
        buckets=_before(buckets, day.length_s, days),
    )


def _before(buckets: tuple[GpuBucket, ...], length_s: float, days: int) -> tuple[GpuBucket, ...]:
    """The last day as it was, and the same day for those before, the coarser the older."""
    week, month = coarser(buckets, WEEK_WIDTH_S), coarser(buckets, MONTH_WIDTH_S)
    older = [(turn * length_s, week if turn < days else month) for turn in range(1, MONTH_DAYS if days > 1 else 1)]
    return (*buckets, *(replace(bucket, at=bucket.at - back) for back, kept in older for bucket in kept))


def _requests(day: RecordedDay, begin: float, since: float, until: float) -> tuple[RequestRecord, ...]:
    found = []
    for turn in (1, 0):
        for number, request in enumerate(day.requests):
            ended_at = begin + request.at - turn * day.length_s
            if since < ended_at <= until:
                found.append(
                    RequestRecord(
                        ended_at=ended_at,
                        job=f"recorded-{number - turn * len(day.requests)}",
                        model=day.model,
                        adapter=request.adapter,
                        outcome=request.outcome,
                        prompt_tokens=request.prompt_tokens,
                        completion_tokens=request.completion_tokens,
                        first_token_ms=request.first_token_ms,
                        duration_ms=request.duration_ms,
                    )
                )
    return tuple(found)


def _spans(day: RecordedDay, begin: float, since: float, until: float) -> tuple[Span, ...]:
    settings, policy, recording = PolicySettings(), PolicyState(), Recording("recorded")
    ends = [request.at for request in day.requests]
    found: dict[int, Span] = {}
    down_until, starts_until, why = since, since, ""
    now = since
    while now <= until:
        offset = (now - begin) % day.length_s
        if policy != PolicyState() or not _is_calm(day, offset, settings):
            policy = decide(settings, _seen(day, offset, now), policy, now)
        fault = next((fault for fault in day.faults if 0 <= offset - fault.at < DECIDE_S), None)
        loss = next((loss for loss in day.losses if loss.at <= offset < loss.until), None)
        if fault is not None:
            down_until, why = now + RESTART_S, joined("The engine ended.", fault.message, "It is started again.")
        if policy.reasons:
            actual, reason, starts_until = Actual.SUSPENDED, policy.reasons[0].sentence, now + START_S
        elif now < down_until:
            actual, reason, starts_until = Actual.BACKING_OFF, why, down_until + START_S
        elif now < starts_until:
            actual, reason = Actual.STARTING, "Starting the engine."
        elif loss is not None:
            actual, reason = (
                Actual.REGISTERING,
                f"The gateway is out of reach ({loss.reason}); the engine keeps trying.",
            )
        else:
            actual, reason = Actual.SERVING, ""
        turn = (now - begin) // day.length_s
        node = NodeState(
            desired=Desired.SERVING,
            actual=actual,
            reason=reason,
            suspended=policy.reasons,
            total_requests=int(turn + 1) * len(ends) + bisect_right(ends, offset),
        )
        recording, spans = observe(recording, node, now)
        found.update((span.number, span) for span in spans)
        now += DECIDE_S
    return tuple(found.values())


def _seen(day: RecordedDay, offset: float, now: float) -> Observations:
    uses = day.uses_at(offset)

    def gpu(index: int) -> GpuObservation:
        card, mine = day.cards[index], [use for use in uses if use.card == index]
        program = max(mine, key=lambda use: use.memory_mb).program if mine else ""
        celsius = round(day.card_at(index, offset).temperature_c)
        return GpuObservation(card.uuid, card.name, celsius, sum(use.memory_mb for use in mine), program)

    gpus = tuple(gpu(index) for index in range(len(day.cards)))
    return Observations(local_time=datetime.fromtimestamp(now), gpus=gpus)


def _is_calm(day: RecordedDay, offset: float, settings: PolicySettings) -> bool:
    """Whether the policy has nothing to decide: most of the day, and then it need not be asked."""
    place = int(offset // day.sample_s)
    near = (day.figures[place], day.figures[(place + 1) % len(day.figures)])
    hottest = max(card.temperature_c for sample in near for card in sample)
    return hottest <= settings.temperature.target_c and not day.uses_at(offset)


def _buckets(day: RecordedDay, begin: float, since: float, until: float) -> tuple[GpuBucket, ...]:
    gathering, cards = Gathering(), frozenset(card.uuid for card in day.cards)
    found: list[GpuBucket] = []
    now = since
    while now <= until:
        gathering, done = gather(gathering, GpuReport(now, GpuDriver.OK, gpus=_samples(day, now - begin)), cards)
        found += done
        now += SAMPLE_S
    return (*found, *gathering.open.values())


def _samples(day: RecordedDay, offset: float) -> tuple[GpuSample, ...]:
    seen = [(card, day.card_at(index, offset)) for index, card in enumerate(day.cards)]
    return tuple(
        GpuSample(
            uuid=card.uuid,
            name=card.name,
            memory_used_mb=round(figures.memory_mb),
            temperature_c=round(figures.temperature_c),
            power_w=figures.power_w,
            utilisation_percent=round(figures.utilisation_percent),
        )
        for card, figures in seen
    )
