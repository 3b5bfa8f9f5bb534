"""Amounts and times as the wallet's pages show them."""

from __future__ import annotations

from datetime import datetime

from r3mes_launcher.core.wallet_state import Unit
from r3mes_launcher.wallet.amounts import format_amount

THIN_SPACE = "\u202f"


def money(unit: Unit, amount: int) -> str:
    """`12 345.67 REMES`: grouped by thin spaces, which mean the same in every language."""
    return f"{grouped(format_amount(amount, unit.decimals))}\u00a0{unit.display}"


def grouped(number: str) -> str:
    """A plain number with its whole part in groups of three."""
    whole, point, fraction = number.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}".replace(",", THIN_SPACE) + point + fraction if digits.isdigit() else number


def moment(at: float | None) -> str:
    """Local date and time; an en dash where the chain does not tell."""
    return "–" if at is None else datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M")
