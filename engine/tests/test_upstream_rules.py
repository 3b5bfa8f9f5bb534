"""What the `upstream` backend decides without a server: bodies, events, numbers, liveness, command lines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_engine.adapters.folder import LayerSize
from r3mes_engine.backends.protocol import GenerationRequest, Message, Sampling
from r3mes_engine.errors import EngineExit, GenerationFailed
from r3mes_engine.upstream.adapters import UpstreamAdapters
from r3mes_engine.upstream.address import UpstreamAddress, parse_base, read_key
from r3mes_engine.upstream.chat_body import chat_body
from r3mes_engine.upstream.command import LocalModel, LocalServer, command_line, environment, key_file_text
from r3mes_engine.upstream.dialect import find_model
from r3mes_engine.upstream.event_reader import EventReader
from r3mes_engine.upstream.failures import refusal
from r3mes_engine.upstream.liveness import FIRST_DELAY_S, HEALTHY_S, LONGEST_DELAY_S, Progress, RestartDelay
from r3mes_engine.upstream.metrics import read_numbers
from r3mes_protocol.messages import Device, FailureCode

ASK = GenerationRequest((Message("user", "hi"),), 5, Sampling())
CPU = Device(kind="cpu", name="CPU", memory_mb=1)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def test_only_what_was_asked_for_is_sent() -> None:
    assert chat_body(ASK, "m", "openai") == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 5,
    }
    full = GenerationRequest(
        ASK.messages,
        None,
        Sampling(0.0, 0.5, 7, 3, 0.1, 0.2, 0.3, 1.5, ((4, -1.0),)),
        stop=("x",),
        logprobs=2,
        json_schema='{"type":"object"}',
        ignores_ends=True,
    )
    body = chat_body(full, "m", "vllm")
    assert body["temperature"] == 0 and body["logit_bias"] == {"4": -1.0} and body["repetition_penalty"] == 1.5
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert "max_tokens" not in body and "max_tokens" not in chat_body(ASK, "m", "vllm", limited=False)
    assert chat_body(full, "m", "llama.cpp")["repeat_penalty"] == 1.5


@pytest.mark.parametrize("sampling", [Sampling(top_k=2), Sampling(min_p=0.1), Sampling(repetition_penalty=1.1)])
def test_what_a_server_would_ignore_is_refused(sampling: Sampling) -> None:
    with pytest.raises(GenerationFailed) as refused:
        chat_body(GenerationRequest(ASK.messages, 5, sampling), "m", "openai")
    assert refused.value.code is FailureCode.INVALID_REQUEST


@given(json_values)
def test_any_event_is_read_or_refused_with_a_code(value: Any) -> None:
    for event in (value, {"choices": value}, {"choices": [value]}, {"choices": [{"delta": value}], "usage": value}):
        try:
            step = EventReader().read(json.dumps(event))
        except GenerationFailed as failure:
            assert failure.code is FailureCode.ENGINE_ERROR
        else:
            assert step is None or step.text


@given(json_values, st.integers(300, 599), st.booleans())
def test_any_refusal_has_a_code(value: Any, status: int, adapter: bool) -> None:
    failure = refusal(status, json.dumps({"error": value}).encode(), adapter=adapter)
    assert failure.message and len(failure.message) <= 600


@given(json_values)
def test_any_list_of_models_is_understood_or_refused(value: Any) -> None:
    for listing in (value, {"data": value}, {"data": [value, {"id": "m", "meta": value}]}):
        try:
            assert find_model(listing, None).name is not None
        except ValueError as refused:
            assert str(refused)


def test_the_usage_is_the_servers_and_an_end_is_needed() -> None:
    reader = EventReader()
    step = reader.read('{"choices":[{"delta":{"content":"a b"},"finish_reason":null}]}')
    assert step is not None and step.text == "a b" and reader.completion_tokens == 1
    with pytest.raises(GenerationFailed):
        reader.check_ended()
    reader.read('{"choices":[{"delta":{},"finish_reason":"length"}]}')
    reader.read('{"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":2}}')
    reader.check_ended()
    assert (reader.prompt_tokens, reader.completion_tokens, reader.finish_reason) == (4, 2, "length")


@pytest.mark.parametrize(
    ("text", "finish", "kept"),
    [
        (" Paris.", "stop", [" Paris", "."]),
        (" Paris.", None, [" Paris", ".", "<|im_end|>"]),
        # A stop string took the text's end away.
        (" Par", "stop", [" Paris", ".", "<|im_end|>"]),
    ],
)
def test_the_token_that_ends_an_answer_is_no_part_of_it(text: str, finish: str | None, kept: list[str]) -> None:
    told = [{"token": token, "logprob": -0.5} for token in (" Paris", ".", "<|im_end|>")]
    choice = {"delta": {"content": text}, "finish_reason": finish, "logprobs": {"content": told}}
    step = EventReader().read(json.dumps({"choices": [choice]}))
    assert step is not None and [one.token.decode() for one in step.logprobs] == kept


def test_vllms_word_for_a_limit_beyond_what_fits() -> None:
    said = "max_tokens=100000 cannot be greater than max_model_len=8192. Please request fewer output tokens."
    body = json.dumps({"error": {"message": said}}).encode()
    assert refusal(400, body, adapter=False).code is FailureCode.CONTEXT_TOO_LONG


def test_models_adapters_and_dialects() -> None:
    base = {"id": "m", "owned_by": "vllm", "max_model_len": 2048}
    found = find_model({"data": [base, {"id": "a", "parent": "m"}, {"id": "b", "parent": "other"}]}, None)
    assert (found.dialect, found.context_tokens, found.adapters) == ("vllm", 2048, ("a",))
    assert find_model({"data": [{"id": "x", "owned_by": "llamacpp", "meta": {"n_ctx_train": 512}}]}, "x").dialect == (
        "llama.cpp"
    )
    with pytest.raises(ValueError, match="no model 'y'; it has 'm'"):
        find_model({"data": [base]}, "y")


def test_numbers_are_summed_over_labels() -> None:
    page = """# HELP vllm:generation_tokens_total x
vllm:prompt_tokens_total{engine="0"} 10.0
vllm:generation_tokens_total{engine="0",model_name="a b"} 5.0
vllm:generation_tokens_total{engine="1"} 1e1
vllm:num_requests_waiting{engine="0"} 2.0
vllm:lora_requests_info{max_lora="4",running_lora_adapters="a,b",waiting_lora_adapters=""} 1.7e+09
vllm:lora_requests_info{max_lora="4",running_lora_adapters="",waiting_lora_adapters=""} 1.8e+09
"""
    numbers = read_numbers(page)
    assert (numbers.tokens, numbers.waiting, numbers.running) == (25, 2, None)
    assert (numbers.most_adapters, numbers.adapters_in_use) == (4, 0)
    assert read_numbers("llamacpp:tokens_predicted_total 7\n").tokens == 7
    for no_count in ("²", "9" * 5000):
        page = f'vllm:lora_requests_info{{max_lora="{no_count}",running_lora_adapters=""}} 1.0\n'
        assert read_numbers(page).most_adapters is None


@given(st.text())
def test_any_page_of_metrics_is_read(page: str) -> None:
    read_numbers(page)


def test_a_server_is_stuck_only_while_somebody_waits_and_no_token_comes() -> None:
    progress = Progress(stall_s=10)
    assert not progress.stalled(1000)
    progress.wants(1000)
    assert not progress.stalled(1009) and progress.stalled(1010)
    progress.token(1010)
    assert not progress.stalled(1019)
    # Another client's tokens count as well.
    progress.counter(1019, 5)
    assert not progress.stalled(1028)
    progress.counter(1028, 5)
    assert progress.stalled(1029)
    progress.has()
    assert not progress.stalled(9999)
    progress.wants(9999)
    assert not progress.stalled(10_000)


def test_restarts_slow_down_and_begin_anew_after_a_healthy_time() -> None:
    delay = RestartDelay()
    assert [delay.died(0) for _ in range(3)] == [FIRST_DELAY_S, FIRST_DELAY_S * 2, FIRST_DELAY_S * 4]
    assert [delay.died(1) for _ in range(9)][-1] == LONGEST_DELAY_S
    assert delay.died(HEALTHY_S) == FIRST_DELAY_S


def test_command_lines_hold_no_key(tmp_path: Path) -> None:
    model = LocalModel(tmp_path / "m", "m")
    vllm = LocalServer("vllm", "python", 2, 3, "10.0.0.1:6379", ("--dtype=bfloat16",))
    line = command_line(vllm, model, 8000, tmp_path / "key", 16, adapters=True)
    assert line[line.index("--distributed-executor-backend") + 1] == "ray"
    assert line[line.index("--tensor-parallel-size") + 1] == "2" and line[-1] == "--dtype=bfloat16"
    assert environment(vllm, CPU, 1, adapters=True)["RAY_ADDRESS"] == "10.0.0.1:6379"
    llama = LocalServer("llama-server", "llama-server")
    line = command_line(llama, model, 8000, tmp_path / "key", 4, adapters=False)
    assert line[:3] == ["llama-server", "--model", str(tmp_path / "m")] and "--enable-lora" not in line
    assert json.loads(key_file_text("vllm", "k")) == {"api-key": "k"}


def test_addresses_and_keys(tmp_path: Path) -> None:
    assert parse_base("http://host:8000") == parse_base("http://host:8000/v1/") == "http://host:8000/v1"
    for bad in ("host:8000", "ftp://host", "http://", "http://a:b@host", "http://host?x=1", "http://host:99999"):
        with pytest.raises(ValueError, match="it"):
            parse_base(bad)
    assert "hidden" not in repr(UpstreamAddress("http://host/v1", "hidden"))
    key = tmp_path / "key"
    key.write_text("one\ntwo\n")
    assert read_key(key) == "one"
    for bad_key in ("", "a b", "\x00", "é", "x" * 5000):
        key.write_text(bad_key)
        with pytest.raises(EngineExit):
            read_key(key)


class Posted:
    """A server that takes adapters, each when the test lets it."""

    def __init__(self) -> None:
        self.routes: list[str] = []
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, route: str, document: Mapping[str, str], adapter: str) -> None:
        self.routes.append(route)
        await self.go.wait()


@pytest.fixture
def poet(make_adapter: Any, tmp_path: Path) -> UpstreamAdapters:
    make_adapter(tmp_path / "poet", {"layers.0.q_proj": LayerSize(16, 16)}, seed=1, targets=["q_proj"])
    adapters = UpstreamAdapters("tiny", {}, lambda: None)
    assert adapters.discover(tmp_path) == []
    return adapters


async def test_an_adapter_unloaded_while_the_server_loads_it_does_not_stay(
    poet: UpstreamAdapters,
) -> None:
    post = Posted()
    post.go.clear()
    loading = asyncio.ensure_future(poet.ready("poet", 1, post))
    while not post.routes:
        await asyncio.sleep(0)
    await poet.remove("poet", 1, post)
    post.go.set()
    with pytest.raises(GenerationFailed) as refused:
        await loading
    assert refused.value.code is FailureCode.ADAPTER_NOT_FOUND
    assert post.routes == ["load_lora_adapter", "unload_lora_adapter"] and poet.offers(1) == ()


async def test_files_written_anew_are_not_loaded_under_the_old_digest(
    poet: UpstreamAdapters, make_adapter: Any, tmp_path: Path
) -> None:
    post = Posted()
    (offer,) = poet.offers(1)
    make_adapter(tmp_path / "poet", {"layers.0.q_proj": LayerSize(16, 16)}, seed=2, targets=["q_proj"])
    with pytest.raises(GenerationFailed) as refused:
        await poet.ready(str(offer.digest), 1, post)
    assert refused.value.code is FailureCode.ADAPTER_NOT_FOUND
    assert post.routes == [] and poet.offers(1) == ()
