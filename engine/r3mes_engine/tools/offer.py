"""The tools of a chat request, checked. OpenAI's shapes: https://platform.openai.com/docs/api-reference/chat/create."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from r3mes_engine.errors import GenerationFailed
from r3mes_protocol.chat import ChatRequest
from r3mes_protocol.messages import FailureCode

MAX_TOOLS = 128
MAX_TOOLS_CHARS = 128 * 1024
"""Of all descriptions: they are a part of the prompt."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class ToolOffer:
    tools: tuple[Mapping[str, Any], ...]
    """As they came, each `{"type": "function", "function": {"name", "description"?, "parameters"?}}`."""
    forced: bool = False
    """The answer has to be a call."""
    parallel: bool = True
    """Whether an answer may hold several calls."""

    @property
    def names(self) -> frozenset[str]:
        return frozenset(tool["function"]["name"] for tool in self.tools)

    def call_schema(self) -> str:
        """The JSON schema of one call, for an answer that has to be one."""
        calls = [
            {
                "type": "object",
                "properties": {
                    "name": {"const": tool["function"]["name"]},
                    "arguments": tool["function"].get("parameters") or {"type": "object"},
                },
                "required": ["name", "arguments"],
                "additionalProperties": False,
            }
            for tool in self.tools
        ]
        return json.dumps(calls[0] if len(calls) == 1 else {"anyOf": calls})


def tool_offer(chat: ChatRequest) -> ToolOffer | None:
    """None where the model is not to call anything. Raises GenerationFailed."""
    more = chat.model_extra or {}
    parallel, choice = more.get("parallel_tool_calls"), more.get("tool_choice")
    if not isinstance(parallel, bool | None):
        raise _invalid("parallel_tool_calls", "this is true or false")
    tools = _tools(more.get("tools"))
    if not tools:
        if choice not in (None, "none", "auto"):
            raise _invalid("tool_choice", "it goes with tools")
        return None
    if choice == "none":
        return None
    may_be_several = parallel is not False
    if choice in (None, "auto"):
        return ToolOffer(tools, parallel=may_be_several)
    if choice == "required":
        return ToolOffer(tools, forced=True, parallel=may_be_several)
    if isinstance(choice, dict) and choice.get("type") == "function":
        named = choice.get("function", choice)
        name = named.get("name") if isinstance(named, dict) else None
        chosen = tuple(tool for tool in tools if tool["function"]["name"] == name)
        if chosen:
            return ToolOffer(chosen, forced=True, parallel=False)
        raise _invalid("tool_choice", "the function that it names is not among the tools")
    raise _invalid("tool_choice", "none, auto, required or one function is served")


def _tools(value: Any) -> tuple[Mapping[str, Any], ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_TOOLS:
        raise _invalid("tools", f"a list of at most {MAX_TOOLS} functions is served")
    names: set[str] = set()
    for index, tool in enumerate(value):
        function = tool.get("function") if isinstance(tool, dict) and tool.get("type") == "function" else None
        if not isinstance(function, dict):
            raise _invalid(f"tools.{index}", "only functions are served")
        name, parameters = function.get("name"), function.get("parameters")
        if not isinstance(name, str) or _NAME.fullmatch(name) is None:
            raise _invalid(f"tools.{index}.function.name", "1 to 64 letters, digits, dots, dashes and underscores")
        if name in names:
            raise _invalid(f"tools.{index}.function.name", f"{name} is offered twice")
        if not isinstance(parameters, dict | None) or not isinstance(function.get("description"), str | None):
            raise _invalid(f"tools.{index}.function", "the description is a text, the parameters are a JSON schema")
        names.add(name)
    try:
        size = len(json.dumps(value))
    except RecursionError:
        raise _invalid("tools", "the parameters are too deep") from None
    if size > MAX_TOOLS_CHARS:
        raise _invalid("tools", f"their descriptions may have {MAX_TOOLS_CHARS} characters")
    return tuple(value)


def _invalid(param: str, why: str) -> GenerationFailed:
    return GenerationFailed(FailureCode.INVALID_REQUEST, f"{param}: {why}.", param=param.split(".")[0])
