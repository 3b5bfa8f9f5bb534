from __future__ import annotations

from typing import Any

import pytest

from r3mes_engine.backends.protocol import GenerationRequest
from r3mes_engine.backends.scripted import ScriptedAnswer, ScriptedBackend
from r3mes_engine.errors import GenerationFailed
from r3mes_engine.serving.chat_service import ChatService, Deadlines
from r3mes_engine.serving.job_queue import JobQueue
from r3mes_protocol.chat import parse_chat_request
from r3mes_protocol.messages import Capacity, FailureCode

CHAT: dict[str, Any] = {"model": "scripted", "messages": [{"role": "user", "content": "hi"}]}


class FullBackend(ScriptedBackend):
    """Its own room is full, as that for adapters or that of another server."""

    def __init__(self, code: FailureCode) -> None:
        super().__init__(4, 0)
        self._code = code

    async def answer(self, request: GenerationRequest) -> ScriptedAnswer:
        raise GenerationFailed(self._code, "There is no room.")


@pytest.mark.parametrize("code", [FailureCode.CAPACITY, FailureCode.ENGINE_ERROR])
async def test_every_refusal_for_capacity_tells_how_full_the_node_is(code: FailureCode) -> None:
    events: list[Any] = []
    service = ChatService(FullBackend(code), JobQueue(2, 2), events.append)
    with pytest.raises(GenerationFailed) as refusal:
        async with service.answer("j", parse_chat_request(CHAT), Deadlines()):
            pass
    # Its own place is free again by then.
    expected = Capacity(active=0, queued=0, max_concurrency=2) if code is FailureCode.CAPACITY else None
    assert refusal.value.capacity == expected
    assert [event.outcome for event in events] == [code.value]
