"""Earnings in the running launcher: what is asked when, what stays without a gateway, and the break-even stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from r3mes_launcher.core.earnings.earnings_desk import FRESH_S, LOOK_S, MEASURE_S, EarningsDesk, Surroundings
from r3mes_launcher.core.earnings.reading import EarningsReading, NodeDay, NodeTotal
from r3mes_launcher.core.earnings.standing import EarningsProblem, Standing
from r3mes_launcher.core.history.history_store import HistoryStore
from r3mes_launcher.core.policy.observations import BreakEvenObservation
from r3mes_launcher.core.settings import SettingsStore
from r3mes_launcher.core.state import Actual, GpuReport, GpuSample, NodeState
from r3mes_launcher.ports.clock import SystemClock

Until = Callable[..., Awaitable[None]]
NODE, CARD = "a" * 64, "GPU-1"
NOON = datetime(2026, 11, 26, 12).timestamp()


@dataclass
class Source:
    earned: int = 0
    problem: Standing | None = None
    asked: list[tuple[date, date]] = field(default_factory=list)
    signed_in: int = 0
    closed: int = 0
    owner: str = "remes1owner"
    node_id: str = ""

    async def read(self, first: date, last: date) -> EarningsReading:
        self.asked.append((first, last))
        if self.problem is not None:
            raise EarningsProblem(self.problem, "Why.")
        day = NodeDay(last, "serving", NODE, 1, 1, 0, self.earned)
        return EarningsReading(self.owner, (day,), (NodeTotal(NODE, 1, 1, 0, self.earned, self.earned),), 1.0)

    async def sign_in(self) -> None:
        self.signed_in += 1
        self.problem = None

    async def close(self) -> None:
        self.closed += 1


@dataclass
class Made:
    desk: EarningsDesk
    source: Source
    clock: Any
    settings: SettingsStore
    seen: list[BreakEvenObservation | None]
    gateway: list[str]
    owner: list[str]
    node: list[NodeState]
    stopped: list[bool]

    def report(self, watts: float) -> None:
        card = GpuSample(CARD, "A card", power_w=watts)
        self.desk.note_gpus(GpuReport(self.clock.at, gpus=(card,)), frozenset({CARD}))

    def show(self, actual: Actual) -> None:
        self.node[0] = NodeState(actual=actual, node_id=NODE)
        self.desk.note_node(self.node[0])


@pytest.fixture
async def made(tmp_path: Path, hand_clock: Any) -> AsyncIterator[Made]:
    source, clock = Source(), hand_clock
    clock.at = NOON
    history = HistoryStore(tmp_path / "history.sqlite", lambda *_: None, SystemClock())
    history.start()
    settings = SettingsStore(tmp_path / "settings.json", lambda *_: None)
    seen: list[BreakEvenObservation | None] = []
    gateway, owner, node, stopped = ["https://gateway.example"], ["remes1owner"], [NodeState(node_id=NODE)], [False]
    around = Surroundings(
        gateway=lambda: gateway[0],
        owner=lambda: owner[0],
        node=lambda: node[0],
        node_id=lambda: NODE,
        cards=lambda: {CARD: "A card"},
        decimals=lambda: 6,
        is_stopped=lambda: stopped[0],
        observe=seen.append,
    )
    desk = EarningsDesk(source, history, settings, clock, around)
    yield Made(desk, source, clock, settings, seen, gateway, owner, node, stopped)
    await desk.close()
    await history.close()


async def test_two_who_look_at_once_ask_the_gateway_once(made: Made) -> None:
    made.source.earned = 7
    looks = await asyncio.gather(*(made.desk.overview() for _ in range(3)))
    assert [look.today.earned for look in looks] == [7, 7, 7] and len(made.source.asked) == 1
    first, last = made.source.asked[0]
    assert (last - first).days == 29 and last == datetime.fromtimestamp(NOON).date()
    await made.desk.overview(7)
    assert len(made.source.asked) == 1, "a part of it is known"
    await made.desk.overview(90)
    assert len(made.source.asked) == 2, "more is not"
    await made.desk.overview(anew=True)
    made.clock.advance(FRESH_S)
    await made.desk.overview()
    assert len(made.source.asked) == 4


async def test_a_gateway_that_is_away_leaves_what_it_said(made: Made) -> None:
    made.source.earned = 7
    await made.desk.overview()
    made.source.problem = Standing.OFFLINE
    away = await made.desk.overview(anew=True)
    assert (away.standing, away.detail, away.today.earned, away.read_at) == (Standing.OFFLINE, "Why.", 7, 1.0)
    made.source.problem = None
    assert (await made.desk.overview()).standing is Standing.READY, "asked again at once"


async def test_another_owner_or_gateway_sees_nothing_of_the_one_before(made: Made) -> None:
    made.source.earned = 7
    await made.desk.overview()
    made.source.problem = Standing.SIGNED_OUT
    made.owner[0] = "remes1other"
    assert (await made.desk.overview()).today.earned == 0
    made.source.problem, made.owner[0] = None, ""
    assert (await made.desk.overview()).today.earned == 7, "a locked wallet hides no figures"
    made.source.problem = Standing.NO_ACCOUNTS
    made.gateway[0] = "https://other.example"
    other = await made.desk.overview()
    assert (other.today.earned, other.read_at, other.standing) == (0, None, Standing.NO_ACCOUNTS)


async def test_a_table_of_nothing_says_why(made: Made) -> None:
    made.source.problem = Standing.LOCKED
    with pytest.raises(ValueError, match="The wallet is locked"):
        await made.desk.table()
    await made.desk.sign_in()
    assert made.source.signed_in == 1
    assert (await made.desk.table(7)).startswith("day,node_id")
    document = await made.desk.document(7)
    assert document["standing"] == "ready" and document["node_id"] == NODE


async def hours(made: Made, count: float, watts: float, earned: int, until: Until) -> None:
    """Serving for so long, with a reading of the card each ten seconds and a look of the desk each minute."""
    for _ in range(round(count * 60)):
        for _ in range(6):
            made.clock.at += 10
            made.report(watts)
        made.source.earned += earned // 60
        before = len(made.seen)
        made.clock.advance(0)
        await until(lambda before=before: len(made.seen) > before)


async def later(made: Made, seconds: float, until: Until) -> BreakEvenObservation | None:
    """What the desk tells the policy after a while in which it was not asked."""
    before = len(made.seen)
    made.clock.advance(seconds)
    await until(lambda: len(made.seen) > before)
    return made.seen[-1]


def rule(**values: Any) -> dict[str, Any]:
    return {"break_even": {"enabled": True, "hours": 1, "retry_hours": 2, **values}}


async def test_break_even_is_measured_while_it_serves_and_judged_by_the_hour_s_price(made: Made, until: Until) -> None:
    made.desk.start()
    await until(lambda: made.seen)
    assert made.seen[-1] is None and made.source.asked == [], "off by default: nothing is asked"
    made.settings.change(
        policy=rule(), remes_price="1", electricity_price="0.5", electricity_currency="EUR",
        electricity_bands=[{"from_hour": 15, "until_hour": 18, "price": "0.1"}],
    )  # fmt: skip
    made.show(Actual.SERVING)
    # A kilowatt and 0.24 REMES an hour: at 0.5 a loss, at 0.1 none. It is 12 o'clock.
    await hours(made, 1.5, 1000.0, 240_000, until)
    loss = made.seen[-1]
    assert loss is not None and loss.currency == "EUR"
    assert loss.income == pytest.approx(Decimal("0.24"), rel=Decimal("0.1"))
    assert loss.cost == pytest.approx(Decimal("0.5"), rel=Decimal("0.1"))
    assert len(made.source.asked) <= 1.5 * 3600 / MEASURE_S + 1, "the gateway is asked seldom"

    # It stands still. What was measured holds, until another price of the tariff or a new trial.
    made.show(Actual.SUSPENDED)
    made.stopped[0] = True
    still = await later(made, LOOK_S, until)
    assert still is not None and still.retry_s == 2 * 3600
    cheap = await later(made, 100 * 60, until)
    assert cheap is not None and cheap.income > cheap.cost and cheap.retry_s == pytest.approx(20 * 60)
    assert await later(made, 30 * 60, until) is None, "a new trial"


async def test_without_a_gateway_that_tells_nothing_is_judged(made: Made, until: Until) -> None:
    made.settings.change(policy=rule(), remes_price="1", electricity_price="0.5")
    made.source.problem = Standing.OFFLINE
    made.desk.start()
    made.show(Actual.SERVING)
    await hours(made, 1.5, 1000.0, 0, until)
    assert set(made.seen) == {None}
    made.source.problem = None
    await hours(made, 1.5, 1000.0, 0, until)
    assert made.seen[-1] is not None and made.seen[-1].income == 0
