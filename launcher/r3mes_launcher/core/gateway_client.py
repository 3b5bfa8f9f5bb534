"""HTTP to a gateway: one chat answer as a stream, and the models that can be asked."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from r3mes_launcher.core.interface import ChatError
from r3mes_launcher.core.log_hub import plain_text
from r3mes_launcher.core.state import AdapterOffer, ChatDelta, ChatTurn
from r3mes_launcher.sentence import Sentence, as_sentence, sentence_of
from r3mes_protocol.errors import ErrorCode
from r3mes_protocol.sse import SseDecoder
from r3mes_protocol.wire import ProtocolError

CONNECT_S = 5.0
"""A gateway that takes no connection for so long is out of reach."""
QUIET_S = 60.0
"""The gateway sends at least a comment every 15 s while an answer is on its way."""
WRITE_S = 30.0
MODELS_S = 10.0
"""The list of models is answered from memory."""

ACCOUNT_S = 15.0
"""A gateway adds up a month in a fraction of a second; its database may be busy."""

MAX_ANSWER_TOKENS = 1024
"""Small models don't always find the end."""
MAX_ANSWER_CHARS = 1024 * 1024
"""A thousand characters for each token that is asked for: who sends more never ends."""
MAX_ERROR_BYTES = 64 * 1024
MAX_MODELS_BYTES = 1024 * 1024
MAX_ACCOUNT_BYTES = 4 * 1024 * 1024
"""2000 rows of earnings are half of it at most."""
MAX_MODELS_SHOWN = 512
MAX_COUNTED_TOKENS = 1_000_000
"""A gateway that counts more tokens in one answer is not believed."""
MAX_SERVER_SENTENCE_CHARS = 300

_SENTENCES = {
    ErrorCode.INFERENCE_DISABLED: "This gateway does not answer chats: its inference is switched off.",
    ErrorCode.NO_SERVING_NODES: "No node serves right now. Switch Serving on, or try again in a moment.",
    ErrorCode.GPU_REQUIRED: "This needs a node with a GPU, and none serves right now.",
    ErrorCode.NETWORK_BUSY: "All nodes are busy. Try again in a moment.",
    ErrorCode.SHUTTING_DOWN: "The gateway is being shut down. Try again in a moment.",
    ErrorCode.NODE_FAILED: "The node failed while it answered. Try again.",
    ErrorCode.FIRST_TOKEN_TIMEOUT: "No node began to answer in time. Try again in a moment.",
    ErrorCode.STREAM_STALLED: "The node stopped in the middle of the answer. Try again.",
    ErrorCode.MODEL_NOT_FOUND: "No node serves this model. Choose another one.",
    ErrorCode.ADAPTER_NOT_FOUND: "No node serves this adapter. Choose another one.",
    ErrorCode.CONTEXT_TOO_LONG: "The conversation is too long for this model. Start a new one.",
    ErrorCode.BODY_TOO_LARGE: "The message is too long for the gateway. Shorten it.",
    ErrorCode.UNAUTHORIZED: "The gateway wants an API key, which this version can't give.",
    ErrorCode.FORBIDDEN: "The gateway does not allow this.",
    ErrorCode.RATE_LIMITED: "Too many requests. Wait a moment, then try again.",
    ErrorCode.INSUFFICIENT_CREDITS: "The account has no credits left.",
    ErrorCode.INTERNAL: "The gateway met an error of its own. Try again.",
}


@dataclass(frozen=True, slots=True)
class Offers:
    """What a gateway lists: all names, and which of them are adapters."""

    models: tuple[str, ...] = ()
    adapters: tuple[AdapterOffer, ...] = ()


@dataclass(frozen=True, slots=True)
class GatewayAnswer:
    status: int
    document: dict[str, Any] | None
    """None where the answer is no JSON object."""


class GatewayUnreachable(Exception):
    """The message is a sentence."""


def is_loopback(origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class GatewayClient:
    """One per launcher. Made on the loop that uses it."""

    def __init__(self) -> None:
        self._clients: dict[bool, httpx.AsyncClient] = {}

    async def close(self) -> None:
        clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            await client.aclose()

    async def models(self, origin: str) -> tuple[str, ...]:
        """Names in the gateway's order. Raises GatewayUnreachable."""
        return (await self.offers(origin)).models

    async def offers(self, origin: str) -> Offers:
        """What can be asked. Raises GatewayUnreachable."""
        try:
            async with asyncio.timeout(MODELS_S):
                async with self._client(origin).stream("GET", f"{origin}/v1/models") as response:
                    body = await _read(response, MAX_MODELS_BYTES)
        except (httpx.HTTPError, TimeoutError) as error:
            raise GatewayUnreachable(_unreachable(origin, error)) from None
        if response.status_code != httpx.codes.OK:
            raise GatewayUnreachable(
                Sentence(
                    "{origin} answers with HTTP status {status_code}: is it a R3MES gateway?",
                    origin=origin,
                    status_code=response.status_code,
                )
            )
        return _offers(body, origin)

    async def time(self, origin: str) -> float:
        """The gateway's clock, in seconds since the epoch. Raises GatewayUnreachable."""
        try:
            async with asyncio.timeout(MODELS_S):
                async with self._client(origin).stream("GET", f"{origin}/system/time") as response:
                    body = await _read(response, MAX_ERROR_BYTES)
        except (httpx.HTTPError, TimeoutError) as error:
            raise GatewayUnreachable(_unreachable(origin, error)) from None
        try:
            milliseconds = json.loads(body)["unix_ms"]
        except (ValueError, KeyError, TypeError, RecursionError):
            milliseconds = None
        if response.status_code != httpx.codes.OK or type(milliseconds) is not int:
            raise GatewayUnreachable(Sentence("{origin} answers, but not like a R3MES gateway.", origin=origin))
        return milliseconds / 1000

    async def call(
        self,
        origin: str,
        method: str,
        path: str,
        *,
        question: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        token: str = "",
    ) -> GatewayAnswer:
        """One exchange with a gateway's accounts, whatever its status. `token` goes into a header and nowhere else.

        Raises GatewayUnreachable, also for an answer that is longer than any of theirs.
        """
        headers = {"authorization": f"Bearer {token}"} if token else {}
        try:
            async with asyncio.timeout(ACCOUNT_S):
                async with self._client(origin).stream(
                    method, f"{origin}{path}", params=question, json=body, headers=headers
                ) as response:
                    answer = await _read(response, MAX_ACCOUNT_BYTES + 1)
        except (httpx.HTTPError, TimeoutError) as error:
            raise GatewayUnreachable(_unreachable(origin, error)) from None
        if len(answer) > MAX_ACCOUNT_BYTES:
            raise GatewayUnreachable(Sentence("The answer of {origin} is too long.", origin=origin))
        try:
            document = json.loads(answer)
        except (ValueError, RecursionError):
            document = None
        return GatewayAnswer(response.status_code, document if isinstance(document, dict) else None)

    async def first_model(self, origin: str) -> str:
        """What a chat asks when nobody chose a model. Raises ChatError."""
        try:
            models = await self.models(origin)
        except GatewayUnreachable as error:
            raise ChatError(sentence_of(error)) from None
        if not models:
            raise ChatError(_SENTENCES[ErrorCode.NO_SERVING_NODES])
        return models[0]

    async def chat(self, origin: str, turns: Sequence[ChatTurn], model: str) -> AsyncGenerator[ChatDelta, None]:
        """Streams one answer. Closing the generator closes the connection at once. Raises ChatError."""
        body = {
            "model": model,
            "messages": [{"role": turn.role, "content": turn.text} for turn in turns],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": MAX_ANSWER_TOKENS,
        }
        finished, length = False, 0
        try:
            async with self._client(origin).stream("POST", f"{origin}/v1/chat/completions", json=body) as response:
                if response.status_code != httpx.codes.OK:
                    raise ChatError(_refusal(response.status_code, await _read(response, MAX_ERROR_BYTES)))
                decoder = SseDecoder()
                async for chunk in response.aiter_raw():
                    for data in decoder.feed(chunk):
                        if data == "[DONE]":
                            return
                        for delta in _deltas(data):
                            finished = finished or bool(delta.finish_reason)
                            length += len(delta.text)
                            if length > MAX_ANSWER_CHARS:
                                raise ChatError("The answer did not end where it had to, so it was cut off.")
                            yield delta
        except httpx.HTTPError as error:
            if finished:
                return
            raise ChatError(_unreachable(origin, error)) from None
        except ProtocolError as error:
            raise ChatError(Sentence("The gateway's answer can't be read: {reason}.", reason=error.reason)) from None
        if not finished:
            raise ChatError("The answer broke off: the gateway closed the connection before its end. Try again.")

    def _client(self, origin: str) -> httpx.AsyncClient:
        local = is_loopback(origin)
        client = self._clients.get(local)
        if client is None:
            client = self._clients[local] = _new_client(local)
        return client


def _new_client(local: bool) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        # A proxy of the environment must not get what goes to this computer itself.
        trust_env=not local,
        # Plain HTTP needs no certificates, and loading them takes longer than an answer's first word.
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if local else True,
        timeout=httpx.Timeout(QUIET_S, connect=CONNECT_S, write=WRITE_S, pool=CONNECT_S),
        limits=httpx.Limits(max_connections=32, max_keepalive_connections=4),
        # Compression would hold words back until a block is full.
        headers={"accept-encoding": "identity", "user-agent": "r3mes-launcher"},
        follow_redirects=False,
    )


async def _read(response: httpx.Response, limit: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limit:
            break
    return bytes(body[:limit])


def _unreachable(origin: str, error: BaseException) -> str:
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            why = Sentence("it takes no connection for {connect_s:.0f} s", connect_s=CONNECT_S)
        case httpx.TimeoutException() | TimeoutError():
            why = Sentence("it does not answer in time")
        case httpx.ConnectError():
            why = Sentence("no connection can be made")
        case httpx.RemoteProtocolError() | httpx.ReadError():
            why = Sentence("it closed the connection")
        case _:
            why = as_sentence(type(error).__name__)
    return Sentence("The gateway {origin} is out of reach: {why}.", origin=origin, why=why)


def _refusal(status: int, body: bytes) -> str:
    try:
        problem = json.loads(body)["error"]
        code, message = problem["code"], problem["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return Sentence("The gateway refused the request with HTTP status {status}.", status=status)
    return _error_sentence(code, message)


def _error_sentence(code: object, message: object) -> str:
    try:
        known = ErrorCode(str(code))
    except ValueError:
        known = None
    if known in _SENTENCES:
        return _SENTENCES[known]
    # Text from the network is shown as what it is: somebody else's words, plain and short.
    said = plain_text(str(message))[:MAX_SERVER_SENTENCE_CHARS]
    return Sentence("The gateway refused the request: {said}", said=said)


def _deltas(data: str) -> list[ChatDelta]:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        raise ProtocolError("an event is not JSON") from None
    if not isinstance(event, dict):
        raise ProtocolError("an event is not a JSON object")
    if "error" in event:
        problem = event["error"] if isinstance(event["error"], dict) else {}
        raise ChatError(_error_sentence(problem.get("code"), problem.get("message", "")))
    model = event.get("model")
    choices = event.get("choices")
    usage = event.get("usage")
    tokens = usage.get("completion_tokens") if isinstance(usage, dict) else None
    if not isinstance(choices, list):
        raise ProtocolError("an event has no choices")
    deltas = [_delta(choice, model if isinstance(model, str) else "") for choice in choices if isinstance(choice, dict)]
    if type(tokens) is int and 0 <= tokens <= MAX_COUNTED_TOKENS:
        deltas.append(ChatDelta(tokens=tokens))
    return deltas


def _delta(choice: dict[str, Any], model: str) -> ChatDelta:
    delta = choice.get("delta")
    text = delta.get("content") if isinstance(delta, dict) else None
    reason = choice.get("finish_reason")
    return ChatDelta(
        text if isinstance(text, str) else "", plain_text(reason) if isinstance(reason, str) else "", plain_text(model)
    )


def _offers(body: bytes, origin: str) -> Offers:
    try:
        # A model for embeddings writes no answers.
        entries = [
            (entry["id"], entry.get("parent"))
            for entry in json.loads(body)["data"]
            if entry.get("embedding_dimensions") is None
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise GatewayUnreachable(Sentence("{origin} answers, but not like a R3MES gateway.", origin=origin)) from None
    kept = [(plain_text(name), parent) for name, parent in entries[:MAX_MODELS_SHOWN] if isinstance(name, str) and name]
    return Offers(
        tuple(name for name, _ in kept),
        tuple(AdapterOffer(name, plain_text(parent)) for name, parent in kept if isinstance(parent, str) and parent),
    )
