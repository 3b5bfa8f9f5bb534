"""A request as the other server understands it. What it would ignore in silence is refused. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from r3mes_engine.backends.protocol import GenerationRequest, Message
from r3mes_engine.errors import GenerationFailed
from r3mes_engine.tools.offer import ToolOffer
from r3mes_engine.upstream.dialect import Dialect, continues_answers
from r3mes_protocol.messages import FailureCode


def chat_body(request: GenerationRequest, model: str, dialect: Dialect, *, limited: bool = True) -> dict[str, Any]:
    """`model` is the server's own name of the model or of the adapter. Without `limited` the answer may be as long as
    fits. Raises GenerationFailed."""
    sampling = request.sampling
    body: dict[str, Any] = {
        "model": model,
        **_question(request),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    optional = {
        "max_tokens": request.max_new_tokens if limited else None,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
        "presence_penalty": sampling.presence_penalty or None,
        "frequency_penalty": sampling.frequency_penalty or None,
        "stop": list(request.stop) or None,
        "logit_bias": {str(token): bias for token, bias in sampling.logit_bias} or None,
    }
    body.update({name: value for name, value in optional.items() if value is not None})
    body.update(_extras(request, dialect))
    if request.logprobs is not None:
        body.update(logprobs=True, top_logprobs=request.logprobs)
    if request.tools is not None:
        body.update(_tools(request.tools))
    elif request.json_schema is not None:
        schema = {"name": "answer", "schema": json.loads(request.json_schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if request.continues:
        if not continues_answers(dialect):
            raise _not_served("continue_final_message")
        body.update(continue_final_message=True, add_generation_prompt=False)
    return body


def route(request: GenerationRequest) -> str:
    """Below the server's base."""
    return "chat/completions" if request.prompt is None else "completions"


def _question(request: GenerationRequest) -> dict[str, Any]:
    if request.prompt is not None:
        return {"prompt": request.prompt}
    return {"messages": [_message(message) for message in request.messages]}


def _message(message: Message) -> dict[str, Any]:
    told = message.told()
    if message.tool_calls:
        told["tool_calls"] = [_call(call) for call in message.tool_calls]
    return told


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    """On the wire the arguments are a text that holds JSON."""
    function = call["function"]
    arguments = function["arguments"]
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
    return {**call, "function": {"name": function["name"], "arguments": text}}


def _tools(offer: ToolOffer) -> dict[str, Any]:
    choice: Any = "auto"
    if offer.forced:
        choice = "required"
        if len(offer.tools) == 1:
            choice = {"type": "function", "function": {"name": offer.tools[0]["function"]["name"]}}
    told: dict[str, Any] = {"tools": [dict(tool) for tool in offer.tools], "tool_choice": choice}
    return told if offer.parallel else {**told, "parallel_tool_calls": False}


def _extras(request: GenerationRequest, dialect: Dialect) -> dict[str, Any]:
    sampling = request.sampling
    asked = {
        "top_k": sampling.top_k or None,
        "min_p": sampling.min_p or None,
        "repetition_penalty": sampling.repetition_penalty if sampling.repetition_penalty != 1 else None,
        "ignore_eos": request.ignores_ends or None,
    }
    extras: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    if extras and dialect == "openai":
        raise _not_served(next(iter(extras)))
    if dialect == "llama.cpp" and "repetition_penalty" in extras:
        extras["repeat_penalty"] = extras.pop("repetition_penalty")
    return extras


def _not_served(param: str) -> GenerationFailed:
    return GenerationFailed(
        FailureCode.INVALID_REQUEST, f"{param}: this is not served by this engine's server.", param=param
    )
