"""Knows every owner's stake as well as it can: asks the chain when what it knows has aged, once for all who wait."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from r3mes_api.setting_kinds import StakePolicy
from r3mes_api.stakes.cache import StakeCache
from r3mes_api.stakes.chain_answers import ChainAway
from r3mes_api.stakes.standing import Reading, Standing, needed_for, standing
from r3mes_api.web.metrics import Gauge
from r3mes_protocol.grants import Role

logger = logging.getLogger(__name__)


class Chain(Protocol):
    async def delegated(self, owner: str) -> int:
        """In base units. Raises ChainAway."""
        ...

    async def close(self) -> None: ...


class StakeBook:
    def __init__(
        self,
        policy: StakePolicy,
        minimums: Mapping[Role, int],
        make_chain: Callable[[], Chain],
        *,
        fresh_s: float,
        stale_s: float,
        timeout_s: float,
        reads_at_once: int,
        clock: Callable[[], float],
    ) -> None:
        """`minimums` in base units; `make_chain` is called when the chain is asked for the first time."""
        self.policy = policy
        self.fresh_s = fresh_s
        self._minimums = minimums
        self._make_chain = make_chain
        self._chain: Chain | None = None
        self._cache = StakeCache(fresh_s)
        self._stale_s = stale_s
        self._timeout_s = timeout_s
        self._places = asyncio.Semaphore(reads_at_once)
        self._clock = clock
        self._reads: dict[str, asyncio.Task[None]] = {}
        self._outcomes = {"read": 0, "failed": 0}
        self._was_away = False

    async def standing(self, owner: str, roles: Iterable[Role]) -> Standing:
        """Waits for the chain no longer than the time-out, and only where nothing fresh is known."""
        if self._cache.due(owner, self._clock()):
            read = self._reads.get(owner)
            if read is None:
                read = self._reads[owner] = asyncio.create_task(self._read(owner), name="stake")
                read.add_done_callback(lambda _: self._reads.pop(owner, None))
            # Shielded: others may wait for the same, and what is read is worth keeping.
            await asyncio.wait({read}, timeout=self._timeout_s)
        return self.known(owner, roles)

    def known(self, owner: str, roles: Iterable[Role]) -> Standing:
        """By what is known already."""
        needed = needed_for(roles, self._minimums)
        return standing(self._cache.get(owner), needed, self._clock(), self._stale_s)

    async def refresh(self, owners: Iterable[str]) -> None:
        """Reads again what has aged."""
        await asyncio.gather(*(self.standing(owner, ()) for owner in owners))

    async def _read(self, owner: str) -> None:
        try:
            async with self._places:
                if not self._cache.due(owner, self._clock()):
                    # Whoever was before us found that the chain is away.
                    return
                if self._chain is None:
                    self._chain = self._make_chain()
                amount = await self._chain.delegated(owner)
        except ChainAway as error:
            self._outcomes["failed"] += 1
            self._cache.failed(self._clock())
            if not self._was_away:
                logger.warning("the chain can't be asked for stakes: %s; what is known counts on", error)
            self._was_away = True
            return
        self._outcomes["read"] += 1
        self._cache.put(owner, Reading(amount, self._clock()))
        if self._was_away:
            logger.info("the chain answers again")
        self._was_away = False

    def gauges(self) -> list[Gauge]:
        reads: dict[tuple[str, ...], float] = {(name,): count for name, count in self._outcomes.items()}
        return [
            Gauge("r3mes_stake_reads_total", "Stakes asked of the chain.", ("outcome",), reads, "counter"),
            Gauge("r3mes_chain_away", "1 while the chain can't be asked for stakes.", (), {(): int(self._was_away)}),
        ]

    async def close(self) -> None:
        for read in tuple(self._reads.values()):
            read.cancel()
        if self._chain is not None:
            await self._chain.close()
