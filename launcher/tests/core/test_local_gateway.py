"""The bundled gateway as a child: it comes up, comes back under its address, and is given up with a sentence."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from r3mes_launcher.core.back_off import BackOff
from r3mes_launcher.core.child_process import ChildCommand
from r3mes_launcher.core.local_gateway import LocalGateway
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.state import GatewayState
from r3mes_launcher.core.supervisor import Supervisor

Until = Callable[..., Awaitable[None]]

READY = (
    "import json,os,sys;"
    "say = lambda url, protocol=1: print(json.dumps({'event': 'ready', 'protocol': protocol, 'url': url,"
    " 'mode': 'mock', 'pid': os.getpid()}), flush=True);"
)
GOOD = (
    READY + "print('garbage', flush=True); say('http://127.0.0.1:' + (sys.argv[1] if sys.argv[1] != '0' else '4321'));"
)
WAIT = "sys.stdin.read()"


class Stage:
    def __init__(self, folder: Path, supervisor: Supervisor, logs: LogHub) -> None:
        self.told: list[GatewayState] = []
        self.ports: list[int] = []
        self.code = GOOD + WAIT
        self.folder = folder
        self.gateway = LocalGateway(
            self.command, supervisor, logs, self.told.append, BackOff(unit_s=0.02, max_losses=3), lambda: 0.5, 1.0
        )

    def command(self, port: int) -> ChildCommand:
        self.ports.append(port)
        return ChildCommand((sys.executable, "-c", self.code, str(port)), self.folder, dict(os.environ))

    @property
    def state(self) -> GatewayState:
        return self.told[-1]


@pytest.fixture
async def stage(tmp_path: Path, supervisor: Supervisor, logs: LogHub) -> AsyncIterator[Stage]:
    made = Stage(tmp_path, supervisor, logs)
    yield made
    await made.gateway.close()


async def test_it_answers_and_ends_with_its_stdin(stage: Stage, until: Until, alive: Any) -> None:
    stage.gateway.start()
    assert "starting" in stage.state.message
    await until(lambda: stage.state.url)
    assert (stage.state.url, stage.state.mode, stage.state.message) == ("http://127.0.0.1:4321", "mock", "")
    pid = stage.state.process.pid
    assert pid is not None and alive(pid)
    await stage.gateway.close()
    assert not alive(pid)
    assert not stage.state.url and not stage.state.process.running


async def test_a_killed_gateway_comes_back_under_its_address(stage: Stage, until: Until) -> None:
    stage.gateway.start()
    await until(lambda: stage.state.url)
    first = stage.state.process.pid
    assert first is not None
    os.kill(first, 9)
    await until(lambda: stage.state.process.restarts == 1 and stage.state.message == "")
    assert stage.ports == [0, 4321]
    assert all(state.url for state in stage.told if state.process.restarts), "the address stays known meanwhile"
    assert stage.state.process.last_exit


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit(70)", "ended with code 70"),
        ("import sys; sys.exit(78)", "its configuration can't be used"),
        (READY + "say('http://127.0.0.1:1', 2);" + WAIT, "speaks version 2"),
        (READY + "say('ftp://x');" + WAIT, "address that can't be used"),
        ("import sys;" + WAIT, "was not ready within"),
    ],
)
async def test_what_does_not_come_up_is_given_up_until_asked(stage: Stage, until: Until, code: str, words: str) -> None:
    stage.code = code
    stage.gateway.start()
    await until(lambda: "not started again by itself" in stage.state.message)
    assert words in stage.state.message
    assert len(stage.ports) == (1 if "78" in code else 3)
    stage.code = GOOD + WAIT
    stage.gateway.retry()
    await until(lambda: stage.state.url)


async def test_a_program_that_is_missing_is_a_sentence(
    stage: Stage, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    stage.gateway.start()
    await until(lambda: "could not be started" in stage.state.message)
