"""The engine's self-test: `r3mes-engine check --json` as a child, and what it says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from r3mes_launcher.core.child_process import ChildCommand
from r3mes_launcher.core.doctor.facts import GpuVerdict, SelfTest
from r3mes_launcher.core.engine_words import engine_sentence
from r3mes_launcher.core.log_hub import LogHub, plain_text
from r3mes_launcher.core.stop_ladder import FORCED
from r3mes_launcher.core.supervisor import SpawnError, Supervisor
from r3mes_launcher.sentence import Sentence, sentence_of

Answer = TypeVar("Answer")

SELF_TEST_S = 300.0
"""The engine itself allows a driver 20 s and each try of a card 90 s, the first of them alone."""

MAX_GPUS = 64
MAX_NAME_CHARS = 200


class SelfTestFailed(Exception):
    """There is no result; the message is a sentence."""


class _Conversation:
    def __init__(self, logs: LogHub) -> None:
        self._logs = logs
        self.lines: list[bytes] = []

    def on_output(self, line: bytes) -> None:
        # One object is promised; a chatty library may print before it.
        self.lines = [*self.lines[-15:], line]

    def on_oversized_output(self) -> None:
        self._logs.add("engine", ["Ignored an oversized line of the self-test."])

    def on_log(self, lines: Sequence[str]) -> None:
        self._logs.add("engine", lines)


async def self_test(
    command: ChildCommand, supervisor: Supervisor, logs: LogHub, limit_s: float = SELF_TEST_S
) -> SelfTest:
    """Raises SelfTestFailed."""
    return await ask_engine(command, supervisor, logs, limit_s, read_self_test)


async def ask_engine(
    command: ChildCommand,
    supervisor: Supervisor,
    logs: LogHub,
    limit_s: float,
    read: Callable[[object], Answer],
) -> Answer:
    """One `check --json` as a child. `read` raises ValueError for what is no answer. Raises SelfTestFailed."""
    conversation = _Conversation(logs)
    try:
        child = await supervisor.start("engine-check", command, conversation)
    except SpawnError as error:
        raise SelfTestFailed(sentence_of(error)) from None
    try:
        async with asyncio.timeout(limit_s):
            outcome = await child.wait()
    except TimeoutError:
        await asyncio.shield(child.stop(FORCED))
        raise SelfTestFailed(
            Sentence("The engine's self-test did not end within {limit_s:.0f} s.", limit_s=limit_s)
        ) from None
    except asyncio.CancelledError:
        await asyncio.shield(child.stop(FORCED))
        raise
    for line in reversed(conversation.lines):
        try:
            return read(json.loads(line))
        except (ValueError, RecursionError):
            continue
    raise SelfTestFailed(
        Sentence("The engine's self-test {outcome} and said nothing that can be read.", outcome=outcome.sentence())
    )


def read_self_test(document: object) -> SelfTest:
    """Raises ValueError."""
    if not isinstance(document, dict) or not isinstance(document.get("usable"), bool):
        raise ValueError("not a verdict")
    gpus = document.get("gpus")
    if not isinstance(gpus, list):
        raise ValueError("no list of GPUs")
    return SelfTest(
        usable=document["usable"],
        problem=_text(document, "problem"),
        hint=_text(document, "hint"),
        gpus=tuple(_gpu(gpu) for gpu in gpus[:MAX_GPUS]),
    )


def _gpu(document: object) -> GpuVerdict:
    if not isinstance(document, dict):
        raise ValueError("a GPU is not an object")
    capability = document.get("compute_capability")
    known = isinstance(capability, list) and len(capability) == 2 and all(type(part) is int for part in capability)
    return GpuVerdict(
        name=str(_text(document, "name"))[:MAX_NAME_CHARS],
        usable=document.get("usable") is True,
        reason=_text(document, "reason"),
        memory_total_mb=_count(document, "memory_total_mb"),
        memory_free_mb=_count(document, "memory_free_mb"),
        compute_capability=f"{capability[0]}.{capability[1]}" if known and isinstance(capability, list) else "",
        uuid=_text(document, "uuid")[:MAX_NAME_CHARS],
        verdict=_text(document, "verdict")[:MAX_NAME_CHARS],
        code=_text(document, "code")[:MAX_NAME_CHARS],
        hint=_text(document, "hint"),
    )


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name, "")
    return engine_sentence(plain_text(value)) if isinstance(value, str) else ""


def _count(document: Mapping[str, Any], name: str) -> int:
    value = document.get(name)
    return value if isinstance(value, int) and value >= 0 else 0
