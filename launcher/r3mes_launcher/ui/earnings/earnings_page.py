"""Earnings: what was earned, what the electricity cost, and what is left; and what to do where that can't be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from r3mes_launcher.core.earnings.overview import EarningsOverview
from r3mes_launcher.core.earnings.standing import Standing
from r3mes_launcher.core.state import LauncherState
from r3mes_launcher.core.wallet_state import Unit
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Callout, EmptyState, PageColumn
from r3mes_launcher.ui.earnings.chart_card import ChartCard
from r3mes_launcher.ui.earnings.earnings_wording import Remedy, price, standing_words
from r3mes_launcher.ui.earnings.table_card import TableCard
from r3mes_launcher.ui.earnings.totals_card import TotalsCard
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for
from r3mes_launcher.ui.window_view import kept_view

if TYPE_CHECKING:
    # For its type alone: what is behind it takes long to import, and a window has to open first.
    from r3mes_launcher.core.interface import Core

REFRESH_S = 30.0
"""How often the page asks while it is on view; a request is settled seconds after its end."""


class EarningsPage(PageColumn):
    wallet_wished = Signal()
    home_wished = Signal()
    prices_wished = Signal()
    """The person wants to type the prices, which are on the Settings page."""

    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._intents = intents
        self._asking = False
        self._asked_at = float("-inf")
        self._seen = EarningsOverview()
        self._answered = False
        self._problem = ""
        self._unit = Unit()
        self._wallet: tuple[object, ...] = ()
        self.setAccessibleName(self.tr("Earnings"))
        head = QHBoxLayout()
        head.setSpacing(theme.metrics.space(2))
        self._prices = PlainLabel("", "muted", wrap=True)
        self.prices = Button(theme, self.tr("Prices…"), "settings")
        self.prices.setAccessibleName(self.tr("Type the prices of electricity and of a REMES"))
        self.prices.clicked.connect(lambda: self.prices_wished.emit())
        self.refresh_button = Button(theme, icon="refresh", kind="quiet", name=self.tr("Ask the gateway again"))
        self.refresh_button.clicked.connect(lambda: self.ask(anew=True))
        self.span = QComboBox()
        self.span.setAccessibleName(self.tr("Days that are shown"))
        for text, days in ((self.tr("7 days"), 7), (self.tr("30 days"), 30), (self.tr("90 days"), 90)):
            self.span.addItem(text, days)
        self.span.setCurrentIndex(1)
        kept_view(self.span, "earnings.span")
        self.span.currentIndexChanged.connect(lambda: self.ask())
        head.addWidget(self._prices, 1)
        head.addWidget(self.prices)
        head.addWidget(self.span)
        head.addWidget(self.refresh_button)
        self.column.addLayout(head)
        # With figures to see the reason stands above them, without any in their place.
        self.notice = Callout(theme, Tone.NEUTRAL)
        self.empty = EmptyState(theme, "earnings")
        self._remedies = (Button(theme, " ", kind="primary"), Button(theme, " ", kind="primary"))
        for button, add in zip(self._remedies, (self.notice.add_button, self.empty.add_button), strict=True):
            button.clicked.connect(self._on_remedy)
            add(button)
        self.column.addWidget(self.notice)
        self.column.addWidget(self.empty, 1)
        self.totals = TotalsCard(theme)
        self.chart = ChartCard(theme)
        self.table = TableCard(theme, intents)
        for card in (self.totals, self.chart, self.table):
            self.column.addWidget(card)
        self.column.addStretch(1)
        self._draw()

    @property
    def remedy(self) -> Button:
        """The button beside the reason why there is nothing to see, or not all."""
        return self._remedies[0 if self._has_figures else 1]

    @property
    def _has_figures(self) -> bool:
        return self._seen.read_at is not None or self._seen.month.kwh > 0

    @property
    def days(self) -> int:
        return int(self.span.currentData())

    def show_state(self, state: LauncherState) -> None:
        """The wallet opened, another one was chosen, or another gateway: what is shown may not hold any more."""
        wallet = (state.wallet.vault, state.wallet.active, state.gateway.url, state.wallet.unit)
        if wallet != self._wallet:
            self._wallet, self._unit = wallet, state.wallet.unit
            self._asked_at = float("-inf")
            self._draw()

    def tick(self, now: float) -> None:
        """Asks now and then; called once a second while the page is on view."""
        if now - self._asked_at >= REFRESH_S:
            self._asked_at = now
            self.ask()

    def ask(self, anew: bool = False) -> None:
        if self._asking:
            # What is asked for now is answered by the next look.
            self._asked_at = float("-inf")
            return
        self._asking = True
        days = self.days

        ask_for(self, self._intents, lambda core: core.earnings.overview(days, anew=anew), self._on_seen, self._on_fail)

    def _on_seen(self, seen: EarningsOverview) -> None:
        self._asking, self._answered, self._problem = False, True, ""
        self._seen = seen
        self._draw()

    def _on_fail(self, sentence: str) -> None:
        self._asking, self._problem = False, sentence
        self._draw()

    def sign_in(self) -> None:
        async def both(core: Core) -> EarningsOverview:
            await core.earnings.sign_in()
            return await core.earnings.overview(days, anew=True)

        if self._asking:
            return
        self._asking = True
        days = self.days
        self.remedy.setEnabled(False)
        ask_for(self, self._intents, both, self._on_seen, self._on_fail)

    def _on_remedy(self) -> None:
        match self._remedy:
            case Remedy.SIGN_IN:
                self.sign_in()
            case Remedy.WALLET:
                self.wallet_wished.emit()
            case Remedy.HOME:
                self.home_wished.emit()
            case _:
                self.ask(anew=True)

    @property
    def _remedy(self) -> Remedy | None:
        return Remedy.AGAIN if self._problem else standing_words(self._seen.standing).remedy

    def _draw(self) -> None:
        self._draw_notice()
        self._prices.show_text(self._price_words())
        for card in (self.totals, self.chart, self.table):
            card.show_overview(self._seen, self._unit)
            card.setVisible(self._has_figures)

    def _draw_notice(self) -> None:
        words = standing_words(self._seen.standing)
        title, hint, tone = words.title, words.hint, words.tone
        button = words.button
        if self._problem:
            title, hint, tone = self._problem, "", Tone.BAD
            button = standing_words(Standing.OFFLINE).button
        elif not self._answered:
            title, hint, button = self.tr("Looking…"), "", ""
        elif self._seen.standing is Standing.READY and not self._seen.nodes:
            title = self.tr("No earnings in these days")
            hint = self.tr(
                "They begin with the first paid request that a node with your grant answers. Grant this computer's "
                "node on the Roles page and switch Serving on."
            )
        elif self._seen.detail:
            hint = f"{self._seen.detail} {hint}".strip()
        self.notice.show_words(title, hint)
        self.notice.show_tone(tone)
        self.notice.setVisible(bool(title) and self._has_figures)
        self.empty.show_words(title, hint, "earnings", tone)
        self.empty.setVisible(not self._has_figures)
        for remedy in self._remedies:
            remedy.setText(button)
            remedy.setAccessibleName(button)
            remedy.setVisible(bool(button))
            remedy.setEnabled(True)

    def _price_words(self) -> str:
        seen = self._seen
        coin = price(seen.coin_price, seen.currency)
        if seen.coin_price is None and not seen.has_tariff:
            return self.tr("Without prices nobody can tell what is left after power.")
        if seen.coin_price is None:
            return self.tr("A REMES has no price yet, so nobody can tell what is left after power.")
        if not seen.has_tariff:
            return self.tr("A REMES counts as {price}. The electricity has no price yet.").format(price=coin)
        balance = seen.break_even
        words = self.tr("A REMES counts as {price}.").format(price=coin)
        if balance.income is None or balance.cost is None:
            if not balance.window_s:
                return words
            measured = self.tr("For the break-even stop {done} of {needed} of serving are measured.").format(
                done=figures.duration(balance.measured_s), needed=figures.duration(balance.window_s)
            )
            return f"{words} {measured}"
        return " ".join(
            (
                words,
                self.tr("An hour of serving brings {income} and costs {cost}.").format(
                    income=price(balance.income, seen.currency), cost=price(balance.cost, seen.currency)
                ),
            )
        )
