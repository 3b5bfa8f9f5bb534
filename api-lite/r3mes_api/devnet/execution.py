"""From records, a transaction and a block to new records and a result: the ante checks in a real chain's order, then
the messages, all or nothing. Pure: everything happens in the draft that is given."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import wallycore

from r3mes_api.devnet import addresses, bank, node_roles, permissions, staking
from r3mes_api.devnet.block import Block, Event, Happenings
from r3mes_api.devnet.gas import ANTE_GAS, FEE_GAS, MESSAGE_GAS, SIMULATION_SHORTFALL, GasMeter
from r3mes_api.devnet.message_forms import (
    AUTHZ_EXEC,
    AUTHZ_GRANT,
    AUTHZ_REVOKE,
    CANCEL_UNBONDING,
    DELEGATE,
    FEE_GRANT,
    FEE_REVOKE,
    REDELEGATE,
    REGISTER_NODE,
    SEND,
    UNDELEGATE,
    UPDATE_NODE,
    WITHDRAW_REWARD,
)
from r3mes_api.devnet.records import Account, Draft
from r3mes_api.devnet.refusal import Refusal, insufficient_funds, unauthorized
from r3mes_api.devnet.transaction import Transaction

Handler = Callable[[Draft, Block, Happenings, dict[str, Any]], None]

HANDLERS: Mapping[str, Handler] = {
    SEND: bank.send,
    DELEGATE: staking.delegate,
    UNDELEGATE: staking.undelegate,
    REDELEGATE: staking.redelegate,
    CANCEL_UNBONDING: staking.cancel_unbonding,
    WITHDRAW_REWARD: staking.withdraw_reward,
    AUTHZ_GRANT: permissions.grant,
    AUTHZ_REVOKE: permissions.revoke,
    FEE_GRANT: permissions.grant_allowance,
    FEE_REVOKE: permissions.revoke_allowance,
    REGISTER_NODE: node_roles.register,
    UPDATE_NODE: node_roles.update,
}
MAX_EXEC_DEPTH = 3


@dataclass(frozen=True)
class Outcome:
    """What a block keeps of one transaction."""

    code: int
    codespace: str
    log: str
    gas_wanted: int
    gas_used: int
    events: tuple[Event, ...]


class UnknownPayer(Refusal):
    """The account that should pay the fee is not on the chain. One kind of node can't even put that into words."""

    def __init__(self, address: str) -> None:
        super().__init__(9, f"fee payer address: {address} does not exist: unknown address")


def check(draft: Draft, block: Block, transaction: Transaction) -> None:
    """What a node checks before it takes a transaction. Keeps the fee and the sequence in the draft. Raises Refusal."""
    _ante(draft, block, transaction, GasMeter(transaction.gas_limit), Happenings(), simulated=False)


def simulate(draft: Draft, block: Block, transaction: Transaction) -> int:
    """The gas it would use. Funds and sequence are checked; signature, chain id and fee are not. Raises Refusal."""
    meter = GasMeter(None)
    happenings = Happenings()
    _ante(draft, block, transaction, meter, happenings, simulated=True)
    _messages(draft, block, transaction, meter, happenings)
    return meter.used - SIMULATION_SHORTFALL


def deliver(draft: Draft, block: Block, transaction: Transaction) -> Outcome | None:
    """In a block. None when it may not be in one (then nothing changes); a failure keeps the fee and the sequence."""
    meter, happenings = GasMeter(transaction.gas_limit), Happenings()
    ante = draft.draft()
    try:
        _ante(ante, block, transaction, meter, happenings, simulated=False)
    except Refusal:
        return None
    draft.take(ante)
    paid = tuple(happenings.events)
    work = draft.draft()
    try:
        _messages(work, block, transaction, meter, happenings)
    except Refusal as refusal:
        return Outcome(refusal.code, refusal.codespace, refusal.log, transaction.gas_limit, meter.used, paid)
    draft.take(work)
    return Outcome(0, "", "", transaction.gas_limit, meter.used, tuple(happenings.events))


def _ante(
    draft: Draft, block: Block, transaction: Transaction, meter: GasMeter, happenings: Happenings, *, simulated: bool
) -> None:
    """Timeout, memo, size, least fee, the fee itself, key and signer, sequence, signature: in this order."""
    parameters = block.parameters
    timeout = transaction.body["timeout_height"]
    if timeout and block.height > timeout:
        raise Refusal(30, f"block height: {block.height}, timeout height: {timeout}: tx timeout height")
    if len(transaction.body["memo"]) > parameters.max_memo_characters:
        count = len(transaction.body["memo"])
        limit = parameters.max_memo_characters
        raise Refusal(12, f"maximum number of characters is {limit} but received {count} characters: memo too large")
    meter.use(ANTE_GAS, "ReadFlat")
    meter.use(len(transaction.tx_bytes) * parameters.gas_per_byte, "txSize")
    _pay_fee(draft, block, transaction, meter, happenings, simulated=simulated)
    address = _signer(draft, block, transaction)
    meter.use(parameters.gas_per_signature, "ante verify: secp256k1")
    account = draft.get(Account, "account", address)
    assert account is not None
    if transaction.sequence != account.sequence:
        raise Refusal(
            32,
            f"account sequence mismatch, expected {account.sequence}, got {transaction.sequence}: "
            "incorrect account sequence",
        )
    sign_bytes = transaction.sign_bytes(parameters.chain_id, account.number)
    if not simulated and not _verified(transaction.public_key, sign_bytes, transaction.signatures[0]):
        raise unauthorized(
            f"signature verification failed; please verify account number ({account.number}) and chain-id "
            f"({parameters.chain_id})"
        )
    changed = replace(account, sequence=account.sequence + 1, public_key=transaction.public_key.hex())
    draft.put(changed, "account", address)
    happenings.tell("tx", acc_seq=f"{address}/{transaction.sequence}")


def _pay_fee(
    draft: Draft, block: Block, transaction: Transaction, meter: GasMeter, happenings: Happenings, *, simulated: bool
) -> None:
    parameters, fee, limit = block.parameters, transaction.fee, transaction.gas_limit
    least = parameters.least_fee(limit)
    if not simulated:
        if limit == 0:
            raise Refusal(18, "must provide positive gas: invalid request")
        if fee.get(parameters.denom, 0) < least:
            got = bank.coins_text(fee)
            raise Refusal(13, f"insufficient fees; got: {got} required: {least}{parameters.denom}: insufficient fee")
    payer = transaction.messages[0].signer
    if transaction.auth_info["fee"]["payer"] not in ("", payer):
        raise unauthorized("a fee payer who is not the first signer would have to sign too")
    if not addresses.is_valid(payer, parameters.prefix):
        raise Refusal(7, "the signer's address can't be read: invalid address")
    if draft.get(Account, "account", payer) is None:
        raise UnknownPayer(payer)
    source = payer
    if transaction.granter and transaction.granter != payer:
        source = addresses.require(transaction.granter, parameters.prefix)
        permissions.use_allowance(
            draft, block, source, payer, fee, (message.type_url for message in transaction.messages)
        )
    if not fee:
        return
    meter.use(FEE_GAS, "WriteFlat")
    for denom, amount in fee.items():
        have = bank.balance(draft, source, denom)
        if have < amount:
            raise insufficient_funds(f"{have}{denom}", f"{amount}{denom}")
    collector = bank.module(block, bank.FEE_COLLECTOR)
    bank.transfer(draft, block, happenings, source, collector, fee)
    happenings.tell("tx", fee=bank.coins_text(fee), fee_payer=source)


def _signer(draft: Draft, block: Block, transaction: Transaction) -> str:
    """The one account that signs everything. Raises Refusal."""
    signers = {message.signer for message in transaction.messages}
    if len(signers) != 1:
        raise unauthorized(f"invalid number of signer;  expected: {len(signers)}, got 1")
    address = signers.pop()
    account = draft.get(Account, "account", address)
    if account is None:
        raise UnknownPayer(address)
    key = transaction.public_key or bytes.fromhex(account.public_key)
    if not key:
        raise Refusal(8, "account public key is not set: invalid pubkey")
    if len(key) != 33 or _address_of(key, block.parameters.prefix) != address:
        raise Refusal(8, f"pubKey does not match signer address {address} with signer index: 0: invalid pubkey")
    return address


def _address_of(public_key: bytes, prefix: str) -> str:
    return addresses.encode(bytes(wallycore.hash160(public_key)), prefix)


def _verified(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Low s only: a high one is somebody's copy of a good signature."""
    try:
        if len(signature) != 64 or bytes(wallycore.ec_sig_normalize(signature)) != signature:
            return False
        wallycore.ec_sig_verify(public_key, hashlib.sha256(message).digest(), wallycore.EC_FLAG_ECDSA, signature)
    except (ValueError, TypeError, RuntimeError):
        return False
    return True


def _messages(draft: Draft, block: Block, transaction: Transaction, meter: GasMeter, happenings: Happenings) -> None:
    def execute(
        inner: Draft, now: Block, told: Happenings, type_url: str, body: dict[str, Any], depth: int = 0
    ) -> None:
        meter.use(MESSAGE_GAS[type_url], "WriteFlat")
        if type_url != AUTHZ_EXEC:
            HANDLERS[type_url](inner, now, told, body)
            return
        if depth >= MAX_EXEC_DEPTH:
            raise unauthorized("MsgExec is nested too deeply")
        permissions.execute_for(
            inner, now, told, body, lambda a, b, c, kind, held: execute(a, b, c, kind, held, depth + 1)
        )

    for index, message in enumerate(transaction.messages):
        happenings.tell("message", action=message.type_url, sender=message.signer, msg_index=str(index))
        try:
            execute(draft, block, happenings, message.type_url, message.body)
        except Refusal as refusal:
            if refusal.code == 11 and refusal.codespace == "sdk":
                raise
            raise Refusal(
                refusal.code, f"failed to execute message; message index: {index}: {refusal.log}", refusal.codespace
            ) from None
