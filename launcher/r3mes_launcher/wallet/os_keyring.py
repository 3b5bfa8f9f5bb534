"""The system's keyring, which may keep a vault's unlock key if the owner says so. Never a fallback for anything."""

from __future__ import annotations

import asyncio
import base64
import binascii
import importlib
import sys
import threading
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from r3mes_launcher.wallet.secret import Secret

SERVICE = "r3mes-launcher"
ANSWER_TIMEOUT_S = 5.0
"""A keyring answers in milliseconds. Longer means that it waits for a person, or hangs: we go on without it."""
PROMPT_TIMEOUT_S = 60.0
"""When the owner has just asked for the keyring, a prompt of the system may be on the screen; they get a minute."""

ALLOWED_BACKENDS = {
    "linux": (
        ("keyring.backends.SecretService", "Keyring"),
        ("keyring.backends.kwallet", "DBusKeyring"),
    ),
    "win32": (("keyring.backends.Windows", "WinVaultKeyring"),),
    "darwin": (("keyring.backends.macOS", "Keyring"),),
}
"""The stores that encrypt and really keep. They are made here by name, so that no setting of the keyring library, like
PYTHON_KEYRING_BACKEND, can slip in one that loses keys or writes them in plain text."""


class KeyringState(StrEnum):
    READY = "ready"
    NONE = "none"
    LOCKED = "locked"
    DENIED = "denied"
    LOST = "lost"
    UNANSWERED = "unanswered"


class KeyringAdvice(NamedTuple):
    message: str
    hint: str


ADVICE = {
    KeyringState.READY: KeyringAdvice("The system's keyring keeps the unlock key.", ""),
    KeyringState.NONE: KeyringAdvice(
        "This system has no keyring that the wallet can use.",
        "Unlock with your password. On Linux, GNOME Keyring and KWallet are such keyrings.",
    ),
    KeyringState.LOCKED: KeyringAdvice(
        "The system's keyring is locked.",
        "Unlock it with your login password (in “Passwords and Keys” or KWallet), or use the wallet's password.",
    ),
    KeyringState.DENIED: KeyringAdvice(
        "The system's keyring refused access.",
        "If you clicked “Deny” by mistake, try again; else unlock with the wallet's password.",
    ),
    KeyringState.LOST: KeyringAdvice(
        "The system's keyring does not have the unlock key.",
        "Unlock with the wallet's password; then you can store the key again.",
    ),
    KeyringState.UNANSWERED: KeyringAdvice(
        "The system's keyring does not answer; it may be waiting for you in another window.",
        "Answer its question, or unlock with the wallet's password.",
    ),
}


class Backend(Protocol):
    """The part of a `keyring` backend that is used here."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


class Fetched(NamedTuple):
    state: KeyringState
    key: Secret | None = None


class KeyringPort(Protocol):
    async def look(self) -> KeyringState: ...
    async def store(self, name: str, key: Secret) -> KeyringState: ...
    async def fetch(self, name: str) -> Fetched: ...
    async def forget(self, name: str) -> KeyringState: ...


class NoKeyring(Exception):
    """No allowed backend works here."""


def system_backend() -> Backend:
    """The best allowed backend of this system, looked up anew each time: keyrings come and go. Raises NoKeyring."""
    best: tuple[float, Callable[[], Backend]] | None = None
    for module_name, class_name in ALLOWED_BACKENDS.get(sys.platform, ()):
        try:
            kind = getattr(importlib.import_module(module_name), class_name)
            priority = float(kind.priority)
        except Exception:  # noqa: S112  (backends raise anything when their service is absent)
            continue
        if priority > 0 and (best is None or priority > best[0]):
            best = (priority, kind)
    if best is None:
        raise NoKeyring
    return best[1]()


class SystemKeyring:
    """Asks the keyring in a thread of its own, one question at a time, and never waits longer than promised.

    A prompt that nobody answers blocks its thread for ever: the thread is left behind (it ends with the process) and,
    until it returns, every further question is answered UNANSWERED at once instead of opening a second prompt.
    """

    def __init__(
        self,
        backend: Callable[[], Backend] = system_backend,
        *,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        prompt_timeout_s: float = PROMPT_TIMEOUT_S,
    ) -> None:
        self._backend = backend
        self._answer_timeout_s = answer_timeout_s
        self._prompt_timeout_s = prompt_timeout_s
        self._asking = False

    async def look(self) -> KeyringState:
        """Whether a keyring is there; asks it for nothing."""

        def ask() -> Fetched:
            self._backend()
            return Fetched(KeyringState.READY)

        return (await self._ask(ask, self._answer_timeout_s)).state

    async def store(self, name: str, key: Secret) -> KeyringState:
        """Keeps a copy of the key, and believes it only after reading it back. The owner has asked for this."""
        text = base64.b64encode(key.view()).decode()

        def ask() -> Fetched:
            backend = self._backend()
            backend.set_password(SERVICE, name, text)
            kept = backend.get_password(SERVICE, name)
            return Fetched(KeyringState.READY if kept == text else KeyringState.LOST)

        return (await self._ask(ask, self._prompt_timeout_s)).state

    async def fetch(self, name: str) -> Fetched:
        """The key, or why there is none. The caller wipes it."""

        def ask() -> Fetched:
            text = self._backend().get_password(SERVICE, name)
            if text is None:
                return Fetched(KeyringState.LOST)
            try:
                return Fetched(KeyringState.READY, Secret(bytearray(base64.b64decode(text, validate=True))))
            except binascii.Error:
                return Fetched(KeyringState.LOST)

        return await self._ask(ask, self._answer_timeout_s)

    async def forget(self, name: str) -> KeyringState:
        """Removes the key; READY also when there was none."""

        def ask() -> Fetched:
            backend = self._backend()
            if backend.get_password(SERVICE, name) is not None:
                backend.delete_password(SERVICE, name)
            return Fetched(KeyringState.READY)

        return (await self._ask(ask, self._answer_timeout_s)).state

    async def _ask(self, question: Callable[[], Fetched], timeout_s: float) -> Fetched:
        if self._asking:
            return Fetched(KeyringState.UNANSWERED)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Fetched] = loop.create_future()

        def deliver(fetched: Fetched) -> None:
            self._asking = False
            if not answer.done():
                answer.set_result(fetched)
            elif fetched.key is not None:
                fetched.key.wipe()

        def work() -> None:
            try:
                fetched = question()
            except Exception as error:
                fetched = Fetched(_state_of(error))
            try:
                loop.call_soon_threadsafe(deliver, fetched)
            except RuntimeError:
                # The loop has ended: nobody waits any more.
                if fetched.key is not None:
                    fetched.key.wipe()

        # Not an executor: those are joined at exit, and this thread may hang for ever.
        threading.Thread(target=work, name="keyring", daemon=True).start()
        self._asking = True
        try:
            async with asyncio.timeout(timeout_s):
                return await answer
        except TimeoutError:
            return Fetched(KeyringState.UNANSWERED)


def _state_of(error: Exception) -> KeyringState:
    """What a backend's exception means. They come from several libraries, so names decide where classes can't."""
    names: Sequence[str] = [kind.__name__ for kind in type(error).__mro__]
    if isinstance(error, NoKeyring) or "NoKeyringError" in names or "SecretServiceNotAvailableException" in names:
        return KeyringState.NONE
    if "KeyringLocked" in names or "LockedException" in names:
        return KeyringState.LOCKED
    if isinstance(error, (FileNotFoundError, ConnectionError)):
        # The bus went away under the backend.
        return KeyringState.NONE
    return KeyringState.DENIED
