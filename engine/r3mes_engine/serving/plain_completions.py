"""OpenAI's older completions: a prompt that no chat template touches. Their shapes, and their parameters' checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic_core import from_json

from r3mes_engine.backends.protocol import FinishReason
from r3mes_protocol.chat import ChatRequest, parse_chat_request, usage_body
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.messages import Usage
from r3mes_protocol.wire import refuse_constants

DEFAULT_MAX_TOKENS = 16
"""OpenAI's own; without it a forgotten limit would fill the whole context."""

_NEUTRAL: dict[str, tuple[Any, ...]] = {
    # Parameters that change the answer and are not served, with the values that ask for nothing.
    "echo": (False,),
    "suffix": ("",),
    "best_of": (1,),
    "logprobs": (False,),
    "messages": (),
    "continue_final_message": (False,),
    "tools": ([],),
}


def parse_completion_request(body: bytes) -> tuple[ChatRequest, str]:
    """The request as one for a chat, whose only message is the prompt, and the prompt. Raises ApiError."""
    try:
        refuse_constants(body)
        # Strict, as for a chat: half of a surrogate pair is no text.
        document = from_json(body)
    except ValueError as error:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"body: Invalid JSON: {error}") from None
    if not isinstance(document, dict):
        raise _invalid(None, "body: an object is wanted")
    for name, neutral in _NEUTRAL.items():
        value = document.pop(name, None)
        if value is not None and not any(type(value) is type(plain) and value == plain for plain in neutral):
            raise _invalid(name, f"{name}: this is not served with a plain prompt")
    prompt = document.pop("prompt", None)
    if isinstance(prompt, list) and len(prompt) == 1:
        (prompt,) = prompt
    if not isinstance(prompt, str) or not prompt:
        raise _invalid("prompt", "prompt: one text is served, which is not empty")
    if document.get("max_tokens") is None and document.get("max_completion_tokens") is None:
        document["max_tokens"] = DEFAULT_MAX_TOKENS
    document["messages"] = [{"role": "user", "content": prompt}]
    return parse_chat_request(document), prompt


def completion_chunk(
    completion_id: str,
    model: str,
    created: int,
    *,
    choice: int = 0,
    text: str = "",
    finish_reason: FinishReason | None = None,
) -> dict[str, Any]:
    """One event of a stream."""
    return {
        **_head(completion_id, model, created),
        "choices": [{"index": choice, "text": text, "logprobs": None, "finish_reason": finish_reason}],
    }


def completion_usage_chunk(completion_id: str, model: str, created: int, usage: Usage) -> dict[str, Any]:
    return {**_head(completion_id, model, created), "choices": [], "usage": usage_body(usage)}


def whole_completion(
    completion_id: str,
    model: str,
    created: int,
    texts: Sequence[str],
    finish_reasons: Sequence[FinishReason],
    usage: Usage,
) -> dict[str, Any]:
    choices = [
        {"index": index, "text": text, "logprobs": None, "finish_reason": reason}
        for index, (text, reason) in enumerate(zip(texts, finish_reasons, strict=True))
    ]
    return {**_head(completion_id, model, created), "choices": choices, "usage": usage_body(usage)}


def _head(completion_id: str, model: str, created: int) -> dict[str, Any]:
    return {"id": completion_id, "object": "text_completion", "created": created, "model": model}


def _invalid(param: str | None, message: str) -> ApiError:
    return ApiError(ErrorCode.INVALID_REQUEST, message, param=param)
