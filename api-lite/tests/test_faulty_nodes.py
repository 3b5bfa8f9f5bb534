"""What an operator is promised of faulty nodes, by the numbers: real processes, injected faults."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest

from r3mes_protocol.messages import Capacity, FailureCode


@pytest.fixture(scope="module")
def lasting_quick_gateway(start_process: Any) -> Any:
    return start_process(
        {
            "R3MES_INFERENCE_MODE": "remote",
            "R3MES_NODE_AUTH": "open",
            "R3MES_NODE_FIRST_TOKEN_S": "0.4",
            "R3MES_REGISTRATIONS_PER_MINUTE": "1000",
        }
    )


@pytest.fixture
async def quick_gateway(lasting_quick_gateway: Any, when_empty: Any) -> Any:
    """It waits 0.4 s for a node's first word where another one has room."""
    return await when_empty(lasting_quick_gateway)


async def _dead(job: Any) -> None:
    job.node.vanish()


async def _engine_error(job: Any) -> None:
    await job.fail(FailureCode.ENGINE_ERROR)


async def _full(job: Any) -> None:
    await job.fail(FailureCode.CAPACITY, capacity=Capacity(active=64, queued=9, max_concurrency=64))


async def _silent(job: Any) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("resumes", [False, True], ids=["gone-for-good", "may-come-back"])
@pytest.mark.parametrize("fault", [_dead, _engine_error, _full, _silent], ids=["dead", "500", "429", "silent"])
async def test_a_faulty_node_among_two_loses_none_of_forty_requests(
    quick_gateway: Any, start_node: Any, ask: Any, fault: Any, resumes: bool
) -> None:
    bad = await start_node(quick_gateway, fault, name="bad", max_concurrency=64, resumes=resumes)
    await start_node(quick_gateway, name="good", max_concurrency=64)
    answers = await asyncio.gather(*(ask(quick_gateway) for _ in range(40)))
    seen = {(answer.status, answer.text, answer.finish_reason, answer.done) for answer in answers}
    assert seen == {(200, "Hello from good", "stop", True)}
    assert not [answer.error for answer in answers if answer.error]
    assert bad.jobs, "the fault was met"


async def test_a_node_that_dies_after_its_preamble_loses_none_of_twenty(
    quick_gateway: Any, start_node: Any, ask: Any
) -> None:
    async def dies(job: Any) -> None:
        await job.preamble()
        job.node.vanish()

    met = 0
    for round_number in range(10):
        # Other keys each time: a node that has answered is preferred, and one that has failed comes last.
        good = await start_node(quick_gateway, name="good")
        bad = await start_node(quick_gateway, dies, name="bad", resumes=round_number % 2 == 0)
        for answer in await asyncio.gather(ask(quick_gateway), ask(quick_gateway)):
            assert (answer.status, answer.text, answer.done, answer.error) == (200, "Hello from good", True, None)
        met += len(bad.jobs)
        await asyncio.gather(good.close(), bad.close())
    assert met >= 3, "the fault was met"


@pytest.mark.parametrize("whole", [False, True], ids=["stream", "whole"])
@pytest.mark.parametrize("begun", [False, True], ids=["before-first-token", "mid-answer"])
async def test_a_client_that_leaves_frees_the_node_within_a_tenth_of_a_second(
    quick_gateway: Any,
    start_node: Any,
    until: Any,
    client: httpx.AsyncClient,
    chat_prompt: Any,
    begun: bool,
    whole: bool,
) -> None:
    """The best of five, since the machine of the test may be busy with something else."""

    async def goes_on(job: Any) -> None:
        await job.preamble()
        while begun:
            await job.say("word ")
            await asyncio.sleep(0.01)
        await asyncio.Event().wait()

    node = await start_node(quick_gateway, goes_on, max_concurrency=1)
    took = []
    for number in range(1, 6):
        body = chat_prompt(stream=not whole)
        asking = asyncio.create_task(client.post(f"{quick_gateway.url}/v1/chat/completions", json=body))
        await until(lambda: len(node.jobs) == number, "the job came")  # noqa: B023
        job = node.jobs[-1]
        if begun:
            await until(lambda: job.credit < node.registered.limits.initial_window_bytes - 2000, "it is under way")  # noqa: B023
        left_at = time.monotonic()
        asking.cancel()
        await until(lambda: job.cancelled_at, "the node is told")  # noqa: B023
        took.append(job.cancelled_at - left_at)
    assert min(took) < 0.1, took
