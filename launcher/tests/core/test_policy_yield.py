"""The GPU's memory is free within a second, with the engine's own program: a process that is gone holds none."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from r3mes_launcher.composition import CompositionOptions, compose, demo_policy_sources
from r3mes_launcher.core.policy.policy_settings import GpuBusyRule, PolicySettings
from r3mes_launcher.core.state import Actual, Desired
from r3mes_launcher.ports.fixed_source import FixedSource
from r3mes_launcher.ports.gpu_use import GpuProcess, GpuUse

Until = Callable[..., Awaitable[None]]
CARD = GpuUse("GPU-1", "A GPU", 50, ())


@pytest.mark.alone
@pytest.mark.skipif(sys.platform == "win32", reason="the engine's stand-in is a shell script")
async def test_the_real_engine_gives_the_gpu_back_within_a_second(tmp_path: Path, until: Until, alive: Any) -> None:
    script = tmp_path / "engine-python"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@" --backend scripted --device cpu\n')
    script.chmod(0o700)
    gpus: FixedSource[tuple[GpuUse, ...]] = FixedSource((CARD,))
    options = CompositionOptions(home=tmp_path / "home", policy=replace(demo_policy_sources(), gpu_use=gpus))
    core = compose(options, {**os.environ, "R3MES_ENGINE_PYTHON": str(script)})
    try:
        await core.start()
        core.policy.change(PolicySettings(gpu_busy=GpuBusyRule(wait_s=1)))
        await core.set_desired(Desired.SERVING)
        await until(lambda: core.state.node.actual is Actual.SERVING, 60)
        pid = core.state.node.engine.pid
        assert pid is not None
        began = time.monotonic()
        gpus.value = (replace(CARD, processes=(GpuProcess(pid, 20_000), GpuProcess(os.getpid(), 9_000))),)
        await until(lambda: not alive(pid))
        took = time.monotonic() - began
        assert took < 1.0, f"{took:.2f} s"
        gpus.value = (CARD,)
        await until(lambda: core.state.node.actual is Actual.SERVING, 60)
        assert core.state.node.engine.restarts == 0
    finally:
        await core.close()
