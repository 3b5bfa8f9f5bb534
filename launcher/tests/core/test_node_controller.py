"""The controller with real processes: engines that behave, and engines that do everything wrong."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from r3mes_launcher.core.doctor.report import GpuFlaw
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.state import Actual, Desired, DeviceChoice, Fault, LogLevel, Progress
from r3mes_launcher.ports.engine_runtime import ProvisioningError, Refused
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.grants import Grant, Role, SignedGrant

Until = Callable[..., Awaitable[None]]

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")


def texts(logs: LogHub) -> str:
    return "\n".join(line.text for line in logs.lines)


async def test_an_engine_serves_and_is_drained(watched: Any, until: Until, logs: LogHub) -> None:
    one = watched()
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.total_tokens)
    state = one.state
    assert state.actual is Actual.SERVING and state.engine.running and state.engine.pid
    assert (state.model, state.device, state.node_id) == ("a-model", "a test device", "ab" * 32)
    assert (state.active_requests, state.total_requests, state.tokens_per_second) == (1, 7, 12.5)
    one.node.wish(Desired.OFF)
    await until(lambda: one.state.actual is Actual.STOPPED)
    assert one.path[-3:] == [Actual.SERVING, Actual.DRAINING, Actual.STOPPED]
    assert one.state.engine.pid is None and one.state.engine.last_exit == "ended with code 0"
    assert "heard drain" in texts(logs)
    assert "secret-token" not in texts(logs) + repr(one.told), "the engine's token is nobody's business"


async def test_what_an_engine_finds_of_cards_when_it_starts_is_known(
    watched: Any, runtime: Any, until: Until, logs: LogHub
) -> None:
    runtime.turns = [("gpus=GPU-a:degraded,GPU-b:unusable,GPU-c:ok",)]
    one = watched()
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.SERVING)
    assert one.gpus == {
        "GPU-a": GpuFlaw("GPU-a", True, "only 1 MiB is free", "Close."),
        "GPU-b": GpuFlaw("GPU-b", False, "only 1 MiB is free", "Close."),
        "GPU-c": None,
    }
    assert "The GPU card GPU-a works, with a flaw: only 1 MiB is free. Close." in texts(logs)
    assert "The GPU card GPU-b can't be used: only 1 MiB is free. Close." in texts(logs)


@posix_only
async def test_a_killed_engine_comes_back_and_it_is_said(watched: Any, until: Until) -> None:
    one = watched()
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.SERVING)
    first = one.state.engine.pid
    os.kill(first, signal.SIGKILL)
    await until(lambda: one.state.actual is Actual.SERVING and one.state.engine.pid not in (first, None))
    waiting = next(state for state in one.told if state.actual is Actual.BACKING_OFF)
    assert "SIGKILL" in waiting.reason and "loss 1 of 10" in waiting.reason
    assert waiting.retry_at is not None
    assert one.state.engine.restarts == 1 and "SIGKILL" in one.state.engine.last_exit


@posix_only
async def test_ten_kills_at_random_moments_are_a_fault_and_leave_nothing(
    watched: Any, runtime: Any, until: Until, alive: Any, logs: LogHub
) -> None:
    """As the supervisor promises: back-off as specified, no orphan, no lost wish, `Faulted` at the end."""
    from r3mes_launcher.core.back_off import BackOff

    chance = random.Random(6)
    runtime.turns = [("grandchild", "slowly=2")]
    back_off = BackOff(unit_s=0.0005)
    one = watched(back_off=back_off)
    one.node.start(Desired.SERVING)
    killed: list[int] = []

    def said(words: str) -> bool:
        return any(words in state.reason for state in one.told)

    for number in range(1, 11):
        await until(lambda: one.state.engine.pid not in (None, *killed))
        pid = one.state.engine.pid
        # Anywhere between its first instruction and its first requests.
        moments = [lambda: True, lambda: one.state.progress, lambda: one.state.actual is Actual.SERVING]
        await until(chance.choice(moments))
        await asyncio.sleep(chance.random() * 0.05)
        killed.append(pid)
        os.kill(pid, signal.SIGKILL)
        if number < 10:
            await until(partial(said, f"loss {number} of 10"))
        assert one.state.desired is Desired.SERVING
    await until(lambda: one.state.actual is Actual.FAULTED)
    assert one.state.fault.code == "engine_keeps_ending" and "10 times" in one.state.fault.message
    assert one.state.desired is Desired.SERVING and one.state.engine.restarts == 9
    grandchildren = [int(found) for found in re.findall(r"grandchild (\d+)", texts(logs))]
    assert not any(alive(pid) for pid in [*killed, *grandchildren])
    waits = [back_off.delay_s(losses, 0.5) / back_off.unit_s for losses in range(1, 10)]
    assert waits == [2.0**losses for losses in range(1, 10)]
    one.node.retry()
    await until(lambda: one.state.actual is Actual.SERVING)


@pytest.mark.parametrize("code", [2, 10, 11, 12, 13, 78])
async def test_a_hopeless_exit_is_a_fault_at_once(watched: Any, runtime: Any, until: Until, code: int) -> None:
    runtime.turns = [(f"exit={code}", "say=The file is cut off.")]
    one = watched()
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.FAULTED)
    assert one.state.fault.message == "The file is cut off." and one.state.fault.hint == "Choose another."
    assert one.state.engine.last_exit.startswith(f"ended with code {code}")
    assert len(runtime.wishes) == 1
    # The person changed something: the next try works.
    runtime.turns = [()]
    one.node.retry()
    await until(lambda: one.state.actual is Actual.SERVING)


async def test_an_engine_that_always_ends_is_given_up(watched: Any, runtime: Any, until: Until) -> None:
    from r3mes_launcher.core.back_off import BackOff

    runtime.turns = [("exit=70",)]
    one = watched(back_off=BackOff(unit_s=0.001, max_losses=3))
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.FAULTED)
    assert one.state.fault.code == "engine_keeps_ending"
    assert len(runtime.wishes) == 3


async def test_silence_before_ready_is_ended(watched: Any, runtime: Any, until: Until, alive: Any) -> None:
    runtime.turns = [("never-ready", "ignore-term"), ()]
    one = watched(ready_deadline_s=0.5)
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.engine.pid)
    first = one.state.engine.pid
    await until(lambda: one.state.actual is Actual.SERVING)
    assert not alive(first)
    assert any("not ready within" in state.reason for state in one.told)


async def test_progress_keeps_a_slow_start_alive(watched: Any, runtime: Any, until: Until) -> None:
    runtime.turns = [("slowly=15",)]
    one = watched(ready_deadline_s=0.9)
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.SERVING)
    assert len(runtime.wishes) == 1
    shown = [state.progress for state in one.told if state.progress is not None]
    assert shown[0] == Progress("reading the weights", 0, 100, "%") and shown[-1].done == 14


async def test_garbage_on_the_channel_is_said_and_ignored(
    watched: Any, runtime: Any, until: Until, logs: LogHub
) -> None:
    runtime.turns = [("garbage", "huge-line", "stderr=\x1b[31mERROR red\x1b[0m")]
    one = watched()
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.SERVING)
    warnings = [line.text for line in logs.lines if line.level is LogLevel.WARNING]
    assert len(warnings) == 3 and any("262144 bytes" in text for text in warnings)
    assert [line.level for line in logs.lines if line.text == "ERROR red"] == [LogLevel.ERROR]


@pytest.mark.parametrize(
    ("words", "last_steps"),
    [
        (("ignore-drain",), ["stop"]),
        (("ignore-drain", "ignore-stop"), ["terminate"]),
        (("ignore-drain", "ignore-stop", "ignore-term"), ["terminate", "kill"]),
    ],
)
async def test_the_ladder_is_climbed_as_far_as_needed(
    watched: Any, runtime: Any, until: Until, alive: Any, logs: LogHub, words: tuple[str, ...], last_steps: list[str]
) -> None:
    runtime.turns = [words]
    one = watched()
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.SERVING)
    pid = one.state.engine.pid
    one.node.wish(Desired.OFF)
    await until(lambda: one.state.actual is Actual.STOPPED)
    assert not alive(pid)
    assert one.path[-3:] == [Actual.DRAINING, Actual.STOPPING, Actual.STOPPED]
    forced = re.findall(r"does not end by itself: (\w+)", texts(logs))
    assert forced == [step for step in last_steps if step != "stop"]


@posix_only
@pytest.mark.parametrize("ending", ["drain", "kill"])
async def test_a_grandchild_goes_with_the_engine(
    watched: Any, runtime: Any, until: Until, alive: Any, logs: LogHub, ending: str
) -> None:
    runtime.turns = [("grandchild",)]
    one = watched()
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.SERVING)
    await until(lambda: "grandchild" in texts(logs))
    found = re.search(r"grandchild (\d+)", texts(logs))
    assert found is not None
    grandchild = int(found[1])
    assert alive(grandchild)
    if ending == "drain":
        one.node.wish(Desired.OFF)
    else:
        os.kill(one.state.engine.pid, signal.SIGKILL)
    await until(lambda: not alive(grandchild))


async def test_a_refusal_starts_nothing(watched: Any, runtime: Any, until: Until) -> None:
    runtime.refusal = Refused(Fault("model_unusable", "There is no model at /x.", "Choose another."))
    one = watched()
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.FAULTED)
    assert one.state.fault.message == "There is no model at /x."
    assert not any(state.engine.pid for state in one.told)


async def test_a_program_that_can_not_start_is_a_fault(
    watched: Any, runtime: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    one = watched()
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.FAULTED)
    assert one.state.fault.code == "engine_not_started" and "no such file" in one.state.fault.message


async def test_the_tester_falls_back_to_the_cpu(watched: Any, runtime: Any, until: Until) -> None:
    runtime.turns = [(f"exit={int(ExitCode.NO_USABLE_GPU)}",), ()]
    one = watched(cpu_fallback=True)
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.SERVING)
    assert [wish.device for wish in runtime.wishes] == [DeviceChoice.AUTO, DeviceChoice.CPU]
    assert "CPU" in one.state.reason


async def test_a_moved_gateway_restarts_the_engine(watched: Any, runtime: Any, until: Until) -> None:
    one = watched()
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.SERVING)
    one.node.use_gateway("http://127.0.0.1:2")
    await until(lambda: len(runtime.wishes) == 2 and one.state.actual is Actual.SERVING)
    assert runtime.wishes[-1].gateway == "http://127.0.0.1:2"
    assert one.state.engine.restarts == 0


async def test_other_gateways_and_limits_reach_the_next_start(watched: Any, runtime: Any, until: Until) -> None:
    one = watched()
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.SERVING)
    one.node.choose_concurrency(3)
    one.node.choose_deadline(77.0)
    assert runtime.wishes[-1].max_concurrency == 0, "what runs is left alone"
    one.node.use_gateway("http://127.0.0.1:1", ("http://127.0.0.1:2",))
    await until(lambda: len(runtime.wishes) == 2 and one.state.actual is Actual.SERVING)
    assert runtime.wishes[-1].other_gateways == ("http://127.0.0.1:2",)
    assert runtime.wishes[-1].max_concurrency == 3
    one.node.use_gateway("http://127.0.0.1:1", ("http://127.0.0.1:2",))
    assert one.state.actual is Actual.SERVING


async def test_flipping_the_switch_fast_leaves_one_engine_or_none(
    watched: Any, until: Until, runtime: Any, alive: Any
) -> None:
    one = watched()
    one.node.start(Desired.OFF)
    await until(lambda: one.told and one.state.actual is Actual.STOPPED)
    for number in range(30):
        one.node.wish(Desired.SERVING if number % 2 == 0 else Desired.OFF)
        await asyncio.sleep(0.01 * (number % 5))
    await until(lambda: one.state.actual is Actual.STOPPED)
    pids = {state.engine.pid for state in one.told} - {None}
    assert not any(alive(pid) for pid in pids)


async def test_closing_in_the_middle_of_a_start_leaves_nothing(watched: Any, runtime: Any, until: Until) -> None:
    runtime.turns = [("never-ready",)]
    one = watched()
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.STARTING)
    await one.node.close()
    assert one.state.actual is Actual.STOPPED and one.state.desired is Desired.SERVING


async def test_provisioning_is_shown_and_leads_to_serving(watched: Any, runtime: Any, until: Until) -> None:
    runtime.present = False

    async def install(tell: Callable[[Progress], None]) -> None:
        tell(Progress("Downloading the engine", 1, 2))

    runtime.provisioning = install
    one = watched()
    one.node.start(Desired.OFF)
    await until(lambda: one.told and one.state.provision_bytes == 500_000_000)
    assert one.state.actual is Actual.UNPROVISIONED
    one.node.wish(Desired.SERVING)
    await until(lambda: one.state.actual is Actual.SERVING)
    assert any(state.progress == Progress("Downloading the engine", 1, 2) for state in one.told)
    assert one.state.provision_bytes == 0


async def test_provisioning_is_cancelled_at_any_moment(watched: Any, runtime: Any, until: Until) -> None:
    runtime.present = False

    async def install(tell: Callable[[Progress], None]) -> None:
        await asyncio.Event().wait()

    runtime.provisioning = install
    one = watched()
    one.node.start(Desired.OFF)
    await until(lambda: one.told and one.state.provision_bytes)
    for _ in range(2):
        one.node.wish(Desired.SERVING)
        assert one.state.actual is Actual.PROVISIONING
        one.node.cancel_provisioning()  # before its task has run a single step
        await until(lambda: one.state.actual is Actual.UNPROVISIONED)
        assert one.state.desired is Desired.OFF


async def test_a_failed_provisioning_says_why(watched: Any, runtime: Any, until: Until) -> None:
    runtime.present = False

    async def install(tell: Callable[[Progress], None]) -> None:
        raise ProvisioningError(Fault("provisioning_no_network", "The network is away.", "Try again later."))

    runtime.provisioning = install
    one = watched()
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.FAULTED)
    assert one.state.fault.message == "The network is away."

    async def stumble(tell: Callable[[Progress], None]) -> None:
        raise RuntimeError("a bug")

    runtime.provisioning = stumble
    one.node.retry()
    await until(lambda: one.state.fault is not None and one.state.fault.code == "launcher_error")


def grant_for(gateway: str) -> SignedGrant:
    grant = Grant(
        network="test-1",
        owner="remes1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnhvvkt9",
        node_public_key="ab" * 32,
        roles=(Role.SERVING,),
        gateway=gateway,
        not_before=0,
        not_after=1,
    )
    return SignedGrant(grant=grant, public_key="A" * 44, signature="A" * 88)


async def test_the_owner_s_grant_goes_by_the_control_channel(watched: Any, until: Until, logs: LogHub) -> None:
    """Right after the start, and at once where one comes later; one for another gateway is kept back."""
    one = watched()
    gateway = one.node._gateway
    one.node.use_grants((grant_for("https://another.example"),))
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.SERVING)
    assert "heard grant" not in texts(logs)
    one.node.use_grants((grant_for("https://another.example"), grant_for(gateway)))
    await until(lambda: "heard grant" in texts(logs))
    one.node.wish(Desired.OFF)
    await until(lambda: one.state.actual is Actual.STOPPED)
    one.node.wish(Desired.SERVING)
    await until(lambda: texts(logs).count("heard grant") == 2)
    await until(lambda: one.state.actual is Actual.SERVING)
