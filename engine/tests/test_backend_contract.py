"""What every backend keeps, tried on each through the engine's HTTP and through a gateway's session."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest

from r3mes_protocol.messages import Done, Failed, FailureCode

MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]


@pytest.fixture
def client(contract: Any) -> Iterator[openai.OpenAI]:
    ready = contract.engine.event("ready")
    with openai.OpenAI(base_url=f"http://127.0.0.1:{ready.port}/v1", api_key=ready.token, max_retries=0) as client:
        yield client


@pytest.fixture
def ask(contract: Any, client: openai.OpenAI) -> Any:
    """A greedy answer of at most 12 tokens, unless told otherwise."""
    model = contract.engine.event("ready").model

    def ask(**more: Any) -> Any:
        return client.chat.completions.create(
            **{"model": model, "messages": MESSAGES, "temperature": 0, "max_tokens": 12, **more}
        )

    return ask


def text_of(parts: list[Any]) -> str:
    return "".join(part.choices[0].delta.content or "" for part in parts if part.choices)


def test_a_stream_says_what_a_whole_answer_says(ask: Any) -> None:
    whole = ask()
    parts = list(ask(stream=True, stream_options={"include_usage": True}))
    assert whole.choices[0].message.content == text_of(parts) != ""
    assert parts[0].choices[0].delta.role == "assistant"
    assert len({part.id for part in parts}) == 1 and {part.model for part in parts} == {whole.model}
    assert parts[-1].usage == whole.usage
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
    assert whole.usage.prompt_tokens > 0


def test_a_plain_prompt_is_gone_on_with_as_it_is(client: openai.OpenAI, contract: Any) -> None:
    asked: dict[str, Any] = {"model": contract.engine.event("ready").model, "prompt": "One, two, three, four,"}
    whole = client.completions.create(**asked, temperature=0, max_tokens=8)
    stream = client.completions.create(
        **asked, temperature=0, max_tokens=8, stream=True, stream_options={"include_usage": True}
    )
    parts = list(stream)
    assert "".join(part.choices[0].text for part in parts if part.choices) == whole.choices[0].text != ""
    assert parts[-1].usage == whole.usage and whole.choices[0].finish_reason == "length"
    if contract.backend == "transformers":
        # A chat's template would add some twenty tokens.
        assert whole.usage.prompt_tokens < 14 and "five" in whole.choices[0].text
    assert client.completions.create(**asked).usage.completion_tokens <= 16
    for more in ({"echo": True}, {"logprobs": 1}, {"best_of": 2}, {"prompt": ["a", "b"]}, {"prompt": [1, 2]}):
        with pytest.raises(openai.BadRequestError) as refusal:
            client.completions.create(**{**asked, **more})
        assert refusal.value.param == next(iter(more))


def test_numbers_for_prometheus(ask: Any, contract: Any) -> None:
    ask(max_tokens=1)
    with contract.engine.client() as http:
        page = http.get("/metrics")
        assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
        numbers = {line.split()[0]: float(line.split()[1]) for line in page.text.splitlines() if line[0] != "#"}
        assert numbers["r3mes_engine_up"] == 1 and numbers["r3mes_engine_completion_tokens_total"] > 0
        assert http.get("/metrics", headers={"authorization": ""}).status_code == 401


def test_embeddings_are_a_404_with_a_sentence(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="no embedding model"):
        client.embeddings.create(model="x", input="y")


def test_the_limit_is_kept_and_told(ask: Any) -> None:
    limited = ask(max_tokens=3)
    assert (limited.choices[0].finish_reason, limited.usage.completion_tokens) == ("length", 3)
    # More than fits is as much as fits.
    assert ask(max_tokens=100_000, stop=[" "]).choices[0].finish_reason == "stop"


def test_the_answer_ends_before_a_stop_string(ask: Any) -> None:
    text = ask().choices[0].message.content
    word = text.split()[:4][-1]
    stopped = ask(stop=[word])
    assert stopped.choices[0].message.content == text[: text.index(word)]
    assert stopped.choices[0].finish_reason == "stop"


def test_what_is_not_here_is_a_404(ask: Any, contract: Any) -> None:
    with pytest.raises(openai.NotFoundError) as no_model:
        ask(model="nobody-has-this")
    assert no_model.value.code == "MODEL_NOT_FOUND"
    with pytest.raises(openai.NotFoundError) as no_adapter:
        ask(extra_body={"adapter": "nobody-has-this"})
    assert no_adapter.value.code == "ADAPTER_NOT_FOUND"


def test_a_prompt_that_never_fits_is_refused(ask: Any) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        ask(messages=[{"role": "user", "content": "word " * 9000}])
    assert refusal.value.code == "CONTEXT_TOO_LONG"
    assert ask(max_tokens=1).usage.completion_tokens == 1


def test_two_at_once_are_two_answers(ask: Any) -> None:
    with ThreadPoolExecutor(2) as threads:
        one, two = threads.map(lambda _: ask().choices[0].message.content, range(2))
    assert one == two == ask().choices[0].message.content


def test_several_choices(ask: Any) -> None:
    whole = ask(n=2, max_tokens=5)
    assert [choice.index for choice in whole.choices] == [0, 1]
    assert whole.choices[0].message.content == whole.choices[1].message.content
    assert whole.usage.completion_tokens == 10


def test_log_probabilities_where_they_are_offered(ask: Any, contract: Any) -> None:
    if contract.backend == "scripted":
        with pytest.raises(openai.BadRequestError) as refusal:
            ask(logprobs=True)
        assert refusal.value.param == "logprobs"
        return
    choice = ask(logprobs=True, top_logprobs=1).choices[0]
    assert "".join(one.token for one in choice.logprobs.content) == choice.message.content
    assert all(one.logprob <= 0 and len(one.top_logprobs) == 1 for one in choice.logprobs.content)


def test_a_client_that_leaves_stops_the_tokens(ask: Any, contract: Any) -> None:
    ended = len(contract.engine.all("request"))
    stream = ask(stream=True, max_tokens=2000, extra_body={"ignore_eos": True})
    next(iter(stream))
    stream.close()
    assert contract.engine.event("request", ended + 1).outcome in ("cancelled", "stop")
    with contract.engine.client() as http:
        assert http.get("/health").json()["active"] == 0


def test_a_job_of_a_gateway_is_counted_and_signed(contract: Any) -> None:
    session = contract.gateway.session()
    job = session.job(temperature=0, max_tokens=5)
    done = session.terminal(job)
    assert isinstance(done, Done)
    assert (done.finish_reason, done.usage.completion_tokens) == ("length", 5)
    assert done.signed_usage is not None
    assert session.text(job)


def test_a_cancelled_job_has_one_terminal(contract: Any) -> None:
    session = contract.gateway.session()
    job = session.job(max_tokens=2000, ignore_eos=True)
    session.wait(lambda: bool(session.text(job)), "token")
    session.cancel(job)
    terminal = session.terminal(job)
    # A scripted answer may have come to its end in the same moment.
    assert isinstance(terminal, Done) or (isinstance(terminal, Failed) and terminal.code is FailureCode.CANCELLED)
    assert session.frames_after_terminal == 0


def test_an_answer_that_another_node_began_is_gone_on_with(contract: Any) -> None:
    session = contract.gateway.session()
    if contract.backend == "llama-server":
        # It has no such thing, which is told and not passed over.
        assert not session.register.continues_answers
        failed = session.terminal(session.job(continue_final_message=True, add_generation_prompt=False))
        assert isinstance(failed, Failed) and failed.code is FailureCode.INVALID_REQUEST
        return
    assert session.register.continues_answers
    whole = session.job(temperature=0, max_tokens=12)
    assert isinstance(session.terminal(whole), Done)
    text = session.text(whole)
    # A script's words end with a blank; a model's next token brings its own.
    begun = text[: text.index(" ", 8) + (contract.backend in ("scripted", "upstream"))]
    rest = session.job(
        messages=[*MESSAGES, {"role": "assistant", "content": begun}],
        temperature=0,
        max_tokens=12,
        continue_final_message=True,
        add_generation_prompt=False,
    )
    assert isinstance(session.terminal(rest), Done)
    shorter, longer = sorted((text, begun + session.text(rest)), key=len)
    assert longer.startswith(shorter) and session.text(rest)
