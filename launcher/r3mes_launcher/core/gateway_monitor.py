"""Asks the gateway now and then what models it has, and so knows whether it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from r3mes_launcher.core.gateway_client import GatewayClient, GatewayUnreachable

POLL_S = 5.0
"""A list from memory over a kept connection costs less than a millisecond."""
RETRY_S = 2.0
"""While it does not answer, or has no model yet."""


@dataclass(frozen=True, slots=True)
class GatewayReport:
    origin: str = ""
    reachable: bool = False
    models: tuple[str, ...] = ()
    message: str = ""
    """Why it is out of reach, one sentence."""


class GatewayMonitor:
    """Owned by the core's loop. `tell` hears every new report."""

    def __init__(self, client: GatewayClient, tell: Callable[[GatewayReport], None]) -> None:
        self._client = client
        self._tell = tell
        self._origin = ""
        self._report = GatewayReport()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch(), name="watch the gateway")

    def watch(self, origin: str) -> None:
        """From now on this gateway; empty for none."""
        if origin != self._origin:
            self._origin = origin
            self._change(GatewayReport(origin))
            self._wake.set()

    def look_now(self) -> None:
        """Something happened after which the gateway may answer differently."""
        self._wake.set()

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            self._wake.clear()
            delay = await self._look() if self._origin else None
            try:
                async with asyncio.timeout(delay):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _look(self) -> float:
        origin = self._origin
        try:
            models = await self._client.models(origin)
        except GatewayUnreachable as error:
            report = GatewayReport(origin, message=str(error))
        else:
            report = GatewayReport(origin, reachable=True, models=models)
        if origin == self._origin:
            self._change(report)
        return POLL_S if report.models else RETRY_S

    def _change(self, report: GatewayReport) -> None:
        if report != self._report:
            self._report = report
            self._tell(report)
