"""The body of `POST /v1/chat/completions`, read once.

What is plainly right is taken as it is; anything else is left to the protocol's model, which is the one judge of what
is wrong and says it in its own words. So the hot path pays for one parse of the JSON and a few comparisons.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic_core import from_json

from r3mes_protocol.chat import ChatRequest, parse_chat_request
from r3mes_protocol.limits import MAX_NAME_CHARS

# A tuple, since what is looked up in it may be anything, and a set can't be asked for a list.
_ROLES = ("user", "assistant", "system", "developer", "tool")
_MAX_MESSAGES = 2048
_MAX_CHOICES = 16


class ChatBody(NamedTuple):
    """What the gateway itself needs of a request."""

    model: str
    adapter: str | None
    body: dict[str, Any]
    """The request as it came, without `model` and `adapter`."""
    prompt: str
    """The text of the last message."""
    stream: bool
    include_usage: bool
    token_limit: int | None
    n: int | None


def read_chat_request(data: bytes) -> ChatBody:
    """Raises ApiError INVALID_REQUEST that names the first parameter at fault."""
    plain = read_plain(data)
    return plain if plain is not None else _checked(parse_chat_request(data))


def read_plain(data: bytes) -> ChatBody | None:
    """None for a body that is not plainly right."""
    try:
        body = from_json(data, allow_inf_nan=False)
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    model, adapter = body.pop("model", None), body.pop("adapter", None)
    if not (_is_name(model) and (adapter is None or _is_name(adapter))):
        return None
    messages = body.get("messages")
    if type(messages) is not list or not 0 < len(messages) <= _MAX_MESSAGES:
        return None
    for message in messages:
        if type(message) is not dict or message.get("role") not in _ROLES or not _is_content(message.get("content")):
            return None
    options = body.get("stream_options")
    if not (options is None or (type(options) is dict and _is_flag(options.get("include_usage")))):
        return None
    if not (
        _is_flag(body.get("stream"))
        and _is_between(body.get("max_tokens"), 1)
        and _is_between(body.get("max_completion_tokens"), 1)
        and _is_between(body.get("n"), 1, _MAX_CHOICES)
        and _is_between(body.get("seed"), None)
        and _is_number(body.get("temperature"), 2)
        and (_is_number(body.get("top_p"), 1) and body.get("top_p") != 0)
        and _is_stop(body.get("stop"))
    ):
        return None
    return ChatBody(
        model=model,
        adapter=adapter,
        body=body,
        prompt=_text(messages[-1].get("content")),
        stream=bool(body.get("stream")),
        include_usage=options is not None and options.get("include_usage") is True,
        token_limit=body.get("max_completion_tokens") or body.get("max_tokens"),
        n=body.get("n"),
    )


def _checked(request: ChatRequest) -> ChatBody:
    options = request.stream_options
    return ChatBody(
        model=request.model,
        adapter=request.adapter,
        body=request.model_dump(mode="json", exclude_unset=True, exclude={"model", "adapter"}),
        prompt=request.messages[-1].text(),
        stream=bool(request.stream),
        include_usage=options is not None and options.include_usage is True,
        token_limit=request.token_limit,
        n=request.n,
    )


def _is_name(value: object) -> bool:
    return type(value) is str and 0 < len(value) <= MAX_NAME_CHARS


def _is_flag(value: object) -> bool:
    return value is None or value is True or value is False


def _is_between(value: Any, low: int | None, high: int | None = None) -> bool:
    if value is None:
        return True
    return type(value) is int and (low is None or value >= low) and (high is None or value <= high)


def _is_number(value: Any, high: float) -> bool:
    return value is None or (type(value) in (int, float) and 0 <= value <= high)


def _is_content(value: object) -> bool:
    return value is None or type(value) is str or (type(value) is list and all(type(part) is dict for part in value))


def _is_stop(value: object) -> bool:
    return value is None or type(value) is str or (type(value) is list and all(type(part) is str for part in value))


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    texts = (part.get("text") for part in content or () if part.get("type") == "text")
    return "".join(text for text in texts if isinstance(text, str))
