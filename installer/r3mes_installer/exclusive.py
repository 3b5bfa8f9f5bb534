"""One at a time: a lock that the operating system gives back however its holder dies."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from r3mes_installer.cancellation import Cancellation

POLL_S = 0.3
"""How soon a waiting installer notices that the other one is done."""


def _try_lock(file: BinaryIO) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def exclusive(path: Path, cancellation: Cancellation, on_wait: Callable[[], None]) -> Iterator[None]:
    """Holds the lock file; calls `on_wait` once when another process has it. Raises Cancelled."""
    with path.open("ab") as file:
        waiting = False
        while not _try_lock(file):
            if not waiting:
                on_wait()
                waiting = True
            cancellation.wait(POLL_S)
        yield
