"""The pages' way to the core that runs now: the real one's bridge or the demo's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from r3mes_launcher.bridge import Bridge, ChatStream
from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.policy.reasons import PauseChoice
from r3mes_launcher.core.state import ChatTurn, Desired, DeviceChoice, GatewayKind

Result = TypeVar("Result")


class CurrentBridge:
    """The pages' intents, passed on to the bridge of the day: the real core's or the demo's."""

    def __init__(self, bridge: Bridge, switch: Callable[[bool], None]) -> None:
        self.bridge = bridge
        self._switch = switch
        self._is_watched = True

    def set_desired(self, desired: Desired) -> None:
        self.bridge.set_desired(desired)

    def cancel_provisioning(self) -> None:
        self.bridge.cancel_provisioning()

    def pause(self, choice: PauseChoice) -> None:
        self.bridge.pause(choice)

    def resume(self) -> None:
        self.bridge.resume()

    def serve_anyway(self) -> None:
        self.bridge.serve_anyway()

    def retry(self) -> None:
        self.bridge.retry()

    def examine(self) -> None:
        self.bridge.examine()

    def attend(self, is_watched: bool) -> None:
        self._is_watched = is_watched
        self.bridge.attend(is_watched)

    def change_bridge(self, bridge: Bridge) -> None:
        """To another core, which hears at once whether the window can be seen."""
        self.bridge = bridge
        bridge.attend(self._is_watched)

    def choose_device(self, device: DeviceChoice) -> None:
        self.bridge.choose_device(device)

    def serve_on_cpu(self) -> None:
        self.bridge.serve_on_cpu()

    def choose_model(self, path: str, done: Callable[[], None], failed: Callable[[str], None]) -> None:
        self.bridge.choose_model(path, done, failed)

    def choose_gateway(
        self, kind: GatewayKind, url: str, done: Callable[[], None], failed: Callable[[str], None]
    ) -> None:
        self.bridge.choose_gateway(kind, url, done, failed)

    def write_file(self, path: Path, text: str, done: Callable[[], None], failed: Callable[[str], None]) -> None:
        self.bridge.write_file(path, text, done, failed)

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
