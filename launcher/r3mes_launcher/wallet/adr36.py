"""Signed messages (ADR-36): proof that an owner agreed to a text, worth no money; and the grants made with it."""

from __future__ import annotations

import base64
from typing import NamedTuple

from r3mes_launcher.sentence import Sentence
from r3mes_launcher.wallet.addresses import address_of_key, decode_address
from r3mes_launcher.wallet.decoding import looks_like_transaction
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.keys import PrivateKey, verify_signature
from r3mes_protocol.grants import Grant, SignedGrant, adr36_sign_bytes, grant_sign_bytes
from r3mes_protocol.revocations import Revocation, SignedRevocation, revocation_sign_bytes

MAX_MESSAGE_BYTES = 64 * 1024


class SignedMessage(NamedTuple):
    signer: str
    public_key: bytes
    signature: bytes


def sign_message(key: PrivateKey, prefix: str, data: bytes) -> SignedMessage:
    """Raises LOOKS_LIKE_TRANSACTION for data that might move money somewhere else."""
    if len(data) > MAX_MESSAGE_BYTES:
        raise WalletError(
            Problem.BAD_MESSAGE,
            Sentence("A message to sign has at most {max_message_bytes} bytes.", max_message_bytes=MAX_MESSAGE_BYTES),
        )
    if looks_like_transaction(data):
        raise WalletError(
            Problem.LOOKS_LIKE_TRANSACTION,
            "This text is a transaction in disguise, so it is not signed as a message.",
            "Whoever asked for this signature may be after your coins.",
        )
    signer = key.address(prefix)
    return SignedMessage(signer, key.public_key, key.sign(adr36_sign_bytes(data, signer)))


def verify_message(signer: str, public_key: bytes, signature: bytes, data: bytes) -> bool:
    """Whether the owner of the address `signer` signed exactly this text."""
    try:
        prefix = decode_address(signer).prefix
        if address_of_key(public_key, prefix) != signer:
            return False
    except WalletError:
        return False
    return verify_signature(public_key, adr36_sign_bytes(data, signer), signature)


def verify_owner(public_key: bytes, message: bytes, signature: bytes, owner: str) -> bool:
    """The check that `r3mes_protocol.grants.check_grant` asks for; `message` is the whole sign document."""
    try:
        if address_of_key(public_key, decode_address(owner).prefix) != owner:
            return False
    except WalletError:
        return False
    return verify_signature(public_key, message, signature)


def sign_grant(key: PrivateKey, prefix: str, grant: Grant) -> SignedGrant:
    """The owner's word that a node key may take part for it. Raises BAD_MESSAGE when the key is not the owner's."""
    if key.address(prefix) != grant.owner:
        raise WalletError(Problem.BAD_MESSAGE, "The grant names another owner than this wallet.")
    if grant.not_after <= grant.not_before:
        raise WalletError(Problem.BAD_MESSAGE, "The grant ends before it begins.")
    return SignedGrant(
        grant=grant,
        public_key=base64.b64encode(key.public_key).decode(),
        signature=base64.b64encode(key.sign(grant_sign_bytes(grant))).decode(),
    )


def sign_revocation(key: PrivateKey, prefix: str, revocation: Revocation) -> SignedRevocation:
    """Takes back what the owner granted. Raises BAD_MESSAGE when the key is not the owner's."""
    if key.address(prefix) != revocation.owner:
        raise WalletError(Problem.BAD_MESSAGE, "The revocation names another owner than this wallet.")
    return SignedRevocation(
        revocation=revocation,
        public_key=base64.b64encode(key.public_key).decode(),
        signature=base64.b64encode(key.sign(revocation_sign_bytes(revocation))).decode(),
    )
