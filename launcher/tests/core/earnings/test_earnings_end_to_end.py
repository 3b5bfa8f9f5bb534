"""From a paid request to the Earnings page: a real gateway with accounts, its devnet, the launcher's core with its own
engine, and somebody who pays. The engine's answer is scripted, everything else is what runs at home."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from r3mes_launcher import cli
from r3mes_launcher.composition import CompositionOptions, compose, demo_network, demo_policy_sources
from r3mes_launcher.core.earnings.standing import EarningsProblem, Standing
from r3mes_launcher.core.policy.policy_settings import PolicySettings, WalletRule
from r3mes_launcher.core.state import Actual, Desired
from r3mes_launcher.core.wallet_state import VaultState
from r3mes_launcher.wallet.adr36 import sign_message
from r3mes_launcher.wallet.keys import PrivateKey
from r3mes_launcher.wallet.sealed_file import StretchParameters
from r3mes_launcher.wallet.secret import Secret
from r3mes_protocol.control import parse_api_ready

Until = Callable[..., Awaitable[None]]

PASSWORD = "correct horse battery"
LIGHT = StretchParameters(memory_kib=19_456, passes=2)
START_S = 60.0
COMPLETION_PRICE = 2_000_000
"""Base units for a million tokens: two for each."""

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the engine's stand-in is a shell script"),
    pytest.mark.timeout(240),
]


@pytest.fixture
def paid_gateway(tmp_path: Path) -> Iterator[str]:
    """The origin of `python -m r3mes_api` with accounts and the devnet."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("R3MES_")},
        "R3MES_INFERENCE_MODE": "remote",
        "R3MES_NODE_AUTH": "grant",
        "R3MES_ACCOUNTS": "on",
        "R3MES_DATA_FOLDER": str(tmp_path / "gateway"),
        "R3MES_WELCOME_CREDITS": "1000000",
        "R3MES_PROMPT_PRICE": "0",
        "R3MES_COMPLETION_PRICE": str(COMPLETION_PRICE),
        "R3MES_DEVNET": "1",
        "R3MES_DEVNET_BLOCK_S": "0.05",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    with (tmp_path / "gateway.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "r3mes_api", "--port", "0"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (tmp_path / "gateway.log").read_text()
        yield parse_api_ready(line).url
    finally:
        process.kill()
        process.wait(60)
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture
async def core(tmp_path: Path, paid_gateway: str) -> AsyncIterator[Any]:
    script = tmp_path / "engine-python"
    script.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" "$@" --backend scripted --device cpu '
        "--scripted-tokens 50 --scripted-tokens-per-second 0\n"
    )
    script.chmod(0o700)
    options = CompositionOptions(
        home=tmp_path / "home",
        gateway_url=paid_gateway,
        policy=demo_policy_sources(),
        network=demo_network,
        stretch=LIGHT,
    )
    made = compose(options, {**os.environ, "R3MES_ENGINE_PYTHON": str(script)})
    await made.start()
    yield made
    await made.close()


async def standing(core: Any) -> Standing:
    found: Standing = (await core.earnings.overview(anew=True)).standing
    return found


async def customer_key(client: httpx.AsyncClient, gateway: str) -> dict[str, str]:
    """A wallet that signs in and has a key to pay with."""
    key = PrivateKey(Secret(bytearray(b"\x22" * 32)))
    address = key.address("remes")
    challenge = (await client.post(f"{gateway}/v1/auth/challenge", json={"address": address})).json()
    signed = sign_message(key, "remes", challenge["text"].encode())
    login = await client.post(
        f"{gateway}/v1/auth/login",
        json={
            "challenge_id": challenge["challenge_id"],
            "address": address,
            "public_key": base64.b64encode(signed.public_key).decode(),
            "signature": base64.b64encode(signed.signature).decode(),
        },
    )
    session = {"authorization": f"Bearer {login.json()['token']}"}
    made = await client.post(f"{gateway}/v1/keys", json={"name": "test"}, headers=session)
    return {"authorization": f"Bearer {made.json()['token']}"}


async def ask(client: httpx.AsyncClient, gateway: str, key: dict[str, str]) -> int:
    """Completion tokens of one answer."""
    body = {"model": "scripted", "messages": [{"role": "user", "content": "Hello?"}], "max_tokens": 50}
    reply = await client.post(f"{gateway}/v1/chat/completions", json=body, headers=key, timeout=60)
    assert reply.status_code == 200, reply.text
    return int(reply.json()["usage"]["completion_tokens"])


async def test_a_paid_answer_is_seen_as_earnings(
    core: Any, paid_gateway: str, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    # What stands in the way is told, one thing after the other.
    await until(lambda: core.state.wallet.vault is VaultState.ABSENT)
    assert await standing(core) is Standing.NO_WALLET
    await core.wallet.create("Miner", PASSWORD)
    await until(lambda: core.state.wallet.vault is VaultState.OPEN)
    assert await standing(core) is Standing.SIGNED_OUT

    # The node serves for this wallet. This gateway asks for no stake.
    core.policy.change(PolicySettings(wallet=WalletRule(needs_stake=False)))
    await core.set_desired(Desired.SERVING)
    await until(lambda: core.state.node.node_id, START_S)
    await until(lambda: core.state.node.actual is Actual.FAULTED, START_S)
    assert core.state.node.fault is not None, "without a grant it is turned away"
    await core.owner.grant_node(("serving",), 30)
    await core.retry()
    await until(lambda: core.state.node.actual is Actual.SERVING, START_S)

    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        key = await customer_key(client, paid_gateway)
        tokens = await ask(client, paid_gateway, key)
        tokens += await ask(client, paid_gateway, key)
    assert tokens == 100

    await core.earnings.sign_in()
    assert core.current_settings.earnings_gateway == paid_gateway
    await core.change_settings({"remes_price": "0.25", "electricity_price": "0.30", "electricity_currency": "EUR"})
    expected = tokens * COMPLETION_PRICE // 1_000_000 * 90 // 100
    deadline = time.monotonic() + START_S
    while (seen := await core.earnings.overview(anew=True)).today.earned < expected:
        assert time.monotonic() < deadline, seen
        await asyncio.sleep(0.05)

    wallet = core.state.wallet.wallet
    assert wallet is not None and (seen.standing, seen.owner) == (Standing.READY, wallet.address)
    assert seen.today.earned == seen.today.here == seen.pending == expected
    assert (seen.settled, seen.today.settled, seen.today.tokens, seen.today.deliveries) == (0, 0, tokens, 2)
    assert seen.days[0].day == datetime.now().date() and seen.days[1].figures.earned == 0
    [node] = seen.nodes
    assert node.is_here and node.node_id == core.state.node.node_id and node.role == "serving"
    assert seen.today.income == Decimal(expected).scaleb(-6) * Decimal("0.25")
    assert seen.today.cost == 0 and seen.today.profit == seen.today.income, "a processor's energy is not measured"

    # The session goes on while the wallet is locked, and its token is nowhere on the disk.
    token = core.earnings._source._session.token
    await core.wallet.lock()
    assert (await core.earnings.overview(anew=True)).today.earned == expected
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            assert token.encode() not in path.read_bytes(), path

    # The command line tells the same.
    monkeypatch.setenv("R3MES_HOME", str(tmp_path / "home"))
    assert await asyncio.to_thread(cli.main, ["earnings", "--json", "--days", "7"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["days"][0]["earned"] == expected and len(document["days"]) == 7
    assert await asyncio.to_thread(cli.main, ["earnings", "--csv"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[1].split(",")[:4] == [str(seen.days[0].day), node.node_id, "serving", "yes"]
    assert await asyncio.to_thread(cli.main, ["earnings"]) == 0
    assert "0.00018 REMES" in capsys.readouterr().out

    # A gateway that forgot the session gets no new one from a locked wallet; the password opens both.
    core.earnings._source._session = replace(core.earnings._source._session, token="r3mes_forgotten_session")
    core.earnings._asked_at = float("-inf")
    assert await asyncio.to_thread(cli.main, ["earnings"]) == 1
    assert "--sign-in" in capsys.readouterr().err
    with pytest.raises(EarningsProblem):
        await core.earnings.sign_in()
    monkeypatch.setattr("r3mes_launcher.terminal.earnings_command.read_password", lambda: PASSWORD)
    assert await asyncio.to_thread(cli.main, ["earnings", "--sign-in"]) == 0
    assert core.state.wallet.vault is VaultState.OPEN
    assert PASSWORD not in "".join(line.text for line in core._logs.lines)
