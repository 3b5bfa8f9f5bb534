"""Answers `r3mes …` for the launcher that runs. Whoever connects has to show the token before anything is done."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from r3mes_launcher.core.control.messages import (
    MAX_REQUEST_BYTES,
    BadMessage,
    ControlError,
    Request,
    error_line,
    event_line,
    read_request,
    result_line,
)
from r3mes_launcher.core.data_folder import write_atomically
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.state import LogLevel
from r3mes_launcher.ports.control_socket import Listening, listen

REQUEST_S = 5.0
"""A client sends its request at once."""
WRITE_S = 30.0
"""A client that reads nothing for so long is left."""
MAX_CONNECTIONS = 16
TOKEN_FILE = "control.token"

Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Verb = Callable[[dict[str, Any], Send], Awaitable[dict[str, Any]]]


def token_path(folder: Path) -> Path:
    return folder / TOKEN_FILE


class ControlServer:
    """Owned by the core's loop. Start it while holding the folder's lock."""

    def __init__(self, folder: Path, verbs: Mapping[str, Verb], logs: LogHub) -> None:
        self._folder = folder
        self._verbs = verbs
        self._logs = logs
        self._token = ""
        self._listening: Listening | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Without it the launcher works, and can't be told anything from the command line: then it says so."""
        self._token = secrets.token_urlsafe(32)
        try:
            # The token first: who can connect has to find it.
            text = json.dumps({"token": self._token}) + "\n"
            await asyncio.to_thread(lambda: write_atomically(token_path(self._folder), text, durable=False))
            self._listening = await listen(self._folder, self._on_connection, MAX_REQUEST_BYTES)
        except OSError as error:
            why = error.strerror or str(error)
            self._logs.say(f"`r3mes` commands can't reach this launcher ({why}).", LogLevel.WARNING)

    async def close(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            await listening.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        with contextlib.suppress(OSError):
            token_path(self._folder).unlink()

    async def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= MAX_CONNECTIONS:
            writer.write(error_line("busy", "Too many commands ask this launcher at once. Try again."))
            await _hang_up(writer)
            return
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, TimeoutError):
            return  # the client went away, or does not read
        finally:
            self._connections.discard(task)
            await _hang_up(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_S):
                line = await reader.readline()
            request = read_request(line)
        except (BadMessage, ValueError) as error:
            # ValueError: the line is longer than allowed.
            words = str(error) if isinstance(error, BadMessage) else "The request is too long."
            await _write(writer, error_line("bad_request", words))
            return
        if not hmac.compare_digest(request.token.encode(), self._token.encode()):
            await _write(writer, error_line("forbidden", "The token is not this launcher's."))
            return
        verb = self._verbs.get(request.verb)
        if verb is None:
            known = ", ".join(sorted(self._verbs))
            await _write(writer, error_line("unknown_verb", f"This launcher knows only: {known}."))
            return
        await self._perform(verb, request, reader, writer)

    async def _perform(
        self, verb: Verb, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        async def send(event: Mapping[str, Any]) -> None:
            await _write(writer, event_line(event))

        async def work() -> bytes:
            try:
                return result_line(await verb(request.arguments, send))
            except ControlError as error:
                return error_line(error.code, str(error))
            except ValueError as error:
                return error_line("invalid", str(error))
            except OSError:
                raise
            except Exception as error:
                self._logs.say(f"The command {request.verb} failed ({type(error).__name__}).", LogLevel.ERROR)
                return error_line("internal", f"That did not work ({type(error).__name__}).")

        working = asyncio.ensure_future(work())
        # The client says nothing more: whatever comes now is its end.
        leaving = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                await _write(writer, working.result())
        finally:
            for task in (working, leaving):
                task.cancel()
            await asyncio.gather(working, leaving, return_exceptions=True)


async def _write(writer: asyncio.StreamWriter, line: bytes) -> None:
    writer.write(line)
    async with asyncio.timeout(WRITE_S):
        await writer.drain()


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(1.0):
            await writer.wait_closed()
