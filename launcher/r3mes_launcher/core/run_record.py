"""Notes on disk about running children, so that the next start can end what a crash left behind."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from r3mes_launcher.core.data_folder import read_json_object, write_atomically

# Two readings of one process's start time differ by rounding, and by a second when the clock was set.
START_TIME_TOLERANCE_S = 2.0
REAP_TERM_S = 3.0
"""A stale child may have work to put away; after this it is ended by force."""
REAP_KILL_S = 2.0


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A process that nobody can mix up with another: its id may be used again, all three together can't."""

    name: str
    pid: int
    started_at: float
    executable: str

    @classmethod
    def of(cls, name: str, pid: int) -> RunRecord:
        """Raises psutil.Error when the process is gone or hidden."""
        process = psutil.Process(pid)
        return cls(name, pid, process.create_time(), process.exe())

    def process(self) -> psutil.Process | None:
        """The very process of this record, if it still runs."""
        try:
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.started_at) > START_TIME_TOLERANCE_S:
                return None
            if process.exe() != self.executable or process.status() == psutil.STATUS_ZOMBIE:
                return None
        except (psutil.Error, OSError):
            return None
        return process


class RunRecords:
    """One file per running child in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, record: RunRecord) -> None:
        """Raises OSError."""
        write_atomically(self._path(record.name), json.dumps(asdict(record)) + "\n")

    def forget(self, name: str) -> None:
        with contextlib.suppress(OSError):
            self._path(name).unlink()

    def reap(self, tell: Callable[[RunRecord], None]) -> None:
        """Ends every recorded process that still runs, with its descendants. Blocks for seconds at most.

        Call it only as the folder's sole owner: a record then belongs to a launcher that is gone.
        """
        for path in sorted(self._folder.glob("*.json")):
            record = _read(path)
            process = record.process() if record is not None else None
            if record is not None and process is not None:
                tell(record)
                _end(process)
            with contextlib.suppress(OSError):
                path.unlink()

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def _read(path: Path) -> RunRecord | None:
    try:
        document = read_json_object(path)
        name, executable = document["name"], document["executable"]
        pid, started_at = document["pid"], document["started_at"]
    except (OSError, ValueError, KeyError):
        return None
    if not (isinstance(name, str) and isinstance(executable, str) and executable):
        return None
    if not (type(pid) is int and pid > 1 and isinstance(started_at, int | float)):
        return None
    return RunRecord(name, pid, float(started_at), executable)


def _end(leader: psutil.Process) -> None:
    processes = [leader]
    with contextlib.suppress(psutil.Error):
        processes += leader.children(recursive=True)
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=REAP_TERM_S)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=REAP_KILL_S)
