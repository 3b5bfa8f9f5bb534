"""What is in a diagnostics bundle, and its file."""

from __future__ import annotations

import contextlib
import getpass
import importlib.metadata
import json
import os
import platform
import socket
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r3mes_launcher.core.bundle.redaction import Redaction
from r3mes_launcher.core.data_folder import read_json_object
from r3mes_launcher.core.doctor.report import DoctorReport, report_document, report_text
from r3mes_launcher.core.settings import Settings
from r3mes_launcher.core.state import LauncherState, LogLine
from r3mes_launcher.core.status_file import status_document
from r3mes_launcher.wallet.mnemonic import word_list
from r3mes_protocol import __version__

MAX_LOG_LINES = 20_000
MAX_RECORDS = 20
PACKAGES = ("PySide6-Essentials", "httpx", "pydantic", "psutil", "nvidia-ml-py", "keyring", "wallycore", "uvicorn")

README = """Diagnostics of R3MES {version}.

status.json    what the launcher did when this was made
states.jsonl   what it did before: one object a line, {{"at": seconds since the epoch, "status": as status.json}}
doctor.txt     what the doctor found, also as doctor.json
settings.json  the settings
versions.json  the system and the versions of the parts
running/       notes about running children
logs.jsonl     the log of launcher, engine and gateway: {{"at", "process", "level", "text"}} a line

Taken out: recovery words, keys, tokens, passwords, logins and queries of URLs, prompts, e-mail and public IP addresses,
this computer's and its user's name. Wallet addresses are shortened; the home folder is called ~. Look through the files
before you pass them on. `r3mes-launcher --bundle FILE` plays them: the last hour in a minute.
"""


@dataclass(frozen=True, slots=True)
class BundleFile:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """What the core knows when a bundle is made."""

    state: LauncherState
    states: Sequence[tuple[float, LauncherState]]
    """Earlier ones with their times, oldest first."""
    settings: Settings
    report: DoctorReport
    lines: Sequence[LogLine]
    records: Path
    """The folder with notes about running children."""


def system_redaction() -> Redaction:
    """For the person and the computer that this runs on."""
    names = [socket.gethostname()]
    # A container may have no user database.
    with contextlib.suppress(OSError, KeyError, ImportError):
        names.append(getpass.getuser())
    # Everybody's names hide nothing, and would make "root cause" unreadable.
    common = {"root", "user", "localhost", "admin"}
    return Redaction(word_list(), [str(Path.home())], [name for name in names if name.lower() not in common])


def bundle_files(facts: BundleFacts, redaction: Redaction) -> tuple[BundleFile, ...]:
    """Blocks for a second where there is much log. Nothing in it has not gone through the redaction."""
    status, doctor = status_document(facts.state), redaction.document(report_document(facts.report))
    lines = facts.lines[-MAX_LOG_LINES:]
    texts = redaction.lines([line.text for line in lines])
    log = [
        _json({"at": line.at, "process": line.source, "level": line.level.value, "text": text})
        for line, text in zip(lines, texts, strict=True)
    ]
    states = [_json({"at": at, "status": redaction.document(status_document(state))}) for at, state in facts.states]
    settings = facts.settings.model_dump(mode="json")
    known = {name: value for name, value in settings.items() if name in Settings.model_fields}
    files = [
        BundleFile("README.txt", README.format(version=__version__)),
        BundleFile("status.json", _pretty(redaction.document(status))),
        BundleFile("states.jsonl", _joined(states)),
        BundleFile("doctor.txt", _joined(redaction.lines(report_text(facts.report).splitlines()))),
        BundleFile("doctor.json", _pretty(doctor)),
        BundleFile("settings.json", _pretty(redaction.document(known))),
        BundleFile("versions.json", _pretty(redaction.document(_versions()))),
    ]
    for path in sorted(facts.records.glob("*.json"))[:MAX_RECORDS]:
        try:
            record = read_json_object(path)
        except (OSError, ValueError):
            continue
        files.append(BundleFile(f"running/{path.name}", _pretty(redaction.document(record))))
    files.append(BundleFile("logs.jsonl", _joined(log)))
    return tuple(files)


def write_zip(path: Path, files: Sequence[BundleFile]) -> None:
    """The whole file or none; only its owner may read it. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.writestr(file.name, file.text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def bundle_name(now: float) -> str:
    return time.strftime("r3mes-diagnostics-%Y%m%d-%H%M%S.zip", time.localtime(now))


def _versions() -> dict[str, Any]:
    packages: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            packages[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            packages[name] = None
    return {
        "r3mes": __version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "frozen": bool(getattr(sys, "frozen", False)),
        "packages": packages,
    }


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False)


def _pretty(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n" if lines else ""
