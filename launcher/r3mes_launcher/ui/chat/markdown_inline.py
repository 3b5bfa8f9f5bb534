"""Markdown inside a line: emphasis, code, links. Pure and linear in time; anything else stays the text that it is.

No HTML, no images: what a model writes is text, and a link is one only where its whole address can be shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote, urlsplit

MAX_ADDRESS_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Span:
    """Text of one look."""

    text: str
    bold: bool = False
    italic: bool = False
    struck: bool = False
    code: bool = False
    address: str = ""
    """Where a link goes, in plain ASCII; the text of such a span shows it or is followed by it."""


_TOKEN = re.compile(
    r"""
      (?P<escape> \\ [!-/:-@\[-`{-~] )
    | (?P<code> (?P<ticks>`{1,4}) (?!`) (?P<inside> [^\n]{1,500}? ) (?<!`) (?P=ticks) (?!`) )
    | (?P<link> !? \[ (?P<label>[^\[\]\n]{0,400}) \] \( [ ]* <? (?P<target>[^\s<>()]{1,2000}
        (?: \( [^\s<>()]{0,200} \) [^\s<>()]{0,200} )? ) >? (?: [ ]+ "[^"\n]{0,200}" )? [ ]* \) )
    | (?P<bare> https?://[^\s<>"`{}|\\^\[\]]{1,2000} )
    | (?P<run> \*{1,3} | _{1,3} | ~~ )
    """,
    re.VERBOSE,
)
_STYLES = {"**": "bold", "__": "bold", "*": "italic", "_": "italic", "~~": "struck"}
_AFTER_ADDRESS = ".,;:!?'*_~"


def spans(text: str) -> tuple[Span, ...]:
    """The text with its looks. Joined, it is what a person reads."""
    pieces: list[Span] = []
    pairing = _Pairing()
    at = 0
    for match in _TOKEN.finditer(text):
        if match.start() > at:
            pieces.append(Span(text[at : match.start()]))
        at = match.end()
        match match.lastgroup:
            case "escape":
                pieces.append(Span(match["escape"][1:]))
            case "code":
                pieces.append(Span(_code_text(match["inside"]), code=True))
            case "link":
                pieces += _link(match[0], match["label"], match["target"])
            case "bare":
                address, rest = _bare(match["bare"])
                pieces += [_address_span(address, address), *([Span(rest)] if rest else [])]
            case _:
                before = text[match.start() - 1 : match.start()]
                after = text[match.end() : match.end() + 1]
                opens, closes = _sides(match[0], before, after)
                for mark in _marks(match[0], closes, pairing.innermost):
                    pairing.meet(len(pieces), mark, opens, closes)
                    pieces.append(Span(mark))
    if at < len(text):
        pieces.append(Span(text[at:]))
    return _joined(pairing.styled(pieces))


def plain(text: str) -> str:
    """What a person reads of it."""
    return "".join(span.text for span in spans(text))


def safe_address(target: str) -> str:
    """A web address in ASCII that can be shown whole, or nothing.

    Names of hosts are written out in their ASCII form, so that none can pass for another; and nothing before an "@" can
    pass for a host.
    """
    try:
        parts = urlsplit(target)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port is not None else ""
        ascii_host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme.lower() not in ("http", "https") or not re.fullmatch(r"[A-Za-z0-9.-]+|[0-9A-Fa-f:.]+", ascii_host):
        return ""
    if "@" in parts.netloc:
        return ""
    shown_host = f"[{ascii_host}]" if ":" in ascii_host else ascii_host
    rest = quote(parts.path, safe="/%:@!$&'()*+,;=~-._") if parts.path else ""
    query = "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?") if parts.query else ""
    fragment = "#" + quote(parts.fragment, safe="/%:@!$&'()*+,;=~-._?") if parts.fragment else ""
    address = f"{parts.scheme.lower()}://{shown_host}{port}{rest}{query}{fragment}"
    return address if len(address) <= MAX_ADDRESS_CHARACTERS else ""


def _code_text(inside: str) -> str:
    # As CommonMark has it: one blank at both ends is there for the sake of a tick inside.
    if len(inside) > 2 and inside[0] == inside[-1] == " " and inside.strip():
        return inside[1:-1]
    return inside


def _link(whole: str, label: str, target: str) -> list[Span]:
    address = safe_address(target)
    if not address:
        return [Span(whole)]
    # Emphasis inside a label is left out: the label is only a name.
    words = re.sub(r"[*`]|~~", "", label).strip() or address
    if words == address:
        return [_address_span(address, address)]
    return [Span(words, address=address), Span(f" ({address})")]


def _address_span(text: str, target: str) -> Span:
    address = safe_address(target)
    return Span(address or text, address=address)


def _bare(found: str) -> tuple[str, str]:
    address = found.rstrip(_AFTER_ADDRESS)
    while address.endswith(")") and address.count("(") < address.count(")"):
        address = address[:-1].rstrip(_AFTER_ADDRESS)
    return address, found[len(address) :]


def _sides(run: str, before: str, after: str) -> tuple[bool, bool]:
    """Whether a run of signs can begin something, and whether it can end something."""
    opens = bool(after) and not after.isspace()
    closes = bool(before) and not before.isspace()
    if run[0] == "_":
        # Inside a word it is a part of the word's spelling.
        return opens and not before.isalnum(), closes and not after.isalnum()
    return opens, closes


def _marks(run: str, closes: bool, innermost: str) -> tuple[str, ...]:
    """Three signs are two marks; what was begun last ends first."""
    if len(run) < 3:
        return (run,)
    return (run[0], run[1:]) if closes and innermost == run[0] else (run[:2], run[2])


class _Pairing:
    """Marks that find their partner become a look; the others stay text. Each mark is looked at twice at most."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, str]] = []
        self._counts: dict[str, int] = {}
        self._changes: dict[int, tuple[str, int]] = {}

    @property
    def innermost(self) -> str:
        return self._waiting[-1][1] if self._waiting else ""

    def meet(self, index: int, mark: str, opens: bool, closes: bool) -> None:
        """The piece at `index` is a mark."""
        if closes and self._counts.get(mark, 0):
            while self._waiting[-1][1] != mark:
                self._counts[self._waiting.pop()[1]] -= 1
            begin, _ = self._waiting.pop()
            self._counts[mark] -= 1
            if begin < index - 1:
                self._changes[begin], self._changes[index] = (_STYLES[mark], 1), (_STYLES[mark], -1)
        elif opens:
            self._waiting.append((index, mark))
            self._counts[mark] = self._counts.get(mark, 0) + 1

    def styled(self, pieces: list[Span]) -> list[Span]:
        depth = {"bold": 0, "italic": 0, "struck": 0}
        found: list[Span] = []
        for index, piece in enumerate(pieces):
            if index in self._changes:
                style, change = self._changes[index]
                depth[style] += change
                continue
            if any(depth.values()):
                styles = {style: count > 0 for style, count in depth.items()}
                piece = Span(piece.text, code=piece.code, address=piece.address, **styles)
            found.append(piece)
        return found


def _joined(pieces: list[Span]) -> tuple[Span, ...]:
    """Neighbours of one look as one."""
    same = groupby(
        (piece for piece in pieces if piece.text), lambda one: (one.bold, one.italic, one.struck, one.code, one.address)
    )
    return tuple(Span("".join(piece.text for piece in group), *look) for look, group in same)
