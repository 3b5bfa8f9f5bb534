"""What is known of this computer's node, out of what engine, cards, settings and wallet told."""

from __future__ import annotations

from r3mes_launcher.core.policy_desk import plain_uuid
from r3mes_launcher.core.state import GpuReport, LauncherState
from r3mes_launcher.core.wallet_orders import NodeFacts


def cards_in_use(state: LauncherState, report: GpuReport) -> frozenset[str]:
    """UUIDs of the cards on which the engine runs now. It tells when it is ready; some servers tell no cards."""
    node = state.node
    if not node.engine.running or not (node.computes_on_gpu or node.gpu_uuids):
        return frozenset()
    known = {plain_uuid(uuid) for uuid in node.gpu_uuids or state.gpu_choice}
    return frozenset(card.uuid for card in report.gpus if not known or plain_uuid(card.uuid) in known)


def known_node_id(state: LauncherState, remembered: str) -> str:
    """Of this computer's node, also before its engine has told it in this run. Empty while nobody knows it."""
    grant = state.wallet.grant
    told = state.node.node_id or remembered
    return told or ("" if grant is None else grant.node_id)


def node_facts(state: LauncherState, report: GpuReport, gateways: tuple[str, ...]) -> NodeFacts:
    """What the owner signs about the node."""
    cards = [card for card in report.gpus if not card.lost]
    return NodeFacts(
        node_id=state.node.node_id,
        gateways=gateways,
        gpu_count=len(cards),
        gpu_memory_gb=max((card.memory_total_mb or 0 for card in cards), default=0) // 1000,
    )
