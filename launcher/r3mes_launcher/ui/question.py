"""Questions that the window asks: they open without stopping the event loop."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


def ask(
    parent: QWidget, title: str, detail: str, answers: list[tuple[str, Callable[[], None]]], cancel: str
) -> QMessageBox:
    """Shows one question. The first answer is the default; `cancel` (also Escape) does nothing."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIcon(QMessageBox.Icon.NoIcon)
    box.setWindowTitle("R3MES")
    box.setText(title)
    box.setInformativeText(detail)
    chosen = {}
    for text, action in answers:
        button = box.addButton(text, QMessageBox.ButtonRole.AcceptRole)
        chosen[button] = action
        if len(chosen) == 1:
            box.setDefaultButton(button)
    escape = box.addButton(cancel, QMessageBox.ButtonRole.RejectRole)
    box.setEscapeButton(escape)

    def on_clicked(button: object) -> None:
        for candidate, action in chosen.items():
            if candidate is button:
                action()

    box.buttonClicked.connect(on_clicked)
    box.open()
    return box
