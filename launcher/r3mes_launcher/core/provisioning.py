"""Installs the engine's environment by running the installer as a child, and reads what it tells.

Contract: `installer engine --json --watch-stdin [--plan]` prints one JSON object a line and cancels when its stdin
ends; it can be repeated and then goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r3mes_launcher.core.child_environment import child_environment
from r3mes_launcher.core.child_process import ChildCommand, ChildProcess
from r3mes_launcher.core.data_folder import HOME_VARIABLE
from r3mes_launcher.core.log_hub import LogHub, plain_text
from r3mes_launcher.core.state import Fault, LogLevel, Progress
from r3mes_launcher.core.stop_ladder import INSTALLER_STOP
from r3mes_launcher.core.supervisor import SpawnError, Supervisor
from r3mes_launcher.ports.engine_runtime import ProvisioningError, RuntimeReport
from r3mes_launcher.sentence import Sentence, joined, phrase, sentence_of

SOURCE = "launcher"

PLAN_DEADLINE_S = 60.0
"""A plan reads lock files and asks pip's configuration; it downloads nothing."""

TOLD_BY_THE_INSTALLER = (
    phrase("Downloading"),
    phrase("Unpacking"),
    phrase("Checking that everything installed can be loaded."),
    phrase("An earlier installation was interrupted; starting it again."),
    phrase("Another installation of the same environment is running; waiting for it."),
    phrase("There is no CUDA build of the engine for this system yet: the build for the CPU is taken."),
    phrase("The disk is full."),
    phrase("Free some space and run the same command again."),
    phrase("Check who owns it, or choose another data directory with R3MES_HOME."),
)
"""The installer's own words, which the window shows. It is another program: what is not among them stays English."""

_LAST_LINES = 5


@dataclass(frozen=True, slots=True)
class EnvironmentPlan:
    report: RuntimeReport
    python: str
    """Of the environment, empty while it is not complete."""


class _Conversation:
    """The listener of one run of the installer."""

    def __init__(self, logs: LogHub, tell: Callable[[Progress], None]) -> None:
        self._logs = logs
        self._tell = tell
        self.plan: EnvironmentPlan | None = None
        self.python = ""
        self.fault: Fault | None = None
        self.last_lines: list[str] = []

    def on_output(self, line: bytes) -> None:
        try:
            document = json.loads(line)
            self._take(document["event"], document)
        except (ValueError, KeyError, TypeError, RecursionError):
            self._logs.add(SOURCE, ["Ignored a line of the installer that can't be read."], LogLevel.WARNING)

    def on_oversized_output(self) -> None:
        self._logs.add(SOURCE, ["Ignored an oversized line of the installer."], LogLevel.WARNING)

    def on_log(self, lines: Sequence[str]) -> None:
        self._logs.add(SOURCE, lines)
        self.last_lines = [*self.last_lines, *(plain_text(line) for line in lines if line.strip())][-_LAST_LINES:]

    def _take(self, event: object, document: Mapping[str, Any]) -> None:
        match event:
            case "plan":
                report = RuntimeReport(
                    present=bool(document["provisioned"]),
                    download_bytes=_count(document["download_bytes"]),
                    disk_bytes=_count(document["disk_bytes"]),
                    location=str(document["location"]),
                )
                self.plan = EnvironmentPlan(report, str(document["python"]) if report.present else "")
            case "progress":
                stage = plain_text(str(document["stage"]))
                self._tell(Progress(stage, _count(document["done"]), _count(document["total"]), str(document["unit"])))
            case "done":
                self.python = str(document["python"])
            case "error":
                self.fault = Fault(
                    f"provisioning_{plain_text(str(document['code']))}",
                    plain_text(str(document["message"])),
                    plain_text(str(document.get("hint", ""))),
                )
            case _:
                raise ValueError


def _count(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError
    return value


class Installer:
    """The installer as a child of the launcher; one run at a time."""

    def __init__(
        self,
        argv: tuple[str, ...],
        home: Path,
        environ: Mapping[str, str],
        supervisor: Supervisor,
        logs: LogHub,
    ) -> None:
        self._argv = argv
        self._home = home
        self._environ = environ
        self._supervisor = supervisor
        self._logs = logs
        self._one_at_a_time = asyncio.Lock()

    async def plan(self) -> EnvironmentPlan:
        """What there is and what installing would take. Raises ProvisioningError."""
        try:
            async with asyncio.timeout(PLAN_DEADLINE_S):
                conversation = await self._run(("--plan",), lambda progress: None)
        except TimeoutError:
            fault = Fault(
                "provisioning_no_plan",
                Sentence("The installer gave no plan within {plan_deadline_s:.0f} s.", plan_deadline_s=PLAN_DEADLINE_S),
            )
            raise ProvisioningError(fault) from None
        if conversation.plan is None:
            raise ProvisioningError(conversation.fault or _broke_off(conversation))
        return conversation.plan

    async def install(self, tell: Callable[[Progress], None]) -> str:
        """Returns the path of the environment's interpreter. Raises ProvisioningError."""
        conversation = await self._run((), tell)
        if conversation.fault is not None:
            raise ProvisioningError(conversation.fault)
        if not conversation.python:
            raise ProvisioningError(_broke_off(conversation))
        return conversation.python

    async def _run(self, arguments: tuple[str, ...], tell: Callable[[Progress], None]) -> _Conversation:
        argv = (*self._argv, "engine", "--json", "--watch-stdin", *arguments)
        # pip's own settings go along: mirrors and constraints of the person's network hold here too.
        environment = child_environment(self._environ, {HOME_VARIABLE: str(self._home)}, keep_pip=True)
        conversation = _Conversation(self._logs, tell)
        async with self._one_at_a_time:
            try:
                child = await self._supervisor.start(
                    "installer", ChildCommand(argv, self._home, environment), conversation
                )
            except SpawnError as error:
                raise ProvisioningError(Fault("provisioning_not_started", sentence_of(error))) from None
            try:
                await child.wait()
            except asyncio.CancelledError:
                await asyncio.shield(_stop(child))
                raise
        return conversation


async def _stop(child: ChildProcess) -> None:
    await child.stop(INSTALLER_STOP)


def _broke_off(conversation: _Conversation) -> Fault:
    last = conversation.last_lines[-1] if conversation.last_lines else ""
    return Fault(
        "provisioning_broke_off",
        joined(
            "The installer ended without saying why.", Sentence("Its last words: {last}", last=last) if last else ""
        ),
        "Try again: it goes on where it stopped. The log has its output.",
    )
