"""Power and price: what electricity costs and when, what its owner counts a REMES for, and the break-even stop."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from r3mes_launcher.core.earnings.tariff import MAX_BANDS, TariffBand
from r3mes_launcher.core.policy.policy_settings import BreakEvenRule
from r3mes_launcher.core.settings_sections import Section
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.settings.band_row import BandRow
from r3mes_launcher.ui.settings.price_field import PriceField
from r3mes_launcher.ui.settings.rule_row import Figure, RuleRow
from r3mes_launcher.ui.settings.section_card import SectionCard
from r3mes_launcher.ui.theme import Theme

# Whoever adds a first band has a cheap night.
_NIGHT = {"from_hour": 22, "until_hour": 6}


class PowerCard(SectionCard):
    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        heading = QCoreApplication.translate("PowerCard", "Power and price")
        super().__init__(theme, intents, Section.POWER, heading, "earnings", parent)
        self._theme = theme
        space = theme.metrics.space
        self.body.setSpacing(space(3))
        grid = QGridLayout()
        grid.setHorizontalSpacing(space(3))
        grid.setVerticalSpacing(space(2))
        grid.setColumnStretch(2, 1)
        self.currency = QLineEdit()
        self.currency.setMaxLength(8)
        self.currency.setFixedWidth(space(28))
        self.currency.setPlaceholderText(self.tr("EUR"))
        self.currency.setAccessibleName(self.tr("Currency"))
        self.currency.editingFinished.connect(self._on_currency)
        self.price = PriceField(theme, self.tr("Price of a kilowatt-hour"))
        self.price.typed.connect(lambda price: self.change({"electricity_price": str(price)}))
        self.coin = PriceField(theme, self.tr("Price of a REMES"))
        self.coin.typed.connect(lambda price: self.change({"remes_price": str(price)}))
        for row, (name, field, meaning) in enumerate(
            (
                (self.tr("Currency"), self.currency, self.tr("Such as EUR, TRY or USD.")),
                (self.tr("A kilowatt-hour"), self.price, self.tr("At all hours without a price of their own below.")),
                (
                    self.tr("A REMES"),
                    self.coin,
                    self.tr("What you count it for. No price is fetched from anywhere; empty means unknown."),
                ),
            )
        ):
            label = PlainLabel(name, "muted")
            label.setBuddy(field)
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
            grid.addWidget(PlainLabel(meaning, "caption", wrap=True), row, 2)
            field.setAccessibleDescription(meaning)
        self.body.addLayout(grid)
        self._bands = QVBoxLayout()
        self._bands.setSpacing(space(2))
        self.rows: list[BandRow] = []
        self.body.addLayout(self._bands)
        self.add = Button(theme, self.tr("Add hours with another price"), "add")
        self.add.clicked.connect(self._on_add)
        self.body.addWidget(self.add)
        self.rule = RuleRow(
            theme,
            "break_even",
            BreakEvenRule,
            self.tr("Stop when serving brings less than its electricity costs"),
            self.tr(
                "Measured over the last hours of serving, by the energy of the GPUs and both prices above. It goes on "
                "when another hour of the tariff is worth it, or to try again."
            ),
            [
                Figure("hours", self.tr("measure for"), self.tr("h")),
                Figure("retry_hours", self.tr("try again after"), self.tr("h")),
            ],
        )
        self.rule.changed.connect(self._on_rule)
        self.body.addWidget(self.rule)
        for field in (self.price, self.coin):
            field.refused.connect(self.show_problem)

    def draw(self) -> None:
        settings = self.settings
        if not (self.currency.hasFocus() and self.currency.isModified()):
            self.currency.setText(settings.electricity_currency)
        self.price.show_price(settings.electricity_price)
        self.coin.show_price(settings.remes_price)
        self.rule.show_values(settings.policy.break_even.model_dump())
        if [row.band for row in self.rows] != list(settings.electricity_bands):
            self._show_bands(settings.electricity_bands)
        self.add.setEnabled(len(self.rows) < MAX_BANDS)

    def _show_bands(self, bands: Sequence[TariffBand]) -> None:
        for row in self.rows:
            self._bands.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        for number, band in enumerate(bands, 1):
            row = BandRow(self._theme, band, number)
            row.changed.connect(self._on_bands)
            row.removed.connect(lambda row=row: self._on_removed(row))
            row.refused.connect(self.show_problem)
            self._bands.addWidget(row)
            self.rows.append(row)
        # Tab goes down the card. Left alone, it reaches what was made last after everything else on the page.
        before: QWidget = self.coin
        for field in (field for row in self.rows for field in row.fields):
            QWidget.setTabOrder(before, field)
            before = field

    # What the person does.

    def _on_currency(self) -> None:
        if self.currency.isModified():
            self.currency.setModified(False)
            self.change({"electricity_currency": self.currency.text().strip()})

    def _on_add(self) -> None:
        band = TariffBand(price=self.settings.electricity_price or Decimal("0.1"), **_NIGHT)
        self._change_bands([*(row.band for row in self.rows), band])

    def _on_removed(self, gone: BandRow) -> None:
        self._change_bands([row.band for row in self.rows if row is not gone])

    def _on_bands(self) -> None:
        self._change_bands([row.band for row in self.rows])

    def _change_bands(self, bands: Sequence[TariffBand]) -> None:
        self.change({"electricity_bands": [band.model_dump(mode="json") for band in bands]})

    def _on_rule(self, rule: str, values: dict[str, Any]) -> None:
        self.ask(lambda core: core.settings.change_rule(rule, values), self.rule.show_problem)
