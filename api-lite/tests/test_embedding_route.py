"""`POST /v1/embeddings`: through a real gateway to nodes that offer a model for it."""

from __future__ import annotations

import asyncio
import base64
import struct
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from r3mes_protocol.embeddings import vector_events
from r3mes_protocol.frames import FrameKind
from r3mes_protocol.messages import Done, EmbeddingOffer, FailureCode, Usage

OFFER = EmbeddingOffer(name="test-embedder", dimensions=3, context_tokens=256)
PAYLOAD_BYTES = 32 * 1024


def vector_of(text: str, dimensions: int = 3) -> bytes:
    numbers = [len(text) / 4, float(ord(text[0])), -0.5, *[0.25] * dimensions]
    return struct.pack(f"<{dimensions}f", *numbers[:dimensions])


async def send_vectors(job: Any, vectors: Sequence[bytes]) -> None:
    for payload in vector_events(vectors, PAYLOAD_BYTES):
        await job.frame(FrameKind.CONTENT, payload)


async def finish(job: Any, tokens: int) -> None:
    job.terminal_sent = True
    usage = Usage(prompt_tokens=tokens, completion_tokens=0)
    await job.node.send(Done(job_id=job.job_id, finish_reason="stop", usage=usage))


async def embed(job: Any) -> None:
    """What an engine does, with made-up vectors; a token for each character."""
    assert job.job.kind == "embeddings"
    body = job.job.body
    texts: list[str] = body["input"]
    await send_vectors(job, [vector_of(text, body.get("dimensions") or 3) for text in texts])
    await finish(job, sum(map(len, texts)))


@pytest.fixture
def start_embedder(start_node: Any, remote_gateway: Any) -> Any:
    async def start(script: Any = embed, offer: EmbeddingOffer = OFFER, **options: Any) -> Any:
        return await start_node(remote_gateway, script, embedding_models=(offer,), **options)

    return start


@pytest.fixture
def embeddings(client: httpx.AsyncClient, remote_gateway: Any) -> Any:
    async def ask(texts: Any = "hello", **more: Any) -> httpx.Response:
        body = {"model": OFFER.name, "input": texts, **more}
        return await client.post(f"{remote_gateway.url}/v1/embeddings", json=body)

    return ask


async def test_texts_become_vectors_in_both_encodings(start_embedder: Any, embeddings: Any) -> None:
    node = await start_embedder()
    answer = await embeddings(["abcd", "Zoë"])
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "object": "list",
        "data": [
            {"object": "embedding", "index": 0, "embedding": [1.0, 97.0, -0.5]},
            {"object": "embedding", "index": 1, "embedding": [0.75, 90.0, -0.5]},
        ],
        "model": OFFER.name,
        "usage": {"prompt_tokens": 7, "total_tokens": 7},
    }
    assert answer.headers["x-request-id"] == node.jobs[0].job.completion_id
    packed = (await embeddings("abcd", encoding_format="base64")).json()["data"][0]["embedding"]
    assert base64.b64decode(packed) == vector_of("abcd")
    short = (await embeddings("abcd", dimensions=2)).json()["data"][0]["embedding"]
    assert short == [1.0, 97.0]


async def test_a_large_answer_comes_within_the_credit_of_a_job(start_embedder: Any, embeddings: Any) -> None:
    await start_embedder(offer=EmbeddingOffer(name=OFFER.name, dimensions=384, context_tokens=256))

    texts = [f"{number} is a number" for number in range(2048)]
    answer = await embeddings(texts, dimensions=384, encoding_format="base64")
    data = answer.json()["data"]
    assert len(data) == 2048
    assert base64.b64decode(data[-1]["embedding"]) == vector_of(texts[-1], 384)


async def test_models_for_embeddings_are_listed_and_are_not_for_chat(
    start_embedder: Any, embeddings: Any, client: httpx.AsyncClient, remote_gateway: Any, ask: Any, chat_prompt: Any
) -> None:
    node = await start_embedder()
    listed = (await client.get(f"{remote_gateway.url}/v1/models")).json()["data"]
    sizes = {entry["id"]: entry["embedding_dimensions"] for entry in listed}
    assert sizes == {"test-model": None, OFFER.name: 3, "auto": None}
    shown = (await client.get(f"{remote_gateway.url}/v1/nodes/{node.node_id}")).json()
    assert shown["embedding_models"] == [OFFER.name]
    chat = await ask(remote_gateway, chat_prompt(model=OFFER.name))
    assert (chat.status, chat.error["code"]) == (404, "MODEL_NOT_FOUND")
    for model in ("test-model", "auto", "nobody-has-this"):
        refused = await embeddings(model=model)
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "MODEL_NOT_FOUND"), model
        assert "embeddings" in refused.json()["error"]["message"]
    assert not node.jobs


async def test_a_node_that_fails_in_the_middle_is_no_more_than_a_failed_try(
    start_embedder: Any, embeddings: Any
) -> None:
    async def half_an_answer(job: Any) -> None:
        await send_vectors(job, [vector_of("x")])
        job.node.vanish()

    async def sick(job: Any) -> None:
        await job.fail(FailureCode.ENGINE_ERROR)

    await start_embedder(half_an_answer)
    await start_embedder(sick)
    well = await start_embedder()
    answers = [await embeddings([f"text {number}", "second"]) for number in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 6
    assert all(len(answer.json()["data"]) == 2 for answer in answers)
    assert len(well.jobs) == 6


@pytest.mark.parametrize(
    "payloads",
    [
        [],
        [b"data: \n\n"],
        [b"data: AAAA\n\n"],
        [b"data: not base64!\n\n"],
        [b"data: {}\n\n"],
        list(vector_events([vector_of("a")], PAYLOAD_BYTES)),
        list(vector_events([vector_of("a")] * 3, PAYLOAD_BYTES)),
        list(vector_events([vector_of("a"), struct.pack("<3f", 1, float("nan"), 1)], PAYLOAD_BYTES)),
        list(vector_events([vector_of("a"), struct.pack("<3f", 1, float("-inf"), 1)], PAYLOAD_BYTES)),
    ],
)
async def test_what_is_no_answer_is_an_error(payloads: list[bytes], start_embedder: Any, embeddings: Any) -> None:
    async def wrong(job: Any) -> None:
        for payload in payloads:
            await job.frame(FrameKind.CONTENT, payload)
        await finish(job, 5)

    await start_embedder(wrong)
    answer = await embeddings(["a", "b"], dimensions=3)
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "NODE_FAILED")


async def test_a_node_that_does_not_end_is_stopped(start_embedder: Any, embeddings: Any, until: Any) -> None:
    async def endless(job: Any) -> None:
        block = [bytes(12 * 1024)]
        while not job.cancelled.is_set():
            sending = asyncio.ensure_future(send_vectors(job, block))
            stopped = asyncio.ensure_future(job.cancelled.wait())
            await asyncio.wait((sending, stopped), return_when=asyncio.FIRST_COMPLETED)
            sending.cancel()
            stopped.cancel()

    node = await start_embedder(endless)
    answer = await embeddings("a")
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "NODE_FAILED")
    await until(node.jobs[0].cancelled.is_set, "the cancel")


async def test_the_nodes_own_refusals_reach_the_client(start_embedder: Any, embeddings: Any) -> None:
    async def too_long(job: Any) -> None:
        await job.fail(FailureCode.CONTEXT_TOO_LONG, "input.0 has 400 tokens; this model takes 256 at most.")

    node = await start_embedder(too_long)
    answer = await embeddings("word " * 400)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "CONTEXT_TOO_LONG")
    assert "256" in answer.json()["error"]["message"] and len(node.jobs) == 1


async def test_a_client_that_leaves_is_told_to_the_node(
    start_embedder: Any, client: httpx.AsyncClient, remote_gateway: Any, until: Any
) -> None:
    async def waits(job: Any) -> None:
        await job.cancelled.wait()

    node = await start_embedder(waits)
    body = {"model": OFFER.name, "input": "x"}
    asked = asyncio.ensure_future(client.post(f"{remote_gateway.url}/v1/embeddings", json=body))
    await until(lambda: node.jobs, "the job")
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    await until(node.jobs[0].cancelled.is_set, "the cancel")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": "x"}, "model"),
        ({"model": "m" * 200, "input": "x"}, "model"),
        ({"model": "m", "input": []}, "input"),
        ({"model": "m", "input": [1, 2]}, "input"),
        ({"model": "m", "input": ["a", ""]}, "input"),
        ({"model": "m", "input": "x", "dimensions": 0}, "dimensions"),
        ({"model": "m", "input": "x", "encoding_format": "int8"}, "encoding_format"),
    ],
)
async def test_a_wrong_request_names_its_parameter(
    body: dict[str, Any], param: str, start_embedder: Any, client: httpx.AsyncClient, remote_gateway: Any
) -> None:
    await start_embedder()
    answer = await client.post(f"{remote_gateway.url}/v1/embeddings", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "INVALID_REQUEST", param)


async def test_without_nodes_there_are_none(embeddings: Any, start_gateway: Any, client: httpx.AsyncClient) -> None:
    answer = await embeddings()
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "NO_SERVING_NODES")
    mock = start_gateway(inference_mode="mock")
    refused = await client.post(f"{mock.url}/v1/embeddings", json={"model": "m", "input": "x"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "MODEL_NOT_FOUND")
    assert "mock" in refused.json()["error"]["message"]


async def test_openais_own_client_reads_it(start_embedder: Any, remote_gateway: Any) -> None:
    openai = pytest.importorskip("openai")
    await start_embedder()
    async with openai.AsyncOpenAI(base_url=f"{remote_gateway.url}/v1", api_key="none", max_retries=0) as client:
        # It asks for base64 by itself and decodes it.
        got = await client.embeddings.create(model=OFFER.name, input=["abcd", "b"])
        assert [list(one.embedding) for one in got.data] == [[1.0, 97.0, -0.5], [0.25, 98.0, -0.5]]
        assert got.usage.total_tokens == 5
        with pytest.raises(openai.NotFoundError):
            await client.embeddings.create(model="test-model", input="x")
