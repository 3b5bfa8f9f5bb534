"""`r3mes-engine models list | download | verify | repair | remove | add`."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

from r3mes_engine.errors import EngineExit
from r3mes_engine.store.catalogue import OWN_CATALOGUE, CatalogueEntry, entry_named, read_catalogues
from r3mes_engine.store.file_download import Gate
from r3mes_engine.store.new_entry import add_entry
from r3mes_engine.store.store import ModelStore, Progress
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.limits import MAX_CONTROL_LINE_BYTES

MAX_TOKEN_CHARS = 1000
INTERRUPTED = 130
"""What shells expect after Ctrl-C."""


def run_models_command(options: argparse.Namespace) -> int:
    """Returns the exit code."""
    voice = _Voice(as_json=options.json)
    try:
        return asyncio.run(_Commands(options, voice).run())
    except EngineExit as problem:
        voice.problem(problem)
        return problem.exit_code
    except KeyboardInterrupt:
        voice.end_line()
        print("Paused. The same command goes on where this one stopped.", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        voice.problem(EngineExit(ExitCode.MODEL_UNUSABLE, "store_unusable", f"The store can't be used: {error}.", ""))
        return ExitCode.MODEL_UNUSABLE


class _Commands:
    def __init__(self, options: argparse.Namespace, voice: _Voice) -> None:
        self._options = options
        self._voice = voice
        self._store = ModelStore(options.state_dir, jitter=random.uniform)
        self._own = options.state_dir / OWN_CATALOGUE
        self._entries = read_catalogues(self._own, options.catalogue)

    async def run(self) -> int:
        actions: dict[str, Callable[[], Coroutine[Any, Any, int]]] = {
            "list": self._list,
            "download": self._download,
            "verify": self._verify,
            "repair": self._repair,
            "remove": self._remove,
            "add": self._add,
        }
        return await actions[self._options.action]()

    @property
    def _entry(self) -> CatalogueEntry:
        return entry_named(self._entries, self._options.name)

    async def _list(self) -> int:
        for entry in self._entries.values():
            status, have = self._store.status(entry)
            told = entry.model_dump(mode="json", exclude={"files"})
            path = str(self._store.path(entry)) if status in ("embedded", "downloaded") else None
            told |= {"size": entry.size, "status": status, "have": have, "path": path}
            self._voice.say(_line(entry, status, have), told)
        return ExitCode.OK

    async def _download(self) -> int:
        path = await self._store.download(self._entry, self._voice.progress, Gate(), self._token())
        self._voice.say(f"{self._entry.name} is in {path}.", {"event": "downloaded", "path": str(path)})
        return ExitCode.OK

    async def _verify(self) -> int:
        bad = await self._store.verify(self._entry, self._voice.progress)
        if not bad:
            self._voice.say(f"{self._entry.name} is whole.", {"event": "verified", "damaged": []})
            return ExitCode.OK
        sentence = f"{self._entry.name} is not whole: {', '.join(bad)}. `models repair` fetches what is missing."
        self._voice.say(sentence, {"event": "verified", "damaged": bad})
        return ExitCode.MODEL_UNUSABLE

    async def _repair(self) -> int:
        bad = await self._store.repair(self._entry, self._voice.progress, Gate(), self._token())
        sentence = f"Fetched again: {', '.join(bad)}." if bad else f"{self._entry.name} was whole."
        self._voice.say(sentence, {"event": "repaired", "damaged": bad})
        return ExitCode.OK

    async def _remove(self) -> int:
        there = await self._store.remove(self._entry)
        sentence = f"{self._entry.name} was removed." if there else f"{self._entry.name} was not there."
        self._voice.say(sentence, {"event": "removed", "was_there": there})
        return ExitCode.OK

    async def _add(self) -> int:
        options = self._options
        token = self._token()
        entry = await add_entry(
            self._store,
            options.url,
            name=options.name,
            licence=options.licence,
            context_tokens=options.context_tokens,
            catalogue=self._own,
            gated=token is not None,
            token=token,
            report=self._voice.progress,
            jitter=random.uniform,
        )
        sentence = f"{entry.name} is in {self._store.path(entry)}, and in {self._own}."
        self._voice.say(sentence, {"event": "added", "entry": entry.model_dump(mode="json")})
        return ExitCode.OK

    def _token(self) -> str | None:
        """From stdin alone: arguments and the environment are seen by other programs."""
        if not self._options.token_stdin:
            return None
        token = sys.stdin.readline(MAX_CONTROL_LINE_BYTES).strip()
        if not token or len(token) > MAX_TOKEN_CHARS or not token.isascii() or not token.isprintable():
            raise EngineExit(ExitCode.USAGE, "usage", "There is no token in the first line of stdin.", "")
        return token


class _Voice:
    """What the commands say: sentences for people, or one JSON object a line."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._line_open = False
        self._told_at = float("-inf")

    def say(self, sentence: str, document: dict[str, Any]) -> None:
        self.end_line()
        print(json.dumps(document, ensure_ascii=False) if self._as_json else sentence, flush=True)

    def problem(self, problem: EngineExit) -> None:
        self.end_line()
        if self._as_json:
            told = {"event": "error", "code": problem.code, "message": problem.message, "hint": problem.hint}
            print(json.dumps(told, ensure_ascii=False), flush=True)
        else:
            print(f"{problem.message} {problem.hint}".strip(), file=sys.stderr)

    def progress(self, progress: Progress) -> None:
        if self._as_json:
            told = {
                "event": "progress",
                "name": progress.name,
                "state": progress.state,
                "file": progress.file,
                "done": progress.done,
                "total": progress.total,
                "bytes_per_second": progress.bytes_per_second,
                "seconds_left": progress.seconds_left,
            }
            print(json.dumps(told), flush=True)
        elif sys.stderr.isatty():
            print(f"\r{progress_line(progress):<78.78}", end="", file=sys.stderr, flush=True)
            self._line_open = True
        elif time.monotonic() - self._told_at >= _LOG_INTERVAL_S:
            self._told_at = time.monotonic()
            print(progress_line(progress), file=sys.stderr, flush=True)

    def end_line(self) -> None:
        if self._line_open:
            print(file=sys.stderr)
        self._line_open = False


_LOG_INTERVAL_S = 10.0
"""Where nobody looks on, every tenth second is enough."""


def progress_line(progress: Progress) -> str:
    """One line for people."""
    if progress.state == "waiting":
        return f"{progress.name}: another process downloads it, waiting"
    if progress.state == "checking":
        return f"{progress.name}: checking {progress.file}".rstrip()
    of = f" of {size_text(progress.total)}, {progress.done * 100 // progress.total} %" if progress.total else ""
    pace = f", {size_text(progress.bytes_per_second)}/s" if progress.bytes_per_second else ""
    left = "" if progress.seconds_left is None else f", {duration_text(progress.seconds_left)} left"
    return f"{progress.name}: {progress.state} {size_text(progress.done)}{of}{pace}{left}"


def size_text(size: int) -> str:
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} B"


def duration_text(seconds: int) -> str:
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60} min"
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


def _line(entry: CatalogueEntry, status: str, have: int) -> str:
    there = f"{have * 100 // entry.size} % there" if status == "partial" else status.replace("absent", "not downloaded")
    context = f", {entry.context_tokens} tokens" if entry.context_tokens else ""
    needs = ", ".join(f"{kind} {megabytes / 1024:.1f} GiB" for kind, megabytes in entry.memory_mb.items())
    memory = f"; needs {needs}" if needs else ""
    return f"{entry.name}  ({entry.kind}, {size_text(entry.size)}, {entry.licence}{context}): {there}{memory}"
