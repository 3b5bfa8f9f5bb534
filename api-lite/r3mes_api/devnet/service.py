"""The devnet as a part of the gateway: made once, and making blocks until it is cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path

from r3mes_api.asgi import Exchange
from r3mes_api.devnet.chain import Chain
from r3mes_api.devnet.faucet import Faucet
from r3mes_api.devnet.parameters import ChainParameters
from r3mes_api.devnet.routes import DevnetRoutes
from r3mes_api.devnet.storage import ChainStorage, StorageError
from r3mes_api.owner_signature import make_owner_verifier

logger = logging.getLogger(__name__)


class Devnet:
    def __init__(
        self,
        parameters: ChainParameters,
        path: Path | None,
        block_s: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Without a path the chain is gone at the end. `now` is Unix time. Raises StorageError."""
        # The signature library is to end safely too.
        make_owner_verifier()
        self._block_s = block_s
        self._now = now
        self._storage = ChainStorage(path)
        try:
            self.chain = Chain(parameters, self._storage, self._now_us())
        except BaseException:
            self._storage.close()
            raise
        self._routes = DevnetRoutes(self.chain, Faucet(self.chain))

    def _now_us(self) -> int:
        return int(self._now() * 1_000_000)

    def owns(self, path: str) -> bool:
        return self._routes.owns(path)

    async def answer(self, exchange: Exchange) -> None:
        await self._routes(exchange)

    async def run(self) -> None:
        """A block every `block_s`, in step with the clock, until cancelled."""
        where = "in memory only" if self._storage.path is None else f"in {self._storage.path}"
        logger.info("the devnet %s is at block %d, kept %s", self.chain.parameters.chain_id, self._height(), where)
        loop = asyncio.get_running_loop()
        due = loop.time()
        with contextlib.closing(self._storage):
            while True:
                # After a pause of the whole machine it goes on from now, and makes up for nothing.
                due = max(due + self._block_s, loop.time())
                await asyncio.sleep(due - loop.time())
                try:
                    self.chain.make_block(self._now_us())
                except StorageError as error:
                    # What waits goes on waiting; a disk may have room again.
                    logger.error("%s", error)

    def _height(self) -> int:
        return self.chain.block.height
