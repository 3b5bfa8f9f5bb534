from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.wallet.amounts import (
    MAX_AMOUNT,
    Coin,
    floor_of_decimal,
    format_amount,
    normal_coins,
    parse_amount,
    parse_coin,
    parse_gas_price,
    parse_integer,
)
from r3mes_launcher.wallet.errors import Problem, WalletError


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", 0),
        ("1", 1_000_000),
        (" 12,5 ", 12_500_000),
        ("12.5", 12_500_000),
        ("0.000001", 1),
        ("0,000001", 1),
        ("0.500", 500_000),
        ("0,125", 125_000),
        ("1234.500", 1_234_500_000),
        ("1.0000", 1_000_000),
        ("1.000,5", 1_000_500_000),
        ("1,000.5", 1_000_500_000),
        ("1.234.567", 1_234_567_000_000),
        ("1,234,567", 1_234_567_000_000),
        ("1.234.567,891234", 1_234_567_891_234),
        ("1,234,567.891", 1_234_567_891_000),
        ("0100", 100_000_000),
    ],
)
def test_typed_amounts(text: str, amount: int) -> None:
    assert parse_amount(text) == amount


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1.000", "can mean 1000 or 1"),
        ("1,000", "can mean 1000 or 1"),
        ("12.345", "can mean 12345 or 12"),
        ("999,999", "can mean"),
        ("", "Type an amount"),
        ("1e6", "not an amount"),
        ("-1", "not an amount"),
        ("+1", "not an amount"),
        ("1 000", "not an amount"),
        ("1_000", "not an amount"),
        (".5", "not an amount"),
        ("5.", "not an amount"),
        ("1.2.3", "not an amount"),
        ("1.000,000,5", "not an amount"),
        ("1,00,000", "not an amount"),
        ("0x10", "not an amount"),
        ("NaN", "not an amount"),
        ("１２", "not an amount"),
        ("١٢", "not an amount"),
        ("1.0000001", "at most 6 places"),
        ("1.000,1234567", "at most 6 places"),
        ("9" * 90, "larger than any chain"),
        ("9" * 9000, "Type an amount"),
    ],
)
def test_doubtful_amounts_are_refused(text: str, words: str) -> None:
    with pytest.raises(WalletError, match=words) as caught:
        parse_amount(text)
    assert caught.value.problem is Problem.BAD_AMOUNT


@given(st.integers(0, 10**20))
def test_shown_amounts_read_back(amount: int) -> None:
    assert parse_amount(format_amount(amount)) == amount
    assert parse_amount(format_amount(amount).replace(".", ",")) == amount


@given(st.text(alphabet="0123456789.,", max_size=24))
def test_an_amount_that_is_taken_means_the_same_in_both_languages(text: str) -> None:
    """Whatever is accepted has no second reading as a number with the other language's marks."""
    try:
        amount = parse_amount(text)
    except WalletError:
        return
    readings = set()
    for group, mark in ((".", ","), (",", ".")):
        whole, _, fraction = text.partition(mark)
        groups = whole.split(group)
        grouped = len(groups) > 1
        if mark in fraction or group in fraction or not all(part.isdigit() for part in groups):
            continue
        if (fraction and not fraction.isdigit()) or (mark in text and not fraction):
            continue
        if grouped and (not 1 <= len(groups[0]) <= 3 or groups[0][0] == "0" or any(len(p) != 3 for p in groups[1:])):
            continue
        readings.add(int("".join(groups)) * 10**6 + int(fraction.ljust(6, "0") or 0))
    assert readings == {amount}


@pytest.mark.parametrize("text", ["", "01", "+1", "-1", " 1", "1.0", "1e3", "１", str(2**256)])
def test_base_units_are_plain_integers(text: str) -> None:
    with pytest.raises(WalletError):
        parse_integer(text)


def test_chain_numbers() -> None:
    assert parse_integer(str(MAX_AMOUNT)) == MAX_AMOUNT
    assert parse_coin("1000000ur3mes") == Coin("ur3mes", 1_000_000)
    assert floor_of_decimal("31791.945323487975000000") == 31791
    price = parse_gas_price("0.025000000000000000ur3mes")
    assert str(price) == "0.025ur3mes" and price.fee(200_000) == Coin("ur3mes", 5_000)
    assert price.fee(200_001) == Coin("ur3mes", 5_001)
    assert str(parse_gas_price("0stake")) == "0stake"
    for wrong in ("", "0.025", "ur3mes", "1.2.3x", "0.0250000000000000001ur3mes", "-1ur3mes"):
        with pytest.raises(WalletError):
            parse_gas_price(wrong)


def test_coin_lists_are_sorted_and_single() -> None:
    assert normal_coins([Coin("ur3mes", 1), Coin("stake", 2)]) == (Coin("stake", 2), Coin("ur3mes", 1))
    for wrong in ([Coin("stake", 1), Coin("stake", 2)], [Coin("stake", 0)], [Coin("1x", 1)]):
        with pytest.raises(WalletError):
            normal_coins(wrong)
