"""Bech32 addresses: made from keys, read with every check, shown so that people can compare them."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import bech32
import wallycore

from r3mes_launcher.sentence import Sentence, as_sentence, phrase
from r3mes_launcher.wallet.errors import Problem, WalletError

KEY_HASH_BYTES = 20
MODULE_HASH_BYTES = 32
"""Module and contract accounts carry a whole SHA-256."""
MAX_ADDRESS_CHARACTERS = 90
MAX_PREFIX_CHARACTERS = 30
COMPRESSED_KEY_BYTES = 33


class AddressKind(StrEnum):
    ACCOUNT = ""
    OPERATOR = "valoper"


class DecodedAddress(NamedTuple):
    prefix: str
    payload: bytes


def address_of_key(public_key: bytes, prefix: str) -> str:
    """The account address of a compressed secp256k1 public key."""
    check_public_key(public_key)
    return encode_address(bytes(wallycore.hash160(public_key)), prefix)


def check_public_key(public_key: bytes) -> None:
    """Raises BAD_KEY unless these are the 33 bytes of a point on the curve."""
    try:
        if len(public_key) == COMPRESSED_KEY_BYTES:
            wallycore.ec_public_key_verify(public_key)
            return
    except ValueError:
        pass
    raise WalletError(Problem.BAD_KEY, "This is not a compressed secp256k1 public key of 33 bytes.")


def encode_address(payload: bytes, prefix: str) -> str:
    check_prefix(prefix)
    words = bech32.convertbits(payload, 8, 5)
    return str(bech32.bech32_encode(prefix, words))


def check_prefix(prefix: str) -> None:
    if not (0 < len(prefix) <= MAX_PREFIX_CHARACTERS and prefix.isascii() and prefix.isalnum() and prefix.islower()):
        raise WalletError(Problem.BAD_ADDRESS, "An address prefix is made of small letters and digits, like “remes”.")


def decode_address(text: str) -> DecodedAddress:
    """Prefix and payload of any bech32 address. Raises BAD_ADDRESS; never guesses or repairs."""
    if len(text) > MAX_ADDRESS_CHARACTERS:
        raise WalletError(Problem.BAD_ADDRESS, "This is too long for an address.")
    prefix, words = bech32.bech32_decode(text)
    payload = bech32.convertbits(words, 5, 8, False) if words is not None else None
    if prefix is None or payload is None or not text.isascii():
        raise WalletError(
            Problem.BAD_ADDRESS,
            "This is not a valid address: its checksum is wrong.",
            "A letter may be missing or mistyped; copy the whole address again.",
        )
    return DecodedAddress(prefix, bytes(payload))


def require_account(text: str, prefix: str, *, what: str = phrase("address")) -> str:
    """The address in small letters, if it is an account of the network with this prefix.

    Raises FOREIGN_PREFIX for another network or for a validator's address, BAD_ADDRESS for anything else.
    """
    decoded = decode_address(text)
    if decoded.prefix == f"{prefix}{AddressKind.OPERATOR}":
        raise WalletError(
            Problem.FOREIGN_PREFIX,
            Sentence(
                "This {what} is a validator's address ({prefix}valoper…), which cannot hold coins.",
                what=as_sentence(what),
                prefix=prefix,
            ),
            Sentence("Ask for the account address, which begins with {prefix}1.", prefix=prefix),
        )
    _require_prefix(decoded.prefix, prefix, what)
    if len(decoded.payload) not in (KEY_HASH_BYTES, MODULE_HASH_BYTES):
        raise WalletError(
            Problem.BAD_ADDRESS,
            Sentence(
                "This {what} has {payload} bytes inside, not 20 or 32.",
                what=as_sentence(what),
                payload=len(decoded.payload),
            ),
        )
    return text.lower()


def require_operator(text: str, prefix: str) -> str:
    """A validator's operator address of the network with this account prefix."""
    decoded = decode_address(text)
    _require_prefix(decoded.prefix, f"{prefix}{AddressKind.OPERATOR}", phrase("validator address"))
    if len(decoded.payload) != KEY_HASH_BYTES:
        raise WalletError(
            Problem.BAD_ADDRESS,
            Sentence("This validator address has {payload} bytes, not 20.", payload=len(decoded.payload)),
        )
    return text.lower()


def _require_prefix(found: str, wanted: str, what: str) -> None:
    if found != wanted:
        raise WalletError(
            Problem.FOREIGN_PREFIX,
            Sentence(
                "This {what} begins with “{found}1”, but this network's begin with “{wanted}1”.",
                what=as_sentence(what),
                found=found,
                wanted=wanted,
            ),
            "Coins sent to another network's address would be lost.",
        )


def operator_of_account(address: str, prefix: str) -> str:
    """The operator address that the same key has as a validator."""
    payload = decode_address(require_account(address, prefix)).payload
    return encode_address(payload, f"{prefix}{AddressKind.OPERATOR}")


def account_of_operator(operator: str, prefix: str) -> str:
    payload = decode_address(require_operator(operator, prefix)).payload
    return encode_address(payload, prefix)


def in_groups(address: str, size: int = 4) -> tuple[str, ...]:
    """The whole address, cut for comparing by eye: the prefix with its 1 first, then groups."""
    separator = address.rfind("1") + 1
    head, rest = address[:separator], address[separator:]
    return (head, *(rest[start : start + size] for start in range(0, len(rest), size)))


class LookAlike(NamedTuple):
    known: str
    differing: tuple[int, ...]
    """Places in the new address that differ from the known one."""


def look_alike(address: str, sent_to_before: frozenset[str], ends: int = 4) -> LookAlike | None:
    """A known address whose shown ends equal this one's while the middle differs: the sign of address poisoning.

    Only addresses one has *sent to* are compared: comparing with every address seen gives false alarms by chance.
    """
    start = address.rfind("1") + 1
    for known in sorted(sent_to_before):
        if known == address or len(known) != len(address):
            continue
        same_head = known[: start + ends] == address[: start + ends]
        same_tail = known[-ends:] == address[-ends:]
        if same_head and same_tail:
            places = tuple(place for place, pair in enumerate(zip(address, known, strict=True)) if pair[0] != pair[1])
            return LookAlike(known, places)
    return None
