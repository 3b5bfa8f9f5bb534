"""Asks the gateway now and then what models it has, and so knows whether it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from r3mes_launcher.core.gateway_client import GatewayClient, GatewayUnreachable
from r3mes_launcher.core.state import AdapterOffer
from r3mes_launcher.sentence import sentence_of

POLL_S = 5.0
"""A list from memory over a kept connection costs a few milliseconds here and there."""
RETRY_S = 2.0
"""While it does not answer, or has no model yet."""
SLOWER = 1.5
"""Each answer that is like the one before makes the next pause longer by this factor."""
SLOWEST_POLL_S = 30.0
SLOWEST_RETRY_S = 20.0
"""A launcher that idles in the tray for days spent most of its time on asking, so it asks less while nothing changes.
What happens on this computer makes it look at once; these are for what happens elsewhere."""


def pause_s(has_models: bool, alike: int) -> float:
    """Seconds until the next look, after `alike` answers in a row like the one before."""
    least, most = (POLL_S, SLOWEST_POLL_S) if has_models else (RETRY_S, SLOWEST_RETRY_S)
    return min(most, least * SLOWER ** min(alike, 100))


@dataclass(frozen=True, slots=True)
class GatewayReport:
    origin: str = ""
    reachable: bool = False
    models: tuple[str, ...] = ()
    adapters: tuple[AdapterOffer, ...] = ()
    message: str = ""
    """Why it is out of reach, one sentence."""


class GatewayMonitor:
    """Owned by the core's loop. `tell` hears every new report."""

    def __init__(self, client: GatewayClient, tell: Callable[[GatewayReport], None]) -> None:
        self._client = client
        self._tell = tell
        self._origins: tuple[str, ...] = ()
        self._report = GatewayReport()
        self._alike = 0
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch(), name="watch the gateway")

    def watch(self, *origins: str) -> None:
        """From now on the first of these gateways that answers; none for none."""
        if origins != self._origins:
            self._origins = origins
            if self._report.origin not in origins:
                self._change(GatewayReport(origins[0] if origins else ""))
            self.look_now()

    def look_now(self) -> None:
        """Something happened after which the gateway may answer differently."""
        self._alike = 0
        self._wake.set()

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            self._wake.clear()
            delay = await self._look() if self._origins else None
            try:
                async with asyncio.timeout(delay):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _look(self) -> float:
        origins = self._origins
        report = GatewayReport(origins[0])
        for origin in origins:
            try:
                offers = await self._client.offers(origin)
            except GatewayUnreachable as error:
                # Of several that are out of reach, the preferred one's trouble is told.
                report = replace(report, message=report.message or sentence_of(error))
            else:
                report = GatewayReport(origin, reachable=True, models=offers.models, adapters=offers.adapters)
                break
        if origins == self._origins:
            self._alike = self._alike + 1 if report == self._report else 0
            self._change(report)
        return pause_s(bool(report.models), self._alike)

    def _change(self, report: GatewayReport) -> None:
        if report != self._report:
            self._report = report
            self._tell(report)
