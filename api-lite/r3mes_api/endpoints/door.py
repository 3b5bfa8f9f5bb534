"""Whether a node's endpoint is called: the checks at registration, and the client that is made for the first one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from r3mes_api.endpoints.address_policy import EndpointRefused, Network, parse_endpoint
from r3mes_api.endpoints.token_file import TokenFileError, read_tokens
from r3mes_protocol.wire import NodeId

if TYPE_CHECKING:
    from r3mes_api.endpoints.calls import Endpoint
    from r3mes_api.endpoints.client import EndpointClient

logger = logging.getLogger(__name__)

_OPERATORS_FAULT = "the gateway can't call endpoints as it is set up; its operator finds the reason in the log"


class EndpointDoor:
    def __init__(
        self,
        networks: tuple[Network, ...],
        *,
        connect_s: float,
        resolve_s: float,
        certificates: Path | None,
        token_file: Path | None,
        clock: Callable[[], float],
    ) -> None:
        self._networks = networks
        self._connect_s = connect_s
        self._resolve_s = resolve_s
        self._certificates = certificates
        self._token_file = token_file
        self._clock = clock
        self._client: EndpointClient | None = None

    async def check(self, node_id: NodeId, text: str) -> Endpoint:
        """Raises EndpointRefused."""
        url = parse_endpoint(text, self._networks)
        # Only gateways that are offered an endpoint need the client; its import takes a moment.
        await asyncio.to_thread(_import_client)
        from r3mes_api.endpoints.calls import Endpoint

        client = self._ready_client()
        token = await asyncio.to_thread(self._token, node_id)
        return Endpoint(url.base, client, await client.pin(url), token)

    def _ready_client(self) -> EndpointClient:
        if self._client is None:
            from r3mes_api.endpoints.client import EndpointClient

            try:
                self._client = EndpointClient(
                    self._networks,
                    connect_s=self._connect_s,
                    resolve_s=self._resolve_s,
                    certificates=self._certificates,
                    clock=self._clock,
                )
            except OSError as error:  # an SSLError is one too
                logger.error("R3MES_ENDPOINT_CERTIFICATES: %s can't be used (%s)", self._certificates, error)
                raise EndpointRefused(_OPERATORS_FAULT) from None
        return self._client

    def _token(self, node_id: NodeId) -> str | None:
        """Read anew at each registration, so that a new token needs no restart."""
        if self._token_file is None:
            return None
        try:
            return read_tokens(self._token_file).get(node_id)
        except TokenFileError as error:
            logger.error("R3MES_ENDPOINT_TOKEN_FILE: %s", error)
            raise EndpointRefused(_OPERATORS_FAULT) from None

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()


def _import_client() -> None:
    import r3mes_api.endpoints.calls
    import r3mes_api.endpoints.client  # noqa: F401
