"""Tools with the embedded model and a template that knows them: its answers are calls where they have to be."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from r3mes_engine.backends.protocol import Sampling
from r3mes_engine.models.source import ModelSource
from r3mes_engine.serving.chat_service import ChatService, Deadlines
from r3mes_engine.serving.job_queue import JobQueue
from r3mes_protocol.chat import parse_chat_request
from r3mes_protocol.messages import Device

pytestmark = [pytest.mark.model, pytest.mark.timeout(400)]

TEMPLATE = (
    "{% if tools %}<|im_start|>system\nTo call a function write <tool_call>{name, arguments}</tool_call>.\n"
    "{% for tool in tools %}{{ tool | tojson }}\n{% endfor %}<|im_end|>\n{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}"
    "{% for call in message.tool_calls or [] %}<tool_call>{{ call.function | tojson }}</tool_call>{% endfor %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"enum": ["Rome", "Paris"]}, "days": {"type": "integer", "minimum": 1, "maximum": 9}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
WEATHER: Any = {"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}


async def test_a_small_model_calls_what_it_has_to(converted_model: Path, tmp_path: Path) -> None:
    from r3mes_engine.backends.transformers_backend import TransformersBackend

    folder = tmp_path / "model"
    shutil.copytree(converted_model, folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    source = ModelSource("folder", folder, "m", Sampling())
    backend = TransformersBackend(source, tmp_path, Device(kind="cpu", name="t", memory_mb=1), 1, 2)
    await asyncio.to_thread(backend.load, lambda stage, fraction: None)
    service = ChatService(backend, JobQueue(2, 2), lambda event: None)

    async def ask(*earlier: dict[str, Any], **more: Any) -> tuple[str, str, Any, int]:
        """Text, the call's name, its arguments, and the prompt's tokens."""
        messages = [{"role": "user", "content": "How is the weather in Paris for three days?"}, *earlier]
        chat = parse_chat_request({"model": "m", "messages": messages, "temperature": 0, "max_tokens": 48, **more})
        text, name, arguments = "", "", ""
        async with service.answer("1", chat, Deadlines()) as answer:
            async for piece in answer:
                text += piece.text
                if piece.call is not None:
                    name += piece.call.name or ""
                    arguments += piece.call.arguments
            assert answer.finish_reason == ("tool_calls" if name else answer.finish_reason)
            return text, name, json.loads(arguments) if arguments else None, answer.usage.prompt_tokens

    try:
        assert backend.tool_format == "hermes"
        text, name, arguments, prompt = await ask(tools=[WEATHER], tool_choice="required")
        assert (text, name) == ("", "weather")
        assert arguments["city"] in ("Rome", "Paris") and 1 <= arguments["days"] <= 9
        *_, plain = await ask(max_tokens=1)
        assert prompt > plain + 40, "the template shows the tools to the model"
        call = {"id": "c", "type": "function", "function": {"name": "weather", "arguments": json.dumps(arguments)}}
        *_, after = await ask(
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "sunny"},
            tools=[WEATHER],
            max_tokens=1,
        )
        assert after > prompt + 15, "and what was called before"
    finally:
        await backend.close()
