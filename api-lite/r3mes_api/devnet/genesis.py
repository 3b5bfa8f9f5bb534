"""The chain's first records: its validators and a faucet with plenty. Pure."""

from __future__ import annotations

import hashlib

import wallycore

from r3mes_api.devnet import addresses, bank
from r3mes_api.devnet.block import Block, Happenings
from r3mes_api.devnet.parameters import ATTO, REMES, ChainParameters
from r3mes_api.devnet.records import Draft, Records, Validator
from r3mes_api.devnet.staking import delegate

VALIDATORS = (("Cedar", 5), ("Maple", 8), ("Olive", 12))
"""Names, and commissions in percent."""
SELF_DELEGATION = 2_000_000 * REMES
FAUCET_FUNDS = 10_000_000_000 * REMES


def faucet_key(chain_id: str) -> bytes:
    """The faucet's private key. Anybody can make it, as its coins are worth nothing anywhere."""
    return hashlib.sha256(f"r3mes devnet faucet of {chain_id}".encode()).digest()


def faucet_address(parameters: ChainParameters) -> str:
    public_key = wallycore.ec_public_key_from_private_key(faucet_key(parameters.chain_id))
    return addresses.encode(bytes(wallycore.hash160(public_key)), parameters.prefix)


def genesis(parameters: ChainParameters, time_us: int) -> Draft:
    draft = Draft(Records())
    block = Block(parameters, 0, time_us, 0)
    for name in (bank.FEE_COLLECTOR, bank.BONDED_POOL, bank.UNBONDING_POOL, bank.REWARDS):
        bank.account(draft, bank.module(block, name))
    bank.mint(draft, faucet_address(parameters), parameters.denom, FAUCET_FUNDS)
    for name, percent in VALIDATORS:
        operator = addresses.validator_address(name, parameters.prefix)
        owner = addresses.encode(addresses.payload_of(operator, parameters.operator_prefix), parameters.prefix)
        draft.put(Validator(name, 0, percent * ATTO // 100), "validator", operator)
        bank.mint(draft, owner, parameters.denom, SELF_DELEGATION)
        amount = {"denom": parameters.denom, "amount": str(SELF_DELEGATION)}
        body = {"delegator_address": owner, "validator_address": operator, "amount": amount}
        delegate(draft, block, Happenings(), body)
    return draft
