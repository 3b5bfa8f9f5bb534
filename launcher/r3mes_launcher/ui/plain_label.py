"""A label that shows text and nothing but text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from r3mes_launcher.ui.tokens import Tone


class PlainLabel(QLabel):
    """Never reads its text as markup: what comes from the network can't draw a link or an image.

    `kind` is one of the style sheet's: display, title, heading, figure, strong, muted, caption.
    """

    def __init__(self, text: str = "", kind: str = "", wrap: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)
        self.setWordWrap(wrap)
        if kind:
            self.setProperty("kind", kind)
        if wrap:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def show_text(self, text: str) -> None:
        """Sets the text only when it differs, so that a steady state costs no layout."""
        if text != self.text():
            self.setText(text)

    def show_tone(self, tone: Tone | None) -> None:
        restyle(self, "tone", tone.value if tone is not None else "")


class SelectableLabel(PlainLabel):
    """A figure that people want to copy: an address, a process id."""

    def __init__(self, text: str = "", kind: str = "", wrap: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(text, kind, wrap, parent)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )


def indented(widget: QWidget, gap: int) -> QHBoxLayout:
    """The widget after a gap where lines begin. A margin would stay at the left when everything else is mirrored."""
    row = QHBoxLayout()
    row.setSpacing(0)
    row.addSpacing(gap)
    row.addWidget(widget, 1)
    return row


def restyle(widget: QWidget, name: str, value: object) -> None:
    """Changes a dynamic property that the style sheet selects by."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()
