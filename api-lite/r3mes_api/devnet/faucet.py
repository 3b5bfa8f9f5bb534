"""Free coins for whoever asks: a transaction of the faucet's account, like anybody's."""

from __future__ import annotations

import hashlib
from typing import Any

import wallycore

from r3mes_api.devnet import addresses
from r3mes_api.devnet.chain import Chain
from r3mes_api.devnet.genesis import faucet_address, faucet_key
from r3mes_api.devnet.message_forms import (
    AUTH_INFO,
    MESSAGES,
    PUBLIC_KEY,
    SECP256K1,
    SEND,
    SIGN_DOC,
    SIGN_MODE_DIRECT,
    TX_BODY,
    TX_RAW,
)
from r3mes_api.devnet.parameters import REMES
from r3mes_api.devnet.records import Account
from r3mes_api.devnet.refusal import Refusal
from r3mes_api.devnet.wire import Packed, encode

PORTION = 10_000 * REMES
LARGEST = 250_000 * REMES
"""Enough for every role at once."""
GAS = 120_000


class FaucetRefusal(Exception):
    """A sentence for the person who asked."""


class Faucet:
    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._key = faucet_key(chain.parameters.chain_id)
        self._address = faucet_address(chain.parameters)

    def about(self) -> dict[str, Any]:
        return {
            "address": self._address,
            "denom": self._chain.parameters.denom,
            "amount": str(PORTION),
            "largest": str(LARGEST),
        }

    def pay(self, document: dict[str, Any]) -> dict[str, Any]:
        """`{"address", "amount"?}` → `{"tx_hash", "amount", "denom"}`; in a block soon. Raises FaucetRefusal."""
        parameters = self._chain.parameters
        address, amount = document.get("address"), document.get("amount", str(PORTION))
        try:
            recipient = addresses.require(address if isinstance(address, str) else "", parameters.prefix)
        except Refusal as refusal:
            raise FaucetRefusal(
                f"The faucet pays addresses that begin with {parameters.prefix}1 ({refusal.log})."
            ) from None
        text = str(amount)
        if not (text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= LARGEST):
            raise FaucetRefusal(f"The faucet pays 1 to {LARGEST} {parameters.denom} at a time.")
        try:
            tx_hash = self._chain.receive(self._transaction(recipient, int(text)))
        except Refusal as refusal:
            raise FaucetRefusal(f"The faucet could not pay: {refusal.log}.") from None
        return {"tx_hash": tx_hash, "amount": text, "denom": parameters.denom}

    def _transaction(self, recipient: str, amount: int) -> bytes:
        parameters = self._chain.parameters
        account = self._chain.checked().get(Account, "account", self._address)
        assert account is not None
        send = {
            "from_address": self._address,
            "to_address": recipient,
            "amount": [{"denom": parameters.denom, "amount": str(amount)}],
        }
        public_key = bytes(wallycore.ec_public_key_from_private_key(self._key))
        fee = [{"denom": parameters.denom, "amount": str(parameters.least_fee(GAS))}]
        body = encode(TX_BODY, {"messages": [Packed(SEND, encode(MESSAGES[SEND].form, send))], "memo": "faucet"})
        signer = {
            "public_key": Packed(SECP256K1, encode(PUBLIC_KEY, {"key": public_key})),
            "mode_info": {"single": {"mode": SIGN_MODE_DIRECT}},
            "sequence": account.sequence,
        }
        auth_info = encode(AUTH_INFO, {"signer_infos": [signer], "fee": {"amount": fee, "gas_limit": GAS}})
        document = {
            "body_bytes": body,
            "auth_info_bytes": auth_info,
            "chain_id": parameters.chain_id,
            "account_number": account.number,
        }
        digest = hashlib.sha256(encode(SIGN_DOC, document)).digest()
        signature = bytes(wallycore.ec_sig_from_bytes(self._key, digest, wallycore.EC_FLAG_ECDSA))
        return encode(TX_RAW, {"body_bytes": body, "auth_info_bytes": auth_info, "signatures": [signature]})
