"""Understands what pip prints: how far it is, and why it failed. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from r3mes_installer.failure import Failure, FailureCode

_RAW = re.compile(r"^Progress (\d+) of (\d+)$")
_DOWNLOADING = re.compile(r"^\s*Downloading \S+\.(?:whl|tar\.gz|zip)\b")
_CACHED = re.compile(r"^\s*Using cached \S+ \(([\d.]+) (bytes|kB|MB|GB)\)")
_LOCAL = re.compile(r"^Processing (\S.*\.whl)$")
_INSTALLING = re.compile(r"^Installing collected packages: (.+)$")
_UNITS = {"bytes": 1, "kB": 1000, "MB": 1_000_000, "GB": 1_000_000_000}


@dataclass(frozen=True, slots=True)
class PipProgress:
    """How far one run of `pip install --progress-bar raw` is."""

    finished_bytes: int = 0
    """Of files that are complete."""
    current_bytes: int = 0
    """Of the file that is on its way."""
    installing: int = 0
    """How many packages pip unpacks now; 0 while it still downloads."""

    @property
    def bytes_done(self) -> int:
        return self.finished_bytes + self.current_bytes


def advance(progress: PipProgress, line: str, size_of_local_file: int = 0) -> PipProgress:
    """The progress after this line. pip takes files from an index, from its cache or from a local folder."""
    if match := _RAW.match(line):
        return replace(progress, current_bytes=int(match[1]))
    if match := _CACHED.match(line):
        size = round(float(match[1]) * _UNITS[match[2]])
        return replace(progress, finished_bytes=progress.bytes_done + size, current_bytes=0)
    if _DOWNLOADING.match(line):
        return replace(progress, finished_bytes=progress.bytes_done, current_bytes=0)
    if local_file(line):
        return replace(progress, finished_bytes=progress.bytes_done + size_of_local_file, current_bytes=0)
    if match := _INSTALLING.match(line):
        return replace(progress, installing=len(match[1].split(",")))
    return progress


def local_file(line: str) -> str:
    """The path in a line that tells of a wheel in a local folder, or an empty string."""
    match = _LOCAL.match(line)
    return match[1] if match else ""


def is_noise(line: str) -> bool:
    """Whether the line is progress only, of no use in a log."""
    return bool(_RAW.match(line))


_REASONS: tuple[tuple[re.Pattern[str], FailureCode, str, str], ...] = (
    (
        re.compile(r"No space left on device|\[Errno 28\]|WinError 112|not enough space", re.I),
        FailureCode.NO_DISK,
        "The disk is full.",
        "Free some space and run the same command again; what is downloaded already stays in pip's cache.",
    ),
    (
        re.compile(r"DO NOT MATCH THE HASHES", re.I),
        FailureCode.HASH_MISMATCH,
        "A downloaded package is not the one that R3MES was tested with, so it was not installed.",
        "The download was damaged or the package index serves something else; try again, then without the mirror.",
    ),
    (
        re.compile(r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSLCertVerificationError", re.I),
        FailureCode.CERTIFICATE,
        "The package index could not prove who it is (certificate check failed).",
        "Check the clock; behind a company proxy give pip its certificate (`pip config set global.cert FILE`).",
    ),
    (
        re.compile(
            r"NewConnectionError|ConnectTimeout|Connection to \S+ timed out|Failed to resolve|Name or service not known"
            r"|Temporary failure in name resolution|getaddrinfo failed|nodename nor servname|Network is unreachable"
            r"|Connection refused|Max retries exceeded|ProxyError|Connection reset by peer|Read timed out"
            r"|RemoteDisconnected|IncompleteRead|Connection aborted|No route to host",
            re.I,
        ),
        FailureCode.NO_NETWORK,
        "The package index can't be reached.",
        "Check the network (and pip's proxy settings), then run the same command again.",
    ),
    (
        re.compile(r"Permission denied|\[Errno 13\]|WinError 5\b|Read-only file system", re.I),
        FailureCode.NO_PERMISSION,
        "A file could not be written.",
        "Check who owns the data directory, or choose another one with R3MES_HOME.",
    ),
    (
        re.compile(r"Constraints are only allowed|conflicting dependencies|ResolutionImpossible", re.I),
        FailureCode.PIP_CONFIGURATION,
        "pip's own configuration (constraints) forbids a package that R3MES needs.",
        "See `pip config list` and the PIP_ variables of the environment.",
    ),
    (
        re.compile(r"from versions: none", re.I),
        FailureCode.NO_BUILD,
        "pip found nothing at all under the name of a package that R3MES needs.",
        "The package index (or mirror) that `pip config list` shows lacks it, or it can't be reached.",
    ),
    (
        re.compile(r"No matching distribution found|Could not find a version that satisfies", re.I),
        FailureCode.NO_BUILD,
        "The package index that pip uses does not have a package that R3MES needs.",
        "See `pip config list`: a mirror may lack it.",
    ),
)


def explain(lines: Sequence[str], log: str) -> Failure:
    """Why pip failed, from what it printed. The order of the reasons matters: a lost network also has no match."""
    text = "\n".join(lines)
    for pattern, code, message, hint in _REASONS:
        if pattern.search(text):
            return Failure(code, message, f"{hint} pip's own words are in {log}.")
    errors = [line for line in lines if line.startswith("ERROR:")] or [line for line in lines if line.strip()]
    last = errors[-1].removeprefix("ERROR:").strip() if errors else "it printed nothing"
    return Failure(FailureCode.PIP_FAILED, f"pip failed: {last}", f"All that it printed is in {log}.")
