"""A made-up day of a node, for the pictures of the pages that show its history."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from r3mes_launcher.core.history.gpu_record import GpuBucket
from r3mes_launcher.core.history.request_record import RequestRecord
from r3mes_launcher.core.history.timeline import Kind, Stretch
from r3mes_launcher.core.policy.reasons import ActiveReason, SuspendReason

# The clock times that can be read in a picture are the same in every run.
LAST = 1_767_272_400.0
MODEL = "SmolLM2-135M-Instruct"
ADAPTERS = ("", "", "", "turkish-law", "poetry")
OUTCOMES = ("stop",) * 14 + ("length", "length", "cancelled", "capacity", "deadline")


def requests(count: int = 318) -> tuple[RequestRecord, ...]:
    """Newest first."""
    random_ = random.Random(7)
    at, made = LAST, []
    for number in range(count, 0, -1):
        at -= random_.expovariate(1 / 40)
        outcome = random_.choice(OUTCOMES)
        began = outcome not in ("capacity", "deadline")
        first = random_.randint(48, 240) if began else None
        tokens = random_.randint(18, 420) if began else 0
        took = (first or 2) + round(tokens * random_.uniform(5.6, 6.9))
        made.append(
            RequestRecord(
                ended_at=at,
                job=f"{random_.getrandbits(64):016x}",
                model=MODEL,
                adapter=random_.choice(ADAPTERS),
                outcome=outcome,
                prompt_tokens=random_.randint(12, 900),
                completion_tokens=tokens,
                first_token_ms=first,
                duration_ms=20_000 if outcome == "deadline" else took,
                id=number,
            )
        )
    return tuple(made)


def day(begin: float) -> tuple[Stretch, ...]:
    """24 hours of a computer that is also used for other things."""
    warm = ActiveReason(SuspendReason.USER_ACTIVE, "user_active", (("minutes", 5),), 0.0)
    locked = ActiveReason(SuspendReason.WALLET_LOCKED, "wallet_locked", (), 0.0)
    parts: tuple[tuple[float, Kind, tuple[ActiveReason, ...]], ...] = (
        (6.2, Kind.OFF, ()),
        (0.1, Kind.STARTING, ()),
        (1.4, Kind.WAITING, ()),
        (2.1, Kind.ANSWERING, ()),
        (0.6, Kind.WAITING, ()),
        (1.2, Kind.ANSWERING, ()),
        (2.0, Kind.SUSPENDED, (warm,)),
        (0.8, Kind.WAITING, ()),
        (1.9, Kind.ANSWERING, ()),
        (3.5, Kind.ASLEEP, ()),
        (0.3, Kind.CONNECTING, ()),
        (0.5, Kind.SUSPENDED, (locked,)),
        (2.3, Kind.ANSWERING, ()),
        (1.1, Kind.WAITING, ()),
    )
    here, made = begin, []
    for hours, kind, reasons in parts:
        until = here + hours * 3600
        made.append(Stretch(here, until, kind, reasons))
        here = until
    return tuple(made)


def cards(begin: float, end: float, width_s: float) -> tuple[GpuBucket, ...]:
    """The two cards of the pictures: one that serves in waves, one that idles."""
    made = []
    for uuid, idle, watts, least in (("GPU-4a1f", 42.0, 330.0, 6900), ("GPU-77c2", 14.0, 4.0, 412)):
        at = begin // width_s * width_s
        while at < end:
            day_share = (at - begin) / (end - begin)
            load = max(0.0, math.sin(day_share * 9) + 0.4 * math.sin(day_share * 61)) / 1.4
            power = idle + watts * load
            busy = load if watts > 100 else load / 40
            heat = 38 + 26 * busy
            made.append(GpuBucket(uuid, at, width_s, least + 2600 * busy, 94 * busy, heat, power, power * width_s))
            at += width_s
    return tuple(made)


class History:
    """Answers as the core's history does."""

    def __init__(self, kept: Sequence[RequestRecord] | None = None) -> None:
        self._requests = requests() if kept is None else tuple(kept)

    async def gpus(self, begin: float, end: float, width_s: float) -> tuple[GpuBucket, ...]:
        return cards(begin, end, width_s)

    async def timeline(self, begin: float, end: float) -> tuple[Stretch, ...]:
        return day(begin) if self._requests else ()

    async def requests(self, after: int = 0) -> tuple[RequestRecord, ...]:
        return tuple(record for record in self._requests if record.id > after)
