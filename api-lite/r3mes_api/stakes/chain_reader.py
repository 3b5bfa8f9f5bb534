"""Asks the chain's REST API what an owner has delegated: several endpoints in turn, within one deadline."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any

import aiohttp

from r3mes_api.stakes.chain_answers import BadAnswer, ChainAway, delegated, has_none, network_of

logger = logging.getLogger(__name__)

PAGE_ITEMS = 200
MAX_PAGES = 10
"""Who has spread a stake over more than 2,000 validators is judged by the first 2,000."""

MAX_ANSWER_BYTES = 1024 * 1024


class ChainReader:
    def __init__(self, urls: Sequence[str], *, denom: str, network: str | None, timeout_s: float) -> None:
        """`network` is the chain's id; an endpoint of another chain is not believed."""
        self._urls = [url.rstrip("/") for url in urls]
        self._denom = denom
        self._network = network
        self._timeout_s = timeout_s
        self._preferred = 0
        self._right_chain: set[str] = set()
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            headers={"accept": "application/json", "user-agent": "r3mes-api"},
        )

    async def delegated(self, owner: str) -> int:
        """In base units. Raises ChainAway, within the time-out."""
        # Each endpoint gets its share of the time, so that a slow one does not take it all.
        share = self._timeout_s / len(self._urls)
        reason = ""
        for step in range(len(self._urls)):
            place = (self._preferred + step) % len(self._urls)
            try:
                async with asyncio.timeout(share):
                    amount = await self._ask(self._urls[place], owner)
            except TimeoutError:
                reason = f"no answer within {share:.3g} s"
            except aiohttp.ClientError as error:
                reason = type(error).__name__
            except (BadAnswer, OSError) as error:
                reason = str(error)
            else:
                self._preferred = place
                return amount
            self._right_chain.discard(self._urls[place])
            logger.debug("chain endpoint %d of %d: %s", place + 1, len(self._urls), reason)
        raise ChainAway(reason)

    async def _ask(self, url: str, owner: str) -> int:
        await self._check_chain(url)
        total, key = 0, ""
        for _ in range(MAX_PAGES):
            parameters = {"pagination.limit": str(PAGE_ITEMS), **({"pagination.key": key} if key else {})}
            status, document = await self._get(f"{url}/cosmos/staking/v1beta1/delegations/{owner}", parameters)
            if has_none(status, document):
                return 0
            if status != 200:
                raise BadAnswer(f"HTTP {status}")
            amount, key = delegated(document, owner, self._denom)
            total += amount
            if not key:
                break
        return total

    async def _check_chain(self, url: str) -> None:
        if self._network is None or url in self._right_chain:
            return
        status, document = await self._get(f"{url}/cosmos/base/tendermint/v1beta1/node_info", {})
        if status != 200:
            raise BadAnswer(f"HTTP {status}")
        if network_of(document) != self._network:
            raise BadAnswer("it is of another chain than R3MES_NETWORK says")
        self._right_chain.add(url)

    async def _get(self, url: str, parameters: dict[str, str]) -> tuple[int, Any]:
        async with self._session.get(url, params=parameters, allow_redirects=False) as response:
            content = bytearray()
            async for chunk in response.content.iter_any():
                content += chunk
                if len(content) > MAX_ANSWER_BYTES:
                    raise BadAnswer("its answer is too large")
            try:
                return response.status, json.loads(content)
            except (ValueError, RecursionError):
                raise BadAnswer(f"HTTP {response.status} without JSON") from None

    async def close(self) -> None:
        await self._session.close()
