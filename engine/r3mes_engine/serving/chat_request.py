"""From an OpenAI chat request to what a backend understands. What is not served is refused, never ignored."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from r3mes_engine.backends.protocol import GenerationRequest, Message
from r3mes_engine.errors import GenerationFailed
from r3mes_engine.serving.chat_parameters import flag, invalid, json_schema, logprobs, sampling
from r3mes_engine.tools.offer import ToolOffer, tool_offer
from r3mes_protocol.chat import ChatMessage, ChatRequest
from r3mes_protocol.messages import FailureCode

MAX_STOPS = 16
MAX_STOP_CHARS = 256

_NEUTRAL: dict[str, tuple[Any, ...]] = {
    # Parameters that change the answer and are not served, with the values that ask for nothing.
    "functions": ([],),
    "audio": (),
    "modalities": (["text"],),
    "prediction": (),
}


def generation_request(
    chat: ChatRequest,
    *,
    served_model: str,
    adapters: Collection[str] = (),
    max_choices: int = 1,
    takes_tools: bool = False,
) -> GenerationRequest:
    """`adapters` are the names and digests that may be asked for. Raises GenerationFailed that names the parameter at
    fault."""
    adapter = _adapter(chat, served_model, adapters)
    choices = chat.n or 1
    if choices > max_choices:
        raise invalid("n", f"this engine gives {max_choices} at once" if max_choices > 1 else "one answer is served")
    for name, neutral in _NEUTRAL.items():
        value = (chat.model_extra or {}).get(name)
        if value is not None and value not in neutral:
            raise invalid(name, "this is not served by this engine")
    tools = _tools(chat, takes_tools=takes_tools)
    schema = json_schema(chat)
    if tools is not None and tools.forced:
        if schema is not None:
            raise invalid("response_format", "the answer can't be such JSON and a call of a tool")
        schema = tools.call_schema()
    return GenerationRequest(
        messages=tuple(_message(index, message) for index, message in enumerate(chat.messages)),
        max_new_tokens=chat.token_limit,
        sampling=sampling(chat),
        stop=_stops(chat.stop),
        continues=_continues(chat),
        adapter=adapter,
        logprobs=logprobs(chat),
        json_schema=schema,
        tools=tools,
        choices=choices,
        ignores_ends=flag(chat, "ignore_eos"),
    )


def _tools(chat: ChatRequest, *, takes_tools: bool) -> ToolOffer | None:
    offer = tool_offer(chat)
    if offer is None:
        return None
    if not takes_tools:
        raise invalid("tools", "this model's chat template knows none")
    for name in ("logprobs", "continue_final_message"):
        if flag(chat, name):
            raise invalid(name, "it is not served together with tools")
    return offer


def _adapter(chat: ChatRequest, served_model: str, adapters: Collection[str]) -> str | None:
    """`adapter` beside the base model, or an adapter in the place of `model`, as OpenAI's clients name one."""
    named_by_model = chat.model != served_model and chat.model in adapters
    if chat.model != served_model and not named_by_model:
        raise GenerationFailed(
            FailureCode.MODEL_NOT_FOUND,
            f"The model {chat.model!r} is not here; this engine serves {served_model!r}.",
            param="model",
        )
    wanted = chat.adapter or (chat.model if named_by_model else None)
    if wanted is not None and wanted not in adapters:
        raise GenerationFailed(FailureCode.ADAPTER_NOT_FOUND, f"The adapter {wanted!r} is not here.", param="adapter")
    if named_by_model and wanted != chat.model:
        raise invalid("adapter", "model names another one")
    return wanted


def _message(index: int, message: ChatMessage) -> Message:
    for part in message.content if isinstance(message.content, list) else []:
        if part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise invalid(f"messages.{index}.content", "only text is served")
    # Chat templates know `system`; OpenAI calls the same thing `developer` for its newer models.
    role = "system" if message.role == "developer" else message.role
    more = message.model_extra or {}
    return Message(
        role,
        message.text(),
        _calls(index, more.get("tool_calls")),
        _optional_text(f"messages.{index}.tool_call_id", more.get("tool_call_id")),
        _optional_text(f"messages.{index}.name", more.get("name")),
    )


def _calls(index: int, value: Any) -> tuple[Mapping[str, Any], ...]:
    """Templates print the arguments as JSON, so they want the object, not a text that holds it."""
    where = f"messages.{index}.tool_calls"
    if value is None:
        return ()
    if not isinstance(value, list):
        raise invalid(where, "a list of calls is served")
    calls = []
    for call in value:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise invalid(where, "each call has a function with a name")
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            try:
                read = json.loads(arguments or "{}")
            except (ValueError, RecursionError):
                read = arguments
            arguments = read if isinstance(read, dict) else arguments
        calls.append({**call, "type": "function", "function": {"name": function["name"], "arguments": arguments}})
    return tuple(calls)


def _optional_text(where: str, value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or len(value) > MAX_STOP_CHARS):
        raise invalid(where, f"a text of at most {MAX_STOP_CHARS} characters is served")
    return value


def _continues(chat: ChatRequest) -> bool:
    """Whether the last message is to be gone on with, as vLLM reads the two parameters."""
    prompted = (chat.model_extra or {}).get("add_generation_prompt")
    if not isinstance(prompted, bool | None):
        raise invalid("add_generation_prompt", "this is true or false")
    if not flag(chat, "continue_final_message"):
        if prompted is False:
            raise invalid("add_generation_prompt", "false is served together with continue_final_message")
        return False
    if prompted is not False:
        raise invalid("add_generation_prompt", "it has to be false where the last message is continued")
    last = chat.messages[-1]
    if last.role != "assistant" or not last.text():
        raise invalid("continue_final_message", "the last message has to be the assistant's and hold text")
    return True


def _stops(stop: str | list[str] | None) -> tuple[str, ...]:
    stops = (stop,) if isinstance(stop, str) else tuple(stop or ())
    if len(stops) > MAX_STOPS or any(not 0 < len(one) <= MAX_STOP_CHARS for one in stops):
        raise invalid("stop", f"at most {MAX_STOPS} stop strings of 1 to {MAX_STOP_CHARS} characters are served")
    return stops
