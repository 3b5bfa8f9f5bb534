"""The devnet as a part of a real gateway process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from r3mes_api.settings import SettingsError, load_settings

NODE_INFO = "/cosmos/base/tendermint/v1beta1/node_info"


async def test_the_gateway_answers_as_itself_and_as_a_node(
    start_gateway: Callable[..., Any], until: Callable[..., Any], make_signer: Callable[[str], Any], tmp_path: Path
) -> None:
    file = tmp_path / "folder" / "devnet.sqlite"
    options = {"devnet": 1, "devnet_file": file, "devnet_block_s": 0.02, "inference_mode": "mock"}
    address = make_signer("rich").address
    gateway = start_gateway(**options)
    async with httpx.AsyncClient(base_url=gateway.url, verify=False) as http:
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
    async with httpx.AsyncClient(base_url=again.url, verify=False) as http:
        assert (await http.get(balances)).json()["balances"] == [{"denom": "ur3mes", "amount": "7"}]
    again.terminate()
    assert await again.ended() == 0


async def test_without_it_there_is_no_chain(start_gateway: Callable[..., Any]) -> None:
    gateway = start_gateway()
    async with httpx.AsyncClient(base_url=gateway.url, verify=False) as http:
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
