"""What the core says, in the window's language: its templates are translated and its figures put in again."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QLocale

from r3mes_launcher.core.doctor.report import GpuFlaw
from r3mes_launcher.core.engine_faults import known_fault
from r3mes_launcher.core.state import Fault
from r3mes_launcher.sentence import Figure, NumberText, Sentence, sentence_of
from r3mes_launcher.system_cause import system_cause
from r3mes_launcher.ui.figures import number
from r3mes_launcher.ui.language import translate

CONTEXT = "Core"
"""Where `assets/translations/make.py` collects the core's texts."""


def spoken(text: str) -> str:
    """A text that nobody has translated, such as another program's, stays as it is."""
    if isinstance(text, NumberText):
        return number(text)
    if not isinstance(text, Sentence):
        return translate(CONTEXT, text) if text else ""
    figures = {name: _figure(value) for name, value in text.figures.items()}
    return translate(CONTEXT, text.template).format(**figures)


def spoken_error(error: BaseException) -> str:
    """An error's own words as a sentence; what the system or a library says in its place where it has none."""
    said = spoken(system_cause(error) if isinstance(error, OSError) and error.strerror else sentence_of(error))
    return QLocale().toUpper(said[:1]) + said[1:] + ("" if said.endswith((".", "!", "?", "…", ")")) else ".")


def spoken_lines(texts: Iterable[str]) -> str:
    """Sentences one after the other; empty ones are left out."""
    return " ".join(spoken(text) for text in texts if text)


def fault_words(fault: Fault) -> tuple[str, str]:
    """What happened, and what to do. The engine's own words are English: in another language ours go before them."""
    message, known = spoken(fault.message), known_fault(fault.code)
    if known is not None and message == fault.message != known.message:
        general = spoken(known.message)
        if general != known.message:
            return f"{general} ({message})", spoken(fault.hint)
    return message, spoken(fault.hint)


def flaw_words(flaw: GpuFlaw) -> str:
    """What is wrong with a card and what to do: the engine's words, which are parts of sentences."""
    said = (spoken(part) for part in (flaw.reason, flaw.hint) if part)
    return " ".join(
        QLocale().toUpper(text[:1]) + text[1:] + ("" if text.endswith((".", "!", "?")) else ".") for text in said
    )


def _figure(figure: Figure) -> Figure:
    return spoken(figure) if isinstance(figure, Sentence | NumberText) else figure
