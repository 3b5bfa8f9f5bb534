"""One day of a node as it was recorded: what its cards, its engine and its users did. The demo plays it.

The file is gzipped JSON lines. The first line describes the recording; each later one is an object with one key, which
says what it is: `figures` (all cards at one moment, one line every `sample_s` seconds), `request`, `use` (another
program on a card), `loss` (of the gateway) and `fault` (the engine ends by itself). Times are seconds after the day's
begin.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r3mes_launcher.sentence import Sentence

FORMAT = "r3mes-recorded-day"
VERSION = 1
MAX_BYTES = 16 * 1024 * 1024
"""Unpacked. A busy day of eight cards has a quarter of that."""


class RecordingError(ValueError):
    """The recording can't be played; the message is a sentence for the person."""


@dataclass(frozen=True, slots=True)
class CardFigures:
    utilisation_percent: float
    memory_mb: float
    temperature_c: float
    power_w: float


@dataclass(frozen=True, slots=True)
class RecordedCard:
    uuid: str
    name: str
    compute_capability: str
    memory_total_mb: int
    power_limit_w: float
    idle: CardFigures
    """What it shows while no engine runs."""


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """As the engine told it when it had ended, at `at`."""

    at: float
    prompt_tokens: int
    completion_tokens: int
    first_token_ms: int | None
    duration_ms: int
    outcome: str
    adapter: str
    """Empty: the base model."""

    @property
    def begin(self) -> float:
        return self.at - self.duration_ms / 1000


@dataclass(frozen=True, slots=True)
class RecordedUse:
    """Another program holds memory of a card."""

    at: float
    until: float
    card: int
    program: str
    memory_mb: int


@dataclass(frozen=True, slots=True)
class RecordedLoss:
    """The engine has no session with the gateway."""

    at: float
    until: float
    reason: str


@dataclass(frozen=True, slots=True)
class RecordedFault:
    """The engine ends by itself, and may be started again."""

    at: float
    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class RecordedDay:
    length_s: float
    opens_at: float
    """Where the demo begins to play; what comes before is its past."""
    sample_s: float
    model: str
    units_per_token: int
    """What the gateway paid for a token of an answer, in base units of the coin."""
    cards: tuple[RecordedCard, ...]
    figures: tuple[tuple[CardFigures, ...], ...]
    """By sample, then by card."""
    requests: tuple[RecordedRequest, ...]
    """By their ends."""
    uses: tuple[RecordedUse, ...]
    losses: tuple[RecordedLoss, ...]
    faults: tuple[RecordedFault, ...]

    def card_at(self, card: int, offset: float) -> CardFigures:
        """A card at a moment of the day, between two samples in a straight line. The day repeats itself."""
        place, part = divmod(offset % self.length_s, self.sample_s)
        before = self.figures[int(place) % len(self.figures)][card]
        after = self.figures[(int(place) + 1) % len(self.figures)][card]
        return mixed(before, after, part / self.sample_s)

    def uses_at(self, offset: float) -> tuple[RecordedUse, ...]:
        offset %= self.length_s
        return tuple(use for use in self.uses if use.at <= offset < use.until)


def mixed(first: CardFigures, second: CardFigures, share: float) -> CardFigures:
    """From the first (share 0) to the second (share 1)."""

    def between(one: float, other: float) -> float:
        return one + (other - one) * share

    return CardFigures(
        between(first.utilisation_percent, second.utilisation_percent),
        between(first.memory_mb, second.memory_mb),
        between(first.temperature_c, second.temperature_c),
        between(first.power_w, second.power_w),
    )


def read_day(path: Path) -> RecordedDay:
    """Raises RecordingError."""
    try:
        with gzip.open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, EOFError) as error:
        why = Sentence("The demo's recording can't be read ({why}). Install R3MES again.", why=error)
        raise RecordingError(why) from None
    if len(data) > MAX_BYTES:
        raise RecordingError("The demo's recording is larger than any is. Install R3MES again.")
    return parse_day(data.decode("utf-8", "replace"))


def parse_day(text: str) -> RecordedDay:
    """Raises RecordingError."""
    try:
        head, *lines = (json.loads(line) for line in text.splitlines())
        if (head["format"], head["version"]) != (FORMAT, VERSION):
            raise RecordingError("The demo's recording is of another version. Install R3MES again.")
        return _day(head, lines)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        if isinstance(error, RecordingError):
            raise
        why = Sentence("The demo's recording is damaged ({why}). Install R3MES again.", why=error)
        raise RecordingError(why) from None


def _day(head: dict[str, Any], lines: list[dict[str, Any]]) -> RecordedDay:
    def all_of(kind: str) -> list[Any]:
        return [line[kind] for line in lines if kind in line]

    cards = tuple(RecordedCard(**{**card, "idle": CardFigures(*card["idle"])}) for card in head["cards"])
    figures = tuple(tuple(CardFigures(*card) for card in sample) for sample in all_of("figures"))
    length_s, sample_s = float(head["length_s"]), float(head["sample_s"])
    if not cards or sample_s <= 0 or len(figures) != round(length_s / sample_s):
        raise ValueError("cards and samples don't fit together")
    if any(len(sample) != len(cards) for sample in figures):
        raise ValueError("a sample has not every card")
    return RecordedDay(
        length_s=length_s,
        opens_at=float(head["opens_at"]),
        sample_s=sample_s,
        model=str(head["model"]),
        units_per_token=int(head["units_per_token"]),
        cards=cards,
        figures=figures,
        requests=tuple(sorted((RecordedRequest(*values) for values in all_of("request")), key=lambda each: each.at)),
        uses=tuple(RecordedUse(**values) for values in all_of("use")),
        losses=tuple(RecordedLoss(**values) for values in all_of("loss")),
        faults=tuple(RecordedFault(**values) for values in all_of("fault")),
    )
