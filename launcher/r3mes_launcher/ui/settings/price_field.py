"""A line for a price, with its unit behind it and what is wrong below it."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QCoreApplication, QLocale, Signal
from PySide6.QtWidgets import QLineEdit

from r3mes_launcher.core.earnings.typed_price import MAX_CHARACTERS, price_text, typed_price
from r3mes_launcher.ui.plain_label import restyle
from r3mes_launcher.ui.theme import Theme


class PriceField(QLineEdit):
    typed = Signal(object)
    """Decimal: what the person typed, when it is a price."""
    refused = Signal(str)
    """A sentence: why it is none."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setMaxLength(MAX_CHARACTERS)
        self.setFixedWidth(theme.metrics.space(28))
        self.setPlaceholderText("0.00".replace(".", QLocale().decimalPoint()))
        self._shown = Decimal(0)
        self.editingFinished.connect(self._on_finished)

    @property
    def price(self) -> Decimal:
        return self._shown

    def show_price(self, price: Decimal) -> None:
        """What holds now. What somebody types at the moment stays."""
        self._shown = price
        if not (self.hasFocus() and self.isModified()):
            self.setText(price_text(price).replace(".", QLocale().decimalPoint()))
            self.show_problem("")

    def show_problem(self, sentence: str) -> None:
        restyle(self, "invalid", "true" if sentence else "false")
        self.setAccessibleDescription(sentence)

    def _on_finished(self) -> None:
        if not self.isModified():
            return
        try:
            price = typed_price(self.text())
        except ValueError:
            sentence = QCoreApplication.translate(
                "PriceField", "Type a price such as 0.30: digits and one decimal mark, no sign and no unit."
            )
            self.show_problem(sentence)
            self.refused.emit(sentence)
            return
        self.setModified(False)
        self.show_problem("")
        if price != self._shown:
            self._shown = price
            self.typed.emit(price)
