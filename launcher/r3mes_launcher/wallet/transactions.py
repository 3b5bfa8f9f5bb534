"""Transactions in SIGN_MODE_DIRECT: built, checked, signed. The bytes that are signed are the bytes that are sent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from r3mes_launcher.sentence import Sentence, as_sentence, phrase
from r3mes_launcher.wallet.addresses import address_of_key, require_account
from r3mes_launcher.wallet.amounts import Coin, normal_coins
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.keys import PrivateKey
from r3mes_launcher.wallet.message_kinds import ChainMessage, pack, parse
from r3mes_launcher.wallet.message_rules import check_message
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire

SECP256K1_TYPE_URL = "/cosmos.crypto.secp256k1.PubKey"
MAX_MEMO_BYTES = 256
"""The auth module's default; a longer memo is refused by every node before it costs anything."""
MAX_MESSAGES = 50
MAX_TRANSACTION_BYTES = 256 * 1024
MAX_UINT64 = 2**64 - 1
MAX_GAS = 2**63 - 1

_CHAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")


class FeeOffer(NamedTuple):
    amount: tuple[Coin, ...]
    gas_limit: int
    payer: str = ""
    granter: str = ""
    """An account that has granted us a fee allowance, or nobody."""


@dataclass(frozen=True)
class UnsignedTransaction:
    """The two byte strings that the signature covers, with the chain and the account they are for."""

    body_bytes: bytes
    auth_info_bytes: bytes
    chain_id: str
    account_number: int

    def sign_bytes(self) -> bytes:
        return wire.SignDoc(
            body_bytes=self.body_bytes,
            auth_info_bytes=self.auth_info_bytes,
            chain_id=self.chain_id,
            account_number=self.account_number,
        ).SerializeToString(deterministic=True)

    def with_signature(self, signature: bytes) -> bytes:
        """The bytes to broadcast."""
        return wire.TxRaw(
            body_bytes=self.body_bytes, auth_info_bytes=self.auth_info_bytes, signatures=[signature]
        ).SerializeToString(deterministic=True)


class SignedTransaction(NamedTuple):
    tx_bytes: bytes
    tx_hash: str
    """SHA-256 of `tx_bytes` in capital hex, as chains name transactions."""


def build_transaction(
    messages: Sequence[ChainMessage],
    *,
    prefix: str,
    public_key: bytes,
    chain_id: str,
    account_number: int,
    sequence: int,
    fee: FeeOffer,
    memo: str = "",
    timeout_height: int = 0,
) -> UnsignedTransaction:
    """Raises for anything that a chain would refuse, or would take and then fail at the owner's cost."""
    signer = address_of_key(public_key, prefix)
    if not 0 < len(messages) <= MAX_MESSAGES:
        raise WalletError(
            Problem.BAD_TRANSACTION,
            Sentence("A transaction holds 1 to {max_messages} messages.", max_messages=MAX_MESSAGES),
        )
    for message in messages:
        check_message(message, prefix, signer)
    if not _CHAIN_ID.fullmatch(chain_id):
        raise WalletError(Problem.BAD_TRANSACTION, "The chain id is missing or not a chain's name.")
    for name, value in (
        (phrase("account number"), account_number),
        (phrase("sequence"), sequence),
        (phrase("timeout height"), timeout_height),
    ):
        if not 0 <= value <= MAX_UINT64:
            raise WalletError(
                Problem.BAD_TRANSACTION,
                Sentence("The {name} lies outside of what a chain can count.", name=as_sentence(name)),
            )
    if len(memo.encode()) > MAX_MEMO_BYTES:
        raise WalletError(
            Problem.BAD_TRANSACTION,
            Sentence("The memo is longer than {max_memo_bytes} bytes.", max_memo_bytes=MAX_MEMO_BYTES),
        )
    _check_fee(fee, prefix, signer)
    body = wire.TxBody(
        messages=[pack(message.type_url, message.body) for message in messages],
        memo=memo,
        timeout_height=timeout_height,
    )
    auth_info = wire.AuthInfo(
        signer_infos=[
            wire.SignerInfo(
                # Always sent: a chain knows no key of an account that has never signed.
                public_key=pack(SECP256K1_TYPE_URL, wire.Secp256k1PublicKey(key=public_key)),
                mode_info=wire.ModeInfo(single=wire.ModeInfo.Single(mode=wire.SIGN_MODE_DIRECT)),
                sequence=sequence,
            )
        ],
        fee=wire.Fee(
            amount=[wire.Coin(denom=coin.denom, amount=str(coin.amount)) for coin in fee.amount],
            gas_limit=fee.gas_limit,
            payer=fee.payer,
            granter=fee.granter,
        ),
    )
    return UnsignedTransaction(
        body.SerializeToString(deterministic=True),
        auth_info.SerializeToString(deterministic=True),
        chain_id,
        account_number,
    )


def _check_fee(fee: FeeOffer, prefix: str, signer: str) -> None:
    if normal_coins(fee.amount) != fee.amount:
        raise WalletError(Problem.BAD_AMOUNT, "The fee's coins have to be sorted by name, each once.")
    if not 0 < fee.gas_limit <= MAX_GAS:
        raise WalletError(Problem.BAD_TRANSACTION, "The gas limit has to be a whole number above zero.")
    for name, address in ((phrase("fee payer"), fee.payer), (phrase("fee granter"), fee.granter)):
        if address and require_account(address, prefix, what=name) != address:
            raise WalletError(
                Problem.BAD_ADDRESS, Sentence("The {name} has to be in small letters.", name=as_sentence(name))
            )
    if fee.payer not in ("", signer):
        raise WalletError(
            Problem.BAD_TRANSACTION,
            "Another fee payer would have to sign too, which this wallet does not do.",
            "Use a fee granter instead.",
        )


def sign_transaction(unsigned: UnsignedTransaction, key: PrivateKey) -> SignedTransaction:
    """Signs exactly the bytes given. Raises BAD_TRANSACTION when they name another key."""
    auth_info = parse(wire.AuthInfo, unsigned.auth_info_bytes)
    assert isinstance(auth_info, wire.AuthInfo)
    named = pack(SECP256K1_TYPE_URL, wire.Secp256k1PublicKey(key=key.public_key))
    if [info.public_key for info in auth_info.signer_infos] != [named]:
        raise WalletError(Problem.BAD_TRANSACTION, "The transaction was built for another key than the one that signs.")
    tx_bytes = unsigned.with_signature(key.sign(unsigned.sign_bytes()))
    if len(tx_bytes) > MAX_TRANSACTION_BYTES:
        raise WalletError(Problem.BAD_TRANSACTION, "The transaction is larger than a chain takes.")
    return SignedTransaction(tx_bytes, transaction_hash(tx_bytes))


def transaction_hash(tx_bytes: bytes) -> str:
    return hashlib.sha256(tx_bytes).hexdigest().upper()
