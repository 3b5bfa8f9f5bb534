"""The words for why there are no earnings to see, and figures as the page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from PySide6.QtCore import QLocale

from r3mes_launcher.core.earnings.money_text import money_text
from r3mes_launcher.core.earnings.standing import Standing
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.language import translate
from r3mes_launcher.ui.tokens import Tone


class Remedy(StrEnum):
    """What the button beside the words does."""

    SIGN_IN = "sign_in"
    WALLET = "wallet"
    HOME = "home"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class StandingWords:
    title: str
    hint: str
    remedy: Remedy | None
    button: str
    tone: Tone


def standing_words(standing: Standing) -> StandingWords:
    """The same in English as the core's own sentences."""
    title, hint = _sentences()[standing]
    remedy, tone = _REMEDIES[standing]
    button = "" if remedy is None else _buttons()[remedy]
    return StandingWords(title, hint, remedy, button, tone)


def _sentences() -> dict[Standing, tuple[str, str]]:
    return {
        Standing.READY: ("", ""),
        Standing.NO_GATEWAY: (
            translate("Earnings", "There is no gateway yet."),
            translate("Earnings", "Wait until it has started, or choose one on Home."),
        ),
        Standing.NO_ACCOUNTS: (
            translate("Earnings", "This gateway keeps no accounts, so it knows of no earnings."),
            translate(
                "Earnings",
                "A gateway on this computer is for trying things out. Nodes earn at a gateway of the network: "
                "choose it on Home.",
            ),
        ),
        Standing.OFFLINE: (
            translate("Earnings", "The gateway can't be reached."),
            translate("Earnings", "It is asked again by itself."),
        ),
        Standing.NO_WALLET: (
            translate("Earnings", "There is no wallet yet."),
            translate(
                "Earnings",
                "Earnings belong to the wallet that granted this node its roles. Make one on the Wallet page.",
            ),
        ),
        Standing.LOCKED: (
            translate("Earnings", "The wallet is locked."),
            translate("Earnings", "Unlock it on the Wallet page: it signs in at the gateway."),
        ),
        Standing.WATCH_ONLY: (
            translate(
                "Earnings", "This wallet is only watched: its key is not here, so it can't sign in at the gateway."
            ),
            translate("Earnings", "Choose a wallet with a key, or restore this one from its words."),
        ),
        Standing.SIGNED_OUT: (
            translate("Earnings", "The gateway tells earnings to their owner alone."),
            translate(
                "Earnings",
                "Sign in: the wallet signs a text that proves that the address is yours. It moves no coins and "
                "costs nothing.",
            ),
        ),
        Standing.OTHER_GATEWAY: (
            translate(
                "Earnings",
                "The gateway asked for a signature for another address than the one that is in use, so nothing "
                "was signed.",
            ),
            translate(
                "Earnings",
                "Its operator has to set its public address, or you choose the gateway by that address.",
            ),
        ),
        Standing.REFUSED: (
            translate("Earnings", "The gateway did not give the earnings."),
            translate("Earnings", "Try again, or ask its operator."),
        ),
    }


_REMEDIES: dict[Standing, tuple[Remedy | None, Tone]] = {
    Standing.READY: (None, Tone.NEUTRAL),
    Standing.NO_GATEWAY: (Remedy.HOME, Tone.NEUTRAL),
    Standing.NO_ACCOUNTS: (Remedy.HOME, Tone.NEUTRAL),
    Standing.OFFLINE: (Remedy.AGAIN, Tone.WARNING),
    Standing.NO_WALLET: (Remedy.WALLET, Tone.NEUTRAL),
    Standing.LOCKED: (Remedy.WALLET, Tone.NEUTRAL),
    Standing.WATCH_ONLY: (Remedy.WALLET, Tone.NEUTRAL),
    Standing.SIGNED_OUT: (Remedy.SIGN_IN, Tone.NEUTRAL),
    Standing.OTHER_GATEWAY: (Remedy.HOME, Tone.WARNING),
    Standing.REFUSED: (Remedy.AGAIN, Tone.WARNING),
}


def _buttons() -> dict[Remedy, str]:
    return {
        Remedy.SIGN_IN: translate("Earnings", "Sign in"),
        Remedy.WALLET: translate("Earnings", "Open the wallet"),
        Remedy.HOME: translate("Earnings", "Open Home"),
        Remedy.AGAIN: translate("Earnings", "Try again"),
    }


def role_name(role: str) -> str:
    """A role of a newer gateway is shown as it came."""
    return {
        "serving": translate("Earnings", "Serving"),
        "mining": translate("Earnings", "Mining"),
    }.get(role, role)


def price(value: Decimal | None, currency: str) -> str:
    """`1234,50 EUR` with the decimal sign of the language; an en dash where nobody can tell."""
    if value is None:
        return "–"
    return f"{figures.number(money_text(value))} {currency}".strip().replace(" ", "\u00a0")


def energy(kwh: Decimal) -> str:
    """`1.24 kWh`; `85 Wh` for less than a tenth."""
    return figures.energy(float(kwh)).replace(" ", "\u00a0")


def day_name(day: date, today: date) -> str:
    if day == today:
        return translate("Earnings", "Today")
    weekday = QLocale().standaloneDayName(day.isoweekday(), QLocale.FormatType.ShortFormat)
    return f"{day.isoformat()} {weekday}"
