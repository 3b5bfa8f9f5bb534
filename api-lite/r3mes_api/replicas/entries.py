"""A node as its replica tells of it, and as the others then see it. Pure; times are passed in."""

from __future__ import annotations

from r3mes_api.nodes.node import Node
from r3mes_api.replicas.directory import NodeEntry, NodePace
from r3mes_api.routing.breaker import Breaker
from r3mes_api.routing.pace import Pace
from r3mes_protocol.messages import ModelOffer
from r3mes_protocol.wire import GatewayOrigin, NodeId, SessionId


def described(node: Node, gateway: GatewayOrigin, claim: int, now: float, unix: float) -> NodeEntry:
    """`now` is the gateway's clock."""
    pace = node.pace
    return NodeEntry(
        node_id=node.node_id,
        session_id=node.session_id,
        gateway=gateway,
        claim=claim,
        generation=node.generation,
        owner=node.owner,
        models=tuple(ModelOffer(name=name, context_tokens=tokens) for name, tokens in node.models.items()),
        adapters=tuple(node.adapters.values()),
        embedding_models=tuple(node.embedding_models.values()),
        roles=node.roles,
        device=node.device,
        engine_version=node.engine_version,
        max_concurrency=node.max_concurrency,
        max_jobs=node.max_jobs,
        endpoint=node.endpoint,
        continues=node.continues,
        loads_adapters=node.loads_adapters,
        draining=node.draining,
        active=node.active,
        queued=node.queued,
        jobs=len(node.jobs),
        free_vram_mb=node.free_vram_mb,
        free_adapter_slots=node.free_adapter_slots,
        telemetry=node.telemetry,
        connected_at=int(unix - (now - node.connected_at)),
        pace=NodePace(first_s=pace.first_s, token_s=pace.token_s, gap_s=pace.gap_s) if pace.is_measured else None,
        rest_ms=_rest_ms(node.breaker, now),
    )


def mark_of(node: Node, now: float) -> tuple[object, ...]:
    """Differs whenever `described` would say something new. It is made for each node several times a second."""
    pace = node.pace
    return (
        node.session_id, node.adapters, node.telemetry, node.draining, node.active, node.queued,
        len(node.jobs), node.max_concurrency, node.free_vram_mb, node.free_adapter_slots,
        pace.first_s, pace.token_s, pace.gap_s, now < node.breaker.open_until,
    )  # fmt: skip


def node_elsewhere(entry: NodeEntry, replica: str, hop_ms: float, now: float, unix: float) -> Node:
    """The registry gives it the breaker and the pace that this gateway itself has seen of the node."""
    return Node(
        node_id=NodeId(entry.node_id),
        session_id=SessionId(entry.session_id),
        generation=entry.generation,
        owner=entry.owner,
        models={offer.name: offer.context_tokens for offer in entry.models},
        adapters={offer.name: offer for offer in entry.adapters},
        embedding_models={offer.name: offer for offer in entry.embedding_models},
        roles=entry.roles,
        device=entry.device,
        engine_version=entry.engine_version,
        max_concurrency=entry.max_concurrency,
        max_jobs=entry.max_jobs,
        connected_at=now - max(0.0, unix - entry.connected_at),
        last_heard=now,
        breaker=Breaker(),
        pace=Pace(),
        endpoint=entry.endpoint,
        continues=entry.continues,
        loads_adapters=entry.loads_adapters,
        draining=entry.draining,
        active=entry.active,
        queued=entry.queued,
        free_vram_mb=entry.free_vram_mb,
        free_adapter_slots=entry.free_adapter_slots,
        telemetry=entry.telemetry,
        # While its breaker is open the owner would refuse.
        full_until=now + entry.rest_ms / 1000,
        replica=replica,
        jobs_there=entry.jobs,
        hop_ms=hop_ms,
    )


def _rest_ms(breaker: Breaker, now: float) -> int:
    rest_s = breaker.open_until - now
    return int(1000 * rest_s) if rest_s > 0 else 0
