"""The devnet as a part of a real gateway process."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r3mes_api.settings_loading import SettingsError, load_settings

NODE_INFO = "/cosmos/base/tendermint/v1beta1/node_info"


async def test_the_gateway_answers_as_itself_and_as_a_node(
    start_gateway: Callable[..., Any], until: Callable[..., Any], make_signer: Callable[[str], Any], tmp_path: Path
) -> None:
    file = tmp_path / "folder" / "devnet.sqlite"
    options = {"devnet": 1, "devnet_file": file, "devnet_block_s": 0.02, "inference_mode": "mock"}
    address = make_signer("rich").address
    gateway = start_gateway(**options)
    async with httpx.AsyncClient(base_url=gateway.url, verify=False, timeout=60) as http:
        assert (await http.get("/health")).status_code == 200
        assert (await http.get(NODE_INFO)).json()["default_node_info"]["network"] == "r3mes-devnet-1"
        assert (await http.get("/cosmos/nothing")).json() == {"code": 12, "message": "Not Implemented", "details": []}
        assert (await http.post("/devnet/faucet", json={"address": address, "amount": "7"})).status_code == 200
        balances = f"/cosmos/bank/v1beta1/balances/{address}"

        async def paid() -> bool:
            return bool((await http.get(balances)).json()["balances"])

        await until(paid, "the faucet's coins")
        answer = await http.get(balances)
        assert int(answer.headers["grpc-metadata-x-cosmos-block-height"]) > 0
        too_large = await http.post("/cosmos/tx/v1beta1/txs", content=b"x" * 2_000_000)
        assert too_large.status_code == 413
        metrics = (await http.get("/metrics")).text
        assert address not in metrics
    gateway.process.kill()
    await gateway.ended()
    again = start_gateway(**options)
    async with httpx.AsyncClient(base_url=again.url, verify=False, timeout=60) as http:
        assert (await http.get(balances)).json()["balances"] == [{"denom": "ur3mes", "amount": "7"}]
    again.terminate()
    assert await again.ended() == 0


PIECES = [
    "cosmos",
    "remes",
    "tx",
    "txs",
    "v1beta1",
    "v1",
    "auth",
    "accounts",
    "bank",
    "balances",
    "staking",
    "base",
    "validators",
    "delegations",
    "tendermint",
    "blocks",
    "distribution",
    "delegators",
    "rewards",
    "authz",
    "grants",
]


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.sampled_from(["GET", "POST", "HEAD", "PUT"]),
    st.sampled_from(["/cosmos/tx/v1beta1/txs", "/cosmos/staking/v1beta1/validators", "/devnet/faucet"])
    | st.lists(st.sampled_from(PIECES) | st.text(min_size=1, max_size=8), max_size=6).map(
        lambda parts: "/cosmos/" + "/".join(quote(part, safe="") for part in parts)
    ),
    st.dictionaries(
        st.sampled_from(["query", "limit", "page", "order_by", "pagination.key", "pagination.limit", "granter"]),
        st.text(max_size=12) | st.integers().map(str) | st.just("message.sender='a' AND tx.height=5"),
        max_size=3,
    ),
    st.binary(max_size=20) | st.dictionaries(st.text(max_size=8), st.text() | st.integers(), max_size=3),
    st.none() | st.text(alphabet="0123456789-x", max_size=25),
)
async def test_every_request_has_an_answer_of_the_right_shape(
    node: Any, method: str, path: str, query: dict[str, str], body: Any, height: str | None
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {} if height is None else {"x-cosmos-block-height": height}
    answer = await node.http.request(method, path, params=query, content=content, headers=headers)
    assert answer.status_code in (200, 400, 404, 500, 501)
    if method == "HEAD":
        return
    document = answer.json()
    if path == "/devnet/faucet":
        return
    assert answer.status_code == 200 or set(document) == {"code", "message", "details"}


async def test_without_it_there_is_no_chain(start_gateway: Callable[..., Any]) -> None:
    gateway = start_gateway()
    async with httpx.AsyncClient(base_url=gateway.url, verify=False, timeout=60) as http:
        assert (await http.get(NODE_INFO)).status_code == 404
        assert (await http.post("/devnet/faucet", json={})).status_code == 404


def test_it_is_loaded_only_where_it_is_on() -> None:
    code = (
        "import sys, r3mes_api.server\n"
        "print([name for name in sys.modules if name.startswith('r3mes_api.devnet') and 'parameters' not in name])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment)
    assert done.stdout.strip() == "['r3mes_api.devnet']", done.stderr


def test_production_refuses_it() -> None:
    with pytest.raises(SettingsError, match="R3MES_DEVNET: an emulated chain"):
        load_settings({"R3MES_DEVNET": "1", "R3MES_PROFILE": "production"})
    settings = load_settings({"R3MES_DEVNET": " TRUE ", "R3MES_DEVNET_ROLE_RECORDS": "Public"})
    assert settings.devnet and settings.devnet_role_records == "public"


def test_a_file_that_is_none_stops_the_start(start_gateway: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"no database" * 100)
    gateway = start_gateway(wait=False, devnet=1, devnet_file=tmp_path / "junk")
    assert gateway.process.wait(60) == 78
    assert "is no devnet" in gateway.log_text() and "delete it, or name another file" in gateway.log_text()


async def test_a_node_is_let_in_once_its_owner_has_really_staked(
    start_gateway: Callable[..., Any],
    start_node: Callable[..., Any],
    make_owner: Callable[..., Any],
    make_signer: Callable[[str], Any],
    until: Callable[..., Any],
) -> None:
    """The whole way: a faucet, a signed delegation on the chain, a grant, and a gateway that asks the chain."""
    chain_id = "r3mes-devnet-1"
    chain = start_gateway(devnet=1, devnet_block_s=0.02)
    staking = {"stake_policy": "require", "stake_fresh_s": 0.05, "network": chain_id}
    gateway = start_gateway(inference_mode="remote", chain_urls=chain.url, **staking)
    staker = make_signer("owner")
    owner = make_owner(staker.key)
    assert owner.address == staker.address

    async def registered(key: Any) -> Any:
        node = await start_node(gateway, register=False, **({"key": key} if key else {}))
        node.grant = owner.grant(node.node_id, node.origin, network=chain_id)
        return await node.connect()

    poor = await registered(None)
    assert poor.rejected.code.value == "stake_insufficient"
    async with httpx.AsyncClient(base_url=chain.url, verify=False, timeout=60) as http:
        await http.post("/devnet/faucet", json={"address": owner.address})
        account = f"/cosmos/auth/v1beta1/accounts/{owner.address}"

        async def known() -> bool:
            return (await http.get(account)).status_code == 200

        await until(known, "the faucet's coins")
        number = int((await http.get(account)).json()["account"]["account_number"])
        validator = (await http.get("/cosmos/staking/v1beta1/validators")).json()["validators"][0]["operator_address"]
        body = {
            "delegator_address": owner.address,
            "validator_address": validator,
            "amount": {"denom": "ur3mes", "amount": "1000000000"},
        }
        signed = staker.transaction([("/cosmos.staking.v1beta1.MsgDelegate", body)], sequence=0, number=number)
        document = {"tx_bytes": base64.b64encode(signed).decode(), "mode": "BROADCAST_MODE_SYNC"}
        assert (await http.post("/cosmos/tx/v1beta1/txs", json=document)).json()["tx_response"]["code"] == 0

        async def staked() -> bool:
            path = f"/cosmos/staking/v1beta1/delegations/{owner.address}"
            return bool((await http.get(path)).json()["delegation_responses"])

        await until(staked, "the delegation in a block")
        shown: dict[str, Any] = {}

        async def let_in() -> bool:
            node = await registered(poor.key)
            if node.registered is None:
                return False
            async with httpx.AsyncClient(base_url=gateway.url, verify=False, timeout=60) as client:
                shown.update((await client.get(f"/v1/nodes/{node.node_id}")).json())
            return True

        await until(let_in, "the gateway asks the chain again")
    assert shown["stake"]["state"] == "sufficient" and shown["stake"]["delegated"] == "1000000000"
