"""Requests of many kinds in one running batch of the real model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from r3mes_engine.backends.protocol import GenerationRequest, Logprob, Message, Sampling
from r3mes_engine.errors import GenerationFailed
from r3mes_engine.models.source import ModelSource
from r3mes_engine.serving.chat_parameters import ANY_JSON_OBJECT
from r3mes_protocol.messages import Device, FailureCode

pytestmark = [pytest.mark.model, pytest.mark.timeout(300)]

GREEDY = Sampling(temperature=0)
BF16 = 0.2
"""What bfloat16 makes of the same sum in another order, as a difference of log-probabilities."""


def ask(text: str, tokens: int = 12, sampling: Sampling = GREEDY, **more: Any) -> GenerationRequest:
    return GenerationRequest((Message("user", text),), tokens, sampling, **more)


@pytest.fixture(scope="module")
def shared(converted_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from r3mes_engine.backends.transformers_backend import TransformersBackend

    source = ModelSource("folder", converted_model, "m", Sampling())
    folder = tmp_path_factory.mktemp("sampling")
    backend = TransformersBackend(source, folder, Device(kind="cpu", name="t", memory_mb=1), 1, 8)
    backend.load(lambda stage, fraction: None)
    yield backend
    asyncio.run(backend.close())


async def whole(backend: Any, request: GenerationRequest) -> tuple[str, list[Logprob], Any]:
    answer = await backend.answer(request)
    text, logprobs = "", []
    async for piece in answer:
        text += piece
        logprobs += answer.take_logprobs()
    return text, logprobs, answer


async def test_greedy_is_the_same_alone_and_in_a_batch(shared: Any) -> None:
    requests = [ask("What is the capital of France?", 8, logprobs=1), ask("Name three animals.", 8, logprobs=1)]
    alone = [await whole(shared, request) for request in requests]
    noise = [ask("Tell me a story.", 8, Sampling(1.0, 0.9, 3)), ask("Say yes.", 8, Sampling(0.7, 1.0, 4, top_k=5))]
    together = await asyncio.gather(*(whole(shared, request) for request in (*requests, *noise)))
    for (text, before, _), (batched, after, _) in zip(alone, together, strict=False):
        for one, other in zip(before, after, strict=False):
            if one.token != other.token:
                # Only where the two best are as good as equal may rounding choose another one.
                assert abs(one.logprob - dict(other.top).get(one.token, other.logprob)) < BF16
                break
            assert abs(one.logprob - other.logprob) < BF16
        assert text[:8] == batched[:8]
    assert "Paris" in together[0][0]


async def test_logprobs_are_told_for_each_token(shared: Any) -> None:
    text, logprobs, answer = await whole(shared, ask("What is the capital of France?", logprobs=3))
    assert b"".join(one.token for one in logprobs).decode() == text
    assert len(logprobs) == answer.completion_tokens
    for one in logprobs:
        assert one.top[0] == (one.token, one.logprob)
        assert len(one.top) == 3 and one.top[0][1] >= one.top[1][1] >= one.top[2][1]


async def test_rules_differ_within_one_batch(shared: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 12}, "size": {"enum": ["big", "small"]}},
        "required": ["city", "size"],
        "additionalProperties": False,
    }
    story = "Write a story about a fox."
    seeded = Sampling(1.0, 0.95, 7)
    results = await asyncio.gather(
        whole(shared, ask("Describe Paris.", 60, json_schema=json.dumps(schema))),
        whole(shared, ask("Give me JSON.", 8, Sampling(1.0, 1.0, 2), json_schema=ANY_JSON_OBJECT)),
        whole(shared, ask(story, 6, seeded)),
        whole(shared, ask(story, 6, replace(seeded, seed=8))),
        whole(shared, ask(story, 6, GREEDY)),
        whole(shared, ask(story, 6, replace(GREEDY, frequency_penalty=2.0, presence_penalty=2.0))),
        whole(shared, ask("Say: no no no no", 6, replace(GREEDY, logit_bias=((28, 100.0),)), ignores_ends=True)),
        whole(shared, ask("What is the capital of France?", 16, GREEDY, stop=(" is Par",))),
    )
    texts = [text for text, _, _ in results]
    described = json.loads(texts[0])
    assert set(described) == {"city", "size"} and described["size"] in ("big", "small")
    assert results[0][2].finish_reason == "stop"
    assert texts[1].startswith("{")
    assert len({texts[2], texts[3], texts[4]}) == 3
    assert len(set(texts[6])) == 1 and results[6][2].completion_tokens == 6
    assert texts[7] == "The capital of France"
    again, _, _ = await whole(shared, ask(story, 3, seeded))
    assert texts[2].startswith(again)


async def test_what_a_request_asks_wrongly_harms_only_itself(shared: Any) -> None:
    with pytest.raises(GenerationFailed) as refusal:
        await shared.answer(ask("x", json_schema='{"type":"frob"}'))
    assert (refusal.value.code, refusal.value.param) == (FailureCode.INVALID_REQUEST, "response_format")
    neighbour = asyncio.ensure_future(whole(shared, ask("What is the capital of France?")))
    with pytest.raises(GenerationFailed) as failure:
        await whole(shared, ask("x", sampling=replace(GREEDY, logit_bias=((10**6, 1.0),))))
    assert failure.value.code is FailureCode.INVALID_REQUEST and "logit_bias" in failure.value.message
    assert "Paris" in (await neighbour)[0]
