"""Short-lived state that several replicas share, in Redis."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from r3mes_api.accounts.token_bucket import Draw, RateDecision
from r3mes_api.storage.short_lived import StateUnavailable

ANSWER_SECONDS = 0.5
"""Redis answers within a millisecond; a request must not wait for one that is away."""

PREFIX = "r3mes:"

# The same arithmetic as `token_bucket.draw_all`; the conformance tests run both on the same draws. Redis forgets a full
# bucket by its own clock: where another one decides, it must not do so before the time.
_DRAW = """
local now, spare_ms = tonumber(ARGV[1]), 60000
if now == 0 then
  spare_ms = 1
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local before, after, wait, left, allowed = {}, {}, {}, {}, true
for i, key in ipairs(KEYS) do
  local interval, burst, cost = tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3]), tonumber(ARGV[i * 3 + 1])
  local full = interval * burst
  before[i] = math.max(tonumber(redis.call('GET', key) or '0'), now)
  after[i] = before[i] + cost * interval
  wait[i] = after[i] - full - now
  if wait[i] > 0 then allowed = false end
end
local chosen = 1
for i = 1, #KEYS do
  local interval, burst = tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3])
  local kept = before[i]
  if allowed then
    kept = after[i]
    redis.call('SET', KEYS[i], string.format('%.0f', kept), 'PX', math.ceil((kept - now) / 1000) + spare_ms)
  end
  left[i] = math.floor((interval * burst - (kept - now)) / interval)
  if (allowed and left[i] < left[chosen]) or (not allowed and wait[i] > wait[chosen]) then chosen = i end
end
local kept = before[chosen]
if allowed then kept = after[chosen] end
local burst = tonumber(ARGV[chosen * 3])
return {allowed and 1 or 0, burst, math.max(0, left[chosen]), math.max(0, wait[chosen]), kept - now}
"""


class RedisUrlError(Exception):
    """REDIS_URL can't be used. The message never holds its password."""


class RedisState:
    """All replicas go by Redis' clock; `clock_us` replaces it in tests."""

    def __init__(self, client: Any, *, clock_us: Callable[[], int] = lambda: 0) -> None:
        self._client = client
        self._clock_us = clock_us
        self._draw = client.register_script(_DRAW)
        library = importlib.import_module("redis.exceptions")
        self._errors: tuple[type[Exception], ...] = (library.RedisError, OSError, TimeoutError)

    async def draw(self, draws: Sequence[Draw]) -> RateDecision:
        arguments = [self._clock_us()]
        for draw in draws:
            arguments += (draw.policy.interval_us, draw.policy.burst, draw.cost)
        try:
            answer = await self._draw(keys=[f"{PREFIX}rate:{draw.key}" for draw in draws], args=arguments)
        except self._errors as error:
            raise StateUnavailable(type(error).__name__) from None
        allowed, limit, remaining, retry_after_us, reset_us = (int(value) for value in answer)
        return RateDecision(bool(allowed), limit, remaining, retry_after_us, reset_us)

    async def put(self, key: str, value: str, ttl_s: int) -> None:
        try:
            await self._client.set(f"{PREFIX}once:{key}", value, ex=ttl_s)
        except self._errors as error:
            raise StateUnavailable(type(error).__name__) from None

    async def take(self, key: str) -> str | None:
        try:
            value: bytes | None = await self._client.getdel(f"{PREFIX}once:{key}")
        except self._errors as error:
            raise StateUnavailable(type(error).__name__) from None
        return None if value is None else value.decode()

    async def answers(self) -> bool:
        try:
            await self._client.ping()
        except self._errors:
            return False
        return True

    async def close(self) -> None:
        await self._client.aclose()


def open_redis(url: str, *, clock_us: Callable[[], int] = lambda: 0, answer_s: float = ANSWER_SECONDS) -> RedisState:
    """Opens no connection yet. Raises RedisUrlError for a URL of something else and when the driver is missing."""
    return RedisState(redis_client(url, answer_s), clock_us=clock_us)


def redis_client(url: str, answer_s: float = ANSWER_SECONDS) -> Any:
    """Opens no connection yet. Raises RedisUrlError for a URL of something else and when the driver is missing.

    A command that is not answered within `answer_s` is not sent again: a second draw would take twice.
    """
    if urlsplit(url.strip()).scheme not in ("redis", "rediss", "unix"):
        raise RedisUrlError("REDIS_URL begins with redis://, rediss:// or unix://, such as redis://127.0.0.1:6379/0.")
    try:
        library = importlib.import_module("redis.asyncio")
    except ImportError:
        raise RedisUrlError("Redis needs an extra; run: pip install 'r3mes[redis]'.") from None
    try:
        return library.Redis.from_url(url.strip(), socket_timeout=answer_s, socket_connect_timeout=answer_s)
    except (ValueError, TypeError):
        raise RedisUrlError("REDIS_URL is not a URL such as redis://127.0.0.1:6379/0.") from None
