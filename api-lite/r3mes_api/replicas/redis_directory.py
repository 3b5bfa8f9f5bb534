"""The directory of replicas in Redis.

For each replica a head, a hash of its nodes and a sorted set that says when each of them last changed; all three expire
with the replica. So a reader asks for what is new and gets that alone, in one round trip, however many nodes there are.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from r3mes_api.replicas.directory import NodeEntry, ReplicaHead, ReplicaNews, Seen
from r3mes_api.storage.redis_state import PREFIX, redis_client
from r3mes_api.storage.short_lived import StateUnavailable
from r3mes_protocol.wire import NodeId

ENTRIES_IN_ONE_CALL = 500
"""Some 300 KiB: no call holds up Redis for more than a few milliseconds."""

_REPLICAS = f"{PREFIX}replicas"
_CLAIMS = f"{PREFIX}replicas:claims"

# Redis may forget all it held. Its clock goes on, so that claims rise all the same.
_CLAIM = """
local time = redis.call('TIME')
local claimed = tonumber(redis.call('GET', KEYS[1]) or '0')
local first = math.max(claimed, time[1] * 1000000 + time[2]) + 1
redis.call('SET', KEYS[1], string.format('%.0f', first + ARGV[1] - 1))
return string.format('%.0f', first)
"""

_PUBLISH = """
local head, nodes, changes, replicas = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, ttl, number, whole, document = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
if whole == '1' then
  redis.call('DEL', head, nodes, changes)
elseif redis.call('HGET', head, 'number') ~= number then
  return 0
end
local version = tonumber(redis.call('HGET', head, 'version') or '0')
for i = 6, #ARGV, 2 do
  version = version + 1
  redis.call('HSET', nodes, ARGV[i], ARGV[i + 1])
  redis.call('ZADD', changes, version, ARGV[i])
end
redis.call('HSET', head, 'number', number, 'version', version, 'document', document)
local time = redis.call('TIME')
local ends = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ttl)
for _, key in ipairs({head, nodes, changes}) do redis.call('PEXPIREAT', key, ends) end
redis.call('ZADD', replicas, ends, id)
return 1
"""

# Up to and with its last millisecond, as Redis itself keeps a key: no replica is gone here whose head is still there.
_ALIVE = """
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. now)
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""

_READ = """
local head, nodes, changes = KEYS[1], KEYS[2], KEYS[3]
local number, version, limit = ARGV[1], ARGV[2], ARGV[3]
local told = redis.call('HMGET', head, 'number', 'version', 'document')
if not told[1] then return {} end
if told[1] ~= number then version = '0' end
if told[2] == version then return {told[1], told[2], told[3], told[2], {}, {}} end
local changed = redis.call('ZRANGEBYSCORE', changes, '(' .. version, '+inf', 'WITHSCORES', 'LIMIT', 0, limit)
local ids, last = {}, version
for i = 1, #changed, 2 do ids[#ids + 1] = changed[i]; last = changed[i + 1] end
if #ids == 0 then return {told[1], told[2], told[3], told[2], {}, {}} end
return {told[1], told[2], told[3], last, ids, redis.call('HMGET', nodes, unpack(ids))}
"""


class RedisDirectory:
    """Needs one Redis, not a cluster of them: a script touches keys of several replicas."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._claim, self._publish, self._alive, self._read = (
            client.register_script(script) for script in (_CLAIM, _PUBLISH, _ALIVE, _READ)
        )
        library = importlib.import_module("redis.exceptions")
        self._errors: tuple[type[Exception], ...] = (library.RedisError, OSError, TimeoutError)

    async def claim(self, count: int) -> Sequence[int]:
        first = int(await self._call(self._claim, [_CLAIMS], [count]))
        return range(first, first + count)

    async def publish(
        self, head: ReplicaHead, entries: Mapping[NodeId, NodeEntry | None], *, whole: bool, ttl_s: float
    ) -> bool:
        keys = [*_keys(head.replica_id), _REPLICAS]
        document = head.to_json()
        items = [(node_id, "" if entry is None else entry.to_json()) for node_id, entry in entries.items()]
        for start in range(0, len(items) or 1, ENTRIES_IN_ONE_CALL):
            part = items[start : start + ENTRIES_IN_ONE_CALL]
            anew = whole and start == 0
            arguments = [head.replica_id, int(ttl_s * 1000), head.whole_number, int(anew), document]
            if not await self._call(self._publish, keys, [*arguments, *(value for item in part for value in item)]):
                return False
        return True

    async def read(self, own_id: str, seen: Mapping[str, Seen]) -> list[ReplicaNews]:
        alive = await self._call(self._alive, [_REPLICAS], [])
        found: list[ReplicaNews] = []
        for replica_id in (raw.decode() for raw in alive):
            if replica_id != own_id:
                news = await self._news(replica_id, seen.get(replica_id))
                if news is not None:
                    found.append(news)
        return found

    async def _news(self, replica_id: str, seen: Seen | None) -> ReplicaNews | None:
        entries: dict[NodeId, NodeEntry | None] = {}
        known = number = -1 if seen is None else seen.whole_number
        version = 0 if seen is None else seen.version
        while True:
            answer = await self._call(self._read, _keys(replica_id), [number, version, ENTRIES_IN_ONE_CALL])
            if not answer:
                return None
            told_number, told_version, document, last, ids, values = answer
            if int(told_number) != number:
                entries.clear()
            number, version = int(told_number), int(last)
            for node_id, value in zip(ids, values, strict=True):
                entries[NodeId(node_id.decode())] = _entry(value)
            if version >= int(told_version):
                break
        head = _head(document)
        return None if head is None else ReplicaNews(head, version, number != known, entries)

    async def withdraw(self, replica_id: str) -> None:
        try:
            await self._client.zrem(_REPLICAS, replica_id)
            await self._client.delete(*_keys(replica_id))
        except self._errors as error:
            raise StateUnavailable(type(error).__name__) from None

    async def close(self) -> None:
        await self._client.aclose()

    async def _call(self, script: Any, keys: list[str], arguments: list[Any]) -> Any:
        try:
            return await script(keys=keys, args=arguments)
        except self._errors as error:
            raise StateUnavailable(type(error).__name__) from None


def open_redis_directory(url: str) -> RedisDirectory:
    """Opens no connection yet. Raises RedisUrlError."""
    return RedisDirectory(redis_client(url))


def _keys(replica_id: str) -> list[str]:
    return [f"{PREFIX}replica:{replica_id}:{part}" for part in ("head", "nodes", "changes")]


def _entry(value: bytes | None) -> NodeEntry | None:
    """None for a node that is gone, and for one that another version of the gateway tells of in other words."""
    if not value:
        return None
    try:
        return NodeEntry.model_validate_json(value)
    except ValidationError:
        return None


def _head(document: bytes) -> ReplicaHead | None:
    try:
        return ReplicaHead.model_validate_json(document)
    except ValidationError:
        return None
