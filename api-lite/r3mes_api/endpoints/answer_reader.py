"""What an OpenAI-compatible server says, turned into what a node of the session would have said. Pure."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, TypeAlias

from pydantic_core import from_json

from r3mes_protocol.chat import FinishReason
from r3mes_protocol.frames import FrameKind
from r3mes_protocol.messages import Done, Failed, FailureCode, Usage
from r3mes_protocol.sse import encode_event
from r3mes_protocol.wire import JobId

_FINISHES: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    # The server held back the rest; OpenAI's own clients treat it as an end.
    "content_filter": "stop",
}

_TOO_LONG = ("context_length_exceeded", "maximum context length", "context length", "too many tokens")

_CHOICE_FIELDS = ("index", "delta", "logprobs")


class Piece(NamedTuple):
    kind: FrameKind
    payload: bytes
    """One whole SSE event."""


Step: TypeAlias = Piece | Done | Failed


class AnswerReader:
    """Reads the data of each event of one stream. Nothing may be read after a terminal."""

    def __init__(self, job_id: JobId, completion_id: str, model: str, created: int) -> None:
        """`model` is the name that clients know, whatever the server calls it."""
        self._job_id = job_id
        self._head: dict[str, Any] = {
            "id": completion_id,
            "object": "chat.completion.chunk",
            "created": created,
            "model": model,
        }
        self._finish: FinishReason | None = None
        self._usage: Usage | None = None
        self._chunks = 0

    def read(self, data: str) -> list[Step]:
        if data == "[DONE]":
            return [self.end()]
        try:
            document = from_json(data, cache_strings=False)
        except ValueError:
            try:
                # Half of a surrogate pair, which a model may well write.
                document = json.loads(data)
            except (ValueError, RecursionError):
                return [self._failed("sent an event that is no JSON")]
        if not isinstance(document, dict):
            return [self._failed("sent an event that is no chunk")]
        if document.get("error") is not None:
            return [self._failed(f"reported an error: {_message_of(document)}")]
        self._note_usage(document.get("usage"))
        choices = document.get("choices")
        if not isinstance(choices, list) or len(choices) > 1:
            return [self._failed("sent a chunk without a list of one choice")]
        return self._choice(choices[0]) if choices else []

    def end(self) -> Done | Failed:
        """The stream is over, by `[DONE]` or by the end of the response."""
        if self._finish is None:
            return self._failed("ended its answer in the middle")
        usage = self._usage or Usage(prompt_tokens=0, completion_tokens=self._chunks)
        return Done(job_id=self._job_id, finish_reason=self._finish, usage=usage)

    def _choice(self, choice: Any) -> list[Step]:
        if not isinstance(choice, dict) or not isinstance(choice.get("delta") or {}, dict):
            return [self._failed("sent a choice of another shape")]
        delta = {name: value for name, value in (choice.get("delta") or {}).items() if value is not None}
        if not isinstance(delta.get("content", ""), str) or choice.get("index", 0) != 0:
            return [self._failed("sent a choice of another shape")]
        finish = choice.get("finish_reason")
        if finish is not None and finish not in _FINISHES:
            return [self._failed("gave its answer up")]
        if self._finish is not None:
            # Nothing belongs to an answer after its end.
            return []
        steps: list[Step] = []
        says = any(value for name, value in delta.items() if name != "role")
        if says or (delta and finish is None):
            kind = FrameKind.CONTENT if says or self._chunks else FrameKind.PREAMBLE
            self._chunks += says
            kept = {"index": 0, "delta": delta, "finish_reason": None}
            if choice.get("logprobs") is not None:
                kept["logprobs"] = choice["logprobs"]
            steps.append(self._piece(kind, kept))
        if finish is not None:
            self._finish = _FINISHES[finish]
            steps.append(self._piece(FrameKind.TAIL, {"index": 0, "delta": {}, "finish_reason": self._finish}))
        return steps

    def _piece(self, kind: FrameKind, choice: dict[str, Any]) -> Step:
        try:
            return Piece(kind, encode_event({**self._head, "choices": [choice]}))
        except ValueError:
            return self._failed("sent a number that is none")

    def _note_usage(self, usage: Any) -> None:
        if not isinstance(usage, dict):
            return
        counts = usage.get("prompt_tokens"), usage.get("completion_tokens")
        if all(type(count) is int and 0 <= count <= 2**53 for count in counts):
            self._usage = Usage(prompt_tokens=counts[0], completion_tokens=counts[1])  # type: ignore[arg-type]

    def _failed(self, what: str) -> Failed:
        return failed(self._job_id, FailureCode.ENGINE_ERROR, f"the endpoint {what}")


def failed(job_id: JobId, code: FailureCode, message: str) -> Failed:
    retryable = code not in (FailureCode.INVALID_REQUEST, FailureCode.CONTEXT_TOO_LONG)
    return Failed(job_id=job_id, code=code, message=message, retryable=retryable)


def refusal(job_id: JobId, status: int, body: bytes, *, for_adapter: bool) -> Failed:
    """What an answer other than 200 means.

    429 is a lack of room. What the client did wrong is said to the client and never held against the node; 401 and 403
    are about the gateway's own token, so they are the node's failure, as is everything else.
    """
    if status == 429:
        return failed(job_id, FailureCode.CAPACITY, "the endpoint has no room")
    message = _message_of(_document(body)) or f"HTTP {status}"
    if status in (400, 413, 422):
        too_long = status == 413 or any(words in body.decode("utf-8", "replace").lower() for words in _TOO_LONG)
        return failed(job_id, FailureCode.CONTEXT_TOO_LONG if too_long else FailureCode.INVALID_REQUEST, message)
    if status == 404:
        missing = FailureCode.ADAPTER_NOT_FOUND if for_adapter else FailureCode.MODEL_NOT_FOUND
        return failed(job_id, missing, message)
    if 400 < status < 500 and status not in (401, 403, 407, 408):
        return failed(job_id, FailureCode.INVALID_REQUEST, message)
    # A redirect as well: it could lead anywhere. The server's words may quote the token, so they are not repeated.
    return failed(job_id, FailureCode.ENGINE_ERROR, f"the endpoint answered with HTTP {status}")


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _message_of(document: Any) -> str:
    """OpenAI's shape, or that of older servers."""
    if not isinstance(document, dict):
        return ""
    error = document.get("error", document)
    text = error.get("message") if isinstance(error, dict) else error
    return text[:500] if isinstance(text, str) else ""
