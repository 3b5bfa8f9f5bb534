"""The chat's HTTP against a small server that answers well, badly, slowly or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from r3mes_launcher.core.gateway_client import MAX_ANSWER_CHARS, GatewayClient, GatewayUnreachable, is_loopback
from r3mes_launcher.core.gateway_monitor import GatewayMonitor, GatewayReport, pause_s
from r3mes_launcher.core.interface import ChatError
from r3mes_launcher.core.state import ChatDelta, ChatTurn
from r3mes_protocol.chat import chunk
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.sse import DONE, KEEP_ALIVE, encode_event

Until = Callable[..., Awaitable[None]]
TURNS = (ChatTurn("user", "hello"),)
OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def word(text: str | None, finish: str | None = None) -> bytes:
    return encode_event(chunk("c", "a-model", 0, content=text, finish_reason=finish))  # type: ignore[arg-type]


def response(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (status, len(body), body)


@dataclass
class Server:
    """Sends `pieces` to whoever asks, then closes, or holds the connection and notes when the client leaves."""

    origin: str = ""
    pieces: list[bytes] = field(default_factory=list)
    holds: bool = False
    left: asyncio.Event = field(default_factory=asyncio.Event)
    requests: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")), 0
            )
            self.requests.append(head + await reader.readexactly(length))
            for piece in self.pieces:
                writer.write(piece)
                await writer.drain()
            if self.holds:
                await reader.read()
                self.left.set()
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listener = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.origin = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    yield made
    listener.close()


@pytest.fixture
async def client() -> AsyncIterator[GatewayClient]:
    made = GatewayClient()
    yield made
    await made.close()


async def answer(client: GatewayClient, server: Server) -> list[ChatDelta]:
    return [delta async for delta in client.chat(server.origin, TURNS, "a-model")]


async def test_words_arrive_one_by_one_however_they_are_cut(client: GatewayClient, server: Server) -> None:
    stream = KEEP_ALIVE + word("Hel") + word("lo\nyou 🙂") + word(None, "stop") + DONE
    server.pieces = [OK, *(stream[at : at + 7] for at in range(0, len(stream), 7))]
    deltas = await answer(client, server)
    assert "".join(delta.text for delta in deltas) == "Hello\nyou 🙂"
    assert deltas[-1].finish_reason == "stop" and deltas[0].model == "a-model"
    sent = json.loads(server.requests[0].partition(b"\r\n\r\n")[2])
    assert sent["messages"] == [{"role": "user", "content": "hello"}] and sent["stream"] is True


async def test_a_proxy_never_sees_the_loopback(
    client: GatewayClient, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.pieces = [OK, word("x", "stop"), DONE]
    assert await answer(client, server)


async def test_closing_the_answer_closes_the_connection_at_once(client: GatewayClient, server: Server) -> None:
    server.pieces, server.holds = [OK, word("one")], True
    deltas = client.chat(server.origin, TURNS, "a-model")
    assert (await anext(deltas)).text == "one"
    await deltas.aclose()
    await asyncio.wait_for(server.left.wait(), 60)


async def test_cancelling_before_the_first_word_closes_it_too(
    client: GatewayClient, server: Server, until: Until
) -> None:
    server.pieces, server.holds = [OK], True
    waiting = asyncio.ensure_future(answer(client, server))
    await until(lambda: server.requests)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await asyncio.wait_for(server.left.wait(), 60)


@pytest.mark.parametrize(
    ("pieces", "sentence"),
    [
        ([response(503, ApiError(ErrorCode.NO_SERVING_NODES, "x").to_json())], "No node serves right now"),
        ([response(429, ApiError(ErrorCode.RATE_LIMITED, "x").to_json())], "Too many requests"),
        ([response(400, ApiError(ErrorCode.INVALID_REQUEST, "messages: \x1b[31mbad").to_json())], "messages: bad"),
        ([response(418, b"<html>")], "HTTP status 418"),
        ([response(500, b"[" * 100_000)], "HTTP status 500"),
        ([OK, word("a"), encode_event(ApiError(ErrorCode.STREAM_STALLED, "x").body())], "stopped in the middle"),
        ([OK, word("a")], "broke off"),
        ([OK, b"data: nonsense\n\n"], "can't be read"),
        ([OK, b"data: [1]\n\n"], "can't be read"),
        ([OK, b'data: {"choices": 1}\n\n'], "can't be read"),
        ([OK, b"data: " + b"x" * 300_000], "can't be read"),
        ([b"not http at all\r\n\r\n"], "closed the connection"),
        ([], "closed the connection"),
    ],
)
async def test_what_goes_wrong_is_a_sentence(
    client: GatewayClient, server: Server, pieces: list[bytes], sentence: str
) -> None:
    server.pieces = pieces
    with pytest.raises(ChatError, match=sentence) as raised:
        await answer(client, server)
    assert str(raised.value).isprintable()


async def test_an_answer_without_an_end_is_cut_off(client: GatewayClient, server: Server) -> None:
    server.pieces, server.holds = [OK, *[word("x" * 16_384)] * (MAX_ANSWER_CHARS // 16_384 + 1)], True
    taken = 0
    with pytest.raises(ChatError, match="did not end"):
        async for delta in client.chat(server.origin, TURNS, "a-model"):
            taken += len(delta.text)
    assert taken == MAX_ANSWER_CHARS
    await asyncio.wait_for(server.left.wait(), 30.0)


async def test_nobody_there_is_a_sentence(client: GatewayClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        origin = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(ChatError, match="no connection can be made"):
        await anext(client.chat(origin, TURNS, "m"))
    with pytest.raises(GatewayUnreachable, match="out of reach"):
        await client.models(origin)


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"data": 1}', b'{"data": [{}]}', b"[" * 100_000])
async def test_a_server_that_is_no_gateway_is_told(client: GatewayClient, server: Server, body: bytes) -> None:
    server.pieces = [response(200, body)]
    with pytest.raises(GatewayUnreachable, match="not like a R3MES gateway"):
        await client.models(server.origin)
    server.pieces = [response(404, b"")]
    with pytest.raises(GatewayUnreachable, match="404"):
        await client.models(server.origin)


def test_loopback_is_known() -> None:
    assert is_loopback("http://127.0.0.1:1") and is_loopback("http://[::1]:1") and is_loopback("http://localhost")
    assert not is_loopback("https://example.org") and not is_loopback("http://10.0.0.1")


async def test_the_monitor_sees_a_gateway_come_and_go(client: GatewayClient, server: Server, until: Until) -> None:
    reports: list[GatewayReport] = []
    monitor = GatewayMonitor(client, reports.append)
    monitor.start()
    server.pieces = [response(200, b'{"data": [{"id": "a"}, {"id": "b"}]}')]
    monitor.watch(server.origin)
    await until(lambda: reports and reports[-1].models == ("a", "b"))
    assert reports[-1].reachable
    server.pieces = []
    monitor.look_now()
    await until(lambda: not reports[-1].reachable)
    assert "closed the connection" in reports[-1].message
    await monitor.close()


def test_the_monitor_asks_less_while_nothing_changes_and_never_stops_asking() -> None:
    for has_models, first, last in ((True, 5.0, 30.0), (False, 2.0, 20.0)):
        pauses = [pause_s(has_models, alike) for alike in range(10_000)]
        assert pauses[0] == first and pauses[-1] == last
        assert pauses == sorted(pauses)


async def test_the_monitor_takes_the_first_that_answers_and_goes_back(
    client: GatewayClient, server: Server, until: Until, unused_tcp_port: int
) -> None:
    reports: list[GatewayReport] = []
    monitor = GatewayMonitor(client, reports.append)
    monitor.start()
    dead = f"http://127.0.0.1:{unused_tcp_port}"
    server.pieces = [response(200, b'{"data": [{"id": "a"}]}')]
    monitor.watch(dead, server.origin)
    await until(lambda: reports and reports[-1].reachable)
    assert reports[-1].origin == server.origin
    server.pieces = []
    monitor.look_now()
    await until(lambda: not reports[-1].reachable)
    assert reports[-1].origin == dead and dead in reports[-1].message, "the preferred one's trouble is told"
    await monitor.close()
