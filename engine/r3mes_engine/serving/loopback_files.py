"""Where an engine on this computer answers, for programs that do not read its control channel.

The bearer token lies in a file only where nobody reads that channel: such an engine's stdout is a service manager's
log, and a secret has no place there.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

TOKEN_FILE = "http_token"
PORT_FILE = "http_port"


@contextlib.contextmanager
def token_file(state_dir: Path, token: str) -> Iterator[Path]:
    """Keeps the token in a file of mode 0600 as long as the server runs."""
    with _kept(state_dir / TOKEN_FILE, token) as path:
        yield path


@contextlib.contextmanager
def port_file(state_dir: Path, port: int) -> Iterator[Path]:
    """Keeps the port in a file as long as the server runs. One that was killed leaves a file that leads nowhere."""
    with _kept(state_dir / PORT_FILE, str(port)) as path:
        yield path


def read_port(state_dir: Path) -> int | None:
    """None: there is no engine, or it does not answer yet."""
    try:
        text = (state_dir / PORT_FILE).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 65536 else None


@contextlib.contextmanager
def _kept(path: Path, text: str) -> Iterator[Path]:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
    draft.replace(path)
    try:
        yield path
    finally:
        # Another engine with the same folder may have written its own meanwhile.
        with contextlib.suppress(OSError):
            if path.read_text() == text + "\n":
                path.unlink()
