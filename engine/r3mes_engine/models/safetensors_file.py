"""Is this a whole safetensors file? Told from its header.

Format: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from r3mes_engine.errors import ModelUnusable

MAX_HEADER_BYTES = 16 * 1024 * 1024
"""The entries of a hundred thousand tensors; the largest files hold some hundreds. Read, a header of nothing but
brackets takes twenty times its size, so the format's own bound of 100 MB would be 2 GB of memory."""
MAX_ELEMENTS = 2**63
"""Of one tensor, as in the format's own reader. A shape of a million sides would keep a processor busy for hours."""

_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64,
    "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


class _Broken(Exception):
    """The reason, as the end of a sentence."""


def check_safetensors(path: Path) -> frozenset[str]:
    """The names of the tensors in it. Raises ModelUnusable for a file that is not whole."""
    try:
        return _names(path)
    except OSError as error:
        raise ModelUnusable(
            f"The model file {path} can't be read: {error.strerror}.", "Check the path and who may read it."
        ) from None
    except _Broken as broken:
        raise ModelUnusable(f"The model file {path} is damaged: {broken}.", "Download the file again.") from None


def tensor_shapes(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Kind of number and shape of each tensor of a file that was checked."""
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    header.pop("__metadata__", None)
    return {name: (entry["dtype"], tuple(entry["shape"])) for name, entry in header.items()}


def _names(path: Path) -> frozenset[str]:
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or not 2 <= length <= MAX_HEADER_BYTES or 8 + length > size:
            raise _Broken("it is not a safetensors file, or it is cut off in its header")
        try:
            header = json.loads(file.read(length))
        except (ValueError, RecursionError):
            raise _Broken("its header is not readable") from None
    if not isinstance(header, dict):
        raise _Broken("its header is not readable")
    header.pop("__metadata__", None)
    if not header:
        raise _Broken("it holds no tensors")
    spans = sorted(_span(name, entry) for name, entry in header.items())
    end = 0
    for start, stop in spans:
        # Gaps and overlaps are not allowed: they could hide anything.
        if start != end:
            raise _Broken("its tensors do not lie one after another")
        end = stop
    if 8 + length + end != size:
        raise _Broken(f"it has {size} bytes where its header says {8 + length + end}")
    return frozenset(header)


def _span(name: str, entry: Any) -> tuple[int, int]:
    try:
        bits = _BITS[entry["dtype"]]
        start, stop = entry["data_offsets"]
        elements = 1
        for length in entry["shape"]:
            if not isinstance(length, int) or length < 0:
                raise ValueError
            elements *= length
            if elements > MAX_ELEMENTS:
                raise ValueError
        if not (isinstance(start, int) and isinstance(stop, int) and 0 <= start <= stop):
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise _Broken(f"it says something impossible of the tensor {name[:80]!r}") from None
    if (stop - start) * 8 != elements * bits:
        raise _Broken(f"the tensor {name[:80]!r} does not have the size of its shape")
    return start, stop
