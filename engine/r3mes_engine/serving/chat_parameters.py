"""The parameters of a chat request that are no fields of the shared contract: checked by hand, refused by name."""

from __future__ import annotations

import json
from typing import Any

from r3mes_engine.backends.protocol import Sampling
from r3mes_engine.errors import GenerationFailed
from r3mes_protocol.chat import ChatRequest
from r3mes_protocol.messages import FailureCode

MAX_BIASES = 1024
MAX_LOGPROBS = 20
MAX_SCHEMA_CHARS = 64 * 1024
"""Beyond it a schema costs more than the answer."""
ANY_JSON_OBJECT = '{"type":"object"}'


def invalid(param: str, why: str) -> GenerationFailed:
    return GenerationFailed(FailureCode.INVALID_REQUEST, f"{param}: {why}.", param=param)


def sampling(chat: ChatRequest) -> Sampling:
    """Raises GenerationFailed."""
    return Sampling(
        chat.temperature,
        chat.top_p,
        chat.seed,
        # vLLM's clients say -1 for all tokens.
        top_k=max(0, int(_number(chat, "top_k", -1, 1_000_000, 0, whole=True))),
        min_p=_number(chat, "min_p", 0, 1, 0),
        presence_penalty=_number(chat, "presence_penalty", -2, 2, 0),
        frequency_penalty=_number(chat, "frequency_penalty", -2, 2, 0),
        repetition_penalty=_number(chat, "repetition_penalty", 0.01, 10, 1),
        logit_bias=_logit_bias(_extra(chat, "logit_bias")),
    )


def logprobs(chat: ChatRequest) -> int | None:
    """How many alternatives are wanted with each token; None: no log-probabilities."""
    wanted = flag(chat, "logprobs")
    top = _number(chat, "top_logprobs", 0, MAX_LOGPROBS, 0, whole=True)
    if top and not wanted:
        raise invalid("top_logprobs", "it goes with logprobs: true")
    return int(top) if wanted else None


def json_schema(chat: ChatRequest) -> str | None:
    """The schema that the answer has to follow, as JSON text; None: the answer is free."""
    wanted = _extra(chat, "response_format")
    if wanted is None or wanted == {"type": "text"}:
        return None
    if not isinstance(wanted, dict) or wanted.get("type") not in ("json_object", "json_schema"):
        raise invalid("response_format", "its type is text, json_object or json_schema")
    if wanted["type"] == "json_object":
        return ANY_JSON_OBJECT
    described = wanted.get("json_schema")
    schema = described.get("schema") if isinstance(described, dict) else None
    if not isinstance(schema, dict):
        raise invalid("response_format", "json_schema.schema holds the schema, an object")
    try:
        text = json.dumps(schema)
    except RecursionError:
        raise invalid("response_format", "the schema is too deep") from None
    if len(text) > MAX_SCHEMA_CHARS:
        raise invalid("response_format", f"a schema may have {MAX_SCHEMA_CHARS} characters")
    return text


def flag(chat: ChatRequest, name: str) -> bool:
    value = _extra(chat, name)
    if not isinstance(value, bool | None):
        raise invalid(name, "this is true or false")
    return bool(value)


def _extra(chat: ChatRequest, name: str) -> Any:
    return (chat.model_extra or {}).get(name)


def _number(chat: ChatRequest, name: str, low: float, high: float, unsaid: float, *, whole: bool = False) -> float:
    value = _extra(chat, name)
    if value is None:
        return unsaid
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        raise invalid(name, f"a {'whole ' if whole else ''}number from {low:g} to {high:g} is served")
    return float(value)


def _logit_bias(value: Any) -> tuple[tuple[int, float], ...]:
    if value is None:
        return ()
    if not isinstance(value, dict) or len(value) > MAX_BIASES:
        raise invalid("logit_bias", f"an object of at most {MAX_BIASES} tokens is served")
    biases = []
    for token, bias in value.items():
        if not (isinstance(token, str) and token.isascii() and token.isdigit() and len(token) < 10):
            raise invalid("logit_bias", "each key is the number of a token")
        if isinstance(bias, bool) or not isinstance(bias, int | float) or not -100 <= bias <= 100:
            raise invalid("logit_bias", "each value is a number from -100 to 100")
        biases.append((int(token), float(bias)))
    return tuple(sorted(biases))
