"""The model that the engine's start waits for: how far it is, its pauses, its end, and the token of its hub."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from r3mes_launcher.core.state import Download, DownloadState
from r3mes_launcher.sentence import phrase
from r3mes_launcher.wallet.os_keyring import KeyringPort, KeyringState
from r3mes_launcher.wallet.secret import Secret
from r3mes_protocol.control import (
    CancelDownloadCommand,
    DownloadCommand,
    DownloadEvent,
    PauseDownloadCommand,
    ResumeDownloadCommand,
)
from r3mes_protocol.wire import WireModel

TOKEN_NAME = "model-hub"
"""Under which the system's keyring keeps the token."""

_TOKEN = re.compile(r"[!-~]{1,1000}")
_ON_ITS_WAY = (DownloadState.DOWNLOADING, DownloadState.WAITING, DownloadState.CHECKING)


class DownloadDesk:
    """Lives on the core's loop. The engine asks for a token by the control channel and gets it the same way; only the
    system's keyring keeps it."""

    def __init__(
        self, keyring: KeyringPort, tell: Callable[[Download | None], None], on_cancelled: Callable[[], None]
    ) -> None:
        """`tell` hears of each change; `on_cancelled` when a person's cancel was followed."""
        self._keyring = keyring
        self._tell = tell
        self._on_cancelled = on_cancelled
        self._send: Callable[[WireModel], bool] = _to_nobody
        self._current: Download | None = None
        self._offering: asyncio.Task[None] | None = None
        self._offered = False
        """Whether the kept token was shown to this engine: what was refused once is not shown again."""
        self._cancelling = False

    # --- the engine ----------------------------------------------------------------------------------------------

    def attach(self, send: Callable[[WireModel], bool]) -> None:
        """An engine has started."""
        self._send = send
        self._offered = self._cancelling = False

    def detach(self) -> None:
        self._send = _to_nobody
        self._show(None)

    def take(self, event: DownloadEvent) -> None:
        if event.state in ("done", "cancelled"):
            self._show(None)
            if event.state == "cancelled" and self._cancelling:
                self._cancelling = False
                self._on_cancelled()
            return
        told = Download(
            event.name,
            DownloadState(event.state),
            event.done_bytes,
            event.total_bytes,
            event.bytes_per_second,
            event.seconds_left,
            event.message,
        )
        if told.state is not DownloadState.TOKEN_NEEDED or self._offered:
            self._show(told)
        elif self._offering is None:
            self._offering = asyncio.create_task(self._offer(told), name="look for the hub's token")

    async def close(self) -> None:
        if self._offering is not None:
            self._offering.cancel()
            await asyncio.gather(self._offering, return_exceptions=True)

    # --- wishes --------------------------------------------------------------------------------------------------

    async def pause(self) -> None:
        """Raises ValueError with a sentence, as all of them do."""
        self._order(PauseDownloadCommand(name=self._of(_ON_ITS_WAY, phrase("No model is being downloaded."))))

    async def resume(self) -> None:
        self._order(ResumeDownloadCommand(name=self._of((DownloadState.PAUSED,), phrase("No download is paused."))))

    async def cancel(self) -> None:
        """Throws away what came. When that is done, Serving goes off, because there is nothing to serve."""
        name = self._of(tuple(DownloadState), phrase("No model is being downloaded."))
        self._cancelling = True
        self._order(CancelDownloadCommand(name=name))

    async def give_token(self, token: str) -> KeyringState:
        """Keeps an access token of the hub and goes on with the download that needs one.

        Returns what the keyring said; where that is not READY, the token is used this once.
        """
        text = token.strip()
        if not _TOKEN.fullmatch(text):
            raise ValueError("This is no access token: a token is one word of letters, digits and signs.")
        with Secret(bytearray(text.encode("ascii"))) as secret:
            state = await self._keyring.store(TOKEN_NAME, secret)
        self._offered = True
        if self._current is not None and self._current.state is DownloadState.TOKEN_NEEDED:
            self._order(DownloadCommand(name=self._current.name, token=text))
        return state

    async def forget_token(self) -> KeyringState:
        return await self._keyring.forget(TOKEN_NAME)

    # --- inside --------------------------------------------------------------------------------------------------

    async def _offer(self, told: Download) -> None:
        send = self._send
        try:
            fetched = await self._keyring.fetch(TOKEN_NAME)
        finally:
            self._offering = None
        if send is not self._send:
            # That engine has ended meanwhile.
            if fetched.key is not None:
                fetched.key.wipe()
            return
        self._offered = True
        if fetched.key is None:
            self._show(told)
            return
        with fetched.key as key:
            send(DownloadCommand(name=told.name, token=key.view().decode("ascii", "replace")))

    def _of(self, states: tuple[DownloadState, ...], otherwise: str) -> str:
        if self._current is None or self._current.state not in states:
            raise ValueError(otherwise)
        return self._current.name

    def _order(self, command: WireModel) -> None:
        if not self._send(command):
            raise ValueError("The engine does not listen. Try again in a moment.")

    def _show(self, download: Download | None) -> None:
        if download != self._current:
            self._current = download
            self._tell(download)


def _to_nobody(command: WireModel) -> bool:
    return False
