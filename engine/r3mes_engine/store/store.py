"""Downloaded models and adapters on the disk. A folder counts only when it is whole.

`STATE/store/models/NAME` and `STATE/store/adapters/NAME` hold whole ones, each with a marker that keeps what its files
have to be; `STATE/store/drafts` holds what is under way. A lock for each name, which the system takes back from a
process that dies, lets several processes want the same model at once.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import filelock
import psutil
from pydantic import ValidationError

from r3mes_engine.backends.protocol import Sampling
from r3mes_engine.errors import ModelUnusable, PermissionNeeded
from r3mes_engine.models.folder import check_folder
from r3mes_engine.models.gguf_file import check_gguf
from r3mes_engine.models.safetensors_file import check_safetensors
from r3mes_engine.models.source import ModelSource, package_file
from r3mes_engine.store.catalogue import CatalogueEntry, Kind
from r3mes_engine.store.file_download import PART, FileDownload, Gate, disk_problem, file_matches, new_client
from r3mes_engine.store.speed import Speed
from r3mes_engine.store.transfer_rules import GATED_HINT, TransferLimits

log = logging.getLogger(__name__)

FORMAT = 1
MARKER = "r3mes-download.json"
"""Written last into a folder, with its format and its catalogue entry."""
NOTE = "r3mes-draft.json"
"""Which entry a draft is going to be."""
REPORT_INTERVAL_S = 0.5
"""Between two reports of progress: people read no faster."""
LOCK_POLL_S = 0.2
_NEW = "new-"
"""Before the drafts of what is in no catalogue yet."""

State = Literal["waiting", "downloading", "paused", "checking", "done"]
Status = Literal["embedded", "downloaded", "partial", "absent"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one entry, in bytes."""

    name: str
    kind: Kind
    state: State
    file: str
    done: int
    total: int
    bytes_per_second: int = 0
    seconds_left: int | None = None


class ModelStore:
    """Lives on an event loop; what takes the disk long runs on threads."""

    def __init__(
        self,
        state_dir: Path,
        *,
        jitter: Callable[[float, float], float],
        limits: TransferLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = state_dir / "store"
        self._jitter = jitter
        self._limits = limits or TransferLimits()
        self._clock = clock

    # --- looking ---------------------------------------------------------------------------------------------------

    def folder(self, entry: CatalogueEntry) -> Path:
        return self._root / f"{entry.kind}s" / entry.name

    def status(self, entry: CatalogueEntry) -> tuple[Status, int]:
        """And how many of its bytes are there. Looks at sizes alone."""
        if entry.package is not None:
            return "embedded", entry.size
        if self.is_whole(entry):
            return "downloaded", entry.size
        have = self._have(self._draft(entry), entry)
        return ("partial" if have else "absent"), have

    def is_whole(self, entry: CatalogueEntry) -> bool:
        folder = self.folder(entry)
        return self.marked_entry(folder) == entry and all(
            _size(folder / file.name) == file.size for file in entry.files
        )

    def marked_entry(self, folder: Path) -> CatalogueEntry | None:
        """What a whole folder is a download of."""
        try:
            marker = json.loads((folder / MARKER).read_bytes())
            if marker.get("format") != FORMAT:
                return None
            return CatalogueEntry.model_validate_json(json.dumps(marker["entry"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, ValidationError):
            return None

    def source(self, entry: CatalogueEntry) -> ModelSource:
        """For serving a whole model; blocking. Raises ModelUnusable where a file was changed since its download."""
        wants = entry.sampling
        sampling = Sampling() if wants is None else Sampling(temperature=wants.temperature, top_p=wants.top_p)
        if entry.package is not None:
            return ModelSource("gguf", package_file(entry.package, entry.files[0].name), entry.name, sampling)
        folder = self.folder(entry)
        self._check_untouched(entry, folder)
        if entry.gguf is not None:
            return ModelSource("gguf", folder / entry.gguf, entry.name, sampling)
        return ModelSource("folder", folder, entry.name, sampling)

    def _check_untouched(self, entry: CatalogueEntry, folder: Path) -> None:
        """Hashes what was written after the marker, which came last: of gigabytes that lie still nobody reads one."""
        try:
            marked = (folder / MARKER).stat().st_mtime_ns
            touched = [file for file in entry.files if (folder / file.name).stat().st_mtime_ns > marked]
            for file in touched:
                if not file_matches(folder / file.name, file):
                    raise ModelUnusable(
                        f"The model {entry.name} is damaged: its file {file.name} was changed after its download.",
                        f"`r3mes-engine models repair {entry.name}` fetches it again.",
                    )
            if touched:
                # A copy or a backup gave the files new times; the next start need not look again.
                os.utime(folder / MARKER)
        except OSError as error:
            raise ModelUnusable(
                f"The model {entry.name} can't be read: {error.strerror or type(error).__name__}.",
                f"`r3mes-engine models repair {entry.name}` fetches what is missing.",
            ) from None

    def path(self, entry: CatalogueEntry) -> Path:
        """The file or folder that can be served."""
        if entry.package is not None:
            return package_file(entry.package, entry.files[0].name)
        return self.folder(entry) / entry.gguf if entry.gguf is not None else self.folder(entry)

    # --- downloading -----------------------------------------------------------------------------------------------

    async def download(
        self,
        entry: CatalogueEntry,
        report: Callable[[Progress], None],
        gate: Gate,
        token: str | None = None,
    ) -> Path:
        """Returns at once where it is there already. Raises ModelUnusable. Cancelling it leaves what came so far."""
        if entry.package is not None:
            return self.path(entry)
        if entry.gated and token is None and not self.is_whole(entry):
            raise PermissionNeeded(
                f"{entry.name} is given to people with an account alone.",
                GATED_HINT,
            )
        try:
            async with self._locked(entry, report):
                if not self.is_whole(entry):
                    await self._fetch(entry, report, gate, token)
        except OSError as error:
            raise disk_problem(entry.name, self._root, error) from None
        report(Progress(entry.name, entry.kind, "done", "", entry.size, entry.size))
        return self.path(entry)

    async def _fetch(
        self, entry: CatalogueEntry, report: Callable[[Progress], None], gate: Gate, token: str | None
    ) -> None:
        draft, folder = self._draft(entry), self.folder(entry)
        if folder.exists():
            # Published once and not whole any more, or of another version: what still fits is kept.
            await asyncio.to_thread(self._take_back, entry, folder, draft)
        self._discard_foreign_draft(entry, draft)
        self._check_room(entry, draft)
        meter = _Meter(entry, report, gate, self._clock)
        async with new_client(self._limits) as client:
            for file in entry.files:
                meter.begin(file.name)
                if _size(draft / file.name) != file.size:
                    (draft / file.name).unlink(missing_ok=True)
                    assert file.url is not None
                    await FileDownload(
                        client,
                        file.url,
                        draft / file.name,
                        size=file.size,
                        sha256=file.sha256,
                        limits=self._limits,
                        jitter=self._jitter,
                        on_bytes=meter.note,
                        gate=gate,
                        token=token,
                    ).run()
                meter.end(file.size)
        report(Progress(entry.name, entry.kind, "checking", "", entry.size, entry.size))
        await asyncio.to_thread(self._publish, entry, draft, folder)

    def _take_back(self, entry: CatalogueEntry, folder: Path, draft: Path) -> None:
        draft.mkdir(parents=True, exist_ok=True)
        for file in entry.files:
            if not (draft / file.name).exists() and file_matches(folder / file.name, file):
                (folder / file.name).replace(draft / file.name)
        shutil.rmtree(folder)

    def _discard_foreign_draft(self, entry: CatalogueEntry, draft: Path) -> None:
        """A draft of another version of this entry is worth nothing; one without a note was just taken back."""
        note, wanted = draft / NOTE, entry.model_dump_json()
        if note.exists() and note.read_bytes() != wanted.encode() and self.marked_entry(draft) != entry:
            shutil.rmtree(draft)
        draft.mkdir(parents=True, exist_ok=True)
        note.write_text(wanted, encoding="utf-8")

    def _check_room(self, entry: CatalogueEntry, draft: Path) -> None:
        needed = entry.size - self._have(draft, entry) + self._limits.spare_bytes
        free = shutil.disk_usage(draft).free
        if free < needed:
            raise ModelUnusable(
                f"There is no room for {entry.name}: {needed >> 20} MiB are needed in {self._root}, {free >> 20} MiB "
                "are free.",
                "Free some disk space, or choose a smaller model.",
            )

    def _publish(self, entry: CatalogueEntry, draft: Path, folder: Path) -> None:
        try:
            _check_content(entry, draft)
        except ModelUnusable:
            # The files are what the catalogue says, so a second download would bring the same.
            shutil.rmtree(draft, ignore_errors=True)
            raise
        marker = {"format": FORMAT, "entry": entry.model_dump(mode="json")}
        (draft / MARKER).write_text(json.dumps(marker), encoding="utf-8")
        (draft / NOTE).unlink(missing_ok=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft.rename(folder)

    def new_draft(self, name: str) -> Path:
        """An empty folder for something that is in no catalogue yet; whoever asks for it removes it."""
        drafts = self._root / "drafts"
        for left in drafts.glob(f"{_NEW}*"):
            # Its process was killed before it could remove it.
            owner = left.name.removeprefix(_NEW).split("-")[0]
            if not owner.isdigit() or not psutil.pid_exists(int(owner)):
                shutil.rmtree(left, ignore_errors=True)
        draft = drafts / f"{_NEW}{os.getpid()}-{secrets.token_hex(4)}-{name}"
        draft.mkdir(parents=True)
        return draft

    async def adopt(self, entry: CatalogueEntry, draft: Path) -> None:
        """Publishes a draft that was downloaded for this entry. Raises ModelUnusable."""
        async with self._locked(entry, lambda progress: None):
            folder = self.folder(entry)
            if folder.exists():
                await asyncio.to_thread(shutil.rmtree, folder)
            await asyncio.to_thread(self._publish, entry, draft, folder)

    # --- keeping ---------------------------------------------------------------------------------------------------

    async def verify(self, entry: CatalogueEntry, report: Callable[[Progress], None]) -> list[str]:
        """Reads all of it. The names of the files that are missing or damaged."""
        folder = self.folder(entry) if entry.package is None else self.path(entry).parent
        bad, done = [], 0
        for file in entry.files:
            report(Progress(entry.name, entry.kind, "checking", file.name, done, entry.size))
            if not await asyncio.to_thread(file_matches, folder / file.name, file):
                bad.append(file.name)
            done += file.size
        if entry.package is None and self.marked_entry(folder) != entry and not bad:
            bad.append(MARKER)
        return bad

    async def repair(
        self, entry: CatalogueEntry, report: Callable[[Progress], None], gate: Gate, token: str | None = None
    ) -> list[str]:
        """Fetches what is damaged, and nothing else. The names of the files that were."""
        bad = await self.verify(entry, report)
        if bad and entry.package is not None:
            raise ModelUnusable(
                f"The embedded model {entry.name} is damaged.", f"Install the package {entry.package} again."
            )
        if bad:
            # Without its marker the folder counts no more, and what is good of it is taken over.
            (self.folder(entry) / MARKER).unlink(missing_ok=True)
            await self.download(entry, report, gate, token)
        return bad

    async def remove(self, entry: CatalogueEntry) -> bool:
        """Whether there was anything. What is under way is thrown away too."""
        if entry.package is not None:
            raise ModelUnusable(
                f"{entry.name} comes with the engine and can't be removed.", "Nothing needs to be done."
            )
        async with self._locked(entry, lambda progress: None):
            paths = [path for path in (self.folder(entry), self._draft(entry)) if path.exists()]
            for path in paths:
                await asyncio.to_thread(shutil.rmtree, path)
        return bool(paths)

    # --- inside ----------------------------------------------------------------------------------------------------

    def _draft(self, entry: CatalogueEntry) -> Path:
        return self._root / "drafts" / f"{entry.kind}-{entry.name}"

    def _have(self, draft: Path, entry: CatalogueEntry) -> int:
        have = 0
        for file in entry.files:
            whole, part = _size(draft / file.name), _size(draft / (file.name + PART))
            have += min(file.size, whole or part or 0)
        return have

    def _locked(self, entry: CatalogueEntry, report: Callable[[Progress], None]) -> _Locked:
        locks = self._root / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        waiting = Progress(entry.name, entry.kind, "waiting", "", 0, entry.size)
        return _Locked(locks / f"{entry.kind}-{entry.name}.lock", lambda: report(waiting))


class _Locked:
    """A lock among processes, waited for without holding the event loop up."""

    def __init__(self, path: Path, on_wait: Callable[[], None]) -> None:
        self._lock = filelock.FileLock(path, timeout=0, thread_local=False)
        self._on_wait = on_wait

    async def __aenter__(self) -> None:
        told = False
        while True:
            try:
                self._lock.acquire()
                return
            except filelock.Timeout:
                if not told:
                    self._on_wait()
                    told = True
            await asyncio.sleep(LOCK_POLL_S)

    async def __aexit__(self, *_: object) -> None:
        self._lock.release()


class _Meter:
    """Turns the bytes of files into reports on the entry, no more often than people read."""

    def __init__(
        self, entry: CatalogueEntry, report: Callable[[Progress], None], gate: Gate, clock: Callable[[], float]
    ) -> None:
        self._entry = entry
        self._report = report
        self._gate = gate
        self._clock = clock
        self._speed = Speed()
        self._file = ""
        self._before = 0
        self._told_at = float("-inf")

    def begin(self, file: str) -> None:
        self._file = file
        self._told_at = float("-inf")

    def end(self, size: int) -> None:
        self._before += size

    def note(self, done: int) -> None:
        now, done = self._clock(), self._before + done
        self._speed.note(now, done)
        if now - self._told_at < REPORT_INTERVAL_S:
            return
        self._told_at = now
        pace = self._speed.pace(self._entry.size)
        self._report(
            Progress(
                self._entry.name,
                self._entry.kind,
                "downloading" if self._gate.is_open else "paused",
                self._file,
                done,
                self._entry.size,
                pace.bytes_per_second,
                pace.seconds_left,
            )
        )


def _check_content(entry: CatalogueEntry, folder: Path) -> None:
    """Raises ModelUnusable where the files can't be what the entry calls them."""
    if entry.gguf is not None:
        check_gguf(folder / entry.gguf)
    elif entry.kind == "model":
        check_folder(folder)
    else:
        check_safetensors(folder / "adapter_model.safetensors")
        try:
            config = json.loads((folder / "adapter_config.json").read_bytes())
        except (ValueError, RecursionError):
            config = None
        if not isinstance(config, dict):
            raise ModelUnusable(
                f"The adapter {entry.name} is damaged: its adapter_config.json is no JSON object.",
                "Choose another adapter.",
            )


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None
