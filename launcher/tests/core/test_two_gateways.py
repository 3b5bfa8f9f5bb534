"""Two real gateways, a real engine and the launcher's core: the preferred one dies, comes back, the other one dies."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from r3mes_launcher.composition import CompositionOptions, compose, demo_policy_sources
from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.state import Actual, ChatTurn, Desired
from r3mes_protocol.control import parse_api_ready

Until = Callable[..., Awaitable[None]]

PATIENCE_S = 60.0

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the engine's stand-in is a shell script"),
    pytest.mark.timeout(300),
]


class GatewayProcess:
    """`python -m r3mes_api` for nodes without grants, on a port that it keeps over its deaths."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "gateway.log"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("R3MES_")},
            "R3MES_INFERENCE_MODE": "remote",
            "R3MES_NODE_AUTH": "open",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        self.url = ""
        self.start()

    def start(self) -> None:
        port = urlsplit(self.url).port or 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "r3mes_api", "--port", str(port)],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self._log.read_text()
        self.url = parse_api_ready(line).url

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(60)
        if self._process.stdout is not None:
            self._process.stdout.close()


@pytest.fixture
def gateways(tmp_path: Path) -> Iterator[tuple[GatewayProcess, GatewayProcess]]:
    started: list[GatewayProcess] = []
    try:
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            started.append(GatewayProcess(tmp_path / name))
        yield started[0], started[1]
    finally:
        for gateway in started:
            gateway.kill()


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    script = tmp_path / "engine-python"
    script.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" "$@" --backend scripted --device cpu '
        "--scripted-tokens 3 --scripted-tokens-per-second 0\n"
    )
    script.chmod(0o700)
    options = CompositionOptions(home=tmp_path / "home", policy=demo_policy_sources())
    made = compose(options, {**os.environ, "R3MES_ENGINE_PYTHON": str(script)})
    await made.start()
    yield made
    await made.close()


async def test_the_node_serves_where_a_gateway_is_and_the_launcher_follows_it(
    core: Core, gateways: tuple[GatewayProcess, GatewayProcess], until: Until
) -> None:
    first, second = gateways

    async def serves_at(gateway: GatewayProcess) -> None:
        def is_there() -> bool:
            state = core.state
            is_served = state.node.actual is Actual.SERVING and state.node.gateway == gateway.url
            return is_served and state.gateway.url == gateway.url and state.gateway.reachable and bool(state.models)

        await until(is_there, PATIENCE_S)
        answer = [delta.text async for delta in core.chat((ChatTurn("user", "hello"),))]
        assert "".join(answer).split(), "what is asked in the window is answered by this node"

    await core.change_settings({"gateway_kind": "remote", "gateway_url": first.url, "gateway_fallbacks": (second.url,)})
    await core.set_desired(Desired.SERVING)
    await serves_at(first)
    assert core.state.gateway.message == ""

    first.kill()
    await serves_at(second)
    assert core.state.gateway.message == f"{first.url} did not answer, so {second.url} is used. It goes back by itself."
    assert core.state.gateway.order == (first.url, second.url)

    # The preferred one is there again, without this node: the launcher stays with the node until it moves.
    first.start()
    await core.retry()
    await serves_at(second)

    second.kill()
    await serves_at(first)
    assert core.state.gateway.message == ""
    assert core.state.node.engine.restarts == 0, "all of it without another start"
