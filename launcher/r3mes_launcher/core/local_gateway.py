"""The bundled api-lite as a child on the loopback: kept up while the launcher runs and wants a local gateway."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import time

from r3mes_launcher.core.back_off import BackOff
from r3mes_launcher.core.child_process import ChildCommand, ChildProcess
from r3mes_launcher.core.log_hub import LogHub, plain_text
from r3mes_launcher.core.process_outcome import ProcessOutcome
from r3mes_launcher.core.state import GatewayKind, GatewayState, LogLevel, ProcessState
from r3mes_launcher.core.stop_ladder import FORCED, GATEWAY_STOP
from r3mes_launcher.core.supervisor import SpawnError, Supervisor
from r3mes_launcher.sentence import Sentence, as_sentence, joined, phrase, sentence_of
from r3mes_protocol import PROTOCOL_VERSION
from r3mes_protocol.control import ApiReadyEvent, parse_api_ready
from r3mes_protocol.origin import gateway_origin
from r3mes_protocol.wire import ProtocolError

SOURCE = "gateway"

READY_DEADLINE_S = 45.0
"""A FastAPI process answers after 0.6 s on an idle machine and 2.4 s on a busy one; a cold disk takes far longer."""

_STARTING = phrase("The local gateway is starting.")

MOST_LAST_WORDS = 300
"""Characters: its sentence about a start that failed is shorter."""

CommandForPort = Callable[[int], ChildCommand]


class _Life:
    """The listener of one run of the gateway."""

    def __init__(self, logs: LogHub) -> None:
        self._logs = logs
        self.ready: asyncio.Future[ApiReadyEvent] = asyncio.get_running_loop().create_future()
        self.last_words = ""

    def on_output(self, line: bytes) -> None:
        try:
            event = parse_api_ready(line)
        except ProtocolError as error:
            self._logs.add(SOURCE, [f"Ignored a line on the gateway's stdout: {error.reason}"], LogLevel.WARNING)
            return
        if not self.ready.done():
            self.ready.set_result(event)

    def on_oversized_output(self) -> None:
        self._logs.add(SOURCE, ["Ignored an oversized line on the gateway's stdout."], LogLevel.WARNING)

    def on_log(self, lines: Sequence[str]) -> None:
        self.last_words = next((line.strip() for line in reversed(lines) if line.strip()), self.last_words)
        self._logs.add(SOURCE, lines)


class LocalGateway:
    """Owned by the core's loop. `tell` hears every new GatewayState."""

    def __init__(
        self,
        command: CommandForPort,
        supervisor: Supervisor,
        logs: LogHub,
        tell: Callable[[GatewayState], None],
        back_off: BackOff,
        chance: Callable[[], float] = random.random,
        ready_deadline_s: float = READY_DEADLINE_S,
        now: Callable[[], float] = time,
    ) -> None:
        """`now` is the time that is shown."""
        self._now = now
        self._ready_deadline_s = ready_deadline_s
        self._command = command
        self._supervisor = supervisor
        self._logs = logs
        self._tell = tell
        self._back_off = back_off
        self._chance = chance
        self._state = GatewayState(kind=GatewayKind.LOCAL, message=_STARTING)
        self._last_words = ""
        self._task: asyncio.Task[None] | None = None
        self._child: ChildProcess | None = None
        self._hurry = asyncio.Event()
        self._losses = 0
        self._restarts = 0
        self.given_up = False
        """It does not come back before `retry`."""

    def start(self) -> None:
        self._tell(self._state)
        self._task = asyncio.create_task(self._keep_up(), name="keep the local gateway up")

    def retry(self) -> None:
        """Does not wait for the end of a back-off, and tries again after a fault."""
        self._hurry.set()

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._change(url="", message="", process=replace(self._state.process, running=False, pid=None, started_at=None))

    async def _keep_up(self) -> None:
        while True:
            how, worth_restarting = await self._live()
            self._losses += 1
            self._logs.say(f"The gateway {how}.", LogLevel.WARNING)
            if not worth_restarting or self._losses >= self._back_off.max_losses:
                self._change(message=joined(_given_up(how), self._last_words), url="")
                self.given_up = True
                await self._wait_for_retry(None)
                self.given_up = False
                self._losses = 0
            else:
                delay = self._back_off.delay_s(self._losses, self._chance())
                self._change(
                    message=Sentence(
                        "The gateway {how}. It is started again in {delay:.0f} s.", how=how, delay=max(delay, 1)
                    )
                )
                await self._wait_for_retry(delay)
            self._restarts += 1

    async def _wait_for_retry(self, delay_s: float | None) -> None:
        self._hurry.clear()
        try:
            async with asyncio.timeout(delay_s):
                await self._hurry.wait()
        except TimeoutError:
            return

    async def _live(self) -> tuple[str, bool]:
        """One run, from its spawn to its end. Returns how it ended and whether another one may help."""
        life = _Life(self._logs)
        try:
            child = await self._supervisor.start("gateway", self._command(self._usable_port()), life)
        except SpawnError as error:
            self._last_words = ""
            return Sentence("could not be started ({error})", error=as_sentence(sentence_of(error))), False
        self._child = child
        started_at = self._now()
        try:
            self._change(
                message=_STARTING,
                process=ProcessState(True, child.pid, started_at, self._restarts, self._state.process.last_exit),
            )
            problem = await self._await_ready(child, life)
            if problem:
                await child.stop(FORCED)
            outcome = await self._await_end(child)
        except BaseException:
            await asyncio.shield(self._end(child))
            raise
        finally:
            self._child = None
        ended = replace(self._state.process, running=False, pid=None, started_at=None, last_exit=outcome.sentence())
        self._change(process=ended)
        words = plain_text(life.last_words)[:MOST_LAST_WORDS]
        self._last_words = Sentence("Its last words: {words}", words=words) if words else ""
        if problem:
            return problem, True
        code = outcome.exit_code
        return outcome.sentence(), code is None or code.worth_restarting or code == 0

    async def _end(self, child: ChildProcess) -> None:
        await child.stop(GATEWAY_STOP)

    async def _await_ready(self, child: ChildProcess, life: _Life) -> str:
        """Empty when it answers, or what went wrong. An end before that is no problem yet: `_await_end` tells it."""
        ended = asyncio.ensure_future(child.wait())
        futures: set[asyncio.Future[object]] = {life.ready, ended}  # type: ignore[arg-type]
        await asyncio.wait(futures, timeout=self._ready_deadline_s, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            return ""
        ended.cancel()
        if not life.ready.done():
            return Sentence("was not ready within {ready_deadline_s:.0f} s", ready_deadline_s=self._ready_deadline_s)
        event = life.ready.result()
        if event.protocol != PROTOCOL_VERSION:
            return Sentence(
                "speaks version {protocol} of the protocol, this launcher version {protocol_version}",
                protocol=event.protocol,
                protocol_version=PROTOCOL_VERSION,
            )
        try:
            origin = gateway_origin(event.url)
        except ValueError as error:
            return Sentence("named an address that can't be used ({error})", error=error)
        self._change(url=origin, mode=event.mode, message="")
        self._logs.say(f"The local gateway answers on {origin} ({event.mode}).")
        return ""

    async def _await_end(self, child: ChildProcess) -> ProcessOutcome:
        try:
            async with asyncio.timeout(self._back_off.healthy_s):
                return await child.wait()
        except TimeoutError:
            self._losses = 0
        return await child.wait()

    def _usable_port(self) -> int:
        # Nodes and front ends know the address of the last run: the first restart tries to keep it. If somebody else
        # has taken the port meanwhile, the next one takes any.
        if self._losses != 1 or not self._state.url:
            return 0
        return int(self._state.url.rsplit(":", 1)[-1])

    def _change(self, **values: object) -> None:
        changed = replace(self._state, **values)  # type: ignore[arg-type]
        if changed != self._state:
            self._state = changed
            self._tell(changed)


def _given_up(how: str) -> Sentence:
    return Sentence("The gateway {how}. It is not started again by itself; see the log.", how=how)
