"""The engine is killed at random while many stream from its gateway: launcher and gateway recover, and nobody is left
without an end.

The whole campaign: `python3 installer test -- -m slow -s -k killed_fifty_times`.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from r3mes_launcher.composition import CompositionOptions, compose
from r3mes_launcher.core.back_off import BackOff
from r3mes_launcher.core.launcher import LauncherCore
from r3mes_launcher.core.policy_desk import PolicySources
from r3mes_launcher.core.state import Actual, Desired, DeviceChoice

posix = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")

CLIENTS = 6
# As for people, but for the waits: they would be most of a campaign, and their lengths have tests of their own.
PATIENT = BackOff(unit_s=0.05, cap_s=0.4, max_losses=1000)
ANSWER_S = 60.0
RECOVERY_S = 120.0


@dataclass
class Load:
    """Clients that ask one thing after another, and how each request ended."""

    origin: str
    model: str
    dice: random.Random
    ends: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    """What no client should see."""
    under_way: int = 0
    """Streams that have content."""

    async def client(self, stop: asyncio.Event) -> None:
        async with httpx.AsyncClient(base_url=self.origin, trust_env=False, timeout=ANSWER_S) as client:
            while not stop.is_set():
                try:
                    end = await self._ask(client)
                except (httpx.HTTPError, ValueError, KeyError) as error:
                    end = "broken"
                    self.broken.append(f"{type(error).__name__}: {error}")
                self.ends[end] += 1
                if end.startswith("refused"):
                    # As clients are told to. The model's process takes seconds to come back.
                    await asyncio.sleep(0.5)

    async def _ask(self, client: httpx.AsyncClient) -> str:
        leaves_after = self.dice.randint(1, 5) if self.dice.random() < 0.1 else None
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": "user", "content": "Tell me about the number " + str(self.dice.randint(1, 99))}],
            "max_tokens": self.dice.choice((4, 16, 40)),
            "stream": True,
        }
        async with client.stream("POST", "/v1/chat/completions", json=body) as response:
            if response.status_code != 200:
                error = json.loads(await response.aread())["error"]
                if response.status_code not in (429, 502, 503, 504):
                    raise ValueError(f"HTTP {response.status_code}: {error}")
                return f"refused: {error['code']}"
            contents, errors, dones = 0, [], 0
            try:
                async for line in response.aiter_lines():
                    if not line.startswith("data: "):
                        continue
                    if dones:
                        raise ValueError(f"after the end came {line!r}")
                    if line == "data: [DONE]":
                        dones += 1
                        continue
                    event = json.loads(line[6:])
                    if "error" in event:
                        errors.append(event["error"]["code"])
                        continue
                    if any(choice["delta"].get("content") for choice in event.get("choices", ())):
                        contents += 1
                        self.under_way += contents == 1
                    if leaves_after is not None and contents >= leaves_after:
                        return "left"
            finally:
                self.under_way -= contents > 0
            if dones != 1 or len(errors) > 1:
                raise ValueError(f"{dones} ends and errors {errors} after {contents} pieces")
            return f"error: {errors[0]}" if errors else "answered"


@asynccontextmanager
async def serving(
    home: Path, policy: PolicySources, environ: dict[str, str], first_start_s: float
) -> AsyncIterator[LauncherCore]:
    options = CompositionOptions(home=home, device=DeviceChoice.CPU, back_off=PATIENT, policy=policy)
    core = compose(options, {**os.environ, **environ})
    try:
        await core.start()
        await core.set_desired(Desired.SERVING)
        await until(lambda: is_serving(core), first_start_s, core)
        yield core
    finally:
        await core.close()


def is_serving(core: LauncherCore) -> bool:
    return core.state.node.actual is Actual.SERVING and bool(core.state.models)


async def until(condition: Callable[[], bool], seconds: float, core: LauncherCore) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        node = core.state.node
        assert time.monotonic() < deadline, f"{node.actual} {node.reason!r} {node.fault} {core.state.gateway.message}"
        await asyncio.sleep(0.01)


async def campaign(core: LauncherCore, kills: int, dice: random.Random, longest_wait_s: float) -> str:
    """Returns what was seen, in a line."""
    load = Load(core.state.gateway.url, core.state.models[0], dice)
    gateway_pid = core.state.gateway.process.pid
    stop = asyncio.Event()
    clients = [asyncio.create_task(load.client(stop)) for _ in range(CLIENTS)]
    recovered: list[float] = []
    try:
        for number in range(kills):
            await until(lambda: load.under_way > 0 or bool(load.broken), RECOVERY_S, core)
            assert not load.broken, load.broken[:5]
            await asyncio.sleep(dice.uniform(0, longest_wait_s))
            pid = core.state.node.engine.pid
            assert pid is not None
            killed = time.monotonic()
            os.kill(pid, signal.SIGKILL)
            await until(lambda pid=pid: core.state.node.engine.pid not in (None, pid), RECOVERY_S, core)
            await until(lambda: core.state.node.actual is Actual.SERVING, RECOVERY_S, core)
            answered = load.ends["answered"]
            await until(
                lambda answered=answered: load.ends["answered"] > answered or bool(load.broken), RECOVERY_S, core
            )
            recovered.append(time.monotonic() - killed)
            print(f"kill {number + 1}: an answer again after {recovered[-1]:.1f} s; {dict(load.ends)}", flush=True)
    finally:
        stop.set()
        async with asyncio.timeout(RECOVERY_S):
            await asyncio.gather(*clients)
    assert not load.broken, load.broken[:5]
    assert core.state.gateway.process.pid == gateway_pid, "the gateway goes on"
    assert core.state.node.engine.restarts >= kills
    await nothing_is_left(load.origin, core)
    return (
        f"{kills} kills, {sum(load.ends.values())} requests: {dict(load.ends)}; an answer again after "
        f"{statistics.median(recovered):.1f} s (median), {max(recovered):.1f} s (longest)"
    )


async def nothing_is_left(origin: str, core: LauncherCore) -> None:
    """No job is under way at the gateway, and this launcher has one engine and one gateway."""
    async with httpx.AsyncClient(base_url=origin, trust_env=False, timeout=ANSWER_S) as client:
        deadline = time.monotonic() + 20
        while True:
            nodes = (await client.get("/v1/nodes")).json()["data"]
            if [node["jobs"] for node in nodes] == [0] or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.1)
    assert [node["jobs"] for node in nodes] == [0], nodes
    wanted = {core.state.node.engine.pid, core.state.gateway.process.pid}
    programs = {
        child.pid
        for child in psutil.Process().children(recursive=True)
        if "serve" in child.cmdline() or "--control" in child.cmdline()
    }
    assert wanted <= programs, (wanted, programs)


@pytest.fixture
def scripted_engine(tmp_path: Path) -> dict[str, str]:
    """An interpreter that runs the real engine, with a script in the place of a model."""
    script = tmp_path / "engine-python"
    more = "--backend scripted --scripted-tokens 40 --scripted-tokens-per-second 100"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@" {more}\n')
    script.chmod(0o700)
    return {"R3MES_ENGINE_PYTHON": str(script)}


@posix
async def test_an_engine_killed_under_load_leaves_nobody_without_an_end(
    scripted_engine: dict[str, str], tmp_path: Path, quiet_computer: PolicySources
) -> None:
    async with serving(tmp_path / "home", quiet_computer, scripted_engine, 60.0) as core:
        print(await campaign(core, 3, random.Random(1), 0.2))


@posix
@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
async def test_an_engine_killed_fifty_times_under_load(tmp_path: Path, quiet_computer: PolicySources) -> None:
    async with serving(tmp_path / "home", quiet_computer, {"R3MES_ENGINE_PYTHON": sys.executable}, 300.0) as core:
        print(await campaign(core, 50, random.Random(2), 5.0))
