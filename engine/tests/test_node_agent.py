"""The agent's owner task against a connection that the test plays."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from played_node import HELLO, ORIGIN, REGISTERED, PlayedConnection, PlayedNode, job

from r3mes_engine.backends.scripted import ScriptedBackend
from r3mes_engine.errors import EngineExit
from r3mes_engine.node.connection import ConnectionLost, dial
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.frames import FrameKind, decode_frame
from r3mes_protocol.messages import (
    AdapterOffer,
    Bye,
    Done,
    LoadAdapter,
    RejectCode,
    Rejected,
    Residency,
    parse_node_message,
)
from r3mes_protocol.usage import check_usage
from r3mes_protocol.wire import GatewayOrigin, WireModel


class Connection(PlayedConnection):
    def __init__(self, *frames: WireModel | str | bytes) -> None:
        super().__init__(*frames)
        self.sent: list[dict[str, Any] | bytes] = []

    def hear(self, data: str | bytes) -> None:
        self.sent.append(data if isinstance(data, bytes) else json.loads(data))

    async def said(self, kind: str, number: int = 1) -> dict[str, Any]:
        """The so-manieth message of a kind that the node sent."""

        def found() -> list[dict[str, Any]]:
            return [message for message in self.sent if isinstance(message, dict) and message["type"] == kind]

        await self.until(lambda: len(found()) >= number)
        return found()[number - 1]


@pytest.fixture
async def run() -> AsyncIterator[Callable[[PlayedNode], asyncio.Task[None]]]:
    tasks: list[asyncio.Task[None]] = []

    def start(played: PlayedNode) -> asyncio.Task[None]:
        tasks.append(asyncio.create_task(played.agent.run()))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("code", list(RejectCode), ids=str)
async def test_each_rejection_has_its_consequence(code: RejectCode, run: Any) -> None:
    refusing = Connection(HELLO, Rejected(code=code, message="why"))
    accepting = Connection(HELLO, REGISTERED)
    task = run(PlayedNode(refusing, accepting))
    if code.worth_retrying:
        await accepting.said("heartbeat")
        return
    with pytest.raises(EngineExit) as ended:
        await asyncio.wait_for(task, 60)
    about_the_key = code in (
        RejectCode.SIGNATURE_INVALID,
        RejectCode.GRANT_MISSING,
        RejectCode.GRANT_INVALID,
        RejectCode.GRANT_EXPIRED,
        RejectCode.GRANT_REVOKED,
        RejectCode.ROLE_NOT_GRANTED,
    )
    assert ended.value.exit_code == (ExitCode.KEY_OR_GRANT_INVALID if about_the_key else ExitCode.REJECTED_BY_GATEWAY)
    assert "why" in ended.value.message
    assert refusing.closed


@pytest.mark.parametrize(
    "nonsense",
    [
        "{",
        "[]",
        '{"type":"jackpot"}',
        '{"type":"drain","reason":""}',
        HELLO.to_json().replace("{", '{"x":1,', 1),
        b"\0" * 20,
    ],
)
async def test_nonsense_costs_the_session_and_not_the_node(nonsense: str | bytes, run: Any) -> None:
    broken, whole = Connection(), Connection(HELLO, REGISTERED)
    broken.play(nonsense)
    run(PlayedNode(broken, whole))
    await whole.said("heartbeat")
    assert broken.closed is not None
    assert broken.closed[0] == 4004
    assert broken.sent == []


async def test_a_cancel_in_the_same_breath_still_gets_its_terminal(run: Any) -> None:
    connection = Connection(HELLO, REGISTERED)
    connection.play(job())
    connection.play('{"type":"cancel","job_id":"0000000000000000"}')
    run(PlayedNode(connection))
    assert (await connection.said("failed"))["code"] == "cancelled"


async def test_a_backend_that_breaks_costs_its_job_alone(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    played = PlayedNode(connection := Connection(HELLO, REGISTERED))

    async def explode(request: object) -> None:
        raise RuntimeError("secret of the prompt")

    monkeypatch.setattr(played.service._backend, "answer", explode)
    run(played)
    connection.play(job())
    failed = await connection.said("failed")
    assert (failed["code"], failed["retryable"]) == ("engine_error", True)
    assert "secret" not in failed["message"]
    monkeypatch.undo()
    connection.play(job())
    assert (await connection.said("done"))["usage"] == {"prompt_tokens": 1, "completion_tokens": 5}


async def test_several_choices_go_out_as_one_stream(run: Any) -> None:
    connection = Connection(HELLO, REGISTERED)
    connection.play(job(n=3, max_tokens=2))
    run(PlayedNode(connection))
    done = await connection.said("done")
    assert done["usage"] == {"prompt_tokens": 1, "completion_tokens": 6}
    frames = [decode_frame(data) for data in connection.sent if isinstance(data, bytes)]
    assert [frame.kind for frame in frames] == sorted(frame.kind for frame in frames), "the ends come last"
    seen: dict[FrameKind, list[int]] = {}
    for frame in frames:
        (choice,) = json.loads(frame.payload.removeprefix(b"data: "))["choices"]
        seen.setdefault(frame.kind, []).append(choice["index"])
    assert seen[FrameKind.PREAMBLE] == [0, 1, 2] == seen[FrameKind.TAIL]
    assert sorted(seen[FrameKind.CONTENT]) == [0, 0, 1, 1, 2, 2]


class BackendWithAdapters(ScriptedBackend):
    """Its adapters lie on the disk until they are loaded; loading waits for the test."""

    def __init__(self, count: int) -> None:
        super().__init__(1, 0)
        self.lies = {f"adapter-{number:04}": Residency.DISK for number in range(count)}
        self.asked: list[str] = []
        self.may_load = asyncio.Event()

    @property
    def adapters(self) -> tuple[AdapterOffer, ...]:
        return tuple(AdapterOffer(name=name, residency=where) for name, where in self.lies.items())

    async def load_adapter(self, name: str) -> None:
        self.asked.append(name)
        await self.may_load.wait()
        if name == "adapter-0002":
            raise RuntimeError("broken file")
        self.lies[name] = Residency.GPU


async def test_a_hint_is_followed_and_told_at_once(run: Any, caplog: pytest.LogCaptureFixture) -> None:
    connection = Connection(HELLO, REGISTERED)
    backend = BackendWithAdapters(4)
    run(PlayedNode(connection, backend=backend))
    registration = await connection.said("register")
    assert registration["loads_adapters"] is True and len(registration["available_loras"]) == 4
    assert (await connection.said("heartbeat"))["available_loras"] is None
    for name in ("adapter-0001", "adapter-0003", "nonsense"):
        connection.play(LoadAdapter(name=name))
    # An answer to something sent after the hints: they have all been read.
    connection.play(job())
    await connection.said("done")
    backend.may_load.set()
    told = await connection.said("adapters")
    assert [(offer["name"], offer["residency"]) for offer in told["changed"]] == [("adapter-0001", "gpu")]
    assert backend.asked == ["adapter-0001"], "one at a time; what comes meanwhile is dropped"
    connection.play(LoadAdapter(name="adapter-0002"))
    connection.play(job())
    await connection.said("done", 2)
    assert "adapter-0002 could not be loaded" in caplog.text


async def test_an_engine_without_adapters_asks_for_no_hints_and_passes_over_them(run: Any) -> None:
    connection = Connection(HELLO, REGISTERED)
    connection.play(LoadAdapter(name="x"))
    connection.play(job())
    run(PlayedNode(connection))
    assert (await connection.said("register"))["loads_adapters"] is False
    await connection.said("done")


async def test_what_was_made_and_sent_is_said_under_the_nodes_signature(run: Any) -> None:
    played = PlayedNode(connection := Connection(HELLO, REGISTERED), backend=ScriptedBackend(7, 0))
    run(played)
    connection.play(job(adapter=None))
    done = parse_node_message(json.dumps(await connection.said("done")))
    assert isinstance(done, Done) and done.signed_usage is not None
    signed = done.signed_usage
    node_id = played.agent.node_id
    assert check_usage(signed, gateway=ORIGIN, job_id="0" * 16, completion_id="c", node_id=node_id) is None
    payloads = [decode_frame(frame).payload for frame in connection.sent if isinstance(frame, bytes)]
    statement = signed.statement
    assert (statement.model, statement.completion_tokens, done.usage.completion_tokens) == ("scripted", 7, 7)
    assert statement.response_bytes == sum(map(len, payloads))
    assert statement.response_sha256 == hashlib.sha256(b"".join(payloads)).hexdigest()


async def test_drain_before_and_between_sessions_ends_at_once(run: Any) -> None:
    for played in (PlayedNode(), PlayedNode(Connection(HELLO)), PlayedNode(Connection(HELLO, Bye(reason="later")))):
        task = run(played)
        await asyncio.sleep(0)
        await played.agent.drain("test")
        await asyncio.wait_for(task, 60)


async def test_drain_says_goodbye_after_the_last_terminal(run: Any) -> None:
    connection = Connection(HELLO, REGISTERED)
    played = PlayedNode(connection, backend=ScriptedBackend(20, 200))
    task = run(played)
    connection.play(job())
    await connection.said("heartbeat")
    await played.agent.drain("closing time")
    await asyncio.wait_for(task, 60)
    kinds = [message["type"] for message in connection.sent if isinstance(message, dict)]
    assert kinds == ["register", "heartbeat", "drain", "done", "bye"]


@pytest.mark.parametrize(
    ("url", "word"),
    [("http://127.0.0.1:9", "can't be reached"), ("http://host.invalid", "can't be reached")],
)
async def test_an_address_where_nobody_answers_is_said(url: str, word: str) -> None:
    with pytest.raises(ConnectionLost, match=word):
        await dial(GatewayOrigin(url))


async def test_a_web_server_that_is_no_gateway_is_said() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionLost, match="404"):
            await dial(GatewayOrigin(f"http://127.0.0.1:{port}"))


async def test_a_reason_that_does_not_fit_into_a_close_frame_is_cut(start_gateway: Any) -> None:
    gateway = start_gateway()
    connection = await dial(GatewayOrigin(gateway.url))
    await connection.receive()
    await connection.close(4004, "ğ" * 500)
    gateway.wait(lambda: gateway.sessions[0].closed, "end of the session")
