"""`r3mes download …`: the model that is being downloaded, and the token of its hub."""

from __future__ import annotations

import sys
from getpass import getpass

from r3mes_launcher.terminal.control_commands import Place, Terminal, told
from r3mes_launcher.terminal.exit_status import ExitStatus
from r3mes_launcher.terminal.running import running_or_at_rest
from r3mes_launcher.wallet.os_keyring import KeyringState

MAX_LINE_CHARS = 2000
NOT_KEPT = {
    KeyringState.NONE: "This system has no keyring.",
    KeyringState.LOCKED: "The system's keyring is locked.",
    KeyringState.DENIED: "The system's keyring refused.",
    KeyringState.LOST: "The system's keyring did not keep it.",
    KeyringState.UNANSWERED: "The system's keyring does not answer; it may be waiting for you in a window.",
}


async def download(place: Place, terminal: Terminal, action: str) -> int:
    """Raises ValueError and ControlError with a sentence."""
    if action == "token":
        return await _give_token(place, terminal)
    if action == "forget-token":
        return await _forget_token(place, terminal)
    return await told(place, terminal, f"download.{action}")


async def _give_token(place: Place, terminal: Terminal) -> int:
    # Arguments and the environment are seen by other programs.
    token = getpass("Access token: ") if sys.stdin.isatty() else sys.stdin.readline(MAX_LINE_CHARS)
    answer = await running_or_at_rest(place.folder, place.compose, "download.token", {"token": token})
    if isinstance(answer, dict):
        state, runs = KeyringState(answer["keyring"]), True
    else:
        try:
            state, runs = await answer.downloads.give_token(token), False
        finally:
            await answer.close()
    if state is KeyringState.READY:
        terminal.write("The system's keyring keeps the token.")
        return ExitStatus.OK
    terminal.complain(f"{NOT_KEPT[state]} The token is used this once." if runs else NOT_KEPT[state])
    return ExitStatus.OK if runs else ExitStatus.FAILED


async def _forget_token(place: Place, terminal: Terminal) -> int:
    answer = await running_or_at_rest(place.folder, place.compose, "download.forget-token")
    if isinstance(answer, dict):
        state = KeyringState(answer["keyring"])
    else:
        try:
            state = await answer.downloads.forget_token()
        finally:
            await answer.close()
    if state is KeyringState.READY:
        terminal.write("The system's keyring has no token of the hub.")
        return ExitStatus.OK
    terminal.complain(NOT_KEPT[state])
    return ExitStatus.FAILED
