"""The launcher's commands about adapters, and the event in which each ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from r3mes_engine.adapters.folder import AdapterUnusable
from r3mes_engine.backends.protocol import Backend, ManagesAdapters
from r3mes_engine.errors import GenerationFailed
from r3mes_protocol.control import AdapterEvent, ErrorEvent, LoadAdapterCommand, UnloadAdapterCommand
from r3mes_protocol.wire import WireModel


class AdapterCommands:
    """Lives on the event loop. A command is answered by one `adapter` or `error` event; answers under way go on."""

    def __init__(self, emit: Callable[[WireModel], None]) -> None:
        self._emit = emit
        self._backend: ManagesAdapters | None = None
        self._loaded = False
        self._running: set[asyncio.Task[None]] = set()

    def use(self, backend: Backend) -> None:
        """The model is there, so commands can be followed."""
        self._loaded = True
        self._backend = backend if isinstance(backend, ManagesAdapters) else None

    def handle(self, command: LoadAdapterCommand | UnloadAdapterCommand) -> None:
        if self._backend is None:
            code = "adapters_not_served" if self._loaded else "not_ready"
            why = "This engine serves no adapters" if self._loaded else "The model is not loaded yet"
            self._emit(ErrorEvent(code=code, message=f"{why}, so {command.name} is not."))
            return
        task = asyncio.create_task(self._follow(self._backend, command), name=f"{command.cmd} {command.name}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _follow(self, backend: ManagesAdapters, command: LoadAdapterCommand | UnloadAdapterCommand) -> None:
        try:
            if isinstance(command, LoadAdapterCommand):
                await backend.add_adapter(Path(command.path), command.name)
            else:
                await backend.remove_adapter(command.name)
        except AdapterUnusable as problem:
            self._emit(
                ErrorEvent(
                    code="adapter_unusable",
                    message=f"The adapter {command.name} is not served. {problem}",
                    hint="Choose an adapter that was trained for this model, or download it again.",
                )
            )
        except GenerationFailed as refusal:
            self._emit(ErrorEvent(code=refusal.code.value, message=refusal.message))
        else:
            offer = next((one for one in backend.adapters if one.name == command.name), None)
            self._emit(AdapterEvent(name=command.name, offer=offer))
