"""The doctor's look at the system's keyring, by a child: what it loads for that is gone with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

from r3mes_launcher.core.child_environment import child_environment
from r3mes_launcher.wallet.os_keyring import KeyringState

LIMIT_S = 20.0
"""A keyring answers in milliseconds, and the child itself gives up after five seconds; the rest is for its imports."""


class KeyringLook:
    """`command` prints the name of a `KeyringState`."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], limit_s: float = LIMIT_S) -> None:
        self._command = tuple(command)
        self._environment = child_environment(environ)
        self._limit_s = limit_s

    async def look(self) -> KeyringState:
        """Whether a keyring is there. NONE also where nobody can tell."""
        nowhere = asyncio.subprocess.DEVNULL
        try:
            child = await asyncio.create_subprocess_exec(
                *self._command, env=self._environment, stdin=nowhere, stdout=asyncio.subprocess.PIPE, stderr=nowhere
            )
        except OSError:
            return KeyringState.NONE
        try:
            async with asyncio.timeout(self._limit_s):
                output, _ = await child.communicate()
        except TimeoutError:
            return KeyringState.UNANSWERED
        finally:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
        try:
            return KeyringState(output.decode("ascii", "replace").strip())
        except ValueError:
            return KeyringState.NONE
