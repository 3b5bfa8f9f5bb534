"""What the recorded node earned: its recorded requests at the recorded price, day by day up to the recorded now."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random

from r3mes_launcher.core.earnings.reading import EarningsReading, NodeDay, NodeTotal, system_midnight
from r3mes_launcher.core.recording.recorded_day import RecordedDay
from r3mes_launcher.ports.clock import Clock

DAYS = 30
"""So long the recorded node has earned when the demo opens."""
HELD_DAYS = 2
"""The gateway pays out what is older; the rest is pending."""
ROLE = "serving"


class RecordedEarnings:
    """Satisfies `EarningsSource`. Nothing has to be signed: no wallet has a part in it."""

    def __init__(
        self,
        day: RecordedDay,
        begin: float,
        clock: Clock,
        node_id: str,
        midnight: Callable[[date], float] = system_midnight,
    ) -> None:
        """`begin` is when the day that is played begins, in seconds since the epoch."""
        self._day = day
        self._begin = begin
        self._clock = clock
        self._node_id = node_id
        self._midnight = midnight
        paid = [request for request in day.requests if request.completion_tokens]
        self._ends = [request.at for request in paid]
        self._sums = [0, *accumulate(request.completion_tokens for request in paid)]
        self._opened = datetime.fromtimestamp(begin + day.opens_at).date()

    @property
    def node_id(self) -> str:
        return self._node_id

    async def read(self, first: date, last: date) -> EarningsReading:
        now = self._clock.now()
        today = datetime.fromtimestamp(now).date()
        oldest = self._opened - timedelta(days=DAYS)
        known = [oldest + timedelta(days=number) for number in range((today - oldest).days + 1)]
        days = [self._one(each, now) for each in reversed(known)]
        held = today - timedelta(days=HELD_DAYS - 1)
        total = NodeTotal(
            node_id=self._node_id,
            deliveries=sum(each.deliveries for each in days),
            tokens=sum(each.tokens for each in days),
            disputed=0,
            earned=sum(each.earned for each in days),
            pending=sum(each.earned for each in days if each.day >= held),
        )
        return EarningsReading("", tuple(each for each in days if first <= each.day <= last), (total,), now)

    async def sign_in(self) -> None:
        return

    async def close(self) -> None:
        return

    def _one(self, day: date, now: float) -> NodeDay:
        until = min(self._midnight(day + timedelta(days=1)), now)
        answers, tokens = self._made(self._midnight(day), until)
        # No two days of the past are alike; the days that are seen to go by are as they were played.
        share = 1.0 if day >= self._opened else 0.8 + 0.35 * Random(day.toordinal()).random()
        tokens = round(share * tokens)
        return NodeDay(
            day=day,
            role=ROLE,
            node_id=self._node_id,
            deliveries=round(share * answers),
            tokens=tokens,
            disputed=0,
            earned=tokens * self._day.units_per_token,
        )

    def _made(self, since: float, until: float) -> tuple[int, int]:
        """Answers and their tokens that ended after one moment and until another; the recorded day repeats itself."""
        first, last = self._until(since), self._until(until)
        return last[0] - first[0], last[1] - first[1]

    def _until(self, moment: float) -> tuple[int, int]:
        turn, offset = divmod(moment - self._begin, self._day.length_s)
        place = bisect_right(self._ends, offset)
        return int(turn) * len(self._ends) + place, int(turn) * self._sums[-1] + self._sums[place]
