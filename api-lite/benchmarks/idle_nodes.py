"""What a registered idle node costs the gateway: memory, and the CPU time of its heartbeats.

    python api-lite/benchmarks/idle_nodes.py [--nodes 10000] [--heartbeat 10]

It starts a gateway and as many nodes as asked for, each with a socket, a key and a signed registration of its own, from
one process beside it on loopback. The nodes beat as told. Needs two file descriptors a node (`ulimit -n`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from urllib.request import urlopen

import psutil
import uvloop
from dial_in import dial_in

from r3mes_protocol.control import parse_api_ready
from r3mes_protocol.messages import Heartbeat

AT_A_TIME = 32
"""Sockets that register at the same moment; the gateway lets twice as many wait."""
WATCH_S = 20.0
"""How long the CPU time of the heartbeats is counted: two beats of each node."""


async def nodes(url: str, count: int) -> None:
    """Registers `count` nodes, prints a line when all of them are there, and beats until ended."""
    gate = asyncio.Semaphore(AT_A_TIME)
    left = count

    async def node() -> None:
        nonlocal left
        async with gate:
            socket, hello = await dial_in(url, max_concurrency=4)
        left -= 1
        if left == 0:
            print("registered", flush=True)
        beat = Heartbeat(active=0, queued=0).to_json()
        while True:
            await asyncio.sleep(hello.heartbeat_s)
            await socket.send(beat)

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(node())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--heartbeat", type=float, default=10.0, help="seconds between two beats of a node")
    parser.add_argument("--load", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if arguments.load:
        uvloop.run(nodes(arguments.load, arguments.nodes))
        return
    environment = {
        **os.environ,
        "R3MES_INFERENCE_MODE": "remote",
        "R3MES_NODE_AUTH": "open",
        "R3MES_LOG_LEVEL": "error",
        "R3MES_MAX_NODES": str(arguments.nodes),
        "R3MES_MAX_CONNECTIONS": str(arguments.nodes + 100),
        "R3MES_HEARTBEAT_S": str(arguments.heartbeat),
    }
    command = [sys.executable, "-m", "r3mes_api", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            url = parse_api_ready(process.stdout.readline()).url
            measured = psutil.Process(process.pid)
            idle = measured.memory_info().rss
            load = [sys.executable, __file__, "--load", url, "--nodes", str(arguments.nodes)]
            with subprocess.Popen(load, stdout=subprocess.PIPE) as beside:
                assert beside.stdout is not None
                assert beside.stdout.readline() == b"registered\n", "the nodes did not all register"
                before = measured.cpu_times()
                time.sleep(WATCH_S)
                after = measured.cpu_times()
                with urlopen(f"{url}/health") as answer:
                    there = json.load(answer)["nodes"]
                each = (measured.memory_info().rss - idle) / arguments.nodes / 1024
                share = (after.user + after.system - before.user - before.system) / WATCH_S
                print(f"idle gateway: {idle / 2**20:.1f} MiB")
                print(f"{there} registered nodes: {each:.1f} KiB each, {100 * share:.1f} % of a core")
                beside.terminate()
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
