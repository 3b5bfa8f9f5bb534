"""The parts of OpenAI's chat completion shapes that gateway and engine build and read.

Source: https://platform.openai.com/docs/api-reference/chat (objects `chat.completion` and
`chat.completion.chunk`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, ValidationError
from pydantic_core import to_json

from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.limits import MAX_NAME_CHARS
from r3mes_protocol.messages import Usage
from r3mes_protocol.wire import is_finite, refuse_constants

FinishReason = Literal["stop", "length", "tool_calls"]


def _a_number(value: object) -> object:
    if isinstance(value, bool | str):
        raise ValueError("Input should be a number")
    return value


_NUMBER = BeforeValidator(_a_number)
"""JSON has numbers: a text or a truth value in the place of one is a mistake of the caller."""
Truth = Annotated[bool, Strict()]


class _Lenient(BaseModel):
    # A parameter that is newer than this code is passed on to the node, which knows whether it can serve it.
    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)


class ChatMessage(_Lenient):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None

    def text(self) -> str:
        """The text of the message; parts that are not text are left out."""
        if isinstance(self.content, str):
            return self.content
        texts = (part.get("text") for part in self.content or [] if part.get("type") == "text")
        return "".join(text for text in texts if isinstance(text, str))


class StreamOptions(_Lenient):
    include_usage: Truth | None = None


class ChatRequest(_Lenient):
    model: Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS)]
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=2048)]
    stream: Truth | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Field(ge=1), _NUMBER] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1), _NUMBER] | None = None
    temperature: Annotated[float, Field(ge=0, le=2), _NUMBER] | None = None
    top_p: Annotated[float, Field(gt=0, le=1), _NUMBER] | None = None
    stop: str | list[str] | None = None
    seed: Annotated[int, _NUMBER] | None = None
    n: Annotated[int, Field(ge=1, le=16), _NUMBER] | None = None
    adapter: Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS)] | None = None

    @property
    def token_limit(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens


_UNION_MEMBERS = ("str", "list[dict[str,any]]", "list[str]")
"""What pydantic adds to the path of a parameter of several types; no client knows a parameter of such a name."""


def parse_chat_request(body: bytes | dict[str, Any]) -> ChatRequest:
    """Raises ApiError INVALID_REQUEST that names the first parameter at fault."""
    try:
        if isinstance(body, bytes):
            refuse_constants(body)
            request = ChatRequest.model_validate_json(body)
        else:
            request = ChatRequest.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        param = ".".join(str(part) for part in first["loc"] if part not in _UNION_MEMBERS) or None
        raise ApiError(ErrorCode.INVALID_REQUEST, f"{param or 'body'}: {first['msg']}", param=param) from None
    except ValueError as error:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"body: Invalid JSON: {error}") from None
    if not is_finite(request.model_dump(exclude_unset=True) if isinstance(body, bytes) else body):
        raise ApiError(ErrorCode.INVALID_REQUEST, "body: A number is too large; the largest is about 1.8e308.")
    return request


def chunk(
    completion_id: str,
    model: str,
    created: int,
    *,
    choice: int = 0,
    content: str | None = None,
    role: Literal["assistant"] | None = None,
    finish_reason: FinishReason | None = None,
) -> dict[str, Any]:
    """One `chat.completion.chunk` of one choice."""
    delta: dict[str, Any] = {}
    if role is not None:
        delta["role"] = role
    if content is not None:
        delta["content"] = content
    return {
        "id": completion_id,
        "object": "chat.completion.chunk",
        "created": created,
        "model": model,
        "choices": [{"index": choice, "delta": delta, "finish_reason": finish_reason}],
    }


def usage_chunk(completion_id: str, model: str, created: int, usage: Usage) -> dict[str, Any]:
    """The chunk without choices that closes a stream whose client asked for its usage."""
    return {
        "id": completion_id,
        "object": "chat.completion.chunk",
        "created": created,
        "model": model,
        "choices": [],
        "usage": usage_body(usage),
    }


def completion(
    completion_id: str, model: str, created: int, *, choices: list[dict[str, Any]], usage: Usage
) -> dict[str, Any]:
    """A whole `chat.completion`."""
    return {
        "id": completion_id,
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": choices,
        "usage": usage_body(usage),
    }


def encode_completion(
    completion_id: str, model: str, created: int, *, content: str, finish_reason: FinishReason, usage: Usage
) -> bytes:
    """The JSON of a `completion` with one choice of text alone, which nearly every answer is: several times cheaper
    than making the document. The id is the gateway's own. Raises ValueError for half of a surrogate pair."""
    prompt, tokens = usage.prompt_tokens, usage.completion_tokens
    return (
        b'{"id":"%b","object":"chat.completion","created":%d,"model":%b,"choices":[{"index":0,"message":'
        b'{"role":"assistant","content":%b},"finish_reason":"%b"}],'
        b'"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}'
    ) % (
        completion_id.encode(),
        created,
        to_json(model),
        to_json(content),
        finish_reason.encode(),
        prompt,
        tokens,
        prompt + tokens,
    )


def usage_body(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }
