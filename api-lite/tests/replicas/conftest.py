"""Gateways that share their nodes by a Redis of the tests' own."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

SECRET = secrets.token_hex(32)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def replica_environment(redis_url: str, port: int, **settings: object) -> dict[str, str]:
    prefixed = {f"R3MES_{name.upper()}": str(value) for name, value in settings.items()}
    return {
        "R3MES_INFERENCE_MODE": "remote",
        "R3MES_NODE_AUTH": "open",
        "R3MES_REPLICA_URL": f"http://127.0.0.1:{port}",
        "R3MES_REPLICA_SECRET": SECRET,
        "REDIS_URL": redis_url,
        **prefixed,
    }


@pytest.fixture
def start_replica(start_gateway: Any) -> Callable[..., Any]:
    """A gateway that shares its nodes with all others of this Redis."""

    def start(redis_url: str, **settings: object) -> Any:
        port = free_port()
        return start_gateway("--port", str(port), environment=replica_environment(redis_url, port, **settings))

    return start


@pytest.fixture(scope="session")
def lasting_replicas(start_process: Any, redis: str) -> Iterator[tuple[Any, Any]]:
    """Two gateways that serve many tests. Their data lie beside those of other tests, which may empty the store."""
    pair = []
    for _ in range(2):
        port = free_port()
        pair.append(start_process(replica_environment(redis, port), "--port", str(port)))
    yield pair[0], pair[1]


@pytest.fixture(scope="module")
def patient_replica(start_process: Any, redis: str) -> Any:
    """Waits so long for a lost node that no test would see the end of it."""
    port = free_port()
    return start_process(replica_environment(redis, port, resume_grace_s=60), "--port", str(port))


@pytest.fixture
def connected(client: httpx.AsyncClient, until: Any) -> Callable[..., Awaitable[None]]:
    """Waits until each of the gateways is connected to all the others."""

    async def wait(*gateways: Any) -> None:
        async def all_are() -> bool:
            told = [(await client.get(f"{gateway.url}/health")).json()["replicas"] for gateway in gateways]
            ids = {one["id"] for one in told}
            return all(
                ids - {one["id"]} <= {other["id"] for other in one["others"] if other["connected"]} for one in told
            )

        await until(all_are, "the replicas are connected")

    return wait


@pytest.fixture
async def replicas(lasting_replicas: tuple[Any, Any], when_empty: Any, connected: Any) -> tuple[Any, Any]:
    """Two that are connected, empty and know it."""
    for gateway in lasting_replicas:
        await when_empty(gateway)
    await connected(*lasting_replicas)
    return lasting_replicas


@pytest.fixture
def sees(client: httpx.AsyncClient, until: Any) -> Callable[..., Awaitable[None]]:
    """Waits until a gateway has so many nodes to choose from."""

    async def wait(gateway: Any, count: int) -> None:
        async def there() -> bool:
            return bool((await client.get(f"{gateway.url}/health")).json()["nodes"] == count)

        await until(there, f"{count} nodes can be seen")

    return wait
