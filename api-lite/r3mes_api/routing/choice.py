"""Which nodes could take a request: a pure function of what is known about the nodes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import Enum
from typing import NamedTuple, Protocol

from r3mes_api.routing.breaker import Breaker
from r3mes_api.routing.cost import RECENT_FAILURE_MS, Option, place_ms, queue_ms
from r3mes_api.routing.pace import Pace
from r3mes_protocol.messages import AdapterOffer, EmbeddingOffer
from r3mes_protocol.wire import NodeId


class Candidate(Protocol):
    """What the choice looks at."""

    @property
    def node_id(self) -> NodeId: ...
    @property
    def models(self) -> Mapping[str, int]: ...
    @property
    def adapters(self) -> Mapping[str, AdapterOffer]: ...
    @property
    def embedding_models(self) -> Mapping[str, EmbeddingOffer]: ...
    @property
    def serving(self) -> bool: ...
    @property
    def draining(self) -> bool: ...
    @property
    def continues(self) -> bool: ...
    @property
    def last_chosen(self) -> int: ...
    @property
    def hop_ms(self) -> float: ...
    @property
    def breaker(self) -> Breaker: ...
    @property
    def pace(self) -> Pace: ...

    def load_with_room(self, now: float) -> float | None:
        """Jobs there are, in parts of the node's concurrency; None where it takes no more at this moment."""
        ...

    def cold_ms(self, adapter: str, now: float) -> float:
        """Until an adapter that the candidate offers can be used there."""
        ...


class Wanted(NamedTuple):
    model: str | None = None
    """A base model or an adapter by name; None takes what there is."""
    adapter: str | None = None
    continuing: bool = False
    """Only a node that can go on with an answer which another one began."""
    embeds: bool = False
    """The model is one that makes embeddings."""


class Target(NamedTuple):
    """What a node is asked to run."""

    model: str
    adapter: str | None


class NoChoice(Enum):
    NO_NODES = "no node serves at the moment"
    UNKNOWN_MODEL = "no node offers the model"
    UNKNOWN_ADAPTER = "no node offers the adapter for the model"
    FULL = "every node that could serve is full"
    EXHAUSTED = "every node that could serve has been tried"


def resolve(candidate: Candidate, wanted: Wanted) -> Target | None:
    """The base model and adapter by which this node would serve the request; None when it can't."""
    model, adapter = wanted.model, wanted.adapter
    if wanted.embeds:
        return Target(model, None) if model is not None and model in candidate.embedding_models else None
    if not candidate.models:
        return None
    if model is not None and model not in candidate.models:
        # As other servers do, an adapter may be asked for in the place of the model.
        if adapter is not None:
            return None
        model, adapter = None, model
    if adapter is None:
        return Target(model or next(iter(candidate.models)), None)
    offer = candidate.adapters.get(adapter)
    if offer is None:
        return None
    base = model or offer.base_model or next(iter(candidate.models))
    if base not in candidate.models or offer.base_model not in (None, base):
        return None
    return Target(base, adapter)


def choose(
    candidates: Iterable[Candidate],
    wanted: Wanted,
    now: float,
    *,
    excluded: Collection[NodeId] = (),
    failure_memory_s: float = 0.0,
    homes: Mapping[str, Collection[NodeId]] | None = None,
) -> list[Option] | NoChoice:
    """Every candidate that may take the request now, with its cost; at least one, or the reason why there is none.

    A node that failed within `failure_memory_s` comes after all others; one whose breaker is open is left out.
    `homes`: the nodes that should have an adapter, where placement has an opinion.
    """
    options: list[Option] = []
    serving = knows_model = resolved = awake = untried = False
    for candidate in candidates:
        if not candidate.serving or (wanted.continuing and not candidate.continues):
            continue
        serving = True
        target = resolve(candidate, wanted)
        if target is None:
            knows_model = knows_model or (wanted.model is not None and wanted.model in candidate.models)
            continue
        resolved = True
        if candidate.draining:
            continue
        awake = True
        if candidate.node_id in excluded:
            continue
        untried = True
        load, breaker, pace = candidate.load_with_room(now), candidate.breaker, candidate.pace
        if load is None or not breaker.lets_pass(now):
            continue
        cold = place = 0.0
        if target.adapter is not None:
            cold = candidate.cold_ms(target.adapter, now)
            home = homes.get(target.adapter) if homes else None
            place = place_ms(home is None or candidate.node_id in home, cold)
        options.append(
            Option(
                candidate.node_id,
                target.model,
                target.adapter,
                1000.0 * pace.first_s,
                queue_ms(load, pace.token_s),
                cold,
                RECENT_FAILURE_MS if now - breaker.last_failure < failure_memory_s else 0.0,
                load,
                candidate.last_chosen,
                candidate.hop_ms,
                place,
            )
        )
    if options:
        return options
    if not serving or (resolved and not awake):
        return NoChoice.NO_NODES
    if not resolved:
        by_adapter = wanted.adapter is not None and (wanted.model is None or knows_model)
        return NoChoice.UNKNOWN_ADAPTER if by_adapter else NoChoice.UNKNOWN_MODEL
    return NoChoice.FULL if untried else NoChoice.EXHAUSTED
