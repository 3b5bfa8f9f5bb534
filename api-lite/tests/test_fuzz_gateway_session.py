"""Hostile nodes against a real gateway: each bad socket is closed with a code, and good streams go on undisturbed."""

from __future__ import annotations

import asyncio
import json
import random
import struct
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from nacl.signing import SigningKey
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from r3mes_protocol import NODE_SUBPROTOCOL
from r3mes_protocol.frames import FrameKind, encode_frame
from r3mes_protocol.messages import (
    AdapterOffer,
    Adapters,
    Bye,
    Cancel,
    Done,
    Drain,
    Failed,
    FailureCode,
    Heartbeat,
    Job,
    LoadAdapter,
    ProtocolError,
    Usage,
    Window,
    parse_gateway_message,
    parse_node_message,
)
from r3mes_protocol.origin import gateway_origin, session_url
from r3mes_protocol.usage import SignedUsage, UsageStatement, sign_usage
from r3mes_protocol.wire import JobId

REGISTER_TIMEOUT_S = 2.0
CLOSED_WITHIN_S = 20.0
"""Far longer than the register time-out: the machine may be busy."""

MOST_GROWTH_BYTES = 32 * 1024 * 1024
"""What hundreds of hostile sockets may leave behind in the allocator; one unbounded frame would be more."""

CLOSE_CODES = {
    1000,  # after a bye
    1002,  # the frames were no WebSocket frames
    1007,  # text that is no UTF-8
    1009,  # a frame larger than the server reads at all
    4001,  # rejected before it was registered
    4002,  # replaced by a newer session of the same node
    4004,  # broke the protocol
}
ENDLESS = b"x" * 60_000


def _signed_usage(job_id: JobId) -> SignedUsage:
    key = SigningKey(bytes(32))
    return sign_usage(
        key,
        UsageStatement(
            gateway="https://gateway.example",
            job_id=job_id,
            completion_id="c",
            node_id=bytes(key.verify_key).hex(),
            model="m",
            adapter=None,
            prompt_tokens=2**53,
            completion_tokens=2**53,
            response_bytes=0,
            response_sha256="00" * 32,
        ),
    )


class Hostile:
    """Makes what a hostile node may send. The same seed says the same."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        job_id = JobId("ab" * 8)
        usage = Usage(prompt_tokens=1, completion_tokens=1)
        self.valid: list[str | bytes] = [
            Heartbeat(active=0, queued=0).to_json(),
            Heartbeat(active=2**53, queued=2**53, draining=True).to_json(),
            Adapters(changed=(AdapterOffer(name="a"),), removed=("b", "c")).to_json(),
            Done(job_id=job_id, finish_reason="stop", usage=usage).to_json(),
            Done(job_id=job_id, finish_reason="stop", usage=usage, signed_usage=_signed_usage(job_id)).to_json(),
            Failed(job_id=job_id, code=FailureCode.CAPACITY, message="\x1b[2J", retryable=True).to_json(),
            Drain(reason="x" * 1000).to_json(),
            *(encode_frame(job_id, kind, b"data: {}\n\n") for kind in FrameKind),
        ]
        self.foreign = [
            Window(job_id=job_id, bytes=2**31).to_json(),
            Cancel(job_id=job_id).to_json(),
            LoadAdapter(name="a").to_json(),
            '{"type":"registered","generation":1,"limits":{"max_jobs":4096}}',
            '{"type":"rejected","code":"malformed","message":"you"}',
            '{"type":"hello"}',
            '{"cmd":"stop"}',
            '{"event":"stopped","exit_code":0}',
        ]

    def junk(self) -> str | bytes:
        """Something that no node may say."""
        makers = (self.mutant, self.mutant, self.mutant, self.other, self.large, self.deep)
        while True:
            frame = self.random.choice(makers)()
            if not is_valid(frame):
                return frame

    def mutant(self) -> str | bytes:
        frame = self.random.choice(self.valid)
        data = bytearray(frame.encode() if isinstance(frame, str) else frame)
        for _ in range(self.random.choice((1, 2, 8))):
            first, second = sorted((self.random.randint(0, len(data)), self.random.randint(0, len(data))))
            match self.random.randrange(4):
                case 0:
                    del data[first:]
                case 1:
                    data = data[first:second] + data[:first] + data[second:]
                case 2:
                    data[first:second] = data[first:second] * 3
                case 3 if data:
                    data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        return data.decode("utf-8", "replace") if isinstance(frame, str) else bytes(data)

    def other(self) -> str | bytes:
        return self.random.choice((*self.foreign, "", "null", "[]", "{}", "0", b"", b"\x00" * 9, b"\xff" * 100))

    def large(self) -> str | bytes:
        size = self.random.choice((16_385, 65_537, 100_000, 200_000, 3_000_000))
        return self.random.choice(("x" * size, b"\x01" * size, json.dumps({"type": "bye", "reason": "x" * size})))

    def deep(self) -> str:
        return self.random.choice(('{"type":' * 8000, "[" * 10_000, '{"type":"bye","reason":' + "9" * 10_000 + "}"))


def is_valid(frame: str | bytes) -> bool:
    """Whether it may be said at least once by a registered node. A stray binary frame may."""
    if isinstance(frame, bytes):
        return 9 < len(frame) <= 65_536 and frame[8] in (0, 1, 2)
    with suppress(ProtocolError):
        return parse_node_message(frame).type != "register"
    return False


@dataclass
class Toll:
    """What became of the hostile sockets."""

    codes: Counter[Any] = field(default_factory=Counter)


async def dial(url: str) -> ClientConnection:
    return await connect(
        session_url(gateway_origin(url)),
        subprotocols=[Subprotocol(NODE_SUBPROTOCOL)],
        compression=None,
        ping_interval=None,
        proxy=None,
        max_size=4 * 1024 * 1024,
        close_timeout=1,
    )


async def last_words(socket: ClientConnection) -> tuple[int | None, list[Any]]:
    """Everything that the gateway still says, and the code with which it closes."""
    said: list[Any] = []
    with suppress(ConnectionClosed):
        async with asyncio.timeout(CLOSED_WITHIN_S):
            while True:
                said.append(parse_gateway_message(await socket.recv()))
    return socket.close_code, said


async def send_all(socket: ClientConnection, frames: list[str | bytes]) -> None:
    # The gateway may close before it has read everything.
    with suppress(ConnectionClosed):
        for frame in frames:
            await socket.send(frame)


def judged(code: int | None, said: list[Any], toll: Toll) -> None:
    toll.codes[code] += 1
    # A peer that keeps sending may lose the close frame in a reset of the connection, which is 1006 or None.
    assert code in CLOSE_CODES | {1006, None}, (code, said)
    if code in (4001, 4004):
        assert said and said[-1].type == "rejected" and said[-1].message.isprintable()


async def attack_before_registration(url: str, hostile: Hostile, start: Any, gateway: Any, toll: Toll) -> None:
    socket = await dial(url)
    try:
        await socket.recv()
        frames = [hostile.junk() for _ in range(hostile.random.choice((1, 1, 3, 20)))]
        if hostile.random.random() < 0.2:
            frames.insert(0, hostile.random.choice(hostile.valid))
        await send_all(socket, frames)
        code, said = await last_words(socket)
        judged(code, said, toll)
        assert not any(message.type == "registered" for message in said)
    finally:
        await socket.close()


async def attack_with_a_broken_registration(url: str, hostile: Hostile, start: Any, gateway: Any, toll: Toll) -> None:
    node = await start(gateway, register=False, models=("hostile",))
    await node.dial()
    document = json.loads(node.registration().to_json())
    match hostile.random.randrange(5):
        case 0:
            document["signature"] = hostile.random.choice(("00" * 64, document["signature"][::-1], "zz" * 64, ""))
        case 1:
            document["node_id"] = hostile.random.choice(("00" * 32, "ab" * 32, "x", None))
        case 2:
            document["models"] = [{"name": "hostile", "context_tokens": 1}] * 100
        case 3:
            document["device"] = {"kind": "cuda", "name": "\x1b[31m", "memory_mb": -1}
        case 4:
            document["available_loras"] = [{"name": "a" * 128, "digest": "0" * 64}] * 100
    await send_all(node.socket, [json.dumps(document)])
    code, said = await last_words(node.socket)
    judged(code, said, toll)
    assert code == 4001 and said[-1].type == "rejected", (document, said)


async def attack_after_registration(url: str, hostile: Hostile, start: Any, gateway: Any, toll: Toll) -> None:
    node = await start(gateway, register=False, models=("hostile",))
    await node.dial()
    await send_all(node.socket, [node.registration().to_json()])
    assert (await node.receive()).type == "registered"
    frames = [hostile.random.choice(hostile.valid) for _ in range(hostile.random.choice((0, 3, 30)))]
    frames.append(node.registration().to_json() if hostile.random.random() < 0.2 else hostile.junk())
    frames += [hostile.junk() for _ in range(hostile.random.choice((0, 3)))]
    await send_all(node.socket, frames)
    judged(*await last_words(node.socket), toll)


async def attack_with_strays(url: str, hostile: Hostile, start: Any, gateway: Any, toll: Toll) -> None:
    node = await start(gateway, register=False, models=("hostile",))
    await node.dial()
    strays: list[str | bytes] = [encode_frame(JobId("cd" * 8), FrameKind.CONTENT, ENDLESS) for _ in range(200)]
    await send_all(node.socket, [node.registration().to_json(), *strays])
    judged(*await last_words(node.socket), toll)


def websocket_frame(first: int, second: int, body: bytes = b"") -> bytes:
    return bytes((first, second)) + body


RAW = [
    websocket_frame(0x81, 0x05, b"hello"),  # a client's frame without a mask
    websocket_frame(0x83, 0x80, bytes(4)),  # an opcode that is not in use
    websocket_frame(0xF1, 0x80, bytes(4)),  # reserved bits
    websocket_frame(0x89, 0xFE, struct.pack("!H", 1000) + bytes(1004)),  # a ping that is too large
    websocket_frame(0x80, 0x80, bytes(4)),  # a continuation of nothing
    websocket_frame(0x82, 0xFF, struct.pack("!Q", 2**63 - 1) + bytes(4)),  # a frame without end
    websocket_frame(0x82, 0xFF, struct.pack("!Q", 2**40) + bytes(4) + ENDLESS),
    websocket_frame(0x81, 0x82, bytes(4) + b"\xff\xff"),  # text that is no UTF-8
    websocket_frame(0x01, 0x81, bytes(4) + b"a")
    + websocket_frame(0x00, 0xFE, struct.pack("!H", 60_000) + bytes(4) + ENDLESS) * 20,
    websocket_frame(0x88, 0x81, bytes(4) + b"a"),  # half a close code
    b"GET / HTTP/1.1\r\n\r\n" * 50,
    bytes(range(256)) * 50,
]


async def attack_the_socket_itself(url: str, hostile: Hostile, start: Any, gateway: Any, toll: Toll) -> None:
    await say_raw(url, hostile.random.choice(RAW))
    toll.codes["raw"] += 1


async def say_raw(url: str, data: bytes) -> None:
    """Opens a session, sends bytes as they are, and waits until the gateway has had enough."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(
            f"GET /v1/nodes/session HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {NODE_SUBPROTOCOL}\r\n\r\n".encode()
        )
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), CLOSED_WITHIN_S)
        assert b" 101 " in head.split(b"\r\n")[0]
        # A gateway that resets the connection has closed it too.
        with suppress(ConnectionError):
            writer.write(data)
            await writer.drain()
            async with asyncio.timeout(CLOSED_WITHIN_S):
                said = b"?"
                # Until it closes, or says that it does: it would wait for an answer to that.
                while said and b"\x88" not in said:
                    said = await reader.read(65_536)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


ATTACKS: list[Callable[..., Awaitable[None]]] = [
    attack_before_registration,
    attack_before_registration,
    attack_after_registration,
    attack_after_registration,
    attack_with_a_broken_registration,
    attack_with_strays,
    attack_the_socket_itself,
    attack_the_socket_itself,
]


class GoodStreams:
    """A client and a node that mind their own business while the others rage."""

    def __init__(self, client: httpx.AsyncClient, url: str, prompt: dict[str, Any], words: list[str]) -> None:
        self._client = client
        self._url = f"{url}/v1/chat/completions"
        self._prompt = {**prompt, "stream": True}
        self._words = words
        self.streams = 0
        self.longest_pause_s = 0.0
        self.enough = asyncio.Event()

    async def run(self) -> None:
        while not self.enough.is_set():
            text = ""
            heard = time.monotonic()
            async with self._client.stream("POST", self._url, json=self._prompt) as response:
                assert response.status_code == 200
                lines = [line async for line in self._timed(response, heard)]
            events = [json.loads(line.removeprefix("data: ")) for line in lines if line not in ("", "data: [DONE]")]
            for event in events:
                text += event["choices"][0]["delta"].get("content", "")
            assert text == "".join(self._words), "not a word is lost, doubled or from another node"
            assert lines.count("data: [DONE]") == 1
            self.streams += 1

    async def _timed(self, response: httpx.Response, heard: float) -> Any:
        async for line in response.aiter_lines():
            now = time.monotonic()
            self.longest_pause_s = max(self.longest_pause_s, now - heard)
            heard = now
            yield line


async def rage(
    seed: int, sockets: int, start_gateway: Any, start_node: Any, client: Any, until: Any, prompt: Any
) -> None:
    gateway = start_gateway(
        inference_mode="remote",
        node_auth="open",
        register_timeout_s=REGISTER_TIMEOUT_S,
        registrations_per_minute=10_000,
    )
    words = [f"word{number} " for number in range(20)]

    async def answer(job: Any) -> None:
        await job.answer(*words, pause_s=0.01)

    good = await start_node(gateway, answer)
    streams = GoodStreams(client, gateway.url, prompt(), words)
    streaming = asyncio.create_task(streams.run())
    toll = Toll()
    try:
        await until(lambda: streams.streams >= 2 or streaming.done(), "the good streams flow")
        before = gateway.rss_bytes()
        hostile = Hostile(seed)
        for _ in range(0, sockets, 8):
            attacks = [hostile.random.choice(ATTACKS) for _ in range(8)]
            async with asyncio.TaskGroup() as group:
                for attack in attacks:
                    group.create_task(attack(gateway.url, hostile, start_node, gateway, toll))
            if streaming.done():
                streaming.result()
        streams.enough.set()
        await asyncio.wait_for(streaming, CLOSED_WITHIN_S)
    finally:
        streaming.cancel()
        await asyncio.gather(streaming, return_exceptions=True)
    print(f"{streams.streams} good streams, longest pause {streams.longest_pause_s:.3f} s, closed: {dict(toll.codes)}")
    assert streams.longest_pause_s < 5, "a hostile socket must not hold up the others"
    assert gateway.rss_bytes() - before < MOST_GROWTH_BYTES
    assert {4001, 4004, "raw"} <= toll.codes.keys(), toll
    assert toll.codes[1006] + toll.codes[None] < sum(toll.codes.values()) / 2, toll
    assert good.bye is None and good.rejected is None

    async def one_node_left() -> bool:
        health = (await client.get(f"{gateway.url}/health")).json()
        return bool(health["nodes"] == 1 and health["requests"] == 0)

    await until(one_node_left, "only the good node is left")


async def test_hostile_nodes_disturb_nobody(
    start_gateway: Any, start_node: Any, client: Any, until: Any, chat_prompt: Any
) -> None:
    await rage(20261123, 96, start_gateway, start_node, client, until, chat_prompt)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
async def test_hostile_nodes_in_a_long_campaign(
    seed: int, start_gateway: Any, start_node: Any, client: Any, until: Any, chat_prompt: Any
) -> None:
    await rage(seed, 480, start_gateway, start_node, client, until, chat_prompt)


# --- answers of a hostile node -----------------------------------------------------------------------------------


async def hostile_answer(hostile: Hostile, job: Any) -> None:
    """A handful of frames for a real job, of which some are right."""
    frames: list[str | bytes] = []
    for _ in range(hostile.random.choice((1, 3, 12))):
        payload = hostile.random.choice(
            (job.event("x"), job.event("x"), b"data: {}\n\n", b"data: [DONE]\n\n", b"x", b"data: {", b"\n\n", ENDLESS)
        )
        frames.append(encode_frame(job.job_id, hostile.random.choice(tuple(FrameKind)), payload))
    done = Done(job_id=job.job_id, finish_reason="stop", usage=Usage(prompt_tokens=1, completion_tokens=1)).to_json()
    failed = Failed(
        job_id=job.job_id, code=hostile.random.choice(tuple(FailureCode)), message="\x1b]0;x\x07", retryable=True
    ).to_json()
    frames += hostile.random.choice(([done], [failed], [done, failed], [failed, done, done], [hostile.junk()]))
    if hostile.random.random() < 0.5:
        hostile.random.shuffle(frames)
    job.terminal_sent = True
    for frame in frames:
        await (job.node.send_text(frame) if isinstance(frame, str) else job.node.send_bytes(frame))
    if hostile.random.random() < 0.2:
        job.node.vanish()


async def test_every_answer_of_a_hostile_node_ends_in_time(
    start_gateway: Any, start_node: Any, ask: Any, until: Any, chat_prompt: Any
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", registrations_per_minute=10_000)
    hostile = Hostile(7)
    outcomes: Counter[str] = Counter()
    node: Any = None
    for _ in range(40):
        if node is None or node.socket.close_code is not None:
            node = await start_node(gateway, lambda job: hostile_answer(hostile, job), models=("hostile",))
        streamed = await asyncio.wait_for(ask(gateway, chat_prompt(model="hostile")), CLOSED_WITHIN_S)
        if streamed.status != 200:
            outcomes[f"{streamed.status} {streamed.error['code']}"] += 1
        else:
            assert streamed.done, "never a silent end"
            outcomes["error in the stream" if streamed.error else "answered"] += 1
        # A socket that broke the protocol is on its way out and must not get the next question.
        await asyncio.sleep(0.05)
    print(dict(outcomes))
    assert len(outcomes) >= 3, outcomes


async def test_unregistered_sockets_are_bounded_and_make_room_again(start_gateway: Any, until: Any) -> None:
    gateway = start_gateway(
        inference_mode="remote", node_auth="open", register_timeout_s=REGISTER_TIMEOUT_S, max_unregistered_sockets=8
    )
    sockets: list[ClientConnection] = []
    refused = 0
    for _ in range(40):
        try:
            sockets.append(await dial(gateway.url))
        except InvalidStatus as refusal:
            refused += 1
            assert refusal.response.status_code == 503
    assert len(sockets) >= 8 and refused >= 1
    for socket in sockets:
        code, said = await last_words(socket)
        assert code == 4001 and said[-1].code.value == "register_timeout"

    async def room() -> bool:
        with suppress(InvalidStatus):
            await (await dial(gateway.url)).close()
            return True
        return False

    await until(room, "there is room again")


async def test_a_message_of_nothing_without_end_is_bounded(start_gateway: Any) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", register_timeout_s=REGISTER_TIMEOUT_S)
    before = gateway.rss_bytes()
    nothing = websocket_frame(0x00, 0x80, bytes(4)) * 100_000
    await asyncio.gather(*(say_raw(gateway.url, websocket_frame(0x01, 0x80, bytes(4)) + nothing) for _ in range(4)))
    assert gateway.rss_bytes() - before < MOST_GROWTH_BYTES


def test_the_generator_makes_what_no_node_may_say() -> None:
    hostile = Hostile(1)
    frames = [hostile.junk() for _ in range(300)]
    assert not any(is_valid(frame) for frame in frames)
    assert {type(frame) for frame in frames} == {str, bytes}
    assert not is_valid(
        Job(job_id="0" * 16, completion_id="c", body={}, first_token_deadline_ms=1, deadline_ms=1).to_json()
    )
    assert is_valid(Bye().to_json())
