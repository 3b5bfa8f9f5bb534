"""A small file that is never half written: 0600 from its first byte, one backup, and one writer at a time."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from r3mes_launcher.sentence import Sentence
from r3mes_launcher.system_cause import system_cause
from r3mes_launcher.wallet.errors import Problem, WalletError

LOCK_TIMEOUT_S = 10.0
"""Another launcher writes within milliseconds; ten seconds cover a disk that has to wake up."""
LOCK_POLL_S = 0.02
OWNER_ONLY = 0o600

Step = Callable[[str], None]
"""Told the name of each step that has just been done; the tests kill the process there."""


def _unwatched(step: str) -> None:
    return None


class AtomicFile:
    def __init__(self, path: Path, *, max_bytes: int, step: Step = _unwatched) -> None:
        self.path = path
        self.backup_path = path.with_name(path.name + ".backup")
        self._lock_path = path.with_name(path.name + ".lock")
        self._max_bytes = max_bytes
        self._step = step

    def read(self) -> bytes:
        """Raises VAULT_MISSING, VAULT_DAMAGED when it is too large, VAULT_UNWRITABLE when it can't be read."""
        return self._read(self.path)

    def read_backup(self) -> bytes:
        return self._read(self.backup_path)

    def _read(self, path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                data = file.read(self._max_bytes + 1)
        except FileNotFoundError:
            raise WalletError(
                Problem.VAULT_MISSING, Sentence("There is no wallet file at {path}.", path=path)
            ) from None
        except OSError as error:
            raise WalletError(
                Problem.VAULT_UNWRITABLE,
                Sentence("The wallet file {path} can't be read: {strerror}.", path=path, strerror=system_cause(error)),
            ) from None
        if len(data) > self._max_bytes:
            raise WalletError(
                Problem.VAULT_DAMAGED, Sentence("The file {path} is far too large for a wallet file.", path=path)
            )
        return data

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Only one process at a time is inside. Raises VAULT_CHANGED after LOCK_TIMEOUT_S."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, OWNER_ONLY)
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            deadline = time.monotonic() + LOCK_TIMEOUT_S
            while not _try_lock(descriptor):
                if time.monotonic() > deadline:
                    raise WalletError(
                        Problem.VAULT_CHANGED, "Another program is using the wallet file.", "Close the other launcher."
                    )
                time.sleep(LOCK_POLL_S)
            self._sweep()
            yield
        finally:
            # Closing gives the lock back, also when the process is killed.
            os.close(descriptor)

    def _sweep(self) -> None:
        """Removes what a killed writer has left. Called with the lock held, so nobody is writing now."""
        for leftover in self.path.parent.glob(self.path.name + ".new-*"):
            with contextlib.suppress(OSError):
                leftover.unlink()

    def write(self, data: bytes, *, keep_backup: bool = True) -> None:
        """Replaces the file, after the old one has become the backup. Call it inside `exclusive`.

        With `keep_backup` False the backup becomes the new content too: an old password must not open it any more.
        """
        try:
            new = self._write_beside(data)
            if keep_backup and self.path.exists():
                old = self._unused_name()
                try:
                    os.link(self.path, old)
                except OSError:
                    # Some file systems have no links.
                    old = self._write_beside(self.path.read_bytes())
                self._step("backup made")
                old.replace(self.backup_path)
                # Renaming does nothing when a killed writer has left both names on one file.
                old.unlink(missing_ok=True)
                self._step("backup in place")
            new.replace(self.path)
            self._step("file in place")
            self._sync_folder()
            self._step("folder synced")
            if not keep_backup:
                copy = self._write_beside(data)
                copy.replace(self.backup_path)
                self._step("backup renewed")
                self._sync_folder()
        except OSError as error:
            raise self._unwritable(error) from None

    def _unused_name(self) -> Path:
        return self.path.with_name(f"{self.path.name}.new-{secrets.token_hex(8)}")

    def _write_beside(self, data: bytes) -> Path:
        path = self._unused_name()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), OWNER_ONLY)
        try:
            self._step("new file made")
            with os.fdopen(descriptor, "wb") as file:
                half = len(data) // 2
                file.write(data[:half])
                file.flush()
                self._step("new file half written")
                file.write(data[half:])
                file.flush()
                os.fsync(file.fileno())
            self._step("new file synced")
            if path.read_bytes() != data:
                raise OSError(0, "what was written does not read back")
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        return path

    def _sync_folder(self) -> None:
        if sys.platform == "win32":
            return
        descriptor = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _unwritable(self, error: OSError) -> WalletError:
        return WalletError(
            Problem.VAULT_UNWRITABLE,
            Sentence(
                "The wallet file {path} can't be written: {strerror}. What was there is unchanged.",
                path=self.path,
                strerror=system_cause(error),
            ),
            "Look at the free space and at the folder's permissions.",
        )


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
