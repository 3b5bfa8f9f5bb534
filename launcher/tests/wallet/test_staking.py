from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.wallet import staking
from r3mes_launcher.wallet.addresses import encode_address
from r3mes_launcher.wallet.amounts import Coin
from r3mes_launcher.wallet.chain_client import ChainClient
from r3mes_launcher.wallet.chain_endpoints import EndpointPool
from r3mes_launcher.wallet.chain_shapes import (
    Delegation,
    Portfolio,
    Redelegation,
    Registration,
    Reward,
    SlashingParams,
    StakingParams,
    Unbonding,
)
from r3mes_launcher.wallet.confirmation import MoneyWords, card_of
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.message_rules import check_message
from r3mes_launcher.wallet.profiles import built_in_profiles
from r3mes_launcher.wallet.roles import (
    NOT_ENFORCED,
    Resources,
    register_message,
    registered_roles,
    registration_report,
    requirements,
    status,
    total_for,
    update_message,
)
from r3mes_protocol.grants import Role

ME = encode_address(bytes(range(20)), "remes")
ONE, TWO = encode_address(bytes(20), "remesvaloper"), encode_address(b"\1" * 20, "remesvaloper")
DENOM = "ur3mes"
REMES = 1_000_000
NOW = 1_700_000_000.0
PARAMS = StakingParams(DENOM, 1_814_400, 7)
SLASHING = SlashingParams("0.050000000000000000", "0.010000000000000000")
PROFILE = built_in_profiles()[0]
WORDS = MoneyWords(DENOM, "REMES", 6)


def held(**changes: Any) -> Portfolio:
    fields: dict[str, Any] = {
        "denom": DENOM,
        "available": 50 * REMES,
        "delegations": (Delegation(ONE, Coin(DENOM, 1_000 * REMES)),),
        "unbondings": (),
        "redelegations": (),
        "rewards": (Reward(ONE, (Coin(DENOM, 7), Coin("other", 9))),),
    }
    return Portfolio(**{**fields, **changes})


def rule(action: Any) -> WalletError:
    with pytest.raises(WalletError) as caught:
        action()
    assert caught.value.problem is Problem.STAKING_RULE
    return caught.value


def test_a_portfolio_adds_up() -> None:
    all_of_it = held(unbondings=(Unbonding(ONE, 5, 9, NOW + 1),))
    assert (all_of_it.staked, all_of_it.unbonding, all_of_it.claimable) == (1_000 * REMES, 5, 7)
    assert all_of_it.total == 1_050 * REMES + 12


def test_unstaking_says_what_it_means() -> None:
    meaning = staking.unbonding_meaning(PARAMS, SLASHING, NOW)
    text = " ".join(meaning.sentences)
    assert meaning.days == 21 and "21 days, until 2023-12-05 22:13 UTC" in text
    assert "5 % if the validator signs twice" in text and "1 % if it was offline" in text


@pytest.mark.parametrize(
    ("fraction", "text"), [("0.05", "5 %"), ("0.0001", "0.01 %"), ("1.0", "100 %"), ("0", "0 %"), ("0.125", "12.5 %")]
)
def test_percentages_are_exact(fraction: str, text: str) -> None:
    assert staking.percent(fraction) == text


def test_unstaking_rules() -> None:
    check_message(staking.undelegate(ME, ONE, Coin(DENOM, REMES), held(), PARAMS), "remes", ME)
    assert (
        "more than is staked"
        in rule(lambda: staking.undelegate(ME, ONE, Coin(DENOM, 1_001 * REMES), held(), PARAMS)).message
    )
    assert "nothing staked" in rule(lambda: staking.undelegate(ME, TWO, Coin(DENOM, 1), held(), PARAMS)).message
    full = held(unbondings=tuple(Unbonding(ONE, 1, n, NOW + n) for n in range(7)))
    assert "At most 7" in rule(lambda: staking.undelegate(ME, ONE, Coin(DENOM, 1), full, PARAMS)).message


def test_moving_a_stake() -> None:
    amount = Coin(DENOM, REMES)
    check_message(staking.redelegate(ME, ONE, TWO, amount, held(), PARAMS, NOW), "remes", ME)
    rule(lambda: staking.redelegate(ME, ONE, ONE, amount, held(), PARAMS, NOW))
    hop = held(redelegations=(Redelegation(TWO, ONE, NOW + 86_400),))
    assert "none can be moved on" in rule(lambda: staking.redelegate(ME, ONE, TWO, amount, hop, PARAMS, NOW)).message
    assert staking.redelegate(ME, ONE, TWO, amount, hop, PARAMS, NOW + 86_401)
    busy = held(redelegations=(Redelegation(ONE, TWO, NOW + 5),) * 7)
    rule(lambda: staking.redelegate(ME, ONE, TWO, amount, busy, PARAMS, NOW))


def test_cancelling_and_claiming() -> None:
    entry = Unbonding(ONE, 5, 99, NOW + 10)
    message = staking.cancel_unbonding(ME, entry, DENOM, 5, NOW)
    check_message(message, "remes", ME)
    rule(lambda: staking.cancel_unbonding(ME, entry, DENOM, 6, NOW))
    rule(lambda: staking.cancel_unbonding(ME, entry, DENOM, 5, NOW + 10))
    rewards = [Reward(ONE, (Coin(DENOM, 1),)), Reward(TWO, (Coin(DENOM, 9),)), Reward(TWO, ())]
    claims = staking.claim(ME, rewards)
    assert [claim.body.validator_address for claim in claims] == [TWO, ONE]  # type: ignore[attr-defined]
    rule(lambda: staking.claim(ME, [Reward(ONE, ())]))
    assert len(staking.claim(ME, rewards * 30)) == staking.MAX_CLAIMS


async def test_a_portfolio_is_read_from_the_chain(chain: Any) -> None:
    chain.fund(ME, 12)
    empty = {"pagination": None}
    chain.answers = {
        f"/cosmos/staking/v1beta1/delegations/{ME}": (200, {"delegation_responses": [], **empty}),
        f"/cosmos/staking/v1beta1/delegators/{ME}/unbonding_delegations": (200, {"unbonding_responses": None, **empty}),
        f"/cosmos/staking/v1beta1/delegators/{ME}/redelegations": (200, empty),
        f"/cosmos/distribution/v1beta1/delegators/{ME}/rewards": (200, {"rewards": [], "total": []}),
    }
    client = ChainClient(EndpointPool([chain.url], transport=httpx.AsyncHTTPTransport(verify=False)))
    assert (await staking.portfolio(client, ME, DENOM)).total == 12
    await client.close()


# Roles


def test_requirements_of_the_profile() -> None:
    needed = requirements(PROFILE, {}, DENOM)
    assert needed[Role.MINING].total == needed[Role.SERVING].total == 1_000 * REMES
    assert needed[Role.VALIDATOR].total == 100_000 * REMES
    assert needed[Role.PROPOSER].own_minimum == 50_000 * REMES and needed[Role.PROPOSER].total == 150_000 * REMES
    assert total_for([Role.PROPOSER, Role.VALIDATOR], needed) == 150_000 * REMES
    assert total_for([Role.PROPOSER, Role.SERVING], needed) == 151_000 * REMES
    assert needed[Role.MINING].notes


@pytest.mark.parametrize(
    ("params", "minimum", "words"),
    [
        ({"min_stake": "1000", "stake_denom": "remes"}, 1_000 * REMES, "does not stake"),
        ({"min_stake": "5000000000", "stake_denom": DENOM}, 5_000 * REMES, ""),
        ({"min_stake": "1", "stake_denom": DENOM}, 1_000 * REMES, ""),
        ({"min_stake": "much"}, 1_000 * REMES, "not a number"),
    ],
)
def test_the_chains_parameters_win_where_they_ask_for_more(params: Any, minimum: int, words: str) -> None:
    requirement = requirements(PROFILE, params, DENOM)[Role.SERVING]
    assert requirement.total == minimum and words in " ".join(requirement.notes)


@given(st.integers(0, 10**15), st.sampled_from(list(Role)))
def test_what_is_missing(staked: int, role: Role) -> None:
    needed = requirements(PROFILE, {}, DENOM)[role]
    current = status(role, needed, staked, None)
    assert staked + current.missing >= needed.total and not current.ready
    assert current.missing == 0 or staked + current.missing == needed.total


def registration(**changes: Any) -> Registration:
    fields: dict[str, Any] = {
        "address": ME,
        "node_type": "NODE_TYPE_SERVING",
        "stake": "1000000000ur3mes",
        "roles": (),
        "status": "",
        "height": 0,
    }
    return Registration(**{**fields, **changes})


def test_registering_and_reading_back_in_both_profiles_of_the_network() -> None:
    message = register_message(
        ME, [Role.SERVING, Role.MINING], Resources(9, 32, 1, 24, 100, 1_000), Coin(DENOM, 1_000 * REMES)
    )
    check_message(message, "remes", ME)
    body: Any = message.body
    assert [allocation.quota.cpu_cores for allocation in body.role_allocations] == [5, 4]
    assert [allocation.quota.gpu_memory_gb for allocation in body.role_allocations] == [24, 0]
    public = registration_report(body, registration(), PROFILE, DENOM)
    assert public.recorded
    assert public.sentences == (
        "The chain recorded: node type serving; declared stake 1000 REMES.",
        "It did not record: roles serving, mining.",
        NOT_ENFORCED,
    )
    everything = registration(roles=("NODE_TYPE_SERVING", "NODE_TYPE_MINING"))
    full = registration_report(body, everything, PROFILE, DENOM)
    assert "roles serving, mining" in full.sentences[0] and full.sentences[1] == NOT_ENFORCED
    assert not registration_report(body, None, PROFILE, DENOM).recorded
    assert registered_roles(registration()) == {Role.SERVING}
    assert registered_roles(everything) == {Role.SERVING, Role.MINING}
    assert registered_roles(None) == frozenset()
    needed = requirements(PROFILE, {}, DENOM)[Role.SERVING]
    assert status(Role.SERVING, needed, 1_000 * REMES, registration()).ready


def test_a_proposer_is_a_validator() -> None:
    stake = Coin(DENOM, 1)
    rule(lambda: register_message(ME, [Role.PROPOSER], Resources(), stake))
    rule(lambda: register_message(ME, [], Resources(), stake))
    rule(lambda: register_message(ME, [Role.MINING, Role.MINING], Resources(), stake))
    assert register_message(ME, [Role.PROPOSER], Resources(), stake, held=frozenset({Role.VALIDATOR}))
    assert register_message(ME, [Role.PROPOSER, Role.VALIDATOR], Resources(), stake)
    check_message(update_message(ME, [Role.MINING], Resources(1)), "remes", ME)
    with pytest.raises(ValueError, match="each resource"):
        Resources(cpu_cores=-1)


def test_cards_say_what_happens() -> None:
    card = card_of(staking.undelegate(ME, ONE, Coin(DENOM, 5 * REMES), held(), PARAMS), WORDS, 21 * 86_400)
    assert card.title == "Unstake 5 REMES" and "locked for 21 days" in card.warnings[0] and ONE in card.lines[0]
    card = card_of(staking.send(ME, ME, Coin("stake", 5)), WORDS, None)
    assert card.title == "Send 5 stake (a coin of another name)" and card.warnings == ("You send this to yourself.",)


def test_every_kind_of_message_has_a_card(vectors: dict[str, Any]) -> None:
    from r3mes_launcher.wallet.message_kinds import KINDS, UnknownMessage, message_from_json

    seen = set()
    for case in vectors["transactions"]:
        for document in case["messages"]:
            message = message_from_json(document)
            card = card_of(message, WORDS, 21 * 86_400)
            assert card.title and card.known
            recipient = document.get("to_address") or document.get("grantee") or document.get("validator_dst_address")
            assert not recipient or any(recipient in line for line in card.lines)
            seen.add(message.type_url)
    assert seen == set(KINDS)
    unknown = card_of(UnknownMessage("/evil.v1.MsgTakeAll", b"\x01"), WORDS, None)
    assert not unknown.known and unknown.lines == ("01",)
