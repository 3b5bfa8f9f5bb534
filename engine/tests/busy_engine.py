"""An engine whose model burns the processor beside the agent: `python busy_engine.py GATEWAY SECONDS`. For a test."""

from __future__ import annotations

import asyncio
import sys
import threading
import time

from nacl.signing import SigningKey

from r3mes_engine.backends.protocol import GenerationRequest
from r3mes_engine.backends.scripted import ScriptedAnswer, ScriptedBackend
from r3mes_engine.node.agent import NodeAgent, NodeIdentity
from r3mes_engine.node.connection import dial
from r3mes_engine.node.reconnect import ReconnectPolicy
from r3mes_engine.serving.chat_service import ChatService
from r3mes_engine.serving.job_queue import JobQueue
from r3mes_protocol.messages import Device
from r3mes_protocol.origin import gateway_origin


class BusyBackend(ScriptedBackend):
    """Its threads hold the interpreter in bursts, as a tokenizer or a sampler written in C does."""

    def __init__(self, seconds: float) -> None:
        super().__init__(tokens=400, tokens_per_second=40)
        self._until = time.monotonic() + seconds

    def burn(self) -> None:
        while time.monotonic() < self._until:
            sum(range(1_500_000))  # one call that never lets go
            for number in range(200_000):  # and Python code that is asked to
                number * number

    async def answer(self, request: GenerationRequest) -> ScriptedAnswer:
        for name in ("tokens", "prompts"):
            threading.Thread(target=self.burn, name=name, daemon=True).start()
        return await super().answer(request)


async def main(gateway: str, seconds: float) -> None:
    device = Device(kind="cpu", name="busy", memory_mb=1)
    agent = NodeAgent(
        NodeIdentity(gateway_origin(gateway), SigningKey.generate(), device),
        ChatService(BusyBackend(seconds), JobQueue(4, 4), lambda event: None),
        ReconnectPolicy(lambda low, high: low),
        dial,
        lambda event: None,
    )
    await agent.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
