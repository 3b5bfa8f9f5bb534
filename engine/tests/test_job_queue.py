from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r3mes_engine.errors import GenerationFailed
from r3mes_engine.serving.job_queue import JobQueue
from r3mes_protocol.messages import FailureCode


async def hold(queue: JobQueue, release: asyncio.Event, order: list[int], number: int) -> None:
    async with queue.slot():
        order.append(number)
        await release.wait()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_first_come_first_served_and_a_refusal_that_tells_the_capacity() -> None:
    queue, release, order = JobQueue(1, 2), asyncio.Event(), []
    tasks = [asyncio.create_task(hold(queue, release, order, number)) for number in range(3)]
    await settle()
    assert (queue.capacity.active, queue.capacity.queued) == (1, 2)
    with pytest.raises(GenerationFailed) as refusal:
        await hold(queue, release, order, 3)
    assert refusal.value.code is FailureCode.CAPACITY
    assert refusal.value.capacity == queue.capacity
    release.set()
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2]
    assert (queue.capacity.active, queue.capacity.queued) == (0, 0)


async def test_a_closed_queue_finishes_and_takes_nothing_new() -> None:
    queue, release, order = JobQueue(1, 2), asyncio.Event(), []
    tasks = [asyncio.create_task(hold(queue, release, order, number)) for number in range(2)]
    await settle()
    queue.close("bye")
    with pytest.raises(GenerationFailed) as refusal:
        await hold(queue, release, order, 2)
    assert (refusal.value.code, refusal.value.message) == (FailureCode.DRAINING, "bye")
    drained = asyncio.create_task(queue.drained())
    await settle()
    assert not drained.done()
    release.set()
    await asyncio.gather(*tasks, drained)
    assert order == [0, 1]


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(), places=st.integers(1, 4), waiting=st.integers(0, 4))
def test_no_order_of_arrivals_ends_and_cancels_loses_a_place(seed: int, places: int, waiting: int) -> None:
    async def play() -> None:
        chance = random.Random(seed)
        queue, running, most = JobQueue(places, waiting), 0, 0

        async def one() -> None:
            nonlocal running, most
            try:
                async with queue.slot():
                    running += 1
                    most = max(most, running)
                    try:
                        for _ in range(chance.randrange(4)):
                            await asyncio.sleep(0)
                    finally:
                        running -= 1
            except GenerationFailed:
                assert queue.capacity.queued == waiting

        tasks: list[asyncio.Task[None]] = []
        for _ in range(60):
            tasks.append(asyncio.create_task(one()))
            if chance.random() < 0.4:
                chance.choice(tasks).cancel()
            for _ in range(chance.randrange(3)):
                await asyncio.sleep(0)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert most <= places
        assert (queue.capacity.active, queue.capacity.queued) == (0, 0)
        await asyncio.wait_for(queue.drained(), 60)
        async with asyncio.timeout(60), queue.slot():
            assert queue.capacity.active == 1

    asyncio.run(play())


async def test_a_wait_that_is_cancelled_just_as_a_place_comes_free_is_only_cancelled() -> None:
    queue, release, order = JobQueue(1, 2), asyncio.Event(), []
    first, second, third = (asyncio.create_task(hold(queue, release, order, number)) for number in range(3))
    await settle()
    # Both at once: the first leaves before the second one's task has noticed that it was cancelled.
    first.cancel()
    second.cancel()
    outcomes = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, asyncio.CancelledError]
    release.set()
    await third
    assert order == [0, 2]
    assert (queue.capacity.active, queue.capacity.queued) == (0, 0)
