"""Downloads of a serving engine: of the model that it waits for, and of what the launcher asks for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

from r3mes_engine.errors import EngineExit, ModelUnusable, PermissionNeeded
from r3mes_engine.store.catalogue import OWN_CATALOGUE, CatalogueEntry, entry_named, read_catalogues
from r3mes_engine.store.file_download import Gate, disk_problem
from r3mes_engine.store.store import ModelStore, Progress
from r3mes_protocol.control import (
    CancelDownloadCommand,
    DownloadCommand,
    DownloadEvent,
    ErrorEvent,
    PauseDownloadCommand,
    ResumeDownloadCommand,
)
from r3mes_protocol.wire import WireModel

PAUSED_REPORT_S = 5.0
"""How often a paused download, or one without a token, says so: who waits for the engine hears that it lives."""


class _Download:
    def __init__(self, entry: CatalogueEntry) -> None:
        self.entry = entry
        self.gate = Gate()
        self.task: asyncio.Task[Path] | None = None
        self.discarded: asyncio.Event | None = None
        """Set when what came was thrown away; None while nobody cancelled it."""
        self.last = Progress(entry.name, entry.kind, "downloading", "", 0, entry.size)


class _Question:
    """Asks for a token, until there is one or nobody wants to give one."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self.download: _Download | None = None
        """Begun with the token; None: it was given up."""


class Downloads:
    """Lives on the event loop, but for `entry`."""

    def __init__(
        self,
        store: ModelStore,
        state_dir: Path,
        catalogues: Sequence[Path],
        emit: Callable[[WireModel], None],
        *,
        asks: bool,
    ) -> None:
        """`asks`: somebody hears the events and may answer with commands."""
        self.store = store
        self._asks = asks
        self._questions: dict[str, _Question] = {}
        """By lower-case name."""
        self._own = state_dir / OWN_CATALOGUE
        self._catalogues = catalogues
        self._emit = emit
        self._running: dict[str, _Download] = {}
        """By lower-case name."""
        self._followed: set[asyncio.Task[None]] = set()

    def entry(self, name: str) -> CatalogueEntry | None:
        """The model of this name. Raises EngineExit for a catalogue that can't be read, and for an adapter."""
        entry = read_catalogues(self._own, self._catalogues).get(name.lower())
        if entry is not None and entry.kind != "model":
            raise ModelUnusable(f"{entry.name} is an adapter, not a model.", "Give its folder with --adapters.")
        return entry

    async def wanted(self, entry: CatalogueEntry) -> Path:
        """Returns when it is there. Raises EngineExit, also when it was cancelled."""
        if self.store.status(entry)[0] in ("embedded", "downloaded"):
            return self.store.path(entry)
        refusal: PermissionNeeded | None = None
        while True:
            if self._asks and (entry.gated or refusal is not None):
                download = await self._begun_with_token(entry, refusal)
            else:
                download = self._begin(entry, None)
            try:
                return await self._waited_for(download)
            except PermissionNeeded as problem:
                if not self._asks:
                    raise
                refusal = problem

    async def _waited_for(self, download: _Download) -> Path:
        assert download.task is not None
        try:
            return await asyncio.shield(download.task)
        except asyncio.CancelledError:
            if download.discarded is None:
                raise
            await download.discarded.wait()
            raise _cancelled(download.entry) from None

    async def _begun_with_token(self, entry: CatalogueEntry, refusal: PermissionNeeded | None) -> _Download:
        """What a command has begun, which is waited for. Raises ModelUnusable when it was cancelled."""
        name = entry.name.lower()
        if (running := self._running.get(name)) is not None:
            return running
        question = self._questions[name] = _Question()
        why = "" if refusal is None else f"{refusal.message} {refusal.hint}"
        have = self.store.status(entry)[1]
        try:
            while not question.answered.is_set():
                self._emit(
                    DownloadEvent(
                        name=entry.name,
                        kind=entry.kind,
                        state="token_needed",
                        message=why,
                        done_bytes=have,
                        total_bytes=entry.size,
                    )
                )
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PAUSED_REPORT_S):
                        await question.answered.wait()
        finally:
            del self._questions[name]
        if question.download is None:
            await self.store.remove(entry)
            self._emit(DownloadEvent(name=entry.name, kind=entry.kind, state="cancelled"))
            raise _cancelled(entry)
        return question.download

    def handle(
        self, command: DownloadCommand | PauseDownloadCommand | ResumeDownloadCommand | CancelDownloadCommand
    ) -> None:
        """Each is answered by `download` events or by an `error`."""
        download = self._running.get(command.name.lower())
        if isinstance(command, DownloadCommand):
            self._start(command)
        elif isinstance(command, CancelDownloadCommand) and (question := self._questions.get(command.name.lower())):
            question.answered.set()
        elif download is None:
            self._emit(ErrorEvent(code="no_download", message=f"{command.name} is not being downloaded."))
        elif isinstance(command, PauseDownloadCommand):
            download.gate.shut()
            self._follow(self._tell_pause(download))
        elif isinstance(command, ResumeDownloadCommand):
            download.gate.open()
        else:
            self._follow(self._cancel(download))

    def _start(self, command: DownloadCommand) -> None:
        if command.name.lower() in self._running:
            return
        try:
            entry = entry_named(read_catalogues(self._own, self._catalogues), command.name)
        except EngineExit as problem:
            self._tell_problem(problem)
            return
        self._follow(self._finish(self._begin(entry, command.token)))

    def _begin(self, entry: CatalogueEntry, token: str | None) -> _Download:
        running = self._running.get(entry.name.lower())
        if running is not None:
            return running
        download = _Download(entry)

        async def run() -> Path:
            try:
                path = await self.store.download(entry, lambda told: self._tell(download, told), download.gate, token)
            finally:
                del self._running[entry.name.lower()]
            self._emit(_event(download.last, path))
            return path

        self._running[entry.name.lower()] = download
        if (question := self._questions.get(entry.name.lower())) is not None:
            question.download = download
            question.answered.set()
        download.task = asyncio.create_task(run(), name=f"download {entry.name}")
        return download

    async def _finish(self, download: _Download) -> None:
        assert download.task is not None
        try:
            await download.task
        except EngineExit as problem:
            self._tell_problem(problem)
        except asyncio.CancelledError:
            if not download.task.cancelled():
                raise

    async def _cancel(self, download: _Download) -> None:
        assert download.task is not None
        if download.discarded is not None:
            return
        download.discarded = asyncio.Event()
        try:
            download.task.cancel()
            await asyncio.wait([download.task])
            if download.task.cancelled():
                await self.store.remove(download.entry)
                self._emit(DownloadEvent(name=download.entry.name, kind=download.entry.kind, state="cancelled"))
        except OSError as error:
            # It is cancelled all the same; what came of it is still there.
            self._tell_problem(disk_problem(download.entry.name, self.store.folder(download.entry), error))
        finally:
            download.discarded.set()

    async def _tell_pause(self, download: _Download) -> None:
        assert download.task is not None
        while not download.gate.is_open and not download.task.done():
            self._emit(_event(download.last, None, paused=True))
            await asyncio.wait([download.task], timeout=PAUSED_REPORT_S)

    def _tell(self, download: _Download, told: Progress) -> None:
        download.last = told
        # The end is told with its path, and a pause by itself.
        if told.state not in ("done", "paused"):
            self._emit(_event(told, None))

    def _tell_problem(self, problem: EngineExit) -> None:
        self._emit(ErrorEvent(code=problem.code, message=problem.message, hint=problem.hint))

    def _follow(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._followed.add(task)
        task.add_done_callback(self._followed.discard)


def _cancelled(entry: CatalogueEntry) -> ModelUnusable:
    return ModelUnusable(f"The download of {entry.name} was cancelled.", "Start again, or choose another model.")


def _event(told: Progress, path: Path | None, *, paused: bool = False) -> DownloadEvent:
    return DownloadEvent(
        name=told.name,
        kind=told.kind,
        state="paused" if paused else told.state,
        file=told.file,
        done_bytes=told.done,
        total_bytes=told.total,
        bytes_per_second=0 if paused else told.bytes_per_second,
        seconds_left=None if paused else told.seconds_left,
        path=None if path is None else str(path),
    )
