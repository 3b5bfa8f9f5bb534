"""The bearer token of the loopback server, for an engine that nobody reads the control channel of.

Such an engine's stdout is a service manager's log, and a secret has no place there.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

FILE_NAME = "http_token"


@contextlib.contextmanager
def token_file(state_dir: Path, token: str) -> Iterator[Path]:
    """Keeps the token in a file of mode 0600 as long as the server runs."""
    path = state_dir / FILE_NAME
    draft = path.with_name(f".{FILE_NAME}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(token + "\n")
    draft.replace(path)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
