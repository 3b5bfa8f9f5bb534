"""Whether this program is being replaced, or was: the installer at work, and the version that lies on the disk."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from r3mes_launcher.ports.source import Unavailable
from r3mes_protocol import __version__

_VERSION = re.compile(r"""^__version__\s*=\s*["']([0-9A-Za-z.+!-]{1,40})["']""", re.MULTILINE)
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class UpdateReading:
    installing: bool = False
    """The installer makes a launcher's environment now."""
    version: str = ""
    """What lies on the disk, where it is another version than the one that runs."""


class ProgramUpdate:
    """Satisfies `Source[UpdateReading]`.

    The installer holds `environments/launcher-….lock` while it works, and the system lets go of it however it ends.
    """

    def __init__(self, environments: Path, version_file: Path | None = None, running: str = __version__) -> None:
        self._environments = environments
        self._version_file = version_file or _own_version_file()
        self._running = running

    def read(self) -> UpdateReading | Unavailable:
        try:
            installing = any(_is_held(path) for path in self._environments.glob("launcher-*.lock"))
        except OSError:
            installing = False
        version = self._version()
        return UpdateReading(installing, version if version != self._running else "")

    def close(self) -> None:
        return

    def _version(self) -> str:
        """The running one where nothing else can be read: a file that is just being replaced says nothing."""
        if self._version_file is None:
            return self._running
        try:
            with self._version_file.open("rb") as file:
                text = file.read(_MOST_BYTES).decode("utf-8", "replace")
        except OSError:
            return self._running
        found = _VERSION.search(text)
        return found[1] if found is not None else self._running


def _own_version_file() -> Path | None:
    """Of a frozen program nothing lies there to be read."""
    import r3mes_protocol

    return None if getattr(sys, "frozen", False) or r3mes_protocol.__file__ is None else Path(r3mes_protocol.__file__)


if sys.platform == "win32":
    import msvcrt

    def _is_held(path: Path) -> bool:
        with path.open("r+b") as file:
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            except OSError:
                return True
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
            return False

else:
    import fcntl

    def _is_held(path: Path) -> bool:
        with path.open("rb") as file:
            try:
                # Shared: it keeps no other reader out, and is gone with the file.
                fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
            return False
