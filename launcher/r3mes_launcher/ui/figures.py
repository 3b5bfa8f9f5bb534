"""Figures as a person reads them. Pure functions; times and values are passed in."""

from __future__ import annotations

import math
import re
from datetime import datetime

from PySide6.QtCore import QLocale

from r3mes_launcher.ui.language import translate

THIN_SPACE = "\u202f"
_UNKNOWN = "–"
_NUMBER = re.compile(r"([0-9]+)(?:\.([0-9]+))?")


def number(text: str) -> str:
    """Every number of a text, written with a point, as the language writes it: `12 345,67 REMES`.

    Thin spaces between groups mean the same in every language, which points and commas do not.
    """

    def written(found: re.Match[str]) -> str:
        whole = f"{int(found[1]):,}".replace(",", THIN_SPACE)
        return whole if found[2] is None else f"{whole}{QLocale().decimalPoint()}{found[2]}"

    if text.endswith(" %"):
        return percent(text[:-2])
    return _NUMBER.sub(written, text)


def percent(text: str) -> str:
    """`12.5` as a share of a hundred; in some languages the sign stands before the number."""
    return translate("Figures", "{number} %").format(number=number(text))


def decimal(value: float) -> str:
    """One digit after the decimal sign of the language."""
    return number(f"{value:.1f}")


def size(count: float) -> str:
    """Bytes in the decimal units of download pages: `231 MB`."""
    for unit, divisor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= divisor:
            value = count / divisor
            return f"{decimal(value)} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return f"{count:.0f} B"


def memory(megabytes: int | None) -> str:
    """Graphics memory in binary gigabytes, as the cards are sold: `7.4 GiB`."""
    if megabytes is None:
        return _UNKNOWN
    return f"{decimal(megabytes / 1024)} GiB" if megabytes >= 1024 else f"{megabytes} MiB"


def duration(seconds: float) -> str:
    """`48 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h`."""
    whole = max(0, int(seconds))
    days, hours, minutes, rest = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    if days:
        return translate("Figures", "{days} d {hours} h").format(days=days, hours=hours)
    if hours:
        return translate("Figures", "{hours} h {minutes:02d} min").format(hours=hours, minutes=minutes)
    if minutes:
        return translate("Figures", "{minutes} min {seconds:02d} s").format(minutes=minutes, seconds=rest)
    return translate("Figures", "{seconds} s").format(seconds=rest)


def span(seconds: float) -> str:
    """A round time, by its largest unit: `10 min`, `24 h`, `7 d`."""
    whole = round(seconds)
    if whole > 86400 * 2:
        return translate("Figures", "{days} d").format(days=round(whole / 86400))
    if whole >= 7200:
        return translate("Figures", "{hours} h").format(hours=round(whole / 3600))
    if whole >= 120:
        return translate("Figures", "{minutes} min").format(minutes=round(whole / 60))
    return translate("Figures", "{seconds} s").format(seconds=whole)


def remaining(seconds: float) -> str:
    """Like `duration`, rounded up: a countdown ends at 1 s, not at a long 0."""
    return duration(math.ceil(max(0.0, seconds)))


def count(value: int) -> str:
    """`1 234 567` with thin spaces."""
    return f"{value:,}".replace(",", THIN_SPACE)


def rate(value: float) -> str:
    """Tokens a second."""
    if value >= 100:
        return f"{value:.0f}"
    return decimal(value)


def clock(at: float) -> str:
    """Local time of day."""
    return datetime.fromtimestamp(at).strftime("%H:%M:%S")


def day_and_hour(at: float) -> str:
    """Local date and time, for what is further away than a day."""
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M")


def day_and_time(at: float) -> str:
    """Local date and time to the second."""
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M:%S")


def energy(kilowatt_hours: float) -> str:
    """`1.24 kWh`, `85 Wh`."""
    if kilowatt_hours < 0.1:
        return f"{kilowatt_hours * 1000:.0f} Wh"
    return number(f"{kilowatt_hours:.2f} kWh")


def value(measured: float | None, unit: str, digits: int = 0) -> str:
    """`62 °C`; an en dash where the card does not tell."""
    return _UNKNOWN if measured is None else number(f"{measured:.{digits}f} {unit}")
