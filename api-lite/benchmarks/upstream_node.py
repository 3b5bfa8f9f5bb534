"""A node for benchmarks: it dials a gateway in and has its jobs answered by an OpenAI-compatible server on loopback.

    python api-lite/benchmarks/upstream_node.py http://127.0.0.1:8000 http://127.0.0.1:9001 [--model mock-model]

As thin as a node can be, since it shares the machine with the gateway that is measured: connections are kept, what the
server streams goes on as it comes. It has no flow control of its own and no use outside of measurements.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import deque
from typing import Any, cast

import httptools
import uvloop
from dial_in import dial_in
from websockets.asyncio.client import ClientConnection

from r3mes_protocol.frames import FrameKind, encode_frame
from r3mes_protocol.messages import (
    Done,
    Failed,
    FailureCode,
    Heartbeat,
    Usage,
)
from r3mes_protocol.wire import JobId

DONE = b"data: [DONE]\n\n"


class Upstream(asyncio.Protocol):
    """One connection to the server; serves one request at a time."""

    def __init__(self) -> None:
        self.pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self.pieces.put_nowait(body)

    def on_message_complete(self) -> None:
        self.pieces.put_nowait(None)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self.pieces.put_nowait(None)


class Node:
    def __init__(self, upstream: str, socket: ClientConnection) -> None:
        self._host, port = upstream.removeprefix("http://").rstrip("/").split(":")
        self._port = int(port)
        self._socket = socket
        self._free: deque[Upstream] = deque()

    async def serve(self, job: dict[str, Any]) -> None:
        job_id = JobId(job["job_id"])
        body = job["body"]
        del body["adapter"]
        connection = await self._ask(json.dumps(body).encode())
        usage = Usage(prompt_tokens=1, completion_tokens=1)
        if body.get("stream"):
            well = await self._stream(job_id, connection)
        else:
            well = await self._whole(job_id, job["completion_id"], connection)
        if connection.transport is not None:
            self._free.append(connection)
        if well:
            end: Done | Failed = Done(job_id=job_id, finish_reason="stop", usage=usage)
        else:
            end = Failed(job_id=job_id, code=FailureCode.ENGINE_ERROR, message="No answer.", retryable=True)
        await self._socket.send(end.to_json())

    async def _ask(self, data: bytes) -> Upstream:
        connection = self._free.pop() if self._free else None
        if connection is None or connection.transport is None:
            _, connection = await asyncio.get_running_loop().create_connection(Upstream, self._host, self._port)
        assert connection.transport is not None
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: {self._host}\r\ncontent-type: application/json\r\n"
        connection.transport.write(f"{head}content-length: {len(data)}\r\n\r\n".encode() + data)
        return connection

    async def _stream(self, job_id: JobId, connection: Upstream) -> bool:
        well = False
        while (piece := await connection.pieces.get()) is not None:
            # The finish chunk and `[DONE]` are the gateway's to write.
            piece = piece.removesuffix(DONE)
            if b'"finish_reason":"stop"' in piece or b'"finish_reason": "stop"' in piece:
                piece = piece[: piece.rfind(b"data: ")]
            if piece:
                well = True
                await self._socket.send(encode_frame(job_id, FrameKind.CONTENT, piece))
        return well

    async def _whole(self, job_id: JobId, completion_id: str, connection: Upstream) -> bool:
        answer = b""
        while (piece := await connection.pieces.get()) is not None:
            answer += piece
        if not answer:
            return False
        content = json.loads(answer)["choices"][0]["message"]["content"]
        event = {
            "id": completion_id,
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "mock-model",
            "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": None}],
        }
        data = b"data: " + json.dumps(event).encode() + b"\n\n"
        await self._socket.send(encode_frame(job_id, FrameKind.CONTENT, data))
        return True


async def run(gateway: str, upstream: str, model: str) -> None:
    socket, hello = await dial_in(gateway, model=model, max_concurrency=128)
    async with socket:
        node = Node(upstream, socket)

        async def beat() -> None:
            while True:
                await asyncio.sleep(hello.heartbeat_s)
                await socket.send(Heartbeat(active=0, queued=0).to_json())

        tasks: set[asyncio.Task[None]] = {asyncio.create_task(beat())}
        async for frame in socket:
            message = json.loads(frame)
            if message["type"] == "job":
                task = asyncio.create_task(node.serve(message))
                tasks.add(task)
                task.add_done_callback(tasks.discard)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("gateway")
    parser.add_argument("upstream")
    parser.add_argument("--model", default="mock-model")
    arguments = parser.parse_args()
    uvloop.run(run(arguments.gateway, arguments.upstream, arguments.model))


if __name__ == "__main__":
    main()
