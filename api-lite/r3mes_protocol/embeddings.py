"""OpenAI's embeddings: the request, checked, the answer's shape, and the form in which vectors cross a node session.

Source: https://platform.openai.com/docs/api-reference/embeddings; its clients ask for base64 unless they are told
otherwise. Vectors are bytes here: 32-bit floats, little-endian, as those clients read them.
"""

from __future__ import annotations

import binascii
import math
import sys
from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import from_json

from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.limits import MAX_NAME_CHARS
from r3mes_protocol.wire import ProtocolError, refuse_constants

MAX_INPUTS = 2048
"""OpenAI's own bound."""

MAX_VECTOR_BYTES = 8 * 1024 * 1024
"""All vectors of one answer: 2,048 texts of 1,024 numbers each."""

FLOAT_BYTES = 4

Encoding = Literal["float", "base64"]

_EVENT_HEAD, _EVENT_END = b"data: ", b"\n\n"


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    model: str
    inputs: tuple[str, ...]
    encoding: Encoding
    dimensions: int | None
    """Only so many of each vector's numbers; None: all."""


def parse_embedding_request(body: bytes | dict[str, Any]) -> EmbeddingRequest:
    """Raises ApiError INVALID_REQUEST that names the parameter at fault."""
    document = _read(body) if isinstance(body, bytes) else body
    if not isinstance(document, dict):
        raise ApiError(ErrorCode.INVALID_REQUEST, "body: an object is wanted")
    model = document.get("model")
    encoding: Encoding | Any = document.get("encoding_format") or "float"
    dimensions = document.get("dimensions")
    if not isinstance(model, str) or not 0 < len(model) <= MAX_NAME_CHARS:
        raise invalid("model", "the name of a model is wanted")
    if encoding not in ("float", "base64"):
        raise invalid("encoding_format", "float and base64 are served")
    if dimensions is not None and (type(dimensions) is not int or dimensions < 1):
        raise invalid("dimensions", "a whole number of at least 1 is served")
    return EmbeddingRequest(model, _inputs(document.get("input")), encoding, dimensions)


def _read(body: bytes) -> Any:
    try:
        refuse_constants(body)
        # Strict, as for a chat: half of a surrogate pair is no text.
        return from_json(body)
    except ValueError as error:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"body: Invalid JSON: {error}") from None


def _inputs(value: Any) -> tuple[str, ...]:
    inputs = [value] if isinstance(value, str) else value
    if not isinstance(inputs, list) or not inputs:
        raise invalid("input", "a text or a list of texts is wanted")
    if len(inputs) > MAX_INPUTS:
        raise invalid("input", f"{MAX_INPUTS} texts are served at once")
    if any(not isinstance(one, str) for one in inputs):
        # Numbers of tokens mean something in one vocabulary alone, and clients take that of OpenAI's own models.
        raise invalid("input", "only texts are served, not lists of tokens")
    if any(not one for one in inputs):
        raise invalid("input", "no text may be empty")
    return tuple(inputs)


def embedding_answer(model: str, vectors: Sequence[bytes], encoding: Encoding, tokens: int) -> dict[str, Any]:
    """The whole answer; one vector for each input, in order."""
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _encoded(vector, encoding)}
            for index, vector in enumerate(vectors)
        ],
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _encoded(vector: bytes, encoding: Encoding) -> str | list[float]:
    return b64encode(vector).decode() if encoding == "base64" else numbers_in(vector).tolist()


def numbers_in(vector: bytes) -> array[float]:
    numbers = array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


# --- in a node session ---------------------------------------------------------------------------------------------


def vector_events(vectors: Sequence[bytes], payload_bytes: int) -> Iterator[bytes]:
    """All vectors one after another, as payloads of binary frames: events whose data is base64. A vector may be cut
    anywhere; a payload is at most `payload_bytes` long."""
    whole = b"".join(vectors)
    piece = (payload_bytes - len(_EVENT_HEAD) - len(_EVENT_END)) // 4 * 3
    for start in range(0, len(whole), piece):
        yield _EVENT_HEAD + b64encode(whole[start : start + piece]) + _EVENT_END


def read_vectors(payload: bytes, count: int, dimensions: int | None) -> list[bytes]:
    """The `count` vectors in the payloads of a job, joined. Raises ProtocolError for what is no such answer."""
    try:
        pieces = [b64decode(event.removeprefix(_EVENT_HEAD), validate=True) for event in payload.split(_EVENT_END)[:-1]]
    except binascii.Error:
        raise ProtocolError("vectors that are not base64") from None
    whole = b"".join(pieces)
    size, rest = divmod(len(whole), count)
    if rest or not size or size % FLOAT_BYTES or dimensions not in (None, size // FLOAT_BYTES):
        raise ProtocolError(f"{len(whole)} bytes are not {count} vectors of the size that was asked for")
    if not math.isfinite(sum(numbers_in(whole))):
        # JSON has no words for it, and nobody can compare such a vector.
        raise ProtocolError("a number that is not finite")
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def invalid(param: str, why: str) -> ApiError:
    return ApiError(ErrorCode.INVALID_REQUEST, f"{param}: {why}.", param=param)
