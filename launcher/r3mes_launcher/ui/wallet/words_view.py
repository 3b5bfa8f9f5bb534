"""The recovery words behind a reveal, and the typed quiz that shows that they are on paper."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QStackedLayout, QVBoxLayout, QWidget

from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Callout, Card
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.text_field import TextField

REVEAL_DELAY_S = 3
"""Time to read what the words are, and to see who looks over one's shoulder."""
_COLUMNS = 4


class WordsView(QWidget):
    """Covered until its button is pressed, which it can be after a few seconds. There is no way to copy the words."""

    revealed = Signal()

    def __init__(self, theme: Theme, words: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._left = REVEAL_DELAY_S
        space = theme.metrics.space
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(3))
        warning = Callout(theme, Tone.WARNING)
        warning.show_words(
            self.tr("Nobody ever asks for these words: not we, not support, not a web page."),
            self.tr("Whoever has them has your coins. Write them on paper, in order; no photo, no file, no mail."),
        )
        column.addWidget(warning)
        ground = Card(theme)
        ground.setProperty("card", "inset")
        ground.setAccessibleName(self.tr("Recovery words"))
        self._stack = QStackedLayout()
        self._stack.setStackingMode(QStackedLayout.StackingMode.StackOne)
        self._grid_widget = QWidget()
        grid = QGridLayout(self._grid_widget)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(space(4))
        grid.setVerticalSpacing(space(2))
        rows = -(-len(words) // _COLUMNS)
        self._labels: list[PlainLabel] = []
        for index, word in enumerate(words):
            label = PlainLabel(f"{index + 1}. {word}", "strong")
            label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
            # Down the columns, as one writes them.
            grid.addWidget(label, index % rows, index // rows)
            self._labels.append(label)
        cover = QWidget()
        middle = QVBoxLayout(cover)
        middle.addStretch(1)
        self.reveal = Button(theme, self.tr("Show my words"), "info", "primary")
        self.reveal.clicked.connect(self._on_reveal)
        middle.addWidget(self.reveal, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(1)
        self._stack.addWidget(cover)
        self._stack.addWidget(self._grid_widget)
        ground.body.addLayout(self._stack)
        column.addWidget(ground)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._on_second)
        self._timer.start()
        self._show_reveal()

    @property
    def shown(self) -> bool:
        return self._stack.currentWidget() is self._grid_widget

    def forget(self) -> None:
        """Takes the words off the screen and out of the labels."""
        self._timer.stop()
        for label in self._labels:
            label.setText("")
        self._stack.setCurrentIndex(0)

    def _on_second(self) -> None:
        self._left -= 1
        self._show_reveal()

    def _show_reveal(self) -> None:
        waiting = self._left > 0
        if not waiting:
            self._timer.stop()
        text = (
            self.tr("Show my words (in {seconds} s)").format(seconds=self._left)
            if waiting
            else self.tr("Nobody is looking: show my words")
        )
        self.reveal.setText(text)
        self.reveal.setAccessibleName(text)
        self.reveal.setEnabled(not waiting)

    def _on_reveal(self) -> None:
        self._stack.setCurrentWidget(self._grid_widget)
        self.revealed.emit()


class QuizView(QWidget):
    """Some of the words, typed: no list to guess from."""

    def __init__(self, theme: Theme, positions: Sequence[int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.metrics.space(3))
        column.addWidget(PlainLabel(self.tr("Type these words from your paper."), "muted", wrap=True))
        self.positions = tuple(positions)
        self.fields: list[TextField] = []
        for position in positions:
            field = TextField(theme, self.tr("Word {number}").format(number=position))
            field.line.setInputMethodHints(
                Qt.InputMethodHint.ImhSensitiveData
                | Qt.InputMethodHint.ImhNoPredictiveText
                | Qt.InputMethodHint.ImhNoAutoUppercase
            )
            column.addWidget(field)
            self.fields.append(field)

    def answers(self) -> tuple[str, ...]:
        return tuple(" ".join(field.text.lower().split()) for field in self.fields)

    def forget(self) -> None:
        for field in self.fields:
            field.line.clear()

    def show_wrong(self) -> None:
        for field in self.fields:
            field.show_problem("" if field.text.strip() else self.tr("This one is empty."))
        if all(field.text.strip() for field in self.fields):
            self.fields[-1].show_problem(
                self.tr("At least one of them is not the word at this place. Look at your paper; you may go back.")
            )
