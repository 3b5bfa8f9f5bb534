"""Decision records that an operator keeps and replays."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from r3mes_api.modes.decision_file import DecisionFile
from r3mes_api.routing.decision import Decision
from r3mes_api.routing.replay import main


def _ended(number: int) -> Decision:
    return Decision(f"chatcmpl-{number}", 1, "m", None, outcome="done", total_s=1.0)


def _ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()]


async def test_what_runs_is_written_when_it_has_ended_and_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    file = DecisionFile(path)
    running = Decision("chatcmpl-1", 1, "m", None)
    file.add(running)
    file.add(_ended(2))
    await file.flush()
    await file.flush()
    assert _ids(path) == ["chatcmpl-2"]
    running.total_s = 2.0
    await file.flush()
    assert _ids(path) == ["chatcmpl-2", "chatcmpl-1"]
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


async def test_the_file_and_an_older_one_are_all_that_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    file = DecisionFile(path, max_bytes=1)
    for number in range(4):
        file.add(_ended(number))
        await file.flush()
    assert _ids(path) == ["chatcmpl-3"] and _ids(tmp_path / "decisions.jsonl.1") == ["chatcmpl-2"]
    assert len(list(tmp_path.iterdir())) == 2


async def test_a_disk_that_takes_nothing_is_told_of_once_and_loses_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "missing" / "decisions.jsonl"
    file = DecisionFile(path)
    for number in range(3):
        file.add(_ended(number))
        await file.flush()
    assert caplog.text.count("can't be written") == 1
    path.parent.mkdir()
    await file.flush()
    assert _ids(path) == [f"chatcmpl-{number}" for number in range(3)] and "again" in caplog.text


async def test_a_gateway_keeps_what_it_decided_for_the_replay(
    start_gateway: Any, start_node: Any, ask: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "decisions.jsonl"
    gateway = start_gateway(inference_mode="remote", node_auth="open", decision_file=path)
    for name in ("one", "two"):
        await start_node(gateway, name=name)
    for _ in range(3):
        assert (await ask(gateway)).done
    gateway.terminate()
    assert await gateway.ended() == 0
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [record["outcome"] for record in records] == ["done"] * 3
    assert all(record["tries"][0]["candidates"] == 2 for record in records) and "Hello?" not in path.read_text()
    assert main([str(path), "--policy", "random"]) == 0
    assert "3" in capsys.readouterr().out
