"""Money: whole base units inside, decimal text at the edge, floats nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from r3mes_launcher.sentence import NumberText, Sentence
from r3mes_launcher.wallet.errors import Problem, WalletError

MAX_AMOUNT = 2**255 - 1
"""Cosmos' integers end at 256 bits including the sign."""
MAX_TYPED_CHARACTERS = 100
DECIMAL_PLACES_OF_CHAIN = 18
"""Rewards and prices come with 18 decimal places."""

_DENOM = re.compile(r"[a-zA-Z][a-zA-Z0-9/:._-]{2,127}")
_INTEGER = re.compile(r"0|[1-9][0-9]{0,77}")
_COIN = re.compile(r"(0|[1-9][0-9]{0,77})([a-zA-Z][a-zA-Z0-9/:._-]{2,127})")
_CHAIN_DECIMAL = re.compile(r"([0-9]{1,78})(?:\.([0-9]{1,18}))?")
_CHAIN_PRICE = re.compile(r"([0-9.]+)([a-zA-Z][a-zA-Z0-9/:._-]{2,127})")
_PLAIN = re.compile(r"([0-9]+)(?:[.,]([0-9]+))?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:(?P<mark>[.,])[0-9]{3})(?:(?P=mark)[0-9]{3})*(?:(?!(?P=mark))[.,]([0-9]+))?")


class Coin(NamedTuple):
    denom: str
    amount: int
    """In base units."""

    def __str__(self) -> str:
        return f"{self.amount}{self.denom}"


def check_denom(denom: str) -> str:
    if not _DENOM.fullmatch(denom):
        raise WalletError(Problem.BAD_AMOUNT, "This is not the name of a coin on a Cosmos chain.")
    return denom


def parse_integer(text: str) -> int:
    """A base-unit amount as the chain writes it. Raises BAD_AMOUNT for signs, blanks, leading zeros and the like."""
    if not _INTEGER.fullmatch(text) or int(text) > MAX_AMOUNT:
        raise WalletError(Problem.BAD_AMOUNT, "An amount in base units is a whole number without sign or separators.")
    return int(text)


def parse_coin(text: str) -> Coin:
    """Coin text like 1000000ur3mes."""
    match = _COIN.fullmatch(text)
    if match is None:
        raise WalletError(Problem.BAD_AMOUNT, "A coin looks like 1000000ur3mes: a whole number and the coin's name.")
    return Coin(match[2], parse_integer(match[1]))


def parse_amount(text: str, decimals: int = 6) -> int:
    """What a person typed, in REMES, as base units.

    Point and comma both may be the decimal mark. Where a text means one number in Turkish and another in English
    (“1.000”), it is refused rather than guessed; where it can mean only one (“1.000,5”, “1,234,567”), it is taken.
    """
    typed = text.strip()
    if not typed or len(typed) > MAX_TYPED_CHARACTERS:
        raise WalletError(Problem.BAD_AMOUNT, "Type an amount, like 12.5.")
    plain = _PLAIN.fullmatch(typed)
    grouped = _GROUPED.fullmatch(typed)
    if grouped is not None and typed[0] != "0":
        marks = [character for character in typed if character in ".,"]
        if len(marks) == 1:
            whole, part = re.split(r"[.,]", typed)
            raise WalletError(
                Problem.BAD_AMOUNT,
                Sentence(
                    "“{typed}” can mean {whole} or {start} and a fraction.",
                    typed=typed,
                    whole=whole + part,
                    start=whole,
                ),
                Sentence(
                    "Write {whole} for the first, or {fraction} for the second.",
                    whole=whole + part,
                    fraction=f"{whole}.{(part.rstrip('0') or '0') if part.rstrip('0') != part else part + '0'}",
                ),
            )
        fraction = grouped[2] or ""
        whole = re.sub(r"[.,]", "", typed[: len(typed) - len(fraction)] if fraction else typed)
    elif plain is not None:
        whole, fraction = plain[1], plain[2] or ""
    else:
        raise WalletError(
            Problem.BAD_AMOUNT,
            "This is not an amount.",
            "Use digits and one decimal mark, like 12.5 or 12,5; no sign, no blanks, no exponent.",
        )
    if len(fraction) > decimals:
        raise WalletError(
            Problem.BAD_AMOUNT,
            Sentence("An amount has at most {decimals} places after the decimal mark.", decimals=decimals),
        )
    amount = int(whole + fraction.ljust(decimals, "0"))
    if amount > MAX_AMOUNT:
        raise WalletError(Problem.BAD_AMOUNT, "This amount is larger than any chain can hold.")
    return amount


def format_amount(amount: int, decimals: int = 6, unit: str = "") -> NumberText:
    """Base units in REMES: a point, no groups, no zeros at the end; `parse_amount` reads it back without doubt.

    With a `unit`, its name stands behind.
    """
    sign, digits = ("-" if amount < 0 else ""), str(abs(amount)).rjust(decimals + 1, "0")
    behind = f" {unit}" if unit else ""
    if decimals == 0:
        return NumberText(sign + digits + behind)
    whole, fraction = digits[:-decimals], digits[-decimals:].rstrip("0")
    if len(fraction) == 3 and len(whole) <= 3 and whole != "0":
        fraction += "0"  # 1.234 would be 1234 to a Turkish reader
    return NumberText((f"{sign}{whole}.{fraction}" if fraction else sign + whole) + behind)


def floor_of_decimal(text: str) -> int:
    """The whole base units in one of the chain's 18-place decimals, like rewards; the dust is never rounded up."""
    match = _CHAIN_DECIMAL.fullmatch(text)
    if match is None:
        raise WalletError(Problem.BAD_ANSWER, "The chain's answer holds an amount that is not a decimal number.")
    return int(match[1])


class GasPrice(NamedTuple):
    """The price of one unit of gas, exactly: numerator / 10^18 base units of `denom`."""

    denom: str
    attos: int

    def fee(self, gas_limit: int) -> Coin:
        """The fee for a gas limit, rounded up as the chain's own check does."""
        return Coin(self.denom, -(-self.attos * gas_limit // 10**DECIMAL_PLACES_OF_CHAIN))

    def __str__(self) -> str:
        whole, fraction = divmod(self.attos, 10**DECIMAL_PLACES_OF_CHAIN)
        places = str(fraction).rjust(DECIMAL_PLACES_OF_CHAIN, "0").rstrip("0")
        return f"{whole}.{places}{self.denom}" if places else f"{whole}{self.denom}"


def parse_gas_price(text: str) -> GasPrice:
    """A price as nodes write it: 0.025000000000000000ur3mes. Raises BAD_ANSWER."""
    match = _CHAIN_PRICE.fullmatch(text.strip())
    number = _CHAIN_DECIMAL.fullmatch(match[1]) if match else None
    if match is None or number is None:
        raise WalletError(Problem.BAD_ANSWER, "The gas price is not a decimal number with a coin's name.")
    attos = int(number[1]) * 10**DECIMAL_PLACES_OF_CHAIN + int((number[2] or "").ljust(DECIMAL_PLACES_OF_CHAIN, "0"))
    return GasPrice(match[2], attos)


def normal_coins(coins: Iterable[Coin]) -> tuple[Coin, ...]:
    """Coins as a chain wants a list of them: sorted by name, each name once, none zero."""
    ordered = tuple(sorted(coins))
    names = [coin.denom for coin in ordered]
    if len(set(names)) != len(names) or any(coin.amount <= 0 for coin in ordered):
        raise WalletError(Problem.BAD_AMOUNT, "Each coin of a list appears once and is more than nothing.")
    for name in names:
        check_denom(name)
    return ordered
