"""Is this a whole GGUF file? Told from its header, before anything loads it.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from r3mes_engine.errors import ModelUnusable
from r3mes_engine.models.memory_plan import ModelShape

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MAX_TENSORS = 100_000
MAX_METADATA = 100_000
MAX_STRING_BYTES = 64 * 1024 * 1024
"""One metadata string; chat templates have some kilobytes."""
MAX_TEXT_BYTES = 128 * 1024 * 1024
"""All texts of the header that are read, together: a hundred thousand of the longest would fill any memory."""
MAX_ARRAY_ITEMS = 16 * 1024 * 1024
"""Vocabularies have some hundred thousand."""
MAX_DIMENSIONS = 4
DEFAULT_ALIGNMENT = 32

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_NEVER_QUANTISED = ("token_embd", "output.")
"""Embeddings and the last layer, by the beginnings of their names."""
_STRING = 8
_ARRAY = 9


@dataclass(frozen=True, slots=True)
class GgufSummary:
    architecture: str
    name: str
    elements: int
    """Numbers in all tensors together: two bytes each once converted."""
    has_chat_template: bool
    has_tokenizer: bool
    shape: ModelShape | None = None
    """None where the header does not tell, as for layers that differ from each other."""


class _Broken(Exception):
    """The reason, as the end of a sentence."""


def check_gguf(path: Path) -> GgufSummary:
    """Raises ModelUnusable when the file is no GGUF file, is cut off, or says something impossible of itself."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            summary = _read(_Reader(file, size), size)
    except OSError as error:
        raise ModelUnusable(
            f"The model file {path} can't be read: {error.strerror}.", "Check the path and who may read it."
        ) from None
    except _Broken as broken:
        raise ModelUnusable(f"The model file {path} is damaged: {broken}.", "Download the file again.") from None
    if not summary.has_tokenizer:
        raise ModelUnusable(f"The model file {path} holds no tokenizer.", "Choose a whole language model.")
    if not summary.has_chat_template:
        raise ModelUnusable(
            f"The model file {path} has no chat template, so it can't hold a conversation.",
            "Choose an instruct or chat model.",
        )
    return summary


class _Reader:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._text_bytes = 0

    def bytes(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) != count:
            raise _Broken(f"it ends after {self._size} bytes, in the middle of its header")
        return data

    def skip(self, count: int) -> None:
        if self._file.tell() + count > self._size:
            raise _Broken(f"it ends after {self._size} bytes, in the middle of its header")
        self._file.seek(count, 1)

    def number(self, layout: str) -> Any:
        return struct.unpack(layout, self.bytes(struct.calcsize(layout)))[0]

    def text(self) -> str:
        length = self.number("<Q")
        self._text_bytes += length
        if length > MAX_STRING_BYTES or self._text_bytes > MAX_TEXT_BYTES:
            raise _Broken("a text in its header is impossibly long")
        return self.bytes(length).decode("utf-8", "replace")

    def skip_text(self) -> None:
        self.skip(self.number("<Q"))

    @property
    def position(self) -> int:
        return self._file.tell()


def _read(reader: _Reader, size: int) -> GgufSummary:
    if size < 24 or reader.bytes(4) != MAGIC:
        raise _Broken("it is not a GGUF file")
    version = reader.number("<I")
    if version not in VERSIONS:
        raise _Broken(f"its GGUF version is {version}, known are {VERSIONS[0]} and {VERSIONS[1]}")
    tensors, entries = reader.number("<Q"), reader.number("<Q")
    if not 0 < tensors <= MAX_TENSORS or entries > MAX_METADATA:
        raise _Broken(f"it claims {tensors} tensors and {entries} metadata entries")
    metadata = {}
    for _ in range(entries):
        key = reader.text()
        metadata[key] = _value(reader, reader.number("<I"), wanted=not key.startswith("tokenizer.ggml"))
    dimensions = _check_tensors(reader, tensors, _alignment(metadata), size)
    return GgufSummary(
        architecture=str(metadata.get("general.architecture", "")),
        name=str(metadata.get("general.name", "")),
        elements=sum(math.prod(sizes) for sizes in dimensions.values()),
        has_chat_template=isinstance(metadata.get("tokenizer.chat_template"), str),
        has_tokenizer="tokenizer.ggml.tokens" in metadata,
        shape=_shape(metadata, dimensions),
    )


def _shape(metadata: dict[str, Any], dimensions: dict[str, list[int]]) -> ModelShape | None:
    architecture = metadata.get("general.architecture")

    def number(name: str, unsaid: int | None = None) -> int:
        value = metadata.get(f"{architecture}.{name}", unsaid)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise KeyError(name)
        return value

    try:
        heads, hidden = number("attention.head_count"), number("embedding_length")
        return ModelShape(
            parameters=sum(math.prod(sizes) for sizes in dimensions.values()),
            linear_parameters=sum(
                math.prod(sizes)
                for name, sizes in dimensions.items()
                if len(sizes) == 2 and not name.startswith(_NEVER_QUANTISED)
            ),
            layers=number("block_count"),
            key_value_heads=number("attention.head_count_kv", heads),
            head_size=number("attention.key_length", hidden // heads),
            hidden_size=hidden,
            vocabulary=dimensions["token_embd.weight"][-1],
            context_tokens=number("context_length"),
        )
    except (KeyError, IndexError):
        return None


def _alignment(metadata: dict[str, Any]) -> int:
    alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
    if not isinstance(alignment, int) or not 1 <= alignment <= 2**20 or alignment & (alignment - 1):
        raise _Broken("its alignment is impossible")
    return alignment


def _value(reader: _Reader, kind: int, *, wanted: bool) -> Any:
    """A metadata value; arrays are passed over, and so are the texts that nobody asks for."""
    if kind in _SCALARS:
        return reader.number(_SCALARS[kind])
    if kind == _STRING:
        return reader.text() if wanted else reader.skip_text()
    if kind == _ARRAY:
        item, count = reader.number("<I"), reader.number("<Q")
        if count > MAX_ARRAY_ITEMS:
            raise _Broken("a list in its header is impossibly long")
        if item in _SCALARS:
            return reader.skip(struct.calcsize(_SCALARS[item]) * count)
        if item == _STRING:
            for _ in range(count):
                reader.skip_text()
            return None
    raise _Broken(f"its header holds a value of the unknown kind {kind}")


def _check_tensors(reader: _Reader, count: int, alignment: int, size: int) -> dict[str, list[int]]:
    """The dimensions of each tensor by its name."""
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    found: dict[str, list[int]] = {}
    ends = []
    for _ in range(count):
        name = reader.text()
        dimensions = reader.number("<I")
        if not 1 <= dimensions <= MAX_DIMENSIONS:
            raise _Broken(f"the tensor {name[:80]!r} has {dimensions} dimensions")
        sizes = [reader.number("<Q") for _ in range(dimensions)]
        elements = math.prod(sizes)
        kind, offset = reader.number("<I"), reader.number("<Q")
        try:
            block, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
        except (ValueError, KeyError):
            raise _Broken(f"the tensor {name[:80]!r} is of the unknown kind {kind}") from None
        if not 0 < elements < 2**48 or elements % block:
            raise _Broken(f"the tensor {name[:80]!r} has an impossible shape")
        if offset % alignment:
            raise _Broken(f"the tensor {name[:80]!r} begins at an impossible place")
        if name in found:
            raise _Broken(f"it has two tensors of the name {name[:80]!r}")
        found[name] = sizes
        ends.append(offset + elements // block * block_bytes)
    start = -(-reader.position // alignment) * alignment
    missing = start + max(ends) - size
    if missing > 0:
        raise _Broken(f"it is cut off, the last {missing} of {size + missing} bytes are missing")
    return found
