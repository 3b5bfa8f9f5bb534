"""Prices as an operator writes them: `name=prompt/completion`, in base units for a million tokens. Pure."""

from __future__ import annotations

from collections.abc import Iterator

MAX_PRICE = 10**12
"""Base units for a million tokens: a thousand REMES for a thousand tokens. What is dearer is a slip of the pen."""


def price_list(text: str) -> tuple[str, ...]:
    """The entries of a list with commas, each in its plain form. Raises ValueError that names the first bad one."""
    entries = tuple(f"{name}={prompt}/{completion}" for name, prompt, completion in read_price_list(text.split(",")))
    names = [entry.rpartition("=")[0] for entry in entries]
    if len(set(names)) < len(names):
        raise ValueError("a model has one price")
    return entries


def read_price_list(entries: Iterator[str] | list[str] | tuple[str, ...]) -> Iterator[tuple[str, int, int]]:
    """Name, price of the prompt and price of the answer. Raises ValueError."""
    for entry in entries:
        if not entry.strip():
            continue
        name, _, prices = (part.strip() for part in entry.rpartition("="))
        prompt, slash, completion = prices.partition("/")
        if not name or not slash or not _is_price(prompt) or not _is_price(completion):
            raise ValueError(f"“{entry.strip()[:60]}” is not of the form name=prompt/completion")
        yield name, int(prompt), int(completion)


def _is_price(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 13 and int(text) <= MAX_PRICE
