"""Text made by another OpenAI-compatible server, given by URL or run by the engine: a thin, watched relay."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import aiohttp
import psutil
from pydantic_core import to_json

from r3mes_engine.backends.protocol import BackendStats, GenerationRequest, Report
from r3mes_engine.errors import EngineExit, GenerationFailed
from r3mes_engine.tools.formats import ToolFormat
from r3mes_engine.upstream.adapters import UpstreamAdapters, linear_layers
from r3mes_engine.upstream.answer import UpstreamAnswer
from r3mes_engine.upstream.chat_body import chat_body, route
from r3mes_engine.upstream.dialect import DEFAULT_CONTEXT_TOKENS, UpstreamModel, continues_answers
from r3mes_engine.upstream.failures import broken, refusal
from r3mes_engine.upstream.keeper import Kept, UpstreamKeeper
from r3mes_engine.upstream.liveness import Progress
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.limits import MAX_NAME_CHARS
from r3mes_protocol.messages import AdapterOffer, FailureCode, ModelOffer

log = logging.getLogger(__name__)

CONNECT_S = 5.0
"""To a server of the same machine or data centre."""
IDLE_CONNECTION_S = 3.0
"""vLLM's server closes an idle connection after five seconds; one that closes just now would lose a request."""
READ_BUFFER_BYTES = 16 * 1024
"""Twice as much is read ahead of a slow reader; then the socket stops."""
ADAPTER_LOAD_S = 60.0
"""vLLM takes 30 to 110 ms for a small adapter; a large one on a slow disk takes seconds."""
MAX_ERROR_BYTES = 16 * 1024


class UpstreamBackend:
    def __init__(
        self,
        keeper: UpstreamKeeper,
        progress: Progress,
        *,
        context_tokens: int | None = None,
        adapters_dir: Path | None = None,
        model_folder: Path | None = None,
    ) -> None:
        """`context_tokens` is for servers that do not tell. `model_folder` is the model's, where adapters are compared
        with it."""
        self.on_adapters_changed: Callable[[], None] = lambda: None
        self._keeper = keeper
        self._progress = progress
        self._context_tokens = context_tokens
        self._adapters_dir = adapters_dir
        self._model_folder = model_folder
        self._process = psutil.Process()
        self._session: aiohttp.ClientSession | None = None
        self._answers: set[UpstreamAnswer] = set()
        self._asking: set[asyncio.Timeout] = set()
        """Requests that the server has not begun to answer."""
        self._last_start = 0

    def load(self, report: Report) -> None:
        self._model = self._keeper.start(report)
        if len(self._model.name) > MAX_NAME_CHARS:
            raise EngineExit(
                ExitCode.CONFIGURATION, "upstream_unusable", "The name of the server's model is too long.", ""
            )
        context = self._context_tokens or self._model.context_tokens or DEFAULT_CONTEXT_TOKENS
        self._offer = ModelOffer(name=self._model.name, context_tokens=context)
        layers = {}
        if self._adapters_dir is not None and self._model_folder is not None:
            report("checking the adapters", None)
            layers = linear_layers(self._model_folder)
        self._adapters = UpstreamAdapters(self._model.name, layers, lambda: self.on_adapters_changed())
        self._adapters.listed(tuple(name for name in self._model.adapters if 0 < len(name) <= MAX_NAME_CHARS))
        if self._adapters_dir is not None:
            for problem in self._adapters.discover(self._adapters_dir):
                log.warning("%s", problem)

    @property
    def model(self) -> UpstreamModel:
        return self._model

    @property
    def offer(self) -> ModelOffer:
        return self._offer

    @property
    def tool_format(self) -> ToolFormat:
        """A server that takes no tools refuses them itself."""
        return "server"

    @property
    def continues_answers(self) -> bool:
        return continues_answers(self._model.dialect)

    @property
    def problem(self) -> str:
        return "" if self._keeper.kept is not None else "The model's server is being started again."

    @property
    def adapters(self) -> tuple[AdapterOffer, ...]:
        kept = self._keeper.kept
        return self._adapters.offers(0 if kept is None else kept.start)

    async def load_adapter(self, name: str) -> None:
        """As a gateway hints: a name that is not here, or a server that does not load it, is no error."""
        try:
            await self._adapters.ready(name, self._server().start, self._post_document)
        except GenerationFailed as problem:
            log.info("an adapter was not loaded ahead: %s", problem.message)

    async def add_adapter(self, path: Path, name: str) -> None:
        """Raises AdapterUnusable, GenerationFailed."""
        await self._adapters.add(path, name, self._server().start, self._post_document)

    async def remove_adapter(self, name: str) -> None:
        """Raises GenerationFailed."""
        await self._adapters.remove(name, self._server().start, self._post_document)

    async def answer(self, request: GenerationRequest) -> UpstreamAnswer:
        server = self._server()
        if request.adapter is None:
            return await self._begin(server, request, self._model.name)
        for _ in range(2):
            name = await self._adapters.ready(request.adapter, server.start, self._post_document)
            try:
                return await self._begin(server, request, name)
            except GenerationFailed as problem:
                # A server that was started again by somebody else has nothing of what was loaded before.
                if problem.code is not FailureCode.ADAPTER_NOT_FOUND or not self._adapters.forget(request.adapter):
                    raise
        raise broken("does not keep its adapters")

    async def _begin(self, server: Kept, request: GenerationRequest, model: str) -> UpstreamAnswer:
        try:
            return await self._try(server, request, model, limited=True)
        except GenerationFailed as problem:
            if problem.code is not FailureCode.CONTEXT_TOO_LONG or request.max_new_tokens is None:
                raise
            # More than fits was asked for: without a limit the server gives as much as fits.
            return await self._try(server, request, model, limited=False)

    async def _try(self, server: Kept, request: GenerationRequest, model: str, *, limited: bool) -> UpstreamAnswer:
        body = chat_body(request, model, self._model.dialect, limited=limited)
        response = await self._post(server, route(request), to_json(body))
        try:
            if response.status != 200:
                raise await _refused(response, adapter=request.adapter is not None)
            if response.content_type != "text/event-stream":
                raise broken("did not answer with events")
        except BaseException:
            response.close()
            raise
        answer = UpstreamAnswer(response, self._progress, self._answers.discard)
        self._answers.add(answer)
        return answer

    async def _post(self, server: Kept, route: str, body: bytes) -> aiohttp.ClientResponse:
        """Raises GenerationFailed. Once more where an idle connection turns out to be closed."""
        headers = {"content-type": "application/json", "accept-encoding": "identity", **server.address.headers}
        url = f"{server.address.base}/{route}"
        for is_last in (False, True):
            self._progress.wants(time.monotonic())
            asking = asyncio.timeout(None)
            self._asking.add(asking)
            try:
                async with asking:
                    return await self._ready_session().post(url, data=body, headers=headers, allow_redirects=False)
            except TimeoutError:
                raise broken("is stuck") from None
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                if is_last or isinstance(error, aiohttp.ClientConnectorError):
                    raise broken(f"can't be reached ({type(error).__name__})") from None
            except (aiohttp.ClientError, OSError) as error:
                raise broken(f"can't be reached ({type(error).__name__})") from None
            finally:
                self._asking.discard(asking)
                self._progress.has()
        raise AssertionError

    async def _post_document(self, route: str, document: Mapping[str, str], adapter: str) -> None:
        try:
            async with asyncio.timeout(ADAPTER_LOAD_S):
                response = await self._post(self._server(), route, to_json(document))
                try:
                    if response.status == 200:
                        await response.read()
                        return
                    # What is loaded under the digest's name already is the same.
                    problem = await _refused(response, adapter=True)
                    if response.status == 400 and "already" in problem.message:
                        return
                finally:
                    response.close()
        except TimeoutError:
            raise broken(f"did not load the adapter {adapter!r} within {ADAPTER_LOAD_S:.0f} s") from None
        log.error("the adapter %s: %s (HTTP %d)", adapter, problem.message, response.status)
        raise GenerationFailed(
            FailureCode.ADAPTER_NOT_FOUND, f"The model's server does not load the adapter {adapter!r}.", param="adapter"
        )

    def _server(self) -> Kept:
        kept = self._keeper.kept
        if kept is None:
            raise broken("is being started again")
        if kept.start != self._last_start:
            self._last_start = kept.start
            self.on_adapters_changed()
        return kept

    def _ready_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            loop = asyncio.get_running_loop()
            self._keeper.on_stall = lambda: _call_on(loop, self._break_off)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_CONNECTION_S),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                read_bufsize=READ_BUFFER_BYTES,
                trust_env=False,
            )
        return self._session

    def _break_off(self) -> None:
        for asking in self._asking:
            asking.reschedule(asyncio.get_running_loop().time())
        for answer in self._answers:
            answer.break_off()

    def stats(self) -> BackendStats:
        own = self._process.memory_info().rss // 2**20
        numbers = self._keeper.numbers
        places = None if numbers.most_adapters is None else max(0, numbers.most_adapters - numbers.adapters_in_use)
        return BackendStats(own + self._keeper.memory_mb, free_adapter_slots=places)

    async def close(self) -> None:
        for answer in tuple(self._answers):
            answer.close()
        if self._session is not None:
            await self._session.close()
        await asyncio.to_thread(self._keeper.close)


def _call_on(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(callback)
    except RuntimeError:
        log.debug("the event loop has ended already")


async def _refused(response: aiohttp.ClientResponse, *, adapter: bool) -> GenerationFailed:
    body = bytearray()
    try:
        while len(body) < MAX_ERROR_BYTES and (chunk := await response.content.read(MAX_ERROR_BYTES - len(body))):
            body += chunk
    except (aiohttp.ClientError, OSError):
        return broken("broke the connection off")
    return refusal(response.status, bytes(body), adapter=adapter)
