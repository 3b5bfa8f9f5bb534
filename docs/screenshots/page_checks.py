"""What is looked at on every page before its picture counts: the way of Tab, names for screen readers, nothing cut off.

Used by make.py on a real display and by the launcher's tests without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QTextBrowser,
    QWidget,
)

MOST_STEPS = 400


@dataclass(frozen=True)
class Walk:
    """Where Tab went, in order."""

    reached: tuple[QWidget, ...]
    missed: tuple[QWidget, ...]
    """What can be used and was not reached."""


def title(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QAbstractButton | QLabel) else ""
    return f"{type(widget).__name__} {widget.accessibleName() or text!r}"


def place(widget: QWidget, root: QWidget) -> QRect:
    return QRect(widget.mapTo(root, QPoint(0, 0)), widget.size())


def usable(root: QWidget) -> list[QWidget]:
    """What Tab has to reach: all that is on view and takes the keyboard."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if widget.isVisible()
        and widget.isEnabled()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.focusProxy() is None
        # The line inside a box of numbers: the box has the focus and the name.
        and not isinstance(widget.parentWidget(), QAbstractSpinBox)
    ]


def walk(window: QWidget, start: QWidget) -> Walk:
    """Presses Tab until it is where it began."""
    window.activateWindow()
    start.setFocus(Qt.FocusReason.TabFocusReason)
    reached: list[QWidget] = []
    here = window.focusWidget()
    for _ in range(MOST_STEPS):
        if here is None or (here in reached and here is not reached[-1]):
            break
        if not reached or here is not reached[-1]:
            reached.append(here)
        elif not isinstance(here, QTextBrowser):
            break  # only a text with links keeps the focus: Tab goes from link to link
        QTest.keyClick(here, Qt.Key.Key_Tab)
        here = window.focusWidget()
    seen = set(reached)
    # Of a group of radio buttons Tab reaches the chosen one; the arrows do the rest.
    missed = [
        widget
        for widget in usable(window)
        if widget not in seen and not (isinstance(widget, QAbstractButton) and widget.group() is not None)
    ]
    return Walk(tuple(reached), tuple(missed))


def problems(window: QWidget, start: QWidget) -> list[str]:
    """All that is wrong with the page that is shown, each as a line."""
    QApplication.processEvents()
    walked = walk(window, start)
    found = [f"Tab does not reach {title(widget)}" for widget in walked.missed]
    found += [f"{title(widget)} has no name" for widget in usable(window) if not _name(widget)]
    found += _backwards(walked.reached, window)
    return found + cut_off(window)


def _name(widget: QWidget) -> str:
    return widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")


def _backwards(reached: tuple[QWidget, ...], window: QWidget) -> list[str]:
    """Tab goes down a column and then to the next one, never up in the same one."""
    found = []
    for before, after in pairwise(reached):
        if after is reached[0]:
            continue
        first, second = place(before, window), place(after, window)
        same_column = first.left() < second.right() and second.left() < first.right()
        if same_column and second.bottom() < first.top() and _area(before) is _area(after):
            found.append(f"Tab goes up from {title(before)} to {title(after)}")
    return found


def _area(widget: QWidget) -> QWidget | None:
    """What scrolls it: beside each other two of them are read one after the other."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        parent = parent.parentWidget()
    return parent


def cut_off(window: QWidget) -> list[str]:
    """Texts and controls that got less room than they need, and pages that are wider than the window."""
    found = []
    for label in window.findChildren(QLabel):
        if not label.isVisible() or not label.text():
            continue
        if label.wordWrap():
            if label.height() < label.heightForWidth(label.width()) - 1:
                found.append(f"{title(label)} is cut off below")
        elif label.contentsRect().width() < label.fontMetrics().horizontalAdvance(label.text()) - 1:
            found.append(f"{title(label)} is cut off")
    for control in window.findChildren(QWidget):
        if not isinstance(control, QPushButton | QComboBox | QCheckBox | QLineEdit) or not control.isVisible():
            continue
        if isinstance(control.parentWidget(), QAbstractSpinBox | QComboBox):
            continue
        least = control.minimumSizeHint()
        if control.width() < least.width() - 1 or control.height() < least.height() - 1:
            found.append(f"{title(control)} is smaller than it needs")
    for area in window.findChildren(QScrollArea):
        if area.isVisible() and area.widget() is not None and area.widget().width() > area.viewport().width():
            found.append(f"{title(area)} is wider than its place")
    return found


def mirrored(before: dict[QWidget, QRect], window: QWidget, tolerance: int) -> list[str]:
    """After a change of direction: what does not stand where a mirror would show it."""
    found = []
    for widget, was in before.items():
        if not widget.isVisible():
            continue
        now = place(widget, window)
        expected = window.width() - was.right() - 1
        if abs(now.left() - expected) > tolerance:
            found.append(f"{title(widget)} stands at {now.left()}, its mirror at {expected}")
    return found


def places(window: QWidget) -> dict[QWidget, QRect]:
    """Where controls and texts stand. What scrolls by itself (logs, tables, code) keeps its own direction inside."""
    kinds = QAbstractButton | QComboBox | QLineEdit | QLabel | QAbstractScrollArea
    return {
        widget: place(widget, window)
        for widget in window.findChildren(QWidget)
        if isinstance(widget, kinds) and widget.isVisible() and not _inside_table(widget, window)
    }


def _inside_table(widget: QWidget, window: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None and parent is not window:
        if isinstance(parent, QAbstractScrollArea) and not isinstance(parent, QScrollArea):
            return True
        parent = parent.parentWidget()
    return False
