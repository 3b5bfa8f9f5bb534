"""Delegating to validators, and what comes of it. Pure.

Nobody is slashed here, so a share is a token. Validators do not work either; they are always there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from r3mes_api.devnet import addresses, bank
from r3mes_api.devnet.block import Block, Happenings
from r3mes_api.devnet.parameters import ATTO, MICROSECONDS_A_YEAR
from r3mes_api.devnet.records import (
    Delegation,
    Draft,
    Redelegation,
    RedelegationEntry,
    Unbonding,
    UnbondingEntry,
    Validator,
)
from r3mes_api.devnet.refusal import Refusal, distribution, invalid_request, staking
from r3mes_api.devnet.wire import Values, rfc3339


def earned_attos(delegation: Delegation, validator: Validator, block: Block) -> int:
    """What was earned since it was paid last, after commission, in parts of 10¹⁸ of a base unit."""
    if not validator.bonded:
        return 0
    elapsed = block.reward_clock_us - delegation.since_us
    share = ATTO - validator.commission_attos
    return delegation.amount * elapsed * block.parameters.yearly_reward_percent * share // (100 * MICROSECONDS_A_YEAR)


def delegate(draft: Draft, block: Block, happenings: Happenings, body: dict[str, Any]) -> None:
    delegator, operator = _parties(draft, block, body, "validator_address")
    amount = _amount(block, body["amount"])
    bank.move(draft, delegator, bank.module(block, bank.BONDED_POOL), block.parameters.denom, amount)
    _add(draft, block, happenings, delegator, operator, amount)
    happenings.tell("delegate", validator=operator, delegator=delegator, amount=f"{amount}{block.parameters.denom}")


def undelegate(draft: Draft, block: Block, happenings: Happenings, body: dict[str, Any]) -> None:
    delegator, operator = _parties(draft, block, body, "validator_address")
    amount = _amount(block, body["amount"])
    _check_shares(draft, delegator, operator, amount)
    running = draft.get(Unbonding, "unbonding", delegator, operator) or Unbonding(())
    if len(running.entries) >= block.parameters.max_entries:
        raise staking(27, "too many unbonding delegation entries for (delegator, validator) tuple")
    _take(draft, block, happenings, delegator, operator, amount)
    pools = (bank.module(block, bank.BONDED_POOL), bank.module(block, bank.UNBONDING_POOL))
    bank.move(draft, *pools, block.parameters.denom, amount)
    completion = block.time_us + block.parameters.unbonding_s * 1_000_000
    # Two in one block are one entry, as it is named by its height.
    same = next((item for item in running.entries if item.creation_height == block.height), None)
    before = amount if same is None else amount + same.initial
    entry = UnbondingEntry(block.height, completion, before, amount if same is None else amount + same.balance)
    others = tuple(item for item in running.entries if item is not same)
    draft.put(Unbonding((*others, entry)), "unbonding", delegator, operator)
    happenings.tell(
        "unbond",
        validator=operator,
        delegator=delegator,
        amount=f"{amount}{block.parameters.denom}",
        completion_time=rfc3339(completion),
    )


def redelegate(draft: Draft, block: Block, happenings: Happenings, body: dict[str, Any]) -> None:
    delegator, source = _parties(draft, block, body, "validator_src_address")
    destination = addresses.require(body["validator_dst_address"], block.parameters.operator_prefix)
    amount = _amount(block, body["amount"])
    _check_shares(draft, delegator, source, amount)
    if source == destination:
        raise staking(29, "cannot redelegate to the same validator")
    if draft.get(Validator, "validator", destination) is None:
        raise staking(31, "redelegation destination validator not found")
    if any(key[3] == source for key, _ in draft.under("redelegation", delegator)):
        raise staking(
            32,
            "redelegation to this validator already in progress; first redelegation to this validator must complete "
            "before next redelegation",
        )
    running = draft.get(Redelegation, "redelegation", delegator, source, destination) or Redelegation(())
    if len(running.entries) >= block.parameters.max_entries:
        raise staking(33, "too many redelegation entries for (delegator, src-validator, dst-validator) tuple")
    _take(draft, block, happenings, delegator, source, amount)
    _add(draft, block, happenings, delegator, destination, amount)
    completion = block.time_us + block.parameters.unbonding_s * 1_000_000
    entry = RedelegationEntry(block.height, completion, amount)
    draft.put(Redelegation((*running.entries, entry)), "redelegation", delegator, source, destination)
    happenings.tell(
        "redelegate",
        source_validator=source,
        destination_validator=destination,
        amount=f"{amount}{block.parameters.denom}",
        completion_time=rfc3339(completion),
    )


def cancel_unbonding(draft: Draft, block: Block, happenings: Happenings, body: dict[str, Any]) -> None:
    delegator, operator = _parties(draft, block, body, "validator_address")
    amount = _amount(block, body["amount"])
    height = body["creation_height"]
    if height <= 0:
        raise invalid_request("invalid height")
    running = draft.get(Unbonding, "unbonding", delegator, operator)
    entry = next((item for item in running.entries if item.creation_height == height), None) if running else None
    if running is None or entry is None:
        raise Refusal(1, f"unbonding delegation entry is not found at block height {height}", "undefined")
    if entry.balance < amount:
        raise invalid_request("amount is greater than the unbonding delegation entry balance")
    if entry.completion_us < block.time_us:
        raise invalid_request("unbonding delegation is already processed")
    pools = (bank.module(block, bank.UNBONDING_POOL), bank.module(block, bank.BONDED_POOL))
    bank.move(draft, *pools, block.parameters.denom, amount)
    _add(draft, block, happenings, delegator, operator, amount)
    left = replace(entry, balance=entry.balance - amount)
    entries = tuple(left if item is entry else item for item in running.entries)
    _keep_entries(draft, tuple(item for item in entries if item.balance), delegator, operator)
    happenings.tell(
        "cancel_unbonding_delegation",
        validator=operator,
        delegator=delegator,
        amount=f"{amount}{block.parameters.denom}",
        creation_height=str(height),
    )


def withdraw_reward(draft: Draft, block: Block, happenings: Happenings, body: dict[str, Any]) -> None:
    prefix = block.parameters.prefix
    delegator = addresses.require(body["delegator_address"], prefix)
    operator = addresses.require(body["validator_address"], block.parameters.operator_prefix)
    if draft.get(Validator, "validator", operator) is None:
        raise distribution(6, "no validator distribution info")
    if draft.get(Delegation, "delegation", delegator, operator) is None:
        raise distribution(5, "no delegation distribution info")
    _pay(draft, block, happenings, delegator, operator)


def complete(draft: Draft, block: Block) -> None:
    """At the end of a block: what is over its time becomes free."""
    for key, record in list(draft.under("unbonding")):
        assert isinstance(record, Unbonding)
        over = [entry for entry in record.entries if entry.completion_us <= block.time_us]
        for entry in over:
            pool = bank.module(block, bank.UNBONDING_POOL)
            bank.move(draft, pool, key[1], block.parameters.denom, entry.balance)
        if over:
            _keep_entries(draft, tuple(entry for entry in record.entries if entry not in over), key[1], key[2])
    for key, record in list(draft.under("redelegation")):
        assert isinstance(record, Redelegation)
        left = tuple(entry for entry in record.entries if entry.completion_us > block.time_us)
        if not left:
            draft.drop(*key)
        elif left != record.entries:
            draft.put(Redelegation(left), *key)


def _keep_entries(draft: Draft, entries: tuple[UnbondingEntry, ...], delegator: str, operator: str) -> None:
    if entries:
        draft.put(Unbonding(entries), "unbonding", delegator, operator)
    else:
        draft.drop("unbonding", delegator, operator)


def _parties(draft: Draft, block: Block, body: dict[str, Any], field: str) -> tuple[str, str]:
    delegator = addresses.require(body["delegator_address"], block.parameters.prefix)
    operator = addresses.require(body[field], block.parameters.operator_prefix)
    if draft.get(Validator, "validator", operator) is None:
        raise staking(3, "validator does not exist")
    return delegator, operator


def _amount(block: Block, coin: Values | None) -> int:
    denom, amount = bank.amount_of(coin)
    if denom != block.parameters.denom:
        raise invalid_request(f"invalid coin denomination: got {denom}, expected {block.parameters.denom}")
    return amount


def _check_shares(draft: Draft, delegator: str, operator: str, amount: int) -> None:
    held = draft.get(Delegation, "delegation", delegator, operator)
    if held is None:
        raise staking(19, "no delegation for (address, validator) tuple")
    if held.amount < amount:
        raise invalid_request("invalid shares amount")


def _add(draft: Draft, block: Block, happenings: Happenings, delegator: str, operator: str, amount: int) -> None:
    """More of a delegation; its rewards so far are paid."""
    held = draft.get(Delegation, "delegation", delegator, operator)
    if held is not None:
        _pay(draft, block, happenings, delegator, operator)
    total = amount + (held.amount if held is not None else 0)
    draft.put(Delegation(total, block.reward_clock_us), "delegation", delegator, operator)
    _change_tokens(draft, operator, amount)


def _take(draft: Draft, block: Block, happenings: Happenings, delegator: str, operator: str, amount: int) -> None:
    held = draft.get(Delegation, "delegation", delegator, operator)
    assert held is not None
    _pay(draft, block, happenings, delegator, operator)
    if held.amount == amount:
        draft.drop("delegation", delegator, operator)
    else:
        draft.put(Delegation(held.amount - amount, block.reward_clock_us), "delegation", delegator, operator)
    _change_tokens(draft, operator, -amount)


def _change_tokens(draft: Draft, operator: str, by: int) -> None:
    validator = draft.get(Validator, "validator", operator)
    assert validator is not None
    draft.put(replace(validator, tokens=validator.tokens + by), "validator", operator)


def _pay(draft: Draft, block: Block, happenings: Happenings, delegator: str, operator: str) -> None:
    """Whole base units; what is left of the last one is lost, as on a real chain it goes to the community."""
    held = draft.get(Delegation, "delegation", delegator, operator)
    validator = draft.get(Validator, "validator", operator)
    assert held is not None and validator is not None
    whole = earned_attos(held, validator, block) // ATTO
    draft.put(replace(held, since_us=block.reward_clock_us), "delegation", delegator, operator)
    text = ""
    if whole:
        denom = block.parameters.denom
        treasury = bank.module(block, bank.REWARDS)
        bank.mint(draft, treasury, denom, whole)
        bank.transfer(draft, block, happenings, treasury, delegator, {denom: whole})
        text = f"{whole}{denom}"
    happenings.tell("withdraw_rewards", amount=text, validator=operator, delegator=delegator)
