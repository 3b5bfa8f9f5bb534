"""The left column: the pages, and in one line what the node does."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.plain_label import PlainLabel, indented
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone


class Navigation(QWidget):
    chosen = Signal(int)

    def __init__(self, theme: Theme, pages: list[tuple[str, str]], parent: QWidget | None = None) -> None:
        """`pages` are names and icons, ten at most. Ctrl+1 is the first page, Ctrl+0 the tenth."""
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Pages"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        space = theme.metrics.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space(3), space(5), space(3), space(4))
        column.setSpacing(space(1))
        column.addLayout(self._make_brand(theme))
        column.addSpacing(space(4))
        self._group = QButtonGroup(self)
        self.buttons: list[Button] = []
        for index, (name, icon) in enumerate(pages):
            button = Button(theme, name, icon, kind="navigation")
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            keys = QKeySequence(Qt.Modifier.CTRL | Qt.Key(Qt.Key.Key_0 + (index + 1) % 10))
            button.setToolTip(keys.toString(QKeySequence.SequenceFormat.NativeText))
            shortcut = QShortcut(keys, self)
            shortcut.activated.connect(lambda page=index: self.chosen.emit(page))
            button.clicked.connect(lambda _=False, page=index: self.chosen.emit(page))
            self._group.addButton(button, index)
            self.buttons.append(button)
            column.addWidget(button)
        column.addStretch(1)
        self._node = PlainLabel("", "strong", wrap=True)
        self._node.setAccessibleName(self.tr("Node"))
        self._gateway = PlainLabel("", "caption", wrap=True)
        for label in (self._node, self._gateway):
            column.addLayout(indented(label, space(3.4)))

    def _make_brand(self, theme: Theme) -> QHBoxLayout:
        space = theme.metrics.space
        row = QHBoxLayout()
        row.setContentsMargins(space(3), 0, space(3), 0)
        row.setSpacing(space(2))
        self._mark = QLabel()
        side = space(7)
        icon = theme.icons.icon("r3mes", theme.tokens.accent)
        self._mark.setTextFormat(Qt.TextFormat.PlainText)
        self._mark.setPixmap(icon.pixmap(QSize(side, side), self.devicePixelRatioF()))
        row.addWidget(self._mark)
        row.addWidget(PlainLabel("R3MES", "heading"))
        row.addStretch(1)
        return row

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._theme.metrics.space(48), super().sizeHint().height())

    def show_page(self, index: int) -> None:
        self.buttons[index].setChecked(True)

    def show_status(self, node: str, tone: Tone, gateway: str) -> None:
        self._node.show_text(node)
        self._node.show_tone(tone if tone is not Tone.NEUTRAL else None)
        self._gateway.show_text(gateway)
