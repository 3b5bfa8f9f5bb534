"""The other server's events, one answer's worth. Pure."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from pydantic_core import from_json

from r3mes_engine.backends.protocol import FinishReason, Logprob
from r3mes_engine.tools.delta import ToolDelta
from r3mes_engine.upstream.failures import broken, message_of

DONE = "[DONE]"
MAX_CALLS = 128
"""Of tools, in one answer."""

_FINISHES: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    # The server held the rest back; OpenAI's own clients treat it as an end.
    "content_filter": "stop",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}


class Step(NamedTuple):
    text: str
    logprobs: tuple[Logprob, ...] = ()
    calls: tuple[ToolDelta, ...] = ()


class EventReader:
    """Reads the data of one event after another; the counts are the server's own once it has told them."""

    def __init__(self) -> None:
        self.finish_reason: FinishReason | None = None
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self._calls_begun = 0

    def read(self, data: str) -> Step | None:
        """None: nothing for the reader. Raises GenerationFailed for what is no chunk of an answer."""
        try:
            event = from_json(data, cache_strings=False)
        except ValueError:
            try:
                # Half of a surrogate pair, which a model may well write.
                event = json.loads(data)
            except (ValueError, RecursionError):
                raise broken("sent an event that is no JSON") from None
        if not isinstance(event, dict):
            raise broken("sent an event that is no chunk")
        if event.get("error") is not None:
            raise broken(f"reported an error: {message_of(event)}")
        choices = event.get("choices")
        if not isinstance(choices, list) or len(choices) > 1:
            raise broken("sent a chunk without a list of one choice")
        step = self._choice(choices[0]) if choices else None
        if isinstance(usage := event.get("usage"), dict):
            self._note(usage)
        return step

    def check_ended(self) -> None:
        """At the end of the stream. Raises GenerationFailed for an answer without its end."""
        if self.finish_reason is None:
            raise broken("ended its answer in the middle")

    def _choice(self, choice: Any) -> Step | None:
        if not isinstance(choice, dict):
            raise broken("sent a choice of another shape")
        # A plain completion has its text in the choice itself.
        delta = choice.get("delta", {"content": choice.get("text")})
        if not isinstance(delta, dict):
            raise broken("sent a choice of another shape")
        text, finish = delta.get("content"), choice.get("finish_reason")
        if text is not None and not isinstance(text, str):
            raise broken("sent a choice of another shape")
        if finish is not None and self.finish_reason is None:
            if finish not in _FINISHES:
                raise broken("gave its answer up")
            self.finish_reason = _FINISHES[finish]
        calls = self._calls(delta["tool_calls"]) if delta.get("tool_calls") else ()
        if not text and not calls:
            return None
        text = text or ""
        logprobs = _logprobs(choice["logprobs"]) if choice.get("logprobs") else ()
        if finish is not None:
            logprobs = _without_end(logprobs, text)
        # One chunk is nearly always one token; the usage at the end tells exactly.
        self.completion_tokens += len(logprobs) or 1
        return Step(text, logprobs, calls)

    def _calls(self, told: Any) -> tuple[ToolDelta, ...]:
        try:
            return tuple(self._part(one["index"], one.get("id"), one.get("function") or {}) for one in told)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise broken("sent a tool's call of another shape") from None

    def _part(self, index: int, id: str | None, function: dict[str, Any]) -> ToolDelta:
        name, arguments = function.get("name"), function.get("arguments") or ""
        if type(index) is not int or not 0 <= index <= self._calls_begun < MAX_CALLS or not isinstance(arguments, str):
            raise ValueError
        if index < self._calls_begun:
            # Some servers repeat the name with each part.
            return ToolDelta(index, None, None, arguments)
        if not isinstance(id, str) or not isinstance(name, str) or not id or not name:
            raise ValueError
        self._calls_begun += 1
        return ToolDelta(index, id, name, arguments)

    def _note(self, usage: dict[str, Any]) -> None:
        prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
        if type(prompt) is int and type(completion) is int and 0 <= prompt <= 2**53 and 0 <= completion <= 2**53:
            self.prompt_tokens, self.completion_tokens = prompt, completion


def _without_end(logprobs: tuple[Logprob, ...], text: str) -> tuple[Logprob, ...]:
    """vLLM tells the token that ended the answer too, which is no part of the text."""
    wanted = text.encode("utf-8", "surrogatepass")
    for count in range(len(logprobs), 0, -1):
        if b"".join(one.token for one in logprobs[:count]) == wanted:
            return logprobs[:count]
    # A stop string took the text's end away, perhaps in the middle of a token.
    return logprobs


def _logprobs(told: Any) -> tuple[Logprob, ...]:
    try:
        return tuple(
            Logprob(
                _token(one),
                float(one["logprob"]),
                tuple((_token(other), float(other["logprob"])) for other in one.get("top_logprobs") or ()),
            )
            for one in told.get("content") or ()
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise broken("sent log-probabilities of another shape") from None


def _token(one: dict[str, Any]) -> bytes:
    raw = one.get("bytes")
    return bytes(raw) if raw is not None else str(one["token"]).encode("utf-8", "replace")
