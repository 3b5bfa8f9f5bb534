"""Staking, rewards, roles and permissions on the devnet, with blocks and time in the test's hands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from r3mes_api.devnet.message_forms import ALLOWANCES, AUTHORIZATIONS, MESSAGES
from r3mes_api.devnet.wire import Packed, encode

REMES = 1_000_000
STAKING = "/cosmos.staking.v1beta1."
AUTHZ = "/cosmos.authz.v1beta1."
FEEGRANT = "/cosmos.feegrant.v1beta1."
SEND = "/cosmos.bank.v1beta1.MsgSend"
Message = tuple[str, dict[str, Any]]


def coin(amount: int, denom: str = "ur3mes") -> dict[str, str]:
    return {"denom": denom, "amount": str(amount)}


def stake(signer: Any, validator: str, amount: int, kind: str = "MsgDelegate", **more: Any) -> Message:
    body = {"delegator_address": signer.address, "validator_address": validator, "amount": coin(amount), **more}
    return STAKING + kind, body


def move(signer: Any, source: str, destination: str, amount: int) -> Message:
    return STAKING + "MsgBeginRedelegate", {
        "delegator_address": signer.address,
        "validator_src_address": source,
        "validator_dst_address": destination,
        "amount": coin(amount),
    }


def claim(signer: Any, validator: str) -> Message:
    body = {"delegator_address": signer.address, "validator_address": validator}
    return "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward", body


async def validators_of(node: Any) -> list[str]:
    answer = await node.get("/cosmos/staking/v1beta1/validators?status=BOND_STATUS_BONDED")
    return [item["operator_address"] for item in answer.json()["validators"]]


async def test_rewards_are_exact_and_paid_whole(make_node: Callable[..., Any], make_signer: Callable[..., Any]) -> None:
    node = make_node(yearly_reward_percent=50)
    rich = make_signer("rich")
    await node.fund(rich)
    validator = (await validators_of(node))[0]
    shown = (await node.get(f"/cosmos/staking/v1beta1/validators/{validator}")).json()["validator"]
    percent = round(float(shown["commission"]["commission_rates"]["rate"]) * 100)
    assert (await node.included(rich, [stake(rich, validator, 1_000 * REMES)]))["code"] == 0
    for _ in range(6):
        node.block(10)
    path = f"/cosmos/distribution/v1beta1/delegators/{rich.address}/rewards"
    reward = (await node.get(path)).json()
    expected = 1_000 * REMES * 60 * 50 * (100 - percent) * 10**18 // (31_557_600 * 100 * 100)
    amount = reward["rewards"][0]["reward"][0]["amount"]
    assert amount == f"{expected // 10**18}.{expected % 10**18:018d}" and reward["total"][0]["amount"] == amount
    before = await node.balance(rich)
    paid = await node.included(rich, [claim(rich, validator)], gas=200_000)
    gained = await node.balance(rich) - before + 5_000
    assert paid["code"] == 0 and gained == expected * 61 // (60 * 10**18)
    names = {event["type"] for event in paid["events"]}
    assert {"withdraw_rewards", "transfer", "message", "tx"} <= names
    # A pause of a day is worth a minute.
    node.block(86_400)
    late = (await node.get(path)).json()["rewards"][0]["reward"][0]["amount"]
    assert abs(float(late) - expected / 10**18) < 1


async def test_unbonding_ends_on_time(node: Any, make_signer: Callable[..., Any]) -> None:
    rich = make_signer("rich")
    await node.fund(rich)
    validator = (await validators_of(node))[0]
    await node.included(rich, [stake(rich, validator, 100 * REMES)])
    path = f"/cosmos/staking/v1beta1/delegators/{rich.address}/unbonding_delegations"
    assert (await node.included(rich, [stake(rich, validator, 40 * REMES, "MsgUndelegate")]))["code"] == 0
    (group,) = (await node.get(path)).json()["unbonding_responses"]
    (entry,) = group["entries"]
    assert entry["balance"] == str(40 * REMES) and entry["completion_time"].endswith("Z")
    # A part of it is staked again.
    cancel = stake(rich, validator, 15 * REMES, "MsgCancelUnbondingDelegation", creation_height=1)
    assert (await node.included(rich, [cancel]))["code"] == 1, "no such height"
    cancel[1]["creation_height"] = int(entry["creation_height"])
    too_much = stake(rich, validator, 41 * REMES, "MsgCancelUnbondingDelegation", **{"creation_height": 0})
    too_much[1]["creation_height"] = int(entry["creation_height"])
    assert (await node.included(rich, [too_much]))["code"] == 18
    assert (await node.included(rich, [cancel]))["code"] == 0
    before = await node.balance(rich)
    node.block(110)
    assert await node.balance(rich) == before
    node.block(10)
    assert await node.balance(rich) == before + 25 * REMES
    assert (await node.get(path)).json()["unbonding_responses"] == []
    held = (await node.get(f"/cosmos/staking/v1beta1/validators/{validator}/delegations/{rich.address}")).json()
    assert held["delegation_response"]["balance"]["amount"] == str(75 * REMES)


async def test_the_rules_of_staking(node: Any, make_signer: Callable[..., Any]) -> None:
    rich = make_signer("rich")
    await node.fund(rich)
    first, second, third = await validators_of(node)
    nowhere = make_signer("x").address.replace("remes1", "remesvaloper1")

    async def code(*messages: Message) -> tuple[str, int]:
        answer = await node.included(rich, list(messages), gas=3_000_000)
        return answer["codespace"], answer["code"]

    assert await code(stake(rich, first, 1, "MsgUndelegate")) == ("staking", 19)
    assert await code(claim(rich, first)) == ("distribution", 5)
    assert await code(stake(rich, nowhere, 1)) == ("sdk", 7)
    assert await code(stake(rich, first, 50_000 * REMES)) == ("sdk", 5)
    wrong_coin = stake(rich, first, 1)
    wrong_coin[1]["amount"] = coin(1, "uother")
    assert await code(wrong_coin) == ("sdk", 18)
    assert await code(stake(rich, first, 100 * REMES)) == ("", 0)
    assert await code(stake(rich, first, 101 * REMES, "MsgUndelegate")) == ("sdk", 18)
    assert await code(move(rich, first, first, 1)) == ("staking", 29)
    assert await code(move(rich, first, second, 10 * REMES)) == ("", 0)
    assert await code(move(rich, second, third, 1)) == ("staking", 32)
    assert await code(*[move(rich, first, second, 1) for _ in range(6)]) == ("", 0)
    assert await code(move(rich, first, second, 1)) == ("staking", 33)
    for _ in range(7):
        assert await code(stake(rich, first, 1, "MsgUndelegate")) == ("", 0)
    assert await code(stake(rich, first, 1, "MsgUndelegate")) == ("staking", 27)
    # Two in one block are one entry; a failing message takes the others with it.
    node.block(200)
    assert await code(stake(rich, first, 1, "MsgUndelegate"), stake(rich, first, 2, "MsgUndelegate")) == ("", 0)
    path = f"/cosmos/staking/v1beta1/delegators/{rich.address}/unbonding_delegations"
    (group,) = (await node.get(path)).json()["unbonding_responses"]
    assert [entry["balance"] for entry in group["entries"]] == ["3"]
    friend = make_signer("friend")
    assert await code(rich.send(friend.address, 5), rich.send(friend.address, 10**15)) == ("sdk", 5)
    assert await node.balance(friend) == 0


def registration(signer: Any, roles: list[int], stake_text: str = "1000000000ur3mes", **more: Any) -> Message:
    return "/remes.remes.v1.MsgRegisterNode", {
        "node_address": signer.address,
        "node_type": roles[0] if roles else 0,
        "resources": {"cpu_cores": 8, "gpu_count": 1},
        "stake": stake_text,
        "roles": roles,
        "role_allocations": [{"role": role, "quota": {"role": role, "cpu_cores": 4}} for role in roles],
        "resource_proof_ipfs_hash": "QmX",
        **more,
    }


async def test_the_role_module_that_records_everything(node: Any, make_signer: Callable[..., Any]) -> None:
    rich = make_signer("rich")
    await node.fund(rich)
    path = f"/remes/remes/v1/node_registration/{rich.address}"
    missing = await node.get(path)
    assert (missing.status_code, missing.json()["code"]) == (500, 2)
    cases: list[tuple[Message, int]] = [
        (registration(rich, []), 1007),
        (registration(rich, [2], "5ur3mes"), 1021),
        (registration(rich, [2], "x"), 1021),
        (registration(rich, [2], "1000000000uother"), 1021),
        (registration(rich, [4]), 1017),
        (registration(rich, [2, 2]), 1007),
        (registration(rich, [2], role_allocations=[]), 1007),
        (registration(rich, [9]), 1007),
    ]
    for message, code in cases:
        answer = await node.included(rich, [message])
        assert (answer["codespace"], answer["code"]) == ("remes", code), answer
    assert (await node.included(rich, [registration(rich, [3, 4])]))["code"] == 0
    kept = (await node.get(path)).json()["registration"]
    assert kept["roles"] == ["NODE_TYPE_VALIDATOR", "NODE_TYPE_PROPOSER"] and kept["status"] == "NODE_STATUS_ACTIVE"
    assert kept["resources"]["gpu_count"] == 1 and int(kept["registered_at_height"]) > 0
    update = {"node_address": rich.address, "roles": [2], "role_allocations": [{"role": 2, "quota": {"role": 2}}]}
    assert (await node.included(rich, [("/remes.remes.v1.MsgUpdateNodeRegistration", update)]))["code"] == 0
    (only,) = (await node.get("/remes/remes/v1/node_registrations")).json()["registrations"]
    assert only["roles"] == ["NODE_TYPE_SERVING"] and only["stake"] == "1000000000ur3mes"
    assert only["resources"]["gpu_count"] == 1, "what an update leaves out stays"


async def test_the_role_module_of_the_public_chain(
    make_node: Callable[..., Any], make_signer: Callable[..., Any]
) -> None:
    node, rich = make_node(role_records="public"), make_signer("rich")
    await node.fund(rich)
    assert (await node.included(rich, [registration(rich, [4], "nonsense")]))["code"] == 0
    kept = (await node.get(f"/remes/remes/v1/node_registration/{rich.address}")).json()["registration"]
    assert (kept["node_type"], kept["stake"], kept["roles"]) == ("NODE_TYPE_PROPOSER", "nonsense", [])
    params = (await node.get("/remes/remes/v1/params")).json()["params"]
    assert (params["min_stake"], params["stake_denom"]) == ("1000", "remes"), "a coin that the chain does not have"
    assert kept["registered_at_height"] == "0" and kept["status"] == "NODE_STATUS_UNSPECIFIED"
    update = ("/remes.remes.v1.MsgUpdateNodeRegistration", {"node_address": rich.address, "roles": [1]})
    assert (await node.included(rich, [update]))["code"] == 0, "it says yes and does nothing"
    again = (await node.get(f"/remes/remes/v1/node_registration/{rich.address}")).json()["registration"]
    assert again == kept


def authorization(name: str, type_url: str, values: dict[str, Any]) -> Packed:
    return Packed(type_url, encode(AUTHORIZATIONS[type_url], values))


def executed(grantee: Any, *messages: Message) -> Message:
    packed = [Packed(type_url, encode(MESSAGES[type_url].form, body)) for type_url, body in messages]
    return AUTHZ + "MsgExec", {"grantee": grantee.address, "msgs": packed}


async def test_acting_for_another(node: Any, make_signer: Callable[..., Any]) -> None:
    owner, helper, friend = (make_signer(name) for name in ("owner", "helper", "friend"))
    await node.fund(owner, helper)
    first, second, _ = await validators_of(node)

    async def code(signer: Any, message: Message) -> tuple[str, int]:
        answer = await node.included(signer, [message], gas=900_000)
        return answer["codespace"], answer["code"]

    def permit(packed: Packed, expires: int | None = None) -> Message:
        grant = {"authorization": packed, "expiration": {"seconds": expires, "nanos": 0} if expires else None}
        return AUTHZ + "MsgGrant", {"granter": owner.address, "grantee": helper.address, "grant": grant}

    pay = owner.send(friend.address, 5)
    assert await code(helper, executed(helper, pay)) == ("authz", 2)
    assert await code(helper, executed(helper, helper.send(friend.address, 1))) == ("", 0), "for oneself"
    limit = {"spend_limit": [coin(12)], "allow_list": [friend.address]}
    assert await code(owner, permit(authorization("send", "/cosmos.bank.v1beta1.SendAuthorization", limit))) == ("", 0)
    assert await code(helper, executed(helper, pay)) == ("", 0)
    assert await code(helper, executed(helper, owner.send(helper.address, 1))) == ("sdk", 4)
    assert await code(helper, executed(helper, pay, pay)) == ("sdk", 5), "all or nothing"
    assert await node.balance(friend) == 6
    assert await code(helper, executed(helper, owner.send(friend.address, 7))) == ("", 0)
    assert await code(helper, executed(helper, pay)) == ("authz", 2), "used up"
    staking = {"max_tokens": coin(10), "allow_list": {"address": [first]}, "authorization_type": 1}
    granted = permit(authorization("stake", STAKING + "StakeAuthorization", staking), int(node.now) + 60)
    assert await code(owner, granted) == ("", 0)
    assert await code(helper, executed(helper, stake(owner, second, 1))) == ("sdk", 4)
    assert await code(helper, executed(helper, stake(owner, first, 11))) == ("sdk", 10)
    assert await code(helper, executed(helper, stake(owner, first, 4))) == ("", 0)
    shown = (await node.get(f"/cosmos/authz/v1beta1/grants?granter={owner.address}")).json()["grants"]
    assert shown[0]["authorization"]["max_tokens"]["amount"] == "6" and shown[0]["expiration"].endswith("Z")
    node.block(70)
    assert await code(helper, executed(helper, stake(owner, first, 1))) == ("authz", 6)
    assert (await node.get(f"/cosmos/authz/v1beta1/grants?granter={owner.address}")).json()["grants"] == []
    generic = {"msg": "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward"}
    packed = authorization("claim", AUTHZ + "GenericAuthorization", generic)
    assert await code(owner, permit(packed, 5)) == ("authz", 3)
    assert await code(owner, permit(packed)) == ("", 0)
    assert await code(helper, executed(helper, claim(owner, first))) == ("", 0)
    pair = {"granter": owner.address, "grantee": helper.address}
    assert await code(owner, (AUTHZ + "MsgRevoke", {**pair, "msg_type_url": generic["msg"]})) == ("", 0)
    assert await code(owner, (AUTHZ + "MsgRevoke", {**pair, "msg_type_url": generic["msg"]})) == ("authz", 2)
    deep = executed(helper, executed(helper, executed(helper, executed(helper, helper.send(friend.address, 1)))))
    assert await code(helper, deep) == ("sdk", 4)


async def test_paying_anothers_fees(node: Any, make_signer: Callable[..., Any]) -> None:
    owner, poor, friend = (make_signer(name) for name in ("owner", "poor", "friend"))
    await node.fund(owner)
    await node.fund(poor, amount=100)
    pair = {"granter": owner.address, "grantee": poor.address}

    def allow(name: str, values: dict[str, Any]) -> Message:
        packed = Packed(FEEGRANT + name, encode(ALLOWANCES[FEEGRANT + name], values))
        return FEEGRANT + "MsgGrantAllowance", {**pair, "allowance": packed}

    async def pays(fee: int, amount: int = 1) -> tuple[str, int]:
        """The fee on top of what 200,000 gas cost is 5,000."""
        tx_bytes = node.signed(poor, [poor.send(friend.address, amount)], gas=200_000, fee=fee, granter=owner.address)
        answer = await node.broadcast(tx_bytes)
        node.block()
        if "tx_response" in answer.json():
            return "", answer.json()["tx_response"]["code"]
        message = answer.json()["message"]
        return message.rpartition("codespace='")[2].rstrip("'"), int(message.partition("code=")[2].partition(",")[0])

    assert await pays(5_000) == ("sdk", 38)
    basic = {"spend_limit": [coin(12_000)], "expiration": {"seconds": int(node.now) + 500, "nanos": 0}}
    assert (await node.included(owner, [allow("BasicAllowance", basic)]))["code"] == 0
    assert (await node.included(owner, [allow("BasicAllowance", basic)]))["code"] == 18, "one at a time"
    before = await node.balance(owner)
    assert await pays(5_000) == ("", 0)
    assert await node.balance(owner) == before - 5_000 and await node.balance(poor) == 99
    assert await pays(8_000) == ("feegrant", 2)
    node.block(600)
    assert await pays(5_000) == ("feegrant", 3)
    assert (await node.included(owner, [(FEEGRANT + "MsgRevokeAllowance", pair)]))["code"] == 0
    assert (await node.included(owner, [(FEEGRANT + "MsgRevokeAllowance", pair)]))["code"] == 38
    periodic = {"basic": {}, "period": {"seconds": 100, "nanos": 0}, "period_spend_limit": [coin(6_000)]}
    inner = Packed(FEEGRANT + "PeriodicAllowance", encode(ALLOWANCES[FEEGRANT + "PeriodicAllowance"], periodic))
    limited = {"allowance": inner, "allowed_messages": [SEND]}
    assert (await node.included(owner, [allow("AllowedMsgAllowance", limited)]))["code"] == 0
    assert await pays(5_000) == ("", 0)
    assert await pays(5_000) == ("feegrant", 2)
    node.block(100)
    assert await pays(5_000) == ("", 0)
    claiming = node.signed(poor, [claim(poor, "x")], gas=200_000, granter=owner.address)
    assert "codespace='feegrant'" in (await node.broadcast(claiming)).text
    issued = (await node.get(f"/cosmos/feegrant/v1beta1/issued/{owner.address}")).json()["allowances"]
    assert issued[0]["allowance"]["allowance"]["period_can_spend"] == [coin(1_000)]


async def test_pages_and_heights(node: Any, make_signer: Callable[..., Any]) -> None:
    rich = make_signer("rich")
    await node.fund(rich)
    path = "/cosmos/staking/v1beta1/validators?pagination.limit=2"
    first = (await node.get(path)).json()
    assert len(first["validators"]) == 2 and first["pagination"]["total"] == "3"
    rest = (
        await node.http.get(path, params={"pagination.limit": 2, "pagination.key": first["pagination"]["next_key"]})
    ).json()
    assert len(rest["validators"]) == 1 and rest["pagination"]["next_key"] is None
    for wrong in (
        "pagination.limit=x",
        "pagination.limit=-1",
        "pagination.key=!",
        "pagination.key=AA&pagination.offset=1",
    ):
        answer = await node.get(f"/cosmos/staking/v1beta1/validators?{wrong}")
        assert (answer.status_code, answer.json()["code"]) == (400, 3)
    height = node.chain.block.height
    await node.included(rich, [rich.send(rich.address, 1)])
    account = f"/cosmos/auth/v1beta1/accounts/{rich.address}"
    then = await node.get(account, **{"x-cosmos-block-height": str(height)})
    now = await node.get(account)
    assert (then.json()["account"]["sequence"], now.json()["account"]["sequence"]) == ("0", "1")
    for wrong in (str(height + 99), "x"):
        answer = await node.get(account, **{"x-cosmos-block-height": wrong})
        assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert (await node.get(f"/cosmos/base/tendermint/v1beta1/blocks/{height}")).json()["block"]["header"][
        "height"
    ] == str(height)
    for _ in range(120):
        node.block()
    old = await node.get(account, **{"x-cosmos-block-height": str(height)})
    assert old.status_code == 400 and "does not exist" in old.json()["message"]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, "pays addresses that begin with remes1"),
        ({"address": "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"}, "pays addresses"),
        ({"address": 7}, "pays addresses"),
        ({"address": "ME", "amount": "0"}, "at a time"),
        ({"address": "ME", "amount": -5}, "at a time"),
        ({"address": "ME", "amount": True}, "at a time"),
        ({"address": "ME", "amount": "999999999999999"}, "at a time"),
    ],
)
async def test_the_faucet_refuses_with_a_sentence(
    node: Any, make_signer: Callable[..., Any], document: dict[str, Any], words: str
) -> None:
    if document.get("address") == "ME":
        document = {**document, "address": make_signer("me").address}
    answer = await node.http.post("/devnet/faucet", json=document)
    assert answer.status_code == 400 and words in answer.json()["error"]["message"]
    assert int((await node.get("/devnet/faucet")).json()["amount"]) == 10_000 * REMES
