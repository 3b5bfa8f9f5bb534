"""The installer as a child: plans, progress, cancelling, and everything it may answer instead."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from r3mes_launcher.core.installed_engine import (
    ENGINE_PYTHON_VARIABLE,
    InstalledEngineRuntime,
    own_interpreter_has_engine,
)
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.provisioning import Installer
from r3mes_launcher.core.state import DeviceChoice, Progress
from r3mes_launcher.core.supervisor import Supervisor
from r3mes_launcher.ports.engine_runtime import EngineWish, Prepared, ProvisioningError, Refused, RuntimeReport

Until = Callable[..., Awaitable[None]]

# Says what the file beside it lists, and then ends, or waits for the end of its stdin.
FAKE_INSTALLER = """
import json, os, sys
from pathlib import Path
here = Path(__file__).parent
(here / "seen.json").write_text(json.dumps({"argv": sys.argv[1:], "environment": dict(os.environ)}))
script = json.loads((here / "script.json").read_text())
for line in script["lines"]:
    print(line if isinstance(line, str) else json.dumps(line), flush=True)
sys.stderr.write(script.get("stderr", ""))
if script.get("waits"):
    sys.stdin.read()
    (here / "tidied").write_text("")
sys.exit(script.get("exit", 0))
"""

PLAN = {
    "event": "plan", "download_bytes": 210_000_000, "disk_bytes": 900_000_000, "location": "/e", "provisioned": False,
    "python": "",
}  # fmt: skip


class Stage:
    """A fake installer and what the launcher's side makes of it."""

    def __init__(self, folder: Path, supervisor: Supervisor, logs: LogHub) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "installer.py").write_text(FAKE_INSTALLER)
        environ = {**os.environ, "PIP_INDEX_URL": "https://mirror.example", "HF_TOKEN": "x", "R3MES_HOME": "/other"}
        argv = (sys.executable, str(folder / "installer.py"))
        self.installer = Installer(argv, folder, environ, supervisor, logs)

    def plays(self, *lines: object, **more: object) -> None:
        (self.folder / "script.json").write_text(json.dumps({"lines": lines, **more}))

    @property
    def seen(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "seen.json").read_text())
        return document


@pytest.fixture
def stage(tmp_path: Path, supervisor: Supervisor, logs: LogHub) -> Stage:
    return Stage(tmp_path / "stage", supervisor, logs)


def silent(progress: Progress) -> None:
    return


async def test_a_plan_tells_the_size_before_anything_is_loaded(stage: Stage) -> None:
    stage.plays(PLAN)
    plan = await stage.installer.plan()
    assert plan.report == RuntimeReport(False, 210_000_000, 900_000_000, "/e")
    assert stage.seen["argv"] == ["engine", "--json", "--watch-stdin", "--plan"]
    environment = stage.seen["environment"]
    assert environment["PIP_INDEX_URL"] == "https://mirror.example"
    assert environment["R3MES_HOME"] == str(stage.folder)
    assert "HF_TOKEN" not in environment


async def test_progress_and_the_end(stage: Stage) -> None:
    told: list[Progress] = []
    stage.plays(
        {"event": "progress", "stage": "Downloading torch", "done": 1, "total": 9, "unit": "bytes"},
        "pip says hello",
        {"event": "of a newer version"},
        {"event": "progress", "stage": "Installing \x1b[31m", "done": -1, "total": 9, "unit": "packages"},
        {"event": "done", "python": "/e/bin/python"},
    )
    assert await stage.installer.install(told.append) == "/e/bin/python"
    assert told == [Progress("Downloading torch", 1, 9, "bytes")]


async def test_its_errors_are_faults_with_its_own_words(stage: Stage) -> None:
    stage.plays({"event": "error", "code": "no_disk", "message": "The disk is full.", "hint": "Free 2 GB."}, exit=3)
    with pytest.raises(ProvisioningError) as raised:
        await stage.installer.install(silent)
    fault = raised.value.fault
    assert (fault.code, fault.message, fault.hint) == ("provisioning_no_disk", "The disk is full.", "Free 2 GB.")


async def test_an_end_without_a_word_shows_the_last_ones(stage: Stage) -> None:
    stage.plays(stderr="Traceback (most recent call last):\nMemoryError\n", exit=1)
    with pytest.raises(ProvisioningError, match="Its last words: MemoryError"):
        await stage.installer.install(silent)
    with pytest.raises(ProvisioningError, match="ended without saying why"):
        await stage.installer.plan()


async def test_cancelling_ends_it_by_its_stdin(stage: Stage, until: Until) -> None:
    told: list[Progress] = []
    stage.plays({"event": "progress", "stage": "Downloading", "done": 1, "total": 9, "unit": "bytes"}, waits=True)
    task = asyncio.create_task(stage.installer.install(told.append))
    await until(lambda: told)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert (stage.folder / "tidied").exists(), "it had the time to put its work away"
    stage.plays({"event": "done", "python": "/p"})
    assert await stage.installer.install(silent) == "/p"


async def test_a_missing_installer_is_a_sentence(tmp_path: Path, supervisor: Supervisor, logs: LogHub) -> None:
    installer = Installer(("/nowhere",), tmp_path, {}, supervisor, logs)
    with pytest.raises(ProvisioningError, match="could not be started"):
        await installer.install(silent)


def wish(model: str = "builtin") -> EngineWish:
    return EngineWish("http://127.0.0.1:1", model, DeviceChoice.CPU)


def runtime(
    folder: Path, logs: LogHub, *, installer: Installer | None = None, chosen: str = "", own: bool = False
) -> InstalledEngineRuntime:
    environ = {"PATH": os.environ["PATH"], **({ENGINE_PYTHON_VARIABLE: chosen} if chosen else {})}
    return InstalledEngineRuntime(folder / "engine", environ, installer, logs, own_python=lambda: own)


async def test_the_interpreters_come_in_their_order(tmp_path: Path, logs: LogHub, stage: Stage) -> None:
    stage.plays({**PLAN, "provisioned": True, "python": "/made/python"})
    first = await runtime(tmp_path, logs, installer=stage.installer, chosen=sys.executable, own=True).find()
    assert first == RuntimeReport(True, location=sys.executable)
    second = await runtime(tmp_path, logs, installer=stage.installer, own=True).find()
    assert second == RuntimeReport(True, location=sys.executable)
    assert not (stage.folder / "seen.json").exists()
    third = await runtime(tmp_path, logs, installer=stage.installer).find()
    assert third.present and third.location == "/e"
    stage.plays(exit=1)
    assert not (await runtime(tmp_path, logs, installer=stage.installer).find()).present
    assert any("ended without saying why" in line.text for line in logs.lines)


async def test_the_command_is_the_contracts(tmp_path: Path, logs: LogHub) -> None:
    engine = runtime(tmp_path, logs, chosen=sys.executable)
    await engine.find()
    verdict = await engine.prepare(wish())
    assert isinstance(verdict, Prepared)
    said = " ".join(verdict.command.argv[1:])
    assert said.startswith("-P -m r3mes_engine serve --gateway http://127.0.0.1:1 --model builtin --device cpu ")
    assert said.endswith(f"--state-dir {tmp_path / 'engine'} --control stdio --ask-for-token")
    assert (tmp_path / "engine").is_dir()
    busy = replace(wish(), other_gateways=("https://two.example", "https://three.example"), max_concurrency=5)
    verdict = await engine.prepare(busy)
    assert isinstance(verdict, Prepared)
    said = " ".join(verdict.command.argv)
    assert "--gateway http://127.0.0.1:1 --gateway https://two.example --gateway https://three.example --model" in said
    assert said.endswith("--max-concurrency 5")


async def test_bad_models_are_refused_before_the_start(tmp_path: Path, logs: LogHub) -> None:
    engine = runtime(tmp_path, logs, chosen=sys.executable)
    await engine.find()
    empty, text, good = tmp_path / "empty", tmp_path / "model.txt", tmp_path / "model.GGUF"
    empty.mkdir()
    text.write_text("")
    good.write_text("")
    for model, words in ((tmp_path / "no", "no model at"), (empty, "config.json is missing"), (text, "not a GGUF")):
        verdict = await engine.prepare(wish(str(model)))
        assert isinstance(verdict, Refused) and words in verdict.fault.message and verdict.fault.hint
    assert isinstance(await engine.prepare(wish(str(good))), Prepared)
    # A name of the engine's catalogue is for the engine to judge; what looks like a file is not such a name.
    assert isinstance(await engine.prepare(wish("Qwen3-0.6B")), Prepared)
    for model in ("gone.gguf", "no/such", "a b"):
        assert isinstance(await engine.prepare(wish(model)), Refused)


async def test_an_interpreter_that_vanished_can_be_installed_again(tmp_path: Path, logs: LogHub, stage: Stage) -> None:
    stage.plays({**PLAN, "provisioned": True, "python": "/made/python"})
    engine = runtime(tmp_path, logs, installer=stage.installer)
    await engine.find()
    verdict = await engine.prepare(wish())
    assert isinstance(verdict, Refused) and verdict.runtime_missing and "antivirus" in verdict.fault.hint
    engine = runtime(tmp_path, logs, chosen="/nowhere/python")
    await engine.find()
    verdict = await engine.prepare(wish())
    assert isinstance(verdict, Refused) and not verdict.runtime_missing
    assert ENGINE_PYTHON_VARIABLE in verdict.fault.message


async def test_without_an_installer_it_says_so(tmp_path: Path, logs: LogHub) -> None:
    engine = runtime(tmp_path, logs)
    assert not (await engine.find()).present
    with pytest.raises(ProvisioningError, match="without the installer"):
        await engine.provision(silent)


def test_looking_for_the_engine_imports_none_of_it() -> None:
    before = set(sys.modules)
    own_interpreter_has_engine()
    assert not {name for name in set(sys.modules) - before if name.split(".")[0] in ("torch", "transformers")}
