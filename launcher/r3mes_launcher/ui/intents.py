"""What the pages may ask for. The launcher's window passes it on to the bridge; tests write it down."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from r3mes_launcher.bridge import ChatStream
from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.state import ChatTurn, Desired, DeviceChoice, GatewayKind

Result = TypeVar("Result")


class Intents(Protocol):
    """None of these waits. `done` and `failed` are called on the GUI thread; `failed` gets a sentence."""

    def set_desired(self, desired: Desired) -> None: ...
    def cancel_provisioning(self) -> None: ...
    def retry(self) -> None: ...
    def choose_device(self, device: DeviceChoice) -> None: ...
    def serve_on_cpu(self) -> None: ...
    def choose_model(self, path: str, done: Callable[[], None], failed: Callable[[str], None]) -> None: ...
    def choose_gateway(
        self, kind: GatewayKind, url: str, done: Callable[[], None], failed: Callable[[str], None]
    ) -> None: ...
    def write_file(self, path: Path, text: str, done: Callable[[], None], failed: Callable[[str], None]) -> None: ...
    def chat(self, turns: Sequence[ChatTurn], model: str = "") -> ChatStream: ...
    def ask(
        self,
        question: Callable[[Core], Awaitable[Result]],
        done: Callable[[Result], None],
        failed: Callable[[str], None],
    ) -> None:
        """Any other intent, such as the wallet's: `question` runs on the core's thread."""
        ...

    def open_demo(self) -> None: ...
    def leave_demo(self) -> None: ...
