"""The child that touches driver and GPU: `python -m r3mes_engine.hardware.probe driver | kernel`.

It prints one JSON object. `kernel` uses the first GPU of CUDA_VISIBLE_DEVICES; without CUDA in the build it only tells
what is installed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from typing import Any

from r3mes_engine.hardware.driver import read_driver
from r3mes_engine.hardware.facts import CudaBuild, KernelRun, Probe

SIZE = 256
"""Rows of the two matrices that are multiplied: all cores of the card have something to do, none for long."""


def main(what: str) -> int:
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Libraries print where they like; stdout is for the answer alone.
    os.dup2(2, 1)
    if what == "driver":
        import pynvml

        answer.write(json.dumps(asdict(read_driver(pynvml))))
    else:
        answer.write(json.dumps(asdict(probe())))
    answer.close()
    return 0


def probe() -> Probe:
    try:
        import torch
    except (ImportError, OSError) as error:
        return Probe(None, KernelRun("failed", _words(error)))
    return probe_with(torch)


def probe_with(torch: Any) -> Probe:
    build = CudaBuild(str(torch.__version__), torch.version.cuda)
    if build.cuda is None:
        return Probe(build, KernelRun("skipped"))
    try:
        build = CudaBuild(build.version, build.cuda, tuple(torch.cuda.get_arch_list()))
        return Probe(build, _multiply(torch))
    except Exception as error:
        # CUDA fails in many ways, and each of them is the result.
        return Probe(build, KernelRun("failed", _words(error)))


def _multiply(torch: Any) -> KernelRun:
    torch.cuda.init()
    ones = torch.ones((SIZE, SIZE), device="cuda", dtype=torch.float32)
    torch.cuda.synchronize()
    started = time.monotonic()
    product = ones @ ones
    torch.cuda.synchronize()
    milliseconds = round((time.monotonic() - started) * 1000)
    # Sums of ones are exact in every kind of number that a GPU multiplies in.
    least, most = float(product.min()), float(product.max())
    if least != SIZE or most != SIZE:
        return KernelRun("wrong", f"{SIZE} ones added up to between {least:g} and {most:g}", milliseconds)
    return KernelRun("ok", "", milliseconds)


def _words(error: BaseException) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:500]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
