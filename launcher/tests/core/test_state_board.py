"""The state's board: what changes is told once, in order; what is the same is told to nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.state import (
    Desired,
    DeviceChoice,
    GatewayState,
    GpuReport,
    LauncherState,
    NodeState,
    Pace,
)
from r3mes_launcher.core.state_board import KEPT_STATES, PACE_TOLERANCE_S, StateBoard


def board_with(nodes: list[NodeState], now: float = 0.0) -> StateBoard:
    return StateBoard(LauncherState(), LogHub(lambda: 0.0), lambda: now, nodes.append)


def test_a_listener_hears_what_is_and_then_each_change_until_it_leaves(listener: Callable[[], Any]) -> None:
    nodes: list[NodeState] = []
    board, heard = board_with(nodes), listener()
    board.change(models=("one",))
    leave = board.subscribe(heard)
    assert [state.models for state in heard.states] == [("one",)] and len(heard.reports) == 1
    board.change(models=("one",))
    assert len(heard.states) == 1, "nothing has changed"
    serving = NodeState(desired=Desired.SERVING)
    board.change(node=serving, device_choice=DeviceChoice.CPU)
    assert heard.states[-1].node == serving and board.state.device_choice is DeviceChoice.CPU
    assert nodes == [serving]
    board.show_gpus(GpuReport(5.0))
    assert heard.reports[-1].at == board.gpus.at == 5.0
    leave()
    leave()
    board.change(models=())
    board.show_gpus(GpuReport(6.0))
    assert len(heard.states) == 2 and len(heard.reports) == 2


def test_the_past_has_the_changes_of_node_and_gateway_alone_and_is_bounded() -> None:
    board = board_with([], now=7.0)
    board.change(models=("a",))
    board.change(gateway=GatewayState(url="http://127.0.0.1:1"))
    assert [(at, state.gateway.url) for at, state in board.past] == [(7.0, "http://127.0.0.1:1")]
    for number in range(KEPT_STATES + 5):
        board.change(node=replace(board.state.node, total_requests=number + 1))
    assert len(board.past) == KEPT_STATES and board.past[-1][1].node.total_requests == KEPT_STATES + 5


def test_the_recorded_time_is_told_anew_only_where_the_shown_one_is_wrong() -> None:
    board = board_with([])
    pace = Pace(100.0, 5000.0, 60.0)
    board.keep_pace(pace)
    assert board.state.pace == pace
    board.keep_pace(replace(pace, shown_at=5000.0 + PACE_TOLERANCE_S / 2))
    assert board.state.pace == pace
    late = replace(pace, shown_at=5000.0 - 2 * PACE_TOLERANCE_S)
    board.keep_pace(late)
    assert board.state.pace == late
