"""Markdown line by line, while it is still being written: a line that is whole is read once and never again.

The subset that models write: headings, lists, quotes, fenced code, tables, rules, paragraphs. However an answer is cut
into pieces, its blocks come out the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Kind(StrEnum):
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    ITEM = "item"
    QUOTE = "quote"
    CODE = "code"
    TABLE = "table"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Block:
    kind: Kind
    text: str = ""
    """Its lines without what marks it; Markdown inside a line is still in it, except in code."""
    level: int = 0
    """A heading's, 1 to 6; the depth of an item or of a paragraph under one, 0 being the outermost."""
    mark: str = ""
    """An item's sign or number; the language of code."""
    rows: tuple[tuple[str, ...], ...] = ()
    """A table's cells; the first row is its heading."""


# Possessive where two parts could share the same blanks: a line of thousands of them is tried in one way alone.
_FENCE = re.compile(r"^( {0,12})(`{3,}|~{3,})[ \t]*+([^`\n]*)$")
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_RULE = re.compile(r"^ {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_ITEM = re.compile(r"^( {0,12})(?:([-*+\u2022])|(\d{1,9})([.)]))(?:[ \t]+(.*))?$")
_QUOTE = re.compile(r"^ {0,3}>[ ]?(.*)$")
_DELIMITER = re.compile(r"^[ \t]*+\|?[ \t]*+:?-{1,200}+:?[ \t]*+(?:\|[ \t]*+:?-{1,200}+:?[ \t]*+){0,60}\|?[ \t]*$")
LONGEST_LINE = 4000
"""A longer line is broken at a blank, and a block of more than this ends with its line: laying out one paragraph of
hundreds of kilobytes takes Qt minutes."""
_DEEPEST = 5
_MOST_COLUMNS = 20


@dataclass(slots=True)
class _Open:
    """The block that the next line may still belong to."""

    kind: Kind
    lines: list[str] = field(default_factory=list)
    level: int = 0
    mark: str = ""
    rows: list[tuple[str, ...]] = field(default_factory=list)
    fence: str = ""
    indent: int = 0
    ended: bool = False
    """A blank line came: only a fence goes on after it."""
    length: int = 0
    """Of the lines that were added to it."""

    def takes(self, line: str) -> bool:
        """Adds a line, unless the block is long enough already."""
        room = self.length < LONGEST_LINE
        if room:
            self.lines.append(line)
            self.length += len(line) + 1
        return room

    def block(self) -> Block:
        return Block(self.kind, "\n".join(self.lines), self.level, self.mark, tuple(self.rows))

    def copy(self) -> _Open:
        return replace(self, lines=self.lines.copy(), rows=self.rows.copy())


class MarkdownReader:
    """Feeds on an answer as it comes. The first `settled` of its blocks will not change any more."""

    def __init__(self) -> None:
        self._done: list[Block] = []
        self._open: _Open | None = None
        self._partial = ""

    def feed(self, text: str) -> None:
        *whole, partial = (self._partial + text).split("\n")
        for line in whole:
            for part in self._pieces(line):
                self._open = _step(self._done, self._open, part)
        *parts, self._partial = self._pieces(partial)
        for part in parts:
            self._open = _step(self._done, self._open, part)

    def _pieces(self, line: str) -> list[str]:
        # Code stays as it was written.
        in_code = self._open is not None and bool(self._open.fence)
        return [line] if in_code else _broken(line)

    @property
    def settled(self) -> int:
        return len(self._done)

    def block(self, index: int) -> Block:
        """A settled one."""
        return self._done[index]

    def blocks(self) -> tuple[Block, ...]:
        """Also with what the line that is not whole yet looks like so far."""
        return (*self._done, *self.unsettled())

    def unsettled(self) -> tuple[Block, ...]:
        """Those after the settled ones."""
        shown: list[Block] = []
        last = self._open.copy() if self._open is not None else None
        if self._partial:
            last = _step(shown, last, self._partial)
        return (*shown, last.block()) if last is not None else tuple(shown)


def blocks_of(text: str) -> tuple[Block, ...]:
    reader = MarkdownReader()
    reader.feed(text)
    return reader.blocks()


def _broken(line: str) -> list[str]:
    """The line in pieces that are short enough. Where it breaks depends on what stands before the break alone."""
    pieces = []
    while len(line) > LONGEST_LINE:
        at = line.rfind(" ", 1, LONGEST_LINE) + 1 or LONGEST_LINE
        pieces.append(line[:at])
        line = line[at:]
    return [*pieces, line]


def _step(done: list[Block], last: _Open | None, raw: str) -> _Open | None:
    """Reads one line. Blocks that ended go to `done`; returns the one that is open now."""
    line = raw.rstrip("\r").expandtabs(4)
    if last is not None and last.kind is Kind.CODE and last.fence:
        return _in_code(done, last, line)
    if not line.strip():
        if last is not None:
            last.ended = True
        return last
    quoted = _QUOTE.match(line)
    quotes_on = quoted is not None and last is not None and last.kind is Kind.QUOTE and not last.ended
    if quotes_on and last is not None and quoted is not None and last.takes(quoted[1].strip()):
        return last
    begun = _begin(line, last)
    if begun is not None:
        if last is not None:
            done.append(last.block())
        if begun.kind in (Kind.HEADING, Kind.RULE):
            begun.ended = True
        return begun
    if last is not None and not last.ended and last.kind in (Kind.PARAGRAPH, Kind.ITEM, Kind.QUOTE):
        if last.kind is Kind.PARAGRAPH and len(last.lines) == 1 and _is_table(last.lines[0], line):
            return _Open(Kind.TABLE, rows=[_cells(last.lines[0])])
        if last.takes(line.strip()):
            return last
    if last is not None and not last.ended and last.kind is Kind.TABLE and "|" in line:
        width = len(last.rows[0])
        last.rows.append((*_cells(line), *([""] * width))[:width])
        return last
    if last is not None:
        done.append(last.block())
    return _Open(Kind.PARAGRAPH, [line.strip()], _depth(line, last))


def _in_code(done: list[Block], last: _Open, line: str) -> _Open | None:
    bare = line.strip()
    if bare.startswith(last.fence) and not bare.strip(last.fence[0]):
        last.fence = ""
        last.ended = True
        return last
    # A fence inside a list is indented, and so is all that it holds.
    inside = len(line) - len(line.lstrip(" "))
    last.lines.append(line[min(inside, last.indent) :])
    return last


def _begin(line: str, last: _Open | None) -> _Open | None:
    """A new block, where the line begins one that needs no blank line before it."""
    if found := _FENCE.match(line):
        language = found[3].strip().split(" ")[0][:30]
        return _Open(Kind.CODE, mark=language, fence=found[2], indent=len(found[1]))
    if found := _HEADING.match(line):
        return _Open(Kind.HEADING, [found[2].strip()], level=len(found[1]))
    if _RULE.match(line):
        return _Open(Kind.RULE)
    if found := _QUOTE.match(line):
        return _Open(Kind.QUOTE, [found[1].strip()])
    found = _ITEM.match(line)
    if found is None:
        return None
    number = found[3]
    in_paragraph = last is not None and not last.ended and last.kind is Kind.PARAGRAPH
    if in_paragraph and (found[5] is None or number not in (None, "1")):
        # "In 1999. It was …" at a line's beginning is no list, and neither is a lone dash.
        return None
    depth = min(len(found[1]) // 2, _DEEPEST)
    mark = f"{number}{found[4]}" if number else "•"
    return _Open(Kind.ITEM, [(found[5] or "").strip()], depth, mark)


def _depth(line: str, last: _Open | None) -> int:
    """An indented paragraph belongs to the item before it."""
    under_item = last is not None and (last.kind is Kind.ITEM or (last.kind is Kind.PARAGRAPH and last.level > 0))
    if not under_item:
        return 0
    return min((len(line) - len(line.lstrip(" "))) // 2, _DEEPEST)


def _is_table(heading: str, line: str) -> bool:
    return (
        "|" in heading
        and ("|" in line or "-" in line)
        and _DELIMITER.match(line) is not None
        and len(_cells(heading)) == len(_cells(line)) <= _MOST_COLUMNS
    )


def _cells(line: str) -> tuple[str, ...]:
    bare = line.strip()
    bare = bare[1:] if bare.startswith("|") else bare
    bare = bare[:-1] if bare.endswith("|") and not bare.endswith("\\|") else bare
    return tuple(cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", bare))
