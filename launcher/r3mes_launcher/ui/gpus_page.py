"""GPUs: every card with its figures, or a sentence why there is none."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from r3mes_launcher.core.doctor.report import GpuFlaw
from r3mes_launcher.core.history.gpu_record import BUCKET_S, GpuBucket, energy_kwh
from r3mes_launcher.core.state import GpuDriver, GpuReport
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Callout, EmptyState, PageColumn
from r3mes_launcher.ui.earnings.earnings_wording import price
from r3mes_launcher.ui.gpu_card import GpuCard
from r3mes_launcher.ui.gpu_history import CardHistory, Figure, GpuHistory, card_histories
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.time_series import TimeSeries
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for
from r3mes_launcher.ui.window_view import kept_view
from r3mes_launcher.ui.wording import driver_wording

if TYPE_CHECKING:
    # For their types alone: what is behind them takes long to import, and a window has to open first.
    from r3mes_launcher.core.interface import Core

_DAY_S = 86_400.0
# As many points as a chart of ordinary width can show.
_POINTS = 300
_REFRESH_S = 30.0


class GpusPage(QWidget):
    doctor_wished = Signal()
    """The driver is missing or ill, and the person wants to know more."""

    def __init__(self, theme: Theme, intents: Intents, history: GpuHistory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._intents = intents
        self._report = GpuReport()
        self._long: dict[str, CardHistory] = {}
        self._nothing = CardHistory({figure: TimeSeries(_DAY_S) for figure in Figure})
        self._energy = ""
        self._asking = False
        self._asked_at = float("-inf")
        self._now = time.time()
        self._theme = theme
        self._history = history
        self._cards: dict[str, GpuCard] = {}
        self._flaws: dict[str, GpuFlaw] = {}
        self.setAccessibleName(self.tr("GPUs"))
        stack_holder = QVBoxLayout(self)
        stack_holder.setContentsMargins(0, 0, 0, 0)
        self._stack = QStackedWidget()
        stack_holder.addWidget(self._stack)
        self._empty = EmptyState(theme, "gpu")
        self.open_doctor = Button(theme, self.tr("Open the doctor"), "doctor")
        self.open_doctor.clicked.connect(self.doctor_wished)
        self._empty.add_button(self.open_doctor)
        self._stack.addWidget(self._empty)
        self._page = PageColumn(theme)
        self._stack.addWidget(self._page)
        head = QHBoxLayout()
        self._driver = PlainLabel("", "muted")
        self.span = QComboBox()
        self.span.setAccessibleName(self.tr("Time that the charts show"))
        for text, seconds in (
            (self.tr("10 minutes"), 0.0),
            (self.tr("24 hours"), _DAY_S),
            (self.tr("7 days"), 7 * _DAY_S),
            (self.tr("90 days"), 90 * _DAY_S),
        ):
            self.span.addItem(text, seconds)
        self.span.currentIndexChanged.connect(self._on_span)
        self.as_table = QCheckBox(self.tr("Show as a table"))
        kept_view(self.as_table, "gpus.as_table")
        self.as_table.toggled.connect(self._on_as_table)
        head.addWidget(self._driver)
        head.addStretch(1)
        head.addWidget(self.as_table)
        head.addWidget(self.span)
        self._page.column.addLayout(head)
        self._notice = Callout(theme, Tone.WARNING)
        self._page.column.addWidget(self._notice)
        self._page.column.addStretch(1)
        self.show_report(GpuReport())

    def show_report(self, report: GpuReport) -> None:
        """Draws the report, which the history already has."""
        self._report = report
        words = driver_wording(report.driver, report.message)
        self._stack.setCurrentWidget(self._page if report.gpus else self._empty)
        self._empty.show_words(words.title, words.sentence, "gpu", words.tone)
        self.open_doctor.setVisible(report.driver is not GpuDriver.OK)
        self._notice.setVisible(report.driver is not GpuDriver.OK or bool(report.message))
        self._notice.show_tone(words.tone if words.tone is not Tone.GOOD else Tone.WARNING)
        self._notice.show_words(words.title if report.driver is not GpuDriver.OK else "", words.sentence)
        driver = self.tr("Driver {version}").format(version=report.driver_version) if report.driver_version else ""
        self._driver.show_text("  ·  ".join(part for part in (driver, self._energy) if part))
        present = {sample.uuid for sample in report.gpus}
        for uuid in [uuid for uuid in self._cards if uuid not in present]:
            card = self._cards.pop(uuid)
            self._page.column.removeWidget(card)
            card.hide()
            card.deleteLater()
        for sample in report.gpus:
            live = self._history.card(sample.uuid)
            if live is None:
                continue
            history = self._long.get(sample.uuid, self._nothing) if self._span_s else live
            if sample.uuid not in self._cards:
                made = GpuCard(self._theme, sample)
                made.show_as_table(self.as_table.isChecked())
                made.show_flaw(self._flaws.get(sample.uuid))
                self._cards[sample.uuid] = made
                self._page.column.insertWidget(self._page.column.count() - 1, made)
                made.show()
            self._cards[sample.uuid].show_sample(sample, history)

    def show_flaws(self, flaws: Sequence[GpuFlaw]) -> None:
        """What the engine's last self-test found wrong with cards."""
        found = {flaw.uuid: flaw for flaw in flaws}
        if found != self._flaws:
            self._flaws = found
            for uuid, card in self._cards.items():
                card.show_flaw(found.get(uuid))

    # Longer times come from the core's history.

    @property
    def _span_s(self) -> float:
        """0: the live charts of the last minutes."""
        return float(self.span.currentData())

    def _on_span(self) -> None:
        self._long, self._energy, self._asked_at = {}, "", float("-inf")
        self.show_report(self._report)
        self.tick(self._now)

    def tick(self, now: float) -> None:
        """Asks for the newest of a long time now and then; called once a second while the page is on view."""
        self._now = now
        span = self._span_s
        if span and not self._asking and now - self._asked_at >= _REFRESH_S:
            self._asking, self._asked_at = True, now
            width = max(BUCKET_S, span / _POINTS // BUCKET_S * BUCKET_S)

            async def look(core: Core) -> tuple[tuple[GpuBucket, ...], str]:
                buckets = await core.history.gpus(now - span, now, width)
                cost, currency = await core.earnings.electricity(now - span, now)
                return buckets, "" if cost is None else price(cost, currency)

            def done(answer: tuple[tuple[GpuBucket, ...], str]) -> None:
                self._asking = False
                if span == self._span_s:
                    self._show_long(*answer, span, width)
                else:
                    self._asked_at = float("-inf")

            ask_for(self, self._intents, look, done, self._on_refused)

    def _show_long(self, buckets: tuple[GpuBucket, ...], cost: str, span: float, width: float) -> None:
        """`cost` is empty where no price is known."""
        self._long = card_histories(buckets, span, width)
        used = energy_kwh(buckets)
        self._energy = self.tr("{energy} used by the cards").format(energy=figures.energy(used))
        if cost:
            self._energy += "  ·  " + self.tr("{cost} of electricity").format(cost=cost)
        self.show_report(self._report)

    def _on_refused(self, sentence: str) -> None:
        self._asking = False
        self._energy = sentence
        self.show_report(self._report)

    def _on_as_table(self, table: bool) -> None:
        for card in self._cards.values():
            card.show_as_table(table)

    @property
    def cards(self) -> tuple[GpuCard, ...]:
        return tuple(self._cards.values())
