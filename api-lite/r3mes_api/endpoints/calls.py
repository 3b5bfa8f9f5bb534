"""The jobs of one node that is called at its endpoint: one task and one HTTP request each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
from pydantic_core import from_json, to_json

from r3mes_api.endpoints.answer_reader import AnswerReader, Piece, failed, refusal
from r3mes_api.nodes.inbox import JobInbox
from r3mes_api.nodes.registry import NodeRegistry
from r3mes_api.routing.ledger import Lost
from r3mes_protocol.frames import MAX_PAYLOAD_BYTES
from r3mes_protocol.messages import Done, Failed, FailureCode
from r3mes_protocol.sse import SseDecoder
from r3mes_protocol.wire import GatewayOrigin, JobId, ProtocolError

if TYPE_CHECKING:
    from r3mes_api.endpoints.client import EndpointClient, Pin

logger = logging.getLogger(__name__)

MAX_ERROR_BYTES = 16 * 1024
"""Of an answer other than 200; a sentence is all that is wanted of it."""

REST_S = 0.2
REST_BYTES = 4096
"""After the last event: whoever ends a response properly gets the next request on the same connection."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A checked endpoint of one node."""

    base: str
    client: EndpointClient
    pin: Pin | None = field(repr=False)
    """Kept alive: the client connects to pinned names only."""
    token: str | None = field(repr=False)


@dataclass(slots=True, eq=False)
class _Call:
    inbox: JobInbox
    credit_changed: asyncio.Event
    task: asyncio.Task[None] | None = None


class EndpointCalls:
    """Holds the jobs of one registration (`JobHolder`). What runs goes on when the node's session ends."""

    def __init__(
        self,
        endpoint: Endpoint,
        registry: NodeRegistry,
        *,
        window: int,
        gateway: GatewayOrigin,
        room_changed: Callable[[], None],
        clock: Callable[[], float],
        unix: Callable[[], float],
    ) -> None:
        self.window = window
        self.gateway = gateway
        self._endpoint = endpoint
        self._registry = registry
        self._room_changed = room_changed
        self._clock = clock
        self._unix = unix
        self._calls: dict[JobId, _Call] = {}
        # A quarter of the window may be on its way back: a larger event could wait for credit for ever.
        self._largest_event = min(MAX_PAYLOAD_BYTES, window * 3 // 4)

    def start_job(self, inbox: JobInbox, job: str) -> None:
        """Calls the endpoint; whatever becomes of it, the inbox gets a terminal."""
        call = self._calls[inbox.job_id] = _Call(inbox, asyncio.Event())
        call.task = asyncio.create_task(self._run(call, from_json(job)), name=f"endpoint job {inbox.job_id}")

    def give_credit(self, inbox: JobInbox, size: int) -> None:
        call = self._calls.get(inbox.job_id)
        if call is not None and inbox.ledger.terminal is None:
            inbox.ledger.grant(size)
            call.credit_changed.set()

    def leave_job(self, inbox: JobInbox) -> None:
        """The request is done with the job. A connection that still brings an answer is closed at once."""
        inbox.end(Lost.ABANDONED)
        inbox.close()
        call = self._calls.get(inbox.job_id)
        if call is not None and call.task is not None:
            call.task.cancel()

    async def _run(self, call: _Call, job: dict[str, Any]) -> None:
        terminal: Done | Failed = failed(call.inbox.job_id, FailureCode.CANCELLED, "the call was cancelled")
        try:
            terminal = await self._answer(call, job)
        except asyncio.CancelledError:
            pass
        except Exception:
            logger.exception("a call to an endpoint failed in the gateway itself")
            terminal = failed(call.inbox.job_id, FailureCode.ENGINE_ERROR, "the gateway could not read the endpoint")
        finally:
            self._end(call, terminal)

    def _end(self, call: _Call, terminal: Done | Failed) -> None:
        if self._calls.pop(call.inbox.job_id, None) is None:
            return
        if isinstance(terminal, Failed) and terminal.code is FailureCode.CAPACITY:
            self._registry.places.refused(call.inbox.job_id, None, self._clock())
        else:
            self._registry.places.release(call.inbox.job_id)
        call.inbox.end(terminal)
        self._room_changed()

    async def _answer(self, call: _Call, job: dict[str, Any]) -> Done | Failed:
        job_id = call.inbox.job_id
        body = job["body"]
        if body.get("n") not in (None, 1):
            return failed(job_id, FailureCode.INVALID_REQUEST, "n: this model gives one answer at a time.")
        adapter, model = body.pop("adapter", None), body["model"]
        # As servers with adapters do it: an adapter is asked for in the place of the model.
        wanted = {**body, "model": adapter or model, "stream": True, "stream_options": {"include_usage": True}}
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        if limit is not None:
            # Servers disagree about which of the two goes first, and old ones know one only; credits were set aside
            # for this one.
            wanted["max_tokens"] = limit
        reader = AnswerReader(job_id, job["completion_id"], model, int(self._unix()))
        try:
            async with asyncio.timeout(job["deadline_ms"] / 1000):
                return await self._call(call, reader, to_json(wanted), for_adapter=adapter is not None)
        except aiohttp.ClientError as error:
            # The error's own text may name addresses of a private network.
            return failed(job_id, FailureCode.ENGINE_ERROR, f"the endpoint can't be reached ({type(error).__name__})")
        except TimeoutError:
            return failed(job_id, FailureCode.DEADLINE, "the endpoint did not answer in time")
        except OSError as error:
            return failed(job_id, FailureCode.ENGINE_ERROR, f"the endpoint can't be reached ({type(error).__name__})")
        except ProtocolError as error:
            return failed(job_id, FailureCode.ENGINE_ERROR, f"the endpoint sent too much at once ({error.reason})")

    async def _call(self, call: _Call, reader: AnswerReader, body: bytes, *, for_adapter: bool) -> Done | Failed:
        endpoint, job_id = self._endpoint, call.inbox.job_id
        headers = {"authorization": f"Bearer {endpoint.token}"} if endpoint.token is not None else {}
        async with endpoint.client.post(f"{endpoint.base}/chat/completions", body, headers) as response:
            if response.status != 200:
                return refusal(job_id, response.status, await _first_bytes(response), for_adapter=for_adapter)
            if response.content_type != "text/event-stream" or "content-encoding" in response.headers:
                return failed(job_id, FailureCode.ENGINE_ERROR, "the endpoint did not answer with plain events")
            decoder = SseDecoder(MAX_PAYLOAD_BYTES)
            while chunk := await response.content.readany():
                for data in decoder.feed(chunk):
                    terminal = await self._take(call, reader, data)
                    if terminal is not None:
                        if isinstance(terminal, Done):
                            self._end(call, terminal)
                            await _rest(response)
                        return terminal
            return reader.end()

    async def _take(self, call: _Call, reader: AnswerReader, data: str) -> Done | Failed | None:
        for step in reader.read(data):
            if not isinstance(step, Piece):
                return step
            size, ledger = len(step.payload), call.inbox.ledger
            if size > self._largest_event:
                return failed(call.inbox.job_id, FailureCode.ENGINE_ERROR, "the endpoint sent too large an event")
            while ledger.credit < size:
                # Nothing is read from the socket meanwhile: a slow reader stops its own generation.
                call.credit_changed.clear()
                await call.credit_changed.wait()
            violation = call.inbox.frame(step.kind, step.payload)
            if violation is not None:
                return failed(call.inbox.job_id, FailureCode.ENGINE_ERROR, f"the endpoint {violation.value}")
        return None


async def _first_bytes(response: aiohttp.ClientResponse) -> bytes:
    found = bytearray()
    while len(found) < MAX_ERROR_BYTES and (chunk := await response.content.read(MAX_ERROR_BYTES - len(found))):
        found += chunk
    return bytes(found)


async def _rest(response: aiohttp.ClientResponse) -> None:
    try:
        async with asyncio.timeout(REST_S):
            await response.content.read(REST_BYTES)
            await response.content.read(1)
    except (TimeoutError, aiohttp.ClientError, OSError):
        return
