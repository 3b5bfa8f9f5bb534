"""Where one launcher keeps its things: one private folder, one owner at a time, files that are whole or absent."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from platformdirs import user_data_path

from r3mes_launcher.core.interface import StartRefused
from r3mes_launcher.sentence import Sentence
from r3mes_launcher.system_cause import system_cause

HOME_VARIABLE = "R3MES_HOME"

# Settings, records and the status are a few kilobytes; a larger file is not ours.
MAX_FILE_BYTES = 1024 * 1024


def data_home(environ: Mapping[str, str]) -> Path:
    """`R3MES_HOME`, or the platform's folder for a user's data."""
    chosen = environ.get(HOME_VARIABLE, "").strip()
    return Path(chosen).expanduser().absolute() if chosen else user_data_path("r3mes", appauthor=False)


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The folders of one launcher, real or demo. `create` makes them, mode 0700."""

    home: Path
    root: Path
    engine: Path

    @classmethod
    def under(cls, home: Path, demo: bool) -> DataFolder:
        if demo:
            return cls(home, home / "demo", home / "demo" / "engine")
        return cls(home, home / "launcher", home / "engine")

    @property
    def settings(self) -> Path:
        return self.root / "settings.json"

    @property
    def status(self) -> Path:
        return self.root / "status.json"

    @property
    def run_records(self) -> Path:
        return self.root / "running"

    @property
    def grant(self) -> Path:
        return self.root / "grant.json"

    @property
    def history(self) -> Path:
        return self.root / "history.sqlite"

    @property
    def chats(self) -> Path:
        return self.root / "chats"

    def create(self) -> None:
        """Raises StartRefused with a sentence when the folder can't be used."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            for folder in (self.root, self.engine, self.run_records):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                if os.name == "posix":
                    folder.chmod(0o700)
        except OSError as error:
            raise StartRefused(
                Sentence(
                    "The data folder {folder} can't be used: {cause}. "
                    "Set {variable} to a folder that you may write to.",
                    folder=self.root,
                    cause=system_cause(error),
                    variable=HOME_VARIABLE,
                )
            ) from error


class FolderLock:
    """At most one launcher on one data folder. The system frees it when the process ends, however it ends."""

    def __init__(self, folder: DataFolder) -> None:
        self._path = folder.root / "lock"
        self._file: BinaryIO | None = None

    def take(self) -> None:
        """Raises StartRefused with a sentence when another launcher has it."""
        try:
            file = self._path.open("a+b")
        except OSError as error:
            raise StartRefused(
                Sentence("{path} can't be opened: {cause}.", path=self._path, cause=system_cause(error))
            ) from error
        try:
            _lock(file)
        except OSError:
            file.close()
            raise StartRefused(
                Sentence(
                    "Another R3MES launcher already uses {folder}. "
                    "Open its window, or end it first; `r3mes status` shows it.",
                    folder=self._path.parent,
                )
            ) from None
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def write_atomically(path: Path, text: str, *, durable: bool = True) -> None:
    """The file has either its old or its new content; with `durable` also after a power cut. Mode 0600. Raises OSError.

    A file that means nothing after a restart saves the wait for the disk.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def read_json_object(path: Path, max_bytes: int = MAX_FILE_BYTES) -> dict[str, Any]:
    """Raises OSError when there is no such file, ValueError when it is not one JSON object of a sane size."""
    with path.open("rb") as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise ValueError(f"it is larger than {max_bytes} bytes")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(document, dict):
        raise ValueError("it is not a JSON object")
    return document
