"""The socket between `r3mes …` and the launcher: token, bounds, events, and clients that go away."""

from __future__ import annotations

import asyncio
import contextlib
import json
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.control import server as server_module
from r3mes_launcher.core.control.client import NobodyListens, ask
from r3mes_launcher.core.control.messages import BadMessage, ControlError, read_answer, read_request
from r3mes_launcher.core.control.server import MAX_CONNECTIONS, ControlServer, Send, token_path
from r3mes_launcher.core.data_folder import DataFolder
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.ports.control_socket import address_of, connect

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="looks at modes of files")

Until = Callable[..., Awaitable[None]]


class Verbs:
    def __init__(self) -> None:
        self.cancelled = asyncio.Event()

    async def echo(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        for number in range(3):
            await send({"number": number})
        return arguments

    async def endless(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        await send({})
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()
        return {}

    async def refuse(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        raise ControlError("no", "That can't be.")

    async def break_down(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        raise RuntimeError("a secret that must not be told")


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder.under(tmp_path, False)
    made.create()
    return made


@pytest.fixture
async def verbs(folder: DataFolder, logs: LogHub) -> AsyncIterator[Verbs]:
    made = Verbs()
    table = {"echo": made.echo, "endless": made.endless, "refuse": made.refuse, "break": made.break_down}
    server = ControlServer(folder.root, table, logs)
    await server.start()
    yield made
    await server.close()
    assert not token_path(folder.root).exists() and not Path(address_of(folder.root)).exists()


async def raw(folder: DataFolder, line: bytes) -> dict[str, Any]:
    reader, writer = await connect(folder.root, 2**20)
    try:
        with contextlib.suppress(ConnectionError):
            writer.write(line)
            await writer.drain()
        answer = json.loads(await reader.readline())
        assert await reader.read() == b""
        return answer
    finally:
        writer.close()


async def test_events_then_one_result(folder: DataFolder, verbs: Verbs) -> None:
    seen: list[Any] = []
    assert await ask(folder, "echo", {"a": [1, "ü"]}, seen.append) == {"a": [1, "ü"]}
    assert seen == [{"number": 0}, {"number": 1}, {"number": 2}]


async def test_only_this_user_gets_in(folder: DataFolder, verbs: Verbs) -> None:
    assert stat.S_IMODE(Path(address_of(folder.root)).stat().st_mode) == 0o600
    assert stat.S_IMODE(token_path(folder.root).stat().st_mode) == 0o600
    for token in ("", "x" * 43):
        answer = await raw(folder, json.dumps({"v": 1, "token": token, "verb": "echo"}).encode() + b"\n")
        assert answer["error"]["code"] == "forbidden"


async def test_what_is_no_request_is_refused_and_told_nothing(folder: DataFolder, verbs: Verbs) -> None:
    token = json.loads(token_path(folder.root).read_text())["token"]
    for line, code in (
        (b"hello\n", "bad_request"),
        (b"[" * 100_000 + b"\n", "bad_request"),
        (json.dumps({"v": 2, "token": token, "verb": "echo"}).encode() + b"\n", "bad_request"),
        (json.dumps({"v": 1, "token": token, "verb": 5}).encode() + b"\n", "bad_request"),
        (json.dumps({"v": 1, "token": token, "verb": "fly"}).encode() + b"\n", "unknown_verb"),
        (b"x" * 300_000 + b"\n", "bad_request"),
    ):
        answer = await raw(folder, line)
        assert answer["error"]["code"] == code and token not in json.dumps(answer)


async def test_errors_are_sentences_and_betray_nothing(folder: DataFolder, verbs: Verbs, logs: LogHub) -> None:
    with pytest.raises(ControlError, match="That can't be") as refused:
        await ask(folder, "refuse")
    assert refused.value.code == "no"
    with pytest.raises(ControlError, match="RuntimeError") as broken:
        await ask(folder, "break")
    assert "secret" not in str(broken.value) + "".join(line.text for line in logs.lines)


async def test_a_client_that_goes_away_ends_what_it_asked_for(folder: DataFolder, verbs: Verbs) -> None:
    begun = asyncio.Event()
    asking = asyncio.create_task(ask(folder, "endless", on_event=lambda event: begun.set()))
    await begun.wait()
    asking.cancel()
    async with asyncio.timeout(60):
        await verbs.cancelled.wait()


async def test_who_says_nothing_is_left_and_too_many_are_refused(
    folder: DataFolder, verbs: Verbs, monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    silent = [await connect(folder.root, 1000) for _ in range(MAX_CONNECTIONS)]
    # The last of them is served only after those before it.
    answer = await raw(folder, b"")
    assert answer["error"]["code"] == "busy"
    for _, writer in silent:
        writer.close()

    async def works_again() -> bool:
        try:
            return await ask(folder, "echo", {}) == {}
        except ControlError:
            return False

    while not await works_again():
        await asyncio.sleep(0.01)
    monkeypatch.setattr(server_module, "REQUEST_S", 0.05)
    reader, writer = await connect(folder.root, 1000)
    async with asyncio.timeout(60):
        assert await reader.read() == b"", "it hangs up"
    writer.close()


async def test_nobody_listens(folder: DataFolder, verbs: Verbs, tmp_path: Path) -> None:
    with pytest.raises(NobodyListens):
        await ask(DataFolder.under(tmp_path / "elsewhere", False), "echo")


async def test_a_closing_launcher_lets_nobody_hang(folder: DataFolder, logs: LogHub) -> None:
    verbs, begun = Verbs(), asyncio.Event()
    server = ControlServer(folder.root, {"endless": verbs.endless}, logs)
    await server.start()
    asking = asyncio.create_task(ask(folder, "endless", on_event=lambda event: begun.set()))
    await begun.wait()
    await server.close()
    with pytest.raises(ControlError, match="ended"):
        async with asyncio.timeout(60):
            await asking


async def test_a_long_path_and_what_a_crash_left_are_no_obstacle(
    tmp_path: Path, logs: LogHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A socket's path is short, and pytest's own folders may not be.
    runtime = tempfile.mkdtemp(prefix="r3mes-")
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    deep = DataFolder.under(tmp_path / ("d" * 120), False)
    deep.create()
    for _ in range(2):
        verbs = Verbs()
        server = ControlServer(deep.root, {"echo": verbs.echo}, logs)
        await server.start()
        assert await ask(deep, "echo", {"a": 1}) == {"a": 1}
        listening = server._listening
        assert listening is not None
        # As after a crash: the socket's file stays.
        monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
        await server.close()
        monkeypatch.undo()
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    Path(address_of(deep.root)).parent.chmod(0o755)
    server = ControlServer(deep.root, {}, logs)
    await server.start()
    assert "can't reach this launcher" in logs.lines[-1].text
    await server.close()


async def test_a_socket_in_a_folder_that_others_may_write_to_gets_no_token(
    tmp_path: Path, logs: LogHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="r3mes-"))
    deep = DataFolder.under(tmp_path / ("d" * 120), False)
    deep.create()
    verbs = Verbs()
    server = ControlServer(deep.root, {"echo": verbs.echo}, logs)
    await server.start()
    Path(address_of(deep.root)).parent.chmod(0o777)
    with pytest.raises(NobodyListens):
        await ask(deep, "echo", {"password": "a secret"})
    await server.close()


@given(st.binary(max_size=300) | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_any_bytes_are_a_request_or_a_sentence(line: bytes | str) -> None:
    data = line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line
    for read in (read_request, read_answer):
        with contextlib.suppress(BadMessage, ControlError):
            read(data)
