"""A whole number with its unit, between the bounds that the settings' own model gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QSpinBox

if TYPE_CHECKING:
    from pydantic import BaseModel


def bounds(model: type[BaseModel], field: str, scale: float = 1.0) -> tuple[int, int]:
    """The whole multiples of `scale` that a field takes, from its annotations. Raises KeyError and ValueError."""
    lowest: int | None = None
    highest: int | None = None
    for rule in model.model_fields[field].metadata:
        at_least, at_most = getattr(rule, "ge", None), getattr(rule, "le", None)
        if at_least is not None:
            lowest = -int(-at_least // scale)
        if at_most is not None:
            highest = int(at_most // scale)
    if lowest is None or highest is None:
        raise ValueError(f"{model.__name__}.{field} has no bounds.")
    return lowest, highest


class NumberField(QSpinBox):
    """`editingFinished` tells of a change by hand. The wheel scrolls the page until somebody types here."""

    def __init__(self, name: str, unit: str, model: type[BaseModel], field: str, scale: float = 1.0) -> None:
        """`scale` of the field's units are one of those shown, such as 60 for seconds shown as minutes."""
        super().__init__()
        self.setRange(*bounds(model, field, scale))
        self.setAccessibleName(name)
        self.setSuffix(f" {unit}" if unit else "")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # The style sheet's padding does not reach the line inside.
        margin = self.fontMetrics().averageCharWidth()
        self.lineEdit().setTextMargins(margin, 0, margin, 0)
        self.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToNearestValue)
        self.setKeyboardTracking(False)

    def show_number(self, value: float) -> None:
        """What holds now. Somebody who types keeps what is typed."""
        if not self.hasFocus() or not self.lineEdit().isModified():
            self.setValue(round(value))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
