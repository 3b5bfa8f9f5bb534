"""What the gateway itself costs: CPU time a request, a token and a choice, added latency, idle memory.

    python api-lite/benchmarks/gateway_cost.py [--seconds 4] [--only plain,paced]

It starts a gateway, a scripted node and a load generator as processes of their own on loopback. Only the gateway's
CPU time is counted. On a shared machine compare runs with each other, not with another machine's figures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import uvloop
from dial_in import dial_in

from r3mes_api.nodes.registry import NodeRegistry, RegistryLimits
from r3mes_api.routing.choice import Wanted
from r3mes_protocol.control import parse_api_ready
from r3mes_protocol.frames import FrameKind, encode_frame
from r3mes_protocol.grants import Role
from r3mes_protocol.messages import (
    Device,
    Done,
    Heartbeat,
    ModelOffer,
    Register,
    Usage,
)
from r3mes_protocol.wire import JobId, SessionId

TOKENS = 32
FIRST_TOKEN_S = 0.020
TOKEN_S = 0.010
SCENARIOS = {"plain": 16, "burst": 16, "paced": 64}
"""Names and concurrency: one whole answer; a stream as fast as it goes; a stream at a node's pace."""


# --- the node ----------------------------------------------------------------------------------------------------


async def node(url: str) -> None:
    socket, hello = await dial_in(url, max_concurrency=64)
    async with socket:

        async def serve(job: dict[str, Any]) -> None:
            job_id = JobId(job["job_id"])
            paced = job["body"]["messages"][0]["content"] == "paced"
            due = asyncio.get_running_loop().time() + FIRST_TOKEN_S
            for number in range(TOKENS if job["body"].get("stream") else 1):
                if paced:
                    await asyncio.sleep(due - asyncio.get_running_loop().time())
                    due += TOKEN_S
                event = {
                    "id": job["completion_id"],
                    "object": "chat.completion.chunk",
                    "created": 1,
                    "model": "bench",
                    "choices": [{"index": 0, "delta": {"content": f" tok{number}"}, "finish_reason": None}],
                }
                data = b"data: " + json.dumps(event, separators=(",", ":")).encode() + b"\n\n"
                await socket.send(encode_frame(job_id, FrameKind.CONTENT, data))
            usage = Usage(prompt_tokens=1, completion_tokens=TOKENS)
            await socket.send(Done(job_id=job_id, finish_reason="stop", usage=usage).to_json())

        async def beat() -> None:
            while True:
                await asyncio.sleep(hello.heartbeat_s)
                await socket.send(Heartbeat(active=0, queued=0).to_json())

        tasks = {asyncio.create_task(beat())}
        async for frame in socket:
            message = json.loads(frame)
            if message["type"] == "job":
                task = asyncio.create_task(serve(message))
                tasks.add(task)
                task.add_done_callback(tasks.discard)


# --- the load ----------------------------------------------------------------------------------------------------


async def load(url: str, scenario: str, concurrency: int, seconds: float) -> dict[str, float]:
    """Closed loop: each connection sends its next request when it has the last answer."""
    host, port = url.removeprefix("http://").split(":")
    body = {"model": "bench", "messages": [{"role": "user", "content": scenario}], "stream": scenario != "plain"}
    data = json.dumps(body).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len(data)}\r\n\r\n"
    request = head.encode() + data
    end_mark = b"data: [DONE]\n\n" if body["stream"] else b'"usage"'
    until = time.perf_counter() + seconds
    firsts: list[float] = []
    totals: list[float] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        while time.perf_counter() < until:
            start = time.perf_counter()
            writer.write(request)
            answer = b""
            first = 0.0
            while end_mark not in answer:
                piece = await reader.read(65536)
                answer += piece
                assert piece and b"HTTP/1.1 200 OK" in answer, answer
                if not first and b" tok" in answer:
                    first = time.perf_counter() - start
            if body["stream"] and not answer.endswith(b"0\r\n\r\n"):
                answer += await reader.readuntil(b"0\r\n\r\n")
            assert b"200 OK" in answer[:40] and answer.count(b" tok") >= (TOKENS if body["stream"] else 1), answer
            firsts.append(first)
            totals.append(time.perf_counter() - start)
        writer.close()

    await asyncio.gather(*(client() for _ in range(concurrency)))
    firsts.sort()
    base = FIRST_TOKEN_S if scenario == "paced" else 0.0
    return {
        "requests": len(totals),
        "first_p50_ms": 1000 * (firsts[len(firsts) // 2] - base),
        "first_p99_ms": 1000 * (firsts[int(len(firsts) * 0.99)] - base),
    }


# --- the measurement ---------------------------------------------------------------------------------------------


@contextmanager
def gateway() -> Iterator[tuple[psutil.Process, str]]:
    environment = {
        **os.environ,
        "R3MES_INFERENCE_MODE": "remote",
        "R3MES_NODE_AUTH": "open",
        "R3MES_LOG_LEVEL": "error",
    }
    command = [sys.executable, "-m", "r3mes_api", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield psutil.Process(process.pid), parse_api_ready(process.stdout.readline()).url
        finally:
            process.terminate()


def run_part(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(Path(__file__)), *arguments], stdout=subprocess.PIPE)


def wait_for_node(url: str) -> None:
    until = time.monotonic() + 20
    while True:
        with urlopen(f"{url}/health") as response:
            if json.load(response)["nodes"]:
                return
        assert time.monotonic() < until, "the scripted node did not register"
        time.sleep(0.05)


def measure(process: psutil.Process, url: str, scenario: str, seconds: float) -> dict[str, float]:
    before = process.cpu_times()
    with run_part("--load", url, "--only", scenario, "--seconds", str(seconds)) as part:
        assert part.stdout is not None
        result: dict[str, float] = json.loads(part.stdout.read())
    after = process.cpu_times()
    user, system = after.user - before.user, after.system - before.system
    count = result["requests"]
    result["cpu_us_per_request"] = 1e6 * (user + system) / count
    result["system_share"] = system / (user + system)
    if scenario != "plain":
        result["cpu_us_per_token"] = result["cpu_us_per_request"] / TOKENS
    return {name: round(value, 2) for name, value in result.items()}


def choices(nodes: int = 10_000, count: int = 5_000) -> dict[str, float]:
    """CPU time of one choice, with its reservation, among so many nodes."""
    limits = RegistryLimits(
        heartbeat_s=10,
        max_nodes=nodes,
        max_jobs_per_node=64,
        registrations_per_minute=20,
        failure_memory_s=10,
        refusal_memory_s=1,
    )
    registry = NodeRegistry(limits)
    for number in range(nodes):
        register = Register(
            node_id=f"{number:064x}",
            models=(ModelOffer(name="bench", context_tokens=4096),),
            roles=(Role.SERVING,),
            max_concurrency=4,
            device=Device(kind="cpu", name="scripted", memory_mb=1),
            engine_version="0",
            signature="0" * 128,
        )
        registry.register(SessionId(f"{number:032x}"), register, None, 0.0)
    times: list[float] = []
    for number in range(count):
        start = time.process_time()
        registry.places.reserve(JobId(f"{number:016x}"), Wanted("bench"), 0.0)
        times.append(time.process_time() - start)
    times.sort()
    return {"nodes": nodes, "p50_us": round(1e6 * times[count // 2]), "p99_us": round(1e6 * times[int(count * 0.99)])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=4.0, help="of each load")
    parser.add_argument("--only", default=",".join(SCENARIOS), help="scenarios, parted by commas")
    parser.add_argument("--node", help=argparse.SUPPRESS)
    parser.add_argument("--load", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.node:
        uvloop.run(node(arguments.node))
    elif arguments.load:
        scenario = arguments.only
        result = uvloop.run(load(arguments.load, scenario, SCENARIOS[scenario], arguments.seconds))
        print(json.dumps(result))
    else:
        with gateway() as (process, url):
            print(f"idle memory: {process.memory_info().rss / 2**20:.1f} MiB")
            with run_part("--node", url) as part:
                try:
                    wait_for_node(url)
                    measure(process, url, "plain", 1.5)
                    for scenario in arguments.only.split(","):
                        print(scenario, json.dumps(measure(process, url, scenario, arguments.seconds)), flush=True)
                finally:
                    part.terminate()
            print(f"memory after the load: {process.memory_info().rss / 2**20:.1f} MiB")
        print("choice", json.dumps(choices()))


if __name__ == "__main__":
    main()
