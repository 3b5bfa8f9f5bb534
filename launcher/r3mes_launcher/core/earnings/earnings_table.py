"""The overview as a table for spreadsheets, and as a document for scripts. Pure."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from r3mes_launcher.core.earnings.overview import DayFigures, EarningsOverview, Figures
from r3mes_launcher.core.earnings.standing import SENTENCES
from r3mes_launcher.core.history.request_record import inert
from r3mes_launcher.wallet.amounts import format_amount

SCHEMA = 1

CSV_COLUMNS = (
    "day",
    "node_id",
    "role",
    "this_computer",
    "deliveries",
    "tokens",
    "earned_remes",
    "settled_remes",
    "pending_remes",
    "energy_kwh",
    "currency",
    "income",
    "electricity",
    "profit",
)


def earnings_csv(seen: EarningsOverview, here: str, decimals: int = 6) -> str:
    """A row for each day and node, the newest first; energy and money stand in this computer's row of the day.

    Numbers have a point. Texts that others wrote can never become a formula.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for day in seen.days:
        for row in _rows(day, here, seen.currency, decimals):
            writer.writerow(row)
    return text.getvalue()


def _rows(day: DayFigures, here: str, currency: str, decimals: int) -> list[tuple[object, ...]]:
    figures = day.figures
    energy = (_kwh(figures.kwh), inert(currency), _money(figures.income), _money(figures.cost), _money(figures.profit))
    rows: list[tuple[object, ...]] = []
    told = False
    for node in day.nodes:
        mine = node.node_id == here
        settled = day.settled.get(node, 0)
        amounts = (node.earned, settled, node.earned - settled)
        rows.append(
            (
                day.day.isoformat(),
                inert(node.node_id),
                inert(node.role),
                "yes" if mine else "no",
                node.deliveries,
                node.tokens,
                *(format_amount(amount, decimals) for amount in amounts),
                *(energy if mine and not told else ("",) * 5),
            )
        )
        told = told or mine
    if not told and figures.kwh:
        # Electricity that brought nothing.
        rows.append((day.day.isoformat(), inert(here), "", "yes", 0, 0, "0", "0", "0", *energy))
    return rows


def earnings_document(seen: EarningsOverview, here: str) -> dict[str, Any]:
    """For scripts: names stay, more may come. Amounts are base units; money and energy are decimal text."""
    message, hint = SENTENCES[seen.standing]
    return {
        "schema": SCHEMA,
        "standing": seen.standing.value,
        "message": " ".join(part for part in (message, seen.detail) if part),
        "hint": hint,
        "owner": seen.owner,
        "read_at": None if seen.read_at is None else datetime.fromtimestamp(seen.read_at, UTC).isoformat(),
        "node_id": here,
        "currency": seen.currency,
        "remes_price": _text(seen.coin_price),
        "pending": seen.pending,
        "settled": seen.settled,
        "totals": {
            "today": _figures(seen.today),
            "7_days": _figures(seen.week),
            "30_days": _figures(seen.month),
        },
        "days": [{"day": day.day.isoformat(), **_figures(day.figures)} for day in seen.days],
        "nodes": [
            {
                "node_id": node.node_id,
                "this_computer": node.is_here,
                "role": node.role,
                "disputed": node.disputed,
                **_figures(node.figures),
            }
            for node in seen.nodes
        ],
        "gpus": [{"uuid": gpu.uuid, "name": gpu.name, **_figures(gpu.figures)} for gpu in seen.gpus],
        "break_even": {
            "income_per_hour": _text(seen.break_even.income),
            "electricity_per_hour": _text(seen.break_even.cost),
            "measured_s": round(seen.break_even.measured_s),
        },
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "earned": figures.earned,
        "earned_here": figures.here,
        "settled": figures.settled,
        "pending": figures.pending,
        "deliveries": figures.deliveries,
        "tokens": figures.tokens,
        "energy_kwh": _kwh(figures.kwh),
        "income": _text(figures.income),
        "electricity": _text(figures.cost),
        "profit": _text(figures.profit),
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else _money(value)


def _money(value: Decimal | None) -> str:
    """Six places: what a day of one card costs has them."""
    return "" if value is None else f"{value:.6f}"


def _kwh(value: Decimal) -> str:
    return f"{value:.6f}"
