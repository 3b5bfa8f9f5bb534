"""What the gateway's tests share; what they are made of has modules of its own beside this one."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bech32
import httpx
import pytest
import wallycore
from cable import Cable
from gateway_process import GatewayProcess
from patience import DEADLINE_S, eventually
from scripted_node import Script, ScriptedNode, say_hello
from store_servers import mortal_redis, postgres, redis, server_folder

from r3mes_api.owner_signature import make_owner_verifier
from r3mes_protocol.grants import Grant, OwnerVerifier, Role, SignedGrant, grant_sign_bytes

__all__ = ("mortal_redis", "postgres", "redis", "server_folder")


StartGateway = Callable[..., GatewayProcess]


@pytest.fixture
def start_gateway(tmp_path: Path) -> Iterator[StartGateway]:
    """Starts a gateway; settings are given by their field names, `environment` has those without the prefix."""
    started: list[GatewayProcess] = []

    def start(
        *arguments: str, wait: bool = True, environment: Mapping[str, str] | None = None, **settings: object
    ) -> GatewayProcess:
        prefixed = {f"R3MES_{name.upper()}": str(value) for name, value in settings.items()}
        environment = {**prefixed, **(environment or {})}
        gateway = GatewayProcess(environment, tmp_path / f"gateway-{len(started)}.log", *arguments)
        started.append(gateway)
        return gateway.wait_ready() if wait else gateway

    yield start
    for gateway in started:
        gateway.stop()
    for gateway in started:
        assert "Traceback" not in gateway.log_text(), gateway.log_text()


@pytest.fixture(scope="session", autouse=True)
def verify_owner() -> OwnerVerifier:
    """Made for every session: what makes wallycore safe to end with is done there."""
    return make_owner_verifier()


@pytest.fixture(scope="session")
def start_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., GatewayProcess]]:
    """Starts gateways that serve until the session's end."""
    started: list[GatewayProcess] = []

    def start(environment: Mapping[str, str], *arguments: str) -> GatewayProcess:
        log = tmp_path_factory.mktemp("gateway") / "gateway.log"
        started.append(GatewayProcess(environment, log, *arguments))
        # With accounts a start takes three seconds of one core, and a machine that tests has few.
        return started[-1].wait_ready(60.0)

    yield start
    for gateway in started:
        gateway.stop()
    for gateway in started:
        assert "Traceback" not in gateway.log_text(), gateway.log_text()


@pytest.fixture(scope="session")
def lasting_gateway(start_process: Callable[..., GatewayProcess]) -> GatewayProcess:
    return start_process({"R3MES_INFERENCE_MODE": "remote", "R3MES_NODE_AUTH": "open"})


@pytest.fixture
def when_empty(client: httpx.AsyncClient) -> Callable[[GatewayProcess], Awaitable[GatewayProcess]]:
    """For gateways that serve many tests: waits until the nodes and requests of the test before have left."""

    async def wait(gateway: GatewayProcess) -> GatewayProcess:
        async def empty() -> bool:
            health = (await client.get(f"{gateway.url}/health")).json()
            return bool(health["nodes"] == 0 and health["requests"] == 0)

        await eventually(empty, "the gateway is empty")
        return gateway

    return wait


@pytest.fixture
async def remote_gateway(lasting_gateway: GatewayProcess, when_empty: Any) -> Any:
    """In remote mode and open to any node; one process serves all tests, and each finds it empty."""
    return await when_empty(lasting_gateway)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=DEADLINE_S) as http:
        yield http


StartNode = Callable[..., Awaitable[ScriptedNode]]


@pytest.fixture
async def start_node() -> AsyncIterator[StartNode]:
    """Starts and registers a node; `register=False` leaves it to the test."""
    nodes: list[ScriptedNode] = []

    async def start(
        gateway: GatewayProcess, script: Script = say_hello, *, register: bool = True, **options: Any
    ) -> ScriptedNode:
        node = ScriptedNode(gateway.url, script, **options)
        nodes.append(node)
        return await node.connect() if register else node

    yield start
    for node in nodes:
        await node.close()


@pytest.fixture
async def cable() -> AsyncIterator[Cable]:
    laid = Cable()
    yield laid
    await laid.take_up()


# --- grants with real keys -------------------------------------------------------------------------------------


class Owner:
    """A wallet that can sign grants, as a test needs it: a secp256k1 key and its address."""

    def __init__(self, secret: bytes = b"\x07" * 32, prefix: str = "remes") -> None:
        self._secret = secret
        self.public_key = bytes(wallycore.ec_public_key_from_private_key(secret))
        words = bech32.convertbits(bytes(wallycore.hash160(self.public_key)), 8, 5)
        self.address: str = bech32.bech32_encode(prefix, words)

    def sign(self, message: bytes) -> bytes:
        digest = wallycore.sha256(message)
        return bytes(wallycore.ec_sig_from_bytes(self._secret, digest, wallycore.EC_FLAG_ECDSA))

    def grant(self, for_node: str, for_gateway: str, **changes: Any) -> SignedGrant:
        fields: dict[str, Any] = {
            "network": "test-net",
            "owner": self.address,
            "node_public_key": for_node,
            "roles": (Role.SERVING,),
            "gateway": for_gateway,
            "not_before": int(time.time()) - 60,
            "not_after": int(time.time()) + 3600,
        }
        grant = Grant(**{**fields, **changes})
        return SignedGrant(
            grant=grant,
            public_key=base64.b64encode(self.public_key).decode(),
            signature=base64.b64encode(self.sign(grant_sign_bytes(grant))).decode(),
        )


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture(scope="session")
def make_owner() -> type[Owner]:
    return Owner


# --- reading answers -------------------------------------------------------------------------------------------


def prompt(text: str = "Hello?", **changes: Any) -> dict[str, Any]:
    return {"model": "test-model", "messages": [{"role": "user", "content": text}], **changes}


@dataclass
class Streamed:
    """A stream as a client saw it."""

    status: int
    events: list[Any]
    done: bool
    error: dict[str, Any] | None

    @property
    def text(self) -> str:
        return "".join(
            choice["delta"].get("content") or "" for event in self.events for choice in event.get("choices", [])
        )

    @property
    def finish_reason(self) -> str | None:
        reasons = [choice["finish_reason"] for event in self.events for choice in event.get("choices", [])]
        return next((reason for reason in reasons if reason), None)


async def stream_chat(client: httpx.AsyncClient, url: str, body: dict[str, Any] | None = None) -> Streamed:
    """Reads a whole stream; an error before it has its status and body."""
    request = {**(body or prompt()), "stream": True}
    async with client.stream("POST", f"{url}/v1/chat/completions", json=request) as response:
        if response.status_code != 200:
            await response.aread()
            return Streamed(response.status_code, [], False, response.json()["error"])
        events: list[Any] = []
        done = False
        error = None
        async for line in response.aiter_lines():
            if not line.startswith("data: "):
                continue
            assert not done, "something follows [DONE]"
            data = line.removeprefix("data: ")
            if data == "[DONE]":
                done = True
                continue
            event = json.loads(data)
            if "error" in event:
                error = event["error"]
            else:
                events.append(event)
        return Streamed(200, events, done, error)


@pytest.fixture
def ask(client: httpx.AsyncClient) -> Callable[..., Awaitable[Streamed]]:
    async def stream(gateway: GatewayProcess, body: dict[str, Any] | None = None) -> Streamed:
        return await stream_chat(client, gateway.url, body)

    return stream


@pytest.fixture
def until() -> Callable[..., Awaitable[Any]]:
    return eventually


@pytest.fixture
def chat_prompt() -> Callable[..., dict[str, Any]]:
    return prompt
