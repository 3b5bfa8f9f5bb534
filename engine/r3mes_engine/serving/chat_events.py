"""OpenAI's shapes of what an answer is made of, beyond what gateway and engine share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from r3mes_engine.backends.protocol import FinishReason, Logprob
from r3mes_engine.serving.running_answer import Piece
from r3mes_protocol.chat import usage_body
from r3mes_protocol.messages import Usage


def with_logprobs(event: dict[str, Any], piece: Piece, most_bytes: int | None = None) -> dict[str, Any]:
    """A chunk with the choice's number and the log-probabilities of the piece, as far as they fit."""
    choice = event["choices"][0]
    choice["index"] = piece.choice
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


class WholeChoices:
    """Gathers the pieces of all choices for an answer that is not streamed."""

    def __init__(self, choices: int, *, logprobs: bool) -> None:
        self._texts: list[list[str]] = [[] for _ in range(choices)]
        self._logprobs: list[list[Logprob]] = [[] for _ in range(choices)]
        self._wanted = logprobs

    def add(self, piece: Piece) -> None:
        self._texts[piece.choice].append(piece.text)
        self._logprobs[piece.choice].extend(piece.logprobs)

    def completion(
        self, completion_id: str, model: str, created: int, finish_reasons: Sequence[FinishReason], usage: Usage
    ) -> dict[str, Any]:
        """A whole `chat.completion`."""
        choices: list[dict[str, Any]] = []
        for index, (texts, logprobs, reason) in enumerate(
            zip(self._texts, self._logprobs, finish_reasons, strict=True)
        ):
            choice: dict[str, Any] = {
                "index": index,
                "message": {"role": "assistant", "content": "".join(texts)},
                "finish_reason": reason,
            }
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
