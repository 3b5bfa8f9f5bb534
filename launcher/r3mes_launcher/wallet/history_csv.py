"""The history as a table for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from r3mes_launcher.wallet.chain_shapes import TransactionResult
from r3mes_launcher.wallet.payment_machine import Payment

COLUMNS = ("time", "height", "hash", "outcome", "gas_used", "what", "note")
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def history_csv(results: Iterable[TransactionResult], own: Iterable[Payment]) -> str:
    """Text in UTF-8 with CRLF, as RFC 4180 says. What others wrote can never become a formula."""
    summaries = {payment.tx_hash: payment.summary for payment in own}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for result in results:
        outcome = "ok" if result.code == 0 else f"failed ({result.codespace} {result.code})"
        row = (
            result.time,
            result.height,
            result.tx_hash,
            outcome,
            result.gas_used,
            summaries.get(result.tx_hash, ""),
            result.log if result.code else "",
        )
        writer.writerow([_harmless(str(cell)) for cell in row])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell
