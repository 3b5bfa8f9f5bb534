"""What a running launcher tells the command line: one small file, whole at any moment."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from r3mes_launcher.core.data_folder import DataFolder, read_json_object, write_atomically
from r3mes_launcher.core.policy.reasons import ActiveReason
from r3mes_launcher.core.run_record import START_TIME_TOLERANCE_S
from r3mes_launcher.core.state import LauncherState, LogLevel

WRITE_INTERVAL_S = 1.0
"""The file is for people and scripts that ask now and then."""

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class RunningLauncher:
    """A launcher that runs now, as its file says."""

    pid: int
    started_at: float
    status: dict[str, Any]

    @property
    def gateway_url(self) -> str:
        gateway = self.status.get("gateway")
        url = gateway.get("url") if isinstance(gateway, dict) else None
        return url if isinstance(url, str) else ""


class StatusFile:
    """The file of this process's launcher."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._started_at = psutil.Process().create_time()

    def write(self, state: LauncherState) -> None:
        """Raises OSError."""
        write_atomically(self._path, json.dumps(self.document(state), indent=2) + "\n", durable=False)

    def remove(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink()

    def document(self, state: LauncherState) -> dict[str, Any]:
        return {"schema": SCHEMA, "pid": os.getpid(), "started_at": self._started_at, **status_document(state)}


async def keep_status(path: Path, state: Callable[[], LauncherState], say: Callable[[str, LogLevel], None]) -> None:
    """Writes each change of the state until it is cancelled; then the file goes."""
    file = StatusFile(path)
    written: LauncherState | None = None
    warned = False
    try:
        while True:
            if state() != written:
                written = state()
                try:
                    await asyncio.to_thread(file.write, written)
                except OSError as error:
                    if not warned:
                        say(f"The status file can't be written ({error.strerror}).", LogLevel.WARNING)
                    warned = True
            await asyncio.sleep(WRITE_INTERVAL_S)
    finally:
        file.remove()


def status_document(state: LauncherState) -> dict[str, Any]:
    """The state as JSON values, for scripts: names stay, more may come."""
    node, gateway, download = state.node, state.gateway, state.download
    fault = node.fault
    return {
        "demo": state.demo,
        "node": {
            "desired": node.desired.value,
            "actual": node.actual.value,
            "reason": node.reason,
            "suspended": [_reason(active) for active in node.suspended],
            "fault": None if fault is None else {"code": fault.code, "message": fault.message, "hint": fault.hint},
            "retry_at": node.retry_at,
            "node_id": node.node_id,
            "gateway": node.gateway,
            "model": node.model,
            "device": node.device,
            "requests": node.total_requests,
            "tokens": node.total_tokens,
        },
        "engine": {
            "pid": node.engine.pid,
            "started_at": node.engine.started_at,
            "restarts": node.engine.restarts,
            "last_exit": node.engine.last_exit,
        },
        "gateway": {
            "kind": gateway.kind.value,
            "url": gateway.url,
            "mode": gateway.mode,
            "pid": gateway.process.pid,
            "reachable": gateway.reachable,
            "message": gateway.message,
        },
        "policy": {
            "paused": None if state.policy.paused is None else state.policy.paused.value,
            "paused_until": state.policy.paused_until,
            "set_aside": [_reason(active) for active in state.policy.set_aside],
            "sources": [
                {"name": source.name, "told_by": source.told_by, "unavailable": source.unavailable}
                for source in state.policy.sources
            ],
        },
        "models": list(state.models),
        "download": None
        if download is None
        else {
            "name": download.name,
            "state": download.state.value,
            "done_bytes": download.done,
            "total_bytes": download.total,
            "bytes_per_second": download.bytes_per_second,
            "seconds_left": download.seconds_left,
            "message": download.message,
        },
    }


def _reason(active: ActiveReason) -> dict[str, Any]:
    return {"reason": active.reason.value, "sentence": active.sentence, "since": active.since}


def running_launcher(folder: DataFolder) -> RunningLauncher | None:
    """The launcher that uses this folder now, or None. A file that a crash left behind counts for nothing."""
    try:
        document = read_json_object(folder.status)
        pid, started_at = document["pid"], document["started_at"]
    except (OSError, ValueError, KeyError):
        return None
    if type(pid) is not int or not isinstance(started_at, int | float):
        return None
    try:
        actual = psutil.Process(pid).create_time()
    except (psutil.Error, ValueError, OverflowError):
        return None
    if abs(actual - started_at) > START_TIME_TOLERANCE_S:
        return None
    return RunningLauncher(pid, float(started_at), document)
