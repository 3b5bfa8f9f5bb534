"""Asks the launcher that runs on a data folder."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from r3mes_launcher.core.control.messages import (
    MAX_ANSWER_BYTES,
    BadMessage,
    ControlError,
    Request,
    read_answer,
    request_line,
)
from r3mes_launcher.core.control.server import token_path
from r3mes_launcher.core.data_folder import DataFolder, read_json_object
from r3mes_launcher.ports.control_socket import connect

CONNECT_S = 5.0


class NobodyListens(Exception):
    """No launcher takes commands on this folder now."""


OnEvent = Callable[[Mapping[str, Any]], None]


async def ask(
    folder: DataFolder, verb: str, arguments: dict[str, Any] | None = None, on_event: OnEvent = lambda event: None
) -> dict[str, Any]:
    """One request. Raises NobodyListens, ControlError with the launcher's sentence, and BadMessage."""
    try:
        token = (await asyncio.to_thread(read_json_object, token_path(folder.root)))["token"]
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await connect(folder.root, MAX_ANSWER_BYTES)
    except (OSError, ValueError, KeyError, TimeoutError):
        raise NobodyListens from None
    try:
        writer.write(request_line(Request(token=token, verb=verb, arguments=arguments or {})))
        await writer.drain()
        while line := await reader.readline():
            kind, document = read_answer(line)
            if kind == "result":
                return document
            on_event(document)
    except ConnectionError:
        raise ControlError("ended", "The launcher ended while it was asked.") from None
    except ValueError:
        raise BadMessage("The launcher's answer is too long.") from None
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    raise ControlError("ended", "The launcher ended while it was asked.")
