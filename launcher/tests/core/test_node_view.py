"""What is known of this computer's node: its id, its cards, and what its owner signs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from r3mes_launcher.core.node_view import cards_in_use, known_node_id, node_facts
from r3mes_launcher.core.state import GpuDriver, GpuReport, GpuSample, LauncherState, NodeState, ProcessState
from r3mes_launcher.core.wallet_state import GrantEntry, WalletState

CARDS = GpuReport(
    1.0,
    GpuDriver.OK,
    gpus=(
        GpuSample("GPU-a", "First", memory_total_mb=24_576),
        GpuSample("GPU-b", "Second", memory_total_mb=8_192),
        GpuSample("GPU-c", "Gone", lost=True, memory_total_mb=81_920),
    ),
)
RUNNING = NodeState(node_id="n" * 64, engine=ProcessState(running=True))


@pytest.mark.parametrize(
    ("node", "chosen", "used"),
    [
        (NodeState(gpu_uuids=("GPU-a",), computes_on_gpu=True), (), set()),
        (RUNNING, ("GPU-a",), set()),
        (replace(RUNNING, computes_on_gpu=True), (), {"GPU-a", "GPU-b", "GPU-c"}),
        (replace(RUNNING, computes_on_gpu=True), ("GPU-b",), {"GPU-b"}),
        (replace(RUNNING, gpu_uuids=("GPU-A",)), ("GPU-b",), {"GPU-a"}),
    ],
    ids=["no engine", "on the processor", "cards untold", "cards chosen", "cards told"],
)
def test_the_cards_in_use(node: NodeState, chosen: tuple[str, ...], used: set[str]) -> None:
    assert cards_in_use(LauncherState(node=node, gpu_choice=chosen), CARDS) == used


def test_the_node_is_known_by_what_was_told_last() -> None:
    granted = LauncherState(wallet=WalletState(grants=(GrantEntry("granted", "http://gateway", ("serving",), 9.0),)))
    assert known_node_id(LauncherState(), "") == ""
    assert known_node_id(granted, "") == "granted"
    assert known_node_id(granted, "remembered") == "remembered"
    assert known_node_id(replace(granted, node=RUNNING), "remembered") == RUNNING.node_id


def test_the_owner_signs_for_the_cards_that_are_there() -> None:
    facts = node_facts(LauncherState(node=RUNNING), CARDS, ("http://gateway",))
    assert (facts.node_id, facts.gateways, facts.gpu_count, facts.gpu_memory_gb) == (
        "n" * 64,
        ("http://gateway",),
        2,
        24,
    )
    assert node_facts(LauncherState(), GpuReport(), ()).gpu_memory_gb == 0
