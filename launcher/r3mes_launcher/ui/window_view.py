"""How somebody left the window: what is kept of it when its widgets go, in the tray or for another language.

A widget takes part by `kept_view`: what was chosen in it comes back with the next one of that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

if TYPE_CHECKING:
    # The chat's modules are imported with its page.
    from r3mes_launcher.ui.chat.chat_memory import ChatMemory

_NAME = "kept_view"


@dataclass(frozen=True, slots=True)
class WindowView:
    page: int = 0
    choices: Mapping[str, object] = field(default_factory=dict)
    """By the name of the widget: what a list has chosen, whether a box is ticked, what a field says, or the place on a
    page in pixels."""
    chat: ChatMemory | None = None


def kept_view(widget: QWidget, name: str) -> None:
    """`name` is unique in the window."""
    widget.setProperty(_NAME, name)


def choices_of(root: QWidget) -> dict[str, object]:
    """What is chosen in `root` and in the widgets within it."""
    found: dict[str, object] = {}
    for widget in (root, *root.findChildren(QWidget)):
        name = widget.property(_NAME)
        if not isinstance(name, str):
            continue
        if isinstance(widget, QComboBox):
            found[name] = widget.currentData()
        elif isinstance(widget, QAbstractButton):
            found[name] = widget.isChecked()
        elif isinstance(widget, QLineEdit):
            found[name] = widget.text()
        elif isinstance(widget, QAbstractScrollArea):
            found[name] = widget.verticalScrollBar().value()
    return found


def show_choices(root: QWidget, choices: Mapping[str, object]) -> None:
    """Chooses the same again, as far as it is still offered."""
    for widget in (root, *root.findChildren(QWidget)):
        name = widget.property(_NAME)
        if not isinstance(name, str) or name not in choices:
            continue
        choice = choices[name]
        if isinstance(widget, QComboBox):
            if (place := widget.findData(choice)) >= 0:
                widget.setCurrentIndex(place)
        elif isinstance(widget, QAbstractButton):
            widget.setChecked(choice is True)
        elif isinstance(widget, QLineEdit):
            widget.setText(str(choice))
        elif isinstance(widget, QAbstractScrollArea) and isinstance(choice, int):
            _scroll_to(widget, choice)


def _scroll_to(area: QAbstractScrollArea, place: int) -> None:
    """Now or, as a page that is new has no height yet, as soon as it is high enough."""
    bar = area.verticalScrollBar()

    def try_it(_: int, most: int) -> None:
        if most >= place:
            bar.rangeChanged.disconnect(try_it)
            bar.setValue(place)

    if bar.maximum() >= place:
        bar.setValue(place)
    else:
        bar.rangeChanged.connect(try_it)


def holds_work(root: QWidget) -> bool:
    """Whether something stands in `root` that a new window would not have: an open dialog, or words half typed."""
    if any(not dialog.isHidden() for dialog in root.findChildren(QDialog)):
        return True
    for line in root.findChildren(QLineEdit):
        # A spin box takes what was typed when it loses the focus.
        is_kept = isinstance(line.property(_NAME), str) or isinstance(line.parent(), QAbstractSpinBox)
        if line.isModified() and line.text() and not is_kept:
            return True
    return any(
        field.document().isModified() and field.toPlainText() and not isinstance(field.property(_NAME), str)
        for field in root.findChildren(QPlainTextEdit)
    )
