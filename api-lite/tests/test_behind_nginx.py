"""A real nginx with the configuration of the containers in front of a real gateway."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
OPENSSL = shutil.which("openssl")
TEMPLATE = Path(__file__).resolve().parents[2] / "installer" / "nginx" / "gateway.conf.template"
DEADLINE_S = 60.0

pytestmark = [
    pytest.mark.skipif(NGINX is None, reason="no nginx here (Debian: apt install nginx-light)"),
    pytest.mark.skipif(OPENSSL is None, reason="no openssl here to make a certificate for the test"),
    pytest.mark.skipif(sys.platform == "win32", reason="nginx is in front of the gateway on Linux"),
]


def free_ports(count: int) -> list[int]:
    listeners = [socket.socket() for _ in range(count)]
    for listener in listeners:
        listener.bind(("127.0.0.1", 0))
    ports = [int(listener.getsockname()[1]) for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


class Proxy:
    """nginx with the template; of it only ports and folders are changed."""

    def __init__(self, folder: Path, upstream: str, plain: int, secure: int) -> None:
        self.folder = folder
        self.plain_url = f"http://localhost:{plain}"
        self.url = f"https://localhost:{secure}"
        certificates = folder / "letsencrypt" / "live" / "localhost"
        certificates.mkdir(parents=True)
        self.certificate = certificates / "fullchain.pem"
        assert OPENSSL is not None
        subprocess.run(
            [
                *(OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
                *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
                *("-keyout", str(certificates / "privkey.pem"), "-out", str(self.certificate)),
            ],
            check=True,
            capture_output=True,
        )
        text = TEMPLATE.read_text(encoding="utf-8")
        for ours, here in (
            ("${R3MES_SERVER_NAME}", "localhost"),
            ("${R3MES_UPSTREAM}", upstream),
            ("listen 80;", f"listen 127.0.0.1:{plain};"),
            ("listen 443 ssl", f"listen 127.0.0.1:{secure} ssl"),
            ("/etc/letsencrypt", str(folder / "letsencrypt")),
            ("/var/www/acme", str(folder)),
        ):
            assert ours in text
            text = text.replace(ours, here)
        places = "".join(
            f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        self.configuration = folder / "nginx.conf"
        self.configuration.write_text(
            f"daemon off; pid {folder}/pid; error_log stderr;\n"
            + ("user root;\n" if hasattr(os, "geteuid") and os.geteuid() == 0 else "")
            + f"events {{ worker_connections 256; }}\nhttp {{ access_log off; {places}\n{text}\n}}\n"
        )
        self.log = folder / "nginx.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def command(self, *arguments: str) -> list[str]:
        assert NGINX is not None
        return [NGINX, "-p", str(self.folder), "-e", "stderr", "-c", str(self.configuration), *arguments]

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=ssl.create_default_context(cafile=str(self.certificate)), timeout=DEADLINE_S, trust_env=False
        )

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture
async def front(
    start_gateway: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, until: Any
) -> AsyncIterator[tuple[Any, Proxy]]:
    """A gateway and its proxy."""
    plain, secure = free_ports(2)
    gateway = start_gateway(
        inference_mode="remote", node_auth="open", public_url=f"https://localhost:{secure}", keep_alive_s=0.2
    )
    folder = tmp_path / "nginx"
    folder.mkdir()
    proxy = Proxy(folder, gateway.url.removeprefix("http://"), plain, secure)
    # For the nodes' sockets.
    monkeypatch.setenv("SSL_CERT_FILE", str(proxy.certificate))
    try:
        async with proxy.client() as client:

            async def answers() -> bool:
                assert proxy.process.poll() is None, proxy.log.read_text()
                try:
                    return (await client.get(f"{proxy.url}/health/live")).status_code == 200
                except httpx.TransportError:
                    return False

            await until(answers, "nginx answers")
        yield gateway, proxy
    finally:
        proxy.stop()


class ProxiedGateway:
    """The address under which nodes and users know the gateway."""

    def __init__(self, url: str) -> None:
        self.url = url


async def test_tokens_pass_one_by_one_from_a_node_behind_the_proxy_to_a_user_in_front(
    front: tuple[Any, Proxy], start_node: Any, chat_prompt: Any
) -> None:
    _, proxy = front
    said = asyncio.Queue[float]()
    taken = asyncio.Event()

    async def word_by_word(job: Any) -> None:
        await job.preamble()
        for number in range(5):
            # The next word is said only when the user has the one before: held-back bytes would stop it all.
            taken.clear()
            said.put_nowait(time.monotonic())
            await job.say(f"word{number} ")
            await taken.wait()
        await job.done(5)

    node = await start_node(ProxiedGateway(proxy.url), word_by_word)
    assert node.hello.gateway == proxy.url
    words: list[str] = []
    slowest = 0.0
    async with (
        proxy.client() as client,
        client.stream("POST", f"{proxy.url}/v1/chat/completions", json=chat_prompt(stream=True)) as response,
    ):
        assert response.status_code == 200
        assert response.headers["strict-transport-security"]
        async for line in response.aiter_lines():
            if not line.startswith("data: {"):
                continue
            for choice in json.loads(line.removeprefix("data: "))["choices"]:
                if choice["delta"].get("content"):
                    words.append(choice["delta"]["content"])
                    slowest = max(slowest, time.monotonic() - said.get_nowait())
                    taken.set()
    assert words == [f"word{number} " for number in range(5)]
    assert slowest < 5.0


async def test_a_user_who_leaves_in_front_of_the_proxy_frees_the_node(
    front: tuple[Any, Proxy], start_node: Any, chat_prompt: Any, until: Any
) -> None:
    _, proxy = front

    async def silent(job: Any) -> None:
        await asyncio.sleep(60)

    node = await start_node(ProxiedGateway(proxy.url), silent)
    async with proxy.client() as client:
        asking = asyncio.create_task(
            client.post(f"{proxy.url}/v1/chat/completions", json=chat_prompt(stream=True), timeout=60)
        )
        await until(lambda: node.jobs, "the job is on the node")
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    await until(lambda: node.jobs[0].cancelled_at, "the node is told to stop")


async def test_the_proxy_keeps_what_is_not_for_the_public(front: tuple[Any, Proxy]) -> None:
    gateway, proxy = front
    text = TEMPLATE.read_text(encoding="utf-8")
    metrics = text[text.index("location = /metrics") :].partition("}")[0]
    assert "allow 127.0.0.1;" in metrics and "deny all;" in metrics
    async with proxy.client() as client:
        page = await client.get(proxy.url)
        assert page.status_code == 200 and "R3MES gateway" in page.text and "nginx/" not in str(page.headers)
        assert (await client.get(f"{proxy.url}/metrics")).status_code == 200, "this machine may read it"
        # The gateway's own sentence, not the proxy's page.
        large = await client.post(f"{proxy.url}/chat", content=b"x" * (1024 * 1024 + 1))
        assert large.status_code == 413 and large.json()["error"]["code"] == "BODY_TOO_LARGE"
        redirect = await client.get(f"{proxy.plain_url}/v1/models")
        assert redirect.status_code == 308 and redirect.headers["location"] == "https://localhost/v1/models"
    assert gateway.process.poll() is None


@pytest.mark.parametrize(
    ("mode", "status", "words"), [("mock", 200, "[mock]"), ("disabled", 503, "INFERENCE_DISABLED")]
)
async def test_chat_in_the_modes_without_nodes(
    start_gateway: Any, tmp_path: Path, until: Any, mode: str, status: int, words: str
) -> None:
    gateway = start_gateway(inference_mode=mode, mock_tokens_per_second=1000)
    plain, secure = free_ports(2)
    (tmp_path / "nginx").mkdir()
    proxy = Proxy(tmp_path / "nginx", gateway.url.removeprefix("http://"), plain, secure)
    try:
        async with proxy.client() as client:

            async def answer() -> Any:
                try:
                    return await client.post(f"{proxy.url}/chat", json={"message": "Hello?"})
                except httpx.TransportError:
                    return None

            answered = await until(answer, "nginx answers")
            assert answered.status_code == status and words in answered.text
    finally:
        proxy.stop()


async def test_nginx_finds_nothing_to_complain_of(front: tuple[Any, Proxy]) -> None:
    _, proxy = front
    result = await asyncio.to_thread(
        subprocess.run, proxy.command("-t"), capture_output=True, text=True, check=False, timeout=30
    )
    # nginx 1.25.1 and later would rather have `http2 on;`, which Debian 12's 1.22 does not know.
    complaints = [line for line in result.stderr.splitlines() if "warn" in line and "http2" not in line]
    assert result.returncode == 0 and not complaints, result.stderr


def replica(redis_url: str, port: int, public_url: str) -> dict[str, str]:
    return {
        "R3MES_INFERENCE_MODE": "remote", "R3MES_NODE_AUTH": "open", "R3MES_PUBLIC_URL": public_url,
        "R3MES_REPLICA_URL": f"http://127.0.0.1:{port}", "R3MES_REPLICA_SECRET": 40 * "s", "REDIS_URL": redis_url,
    }  # fmt: skip


@pytest.mark.alone
async def test_two_gateways_behind_the_proxy_lose_no_prompt_when_one_ends_and_one_is_killed(
    start_gateway: Any, start_node: Any, mortal_redis: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    until: Any, chat_prompt: Any,
) -> None:  # fmt: skip
    plain, secure, *ports = free_ports(4)
    public_url = f"https://localhost:{secure}"

    def start(port: int) -> Any:
        return start_gateway("--port", str(port), environment=replica(mortal_redis.url, port, public_url))

    gateways = [start(port) for port in ports]
    folder = tmp_path / "nginx"
    folder.mkdir()
    proxy = Proxy(folder, f"127.0.0.1:{ports[0]} max_fails=0; server 127.0.0.1:{ports[1]}", plain, secure)
    monkeypatch.setenv("SSL_CERT_FILE", str(proxy.certificate))
    lost: list[Any] = []
    asked = 0
    asking = True

    async def ask_on(client: httpx.AsyncClient) -> None:
        nonlocal asked
        while asking:
            answer = await client.post(f"{proxy.url}/v1/chat/completions", json=chat_prompt())
            asked += 1
            if answer.status_code == 429:
                # The proxy's own limit: on a fast machine this loop asks more often than a client may.
                await asyncio.sleep(0.05)
                continue
            if answer.status_code != 200 or answer.json()["choices"][0]["message"]["content"] != "Hello from node":
                lost.append(answer.text)

    async def seen_by(client: httpx.AsyncClient, gateway: Any, count: int) -> None:
        async def seen() -> bool:
            return bool((await client.get(f"{gateway.url}/health")).json()["nodes"] == count)

        await until(seen, f"{count} nodes are seen")

    try:
        async with proxy.client() as client, httpx.AsyncClient(timeout=60) as inside:

            async def answers() -> bool:
                try:
                    return (await client.get(f"{proxy.url}/health/live")).status_code == 200
                except httpx.TransportError:
                    return False

            await until(answers, "nginx answers")
            for number, gateway in enumerate(gateways):
                # A node at each: what is tried is the way of prompts, not that of nodes.
                node = await start_node(ProxiedGateway(proxy.url), register=False, max_concurrency=32)
                await dial_past_the_proxy(node, gateway)
                for other in gateways:
                    await seen_by(inside, other, number + 1)
            users = [asyncio.create_task(ask_on(client)) for _ in range(4)]
            await until(lambda: asked > 20, "prompts are answered")
            gateways[0].terminate()
            assert await gateways[0].ended() == 0
            # In a thread: the nodes of this test live in its loop.
            again = await asyncio.to_thread(start, ports[0])
            await seen_by(inside, again, 1)
            before = asked
            await until(lambda: asked > before + 20, "prompts are answered")
            again.process.kill()
            before = asked
            await until(lambda: asked > before + 20, "prompts are answered")
            asking = False
            await asyncio.gather(*users)
    finally:
        proxy.stop()
    assert lost == []


async def dial_past_the_proxy(node: Any, gateway: Any) -> None:
    """Registers at this very gateway, with a signature for the public address."""
    import websockets
    from websockets.asyncio.client import connect

    from r3mes_protocol import NODE_SUBPROTOCOL
    from r3mes_protocol.messages import parse_gateway_message

    node.socket = await connect(
        gateway.url.replace("http", "ws") + "/v1/nodes/session",
        subprotocols=[websockets.Subprotocol(NODE_SUBPROTOCOL)],
        compression=None,
        ping_interval=None,
    )
    node.hello = parse_gateway_message(await node.socket.recv())
    await node.send(node.registration())
    node.registered = parse_gateway_message(await node.socket.recv())
    node._reader = asyncio.create_task(node._read())
    node._spawn(node._beat())
