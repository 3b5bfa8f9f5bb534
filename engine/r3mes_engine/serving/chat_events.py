"""OpenAI's shapes of what an answer is made of, beyond what gateway and engine share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from r3mes_engine.backends.protocol import FinishReason, Logprob
from r3mes_engine.serving.running_answer import Piece
from r3mes_engine.tools.delta import ToolDelta
from r3mes_protocol.chat import usage_body
from r3mes_protocol.messages import Usage


def with_piece(event: dict[str, Any], piece: Piece, most_bytes: int | None = None) -> dict[str, Any]:
    """A chunk with the choice's number, and what the piece has beside text: a part of a tool's call, or
    log-probabilities as far as they fit."""
    choice = event["choices"][0]
    choice["index"] = piece.choice
    if piece.call is not None:
        choice["delta"]["tool_calls"] = [_call(piece.call)]
    if piece.logprobs:
        choice["logprobs"] = {"content": logprobs_content(piece.logprobs)}
        if most_bytes is not None and len(json.dumps(event)) + 16 > most_bytes:
            del choice["logprobs"]
    return event


def logprobs_content(logprobs: Iterable[Logprob]) -> list[dict[str, Any]]:
    return [
        {**_token(one.token, one.logprob), "top_logprobs": [_token(token, logprob) for token, logprob in one.top]}
        for one in logprobs
    ]


def _token(token: bytes, logprob: float) -> dict[str, Any]:
    # OpenAI's number for what is as good as impossible; JSON has no minus infinity.
    return {"token": token.decode("utf-8", "replace"), "logprob": max(logprob, -9999.0), "bytes": list(token)}


def _call(delta: ToolDelta) -> dict[str, Any]:
    if delta.id is None:
        return {"index": delta.index, "function": {"arguments": delta.arguments}}
    function = {"name": delta.name, "arguments": delta.arguments}
    return {"index": delta.index, "id": delta.id, "type": "function", "function": function}


class WholeChoices:
    """Gathers the pieces of all choices for an answer that is not streamed."""

    def __init__(self, choices: int, *, logprobs: bool) -> None:
        self._texts: list[list[str]] = [[] for _ in range(choices)]
        self._logprobs: list[list[Logprob]] = [[] for _ in range(choices)]
        self._calls: list[list[dict[str, Any]]] = [[] for _ in range(choices)]
        self._wanted = logprobs

    def add(self, piece: Piece) -> None:
        if piece.call is not None:
            self._add_call(self._calls[piece.choice], piece.call)
            return
        self._texts[piece.choice].append(piece.text)
        self._logprobs[piece.choice].extend(piece.logprobs)

    @staticmethod
    def _add_call(calls: list[dict[str, Any]], delta: ToolDelta) -> None:
        if delta.id is not None:
            calls.append({name: value for name, value in _call(delta).items() if name != "index"})
        else:
            calls[delta.index]["function"]["arguments"] += delta.arguments

    def completion(
        self, completion_id: str, model: str, created: int, finish_reasons: Sequence[FinishReason], usage: Usage
    ) -> dict[str, Any]:
        """A whole `chat.completion`."""
        choices: list[dict[str, Any]] = []
        for index, (texts, logprobs, calls, reason) in enumerate(
            zip(self._texts, self._logprobs, self._calls, finish_reasons, strict=True)
        ):
            message: dict[str, Any] = {"role": "assistant", "content": "".join(texts)}
            if calls:
                message |= {"content": message["content"] or None, "tool_calls": calls}
            choice: dict[str, Any] = {"index": index, "message": message, "finish_reason": reason}
            if self._wanted:
                choice["logprobs"] = {"content": logprobs_content(logprobs)}
            choices.append(choice)
        return {
            "id": completion_id,
            "object": "chat.completion",
            "created": created,
            "model": model,
            "choices": choices,
            "usage": usage_body(usage),
        }
