"""A local socket that only this user can reach: a Unix socket, or a named pipe on Windows."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

OnConnection = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

# What all systems take as the path of a Unix socket (108 bytes on Linux, 104 on macOS), with some room.
_MAX_PATH_BYTES = 100


class Listening(Protocol):
    async def close(self) -> None: ...


if sys.platform == "win32":

    def address_of(folder: Path) -> str:
        digest = hashlib.sha256(str(folder).lower().encode()).hexdigest()[:24]
        return rf"\\.\pipe\r3mes-{digest}"

    async def listen(folder: Path, on_connection: OnConnection, limit: int) -> Listening:
        """Raises OSError."""
        loop: Any = asyncio.get_running_loop()
        tasks: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(on_connection(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        def protocol() -> asyncio.StreamReaderProtocol:
            return asyncio.StreamReaderProtocol(asyncio.StreamReader(limit=limit, loop=loop), connected, loop=loop)

        servers = await loop.start_serving_pipe(protocol, address_of(folder))
        return _Pipe(servers)

    class _Pipe:
        def __init__(self, servers: list[Any]) -> None:
            self._servers = servers

        async def close(self) -> None:
            for server in self._servers:
                server.close()

    async def connect(folder: Path, limit: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises OSError, such as FileNotFoundError where nobody listens."""
        loop: Any = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=limit, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport, _ = await loop.create_pipe_connection(lambda: protocol, address_of(folder))
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

else:

    def address_of(folder: Path) -> str:
        """In the data folder; where its path is too long for a socket, in a private folder of the system's."""
        path = folder / "control.sock"
        if len(os.fsencode(path)) <= _MAX_PATH_BYTES:
            return str(path)
        digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:24]
        base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
        return str(Path(base) / f"r3mes-{os.getuid()}" / f"{digest}.sock")

    async def listen(folder: Path, on_connection: OnConnection, limit: int) -> Listening:
        """Call it as the folder's only owner: what is left of an earlier run is removed. Raises OSError."""
        path = Path(address_of(folder))
        if path.parent != folder:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            _require_private(path.parent)
        path.unlink(missing_ok=True)  # noqa: ASYNC240  (the data folder is on this computer's disk)
        # Its folder is private, so that nobody else gets in before the mode is set either.
        server = await asyncio.start_unix_server(on_connection, path, limit=limit)
        path.chmod(0o600)  # noqa: ASYNC240
        return _Socket(server, path)

    class _Socket:
        def __init__(self, server: asyncio.Server, path: Path) -> None:
            self._server = server
            self._path = path

        async def close(self) -> None:
            self._server.close()
            with contextlib.suppress(OSError):
                self._path.unlink()

    async def connect(folder: Path, limit: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises OSError, such as FileNotFoundError where nobody listens, or a socket of somebody else."""
        path = Path(address_of(folder))
        if path.parent != folder:
            # Where others may write, a socket could be exchanged between a look at it and the call.
            _require_private(path.parent)
        return await asyncio.open_unix_connection(path, limit=limit)

    def _require_private(folder: Path) -> None:
        state = folder.lstat()
        if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid() or state.st_mode & 0o077:
            raise PermissionError(f"{folder} is not private to this user")
