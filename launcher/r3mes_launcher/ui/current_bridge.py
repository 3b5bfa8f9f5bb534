"""The pages' way to the core that runs now: the real one's bridge or the demo's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from r3mes_launcher.bridge import Bridge, ChatStream
from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.policy.reasons import PauseChoice
from r3mes_launcher.core.state import ChatTurn, Desired, DeviceChoice, GatewayKind

Result = TypeVar("Result")


class CurrentBridge:
    """The pages' intents as wishes to the core, by the bridge of the day."""

    def __init__(self, bridge: Bridge, switch: Callable[[bool], None]) -> None:
        """`switch` opens the demo, or leaves it."""
        self.bridge = bridge
        self._switch = switch
        self._is_watched = True

    def change_bridge(self, bridge: Bridge) -> None:
        """To another core, which hears at once whether the window can be seen."""
        self.bridge = bridge
        bridge.attend(self._is_watched)

    def set_desired(self, desired: Desired) -> None:
        self.bridge.wish(lambda core: core.set_desired(desired))

    def cancel_provisioning(self) -> None:
        self.bridge.wish(lambda core: core.cancel_provisioning())

    def pause(self, choice: PauseChoice) -> None:
        self.bridge.wish(lambda core: core.pause(choice))

    def resume(self) -> None:
        self.bridge.wish(lambda core: core.resume())

    def serve_anyway(self) -> None:
        self.bridge.wish(lambda core: core.serve_anyway())

    def retry(self) -> None:
        self.bridge.wish(lambda core: core.retry())

    def examine(self) -> None:
        """The doctor's report comes with the state."""
        self.bridge.wish(lambda core: core.examine())

    def attend(self, is_watched: bool) -> None:
        self._is_watched = is_watched
        self.bridge.attend(is_watched)

    def choose_device(self, device: DeviceChoice) -> None:
        self.bridge.wish(lambda core: core.choose_device(device))

    def serve_on_cpu(self) -> None:
        """The tester's way out of "no usable GPU": both wishes in order."""

        async def both(core: Core) -> None:
            await core.choose_device(DeviceChoice.CPU)
            await core.retry()

        self.bridge.wish(both)

    def choose_model(self, path: str, done: Callable[[], None], failed: Callable[[str], None]) -> None:
        self.bridge.ask(lambda core: core.choose_model(path), lambda _: done(), failed)

    def choose_gateway(
        self, kind: GatewayKind, url: str, done: Callable[[], None], failed: Callable[[str], None]
    ) -> None:
        self.bridge.ask(lambda core: core.choose_gateway(kind, url), lambda _: done(), failed)

    def write_file(self, path: Path, text: str, done: Callable[[], None], failed: Callable[[str], None]) -> None:
        """Writes off the GUI thread."""
        self.bridge.ask(lambda core: asyncio.to_thread(path.write_text, text, "utf-8"), lambda _: done(), failed)

    def chat(self, turns: Sequence[ChatTurn], model: str = "") -> ChatStream:
        return self.bridge.chat(turns, model)

    def ask(
        self,
        question: Callable[[Core], Awaitable[Result]],
        done: Callable[[Result], None],
        failed: Callable[[str], None],
    ) -> None:
        self.bridge.ask(question, done, failed)

    def open_demo(self) -> None:
        self._switch(True)

    def leave_demo(self) -> None:
        self._switch(False)
