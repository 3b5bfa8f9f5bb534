"""What is freed goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc is Linux's")

PROGRAM = """
import mmap, sys
import numpy
from r3mes_engine.models.process_memory import give_large_back_at_once, give_memory_back
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * mmap.PAGESIZE
if "told" in sys.argv:
    give_large_back_at_once()
# glibc learns from the first large block that is freed.
numpy.ones(24 * 2**20, numpy.uint8)
begin = resident()
parts = [numpy.ones(8 * 2**20, numpy.uint8) for _ in range(8)]
last = numpy.ones(100_000, numpy.uint8)
del parts
print((resident() - begin) >> 20)
give_memory_back()
print((resident() - begin) >> 20)
"""


def kept_mb(*arguments: str) -> list[int]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [int(line) for line in done.stdout.split()]


def test_large_blocks_go_back_at_once_and_all_others_when_asked() -> None:
    untold, after_trim = kept_mb()
    # glibc 2.36 keeps 64 of them, 2.43 keeps 16.
    assert untold >= 8
    assert after_trim <= 2
    assert kept_mb("told")[0] <= 2
