"""The grounds that things stand on: cards, callouts inside them, and the scrolling column of a page."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from r3mes_launcher.ui.plain_label import PlainLabel, restyle
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone


class IconLabel(QLabel):
    """An icon beside a text that says the same; screen readers pass over it."""

    def __init__(self, theme: Theme, icon: str, tone: Tone = Tone.NEUTRAL, quarters: float = 4.4) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._theme = theme
        self._icon = icon
        self._tone = tone
        self._quarters = quarters
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._draw()
        theme.changed.connect(self._draw)

    def show_icon(self, icon: str, tone: Tone) -> None:
        if (icon, tone) != (self._icon, self._tone):
            self._icon, self._tone = icon, tone
            self._draw()

    def _draw(self) -> None:
        side = self._theme.metrics.space(self._quarters)
        icon = self._theme.icon(self._icon, self._tone)
        self.setPixmap(icon.pixmap(QSize(side, side), self.devicePixelRatioF()))


class Card(QFrame):
    """A rounded ground with an optional heading. The contents go into `body`, a status to the end of `heading_row`."""

    def __init__(self, theme: Theme, heading: str = "", icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "true")
        space = theme.metrics.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space(5), space(4.5), space(5), space(5))
        column.setSpacing(space(3))
        self.heading_row = QHBoxLayout()
        self.heading_row.setSpacing(space(2))
        if heading:
            self.setAccessibleName(heading)
            if icon:
                self.heading_row.addWidget(IconLabel(theme, icon))
            self.heading = PlainLabel(heading, "heading")
            self.heading_row.addWidget(self.heading)
            self.heading_row.addStretch(1)
            column.addLayout(self.heading_row)
        self.body = QVBoxLayout()
        self.body.setSpacing(space(2.4))
        column.addLayout(self.body, 1)


class Callout(QFrame):
    """A tinted sentence with an icon and room for buttons below it."""

    _ICONS: ClassVar = {
        Tone.NEUTRAL: "info",
        Tone.GOOD: "check",
        Tone.BUSY: "info",
        Tone.WARNING: "warning",
        Tone.BAD: "warning",
    }

    def __init__(self, theme: Theme, tone: Tone, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("callout", tone.value)
        space = theme.metrics.space
        row = QHBoxLayout(self)
        row.setContentsMargins(space(3), space(2.6), space(3), space(2.8))
        row.setSpacing(space(2.4))
        self._icon = IconLabel(theme, self._ICONS[tone], tone)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(space(1))
        row.addLayout(column, 1)
        self._title = PlainLabel("", "strong", wrap=True)
        self._detail = PlainLabel("", wrap=True)
        column.addWidget(self._title)
        column.addWidget(self._detail)
        self._buttons = QWidget()
        self._button_row = QHBoxLayout(self._buttons)
        self._button_row.setSpacing(space(2))
        self._button_row.setContentsMargins(0, space(1.4), 0, 0)
        self._button_row.addStretch(1)
        self._buttons.hide()
        column.addWidget(self._buttons)

    def add_button(self, button: QWidget) -> None:
        self._button_row.insertWidget(self._button_row.count() - 1, button)
        self._buttons.show()

    def show_words(self, title: str, detail: str = "") -> None:
        self._title.show_text(title)
        self._title.setVisible(bool(title))
        self._detail.show_text(detail)
        self._detail.setVisible(bool(detail))
        self.setAccessibleName(f"{title} {detail}".strip())

    def show_tone(self, tone: Tone) -> None:
        restyle(self, "callout", tone.value)
        self._icon.show_icon(self._ICONS[tone], tone)


class PairRow(QWidget):
    """Two cards side by side, or one below the other where the window is narrow."""

    # Below so many lines of width a card's fields would wrap badly.
    _NARROW_LINES = 46

    def __init__(self, theme: Theme, first: QWidget, second: QWidget) -> None:
        super().__init__()
        self._theme = theme
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.metrics.space(4))
        self._row.addWidget(first, 1)
        self._row.addWidget(second, 1)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """That of the narrow form: the wide one must not keep the window from getting there."""
        hints = [item.minimumSize() for index in range(self._row.count()) if (item := self._row.itemAt(index))]
        return QSize(max(hint.width() for hint in hints), max(hint.height() for hint in hints))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        narrow = event.size().width() < self._theme.metrics.line * self._NARROW_LINES
        direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if direction != self._row.direction():
            self._row.setDirection(direction)
        super().resizeEvent(event)


class PageGround(QWidget):
    """What a page scrolls: as tall as its contents are at its width.

    Qt's own minimum is taken at the narrowest width, where every sentence wraps, and would scroll for nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        hint, layout, parent = super().minimumSizeHint(), self.layout(), self.parentWidget()
        if layout is None or parent is None or not layout.hasHeightForWidth():
            return hint
        return QSize(hint.width(), layout.totalHeightForWidth(max(parent.width(), hint.width())))


class PageColumn(QScrollArea):
    """A page that scrolls: a column of cards that does not grow wider than is good to read."""

    _WIDEST_LINES = 78

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        space = theme.metrics.space
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page = PageGround()
        outer = QHBoxLayout(page)
        outer.setContentsMargins(space(8), space(6), space(8), space(8))
        column = QWidget()
        column.setMaximumWidth(round(theme.metrics.line * self._WIDEST_LINES))
        column.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        outer.addStretch(1)
        outer.addWidget(column, 1000)
        outer.addStretch(1)
        self._ground = page
        self.column = QVBoxLayout(column)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(space(4))
        self.setWidget(page)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As wide as the contents need: a page scrolls downwards only."""
        across = self._ground.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(across, super().minimumSizeHint().height())


class EmptyState(QWidget):
    """What a page says when there is nothing to show: an icon, a title, a sentence, and room for buttons."""

    def __init__(self, theme: Theme, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        space = theme.metrics.space
        column = QVBoxLayout(self)
        column.setSpacing(space(2))
        column.addStretch(2)
        self._icon = IconLabel(theme, icon, Tone.NEUTRAL, 12)
        column.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(space(2))
        self._title = PlainLabel("", "heading")
        self._title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._title)
        self._sentence = PlainLabel("", "muted", wrap=True)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._sentence, 4)
        row.addStretch(1)
        column.addLayout(row)
        # One below the other: side by side they would not fit into a narrow window.
        self._button_column = QVBoxLayout()
        self._button_column.setSpacing(space(2))
        self._button_column.setContentsMargins(0, space(3), 0, 0)
        column.addLayout(self._button_column)
        column.addStretch(3)

    def show_words(self, title: str, sentence: str, icon: str, tone: Tone = Tone.NEUTRAL) -> None:
        self._title.show_text(title)
        self._sentence.show_text(sentence)
        self._icon.show_icon(icon, tone)
        self.setAccessibleName(f"{title}. {sentence}")

    def add_button(self, button: QWidget) -> None:
        self._button_column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
