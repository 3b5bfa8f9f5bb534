"""OpenAI's embeddings: the request, checked, and the answer's shape.

https://platform.openai.com/docs/api-reference/embeddings; its clients ask for base64 unless they are told otherwise.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.wire import refuse_constants

if TYPE_CHECKING:
    # An engine without an embedding model does not wait for it.
    import numpy

MAX_INPUTS = 2048
"""OpenAI's own bound."""

Encoding = Literal["float", "base64"]


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    model: str
    inputs: tuple[str, ...]
    encoding: Encoding
    dimensions: int | None
    """Only so many of each vector's numbers; None: all."""


def parse_embedding_request(body: bytes) -> EmbeddingRequest:
    """Raises ApiError that names the parameter at fault."""
    try:
        refuse_constants(body)
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"body: Invalid JSON: {error}") from None
    if not isinstance(document, dict):
        raise ApiError(ErrorCode.INVALID_REQUEST, "body: an object is wanted")
    model = document.get("model")
    encoding: Encoding | Any = document.get("encoding_format") or "float"
    dimensions = document.get("dimensions")
    if not isinstance(model, str) or not model:
        raise invalid("model", "the name of a model is wanted")
    if encoding not in ("float", "base64"):
        raise invalid("encoding_format", "float and base64 are served")
    if dimensions is not None and (type(dimensions) is not int or dimensions < 1):
        raise invalid("dimensions", "a whole number of at least 1 is served")
    return EmbeddingRequest(model, _inputs(document.get("input")), encoding, dimensions)


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


def embedding_answer(
    model: str, vectors: Sequence[numpy.ndarray[Any, Any]], encoding: Encoding, tokens: int
) -> dict[str, Any]:
    """`vectors` are float32, one for each input."""
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _encoded(vector, encoding)}
            for index, vector in enumerate(vectors)
        ],
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _encoded(vector: numpy.ndarray[Any, Any], encoding: Encoding) -> str | list[float]:
    if encoding == "base64":
        # Little-endian, as OpenAI's clients read it.
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return [float(number) for number in vector]


def invalid(param: str, why: str) -> ApiError:
    return ApiError(ErrorCode.INVALID_REQUEST, f"{param}: {why}.", param=param)
