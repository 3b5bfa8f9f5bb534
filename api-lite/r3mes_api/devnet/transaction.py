"""A transaction read from its bytes. Nothing of it is believed yet."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from r3mes_api.devnet import bank
from r3mes_api.devnet.message_forms import (
    AUTH_INFO,
    FORMS,
    MESSAGES,
    PUBLIC_KEY,
    SECP256K1,
    SIGN_DOC,
    SIGN_MODE_DIRECT,
    TX_BODY,
    TX_RAW,
)
from r3mes_api.devnet.refusal import Refusal, invalid_request, not_understood, unauthorized
from r3mes_api.devnet.wire import Values, WireError, decode, encode, to_json

MAX_MESSAGES = 200
"""More than any wallet signs at once; a bound for the work of one request."""


@dataclass(frozen=True)
class Message:
    type_url: str
    body: Values

    @property
    def signer(self) -> str:
        return str(self.body[MESSAGES[self.type_url].signer])


@dataclass(frozen=True)
class Transaction:
    tx_bytes: bytes
    body_bytes: bytes
    auth_info_bytes: bytes
    signatures: tuple[bytes, ...]
    body: Values
    auth_info: Values
    messages: tuple[Message, ...]
    public_key: bytes
    sequence: int

    @property
    def tx_hash(self) -> str:
        return transaction_hash(self.tx_bytes)

    @property
    def fee(self) -> dict[str, int]:
        """May be empty."""
        coins = self.auth_info["fee"]["amount"]
        return bank.coins_of(coins) if coins else {}

    @property
    def gas_limit(self) -> int:
        return int(self.auth_info["fee"]["gas_limit"])

    @property
    def granter(self) -> str:
        return str(self.auth_info["fee"]["granter"])

    def sign_bytes(self, chain_id: str, account_number: int) -> bytes:
        return encode(
            SIGN_DOC,
            {
                "body_bytes": self.body_bytes,
                "auth_info_bytes": self.auth_info_bytes,
                "chain_id": chain_id,
                "account_number": account_number,
            },
        )

    def to_json(self) -> dict[str, Any]:
        raw = to_json(TX_RAW, {"body_bytes": b"", "auth_info_bytes": b"", "signatures": self.signatures}, {})
        return {
            "body": to_json(TX_BODY, self.body, FORMS),
            "auth_info": to_json(AUTH_INFO, self.auth_info, FORMS) | {"tip": None},
            "signatures": raw["signatures"],
        }


def transaction_hash(tx_bytes: bytes) -> str:
    return hashlib.sha256(tx_bytes).hexdigest().upper()


def read_transaction(tx_bytes: bytes) -> Transaction:
    """Raises Refusal."""
    try:
        raw = decode(TX_RAW, tx_bytes)
        body, auth_info = decode(TX_BODY, raw["body_bytes"]), decode(AUTH_INFO, raw["auth_info_bytes"])
        messages = tuple(_read_message(packed.type_url, packed.value) for packed in body["messages"][:MAX_MESSAGES])
        if body["extension_options"]:
            raise Refusal(31, "unknown extension options")
        if auth_info["fee"] is None:
            auth_info["fee"] = {"amount": [], "gas_limit": 0, "payer": "", "granter": ""}
        infos = auth_info["signer_infos"]
        info: Values = infos[0] if infos else {"public_key": None, "mode_info": None, "sequence": 0}
        packed_key = info["public_key"]
        key = b""
        if packed_key is not None:
            if packed_key.type_url != SECP256K1:
                raise Refusal(8, "only secp256k1 keys are known here: invalid pubkey")
            key = decode(PUBLIC_KEY, packed_key.value)["key"]
    except WireError as error:
        raise not_understood(f"{error}: tx parse error") from None
    if not messages:
        raise invalid_request("must contain at least one message")
    if len(body["messages"]) > MAX_MESSAGES:
        raise invalid_request(f"more than {MAX_MESSAGES} messages")
    if not raw["signatures"]:
        raise Refusal(15, "no signatures supplied")
    if len(infos) != len(raw["signatures"]) or len(infos) > 1:
        raise unauthorized(f"invalid number of signer;  expected: 1, got {len(raw['signatures'])}")
    single = (info["mode_info"] or {}).get("single")
    if single is None or single["mode"] != SIGN_MODE_DIRECT:
        raise unauthorized("only SIGN_MODE_DIRECT is known here")
    return Transaction(
        tx_bytes=tx_bytes,
        body_bytes=raw["body_bytes"],
        auth_info_bytes=raw["auth_info_bytes"],
        signatures=tuple(raw["signatures"]),
        body=body,
        auth_info=auth_info,
        messages=messages,
        public_key=key,
        sequence=info["sequence"],
    )


def _read_message(type_url: str, value: bytes) -> Message:
    kind = MESSAGES.get(type_url)
    if kind is None:
        raise not_understood(f"unable to resolve type URL {type_url[:100]}: tx parse error")
    return Message(type_url, decode(kind.form, value))
