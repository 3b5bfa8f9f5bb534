"""OpenAI's HTTP on loopback, against a scripted engine in a process of its own."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import openai
import pytest

CHAT = {"model": "scripted", "messages": [{"role": "user", "content": "hi there"}]}


def post_head(ready: Any, body: bytes) -> bytes:
    lines = ["POST /v1/chat/completions HTTP/1.1", "Host: x", f"Authorization: Bearer {ready.token}"]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode()


@pytest.fixture
def engine(start_engine: Any) -> Any:
    engine = start_engine("--scripted-tokens", "2000", "--scripted-tokens-per-second", "100", "--max-concurrency", "1")
    engine.event("ready")
    return engine


def test_the_token_opens_and_nothing_else_does(engine: Any) -> None:
    with engine.client() as client:
        assert client.get("/v1/models").json()["data"][0]["id"] == "scripted"
        for shown in ("", "Bearer", "Bearer wrong", "Basic x", f"bearer {engine.event('ready').token}x"):
            for path in ("/v1/models", "/v1/chat/completions", "/anything"):
                refused = client.get(path, headers={"Authorization": shown})
                assert refused.status_code == 401
                assert refused.json()["error"]["code"] == "UNAUTHORIZED"
        assert client.get("/health", headers={"Authorization": ""}).json()["status"] == "ok"


def test_only_this_computer_can_connect(engine: Any) -> None:
    port = engine.event("ready").port
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in addresses - {"127.0.0.1", "127.0.1.1"}:
        with pytest.raises(OSError, match=r"refused|timed out"):
            socket.create_connection((address, port), 2).close()
    with socket.create_connection(("127.0.0.1", port), 2) as own:
        assert own.getpeername()[0] == "127.0.0.1"


def test_openais_own_client_streams_and_collects(engine: Any) -> None:
    ready = engine.event("ready")
    with openai.OpenAI(base_url=f"http://127.0.0.1:{ready.port}/v1", api_key=ready.token, max_retries=0) as client:
        parts = list(
            client.chat.completions.create(**CHAT, max_tokens=20, stream=True, stream_options={"include_usage": True})
        )
        text = "".join(part.choices[0].delta.content or "" for part in parts if part.choices)
        assert parts[-2].choices[0].finish_reason == "length"
        assert parts[-1].usage.completion_tokens == 20
        whole = client.chat.completions.create(**CHAT, max_tokens=20)
        assert whole.choices[0].message.content == text
        assert whole.usage.total_tokens == 22
        stopped = client.chat.completions.create(**CHAT, stop=["scripted"])
        assert stopped.choices[0].message.content == "This answer is "
        assert stopped.choices[0].finish_reason == "stop"
        (listed,) = client.models.list().data
        assert client.models.retrieve(listed.id) == listed
        with pytest.raises(openai.NotFoundError) as unknown:
            client.models.retrieve("no/such model")
        assert unknown.value.code == "MODEL_NOT_FOUND"


def test_half_a_character_is_no_text(engine: Any) -> None:
    bodies = {
        "chat/completions": b'{"model":"scripted","messages":[{"role":"user","content":"\\ud800"}]}',
        "completions": b'{"model":"scripted","prompt":"\\ud800"}',
        "embeddings": b'{"model":"scripted","input":"\\ud800"}',
    }
    with engine.client() as client:
        for route, body in bodies.items():
            for wrong in (body, body.replace(b"\\ud800", b"\xff"), body.decode().encode("utf-16")):
                refusal = client.post(f"/v1/{route}", content=wrong)
                assert (refusal.status_code, refusal.json()["error"]["code"]) == (400, "INVALID_REQUEST"), (
                    route,
                    wrong,
                )


def test_malformed_requests_get_codes_and_the_engine_goes_on(engine: Any) -> None:
    with engine.client() as client:
        for content, status, code, param in (
            (b"", 400, "INVALID_REQUEST", None),
            (b"{", 400, "INVALID_REQUEST", None),
            (b"[]", 400, "INVALID_REQUEST", None),
            (b"\xff\xfe\x00", 400, "INVALID_REQUEST", None),
            (json.dumps({**CHAT, "messages": []}), 400, "INVALID_REQUEST", "messages"),
            (json.dumps({**CHAT, "temperature": 9}), 400, "INVALID_REQUEST", "temperature"),
            (json.dumps({**CHAT, "n": 3}), 400, "INVALID_REQUEST", "n"),
            (json.dumps({**CHAT, "model": "gpt"}), 404, "MODEL_NOT_FOUND", "model"),
            (json.dumps({**CHAT, "adapter": "x"}), 404, "ADAPTER_NOT_FOUND", "adapter"),
            (
                json.dumps({**CHAT, "messages": [{"role": "user", "content": "w " * 9000}]}),
                400,
                "CONTEXT_TOO_LONG",
                "messages",
            ),
            (b"x" * (2**20 + 1), 413, "BODY_TOO_LARGE", None),
        ):
            for stream in (False, True) if isinstance(content, str) else (False,):
                body = json.dumps({**json.loads(content), "stream": stream}) if isinstance(content, str) else content
                response = client.post("/v1/chat/completions", content=body)
                error = response.json()["error"]
                assert (response.status_code, error["code"], error["param"]) == (status, code, param), body[:100]
        assert client.get("/v1/nothing").json()["error"]["code"] == "NOT_FOUND"
        assert client.delete("/v1/models").json()["error"]["code"] == "METHOD_NOT_ALLOWED"
        assert client.post("/v1/chat/completions", json={**CHAT, "max_tokens": 1}).status_code == 200
    assert "Traceback" not in engine.stderr


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_frees_its_place(engine: Any, stream: bool) -> None:
    ready = engine.event("ready")
    body = json.dumps({**CHAT, "stream": stream}).encode()
    head = post_head(ready, body)
    with socket.create_connection(("127.0.0.1", ready.port)) as client:
        client.sendall(head + body)
        if stream:
            assert b"200 OK" in client.recv(100)
        else:
            with engine.client() as other:
                deadline = time.monotonic() + 10
                while other.get("/health").json()["active"] == 0 and time.monotonic() < deadline:
                    time.sleep(0.01)
    left = time.monotonic()
    assert engine.event("request").outcome == "cancelled"
    assert time.monotonic() - left < 5


def test_more_than_the_queue_holds_is_refused(engine: Any) -> None:
    ready = engine.event("ready")
    with openai.OpenAI(base_url=f"http://127.0.0.1:{ready.port}/v1", api_key=ready.token, max_retries=0) as client:
        running = client.chat.completions.create(**CHAT, stream=True)
        next(iter(running))
        waiting = socket.create_connection(("127.0.0.1", ready.port))
        body = json.dumps(CHAT).encode()
        head = post_head(ready, body)
        waiting.sendall(head + body)
        with engine.client() as other:
            deadline = time.monotonic() + 10
            while other.get("/health").json()["queued"] == 0 and time.monotonic() < deadline:
                time.sleep(0.01)
        with pytest.raises(openai.APIStatusError) as refused:
            client.chat.completions.create(**CHAT)
        assert (refused.value.status_code, refused.value.code) == (503, "NETWORK_BUSY")
        running.close()
        waiting.close()


def test_a_draining_engine_finishes_its_http_answers_too(engine: Any) -> None:
    with (
        engine.client() as client,
        client.stream("POST", "/v1/chat/completions", json={**CHAT, "max_tokens": 60, "stream": True}) as response,
    ):
        lines = response.iter_lines()
        next(lines)
        engine.command(cmd="drain")
        engine.event("draining")
        rest = [line for line in lines if line]
        assert rest[-1] == "data: [DONE]"
        assert len(rest) > 55
    assert engine.exit_code() == 0


def test_several_choices_come_side_by_side(start_engine: Any) -> None:
    engine = start_engine("--scripted-tokens", "12", "--scripted-tokens-per-second", "0", "--max-concurrency", "3")
    ready = engine.event("ready")
    with openai.OpenAI(base_url=f"http://127.0.0.1:{ready.port}/v1", api_key=ready.token, max_retries=0) as client:
        whole = client.chat.completions.create(**CHAT, n=3)  # type: ignore[call-overload]
        assert [choice.index for choice in whole.choices] == [0, 1, 2]
        texts = {choice.message.content for choice in whole.choices}
        assert len(texts) == 1 and whole.usage.completion_tokens == 36
        parts = list(client.chat.completions.create(**CHAT, n=3, stream=True))  # type: ignore[call-overload]
        for index in range(3):
            own = [part.choices[0] for part in parts if part.choices and part.choices[0].index == index]
            assert "".join(choice.delta.content or "" for choice in own) in texts
            assert [choice.finish_reason for choice in own if choice.finish_reason] == ["stop"]
        with pytest.raises(openai.BadRequestError) as refusal:
            client.chat.completions.create(**CHAT, n=4)  # type: ignore[call-overload]
        assert refusal.value.param == "n"
