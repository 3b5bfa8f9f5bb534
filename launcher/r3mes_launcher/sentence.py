"""English sentences that can be said in another language.

The core speaks English. What it says with figures in it is a `Sentence`: the text, and beside it the template and the
figures that it was made of. A front end looks the template up in its translations and puts the figures in again.
A text without figures is its own template and needs no class.
"""

from __future__ import annotations

import json
import string
from typing import Any, SupportsIndex, TypeAlias

Figure: TypeAlias = str | int | float
"""A figure may be a `Sentence` itself; a plain text, such as a name or a path, is the same in every language."""

MOST_DEPTH = 4
"""Sentences inside sentences, as they are read back from a file."""
MOST_SPEC = 4
"""Characters of a figure's format, such as `.0f` or `08X`."""


class NumberText(str):
    """A number as text, with a point as its decimal mark, perhaps with a unit behind: `1234.5 REMES`.

    The core, files and the command line have it as it is; a front end shows it as its language writes numbers. Joining
    it with other text gives a plain text.
    """

    __slots__ = ()


class Sentence(str):
    """The English text. Joining it with other text by `+` or an f-string gives a plain text, which stays English."""

    __slots__ = ("figures", "template")

    template: str
    figures: dict[str, Figure]

    def __new__(cls, template: str, /, **figures: object) -> Sentence:
        """Figures of other types, such as paths and errors, are taken as their text."""
        plain = {name: each if isinstance(each, str | int | float) else str(each) for name, each in figures.items()}
        made = super().__new__(cls, template.format(**plain))
        made.template = template
        made.figures = plain
        return made

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return _made, (self.template, self.figures)


def joined(*parts: str, between: str = " ") -> str:
    """Sentences, or numbers, one after the other with a blank between; empty ones are left out."""
    said = [part for part in parts if part]
    if len(said) < 2:
        return said[0] if said else ""
    figures = {f"part{number}": as_sentence(each) for number, each in enumerate(said)}
    return Sentence(between.join(f"{{{name}}}" for name in figures), **figures)


def as_sentence(text: str) -> Sentence:
    """A text that is to be translated although it stands as a figure inside another one."""
    if isinstance(text, Sentence):
        return text
    if isinstance(text, NumberText):
        return Sentence("{number}", number=text)
    return Sentence(text.replace("{", "{{").replace("}", "}}"))


def sentence_of(error: BaseException) -> str:
    """An error's own sentence with its figures, which `str` would lose."""
    said = error.args[0] if error.args else ""
    return said if isinstance(said, Sentence) else str(error)


def phrase(text: str) -> str:
    """Marks a text that a front end translates, where nothing else shows that it is one."""
    return text


def to_text(sentence: str) -> str:
    """For a file: plain text as it is, a sentence as JSON, so that it can be said in any language later."""
    return json.dumps(_document(sentence)) if isinstance(sentence, Sentence) else sentence


def from_text(text: str) -> str:
    """The way back. What is no sentence of ours is the text itself."""
    if not text.startswith('{"say": '):
        return text
    try:
        return _sentence(json.loads(text), MOST_DEPTH)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return text


def _made(template: str, figures: dict[str, Figure]) -> Sentence:
    return Sentence(template, **figures)


def _document(figure: Figure) -> object:
    if isinstance(figure, NumberText):
        return {"number": str(figure)}
    if not isinstance(figure, Sentence):
        return figure
    return {"say": figure.template, "figures": {name: _document(value) for name, value in figure.figures.items()}}


def _sentence(document: Any, depth: int) -> Sentence:
    figures: dict[str, Figure] = {}
    for name, value in document["figures"].items():
        if isinstance(value, dict) and "number" in value:
            value = NumberText(value["number"])
        elif isinstance(value, dict):
            if depth == 0:
                raise ValueError("too deep")
            value = _sentence(value, depth - 1)
        elif not isinstance(value, str | int | float):
            raise TypeError(name)
        figures[str(name)] = value
    for _, name, spec, _ in string.Formatter().parse(document["say"]):
        # A file is not to be trusted with what else a format may ask for.
        if name is not None and (name not in figures or len(spec or "") > MOST_SPEC or "{" in (spec or "")):
            raise ValueError("no plain figure")
    return Sentence(document["say"], **figures)
