"""Reads a diagnostics bundle that somebody sent. It is taken for hostile: nothing is unpacked to the disk, sizes are
bounded before and while they are read, only known files are looked at, and every text becomes plain text.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from r3mes_launcher.core.doctor.report import DoctorReport, read_report
from r3mes_launcher.core.history.request_record import RequestRecord
from r3mes_launcher.core.log_hub import plain_text
from r3mes_launcher.core.policy.reasons import SENTENCES, ActiveReason, SuspendReason
from r3mes_launcher.core.state import (
    Actual,
    Desired,
    Fault,
    GatewayKind,
    GatewayState,
    LogLevel,
    LogLine,
    NodeState,
    ProcessState,
)
from r3mes_launcher.sentence import Sentence
from r3mes_launcher.system_cause import system_cause

MAX_ZIP_BYTES = 16 * 1024 * 1024
MAX_DOCUMENT_BYTES = 1024 * 1024
"""Unpacked, of a file or a line that is one JSON object: some kilobytes. Read, one of brackets takes twenty times as
much memory."""
MAX_FILE_BYTES = 32 * 1024 * 1024
"""Unpacked, of a file with an object a line. 20,000 lines of log have 4 MB."""
MAX_FILES = 200
MAX_STATES = 5_000
MAX_LINES = 20_000
MAX_CHECKS = 100
MAX_TEXT = 2_000
LATEST = 32_503_680_000.0
"""The year 3000: what comes after it is no time."""

_KNOWN = {
    "status.json": MAX_DOCUMENT_BYTES,
    "states.jsonl": MAX_FILE_BYTES,
    "logs.jsonl": MAX_FILE_BYTES,
    "doctor.json": MAX_DOCUMENT_BYTES,
    "versions.json": MAX_DOCUMENT_BYTES,
}
"""With the most bytes that each may have."""
_WAYS_TO_PACK = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SOURCES = ("launcher", "engine", "gateway")
_REQUEST = re.compile(r"Request (\S{1,200}): ([a-z_]{1,40}), (\d{1,9}) tokens in (\d{1,9}) ms\.")

Choice = TypeVar("Choice", Actual, Desired, GatewayKind, LogLevel, SuspendReason)


class BundleError(ValueError):
    """The bundle can't be opened; the message is a sentence for the person."""


@dataclass(frozen=True, slots=True)
class RecordedState:
    """What the launcher showed from `at` on, in seconds since the epoch."""

    at: float
    node: NodeState
    gateway: GatewayState


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything in it is somebody else's word."""

    name: str
    version: str
    system: str
    states: tuple[RecordedState, ...]
    """By time; at least one."""
    lines: tuple[LogLine, ...]
    """By time."""
    report: DoctorReport | None

    @property
    def begin(self) -> float:
        return self.states[0].at

    @property
    def end(self) -> float:
        """The latest that anything in it tells of: when it was made, as well as that is known."""
        last = [self.states[-1].at, *(line.at for line in self.lines[-1:])]
        return max(last if self.report is None else [*last, self.report.at])

    def requests(self) -> tuple[RequestRecord, ...]:
        """Those that the log tells of: without the tokens of the prompt, which it does not."""
        found, times = [], [state.at for state in self.states]
        for line in self.lines:
            told = _REQUEST.fullmatch(line.text) if line.source == "engine" else None
            if told is not None:
                job, outcome, tokens, took = told.groups()
                model = self.states[max(0, bisect_right(times, line.at) - 1)].node.model
                found.append(RequestRecord(line.at, job, model, "", outcome, 0, int(tokens), None, int(took)))
        return tuple(found)


def read_bundle(path: Path) -> Bundle:
    """Blocks. Raises BundleError."""
    try:
        if path.stat().st_size > MAX_ZIP_BYTES:
            raise BundleError(Sentence("{file} is larger than any diagnostics bundle.", file=path.name))
        with zipfile.ZipFile(path) as archive:
            texts = _texts(archive)
    except OSError as error:
        raise BundleError(Sentence("{file} can't be read ({why}).", file=path.name, why=system_cause(error))) from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        if isinstance(error, BundleError):
            raise
        damaged = Sentence("This file is no diagnostics bundle of R3MES, or it is damaged ({why}).", why=error)
        raise BundleError(damaged) from None
    return _bundle(path.name, texts)


def _texts(archive: zipfile.ZipFile) -> dict[str, str]:
    entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise _not_ours(Sentence("it holds {count} files", count=len(entries)))
    texts: dict[str, str] = {}
    for entry in entries:
        # Names are compared and never used as paths.
        most = _KNOWN.get(entry.filename)
        if most is None:
            continue
        if entry.filename in texts:
            raise _not_ours(Sentence("it holds {file} twice", file=entry.filename))
        if entry.compress_type not in _WAYS_TO_PACK or entry.flag_bits & 1:
            raise _not_ours(Sentence("{file} is packed in a way that R3MES does not use", file=entry.filename))
        # The size that is told may be a lie; the one that is read can't be.
        with archive.open(entry) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise BundleError(
                Sentence("{file} in this bundle is larger than {most} KiB.", file=entry.filename, most=most // 1024)
            )
        texts[entry.filename] = data.decode("utf-8", "replace")
    if "status.json" not in texts:
        raise _not_ours(Sentence("it holds no status.json"))
    return texts


def _not_ours(why: Sentence) -> BundleError:
    return BundleError(Sentence("This file is no diagnostics bundle of R3MES: {why}.", why=why))


def _bundle(name: str, texts: Mapping[str, str]) -> Bundle:
    versions = _object(texts.get("versions.json", ""))
    system = " ".join(_text(versions.get(key), 60) for key in ("system", "release") if versions.get(key))
    lines = tuple(deque(_lines(texts.get("logs.jsonl", "")), MAX_LINES))
    report = _report(texts.get("doctor.json", ""))
    states = sorted(deque(_states(texts.get("states.jsonl", "")), MAX_STATES), key=lambda state: state.at)
    if not states:
        # A launcher that had just started: what it was is all that there is.
        at = lines[0].at if lines else report.at if report is not None else 0.0
        states = [_state(at, _object(texts["status.json"]))]
    return Bundle(
        name=_text(name, 100),
        version=_text(versions.get("r3mes"), 40),
        system=system,
        states=tuple(states),
        lines=tuple(sorted(lines, key=lambda line: line.at)),
        report=report,
    )


def _states(text: str) -> Iterator[RecordedState]:
    for document in _objects(text):
        at, status = _time(document.get("at")), document.get("status")
        if at is not None and isinstance(status, dict):
            yield _state(at, status)


def _state(at: float, status: Mapping[str, Any]) -> RecordedState:
    node, engine, gateway = (_inner(status, name) for name in ("node", "engine", "gateway"))
    fault = _inner(node, "fault")
    return RecordedState(
        at,
        NodeState(
            desired=_one_of(Desired, node.get("desired"), Desired.OFF),
            actual=_one_of(Actual, node.get("actual"), Actual.STOPPED),
            reason=_text(node.get("reason")),
            suspended=tuple(_reasons(node.get("suspended"))),
            fault=Fault(*(_text(fault.get(name)) for name in ("code", "message", "hint"))) if fault else None,
            retry_at=_time(node.get("retry_at")),
            engine=ProcessState(
                running=_whole(engine.get("pid")) is not None,
                pid=_whole(engine.get("pid")),
                started_at=_time(engine.get("started_at")),
                restarts=_whole(engine.get("restarts")) or 0,
                last_exit=_text(engine.get("last_exit")),
            ),
            node_id=_text(node.get("node_id"), 100),
            model=_text(node.get("model"), 200),
            device=_text(node.get("device"), 200),
            total_requests=_whole(node.get("requests")) or 0,
            total_tokens=_whole(node.get("tokens")) or 0,
        ),
        GatewayState(
            kind=_one_of(GatewayKind, gateway.get("kind"), GatewayKind.LOCAL),
            url=_text(gateway.get("url"), 300),
            mode=_text(gateway.get("mode"), 40),
            process=ProcessState(running=_whole(gateway.get("pid")) is not None, pid=_whole(gateway.get("pid"))),
            reachable=gateway.get("reachable") is True,
            message=_text(gateway.get("message")),
        ),
    )


def _reasons(value: object) -> Iterator[ActiveReason]:
    for entry in value[: len(SuspendReason)] if isinstance(value, list) else ():
        if isinstance(entry, dict) and entry.get("reason") in set(SuspendReason):
            found = reason_of(SuspendReason(entry["reason"]), _text(entry.get("sentence")), _time(entry.get("since")))
            if found is not None:
                yield found


def reason_of(reason: SuspendReason, sentence: str, since: float | None) -> ActiveReason | None:
    """The reason whose sentence this is, so that it can be said in another language. None: another version's."""
    best: tuple[int, ActiveReason] | None = None
    for code, template in SENTENCES.items():
        parts = re.split(r"\{(\w+)\}", template)
        told = _between(parts[::2], sentence)
        if told is not None:
            figures = tuple(zip(parts[1::2], told, strict=True))
            fixed = sum(map(len, parts[::2]))
            if best is None or fixed > best[0]:
                best = fixed, ActiveReason(reason, code, figures, since or 0.0)
    return None if best is None else best[1]


def _between(fixed: list[str], sentence: str) -> list[str] | None:
    """What stands between the fixed parts of a sentence; None where it is made of others. Linear in its length."""
    first, *rest = fixed
    if not sentence.startswith(first):
        return None
    found, place = [], len(first)
    for part in rest:
        after = sentence.find(part, place) if part else len(sentence)
        if after < 0:
            return None
        found.append(sentence[place:after])
        place = after + len(part)
    return found if place == len(sentence) and all(found) else None


def _lines(text: str) -> Iterator[LogLine]:
    for document in _objects(text):
        at, source = _time(document.get("at")), document.get("process")
        if at is not None and source in _SOURCES:
            level = _one_of(LogLevel, document.get("level"), LogLevel.INFO)
            yield LogLine(at, source, level, _text(document.get("text")))


def _report(text: str) -> DoctorReport | None:
    try:
        report = read_report(_object(text))
        checks = tuple(
            replace(check, values={_text(name, 40): _text(value, 300) for name, value in check.values.items()})
            for check in report.checks[:MAX_CHECKS]
        )
        for check in checks:
            check.reason, check.advice  # noqa: B018 (another version's words may need other values)
    except (ValueError, OverflowError, KeyError, IndexError):
        return None  # another version's findings
    return replace(report, version=_text(report.version, 40), checks=checks) if _time(report.at) is not None else None


# What may be anything, made into what it has to be.


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text) if len(text) <= MAX_DOCUMENT_BYTES else None
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _objects(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        value = _object(line)
        if value:
            yield value


def _inner(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _text(value: object, longest: int = MAX_TEXT) -> str:
    return plain_text(value)[:longest] if isinstance(value, str) else ""


def _time(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= LATEST else None


def _whole(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < 2**53 else None


def _one_of(kind: type[Choice], value: object, default: Choice) -> Choice:
    try:
        return kind(str(value))
    except ValueError:
        return default
