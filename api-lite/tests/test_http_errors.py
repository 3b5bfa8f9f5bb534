"""Whatever goes wrong, the client gets one shape of error and never a traceback."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from r3mes_protocol.limits import MAX_BODY_BYTES


@pytest.fixture(scope="module")
def mock_gateway(start_process: Any) -> Any:
    return start_process(
        {
            "R3MES_INFERENCE_MODE": "mock",
            "R3MES_MOCK_FIRST_TOKEN_S": "0",
            "R3MES_MOCK_TOKENS_PER_SECOND": "10000",
            "R3MES_HEADER_TIMEOUT_S": "0.5",
            "R3MES_BODY_TIMEOUT_S": "0.5",
        }
    )


def _error(response: httpx.Response) -> dict[str, Any]:
    body = response.json()
    assert list(body) == ["error"]
    assert set(body["error"]) == {"message", "type", "code", "param"}
    assert "Traceback" not in response.text
    assert response.headers["content-type"] == "application/json"
    error: dict[str, Any] = body["error"]
    return error


@pytest.mark.parametrize("path", ["/nope", "/v1", "/v1/nodes/a/b", "/chat/", "/%F0%9F%92%A9", "//chat", "/v1/nodes/"])
async def test_unknown_addresses(mock_gateway: Any, client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(mock_gateway.url + path)
    assert (response.status_code, _error(response)["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/chat"), ("PUT", "/v1/chat/completions"), ("POST", "/health"), ("DELETE", "/v1/nodes/abc")],
)
async def test_wrong_methods(mock_gateway: Any, client: httpx.AsyncClient, method: str, path: str) -> None:
    response = await client.request(method, mock_gateway.url + path)
    assert (response.status_code, _error(response)["code"]) == (405, "METHOD_NOT_ALLOWED")


async def test_head_is_get_without_a_body(mock_gateway: Any, client: httpx.AsyncClient) -> None:
    response = await client.head(f"{mock_gateway.url}/health")
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"", None),
        (b"{", None),
        (b"[1]", None),
        (b"null", None),
        (b'"text"', None),
        (b"\xff\xfe", None),
        (b"[" * 100_000, None),
        (b'{"messages":' + b"[" * 5000, None),
        (b"{}", "model"),
        (b'{"model":"m"}', "messages"),
        (b'{"model":"m","messages":[]}', "messages"),
        (b'{"model":"m","messages":[1]}', "messages.0"),
        (b'{"model":"m","messages":[{"role":"king","content":"x"}]}', "messages.0.role"),
        (b'{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":3}', "temperature"),
        (b'{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":NaN}', None),
        (b'{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":0}', "max_tokens"),
        (b'{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":"5"}', "max_tokens"),
        (b'{"model":"m","messages":[{"role":"user","content":"x"}],"seed":true}', "seed"),
        (b'{"model":"m","messages":[{"role":"user","content":"x"}],"stream":"yes"}', "stream"),
        (b'{"model":"m","messages":[{"role":"user","content":"x"}],"n":17}', "n"),
        (b'{"model":"","messages":[{"role":"user","content":"x"}]}', "model"),
        (b'{"model":"m","messages":[{"role":"user","content":"\\ud800"}]}', None),
    ],
)
async def test_bodies_that_are_no_chat_request(
    mock_gateway: Any, client: httpx.AsyncClient, body: bytes, param: str | None
) -> None:
    response = await client.post(f"{mock_gateway.url}/v1/chat/completions", content=body)
    error = _error(response)
    assert (response.status_code, error["code"], error["param"]) == (400, "INVALID_REQUEST", param)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"[1]", None),
        (b"{", None),
        (b"{}", "message"),
        (b'{"message":""}', "message"),
        (b'{"message":"  "}', "message"),
        (b'{"message":5}', "message"),
        (b'{"message":"x","adapter":""}', "adapter"),
        (b'{"message":"x","wallet_address":7}', "wallet_address"),
    ],
)
async def test_bodies_that_are_no_message(
    mock_gateway: Any, client: httpx.AsyncClient, body: bytes, param: str | None
) -> None:
    response = await client.post(f"{mock_gateway.url}/chat", content=body)
    error = _error(response)
    assert (response.status_code, error["code"], error["param"]) == (400, "INVALID_REQUEST", param)


async def test_ordinary_prompts_pass(mock_gateway: Any, client: httpx.AsyncClient) -> None:
    """No word is forbidden, and nothing is escaped."""
    text = "SELECT * FROM plan; -- DROP <b>it</b> && $HOME `x` ../.. \u0000 \u202e {topic}"
    response = await client.post(f"{mock_gateway.url}/chat", json={"message": text})
    assert response.status_code == 200
    assert "SELECT * FROM plan; -- DROP <b>it</b>" in response.text


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large(mock_gateway: Any, client: httpx.AsyncClient, chunked: bool) -> None:
    async def pieces() -> Any:
        for _ in range(40):
            yield b"x" * (MAX_BODY_BYTES // 20)

    content: Any = pieces() if chunked else b"x" * (MAX_BODY_BYTES + 1)
    response = await client.post(f"{mock_gateway.url}/chat", content=content)
    assert (response.status_code, _error(response)["code"]) == (413, "BODY_TOO_LARGE")


async def _raw(url: str, data: bytes) -> bytes:
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    return answer


@pytest.mark.parametrize(
    "data", [b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"GET /\xff HTTP/1.1\r\n\r\n"]
)
async def test_what_is_no_http_gets_the_same_shape(mock_gateway: Any, data: bytes) -> None:
    head, _, body = (await _raw(mock_gateway.url, data)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error"]["code"] == "INVALID_REQUEST"


async def test_a_slow_body_is_not_waited_for(mock_gateway: Any) -> None:
    answer = await _raw(
        mock_gateway.url, b"POST /chat HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10\r\n\r\n{"
    )
    assert answer.startswith(b"HTTP/1.1 400 ") and b"did not arrive" in answer


@pytest.mark.parametrize("head", [b"", b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_slow_head_is_not_waited_for(mock_gateway: Any, head: bytes) -> None:
    assert await _raw(mock_gateway.url, head) == b""


async def test_connections_are_bounded(start_gateway: Any, client: httpx.AsyncClient) -> None:
    gateway = start_gateway(inference_mode="mock", max_connections=3)
    host, port = gateway.url.removeprefix("http://").split(":")
    held = [await asyncio.open_connection(host, int(port)) for _ in range(3)]
    answer = await _raw(gateway.url, b"")
    assert answer.startswith(b"HTTP/1.1 503 ") and b"NETWORK_BUSY" in answer
    for _, writer in held:
        writer.close()


async def test_requests_are_bounded(start_gateway: Any, client: httpx.AsyncClient, ask: Any, until: Any) -> None:
    gateway = start_gateway(inference_mode="mock", max_requests=1, mock_first_token_s=1, mock_tokens_per_second=1000)
    first = asyncio.create_task(ask(gateway))

    async def runs() -> bool:
        return bool((await client.get(f"{gateway.url}/health")).json()["requests"])

    await until(runs, "the first runs")
    second = await ask(gateway)
    assert (second.status, second.error["code"]) == (503, "NETWORK_BUSY")
    assert (await first).done


async def test_an_unknown_node(mock_gateway: Any, client: httpx.AsyncClient) -> None:
    response = await client.get(f"{mock_gateway.url}/v1/nodes/{'ab' * 32}")
    assert (response.status_code, _error(response)["code"]) == (404, "NOT_FOUND")


async def test_the_session_address_without_websocket(mock_gateway: Any, client: httpx.AsyncClient) -> None:
    response = await client.get(f"{mock_gateway.url}/v1/nodes/session")
    assert (response.status_code, _error(response)["code"]) == (400, "INVALID_REQUEST")
