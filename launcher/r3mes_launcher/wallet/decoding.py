"""Transactions read back from their bytes: what a confirmation shows, and what `decode` prints."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any as Json

from google.protobuf.message import DecodeError

from r3mes_launcher.wallet.amounts import Coin, parse_integer
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.message_kinds import ChainMessage, UnknownMessage, message_to_json, parse, unpack
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire
from r3mes_launcher.wallet.transactions import (
    MAX_TRANSACTION_BYTES,
    SECP256K1_TYPE_URL,
    FeeOffer,
    UnsignedTransaction,
    transaction_hash,
)


@dataclass(frozen=True)
class DecodedTransaction:
    messages: tuple[ChainMessage | UnknownMessage, ...]
    memo: str
    timeout_height: int
    fee: FeeOffer
    public_key: bytes | None
    """None when the signer's key is missing or of another type than secp256k1."""
    sequence: int
    signatures: tuple[bytes, ...]
    tx_hash: str | None
    """None for a transaction that is not signed yet."""


def decode_unsigned(unsigned: UnsignedTransaction) -> DecodedTransaction:
    """What these bytes do, read from the bytes themselves."""
    return _decode(unsigned.body_bytes, unsigned.auth_info_bytes, (), None)


def decode_signed(tx_bytes: bytes) -> DecodedTransaction:
    """Raises BAD_TRANSACTION when these are no transaction, or one with parts that this wallet can't account for."""
    if len(tx_bytes) > MAX_TRANSACTION_BYTES:
        raise WalletError(Problem.BAD_TRANSACTION, "This is too large for a transaction.")
    raw = parse(wire.TxRaw, tx_bytes)
    assert isinstance(raw, wire.TxRaw)
    if not raw.body_bytes or not raw.auth_info_bytes:
        raise WalletError(Problem.BAD_TRANSACTION, "The transaction has no body or no signer.")
    return _decode(raw.body_bytes, raw.auth_info_bytes, tuple(raw.signatures), transaction_hash(tx_bytes))


def _decode(
    body_bytes: bytes, auth_info_bytes: bytes, signatures: tuple[bytes, ...], tx_hash: str | None
) -> DecodedTransaction:
    body = parse(wire.TxBody, body_bytes)
    auth_info = parse(wire.AuthInfo, auth_info_bytes)
    assert isinstance(body, wire.TxBody) and isinstance(auth_info, wire.AuthInfo)
    if len(auth_info.signer_infos) != 1:
        raise WalletError(Problem.BAD_TRANSACTION, "The transaction has not exactly one signer.")
    signer = auth_info.signer_infos[0]
    if signer.mode_info.single.mode != wire.SIGN_MODE_DIRECT:
        raise WalletError(Problem.BAD_TRANSACTION, "The transaction is signed in another mode than SIGN_MODE_DIRECT.")
    public_key = None
    if signer.public_key.type_url == SECP256K1_TYPE_URL:
        held = parse(wire.Secp256k1PublicKey, signer.public_key.value)
        assert isinstance(held, wire.Secp256k1PublicKey)
        public_key = held.key
    fee = auth_info.fee
    return DecodedTransaction(
        messages=tuple(unpack(packed) for packed in body.messages),
        memo=body.memo,
        timeout_height=body.timeout_height,
        fee=FeeOffer(
            tuple(Coin(coin.denom, parse_integer(coin.amount)) for coin in fee.amount),
            fee.gas_limit,
            fee.payer,
            fee.granter,
        ),
        public_key=public_key,
        sequence=signer.sequence,
        signatures=signatures,
        tx_hash=tx_hash,
    )


def transaction_to_json(decoded: DecodedTransaction) -> dict[str, Json]:
    """In the shapes of the chain's REST API."""
    key = decoded.public_key
    return {
        "body": {
            "messages": [message_to_json(message) for message in decoded.messages],
            "memo": decoded.memo,
            "timeout_height": str(decoded.timeout_height),
        },
        "auth_info": {
            "signer_infos": [
                {
                    "public_key": None
                    if key is None
                    else {"@type": SECP256K1_TYPE_URL, "key": base64.b64encode(key).decode()},
                    "mode_info": {"single": {"mode": "SIGN_MODE_DIRECT"}},
                    "sequence": str(decoded.sequence),
                }
            ],
            "fee": {
                "amount": [{"denom": coin.denom, "amount": str(coin.amount)} for coin in decoded.fee.amount],
                "gas_limit": str(decoded.fee.gas_limit),
                "payer": decoded.fee.payer,
                "granter": decoded.fee.granter,
            },
        },
        "signatures": [base64.b64encode(signature).decode() for signature in decoded.signatures],
        "hash": decoded.tx_hash,
    }


def looks_like_transaction(data: bytes) -> bool:
    """Whether signing these bytes “as a message” might sign a transaction: a sign of phishing."""
    if _looks_like_sign_document(data):
        return True
    for form in (wire.SignDoc, wire.TxRaw):
        candidate = form()
        try:
            candidate.ParseFromString(data)
        except DecodeError:
            continue
        if _looks_like_body(candidate.body_bytes):
            return True
    return _looks_like_body(data)


def _looks_like_body(data: bytes) -> bool:
    body = wire.TxBody()
    try:
        body.ParseFromString(data)
    except DecodeError:
        return False
    return any(packed.type_url.startswith("/") for packed in body.messages)


def _looks_like_sign_document(data: bytes) -> bool:
    """Amino sign documents and the REST form of transactions are JSON."""
    text = data.decode(errors="replace")
    amino = '"msgs"' in text and '"fee"' in text and '"chain_id"' in text
    rest = '"body"' in text and '"auth_info"' in text
    return amino or rest
