"""The agent's owner task against a connection that the test plays."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from nacl.signing import SigningKey

from r3mes_engine.backends.scripted import ScriptedBackend
from r3mes_engine.errors import EngineExit
from r3mes_engine.node.adapter_hints import adapter_hints
from r3mes_engine.node.agent import NodeAgent, NodeIdentity
from r3mes_engine.node.connection import ConnectionLost, dial
from r3mes_engine.node.reconnect import ReconnectPolicy
from r3mes_engine.serving.chat_service import ChatService
from r3mes_engine.serving.job_queue import JobQueue
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.frames import FrameKind, decode_frame
from r3mes_protocol.messages import (
    AdapterOffer,
    Bye,
    Device,
    Done,
    Hello,
    Job,
    Limits,
    LoadAdapter,
    Registered,
    RejectCode,
    Rejected,
    Residency,
    parse_node_message,
)
from r3mes_protocol.usage import check_usage
from r3mes_protocol.wire import GatewayOrigin, WireModel

ORIGIN = GatewayOrigin("https://gateway.example")
HELLO = Hello(session_id="a" * 32, nonce="b" * 64, gateway=ORIGIN, heartbeat_s=3600, server_time=1)
REGISTERED = Registered(generation=1, limits=Limits(max_jobs=8))


class PlayedConnection:
    """What the test puts into `inbox` comes from the gateway; `sent` is what the node said."""

    def __init__(self, *messages: WireModel) -> None:
        self.inbox: asyncio.Queue[str | bytes | ConnectionLost] = asyncio.Queue()
        self.sent: list[dict[str, Any] | bytes] = []
        self.closed: tuple[int, str] | None = None
        self._said = asyncio.Event()
        for message in messages:
            self.inbox.put_nowait(message.to_json())

    async def send(self, data: str | bytes) -> None:
        if self.closed:
            raise ConnectionLost("closed")
        self.sent.append(data if isinstance(data, bytes) else json.loads(data))
        self._said.set()

    async def receive(self) -> str | bytes:
        data = await self.inbox.get()
        if isinstance(data, ConnectionLost):
            raise data
        return data

    async def close(self, code: int, reason: str) -> None:
        self.closed = self.closed or (code, reason)
        self.inbox.put_nowait(ConnectionLost("closed"))

    async def said(self, kind: str, number: int = 1) -> dict[str, Any]:
        """The so-manieth message of a kind that the node sent."""
        async with asyncio.timeout(60):
            while True:
                found = [m for m in self.sent if isinstance(m, dict) and m["type"] == kind]
                if len(found) >= number:
                    return found[number - 1]
                self._said.clear()
                await self._said.wait()


class Played:
    """An agent whose connections the test hands out, without any delay between tries."""

    def __init__(
        self, *connections: PlayedConnection, tokens: int = 5, pace: float = 0, backend: ScriptedBackend | None = None
    ) -> None:
        self.events: list[WireModel] = []
        self._connections = iter(connections)
        backend = backend or ScriptedBackend(tokens, pace)
        self.service = ChatService(backend, JobQueue(4, 4), self.events.append)
        self.agent = NodeAgent(
            NodeIdentity(ORIGIN, SigningKey.generate(), Device(kind="cpu", name="test", memory_mb=1)),
            self.service,
            ReconnectPolicy(lambda low, high: 0.0),
            self._dial,
            self.events.append,
            (),
            adapter_hints(backend),
        )

    async def _dial(self, gateway: GatewayOrigin) -> PlayedConnection:
        assert gateway == ORIGIN
        try:
            return next(self._connections)
        except StopIteration:
            await asyncio.Event().wait()
            raise


@pytest.fixture
async def run() -> AsyncIterator[Callable[[Played], asyncio.Task[None]]]:
    tasks: list[asyncio.Task[None]] = []

    def start(played: Played) -> asyncio.Task[None]:
        tasks.append(asyncio.create_task(played.agent.run()))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def job(**body: Any) -> Job:
    message = {"model": "scripted", "messages": [{"role": "user", "content": "x"}], **body}
    return Job(job_id="0" * 16, completion_id="c", body=message, first_token_deadline_ms=9000, deadline_ms=9000)


@pytest.mark.parametrize("code", list(RejectCode), ids=str)
async def test_each_rejection_has_its_consequence(code: RejectCode, run: Any) -> None:
    refusing = PlayedConnection(HELLO, Rejected(code=code, message="why"))
    accepting = PlayedConnection(HELLO, REGISTERED)
    task = run(Played(refusing, accepting))
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
    broken, whole = PlayedConnection(), PlayedConnection(HELLO, REGISTERED)
    broken.inbox.put_nowait(nonsense)
    run(Played(broken, whole))
    await whole.said("heartbeat")
    assert broken.closed is not None
    assert broken.closed[0] == 4004
    assert broken.sent == []


async def test_a_cancel_in_the_same_breath_still_gets_its_terminal(run: Any) -> None:
    connection = PlayedConnection(HELLO, REGISTERED)
    connection.inbox.put_nowait(job().to_json())
    connection.inbox.put_nowait('{"type":"cancel","job_id":"0000000000000000"}')
    run(Played(connection))
    assert (await connection.said("failed"))["code"] == "cancelled"


async def test_a_backend_that_breaks_costs_its_job_alone(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    played = Played(connection := PlayedConnection(HELLO, REGISTERED))

    async def explode(request: object) -> None:
        raise RuntimeError("secret of the prompt")

    monkeypatch.setattr(played.service._backend, "answer", explode)
    run(played)
    connection.inbox.put_nowait(job().to_json())
    failed = await connection.said("failed")
    assert (failed["code"], failed["retryable"]) == ("engine_error", True)
    assert "secret" not in failed["message"]
    monkeypatch.undo()
    connection.inbox.put_nowait(job().to_json())
    assert (await connection.said("done"))["usage"] == {"prompt_tokens": 1, "completion_tokens": 5}


async def test_several_choices_go_out_as_one_stream(run: Any) -> None:
    connection = PlayedConnection(HELLO, REGISTERED)
    connection.inbox.put_nowait(job(n=3, max_tokens=2).to_json())
    run(Played(connection))
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
    connection = PlayedConnection(HELLO, REGISTERED)
    backend = BackendWithAdapters(4)
    run(Played(connection, backend=backend))
    registration = await connection.said("register")
    assert registration["loads_adapters"] is True and len(registration["available_loras"]) == 4
    assert (await connection.said("heartbeat"))["available_loras"] is None
    for name in ("adapter-0001", "adapter-0003", "nonsense"):
        connection.inbox.put_nowait(LoadAdapter(name=name).to_json())
    # An answer to something sent after the hints: they have all been read.
    connection.inbox.put_nowait(job().to_json())
    await connection.said("done")
    backend.may_load.set()
    told = await connection.said("adapters")
    assert [(offer["name"], offer["residency"]) for offer in told["changed"]] == [("adapter-0001", "gpu")]
    assert backend.asked == ["adapter-0001"], "one at a time; what comes meanwhile is dropped"
    connection.inbox.put_nowait(LoadAdapter(name="adapter-0002").to_json())
    connection.inbox.put_nowait(job().to_json())
    await connection.said("done", 2)
    assert "adapter-0002 could not be loaded" in caplog.text


async def test_an_engine_without_adapters_asks_for_no_hints_and_passes_over_them(run: Any) -> None:
    connection = PlayedConnection(HELLO, REGISTERED)
    connection.inbox.put_nowait(LoadAdapter(name="x").to_json())
    connection.inbox.put_nowait(job().to_json())
    run(Played(connection))
    assert (await connection.said("register"))["loads_adapters"] is False
    await connection.said("done")


async def test_what_was_made_and_sent_is_said_under_the_nodes_signature(run: Any) -> None:
    played = Played(connection := PlayedConnection(HELLO, REGISTERED), tokens=7)
    run(played)
    connection.inbox.put_nowait(job(adapter=None).to_json())
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
    for played in (Played(), Played(PlayedConnection(HELLO)), Played(PlayedConnection(HELLO, Bye(reason="later")))):
        task = run(played)
        await asyncio.sleep(0)
        await played.agent.drain("test")
        await asyncio.wait_for(task, 60)


async def test_drain_says_goodbye_after_the_last_terminal(run: Any) -> None:
    connection = PlayedConnection(HELLO, REGISTERED)
    played = Played(connection, tokens=20, pace=200)
    task = run(played)
    connection.inbox.put_nowait(job().to_json())
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
