"""Readiness and the stores: each is asked now and then, and one that hangs holds nobody up."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx

from r3mes_api.storage.store_checks import CHECK_S, FRESH_S, StoreChecks


async def test_a_store_is_asked_once_in_a_while_and_one_that_hangs_is_away() -> None:
    asked = 0

    async def well() -> bool:
        nonlocal asked
        asked += 1
        return True

    async def hangs() -> bool:
        await asyncio.sleep(60)
        return True

    now = 0.0
    checks = StoreChecks({"redis": well, "database": hangs}, lambda: now)
    before = time.monotonic()
    answers = await asyncio.gather(*(checks.answered() for _ in range(20)))
    assert answers == [{"redis": True, "database": False}] * 20 and asked == 1
    assert CHECK_S <= time.monotonic() - before < 10 * CHECK_S
    now += FRESH_S
    assert (await checks.answered())["redis"] and asked == 2
    assert await StoreChecks({}, lambda: now).answered() == {}


async def test_a_gateway_with_accounts_says_which_stores_answer(
    start_gateway: Any, mortal_redis: Any, client: httpx.AsyncClient, until: Any, tmp_path: Any
) -> None:
    gateway = start_gateway(
        inference_mode="mock", accounts="on", data_folder=tmp_path / "data",
        environment={"REDIS_URL": mortal_redis.url},
    )  # fmt: skip
    ready = await client.get(f"{gateway.url}/health/ready")
    assert (ready.json()["status"], ready.json()["stores"]) == ("ready", {"database": "ok", "redis": "ok"})
    mortal_redis.kill()

    async def degraded() -> Any:
        answer = await client.get(f"{gateway.url}/health/ready")
        assert answer.status_code == 200
        return answer.json()["status"] == "degraded" and answer.json()["stores"]

    assert await until(degraded, "it is degraded") == {"database": "ok", "redis": "away"}
    mortal_redis.start()

    async def well() -> bool:
        return bool((await client.get(f"{gateway.url}/health/ready")).json()["status"] == "ready")

    await until(well, "it is well again")
