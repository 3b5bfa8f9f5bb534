"""The intents of the pages, written down instead of followed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

from r3mes_launcher.core.state import (
    ChatTurn,
    GatewayKind,
)
from r3mes_launcher.wallet.errors import WalletError


class RecordedIntents:
    """What the pages ask for, written down. `refuse` is the sentence that the next asking intent fails with."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.refuse = ""
        self.streams: list[object] = []
        self.asked: list[tuple[Callable[..., object], Callable[..., None], Callable[[str], None]]] = []
        self.questions: list[tuple[tuple[ChatTurn, ...], str]] = []
        self.attended: list[bool] = []
        self._answers_by: object | None = None

    def answer_by(self, core: object) -> None:
        """From now on what is asked is answered at once, on the test's thread, by a core that has only some parts."""
        self._answers_by = core

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name not in {
            "set_desired",
            "cancel_provisioning",
            "retry",
            "examine",
            "pause",
            "resume",
            "serve_anyway",
            "choose_device",
            "serve_on_cpu",
            "open_demo",
            "leave_demo",
        }:
            raise AttributeError(name)

        def note(*arguments: object) -> None:
            # A button's click tells whether it is checked; no intent takes a truth value.
            self.calls.append((name, *(argument for argument in arguments if not isinstance(argument, bool))))

        return note

    def _answer(self, done: Callable[[], None], failed: Callable[[str], None], *call: object) -> None:
        self.calls.append(call)
        if self.refuse:
            failed(self.refuse)
        else:
            done()

    def choose_model(self, path: str, done: Callable[[], None], failed: Callable[[str], None]) -> None:
        self._answer(done, failed, "choose_model", path)

    def choose_gateway(
        self, kind: GatewayKind, url: str, done: Callable[[], None], failed: Callable[[str], None]
    ) -> None:
        self._answer(done, failed, "choose_gateway", kind, url)

    def ask(
        self,
        question: Callable[..., Coroutine[object, object, object]],
        done: Callable[..., None],
        failed: Callable[[str], None],
    ) -> None:
        """Kept in `asked`, for the test to answer: without a core, or when the core has not the part that is asked."""

        if self._answers_by is None:
            self.asked.append((question, done, failed))
            return
        try:
            result = asyncio.run(question(self._answers_by))
        except AttributeError:
            self.asked.append((question, done, failed))
        except (ValueError, OSError, WalletError) as error:
            failed(str(error))
        else:
            done(result)

    def attend(self, is_watched: bool) -> None:
        self.attended.append(is_watched)

    def write_file(self, path: Path, text: str, done: Callable[[], None], failed: Callable[[str], None]) -> None:
        self._answer(done, failed, "write_file", path, text)

    def chat(self, turns: Sequence[ChatTurn], model: str = "") -> object:
        from r3mes_launcher.bridge import ChatStream

        stream = ChatStream()
        self.streams.append(stream)
        self.questions.append((tuple(turns), model))
        return stream
