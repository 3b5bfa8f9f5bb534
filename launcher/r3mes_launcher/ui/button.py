"""Push buttons with an icon that follows the theme and a name for screen readers."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone

_GAP = 0.4


class Button(QPushButton):
    """`kind`: "" for an ordinary one, primary, quiet or navigation. Without text, `name` is what it is called."""

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        icon: str = "",
        kind: str = "",
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._theme = theme
        self._icon = icon
        self._kind = kind
        if kind:
            self.setProperty("kind", kind)
        self.setAccessibleName(name or text.replace("&", ""))
        if name and not text:
            self.setToolTip(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if kind == "navigation":
            # A click opens a page and leaves the focus to it.
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        # A button answers to Enter as well as to Space.
        self.setAutoDefault(True)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        if icon:
            side = theme.metrics.space(4)
            # The style sheet knows no gap between icon and text, so the icon brings its own.
            self._gap = _GAP if text else 0.0
            self.setIconSize(QSize(round(side * (1 + self._gap)), side))
            self._draw_icon()
            theme.changed.connect(self._draw_icon)
            self.toggled.connect(self._draw_icon)

    def show_icon(self, icon: str) -> None:
        if icon != self._icon:
            self._icon = icon
            self._draw_icon()

    def _draw_icon(self) -> None:
        if self._kind == "primary":
            self.setIcon(self._theme.icon_on_accent(self._icon, self._gap))
        elif self._kind == "navigation" and self.isChecked():
            self.setIcon(self._theme.icon(self._icon, Tone.BUSY, self._gap))
        else:
            self.setIcon(self._theme.icon(self._icon, gap=self._gap))
