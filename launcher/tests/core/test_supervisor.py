"""Children under supervision: what they leave on disk, what is reaped, and what survives nobody."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from r3mes_launcher.core.child_process import ChildCommand
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.process_outcome import ProcessOutcome
from r3mes_launcher.core.run_record import RunRecord, RunRecords
from r3mes_launcher.core.stop_ladder import GATEWAY_STOP
from r3mes_launcher.core.supervisor import SpawnError, Supervisor
from r3mes_launcher.role_guard import watch

Until = Callable[..., Awaitable[None]]

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX; Windows has Job Objects")


class Heard:
    def __init__(self) -> None:
        self.output: list[bytes] = []
        self.log: list[str] = []
        self.oversized = 0

    def on_output(self, line: bytes) -> None:
        self.output.append(line)

    def on_oversized_output(self) -> None:
        self.oversized += 1

    def on_log(self, lines: Sequence[str]) -> None:
        self.log += lines


def python(folder: Path, code: str) -> ChildCommand:
    return ChildCommand((sys.executable, "-c", code), folder, dict(os.environ))


async def test_last_words_are_heard_before_the_end_is_told(supervisor: Supervisor, tmp_path: Path) -> None:
    heard = Heard()
    code = "import sys; print('one'); sys.stdout.write('no line end'); sys.stderr.write('a cause'); sys.exit(11)"
    child = await supervisor.start("engine", python(tmp_path, code), heard)
    assert await child.wait() == ProcessOutcome(11)
    assert heard.output == [b"one", b"no line end"] and heard.log == ["a cause"]


async def test_a_survivor_that_holds_the_pipe_holds_up_nobody(supervisor: Supervisor, tmp_path: Path) -> None:
    heard = Heard()
    code = "import subprocess,sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
    child = await supervisor.start("engine", python(tmp_path, code), heard)
    started = time.monotonic()
    await child.wait()
    assert time.monotonic() - started < 5.0


async def test_a_child_is_noted_while_it_runs(supervisor: Supervisor, tmp_path: Path, until: Until) -> None:
    child = await supervisor.start("engine", python(tmp_path, "input()"), Heard())
    note = tmp_path / "running" / "engine.json"
    record = json.loads(note.read_text())
    assert record["pid"] == child.pid
    assert record["started_at"] == psutil.Process(child.pid).create_time()
    assert await child.stop(GATEWAY_STOP)
    await until(lambda: not note.exists())


async def test_what_can_not_start_is_a_sentence(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(SpawnError, match=r"nothing-here could not be started: no such file or directory\."):
        await supervisor.start("engine", ChildCommand(("/nothing-here",), tmp_path, {}), Heard())


async def test_a_child_that_reads_nothing_is_not_fed_for_ever(supervisor: Supervisor, tmp_path: Path) -> None:
    child = await supervisor.start("engine", python(tmp_path, "import time; time.sleep(600)"), Heard())
    taken = 0
    while child.write(b"x" * 65536) and taken < 1000:
        taken += 1
    assert taken < 40
    child.kill()
    await child.wait()


async def test_a_stale_child_is_reaped(supervisor: Supervisor, tmp_path: Path, logs: LogHub, alive: Any) -> None:
    orphan = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    RunRecords(tmp_path / "running").write(RunRecord.of("engine", orphan.pid))
    await supervisor.reap_stale()
    assert not alive(orphan.pid)
    orphan.wait()
    await asyncio.sleep(0)
    assert any(f"pid {orphan.pid}" in line.text for line in logs.lines)
    assert list((tmp_path / "running").iterdir()) == []


@pytest.mark.parametrize("change", [{"started_at": 1.0}, {"executable": "/usr/bin/other"}])
async def test_a_stranger_with_the_same_pid_is_left_alone(
    supervisor: Supervisor, tmp_path: Path, change: dict[str, Any]
) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    records = RunRecords(tmp_path / "running")
    records.write(RunRecord.of("engine", stranger.pid))
    note = tmp_path / "running" / "engine.json"
    note.write_text(json.dumps({**json.loads(note.read_text()), **change}))
    await supervisor.reap_stale()
    assert stranger.poll() is None
    assert not note.exists()
    stranger.communicate(b"\n")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"name": 1}', '{"name":"e","pid":-1,"started_at":0,"executable":"x"}']
)
async def test_a_damaged_note_is_thrown_away(supervisor: Supervisor, tmp_path: Path, text: str) -> None:
    (tmp_path / "running" / "engine.json").write_text(text)
    await supervisor.reap_stale()
    assert list((tmp_path / "running").iterdir()) == []


def test_the_guard_reads_what_it_is_told() -> None:
    assert watch(["watch 10\n", "watch 11\n", "forget 10\n", "watch 1\n", "watch -5\n", "nonsense\n"]) == {11}


LAUNCHER = """
import asyncio, os, sys
from pathlib import Path
from r3mes_launcher.core.child_process import ChildCommand
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.supervisor import Supervisor
from r3mes_launcher.ports.process_tree import system_process_trees

class Quiet:
    def on_output(self, line): pass
    def on_oversized_output(self): pass
    def on_log(self, lines):
        for line in lines:
            print(line, flush=True)

async def main():
    supervisor = Supervisor(Path(sys.argv[1]), system_process_trees(), dict(os.environ), LogHub())
    command = ChildCommand((sys.executable, *sys.argv[2:]), Path(sys.argv[1]), dict(os.environ))
    child = await supervisor.start("engine", command, Quiet())
    print("engine", child.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@posix_only
@pytest.mark.parametrize("words", [(), ("ignore-eof", "ignore-term", "grandchild")], ids=["polite", "stubborn"])
def test_a_killed_launcher_leaves_nothing_behind(tmp_path: Path, alive: Any, words: tuple[str, ...]) -> None:
    fake = str(Path(__file__).with_name("fake_engine.py"))
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(tmp_path), fake, *words], stdout=subprocess.PIPE, text=True
    )
    assert launcher.stdout is not None
    wanted = {"engine", "INFO grandchild"} if words else {"engine"}
    while wanted:
        line = launcher.stdout.readline()
        assert line, "the launcher ended early"
        wanted -= {line.rsplit(" ", 1)[0]}
    family = psutil.Process(launcher.pid).children(recursive=True)
    assert len(family) == (3 if words else 2), "the engine, its grandchild, and the guard"
    launcher.kill()
    killed_at = time.monotonic()
    while any(alive(process.pid) for process in family) and time.monotonic() < killed_at + 10:
        time.sleep(0.02)
    assert time.monotonic() - killed_at < 5.0
    launcher.wait()
    launcher.stdout.close()
