"""`r3mes earnings`: what this computer's node earned and what is left after its electricity."""

from __future__ import annotations

import asyncio
import getpass
import json
import sys
from collections.abc import Mapping
from typing import Any

from r3mes_launcher.core.control.messages import BadMessage, ControlError
from r3mes_launcher.terminal.control_commands import NOBODY, Place, Terminal
from r3mes_launcher.terminal.exit_status import ExitStatus
from r3mes_launcher.terminal.running import NotRunning, ask_running
from r3mes_launcher.wallet.amounts import format_amount

MAX_PASSWORD_CHARACTERS = 1024
SHOWN_DAYS = 7


async def earnings(place: Place, terminal: Terminal, days: int, form: str, sign_in: bool) -> int:
    """`form` is `text`, `json` or `csv`. OK where the gateway told the earnings, else FAILED with what helps."""
    try:
        if sign_in:
            password = await asyncio.to_thread(read_password)
            await ask_running(place.folder, "earnings.sign_in", {"password": password})
        if form == "csv":
            table = await ask_running(place.folder, "earnings", {"days": days, "table": True})
            terminal.write(str(table.get("text", "")).rstrip("\n"))
            return ExitStatus.OK
        document = await ask_running(place.folder, "earnings", {"days": days})
    except NotRunning:
        terminal.complain(NOBODY)
        return ExitStatus.NOT_RUNNING
    except (ControlError, BadMessage) as error:
        terminal.complain(f"r3mes: {error}")
        return ExitStatus.FAILED
    terminal.write(json.dumps(document, indent=2, ensure_ascii=False) if form == "json" else said(document))
    if document.get("standing") == "ready":
        return ExitStatus.OK
    hint = str(document.get("hint", ""))
    if document.get("standing") == "signed_out":
        hint += " `r3mes earnings --sign-in` does that."
    elif document.get("standing") == "locked":
        hint = "`r3mes earnings --sign-in` asks for its password and signs in."
    terminal.complain(f"r3mes: {document.get('message', '')} {hint}".rstrip())
    return ExitStatus.FAILED


def read_password() -> str:
    """From the terminal without showing it, or the first line of the standard input. Blocks."""
    if sys.stdin.isatty():
        return getpass.getpass("Password of the wallet: ")
    return sys.stdin.readline(MAX_PASSWORD_CHARACTERS).rstrip("\r\n")


def said(document: Mapping[str, Any]) -> str:
    """The totals and the newest days, for people."""
    currency = str(document.get("currency") or "")
    names = ("", "earned", "pending", "here", "energy", "electricity", "profit")
    totals = document["totals"]
    rows = [
        _row("Today", totals["today"], currency),
        _row("7 days", totals["7_days"], currency),
        _row("30 days", totals["30_days"], currency),
    ]
    rows += [_row(str(day["day"]), day, currency) for day in document["days"][:SHOWN_DAYS]]
    widths = [max(len(row[column]) for row in (names, *rows)) for column in range(len(names))]
    lines = []
    for row in (names, *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(widths[place]) for place, cell in enumerate(row) if place)]
        lines.append("  ".join(cells).rstrip())
    held, paid = format_amount(document["pending"]), format_amount(document["settled"])
    lines.append(f"Of all time: {held} REMES pending, {paid} REMES settled.")
    if document.get("remes_price") is None:
        lines.append("Without a price of a REMES there is no profit: `r3mes settings set remes_price 0.05`.")
    if all(day["electricity"] is None for day in document["days"]):
        lines.append("The electricity has no price yet: `r3mes settings set electricity_price 0.30`.")
    return "\n".join(lines)


def _row(name: str, figures: Mapping[str, Any], currency: str) -> tuple[str, ...]:
    def money(value: object) -> str:
        return "–" if value is None else f"{value} {currency}".strip()

    return (
        name,
        f"{format_amount(figures['earned'])} REMES",
        format_amount(figures["pending"]),
        format_amount(figures["earned_here"]),
        f"{figures['energy_kwh']} kWh",
        money(figures["electricity"]),
        money(figures["profit"]),
    )
