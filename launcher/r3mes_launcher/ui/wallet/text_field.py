"""Fields of the wallet's forms: a name above, the line, and below it what is wrong with what was typed."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from r3mes_launcher.core.wallet_state import Unit
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.core_wording import spoken_error
from r3mes_launcher.ui.plain_label import PlainLabel, restyle
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.money import money
from r3mes_launcher.wallet.amounts import format_amount, parse_amount
from r3mes_launcher.wallet.errors import WalletError

# Longer than any phrase, address or memo that is taken.
LONGEST_TEXT = 2_000


class TextField(QWidget):
    """One line of text. `edited` comes with every change by hand."""

    edited = Signal()

    def __init__(
        self, theme: Theme, name: str, hint: str = "", secret: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        space = theme.metrics.space
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(1))
        self._name = PlainLabel(name, "caption")
        self.line = QLineEdit()
        self.line.setAccessibleName(name)
        self.line.setMaxLength(LONGEST_TEXT)
        if secret:
            self.line.setEchoMode(QLineEdit.EchoMode.Password)
            # No suggestions, no dictionary: what is typed here is kept by nobody.
            self.line.setInputMethodHints(
                Qt.InputMethodHint.ImhSensitiveData
                | Qt.InputMethodHint.ImhHiddenText
                | Qt.InputMethodHint.ImhNoPredictiveText
                | Qt.InputMethodHint.ImhNoAutoUppercase
            )
        self._name.setBuddy(self.line)
        self.row = QHBoxLayout()
        self.row.setSpacing(space(1.6))
        self.row.addWidget(self.line, 1)
        self._hint = hint
        self._below = PlainLabel(hint, "caption", wrap=True)
        column.addWidget(self._name)
        column.addLayout(self.row)
        column.addWidget(self._below)
        self._below.setVisible(bool(hint))
        self.line.textEdited.connect(self._on_edited)
        self.setFocusProxy(self.line)

    @property
    def text(self) -> str:
        return self.line.text()

    @property
    def problem(self) -> str:
        return self._below.text() if self.line.property("invalid") == "true" else ""

    def take(self) -> str:
        """The text, which the field then forgets: for secrets."""
        text = self.line.text()
        self.line.clear()
        return text

    def show_problem(self, sentence: str) -> None:
        restyle(self.line, "invalid", "true" if sentence else "false")
        self._show_below(sentence or self._hint, Tone.BAD if sentence else None)
        self.line.setAccessibleDescription(sentence or self._hint)

    def show_hint(self, hint: str) -> None:
        """Replaces what stands below while nothing is wrong."""
        self._hint = hint
        if not self.problem:
            self._show_below(hint, None)

    def _show_below(self, text: str, tone: Tone | None) -> None:
        self._below.show_text(text)
        self._below.show_tone(tone)
        self._below.setVisible(bool(text))

    def _on_edited(self) -> None:
        self.show_problem("")
        self.edited.emit()


class AmountField(TextField):
    """An amount in the coin's own unit. Point and comma both count; what can mean two numbers is asked back."""

    most_wished = Signal()

    def __init__(self, theme: Theme, name: str, unit: Unit, most: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(theme, name, parent=parent)
        self._unit = unit
        self.line.setFont(theme.figure_font())
        self.line.setPlaceholderText(figures.number("0.0"))
        self.line.setInputMethodHints(Qt.InputMethodHint.ImhPreferNumbers)
        self.row.addWidget(PlainLabel(unit.display, "muted"))
        self.most = Button(theme, self.tr("Max"), name=self.tr("The most that is possible"))
        self.most.clicked.connect(lambda: self.most_wished.emit())
        self.most.setVisible(most)
        self.row.addWidget(self.most)
        self.edited.connect(self._on_amount_edited)
        self.line.editingFinished.connect(self._on_finished)

    def show_amount(self, amount: int) -> None:
        self.line.setText(self._plain(amount))
        self.show_problem("")
        self._on_amount_edited()

    def amount(self) -> int | None:
        """In base units; None with the reason shown below the line."""
        try:
            amount = parse_amount(self.text, self._unit.decimals)
        except WalletError as error:
            self.show_problem(spoken_error(error))
            return None
        if amount == 0:
            self.show_problem(self.tr("The amount is zero."))
            return None
        return amount

    def _on_amount_edited(self) -> None:
        """While somebody types, only what was understood is said."""
        try:
            amount = parse_amount(self.text, self._unit.decimals)
        except WalletError:
            self.show_hint("")
            return
        plain = format_amount(amount, self._unit.decimals)
        same = self.text.strip() in (plain, self._plain(amount))
        self.show_hint("" if same else self.tr("Understood as {amount}").format(amount=money(self._unit, amount)))

    def _plain(self, amount: int) -> str:
        """As somebody would type it: without groups, with the language's decimal mark."""
        return format_amount(amount, self._unit.decimals).replace(".", QLocale().decimalPoint())

    def _on_finished(self) -> None:
        if self.text.strip():
            self.amount()
