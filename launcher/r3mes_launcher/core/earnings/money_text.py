"""Money as plain text with a point. Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

_LEAST_DIGITS = 2
_MOST_PLACES = 6


def money_text(value: Decimal) -> str:
    """Two places; more for what would otherwise be nothing: `1234.50`, `0.0042`, `-3.10`, `0.00`."""
    places = _LEAST_DIGITS
    if value and abs(value) < 1:
        # The first two digits that are not zero.
        places = min(_MOST_PLACES, max(_LEAST_DIGITS, _LEAST_DIGITS - 1 - value.adjusted()))
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    return f"{rounded if rounded else abs(rounded):f}"
