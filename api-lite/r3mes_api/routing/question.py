"""A user's request on its way to an answer, and those to whom the answer is told."""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Any, NamedTuple, Protocol

from r3mes_api.adapter_choice.decision import AdapterRoute
from r3mes_api.routing.choice import Target, Wanted
from r3mes_protocol.chat import FinishReason
from r3mes_protocol.messages import JobKind, Usage
from r3mes_protocol.usage import SignedUsage
from r3mes_protocol.wire import GatewayOrigin, JobId, NodeId


class NodePart(Protocol):
    """One node's part in an answer; it grows while the node answers. All of it is for the bill."""

    @property
    def job_id(self) -> JobId: ...

    @property
    def node_id(self) -> NodeId: ...

    @property
    def node_owner(self) -> str | None: ...

    @property
    def target(self) -> Target:
        """What it was asked to run."""
        ...

    @property
    def gateway(self) -> GatewayOrigin:
        """The origin that the node dialled; it signs for that one."""
        ...

    @property
    def delivered_tokens(self) -> int:
        """Events with content that the client's connection took. A node sends one for each token."""
        ...

    @property
    def signed_usage(self) -> SignedUsage | None: ...


class Question(NamedTuple):
    """One request, parsed once. A tuple, since a frozen data class takes several times as long to make."""

    completion_id: str
    created: int
    """Unix seconds, for the client."""
    received_at: float
    """On the gateway's monotonic clock; every deadline counts from here."""
    model: str | None
    """A base model or an adapter by name; None leaves the choice to the gateway."""
    adapter: str | None
    body: dict[str, Any]
    """The OpenAI request as it came, without `model` and `adapter`."""
    prompt: str
    """The text of the last message."""
    token_limit: int | None = None
    """Of each choice."""
    choices: int = 1
    """So many answers to the one prompt, in one stream."""
    whole: bool = False
    """The client gets the answer when all of it is there, so that nobody waits for its parts."""
    continues: bool = False
    """The last message is the beginning of the answer."""
    route: AdapterRoute | None = None
    """Where the gateway chose the adapter: how, and what else would do."""
    owner: str | None = None
    """The wallet whose key was shown."""
    parts: MutableSequence[NodePart] | None = None
    """Where somebody pays: takes the part of each node that is asked, in order."""
    kind: JobKind = "chat"

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.model, self.adapter, self.continues, self.kind == "embeddings")


class End(NamedTuple):
    """The answer is complete."""

    model: str
    finish_reason: FinishReason
    usage: Usage
    continued: bool = False
    """A second node wrote the end of it."""
    finish_in_events: bool = True
    """The chunk with the finish reason went out in the events; otherwise it is still to be written."""


class Audience(Protocol):
    """Who an answer is told to, piece by piece; a slow audience slows the answer."""

    async def events(self, payload: bytes) -> None:
        """Takes whole SSE events, to be relayed as they are; returns when the client's connection has room for more."""
        ...

    async def continued(self) -> None:
        """The node that answered failed; another one goes on from here."""
        ...

    async def end(self, end: End) -> None:
        """The answer is complete."""
        ...
