"""The memory that glibc keeps of what was freed. Does nothing where another C library is used."""

from __future__ import annotations

import ctypes
import sys

LARGE_WHILE_LOADING = 128 * 2**10
"""The bound for large blocks while a model is loaded: each of its weights by itself, so that those which are laid out
anew leave no holes between the others."""
LARGE = 4 * 2**20
"""What is at least so large is taken from the system and given back to it by itself. The numbers of a step are smaller
for the models that a processor is fit for, and for others the products take a hundred times as long as that."""
FREE_AT_END = 16 * 2**20
"""So much may be free at the end of each heap: a step takes it again at once."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""https://man7.org/linux/man-pages/man3/mallopt.3.html"""


def give_large_back_at_once(large: int = LARGE) -> None:
    """Blocks of at least so many bytes, from now on. By itself glibc learns from the first large tensors to keep
    everything up to 32 MiB for itself, in a heap for each thread: what an adapter's file was read into stayed."""
    if (mallopt := _function("mallopt")) is not None:
        mallopt(_M_MMAP_THRESHOLD, large)
        mallopt(_M_TRIM_THRESHOLD, FREE_AT_END)


def give_memory_back() -> None:
    """What was freed while a model was loaded goes back to the system."""
    if (trim := _function("malloc_trim")) is not None:
        trim(0)


def _function(name: str) -> ctypes._NamedFuncPointer | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
