"""One JSON object from standard input, read strictly: secrets arrive here and nowhere else."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from r3mes_launcher.wallet.errors import Problem, WalletError

MAX_INPUT_BYTES = 1024 * 1024
MAX_COUNT = 2**64 - 1


def bad(message: str) -> WalletError:
    return WalletError(Problem.BAD_INPUT, message)


def read_text(stream: BinaryIO) -> str:
    data = stream.read(MAX_INPUT_BYTES + 1)
    if len(data) > MAX_INPUT_BYTES:
        raise bad("The input is larger than 1 MiB.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise bad("The input is not UTF-8 text.") from None


def parse_document(text: str) -> Any:
    """Any JSON without doubled names, special numbers or lone surrogates. The message never holds the input."""
    try:
        document = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_no_constant)
        # A lone surrogate can't be signed, stored or shown.
        json.dumps(document, ensure_ascii=False).encode()
    except WalletError:
        raise
    except (ValueError, RecursionError):
        raise bad("The input is not one well-formed JSON document.") from None
    return document


def _without_doubles(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise bad("The JSON names a field twice.")
    return document


def _no_constant(name: str) -> Any:
    raise bad("The JSON holds a number that is not finite.")


class Fields:
    """The fields of one JSON object, each taken once; what is left over at the end is refused."""

    def __init__(self, document: Any, what: str = "input") -> None:
        if not isinstance(document, dict):
            raise bad(f"The {what} is not a JSON object.")
        self._left: dict[str, Any] = dict(document)
        self._what = what

    def has(self, name: str) -> bool:
        return name in self._left

    def text(self, name: str, default: str | None = None) -> str:
        value = self._left.pop(name, default)
        if value is None and default is None:
            raise bad(f"The {self._what} lacks “{name}”.")
        if not isinstance(value, str):
            raise bad(f"“{name}” has to be text.")
        return value

    def count(self, name: str, default: int | None = None) -> int:
        """A whole number from 0 to 2^64 - 1, as a number or, as the chain writes it, as text."""
        value = self._left.pop(name, default)
        if value is None:
            raise bad(f"The {self._what} lacks “{name}”.")
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
            raise bad(f"“{name}” has to be a whole number.")
        return value

    def flag(self, name: str) -> bool:
        value = self._left.pop(name, False)
        if not isinstance(value, bool):
            raise bad(f"“{name}” has to be true or false.")
        return value

    def items(self, name: str, default: Sequence[Any] | None = None) -> list[Any]:
        value = self._left.pop(name, default)
        if value is None:
            raise bad(f"The {self._what} lacks “{name}”.")
        if not isinstance(value, list):
            raise bad(f"“{name}” has to be a list.")
        return value

    def object(self, name: str) -> Mapping[str, Any]:
        value = self._left.pop(name, None)
        if not isinstance(value, dict):
            raise bad(f"“{name}” has to be a JSON object.")
        return value

    def base64(self, name: str) -> bytes:
        return decode_base64(self.text(name), name)

    def done(self) -> None:
        if self._left:
            # Names only: a misspelled field may hold a secret.
            raise bad(
                f"The {self._what} has fields that are not known: {', '.join(sorted(map(str, self._left)))[:200]}."
            )


def decode_base64(text: str, name: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise bad(f"“{name}” is not base64.") from None
