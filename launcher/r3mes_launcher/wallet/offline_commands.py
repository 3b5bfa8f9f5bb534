"""Commands that need neither a vault nor a network: for computers that never see one."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from r3mes_launcher.wallet.addresses import check_prefix, operator_of_account
from r3mes_launcher.wallet.adr36 import sign_message, verify_message
from r3mes_launcher.wallet.amounts import Coin, normal_coins, parse_integer
from r3mes_launcher.wallet.decoding import decode_signed, transaction_to_json
from r3mes_launcher.wallet.json_input import Fields, bad, decode_base64, parse_document
from r3mes_launcher.wallet.keys import COIN_TYPE_COSMOS, PrivateKey, account_path, parse_path
from r3mes_launcher.wallet.message_kinds import message_from_json
from r3mes_launcher.wallet.mnemonic import entropy_of_phrase, passphrase_bytes
from r3mes_launcher.wallet.transactions import FeeOffer, build_transaction, sign_transaction

DEFAULT_PREFIX = "remes"

Answer = dict[str, Any]


def derive(text: str) -> Answer:
    """`{"mnemonic", "passphrase", "prefix", "path"}` → address, public key in hex, operator address."""
    fields = Fields(parse_document(text))
    prefix = _prefix(fields)
    with _key(fields) as key:
        fields.done()
        address = key.address(prefix)
        return {
            "address": address,
            "public_key": key.public_key.hex(),
            "operator_address": operator_of_account(address, prefix),
        }


def sign(text: str) -> Answer:
    """A whole transaction → `tx_bytes` in base64 and `hash`."""
    fields = Fields(parse_document(text))
    prefix = _prefix(fields)
    chain_id = fields.text("chain_id")
    account_number, sequence = fields.count("account_number"), fields.count("sequence")
    fee = _fee(fields.object("fee"))
    memo, timeout_height = fields.text("memo", ""), fields.count("timeout_height", 0)
    messages = [_message(item) for item in fields.items("messages")]
    with _key(fields) as key:
        fields.done()
        unsigned = build_transaction(
            messages,
            prefix=prefix,
            public_key=key.public_key,
            chain_id=chain_id,
            account_number=account_number,
            sequence=sequence,
            fee=fee,
            memo=memo,
            timeout_height=timeout_height,
        )
        signed = sign_transaction(unsigned, key)
    return {"tx_bytes": base64.b64encode(signed.tx_bytes).decode(), "hash": signed.tx_hash}


def sign_text(text: str) -> Answer:
    """`{"mnemonic", …, "message"}` (or `"data"` in base64) → signer, public key and signature, by ADR-36."""
    fields = Fields(parse_document(text))
    prefix, data = _prefix(fields), _data(fields)
    with _key(fields) as key:
        fields.done()
        signed = sign_message(key, prefix, data)
    return {
        "signer": signed.signer,
        "public_key": base64.b64encode(signed.public_key).decode(),
        "signature": base64.b64encode(signed.signature).decode(),
    }


def verify_text(text: str) -> Answer:
    """`{"signer", "public_key", "signature", "message" or "data"}` → `{"valid": …}`."""
    fields = Fields(parse_document(text))
    signer, public_key, signature = fields.text("signer"), _public_key(fields), fields.base64("signature")
    data = _data(fields)
    fields.done()
    return {"valid": verify_message(signer, public_key, signature, data)}


def decode(text: str) -> Answer:
    """`{"tx_bytes": base64}`, or the base64 alone → the transaction in the REST API's JSON."""
    stripped = text.strip()
    if not stripped.startswith("{"):
        return transaction_to_json(decode_signed(decode_base64(stripped.strip('"'), "tx_bytes")))
    fields = Fields(parse_document(text))
    tx_bytes = fields.base64("tx_bytes")
    fields.done()
    return transaction_to_json(decode_signed(tx_bytes))


OFFLINE_COMMANDS: Mapping[str, tuple[Callable[[str], Answer], str]] = {
    "derive": (derive, "address and public key of a recovery phrase"),
    "sign": (sign, "sign a transaction without a network"),
    "sign-message": (sign_text, "sign a text (ADR-36)"),
    "verify-message": (verify_text, "check a signed text (ADR-36)"),
    "decode": (decode, "show what a signed transaction does"),
}


def _prefix(fields: Fields) -> str:
    prefix = fields.text("prefix", DEFAULT_PREFIX)
    check_prefix(prefix)
    return prefix


def _key(fields: Fields) -> PrivateKey:
    mnemonic, passphrase = fields.text("mnemonic"), fields.text("passphrase", "")
    path = parse_path(fields.text("path", str(account_path(COIN_TYPE_COSMOS))))
    with entropy_of_phrase(mnemonic) as entropy, passphrase_bytes(passphrase) as extra:
        return PrivateKey.derive(entropy, extra, path)


def _fee(document: Mapping[str, Any]) -> FeeOffer:
    fields = Fields(document, "fee")
    coins = []
    for item in fields.items("amount", []):
        coin = Fields(item, "fee's coin")
        coins.append(Coin(coin.text("denom"), parse_integer(coin.text("amount"))))
        coin.done()
    # Amino documents call it “gas”.
    limit = fields.count("gas") if fields.has("gas") and not fields.has("gas_limit") else fields.count("gas_limit")
    offer = FeeOffer(normal_coins(coins), limit, fields.text("payer", ""), fields.text("granter", ""))
    fields.done()
    return offer


def _message(document: Any) -> Any:
    if not isinstance(document, dict):
        raise bad("A message is not a JSON object.")
    return message_from_json(document)


def _data(fields: Fields) -> bytes:
    if fields.has("message") == fields.has("data"):
        raise bad("Give either “message”, a text, or “data”, bytes in base64.")
    return fields.text("message").encode() if fields.has("message") else fields.base64("data")


def _public_key(fields: Fields) -> bytes:
    text = fields.text("public_key")
    if len(text) == 66:
        try:
            return binascii.unhexlify(text)
        except binascii.Error:
            pass
    return decode_base64(text, "public_key")
