"""Stands in for torch in the process that tries a GPU: a test copies it to `torch.py` in a folder of PYTHONPATH.

FAKE_TORCH_STATE names a file of lines: `UUID=ok | wrong | hang | exit | WORDS OF AN ERROR`, `cuda=13.0`, `archs=sm_86`.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

__version__ = "2.13.0+fake"
float32 = "float32"

_state = dict(line.split("=", 1) for line in Path(os.environ["FAKE_TORCH_STATE"]).read_text().splitlines())
version = SimpleNamespace(cuda=_state.get("cuda", "13.0") or None)


def _init() -> None:
    state = _state.get(os.environ["CUDA_VISIBLE_DEVICES"], "No CUDA GPUs are available")
    # Libraries print where they like.
    print("torch says hello")
    if state == "hang":
        time.sleep(600)
    if state == "exit":
        os._exit(3)
    if state not in ("ok", "wrong"):
        raise RuntimeError(state)


class _Ones:
    def __init__(self, size: int) -> None:
        self._size = size

    def __matmul__(self, other: Any) -> _Ones:
        return self

    def min(self) -> float:
        return self._size

    def max(self) -> float:
        return self._size + (_state[os.environ["CUDA_VISIBLE_DEVICES"]] == "wrong")


def ones(shape: tuple[int, int], **_: Any) -> _Ones:
    return _Ones(shape[0])


cuda = SimpleNamespace(
    get_arch_list=lambda: _state.get("archs", "sm_75 sm_86 sm_90 sm_120 compute_120").split(),
    init=_init,
    synchronize=lambda: None,
)
