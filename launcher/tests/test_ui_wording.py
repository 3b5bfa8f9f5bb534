from __future__ import annotations

from dataclasses import replace

import pytest

from r3mes_launcher.core.state import (
    Actual,
    Desired,
    Fault,
    GatewayKind,
    GatewayState,
    GpuDriver,
    NodeState,
)
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wording import driver_wording, gateway_wording, node_wording

WORDS = {
    Actual.UNPROVISIONED: ("Not set up yet", Tone.NEUTRAL),
    Actual.PROVISIONING: ("Setting up the engine", Tone.BUSY),
    Actual.STOPPED: ("Off", Tone.NEUTRAL),
    Actual.STARTING: ("Starting", Tone.BUSY),
    Actual.REGISTERING: ("Registering", Tone.BUSY),
    Actual.SERVING: ("Serving", Tone.GOOD),
    Actual.SUSPENDED: ("Paused", Tone.WARNING),
    Actual.DRAINING: ("Finishing", Tone.BUSY),
    Actual.STOPPING: ("Stopping", Tone.BUSY),
    Actual.BACKING_OFF: ("Waiting to try again", Tone.WARNING),
    Actual.FAULTED: ("Stopped by a fault", Tone.BAD),
}


@pytest.mark.parametrize("actual", list(Actual))
def test_every_state_has_words(actual: Actual) -> None:
    words = node_wording(NodeState(actual=actual), now=0)
    assert (words.title, words.tone) == WORDS[actual]
    assert words.sentence.endswith(".")


@pytest.mark.parametrize("actual", [actual for actual in Actual if actual is not Actual.FAULTED])
def test_the_reason_of_the_core_wins_over_the_general_sentence(actual: Actual) -> None:
    words = node_wording(NodeState(actual=actual, reason="The disk is full."), now=0)
    assert words.sentence == "The disk is full."


def test_a_stopped_node_that_is_wished_for_is_about_to_start() -> None:
    assert node_wording(NodeState(actual=Actual.STOPPED, desired=Desired.SERVING), now=0).title == "Starting"


def test_a_fault_says_its_own_message() -> None:
    fault = Fault("model_missing", "The model file is gone.", "Choose another one.")
    node = NodeState(actual=Actual.FAULTED, fault=fault, reason="other")
    assert node_wording(node, now=0).sentence == "The model file is gone."


def test_backing_off_counts_down() -> None:
    node = NodeState(actual=Actual.BACKING_OFF, retry_at=112.0, reason="The engine ended.")
    assert node_wording(node, now=100.0).sentence == "The engine ended. Next try in 12 s."
    assert node_wording(node, now=111.2).sentence.endswith("Next try in 1 s.")
    assert node_wording(node, now=500.0).sentence.endswith("Next try in 0 s.")


def test_gateway_words() -> None:
    reachable = GatewayState(url="http://127.0.0.1:1", reachable=True)
    assert gateway_wording(reachable).tone is Tone.GOOD
    assert gateway_wording(GatewayState()).title == "Starting"
    assert gateway_wording(replace(reachable, reachable=False)).title == "Not reachable"
    remote = GatewayState(kind=GatewayKind.REMOTE, message="The name can't be resolved.")
    assert gateway_wording(remote).sentence == "The name can't be resolved."


@pytest.mark.parametrize("driver", list(GpuDriver))
def test_every_driver_state_has_a_sentence(driver: GpuDriver) -> None:
    assert driver_wording(driver, "").sentence.endswith(".")
    assert driver_wording(driver, "Told by the core.").sentence == "Told by the core."


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (-5, "0 s"), (48.9, "48 s"), (200, "3 min 20 s"), (7500, "2 h 05 min"), (273_600, "3 d 4 h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert figures.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (119, "119 s"), (600.0, "10 min"), (7200, "2 h"), (86_400, "24 h"), (604_800, "7 d")],
)
def test_a_round_time_is_told_by_its_largest_unit(seconds: float, text: str) -> None:
    assert figures.span(seconds) == text


def test_sizes_and_counts() -> None:
    assert figures.size(231_000_000) == "231 MB"
    assert figures.size(2_300_000_000) == "2.3 GB"
    assert figures.size(12) == "12 B"
    assert figures.count(1234567) == "1\u202f234\u202f567"
    assert figures.memory(None) == "–"
    assert figures.memory(412) == "412 MiB"
    assert figures.memory(24564) == "24.0 GiB"
    assert figures.value(None, "W") == "–"
    assert figures.rate(164.24) == "164"
    assert figures.rate(8.31) == "8.3"
