"""Amounts and times as the wallet's pages show them."""

from __future__ import annotations

from datetime import datetime

from r3mes_launcher.core.wallet_state import Unit
from r3mes_launcher.ui import figures
from r3mes_launcher.wallet.amounts import format_amount


def money(unit: Unit, amount: int) -> str:
    """`12 345.67 REMES`, or `12 345,67 REMES` where the language writes it so."""
    return f"{plain_amount(unit, amount)}\u00a0{unit.display}"


def plain_amount(unit: Unit, amount: int) -> str:
    """Without the unit, for a column that names it once."""
    return figures.number(format_amount(amount, unit.decimals))


def moment(at: float | None) -> str:
    """Local date and time; an en dash where the chain does not tell."""
    return "–" if at is None else datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M")
