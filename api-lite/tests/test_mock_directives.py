"""Failures that a tester asks of the mock, as a client sees them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.modes.mock_directives import MAX_TOKENS, MockDirectives, read_directives
from r3mes_protocol.errors import ApiError, ErrorCode


@given(
    st.floats(1, 10_000), st.floats(0, 60), st.integers(0, MAX_TOKENS), st.sampled_from(ErrorCode),
    st.sampled_from([", ", " ", ","]),
)  # fmt: skip
def test_what_was_written_is_what_is_read(
    pace: float, first: float, tokens: int, error: ErrorCode, between: str
) -> None:
    parts = (
        f"pace={pace!r}",
        f"FIRST={first!r}",
        f"tokens={tokens}",
        f"error={error.value.lower()}",
        f"after={tokens}",
    )
    read, prompt = read_directives(f"Hello [Mock: {between.join(parts)}]")
    assert read == MockDirectives(pace=pace, first=first, tokens=tokens, error=error, after=tokens)
    assert prompt == "Hello"


@given(st.text(max_size=60))
def test_other_prompts_stay_as_they_are(text: str) -> None:
    if "[mock:" not in text.lower():
        assert read_directives(text) == (MockDirectives(), text)


@pytest.mark.parametrize("wrong", ["pace=0", "pace=nan", "tokens=-1", "tokens=x", "error=NO_SUCH", "speed=3", "die"])
def test_what_is_not_understood_is_told_with_what_is(wrong: str) -> None:
    with pytest.raises(ApiError, match="pace=1 to 10000") as caught:
        read_directives(f"[mock: tokens=3, {wrong}]")
    assert caught.value.code is ErrorCode.INVALID_REQUEST and wrong in caught.value.message


@pytest.fixture(scope="module")
def mock_gateway(start_process: Any) -> Any:
    return start_process(
        {
            "R3MES_INFERENCE_MODE": "mock",
            "R3MES_MOCK_FIRST_TOKEN_S": "0",
            "R3MES_STALL_S": "0.2",
            "R3MES_FIRST_TOKEN_S": "0.2",
        }
    )


@pytest.mark.parametrize(
    ("directives", "count", "code"),
    [
        ("tokens=70", 70, None),
        ("tokens=9, error=NODE_FAILED, after=4", 4, "NODE_FAILED"),
        ("die=3", 3, "NODE_FAILED"),
        ("die=5, tokens=5", 5, "NODE_FAILED"),
        ("silent=2", 2, "STREAM_STALLED"),
    ],
)
async def test_streams_end_as_they_were_told_to(
    mock_gateway: Any, ask: Any, chat_prompt: Any, directives: str, count: int, code: str | None
) -> None:
    answer = await ask(mock_gateway, chat_prompt(f"Hello [mock: pace=10000, {directives}]"))
    contents = [event for event in answer.events if event["choices"][0]["delta"].get("content")]
    assert (answer.status, answer.done, len(contents)) == (200, True, count)
    assert (answer.error and answer.error["code"]) == code
    assert "pace=" not in answer.text


@pytest.mark.parametrize(
    ("directives", "status"),
    [("error=RATE_LIMITED", 429), ("die=0", 502), ("silent=0", 504), ("error=INSUFFICIENT_CREDITS", 402), ("x=1", 400)],
)
async def test_answers_that_never_begin_have_their_status(
    mock_gateway: Any, client: httpx.AsyncClient, chat_prompt: Any, directives: str, status: int
) -> None:
    for stream in (True, False):
        body = chat_prompt(f"[mock: {directives}]", stream=stream)
        answer = await client.post(f"{mock_gateway.url}/v1/chat/completions", json=body)
        assert answer.status_code == status and answer.json()["error"]["message"]
        assert ("retry-after" in answer.headers) == (status in (429, 504))
