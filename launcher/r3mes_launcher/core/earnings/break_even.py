"""Whether serving brings less than its electricity costs. Pure.

What serving brings is measured over the last hours in which the node served: the gateway's earnings of this node and
the energy of its cards. While the node stands still, nothing new is measured; then only the prices can change the
answer (a cheaper hour of the tariff, another price that the person typed), or a new trial after a while.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from r3mes_launcher.core.earnings.card_day import MILLIJOULES_PER_KWH

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A while in which the node served."""

    seconds: float
    millijoules: int
    earned: int
    """Base units."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What was measured; the newest piece last."""

    pieces: tuple[Piece, ...] = ()
    stopped_since: float | None = None
    """Since when the node stands still because of what was measured."""

    @property
    def seconds(self) -> float:
        return sum(piece.seconds for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class BreakEven:
    """An hour of serving, in the person's currency. None while too little was measured or a price is missing."""

    income: Decimal | None = None
    cost: Decimal | None = None
    currency: str = ""
    measured_s: float = 0.0
    window_s: float = 0.0
    """How long serving must be measured; 0 while the rule is off."""

    @property
    def is_known(self) -> bool:
        return self.income is not None and self.cost is not None


def measured(trial: Trial, piece: Piece, window_s: float) -> Trial:
    """With one more piece. Pieces go from the old end as long as the rest still fills the window."""
    if piece.seconds <= 0:
        return trial
    pieces = [*trial.pieces, piece]
    total = sum(each.seconds for each in pieces)
    while total - pieces[0].seconds >= window_s:
        total -= pieces.pop(0).seconds
    return replace(trial, pieces=tuple(pieces))


def after_stop(trial: Trial, is_stopped: bool, now: float, retry_s: float) -> Trial:
    """Notes that the node stands still. After `retry_s` seconds of it what was measured is out of date: a new trial."""
    if not is_stopped:
        return replace(trial, stopped_since=None)
    if trial.stopped_since is None:
        return replace(trial, stopped_since=now)
    return Trial() if now - trial.stopped_since >= retry_s else trial


def break_even(
    trial: Trial, window_s: float, coin_price: Decimal | None, kwh_price: Decimal | None, currency: str, decimals: int
) -> BreakEven:
    """What an hour of serving brings and costs at these prices."""
    seconds = trial.seconds
    milliseconds = round(seconds * 1000)
    if not milliseconds or seconds < window_s or coin_price is None or kwh_price is None:
        return BreakEven(currency=currency, measured_s=seconds)
    hours = milliseconds / Decimal(round(HOUR_S * 1000))
    earned = Decimal(sum(piece.earned for piece in trial.pieces)).scaleb(-decimals)
    kwh = sum(piece.millijoules for piece in trial.pieces) / MILLIJOULES_PER_KWH
    return BreakEven(earned * coin_price / hours, kwh * kwh_price / hours, currency, seconds)
