"""A real engine behind a cable that is cut: its answers go on without a gap or a repeat, or they end in time."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from r3mes_protocol.frames import FrameKind, encode_frame
from r3mes_protocol.messages import ResumableJob, Resume

TOKENS = 120
PER_SECOND = 60


@pytest.fixture
def start_engine(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    engines: list[subprocess.Popen[bytes]] = []

    def start(gateway: str, *more: str) -> subprocess.Popen[bytes]:
        number = len(engines)
        with (tmp_path / f"engine-{number}.log").open("wb") as log:
            engines.append(
                subprocess.Popen(
                    [
                        *(sys.executable, "-m", "r3mes_engine", "serve", "--gateway", gateway, "--device", "cpu"),
                        *("--backend", "scripted", "--state-dir", str(tmp_path / f"engine-{number}")),
                        *("--scripted-tokens", str(TOKENS), "--scripted-tokens-per-second", str(PER_SECOND)),
                        *more,
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=dict(os.environ),
                )
            )
        return engines[-1]

    yield start
    for engine in engines:
        engine.kill()
        engine.wait(60)
    for log in tmp_path.glob("engine-*.log"):
        assert "Traceback" not in log.read_text(), log.read_text()


async def nodes(client: httpx.AsyncClient, url: str) -> int:
    return int((await client.get(f"{url}/health")).json()["nodes"])


def question(**changes: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Recite, please."}]
    return {"model": "scripted", "messages": messages, "stream": True, **changes}


async def read(client: httpx.AsyncClient, url: str, on_piece: Callable[[int], None] = lambda count: None) -> str:
    """The whole body of a stream; tells how many lines with content came so far."""
    body, count = "", 0
    async with client.stream("POST", f"{url}/v1/chat/completions", json=question()) as response:
        assert response.status_code == 200, await response.aread()
        async for line in response.aiter_lines():
            body += line + "\n"
            if '"content":"' in line:
                count += 1
                on_piece(count)
    return body


def text_of(body: str) -> str:
    events = [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: {")]
    assert body.count("data: [DONE]") == 1
    assert sum(choice["finish_reason"] is not None for event in events for choice in event["choices"]) == 1
    assert not [event for event in events if "error" in event], body[-600:]
    return "".join(choice["delta"].get("content") or "" for event in events for choice in event["choices"])


async def test_a_cut_cable_leaves_no_gap_and_no_repeat(
    start_gateway: Any, start_engine: Any, cable: Any, client: httpx.AsyncClient, until: Any
) -> None:
    public = await cable.lay()
    gateway = start_gateway(inference_mode="remote", node_auth="open", public_url=public, resume_grace_s=5)
    cable.target = int(gateway.url.rsplit(":", 1)[1])
    start_engine(public)
    await until(lambda: nodes(client, gateway.url), "the engine is registered")
    whole = text_of(await read(client, gateway.url))
    assert len(whole.split()) == TOKENS

    cut_at = iter((5, 40, 80))
    due = next(cut_at)

    def cut(count: int) -> None:
        nonlocal due
        if count >= due:
            cable.cut()
            due = next(cut_at, 10**9)

    # Three answers at once, cut three times by the pace of the first.
    bodies = await asyncio.gather(read(client, gateway.url, cut), *(read(client, gateway.url) for _ in range(2)))
    assert [text_of(body) for body in bodies] == [whole] * 3
    assert cable.cuts == 3 and cable.connections >= 4
    assert gateway.log_text().count("is back with 3 jobs") == 3
    health = (await client.get(f"{gateway.url}/health")).json()
    assert (health["nodes"], health["requests"]) == (1, 0)
    # And the node is as good as new.
    assert text_of(await read(client, gateway.url)) == whole


# --- scripted nodes: what an engine of ours would not do ---------------------------------------------------------


async def half(job: Any) -> None:
    """Says a word and is cut off."""
    await job.preamble()
    await job.say("one ")
    job.node.vanish()


@pytest.fixture(scope="module")
def lasting_patient_gateway(start_process: Any) -> Any:
    return start_process(
        {
            "R3MES_INFERENCE_MODE": "remote",
            "R3MES_NODE_AUTH": "open",
            "R3MES_RESUME_GRACE_S": "6",
            "R3MES_KEEP_ALIVE_S": "0.2",
            "R3MES_REGISTRATIONS_PER_MINUTE": "1000",
        }
    )


@pytest.fixture
async def patient_gateway(lasting_patient_gateway: Any, when_empty: Any) -> Any:
    return await when_empty(lasting_patient_gateway)


def came_to(job: Any) -> int:
    """Payload bytes that the node has sent."""
    return int(job.node.registered.limits.initial_window_bytes - job.credit)


def shown(job: Any, **changes: Any) -> Resume:
    """What an honest node would show of a job, or a claim."""
    fields = {"job_id": job.job_id, "kept": 0, "sent": came_to(job), **changes}
    return Resume(session_id=job.node.hello.session_id, jobs=(ResumableJob(**fields),))


async def lost_job(gateway: Any, start_node: Any) -> Any:
    log_before = gateway.log_text()
    node = await start_node(gateway, half, resumes=True)

    def waits() -> bool:
        return "1 jobs wait for it" in gateway.log_text()[len(log_before) :]

    return node, waits


async def test_the_stream_is_kept_alive_in_the_gap_and_the_rest_follows(
    patient_gateway: Any, start_node: Any, until: Any, client: httpx.AsyncClient, chat_prompt: Any
) -> None:
    node, waits = await lost_job(patient_gateway, start_node)
    assert node.registered.resume_grace_s == 6 and node.registered.resumed is None
    lines: list[str] = []

    async def stream() -> None:
        async with client.stream(
            "POST", f"{patient_gateway.url}/v1/chat/completions", json=chat_prompt(stream=True)
        ) as response:
            async for line in response.aiter_lines():
                lines.append(line)

    answer = asyncio.create_task(stream())
    await until(waits, "the job waits")
    await until(lambda: any(line.startswith(":") for line in lines), "a comment comes in the gap")
    (job,) = node.jobs
    back = await start_node(patient_gateway, key=node.key, resume=shown(job))
    (resumed,) = back.registered.resumed
    assert (resumed.job_id, resumed.received) == (job.job_id, came_to(job))
    assert resumed.granted == node.registered.limits.initial_window_bytes
    job.node = back
    await job.say("two")
    await job.done(2)
    await answer
    assert text_of("\n".join(lines)) == "one two"

    async def acknowledged() -> bool:
        await back.heartbeat()
        return job.job_id in back.acknowledged

    await until(acknowledged, "the terminal is acknowledged with the next heartbeat")


async def test_a_job_that_the_client_left_in_the_gap_does_not_go_on(
    patient_gateway: Any, start_node: Any, until: Any, client: httpx.AsyncClient, chat_prompt: Any
) -> None:
    node, waits = await lost_job(patient_gateway, start_node)
    body = chat_prompt(stream=True)
    leaving = asyncio.create_task(client.post(f"{patient_gateway.url}/v1/chat/completions", json=body))
    await until(waits, "the job waits")
    leaving.cancel()

    async def nobody_asks() -> bool:
        return bool((await client.get(f"{patient_gateway.url}/health")).json()["requests"] == 0)

    await until(nobody_asks, "the client has left")
    back = await start_node(patient_gateway, key=node.key, resume=shown(node.jobs[0]))
    assert back.registered.resumed == ()


@pytest.mark.parametrize(
    "changes", [{"job_id": "f" * 16}, {"kept": 10**6, "sent": 10**6}, {"sent": 3}], ids=["unknown", "dropped", "short"]
)
async def test_a_job_that_the_node_has_lost_fails_over_at_once(
    patient_gateway: Any, start_node: Any, until: Any, ask: Any, changes: dict[str, Any]
) -> None:
    node, waits = await lost_job(patient_gateway, start_node)
    answer = asyncio.create_task(ask(patient_gateway))
    await until(waits, "the job waits")
    start = time.monotonic()
    back = await start_node(patient_gateway, key=node.key, resume=shown(node.jobs[0], **changes))
    assert back.registered.resumed == ()
    ended = await answer
    assert (ended.text, ended.error["code"], ended.done) == ("one ", "NODE_FAILED", True)
    assert time.monotonic() - start < 2, "the grace was not waited for"


async def test_a_node_that_was_started_anew_does_not_hold_its_jobs_up(
    patient_gateway: Any, start_node: Any, until: Any, ask: Any
) -> None:
    node, waits = await lost_job(patient_gateway, start_node)
    answer = asyncio.create_task(ask(patient_gateway))
    await until(waits, "the job waits")
    start = time.monotonic()
    await start_node(patient_gateway, key=node.key)
    assert (await answer).error["code"] == "NODE_FAILED"
    assert time.monotonic() - start < 2


async def test_nobody_takes_up_anothers_job(
    patient_gateway: Any, start_node: Any, until: Any, client: httpx.AsyncClient, chat_prompt: Any
) -> None:
    node, waits = await lost_job(patient_gateway, start_node)
    body = chat_prompt(stream=True)
    answer = asyncio.create_task(client.post(f"{patient_gateway.url}/v1/chat/completions", json=body))
    await until(waits, "the job waits")
    (job,) = node.jobs
    # Another key, with all that only the node and the gateway know.
    thief = await start_node(patient_gateway, resume=shown(job))
    assert thief.registered.resumed == ()
    await thief.send_bytes(encode_frame(job.job_id, FrameKind.CONTENT, job.event("stolen ")))
    # The node's own name and words, but not its signature over them.
    forger = await start_node(patient_gateway, register=False, key=node.key, resumes=True)
    await forger.dial()
    await forger.send(forger.registration(resume=shown(job)))
    assert (await forger.receive()).code.value == "signature_invalid"
    # The right one is not disturbed by any of that.
    back = await start_node(patient_gateway, key=node.key, resume=shown(job))
    assert len(back.registered.resumed) == 1
    job.node = back
    await job.say("two")
    await job.done(2)
    assert text_of((await answer).text) == "one two"


async def test_an_older_node_sees_nothing_of_it(remote_gateway: Any, start_node: Any, ask: Any) -> None:
    node = await start_node(remote_gateway)
    assert node.registered.resume_grace_s is None and node.registered.resumed is None
    assert (await ask(remote_gateway)).done
    await node.heartbeat()
    assert node.acknowledged == []


async def test_with_another_node_a_request_does_not_wait_for_one_that_is_away(
    patient_gateway: Any, start_node: Any, ask: Any
) -> None:
    """Before the first word nobody knows who answers, so nobody has to wait for the grace."""

    async def dies_before_a_word(job: Any) -> None:
        await job.preamble()
        job.node.vanish()

    for _ in range(5):
        await start_node(patient_gateway, dies_before_a_word, resumes=True)
        good = await start_node(patient_gateway)
        start = time.monotonic()
        answers = await asyncio.gather(*(ask(patient_gateway) for _ in range(4)))
        assert [answer.text for answer in answers] == ["Hello from node"] * 4
        assert time.monotonic() - start < 3
        await good.close()
