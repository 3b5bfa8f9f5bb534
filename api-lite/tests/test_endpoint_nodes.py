"""Nodes that are called at an endpoint: a real gateway and a scripted OpenAI-compatible server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

StartServer = Callable[..., Awaitable[Any]]

OWN_NETWORKS = "127.0.0.0/8,::1/128"


# --- an OpenAI-compatible server whose every byte is scripted ---


@dataclass
class Asked:
    """One request as the server sees it."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    connection: int
    sent: int = 0
    gone_at: float | None = None
    """When the client closed the connection, on the monotonic clock."""
    keep: bool = False
    """The connection is used again; otherwise it is closed after the script."""
    _watch: asyncio.Task[None] | None = field(default=None, repr=False)

    def watch(self) -> None:
        """Notes when the client goes; such a connection can't be used again."""

        async def until_gone() -> None:
            with contextlib.suppress(OSError):
                await self.reader.read(1)
            self.gone_at = time.monotonic()

        self._watch = asyncio.create_task(until_gone())

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()
        self.sent += len(data)

    async def head(self, status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", "transfer-encoding: chunked"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.raw(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def part(self, data: bytes) -> None:
        await self.raw(b"%x\r\n%b\r\n" % (len(data), data))

    async def event(self, document: Any) -> None:
        text = document if isinstance(document, str) else json.dumps(document)
        await self.part(f"data: {text}\n\n".encode())

    async def chunk(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        await self.event(
            {
                "id": "cmpl-theirs",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": "/models/theirs",
                "system_fingerprint": "theirs",
                "choices": [choice],
                "usage": None,
                **more,
            }
        )

    async def say(self, *words: str) -> None:
        for word in words:
            await self.chunk({"content": word})

    async def finish(self, reason: str = "stop", usage: tuple[int, int] | None = (7, 3)) -> None:
        await self.chunk({}, reason)
        if usage is not None:
            counts = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
            await self.event({"id": "cmpl-theirs", "choices": [], "usage": counts})
        await self.event("[DONE]")
        self.keep = True
        await self.raw(b"0\r\n\r\n")

    async def answer(self, *words: str) -> None:
        await self.head()
        await self.chunk({"role": "assistant", "content": ""})
        await self.say(*words)
        await self.finish(usage=(7, len(words)))

    async def refuse(self, status: int, document: Any = None, **headers: str) -> None:
        self.keep = True
        await self.head(status, "application/json", **headers)
        await self.part(json.dumps(document or {"error": {"message": "theirs"}}).encode())
        await self.raw(b"0\r\n\r\n")


Script = Callable[[Asked], Awaitable[None]]


class FakeOpenAI:
    def __init__(self, script: Script, context: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.context = context
        self.asked: list[Asked] = []
        self.connections = 0
        self.errors: list[BaseException] = []
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> FakeOpenAI:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.context)
        return self

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def url(self, host: str = "localhost") -> str:
        return f"http{'s' if self.context else ''}://{host}:{self.port}/v1"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        self._writers.append(writer)
        number = self.connections
        try:
            while True:
                asked = await self._read(reader, writer, number)
                if asked is None:
                    return
                self.asked.append(asked)
                await self.script(asked)
                if not asked.keep:
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        except Exception as error:
            self.errors.append(error)
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> Asked | None:
        head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
        if not head:
            return None
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return Asked(first.split(" ")[1], headers, json.loads(body or b"{}"), reader, writer, number)

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        assert not self.errors, self.errors


@pytest.fixture(scope="module")
def lasting(start_process: Any) -> Any:
    """Calls endpoints on this machine; one process for all tests."""
    return start_process(
        {
            "R3MES_INFERENCE_MODE": "remote",
            "R3MES_NODE_AUTH": "open",
            "R3MES_ENDPOINT_NETWORKS": OWN_NETWORKS,
            "R3MES_ROOM_WAIT_S": "0.3",
            "R3MES_STALL_S": "1.5",
        }
    )


@pytest.fixture
async def gateway(lasting: Any, when_empty: Any) -> Any:
    return await when_empty(lasting)


@pytest.fixture
async def start_server() -> AsyncIterator[StartServer]:
    servers: list[Any] = []

    async def start(script: Any, context: ssl.SSLContext | None = None) -> Any:
        servers.append(await FakeOpenAI(script, context).start())
        return servers[-1]

    yield start
    for server in servers:
        await server.close()


async def _hello(asked: Any) -> None:
    await asked.answer("Hello", " there", "!")


# --- an answer ---


async def test_an_answer_has_the_gateways_id_and_names_and_the_servers_words(
    gateway: Any, start_server: StartServer, start_node: Any, ask: Any, chat_prompt: Any, client: httpx.AsyncClient
) -> None:
    server = await start_server(_hello)
    node = await start_node(gateway, endpoint=server.url())
    assert node.registered is not None
    bounds = {"max_completion_tokens": 3, "max_tokens": 1000}
    answer = await ask(gateway, chat_prompt(temperature=0.5, stream_options={"include_usage": True}, **bounds))
    assert (answer.text, answer.finish_reason, answer.done, answer.error) == ("Hello there!", "stop", True, None)
    assert {event["model"] for event in answer.events} == {"test-model"}
    assert len({event["id"] for event in answer.events}) == 1 and "theirs" not in json.dumps(answer.events)
    assert answer.events[-1]["usage"]["completion_tokens"] == 3 and answer.events[-1]["usage"]["prompt_tokens"] == 7

    whole = (await client.post(f"{gateway.url}/v1/chat/completions", json=chat_prompt())).json()
    assert whole["choices"][0]["message"]["content"] == "Hello there!" and whole["usage"]["total_tokens"] == 10
    first = server.asked[0]
    assert first.path == "/v1/chat/completions" and "authorization" not in first.headers
    assert first.body["model"] == "test-model" and first.body["stream"] is True and first.body["temperature"] == 0.5
    assert first.body["stream_options"] == {"include_usage": True} and "adapter" not in first.body
    # Whichever of the two a server reads.
    assert (first.body["max_completion_tokens"], first.body["max_tokens"]) == (3, 3)
    # Nothing of it went over the session, and one connection served both.
    assert node.jobs == [] and server.connections == 1
    shown = (await client.get(f"{gateway.url}/v1/nodes/{node.node_id}")).json()
    assert shown["reached_by"] == "endpoint" and "localhost" not in json.dumps(shown) and shown["jobs"] == 0


async def test_adapters_are_asked_for_in_the_place_of_the_model(
    gateway: Any, start_server: StartServer, start_node: Any, ask: Any, chat_prompt: Any, golden_adapter: Any
) -> None:
    server = await start_server(_hello)
    await start_node(gateway, endpoint=server.url("127.0.0.1"), adapters=(golden_adapter,))
    answer = await ask(gateway, chat_prompt(adapter="poet"))
    assert answer.text == "Hello there!" and server.asked[0].body["model"] == "poet"
    assert {event["model"] for event in answer.events} == {"test-model"}


@pytest.fixture
def golden_adapter() -> Any:
    from r3mes_protocol.messages import AdapterOffer

    return AdapterOffer(name="poet", base_model="test-model")


async def test_https_with_a_private_authority_and_a_token_from_the_operators_file(
    start_gateway: Any, start_server: StartServer, start_node: Any, ask: Any, tmp_path: Path, client: httpx.AsyncClient
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here to make a certificate for the test")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    tokens = tmp_path / "tokens.json"
    gateway = start_gateway(
        inference_mode="remote",
        node_auth="open",
        endpoint_networks=OWN_NETWORKS,
        endpoint_certificates=certificate,
        endpoint_token_file=tokens,
    )
    server = await start_server(_hello, context)
    # A file that others can read stops the endpoint, not the gateway.
    tokens.write_text("{}")
    tokens.chmod(0o644)
    refused = await start_node(gateway, endpoint=server.url())
    assert refused.rejected.code.value == "endpoint_refused" and "operator" in refused.rejected.message
    assert "chmod 600" in gateway.log_text()
    tokens.write_text(json.dumps({refused.node_id: "sk-very-secret"}))
    tokens.chmod(0o600)
    await start_node(gateway, endpoint=server.url(), key=refused.key)
    assert (await ask(gateway)).text == "Hello there!"
    assert server.asked[0].headers["authorization"] == "Bearer sk-very-secret"
    assert server.asked[0].headers["host"] == f"localhost:{server.port}"
    for page in ("/v1/nodes", "/", "/metrics"):
        assert "very-secret" not in (await client.get(gateway.url + page)).text
    assert "very-secret" not in gateway.log_text()


async def test_a_certificate_for_another_name_is_not_believed(
    gateway: Any, start_server: StartServer, start_node: Any, ask: Any, tmp_path: Path
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here to make a certificate for the test")
    files = [*("-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem"))]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        *files,
    ]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server = await start_server(_hello, context)
    await start_node(gateway, endpoint=server.url())
    assert (await ask(gateway)).error["code"] == "NODE_FAILED"
    assert server.asked == []


# --- what goes wrong ---


async def _dies(asked: Any) -> None:
    await asked.head()
    asked.writer.transport.abort()


async def _ends_early(asked: Any) -> None:
    await asked.head()
    await asked.chunk({"role": "assistant"})
    await asked.raw(b"0\r\n\r\n")


async def _reports(asked: Any) -> None:
    await asked.head()
    await asked.event({"error": {"message": "CUDA out of memory", "code": 500}})


async def _no_json(asked: Any) -> None:
    await asked.head()
    await asked.event("{")


async def _page(asked: Any) -> None:
    await asked.head(200, "text/html")
    await asked.part(b"<html>")


async def _packed(asked: Any) -> None:
    await asked.head(content_encoding="gzip")
    await asked.part(b"\x1f\x8b")


async def _floods(asked: Any) -> None:
    await asked.head()
    await asked.part(b"data: " + b"x" * 200_000)


async def _no_http(asked: Any) -> None:
    await asked.raw(b"SSH-2.0-OpenSSH\r\n\r\n")


@pytest.mark.parametrize(
    "script", [_dies, _ends_early, _reports, _no_json, _page, _packed, _floods, _no_http, "500", "401", "302", "closed"]
)
async def test_what_an_endpoint_does_wrong_moves_the_request_to_another_node(
    gateway: Any, start_server: StartServer, start_node: Any, ask: Any, script: Any
) -> None:
    trap = await start_server(_hello)
    if isinstance(script, str):

        async def refuse(asked: Any, status: str = script) -> None:
            await asked.refuse(int(status), location=trap.url())

        bad = await start_server(_hello if script == "closed" else refuse)
        if script == "closed":
            await bad.close()
    else:
        bad = await start_server(script)
    url = bad.url() if script != "closed" else "http://127.0.0.1:1"
    if script == "closed":
        url = f"http://127.0.0.1:{_free_port()}/v1"
    await start_node(gateway, endpoint=url)
    good = await start_node(gateway, name="the good one")
    answers = [await ask(gateway) for _ in range(4)]
    assert [answer.text for answer in answers] == ["Hello from the good one"] * 4
    assert len(good.jobs) == 4 and trap.asked == []
    # It was asked, and it is left alone now.
    assert script == "closed" or 1 <= len(bad.asked) <= 3


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.mark.parametrize(
    ("status", "body", "code", "http"),
    [
        (400, {"error": {"message": "top_k is wrong", "type": "x"}}, "INVALID_REQUEST", 400),
        (422, {"message": "top_k is wrong"}, "INVALID_REQUEST", 400),
        (
            400,
            {"error": {"message": "This model's maximum context length is 5 tokens: top_k is wrong"}},
            "CONTEXT_TOO_LONG",
            400,
        ),
        (404, {"error": {"message": "top_k is wrong"}}, "MODEL_NOT_FOUND", 404),
        (429, {"error": {"message": "slow down"}}, "NETWORK_BUSY", 503),
    ],
)
async def test_what_is_not_the_nodes_fault_is_not_held_against_it(
    gateway: Any, start_server: StartServer, start_node: Any, ask: Any, status: int, body: Any, code: str, http: int
) -> None:
    async def refuse(asked: Any) -> None:
        await asked.refuse(status, body)

    server = await start_server(refuse)
    await start_node(gateway, endpoint=server.url())
    for _ in range(4):
        answer = await ask(gateway)
        assert (answer.status, answer.error["code"]) == (http, code)
        assert status == 429 or "top_k is wrong" in answer.error["message"]
    if status != 429:
        # Never tried again, and the breaker did not open.
        assert len(server.asked) == 4
    server.script = _hello
    await asyncio.sleep(1.1 if status == 429 else 0)
    assert (await ask(gateway)).text == "Hello there!"


@pytest.mark.parametrize("how", ["dies", "stalls", "reports"])
async def test_an_endpoint_that_fails_in_mid_answer_is_said_to_have(
    gateway: Any, start_server: StartServer, start_node: Any, ask: Any, how: str
) -> None:
    async def half(asked: Any) -> None:
        await asked.head()
        await asked.say("Half", " an", " answer")
        if how == "stalls":
            asked.watch()
            await asyncio.sleep(30)
        if how == "reports":
            await asked.event({"error": {"message": "out of memory"}})
        asked.writer.transport.abort()

    server = await start_server(half)
    await start_node(gateway, endpoint=server.url())
    started = time.monotonic()
    answer = await ask(gateway)
    assert answer.text == "Half an answer" and answer.done
    assert answer.error["code"] == ("STREAM_STALLED" if how == "stalls" else "NODE_FAILED")
    assert time.monotonic() - started < 6


async def test_a_broken_answer_is_continued_by_another_endpoint(
    gateway: Any, start_server: StartServer, start_node: Any, ask: Any
) -> None:
    async def half(asked: Any) -> None:
        if asked.body.get("continue_final_message"):
            assert asked.body["messages"][-1] == {"role": "assistant", "content": "one two"}
            await asked.answer(" three", " four")
            return
        await asked.head()
        await asked.say("one", " two")
        asked.writer.transport.abort()

    for _ in range(2):
        await start_node(gateway, endpoint=(await start_server(half)).url(), continues=True)
    answer = await ask(gateway)
    assert (answer.text, answer.error, answer.finish_reason) == ("one two three four", None, "stop")


# --- flow and cancellation ---


@pytest.mark.parametrize("when", ["before a token", "in mid-answer", "from a whole answer"])
async def test_a_client_that_leaves_closes_the_connection_within_100_ms(
    gateway: Any, start_server: StartServer, start_node: Any, chat_prompt: Any, until: Any, when: str
) -> None:
    async def endless(asked: Any) -> None:
        asked.watch()
        if when != "before a token":
            await asked.head()
        while asked.gone_at is None:
            if when != "before a token":
                await asked.say("word ")
            await asyncio.sleep(0.005)

    server = await start_server(endless)
    await start_node(gateway, endpoint=server.url())
    took: list[float] = []
    # The best of five, since the machine of the test may be busy with something else.
    while len(took) < 5 and not (took and took[-1] < 0.1):
        async with httpx.AsyncClient(timeout=60) as leaving:
            body = chat_prompt(stream=when != "from a whole answer")
            request = asyncio.create_task(leaving.post(f"{gateway.url}/v1/chat/completions", json=body, timeout=20))
            asked = await until(lambda: len(server.asked) > len(took) and server.asked[-1], "the endpoint was asked")
            if when != "before a token":
                await until(lambda asked=asked: asked.sent > 2000, "the answer runs")
            request.cancel()
            await asyncio.gather(request, return_exceptions=True)
        left_at = time.monotonic()
        await until(lambda asked=asked: asked.gone_at is not None, "the connection was closed")
        took.append(asked.gone_at - left_at)
    assert took[-1] < 0.1, took

    async def free() -> bool:
        async with httpx.AsyncClient(timeout=60) as other:
            nodes = (await other.get(f"{gateway.url}/v1/nodes")).json()["data"]
        return bool(nodes[0]["jobs"] == 0)

    await until(free, "the place is free again")


async def test_a_slow_reader_stops_the_endpoint_and_costs_no_memory(
    gateway: Any, start_server: StartServer, start_node: Any, chat_prompt: Any, until: Any
) -> None:
    async def sixty_megabytes(asked: Any) -> None:
        await asked.head()
        while asked.sent < 60_000_000:
            await asked.say("x" * 20_000)

    server = await start_server(sixty_megabytes)
    await start_node(gateway, endpoint=server.url())
    before = gateway.rss_bytes()
    host, port = gateway.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port), limit=1024)
    data = json.dumps(chat_prompt(stream=True)).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    asked = await until(lambda: server.asked and server.asked[0], "the endpoint was asked")
    seen = -1
    while seen != asked.sent:
        seen = asked.sent
        await asyncio.sleep(0.5)
    # What the kernel's buffers take, and no more.
    assert 100_000 < asked.sent < 16_000_000
    assert gateway.rss_bytes() - before < 4 * 1024 * 1024
    writer.close()


def two_halves(go_on: asyncio.Event) -> Callable[[Any], Awaitable[None]]:
    """An answer of which the second half waits for the test."""

    async def answer(asked: Any) -> None:
        await asked.head()
        await asked.say("first half")
        await go_on.wait()
        await asked.say(", second half")
        await asked.finish()

    return answer


async def test_a_lost_session_does_not_cut_the_answer_of_its_endpoint(
    gateway: Any, start_server: StartServer, start_node: Any, ask: Any, until: Any, client: httpx.AsyncClient
) -> None:
    go_on = asyncio.Event()
    server = await start_server(two_halves(go_on))
    node = await start_node(gateway, endpoint=server.url())
    running = asyncio.create_task(ask(gateway))
    await until(lambda: server.asked and server.asked[0].sent > 300, "the answer runs")
    node.vanish()

    async def gone() -> bool:
        return (await client.get(f"{gateway.url}/health")).json()["nodes"] == 0

    await until(gone, "the node left")
    go_on.set()
    answer = await running
    assert (answer.text, answer.error, answer.done) == ("first half, second half", None, True)


async def test_sigterm_lets_the_answer_of_an_endpoint_finish(
    start_gateway: Any, start_server: StartServer, start_node: Any, ask: Any, until: Any
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", endpoint_networks=OWN_NETWORKS)
    go_on = asyncio.Event()
    server = await start_server(two_halves(go_on))
    node = await start_node(gateway, endpoint=server.url())
    running = asyncio.create_task(ask(gateway))
    await until(lambda: server.asked and server.asked[0].sent > 300, "the answer runs")
    gateway.terminate()
    await until(lambda: node.draining, "the gateway drains")
    go_on.set()
    assert (await running).text == "first half, second half"
    assert await gateway.ended() == 0


async def test_random_failures_and_leaving_clients_leave_one_end_each_and_no_job_behind(
    gateway: Any, start_server: StartServer, start_node: Any, chat_prompt: Any, until: Any, client: httpx.AsyncClient
) -> None:
    chance = Random(7)

    async def moody(asked: Any) -> None:
        mood = chance.random()
        await asyncio.sleep(chance.random() * 0.02)
        if mood < 0.1:
            await asked.refuse(chance.choice([429, 500, 503]))
            return
        if mood < 0.15:
            asked.writer.transport.abort()
            return
        await asked.head()
        for number in range(10):
            await asked.say(f"{number} ")
            await asyncio.sleep(0.002)
            if chance.random() < 0.01:
                asked.writer.transport.abort()
                return
        await asked.finish()

    for _ in range(3):
        await start_node(gateway, endpoint=(await start_server(moody)).url())

    async def one(number: int) -> str:
        request = asyncio.create_task(stream(chat_prompt(f"{number}")))
        if number % 5 == 0:
            await asyncio.sleep(chance.random() * 0.05)
            request.cancel()
        try:
            return await request
        except asyncio.CancelledError:
            return "left"

    async def stream(body: dict[str, Any]) -> str:
        response = await client.post(f"{gateway.url}/v1/chat/completions", json={**body, "stream": True})
        if response.status_code != 200:
            assert response.json()["error"]["code"] in ("NODE_FAILED", "NETWORK_BUSY")
            return "refused"
        text = response.text
        assert text.endswith("data: [DONE]\n\n") and text.count("[DONE]") == 1
        assert text.count('"finish_reason":"stop"') + text.count('"error"') == 1
        return "broken" if '"error"' in text else "whole"

    ends = await asyncio.gather(*(one(number) for number in range(100)))
    # How many depends on how long the breakers keep moody nodes out.
    assert ends.count("whole") > 15

    async def at_rest() -> bool:
        nodes = (await client.get(f"{gateway.url}/v1/nodes")).json()["data"]
        return len(nodes) == 3 and all(node["jobs"] == 0 for node in nodes)

    await until(at_rest, "every place is free again")


# --- what is not called ---


@pytest.mark.parametrize(
    "endpoint",
    [
        *("http://example.org/v1", "https://127.0.0.1/v1", "https://localhost/v1", "https://[::1]/v1"),
        *("https://10.1.2.3/v1", "https://169.254.169.254/latest", "https://[::ffff:127.0.0.1]/", "https://[fd00::1]/"),
        *("https://user:secret@example.org/", "https://example.org:22/", "https://example.org/v1?key=secret"),
        *(
            "https://0x7f000001/",
            "https://127.1/",
            "wss://example.org/",
            "file:///etc/passwd",
            "https://nowhere.invalid/",
        ),
    ],
)
async def test_an_endpoint_that_could_lead_inside_is_refused(
    remote_gateway: Any, start_node: Any, endpoint: str
) -> None:
    node = await start_node(remote_gateway, endpoint=endpoint)
    assert node.rejected.code.value == "endpoint_refused"
    assert "secret" not in node.rejected.message and "127.0.0.1" not in node.rejected.message
    assert not node.rejected.code.worth_retrying


async def test_an_operator_may_call_no_endpoint_at_all(start_gateway: Any, start_node: Any) -> None:
    gateway = start_gateway(
        inference_mode="remote", node_auth="open", endpoint_nodes="off", endpoint_networks=OWN_NETWORKS
    )
    node = await start_node(gateway, endpoint="http://127.0.0.1:8001/v1")
    assert node.rejected.code.value == "endpoint_refused" and "does not call" in node.rejected.message
