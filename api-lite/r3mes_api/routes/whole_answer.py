"""The chunks of a stream gathered into the choices of one whole answer."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json

from r3mes_protocol.chat import FinishReason
from r3mes_protocol.errors import ApiError, ErrorCode

_FINISH_REASONS: tuple[FinishReason, ...] = ("stop", "length", "tool_calls")


class WholeAnswer:
    def __init__(self, choices: int) -> None:
        self._choices = [_Choice() for _ in range(choices)]

    def add(self, payload: bytes) -> None:
        """Takes whole SSE events of one line each. Raises ApiError NODE_FAILED for events that are no chunks."""
        try:
            for choice in choices_in(payload):
                index = choice.get("index", 0)
                if index < 0:
                    raise IndexError
                self._choices[index].add(choice)
        except _UNREADABLE:
            raise unreadable() from None

    def only_text(self, finish_reason: FinishReason) -> tuple[str, FinishReason] | None:
        """Text and finish reason of the one choice; None where there is more to be told."""
        first = self._choices[0]
        return None if len(self._choices) > 1 else first.only_text(finish_reason)

    def choices(self, finish_reason: FinishReason) -> list[dict[str, Any]]:
        """As they stand in a `chat.completion`. `finish_reason` is for choices whose chunks told none."""
        return [choice.document(index, finish_reason) for index, choice in enumerate(self._choices)]


class _Choice:
    def __init__(self) -> None:
        self._content: list[str] = []
        self._tool_calls: dict[int, dict[str, Any]] = {}
        self._logprobs: list[Any] | None = None
        self._finish_reason: FinishReason | None = None

    def add(self, choice: dict[str, Any]) -> None:
        delta = choice["delta"]
        content = delta.get("content")
        if content is not None:
            self._content.append(str(content))
        for call in delta.get("tool_calls") or ():
            self._add_tool_call(call)
        logprobs = choice.get("logprobs")
        if logprobs is not None:
            if self._logprobs is None:
                self._logprobs = []
            self._logprobs += logprobs.get("content") or ()
        reason = choice.get("finish_reason")
        if reason in _FINISH_REASONS:
            self._finish_reason = reason

    def _add_tool_call(self, piece: dict[str, Any]) -> None:
        """The first piece of a call has its id and its name; the arguments come bit by bit."""
        call = self._tool_calls.setdefault(
            piece["index"], {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}
        )
        call["id"] += piece.get("id") or ""
        for name, text in (piece.get("function") or {}).items():
            if name in call["function"]:
                call["function"][name] += text or ""

    def only_text(self, finish_reason: FinishReason) -> tuple[str, FinishReason] | None:
        if self._tool_calls or self._logprobs is not None:
            return None
        return "".join(self._content), self._finish_reason or finish_reason

    def document(self, index: int, finish_reason: FinishReason) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self._content)}
        if self._tool_calls:
            message["content"] = message["content"] or None
            message["tool_calls"] = [self._tool_calls[number] for number in sorted(self._tool_calls)]
        document = {"index": index, "message": message, "finish_reason": self._finish_reason or finish_reason}
        if self._logprobs is not None:
            document["logprobs"] = {"content": self._logprobs}
        return document


def content_of(payload: bytes) -> str:
    """The text in whole SSE events of one line each. Raises ApiError NODE_FAILED for events that are no chunks."""
    pieces: list[str] = []
    try:
        for choice in choices_in(payload):
            content = choice["delta"].get("content")
            if content is not None:
                pieces.append(str(content))
    except _UNREADABLE:
        raise unreadable() from None
    return "".join(pieces)


_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


def unreadable() -> ApiError:
    return ApiError(ErrorCode.NODE_FAILED, "The node sent an answer that can't be read.")


def choices_in(payload: bytes) -> list[Any]:
    """The choices of all chunks, in order."""
    choices: list[Any] = []
    # The last part is what follows the last event: nothing.
    for event in payload.split(b"\n\n")[:-1]:
        data = event.removeprefix(b"data: ")
        try:
            choices += from_json(data, cache_strings=False)["choices"]
        except ValueError:
            # The quicker reader refuses half of a surrogate pair, which a model may well write.
            choices += json.loads(data)["choices"]
    return choices
