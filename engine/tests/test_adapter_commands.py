from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from r3mes_engine.adapter_commands import AdapterCommands
from r3mes_engine.adapters.folder import AdapterUnusable
from r3mes_engine.backends.scripted import ScriptedBackend
from r3mes_engine.errors import GenerationFailed
from r3mes_protocol.control import AdapterEvent, ErrorEvent, LoadAdapterCommand, UnloadAdapterCommand
from r3mes_protocol.messages import AdapterOffer, FailureCode, Residency


class WithAdapters(ScriptedBackend):
    on_adapters_changed: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self) -> None:
        super().__init__(1, 0)
        self._offers: dict[str, AdapterOffer] = {}

    @property
    def adapters(self) -> tuple[AdapterOffer, ...]:
        return tuple(self._offers.values())

    async def add_adapter(self, path: Path, name: str) -> None:
        if path.name == "damaged":
            raise AdapterUnusable("It is not whole.")
        self._offers[name] = AdapterOffer(name=name, residency=Residency.CPU)

    async def remove_adapter(self, name: str) -> None:
        if name not in self._offers:
            raise GenerationFailed(FailureCode.ADAPTER_NOT_FOUND, f"The adapter {name!r} is not here.")
        del self._offers[name]


async def followed(backend: Any, *commands: Any) -> list[Any]:
    events: list[Any] = []
    owner = AdapterCommands(events.append)
    if backend is not None:
        owner.use(backend)
    for command in commands:
        owner.handle(command)
        await asyncio.gather(*owner._running)
    return events


async def test_each_command_ends_in_one_event() -> None:
    events = await followed(
        WithAdapters(),
        LoadAdapterCommand(name="fox", path="/somewhere/fox"),
        LoadAdapterCommand(name="owl", path="/somewhere/damaged"),
        UnloadAdapterCommand(name="fox"),
        UnloadAdapterCommand(name="fox"),
    )
    assert [type(event) for event in events] == [AdapterEvent, ErrorEvent, AdapterEvent, ErrorEvent]
    assert events[0].offer.residency is Residency.CPU
    assert events[1].code == "adapter_unusable" and "It is not whole." in events[1].message and events[1].hint
    assert events[2].offer is None
    assert events[3].code == "adapter_not_found"


async def test_an_engine_without_adapters_or_without_its_model_says_so() -> None:
    command = UnloadAdapterCommand(name="fox")
    assert [event.code for event in await followed(ScriptedBackend(1, 0), command)] == ["adapters_not_served"]
    assert [event.code for event in await followed(None, command)] == ["not_ready"]
