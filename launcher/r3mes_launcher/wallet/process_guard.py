"""Keeps secrets of this process out of core dumps and debuggers of the same user."""

from __future__ import annotations

import ctypes
import sys

PR_SET_DUMPABLE = 4


def refuse_core_dumps() -> bool:
    """Switches core dumps off for this process and its children. Called once by each program that opens a vault.

    True when the system took it. Windows writes no dump of a program unless its owner asks for one, and has no
    switch for it, so there it answers False.
    """
    if sys.platform == "win32":
        return False
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        return False
    if sys.platform == "linux":
        # Also keeps other processes of this user from reading /proc/<pid>/mem.
        return bool(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    return True
