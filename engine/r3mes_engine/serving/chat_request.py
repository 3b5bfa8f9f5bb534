"""From an OpenAI chat request to what a backend understands. What is not served is refused, never ignored."""

from __future__ import annotations

from typing import Any

from r3mes_engine.backends.protocol import GenerationRequest, Message, Sampling
from r3mes_engine.errors import GenerationFailed
from r3mes_protocol.chat import ChatMessage, ChatRequest
from r3mes_protocol.messages import FailureCode

MAX_STOPS = 16
MAX_STOP_CHARS = 256

_NEUTRAL: dict[str, tuple[Any, ...]] = {
    # Parameters that change the answer and are not served, with the values that ask for nothing.
    "logprobs": (False,),
    "top_logprobs": (0,),
    "tools": ([],),
    "functions": ([],),
    "tool_choice": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "logit_bias": ({},),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "audio": (),
    "modalities": (["text"],),
    "prediction": (),
}


def generation_request(chat: ChatRequest, *, served_model: str) -> GenerationRequest:
    """Raises GenerationFailed that names the parameter at fault."""
    if chat.model != served_model:
        raise GenerationFailed(
            FailureCode.MODEL_NOT_FOUND,
            f"The model {chat.model!r} is not here; this engine serves {served_model!r}.",
            param="model",
        )
    if chat.adapter is not None:
        raise GenerationFailed(
            FailureCode.ADAPTER_NOT_FOUND, f"The adapter {chat.adapter!r} is not here.", param="adapter"
        )
    if chat.n not in (None, 1):
        raise _invalid("n", "one answer at a time is served")
    for name, neutral in _NEUTRAL.items():
        value = (chat.model_extra or {}).get(name)
        if value is not None and value not in neutral:
            raise _invalid(name, "this is not served by this engine")
    return GenerationRequest(
        messages=tuple(_message(index, message) for index, message in enumerate(chat.messages)),
        max_new_tokens=chat.token_limit,
        sampling=Sampling(chat.temperature, chat.top_p, chat.seed),
        stop=_stops(chat.stop),
        continues=_continues(chat),
    )


def _message(index: int, message: ChatMessage) -> Message:
    for part in message.content if isinstance(message.content, list) else []:
        if part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise _invalid(f"messages.{index}.content", "only text is served")
    # Chat templates know `system`; OpenAI calls the same thing `developer` for its newer models.
    return Message("system" if message.role == "developer" else message.role, message.text())


def _continues(chat: ChatRequest) -> bool:
    """Whether the last message is to be gone on with, as vLLM reads the two parameters."""
    extra = chat.model_extra or {}
    continues, prompted = extra.get("continue_final_message"), extra.get("add_generation_prompt")
    for name, value in (("continue_final_message", continues), ("add_generation_prompt", prompted)):
        if not isinstance(value, bool | None):
            raise _invalid(name, "this is true or false")
    if not continues:
        if prompted is False:
            raise _invalid("add_generation_prompt", "false is served together with continue_final_message")
        return False
    if prompted is not False:
        raise _invalid("add_generation_prompt", "it has to be false where the last message is continued")
    last = chat.messages[-1]
    if last.role != "assistant" or not last.text():
        raise _invalid("continue_final_message", "the last message has to be the assistant's and hold text")
    return True


def _stops(stop: str | list[str] | None) -> tuple[str, ...]:
    stops = (stop,) if isinstance(stop, str) else tuple(stop or ())
    if len(stops) > MAX_STOPS or any(not 0 < len(one) <= MAX_STOP_CHARS for one in stops):
        raise _invalid("stop", f"at most {MAX_STOPS} stop strings of 1 to {MAX_STOP_CHARS} characters are served")
    return stops


def _invalid(param: str, why: str) -> GenerationFailed:
    return GenerationFailed(FailureCode.INVALID_REQUEST, f"{param}: {why}.", param=param)
