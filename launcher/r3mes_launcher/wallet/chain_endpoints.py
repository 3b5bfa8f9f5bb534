"""HTTP to the nodes of a network: bounded, one at a time, moving on when one fails."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import httpx

from r3mes_launcher.sentence import Sentence, as_sentence, phrase, sentence_of
from r3mes_launcher.wallet.errors import Problem, WalletError

CONNECT_TIMEOUT_S = 5.0
"""A healthy node accepts within a round trip; five seconds cover a mobile line."""
READ_TIMEOUT_S = 15.0
"""Searches over a node's index are the slowest honest answers."""
ROUNDS = 2
PAUSE_BETWEEN_ROUNDS_S = 0.5
MAX_ANSWER_BYTES = 8 * 1024 * 1024

_ELSEWHERE = frozenset({429, 502, 503, 504})
"""A proxy's or a busy node's words: another node may answer."""


class Answer(NamedTuple):
    status: int
    document: dict[str, Any]
    endpoint: str


class EndpointPool:
    """The endpoints of one network. Reads fail over; a broadcast goes to one node, once."""

    def __init__(self, endpoints: Sequence[str], *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._endpoints = tuple(endpoints)
        self._preferred = 0
        self._transport = transport
        self._made: httpx.AsyncClient | None = None

    @property
    def _client(self) -> httpx.AsyncClient:
        """Made with the first question: the certificates take three megabytes, and many launchers have no wallet."""
        if self._made is None:
            self._made = httpx.AsyncClient(
                transport=self._transport,
                # The demo's chain is on this computer: plain HTTP needs no certificates.
                verify=(
                    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                    if all(endpoint.startswith("http://") for endpoint in self._endpoints)
                    else True
                ),
                timeout=httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
                follow_redirects=False,
                trust_env=False,
                headers={"accept": "application/json"},
            )
        return self._made

    async def close(self) -> None:
        if self._made is not None:
            await self._made.aclose()

    async def read(
        self,
        path: str,
        parameters: Mapping[str, str] | None = None,
        *,
        body: Any = None,
        endpoint: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Asks each endpoint in turn, twice around, until one answers. With `endpoint`, asks that one only.

        Raises OFFLINE when none does. Safe to repeat: nothing that is read here changes the chain.
        """
        queue = (endpoint,) if endpoint else self._endpoints[self._preferred :] + self._endpoints[: self._preferred]
        reason = ""
        for round_number in range(ROUNDS):
            if round_number:
                await asyncio.sleep(PAUSE_BETWEEN_ROUNDS_S)
            for base in queue:
                try:
                    answer = await self._once(base, path, parameters, body, headers)
                except _Unusable as error:
                    reason = sentence_of(error)
                    continue
                self._preferred = self._endpoints.index(base)
                return answer
        raise WalletError(
            Problem.OFFLINE,
            Sentence("No node of the network answers ({reason}).", reason=as_sentence(reason)),
            "Check the internet connection; nothing was changed.",
        )

    async def post_once(self, path: str, body: Any) -> Answer:
        """Sends once to the preferred endpoint and moves on to the next for a later try. Raises OFFLINE.

        OFFLINE here does not mean that the node did not take it.
        """
        base = self._endpoints[self._preferred]
        try:
            return await self._once(base, path, None, body, None)
        except _Unusable as error:
            self._preferred = (self._preferred + 1) % len(self._endpoints)
            raise WalletError(
                Problem.OFFLINE,
                Sentence("The node did not answer ({error}).", error=as_sentence(sentence_of(error))),
                "It is tried again.",
            ) from None

    async def _once(
        self,
        base: str,
        path: str,
        parameters: Mapping[str, str] | None,
        body: Any,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        content = bytearray()
        try:
            request = self._client.build_request(
                "GET" if body is None else "POST",
                base + path,
                params=dict(parameters) if parameters else None,
                json=body,
                headers=dict(headers) if headers else None,
            )
            response = await self._client.send(request, stream=True)
            try:
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) > MAX_ANSWER_BYTES:
                        raise _Unusable(phrase("its answer is too large"))
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _Unusable(type(error).__name__) from None
        if response.status_code in _ELSEWHERE:
            raise _Unusable(f"HTTP {response.status_code}")
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            raise _Unusable(Sentence("HTTP {status_code} without JSON", status_code=response.status_code)) from None
        if not isinstance(document, dict):
            raise _Unusable(phrase("JSON of another shape"))
        return Answer(response.status_code, document, base)


class _Unusable(Exception):
    """This endpoint can't be used for this request now."""
