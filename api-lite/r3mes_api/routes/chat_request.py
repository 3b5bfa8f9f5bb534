"""The body of `POST /v1/chat/completions`, read once.

What is plainly right is taken as it is; anything else is left to the protocol's model, which is the one judge of what
is wrong and says it in its own words. So the hot path pays for one parse of the JSON and a few comparisons.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic_core import from_json

from r3mes_protocol.chat import ChatRequest, parse_chat_request
from r3mes_protocol.limits import MAX_NAME_CHARS
from r3mes_protocol.wire import is_finite

# A tuple, since what is looked up in it may be anything, and a set can't be asked for a list.
_ROLES = ("user", "assistant", "system", "developer", "tool")
_MAY_HOLD_FLOATS = (float, list, dict)
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
    choices: int


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
    others: list[object] = []
    """Where a number may stand."""
    for message in messages:
        if type(message) is not dict or message.get("role") not in _ROLES:
            return None
        content = message.get("content")
        if type(content) is not str or len(message) > 2:
            if not _is_content(content):
                return None
            others.append(message)
    for name, value in body.items():
        if value is None or value is messages:
            # null stands for the default everywhere.
            continue
        is_right = _RIGHT.get(name)
        if is_right is not None and not is_right(value):
            return None
        if type(value) in _MAY_HOLD_FLOATS:
            others.append(value)
    if others and not is_finite(others):
        return None
    options = body.get("stream_options")
    return ChatBody(
        model=model,
        adapter=adapter,
        body=body,
        prompt=_text(messages[-1].get("content")),
        stream=bool(body.get("stream")),
        include_usage=options is not None and options.get("include_usage") is True,
        token_limit=body.get("max_completion_tokens") or body.get("max_tokens"),
        choices=body.get("n") or 1,
    )


def user_prompts(body: dict[str, Any], count: int) -> list[str]:
    """The texts of the conversation's user messages, the newest first, `count` at most."""
    found: list[str] = []
    for message in reversed(body["messages"]):
        if message.get("role") == "user" and len(found) < count:
            text = _text(message.get("content"))
            if text.strip():
                found.append(text)
    return found


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
        choices=request.n or 1,
    )


def _is_name(value: object) -> bool:
    return type(value) is str and 0 < len(value) <= MAX_NAME_CHARS


def _is_flag(value: object) -> bool:
    return value is None or value is True or value is False


def _is_positive(value: Any) -> bool:
    return type(value) is int and value >= 1


def _is_number(value: Any, high: float) -> bool:
    return type(value) in (int, float) and 0 <= value <= high


def _is_content(value: object) -> bool:
    return value is None or type(value) is str or (type(value) is list and all(type(part) is dict for part in value))


def _is_stop(value: object) -> bool:
    return type(value) is str or (type(value) is list and all(type(part) is str for part in value))


_RIGHT: dict[str, Callable[[Any], bool]] = {
    "stream": _is_flag,
    "stream_options": lambda value: type(value) is dict and _is_flag(value.get("include_usage")),
    "max_tokens": _is_positive,
    "max_completion_tokens": _is_positive,
    "n": lambda value: _is_positive(value) and value <= _MAX_CHOICES,
    "seed": lambda value: type(value) is int,
    "temperature": lambda value: _is_number(value, 2),
    "top_p": lambda value: _is_number(value, 1) and value != 0,
    "stop": _is_stop,
}


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    texts = (part.get("text") for part in content or () if part.get("type") == "text")
    return "".join(text for text in texts if isinstance(text, str))
