"""One controller for each role: wishes reach their own, the computer's matters reach all, and no GPU has two roles."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.node_controller import NodeController
from r3mes_launcher.core.node_controllers import NodeControllers
from r3mes_launcher.core.node_machine_state import NodeMachineState
from r3mes_launcher.core.policy.reasons import ActiveReason, SuspendReason
from r3mes_launcher.core.state import Actual, Desired, NodeState
from r3mes_launcher.core.supervisor import Supervisor
from r3mes_protocol.grants import Role

HOT = ActiveReason(SuspendReason.TEMPERATURE, "temperature", (("gpu", "a"), ("celsius", 90), ("resume", 70)), 0.0)
SETS = st.lists(st.sampled_from(["GPU-a", "GPU-b", "GPU-c"]), max_size=3)


class WithGpus:
    """Of a controller that is not started, only its GPUs matter."""

    def __init__(self, gpus: Sequence[str]) -> None:
        self.gpus = tuple(gpus)


@given(serving=SETS, mining=SETS, wanted=SETS)
def test_no_gpu_has_two_roles(serving: list[str], mining: list[str], wanted: list[str]) -> None:
    nodes = NodeControllers()
    nodes.add(Role.SERVING, WithGpus(serving))  # type: ignore[arg-type]
    apart = bool(serving) and bool(mining) and not set(serving) & set(mining)
    if not apart:
        with pytest.raises(ValueError, match="GPU"):
            nodes.add(Role.MINING, WithGpus(mining))  # type: ignore[arg-type]
        assert nodes.own_gpus(Role.SERVING, wanted) == tuple(dict.fromkeys(wanted)), "alone it may have all"
        return
    nodes.add(Role.MINING, WithGpus(mining))  # type: ignore[arg-type]
    if wanted and not set(wanted) & set(mining):
        assert nodes.own_gpus(Role.SERVING, wanted) == tuple(dict.fromkeys(wanted))
    else:
        with pytest.raises(ValueError, match="GPU"):
            nodes.own_gpus(Role.SERVING, wanted)
    with pytest.raises(ValueError, match="already"):
        nodes.add(Role.SERVING, WithGpus(()))  # type: ignore[arg-type]


async def test_two_real_engines_have_wishes_of_their_own_and_share_the_computers_reasons(
    runtime: object, supervisor: Supervisor, logs: LogHub, until: Callable[..., object]
) -> None:
    states: dict[Role, NodeState] = {}
    nodes = NodeControllers()
    for role, gpu in ((Role.SERVING, "GPU-a"), (Role.MINING, "GPU-b")):
        controller = NodeController(
            NodeMachineState(),
            runtime,  # type: ignore[arg-type]
            supervisor,
            logs,
            "builtin",
            lambda state, role=role: states.__setitem__(role, state),
            gpus=(gpu,),
        )
        nodes.add(role, controller)
        controller.start(Desired.OFF)
    try:
        nodes.use_gateway("http://127.0.0.1:1")
        nodes[Role.MINING].wish(Desired.SERVING)
        await until(lambda: states[Role.MINING].actual is Actual.SERVING)  # type: ignore[misc]
        assert states[Role.SERVING].actual in (Actual.STOPPED, Actual.UNPROVISIONED)
        nodes[Role.SERVING].wish(Desired.SERVING)
        await until(lambda: states[Role.SERVING].actual is Actual.SERVING)  # type: ignore[misc]
        assert states[Role.SERVING].engine.pid != states[Role.MINING].engine.pid
        nodes.suspend((HOT,))
        await until(lambda: {state.actual for state in states.values()} == {Actual.SUSPENDED})  # type: ignore[misc]
        nodes.suspend(())
        await until(lambda: {state.actual for state in states.values()} == {Actual.SERVING})  # type: ignore[misc]
    finally:
        await nodes.close()
    assert {state.actual for state in states.values()} == {Actual.STOPPED}
