"""Text of a message that can be selected, as tall as its contents. Never reads markup and loads nothing."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QFontMetricsF, QResizeEvent, QTextCursor, QTextOption
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser

from r3mes_launcher.ui.theme import Theme


class MessageText(QTextBrowser):
    """A link in it is reached with Tab and followed with Enter; `link_wished` then asks somebody else to open it."""

    link_wished = Signal(str)

    def __init__(self, theme: Theme, name: str, hug: bool = False) -> None:
        """`hug`: no wider than its longest line."""
        super().__init__()
        self._hug = hug
        self.setReadOnly(True)
        self.setOpenLinks(False)
        self.setProperty("kind", "plain")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
            | Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.setAccessibleName(name)
        self.document().setDocumentMargin(0)
        self.document().setIndentWidth(theme.metrics.space(5))
        across = QSizePolicy.Policy.Maximum if hug else QSizePolicy.Policy.Expanding
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self.anchorClicked.connect(self._on_anchor)
        self._fit()

    def append_text(self, text: str) -> None:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text)
        if self._hug:
            self.updateGeometry()

    def loadResource(self, kind: int, name: QUrl | str) -> object:  # noqa: N802
        """Whatever a document names: nothing is read from the disk or the network."""
        return None

    def sizeHint(self) -> QSize:  # noqa: N802
        if not self._hug:
            return QSize(super().sizeHint().width(), self.minimumHeight())
        metrics = QFontMetricsF(self.font())
        widest = max((metrics.horizontalAdvance(line) for line in self.toPlainText().split("\n")), default=0.0)
        # One character of slack: the layout may round a glyph up.
        return QSize(math.ceil(widest + metrics.averageCharWidth()), self.minimumHeight())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(0, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        height = math.ceil(self.document().size().height())
        if height != self.minimumHeight() or height != self.maximumHeight():
            self.setFixedHeight(height)

    def _on_anchor(self, url: QUrl) -> None:
        self.link_wished.emit(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))
