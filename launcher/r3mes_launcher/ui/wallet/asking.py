"""Asks the core on behalf of a widget; the answer is dropped where the widget has gone meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from r3mes_launcher.core.interface import Core
from r3mes_launcher.ui.intents import Intents

Result = TypeVar("Result")


def ask_for(
    widget: QWidget,
    intents: Intents,
    question: Callable[[Core], Awaitable[Result]],
    done: Callable[[Result], None],
    failed: Callable[[str], None],
) -> None:
    def on_done(result: Result) -> None:
        if isValid(widget):
            done(result)

    def on_failed(sentence: str) -> None:
        if isValid(widget):
            failed(sentence)

    intents.ask(question, on_done, on_failed)


def nothing(_: object) -> None:
    """For answers that only the state tells of."""
