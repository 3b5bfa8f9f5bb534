"""A block of code in an answer: as it was written, with its language and a button that copies it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout

from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme

# How long "Copied" stays: long enough to be seen, short enough to copy again.
COPIED_MS = 1500


class _Lines(QPlainTextEdit):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setProperty("kind", "plain")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFont(theme.fixed_font())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        # Code is written from left to right in every language.
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.document().setDocumentMargin(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.horizontalScrollBar().rangeChanged.connect(self.fit)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(0, self.minimumHeight())

    def fit(self) -> None:
        bar = self.horizontalScrollBar()
        across = bar.sizeHint().height() if bar.maximum() > 0 else 0
        # One pixel of slack: the layout may round a line up.
        height = self.blockCount() * self.fontMetrics().lineSpacing() + across + 1
        if height != self.minimumHeight() or height != self.maximumHeight():
            self.setFixedHeight(height)


class CodeView(QFrame):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("card", "inset")
        space = theme.metrics.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space(3), space(1), space(3), space(2))
        column.setSpacing(space(1))
        head = QHBoxLayout()
        self._language = PlainLabel("", "caption")
        self.copy = Button(theme, icon="copy", kind="quiet", name=self.tr("Copy this code"))
        self.copy.clicked.connect(self._on_copy)
        head.addWidget(self._language)
        head.addStretch(1)
        head.addWidget(self.copy)
        column.addLayout(head)
        self.lines = _Lines(theme)
        self.lines.setAccessibleName(self.tr("Code"))
        column.addWidget(self.lines)
        self._text = ""
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.timeout.connect(lambda: self.copy.show_icon("copy"))

    @property
    def text(self) -> str:
        return self._text

    def show_code(self, text: str, language: str) -> None:
        """Only what is new is drawn while it grows."""
        self._language.show_text(language or self.tr("Code"))
        if text.startswith(self._text) and self._text:
            cursor = QTextCursor(self.lines.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(text[len(self._text) :])
        else:
            self.lines.setPlainText(text)
        self._text = text
        self.lines.fit()

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)
        self.copy.show_icon("check")
        self._copied.start(COPIED_MS)
