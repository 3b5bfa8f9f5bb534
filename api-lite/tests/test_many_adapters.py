"""A node with more adapters than a registration holds: a real engine's agent at a real gateway."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from nacl.signing import SigningKey

from r3mes_engine.backends.scripted import ScriptedBackend
from r3mes_engine.node.adapter_hints import adapter_hints
from r3mes_engine.node.agent import NodeAgent, NodeIdentity
from r3mes_engine.node.connection import dial
from r3mes_engine.node.reconnect import ReconnectPolicy
from r3mes_engine.serving.chat_service import ChatService
from r3mes_engine.serving.job_queue import JobQueue
from r3mes_protocol.limits import MAX_ADAPTERS_PER_NODE
from r3mes_protocol.messages import AdapterOffer, Adapters, CloseCode, Device, Residency
from r3mes_protocol.origin import gateway_origin


class BackendWithAdapters(ScriptedBackend):
    def __init__(self, count: int) -> None:
        super().__init__(1, 0)
        self.lies = {f"adapter-{number:04}": Residency.DISK for number in range(count)}

    @property
    def adapters(self) -> tuple[AdapterOffer, ...]:
        return tuple(
            AdapterOffer(name=name, digest="d" * 64, base_model="scripted", residency=where)
            for name, where in self.lies.items()
        )

    async def load_adapter(self, name: str) -> None:
        self.lies[name] = Residency.GPU


async def test_a_node_offers_a_thousand_adapters(remote_gateway: Any, client: httpx.AsyncClient, until: Any) -> None:
    backend = BackendWithAdapters(1000)
    agent = NodeAgent(
        NodeIdentity(
            gateway_origin(remote_gateway.url), SigningKey.generate(), Device(kind="cpu", name="t", memory_mb=1)
        ),
        ChatService(backend, JobQueue(4, 4), lambda event: None),
        ReconnectPolicy(lambda low, high: 0.0),
        dial,
        lambda event: None,
        on_adapter_hint=adapter_hints(backend),
    )

    async def offered() -> dict[str, str]:
        nodes = (await client.get(f"{remote_gateway.url}/v1/nodes")).json()["data"]
        return {offer["name"]: offer["residency"] for node in nodes for offer in node["adapters"]}

    async def offers_now() -> bool:
        return await offered() == {name: where.value for name, where in backend.lies.items()}

    running = asyncio.create_task(agent.run())
    try:
        await until(offers_now, "all adapters are offered")
        models = (await client.get(f"{remote_gateway.url}/v1/models")).json()["data"]
        assert {"adapter-0000", "adapter-0999"} <= {model["id"] for model in models}
        # The last one was told after the registration, and is as good as the first.
        answer = await client.post(
            f"{remote_gateway.url}/v1/chat/completions",
            json={"model": "adapter-0999", "messages": [{"role": "user", "content": "x"}]},
        )
        # A scripted backend has no adapters of its own, and says so: the gateway did hand the request on.
        assert "a scripted answer has none" in answer.text
        backend.lies["adapter-0999"] = Residency.GPU
        del backend.lies["adapter-0001"]
        backend.lies["another"] = Residency.CPU
        agent.adapters_changed()
        await until(offers_now, "the changes are known")
        assert len(await offered()) == 1000
    finally:
        await agent.drain("the test is over")
        await running


async def test_a_node_that_offers_without_end_is_closed(remote_gateway: Any, start_node: Any) -> None:
    node = await start_node(remote_gateway)
    assert node.registered.limits.max_adapters == MAX_ADAPTERS_PER_NODE
    for start in range(0, MAX_ADAPTERS_PER_NODE + 1, 500):
        names = [f"a{number}" for number in range(start, start + 500)]
        await node.send(Adapters(changed=tuple(AdapterOffer(name=name) for name in names)))
    assert await node.close_code() == CloseCode.PROTOCOL
    assert "adapters" in node.rejected.message
