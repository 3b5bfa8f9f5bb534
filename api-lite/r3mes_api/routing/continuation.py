"""An answer that broke off in the middle, and the request by which another node goes on with it. Pure."""

from __future__ import annotations

import json
from typing import Any

from r3mes_api.routing.question import Question
from r3mes_protocol.messages import Usage

LONGEST_BYTES = 256 * 1024
"""Of events that are kept for a continuation: about 1000 tokens. Beyond that the memory of a slow reader's request
would grow, and a node would read long before it writes on."""


class AnswerSoFar:
    """Keeps what the client was sent, as long as it is worth keeping."""

    __slots__ = ("_payloads", "_size", "chunks")

    def __init__(self) -> None:
        self._payloads: list[bytes] | None = []
        self._size = 0
        self.chunks = 0

    def add(self, payload: bytes) -> None:
        if self._payloads is None:
            return
        self._size += len(payload)
        if self._size > LONGEST_BYTES:
            self._payloads = None
        else:
            self._payloads.append(payload)

    def text(self) -> str | None:
        """What the client has read so far; None for what can't be continued: too long, a tool call, an end.

        Counts the chunks with content on the way: a node sends one for each token.
        """
        if self._payloads is None:
            return None
        pieces: list[str] = []
        try:
            for event in b"".join(self._payloads).split(b"\n\n")[:-1]:
                for choice in json.loads(event.removeprefix(b"data: "))["choices"]:
                    delta: dict[str, Any] = choice["delta"]
                    if choice.get("finish_reason") is not None or delta.keys() - {"role", "content"}:
                        return None
                    if delta.get("content"):
                        pieces.append(delta["content"])
            text = "".join(pieces)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        self.chunks = len(pieces)
        return text


def continuing(question: Question, text: str, chunks: int, model: str, adapter: str | None) -> Question | None:
    """The request for the rest of the answer, on the same model; None where nothing may follow."""
    if question.continues or question.choices > 1 or not text:
        return None
    if question.body.get("tools") or question.body.get("response_format"):
        return None
    body = {
        **question.body,
        "messages": [*question.body.get("messages", ()), {"role": "assistant", "content": text}],
        "continue_final_message": True,
        "add_generation_prompt": False,
    }
    for name in ("max_tokens", "max_completion_tokens"):
        if body.get(name) is not None:
            body[name] -= chunks
            if body[name] < 1:
                return None
    return question._replace(model=model, adapter=adapter, body=body, continues=True)


def whole_usage(rest: Usage, chunks: int) -> Usage:
    """Of both nodes together, as if one had answered: what the second read of the first's text is not paid twice."""
    return Usage(prompt_tokens=max(0, rest.prompt_tokens - chunks), completion_tokens=rest.completion_tokens + chunks)
