"""A price as a person types it. Pure."""

from __future__ import annotations

import re
from decimal import Decimal

MAX_CHARACTERS = 30
_PLAIN = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,10}))?")


def typed_price(text: str) -> Decimal:
    """Point and comma both are the decimal mark; nothing typed is 0. Raises ValueError with a sentence."""
    typed = text.strip()
    if not typed:
        return Decimal(0)
    match = _PLAIN.fullmatch(typed) if len(typed) <= MAX_CHARACTERS else None
    if match is None:
        raise ValueError("Type a price such as 0.30: digits and one decimal mark, no sign and no unit.")
    return Decimal(f"{match[1]}.{match[2] or '0'}")


def price_text(price: Decimal) -> str:
    """As it may be typed again, without zeros at the end; nothing for 0."""
    if not price:
        return ""
    text = f"{price:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
