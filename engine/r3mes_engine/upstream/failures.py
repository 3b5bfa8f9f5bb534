"""What the other server's refusals mean. Pure."""

from __future__ import annotations

import json
from typing import Any

from r3mes_engine.errors import GenerationFailed
from r3mes_protocol.messages import FailureCode

MAX_SENTENCE = 500

_TOO_LONG = (
    *("context_length_exceeded", "context length", "context size", "too many tokens", "exceed_context_size"),
    # vLLM says so where the limit of the answer alone is more than fits.
    "max_model_len",
)
_MEMORY = ("out of memory", "outofmemory")


def refusal(status: int, body: bytes, *, adapter: bool) -> GenerationFailed:
    """For an answer other than 200. `adapter`: one was asked for in the place of the model.

    401 and 403 are about the engine's own key: never the client's fault, and the server's words may quote the key.
    """
    said = message_of(_document(body))
    words = body.decode("utf-8", "replace").lower()
    if status == 429:
        return GenerationFailed(FailureCode.CAPACITY, "The model's server has no room.")
    if status in (401, 403):
        return GenerationFailed(FailureCode.ENGINE_ERROR, "The model's server does not take this engine's key.")
    if status == 404:
        if adapter:
            return GenerationFailed(FailureCode.ADAPTER_NOT_FOUND, "The adapter is not here any more.", param="adapter")
        return GenerationFailed(FailureCode.ENGINE_ERROR, "The model's server does not have its model any more.")
    if status in (400, 413, 422):
        if status == 413 or any(word in words for word in _TOO_LONG):
            return GenerationFailed(
                FailureCode.CONTEXT_TOO_LONG, said or "The prompt is longer than the model takes.", param="messages"
            )
        return GenerationFailed(FailureCode.INVALID_REQUEST, said or f"The model's server refused (HTTP {status}).")
    if any(word in words for word in _MEMORY):
        return GenerationFailed(FailureCode.OUT_OF_MEMORY, "The model's server is out of memory.")
    if status == 503:
        return GenerationFailed(FailureCode.CAPACITY, "The model's server takes nothing now.")
    return GenerationFailed(FailureCode.ENGINE_ERROR, f"The model's server answered with HTTP {status}.")


def broken(why: str) -> GenerationFailed:
    return GenerationFailed(FailureCode.ENGINE_ERROR, f"The model's server {why}.")


def message_of(document: Any) -> str:
    """OpenAI's shape, or that of older servers."""
    if not isinstance(document, dict):
        return ""
    error = document.get("error", document)
    text = error.get("message") if isinstance(error, dict) else error
    return text[:MAX_SENTENCE] if isinstance(text, str) else ""


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
