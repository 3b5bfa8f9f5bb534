"""Earnings, electricity and the break-even stop in the running launcher. Owned by the core's loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from r3mes_launcher.core.earnings.break_even import BreakEven, Piece, Trial, after_stop, break_even, measured
from r3mes_launcher.core.earnings.card_day import CardDay
from r3mes_launcher.core.earnings.earnings_table import earnings_csv, earnings_document
from r3mes_launcher.core.earnings.energy_cost import WIDTH_S, electricity_cost, energy_by_day
from r3mes_launcher.core.earnings.overview import MAX_DAYS, MONTH_DAYS, EarningsOverview, Worth, overview
from r3mes_launcher.core.earnings.reading import EarningsReading, EarningsSource, system_midnight
from r3mes_launcher.core.earnings.standing import EarningsProblem, Standing
from r3mes_launcher.core.history.gpu_record import Gathering, gather
from r3mes_launcher.core.history.history_store import HistoryStore
from r3mes_launcher.core.policy.observations import BreakEvenObservation
from r3mes_launcher.core.policy.policy_settings import BreakEvenRule
from r3mes_launcher.core.settings import SettingsStore
from r3mes_launcher.core.state import Actual, GpuReport, NodeState
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.wallet.errors import WalletError

FRESH_S = 10.0
"""Two front ends that look at once ask the gateway once."""
LOOK_S = 60.0
"""How often the break-even stop looks at the tariff; its bands are hours."""
MEASURE_S = 300.0
"""How often it asks the gateway what was earned."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rest of the launcher knows."""

    gateway: Callable[[], str]
    """Where the earnings are, an origin."""
    owner: Callable[[], str]
    """The address of the wallet in use; empty while it is locked."""
    node: Callable[[], NodeState]
    node_id: Callable[[], str]
    """Of this computer's node; empty while it has no key."""
    cards: Callable[[], Mapping[str, str]]
    """Names by UUID."""
    decimals: Callable[[], int]
    """Places of a REMES after the point."""
    is_stopped: Callable[[], bool]
    """Whether the node stands still because of the break-even rule."""
    observe: Callable[[BreakEvenObservation | None], None]
    """Takes what the policy is to know."""


class EarningsDesk:
    def __init__(
        self,
        source: EarningsSource,
        history: HistoryStore,
        settings: SettingsStore,
        clock: Clock,
        around: Surroundings,
    ) -> None:
        self._source = source
        self._history = history
        self._settings = settings
        self._clock = clock
        self._around = around
        self._reading = EarningsReading()
        self._read_from = ""
        self._first = date.max
        self._asked_at = float("-inf")
        self._problem: EarningsProblem | None = None
        self._asking = asyncio.Lock()
        self._trial = Trial()
        self._meter = Gathering()
        self._counted_j = 0.0
        self._served_s = 0.0
        self._looked: tuple[float, Actual] | None = None
        self._begun: tuple[float, float, int] | None = None
        self._measured_at = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch(), name="watch what serving brings")

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._source.close()

    # --- what a person asks ----------------------------------------------------------------------------------------

    async def sign_in(self) -> None:
        """The owner's word that the wallet signs in at the gateway, now and whenever a session has expired.

        Raises EarningsProblem and WalletError.
        """
        await self._source.sign_in()
        self._asked_at = float("-inf")

    async def overview(self, count: int = MONTH_DAYS, *, anew: bool = False) -> EarningsOverview:
        """The last `count` days. What can't be read is told in the overview; the rest of it is there nevertheless.

        Raises HistoryError where this computer's own records can't be read.
        """
        count = max(1, min(count, MAX_DAYS))
        today = datetime.fromtimestamp(self._clock.now()).date()
        first = today - timedelta(days=max(count, MONTH_DAYS) - 1)
        await self._refresh(first, today, anew)
        settings = self._settings.current
        energy = await self._energy(first)
        problem = self._problem
        return overview(
            self._reading,
            energy,
            Worth(
                settings.remes_price or None,
                settings.electricity_currency,
                settings.tariff.is_known,
                self._around.decimals(),
            ),
            today=today,
            count=count,
            here=self._node_id,
            standing=Standing.READY if problem is None else problem.standing,
            detail="" if problem is None else problem.detail,
            names=self._around.cards(),
            break_even=replace(self._balance(), window_s=self._window_s if self._rule.enabled else 0.0),
        )

    async def table(self, count: int = MONTH_DAYS) -> str:
        """CSV. Raises HistoryError, and EarningsProblem where the gateway never told anything."""
        seen = await self.overview(count)
        if seen.read_at is None and self._problem is not None:
            raise self._problem
        return earnings_csv(seen, self._node_id, self._around.decimals())

    async def document(self, count: int = MONTH_DAYS) -> dict[str, object]:
        """JSON values. Raises HistoryError."""
        return earnings_document(await self.overview(count), self._node_id)

    async def electricity(self, begin: float, end: float) -> tuple[Decimal | None, str]:
        """What all that the cards used between two times cost, with the currency. Raises HistoryError."""
        tariff = self._settings.current.tariff
        return electricity_cost(await self._history.gpus(begin, end, WIDTH_S), tariff), tariff.currency

    async def _refresh(self, first: date, today: date, anew: bool) -> None:
        async with self._asking:
            gateway, owner = self._around.gateway(), self._around.owner()
            if gateway != self._read_from or (owner and self._reading.owner and owner != self._reading.owner):
                self._reading, self._asked_at = EarningsReading(), float("-inf")
            now = self._clock.monotonic()
            if not anew and now - self._asked_at < FRESH_S and first >= self._first and self._problem is None:
                return
            try:
                self._reading = await self._source.read(first, today)
            except EarningsProblem as problem:
                self._problem = problem
            else:
                self._problem = None
            self._read_from, self._asked_at, self._first = gateway, now, first

    async def _energy(self, first: date) -> tuple[CardDay, ...]:
        begin = system_midnight(first)
        buckets = await self._history.gpus(begin, self._clock.now() + WIDTH_S, WIDTH_S)
        return energy_by_day(buckets, self._settings.current.tariff)

    # --- what the rest of the launcher tells -------------------------------------------------------------------------

    def note_gpus(self, report: GpuReport, node_gpus: frozenset[str]) -> None:
        self._meter, done = gather(self._meter, report, node_gpus)
        self._counted_j += sum(bucket.node_energy_j for bucket in done)

    def note_node(self, node: NodeState) -> None:
        """Counts the time in which it served."""
        now = self._clock.monotonic()
        if self._looked is not None and self._looked[1] is Actual.SERVING:
            self._served_s += max(0.0, now - self._looked[0])
        self._looked = now, node.actual

    # --- break-even --------------------------------------------------------------------------------------------------

    @property
    def _node_id(self) -> str:
        return self._source.node_id or self._around.node_id()

    @property
    def _rule(self) -> BreakEvenRule:
        return self._settings.current.policy.break_even

    @property
    def _window_s(self) -> float:
        return self._rule.hours * 3600

    def _balance(self) -> BreakEven:
        settings = self._settings.current
        tariff = settings.tariff
        price = tariff.price_at(datetime.fromtimestamp(self._clock.now())) if tariff.is_known else None
        return break_even(
            self._trial, self._window_s, settings.remes_price or None, price, tariff.currency, self._around.decimals()
        )

    async def _watch(self) -> None:
        while True:
            self.note_node(self._around.node())
            if self._rule.enabled:
                if self._clock.monotonic() - self._measured_at >= MEASURE_S:
                    self._measured_at = self._clock.monotonic()
                    with contextlib.suppress(WalletError):
                        await self._measure()
                self._judge()
            else:
                self._trial, self._begun, self._measured_at = Trial(), None, float("-inf")
                self._around.observe(None)
            await self._clock.sleep(LOOK_S)

    async def _measure(self) -> None:
        """Adds what happened since the last measurement. Where the gateway can't be asked the piece grows on."""
        today = datetime.fromtimestamp(self._clock.now()).date()
        await self._refresh(today - timedelta(days=MONTH_DAYS - 1), today, False)
        node_id = self._node_id
        if self._problem is not None or not node_id:
            return
        self.note_node(self._around.node())
        used_j = self._counted_j + sum(bucket.node_energy_j for bucket in self._meter.open.values())
        earned = sum(total.earned for total in self._reading.nodes if total.node_id == node_id)
        now = (self._served_s, used_j, earned)
        begun = self._begun or now
        piece = Piece(now[0] - begun[0], round((now[1] - begun[1]) * 1000), max(0, now[2] - begun[2]))
        # While nothing is served the piece grows on: what was earned last is settled a little later.
        if self._begun is None or piece.seconds > 0:
            self._begun = now
        self._trial = measured(self._trial, piece, self._window_s)

    def _judge(self) -> None:
        retry_s = self._rule.retry_hours * 3600
        now = self._clock.monotonic()
        self._trial = after_stop(self._trial, self._around.is_stopped(), now, retry_s)
        balance = self._balance()
        if balance.income is None or balance.cost is None:
            self._around.observe(None)
            return
        since = self._trial.stopped_since
        left_s = retry_s if since is None else max(0.0, since + retry_s - now)
        self._around.observe(BreakEvenObservation(balance.income, balance.cost, balance.currency, left_s))
