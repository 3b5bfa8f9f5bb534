"""What every mode can do; routes know no more of a mode than this."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from socket import socket
from typing import Any, Protocol

from r3mes_api.asgi import Receive, Scope, Send
from r3mes_api.nodes.node import Node
from r3mes_api.routing.question import Audience, Question
from r3mes_api.setting_kinds import InferenceMode
from r3mes_api.web.metrics import Gauge


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One line of `/v1/models`: a base model, an adapter on one, or a model for embeddings."""

    name: str
    nodes: int
    base_model: str | None = None
    context_tokens: int | None = None
    dimensions: int | None = None
    """Of its vectors; None: it is not for embeddings."""


@dataclass(frozen=True, slots=True)
class AdapterCard:
    """An adapter on the network: how many nodes offer it, where it lies on them, and how much it is asked for."""

    name: str
    base_model: str | None
    nodes: int
    gpu: int = 0
    cpu: int = 0
    disk: int = 0
    homes: int = 0
    """Nodes that should have it ready; 0 where it is not asked for."""
    heat: float = 0.0
    """Requests for it that run at once, on average."""


class Mode(Protocol):
    @property
    def name(self) -> InferenceMode: ...

    def check(self) -> None:
        """Raises ApiError when no request can be answered at all, so that none needs be read."""
        ...

    def check_ready(self) -> None:
        """Raises ApiError where a load balancer should send prompts elsewhere for now."""
        ...

    async def answer(self, question: Question, to: Audience) -> None:
        """Tells the answer and, at last, its end. Raises ApiError, before the first events or after them.

        That the audience returned says that the client took what it was told: a slow client slows the answer.
        """
        ...

    def models(self) -> list[ModelCard]: ...

    def adapters(self) -> list[AdapterCard]:
        """By name."""
        ...

    def knows(self, name: str) -> bool:
        """Whether a model or an adapter of this name may be asked for."""
        ...

    def adapters_offered(self) -> Container[str]:
        """The names of the adapters with which a prompt could be answered now."""
        ...

    def nodes(self) -> list[Node]: ...

    def decision(self, completion_id: str) -> dict[str, Any] | None:
        """Why a recent request went where it went; None where nothing is known of it."""
        ...

    async def node_session(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a node's socket. Raises ApiError before the socket is accepted where no nodes are taken."""
        ...

    def gauges(self) -> list[Gauge]:
        """For `/metrics`: what only this mode knows."""
        ...

    def listeners(self) -> list[socket]:
        """Sockets of the mode's own that the server is to accept on, beside the public one."""
        ...

    async def run(self) -> None:
        """Background work of the mode, until cancelled."""
        ...

    async def started(self) -> None:
        """Returns when the mode can do its work. Raises CannotStart when it never will; `run` must be running."""
        ...

    def drain(self) -> None:
        """The gateway is about to end: nodes are told to move."""
        ...

    async def close(self, *, hurry: bool) -> None:
        """Requests have ended. `hurry`: who started the gateway is gone."""
        ...
