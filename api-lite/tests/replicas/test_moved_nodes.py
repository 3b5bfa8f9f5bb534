"""A node whose socket is lost and that comes back at another replica: its answers are made whole all the same."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from r3mes_protocol.messages import ResumableJob, Resume

WORDS = ("One", " two", " three")
REST = (" four", " five")


@pytest.fixture
async def pair(patient_replica: Any, replicas: Any, connected: Any, when_empty: Any) -> tuple[Any, Any]:
    await when_empty(patient_replica)
    await connected(patient_replica, *replicas)
    return patient_replica, replicas[0]


def _shown(job: Any) -> Resume:
    sent = job.node.registered.limits.initial_window_bytes - job.credit
    job_shown = ResumableJob(job_id=job.job_id, kept=0, sent=sent)
    return Resume(session_id=job.node.hello.session_id, jobs=(job_shown,))


async def _breaks_off(job: Any) -> None:
    await job.preamble()
    for word in WORDS:
        await job.say(word)
    await asyncio.Event().wait()


async def _goes_on(job: Any) -> None:
    assert job.job.body["continue_final_message"] is True
    assert job.job.body["messages"][-1] == {"role": "assistant", "content": "".join(WORDS)}
    await job.answer(*REST)


@pytest.mark.parametrize("asked", ["where it was", "where it goes"])
@pytest.mark.parametrize("noticed", [True, False], ids=["a lost socket", "a socket that hangs"])
async def test_a_node_that_moves_in_mid_answer_goes_on_with_it_itself(
    pair: Any, start_node: Any, sees: Any, until: Any, chat_prompt: Any, client: httpx.AsyncClient, asked: str,
    noticed: bool,
) -> None:  # fmt: skip
    """There is no other node, and nobody waits for the end of the grace."""
    here, there = pair
    before = await start_node(here, _breaks_off, resumes=True, continues=True, max_concurrency=1)
    await sees(there, 1)
    after: Any = None
    lines: list[str] = []
    body = chat_prompt(stream=True, stream_options={"include_usage": True})
    url = here.url if asked == "where it was" else there.url
    log_before = len(here.log_text())
    async with client.stream("POST", f"{url}/v1/chat/completions", json=body) as response:
        async for line in response.aiter_lines():
            lines.append(line)
            if WORDS[-1] in line:
                if noticed:
                    before.vanish()
                    await until(lambda: "1 jobs wait for it" in here.log_text()[log_before:], "the job waits")
                shown = _shown(before.jobs[0])
                after = await start_node(there, _goes_on, key=before.key, resume=shown, continues=True)
                assert after.registered.resumed == ()
    events = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    assert not [event for event in events if "error" in event], events[-1]
    content = "".join(choice["delta"].get("content") or "" for event in events for choice in event["choices"])
    assert content == "".join(WORDS + REST)
    assert events[-1]["usage"]["completion_tokens"] == len(WORDS + REST)
    assert lines.count("data: [DONE]") == lines.count(": continued by another node") == 1
    assert (len(before.jobs), len(after.jobs)) == (1, 1)


async def test_a_node_that_moves_before_the_first_word_is_asked_again_where_it_is(
    pair: Any, start_node: Any, sees: Any, until: Any, ask: Any
) -> None:
    async def thinks(job: Any) -> None:
        await job.preamble()
        await asyncio.Event().wait()

    here, there = pair
    before = await start_node(here, thinks, resumes=True)
    await sees(there, 1)
    log_before = len(here.log_text())
    answers = [asyncio.create_task(ask(gateway)) for gateway in (here, there)]
    await until(lambda: len(before.jobs) == 2, "both ask")
    before.vanish()
    await until(lambda: "2 jobs wait for it" in here.log_text()[log_before:], "the jobs wait")
    await start_node(there, key=before.key, name="moved", resume=_shown(before.jobs[0]))
    assert [answer.text for answer in await asyncio.gather(*answers)] == ["Hello from moved"] * 2
