"""Memory that this process holds without using it, given back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys


def give_back_memory() -> None:
    """After much was thrown away. Some 0.1 s of work, so not while somebody waits.

    The C library of Linux keeps what was freed in the middle of its heap, unless it is asked (`malloc_trim`).
    """
    gc.collect()
    if not sys.platform.startswith("linux"):
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:  # musl has none
        trim(ctypes.c_size_t(0))
