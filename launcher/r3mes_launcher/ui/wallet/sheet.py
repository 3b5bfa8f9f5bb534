"""A sheet over the window: a heading, what it is about, and buttons at its foot. Never stops the event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.wallet_state import WalletState
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Callout, PageGround
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for

Result = TypeVar("Result")


class Sheet(QDialog):
    """Closes with Escape; forgets itself when closed.

    `body` takes the contents, which may scroll; `below` what must be seen beside the buttons; `add_button` the foot's.
    """

    _WIDTH_LINES = 33
    _MOST_HEIGHT_LINES = 41

    def __init__(self, theme: Theme, intents: Intents, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._intents = intents
        self._waiting = False
        self._focused: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        space = theme.metrics.space
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.title = PlainLabel("", "title", wrap=True)
        self.title.setContentsMargins(space(6), space(5), space(6), space(2))
        column.addWidget(self.title)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._ground = PageGround()
        self.body = QVBoxLayout(self._ground)
        self.body.setContentsMargins(space(6), space(1), space(6), space(3))
        self.body.setSpacing(space(3))
        self._scroll.setWidget(self._ground)
        column.addWidget(self._scroll, 1)
        self._problem = Callout(theme, Tone.BAD)
        self._problem.hide()
        self.below = QVBoxLayout()
        self.below.setContentsMargins(space(6), 0, space(6), 0)
        self.below.setSpacing(space(2))
        self.below.addWidget(self._problem)
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._busy.setAccessibleName(self.tr("Working"))
        self._busy.hide()
        self.below.addWidget(self._busy)
        column.addLayout(self.below)
        self._foot = QHBoxLayout()
        self._foot.setContentsMargins(space(6), space(3), space(6), space(5))
        self._foot.setSpacing(space(2))
        self._foot.addStretch(1)
        column.addLayout(self._foot)

    def show_title(self, title: str) -> None:
        self.title.show_text(title)
        self.setWindowTitle(title)
        self.setAccessibleName(title)

    def add_button(self, text: str, act: Callable[[], None], kind: str = "", icon: str = "") -> Button:
        button = Button(self._theme, text, icon, kind)
        button.clicked.connect(lambda: act())
        button.setDefault(kind == "primary")
        self._foot.addWidget(button)
        return button

    def say(self, text: str, kind: str = "muted") -> PlainLabel:
        """A paragraph in the body."""
        label = PlainLabel(text, kind, wrap=True)
        self.body.addWidget(label)
        return label

    def show_state(self, state: WalletState) -> None:
        """What the wallet has come to be meanwhile."""

    def show_problem(self, sentence: str) -> None:
        self._problem.show_words("", sentence)
        self._problem.setVisible(bool(sentence))

    @property
    def problem(self) -> str:
        return self._problem.accessibleName() if self._problem.isVisible() else ""

    @property
    def waiting(self) -> bool:
        """Something was asked and is not answered yet."""
        return self._waiting

    def ask(
        self,
        question: Callable[[Core], Awaitable[Result]],
        done: Callable[[Result], None],
        failed: Callable[[str], None] | None = None,
    ) -> None:
        """One question at a time; its answer is dropped where the sheet has been closed."""
        if self._waiting:
            return
        self._wait(True)
        self.show_problem("")

        def on_done(result: Result) -> None:
            self._wait(False)
            done(result)

        def on_failed(sentence: str) -> None:
            self._wait(False)
            (failed or self.show_problem)(sentence)

        ask_for(self, self._intents, question, on_done, on_failed)

    def _wait(self, waiting: bool) -> None:
        if waiting:
            self._focused = self.focusWidget()
        self._waiting = waiting
        self._busy.setVisible(waiting)
        self._ground.setEnabled(not waiting)
        if not waiting and self._focused is not None and isValid(self._focused):
            # A field that was disabled has lost the keyboard.
            self._focused.setFocus()
        for index in range(self._foot.count()):
            item = self._foot.itemAt(index)
            button = item.widget() if item is not None else None
            if button is not None and button.property("kind") == "primary":
                button.setEnabled(not waiting)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As tall as the contents at the sheet's width."""
        line = self._theme.metrics.line
        width = round(line * self._WIDTH_LINES)
        inner = self._ground.layout()
        body = inner.totalHeightForWidth(width) if inner is not None and inner.hasHeightForWidth() else 0
        body = max(body, self._ground.sizeHint().height() if body <= 0 else body)
        rest = self.title.heightForWidth(width) + self._foot.sizeHint().height() + self.below.sizeHint().height()
        return QSize(width, min(body + rest, round(line * self._MOST_HEIGHT_LINES)))

    def fit(self) -> None:
        """As large as its contents, within the window's bounds: nothing scrolls that has room."""
        self.resize(self.sizeHint())
        layout = self.layout()
        if layout is not None and self.isVisible():
            layout.activate()
            hidden = self._scroll.verticalScrollBar().maximum()
            most = round(self._theme.metrics.line * self._MOST_HEIGHT_LINES)
            if hidden > 0 and self.height() < most:
                self.resize(self.width(), min(most, self.height() + hidden))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        # Only now the style has given every label its size.
        QTimer.singleShot(0, self, self.fit)
