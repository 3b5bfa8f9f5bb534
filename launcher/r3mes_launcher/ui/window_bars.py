"""The bars across the top of the window: that it is the demo, that the core stopped, a problem, a wait."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from r3mes_launcher.ui.bar import Bar
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.demo_bar import DemoBar
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.window_content import WindowContent


class WindowBars(QWidget):
    """Each takes room only while it has something to say."""

    restart_wished = Signal()
    dismissed = Signal()
    """The person has read the problem."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.demo = DemoBar(theme)
        self.crash = Bar(theme, "warning", Tone.BAD)
        self.restart = Button(theme, self.tr("Start again"), "refresh")
        self.restart.clicked.connect(self.restart_wished)
        self.crash.buttons.addWidget(self.restart)
        self.problem = Bar(theme, "warning", Tone.WARNING)
        dismiss = Button(theme, icon="close", kind="quiet", name=self.tr("Dismiss"))
        dismiss.clicked.connect(self.dismissed)
        self.problem.buttons.addWidget(dismiss)
        self.busy = Bar(theme, "info", Tone.BUSY)
        for bar in (self.demo, self.crash, self.problem, self.busy):
            bar.hide()
            column.addWidget(bar)

    def show_sentences(self, content: WindowContent) -> None:
        for bar, sentence in (
            (self.crash, content.crash),
            (self.problem, content.problem),
            (self.busy, content.busy),
        ):
            if sentence:
                bar.show_sentence(sentence)
            bar.setVisible(bool(sentence))
        self.demo.leave.setEnabled(not content.busy)
