"""Whether a model fits is said before the start, with figures and what to do; silence of the engine stops nothing."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.child_environment import child_environment
from r3mes_launcher.core.child_process import ChildCommand
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.model_check import FRESH_S, ModelCheck, model_fault
from r3mes_launcher.core.state import DeviceChoice
from r3mes_launcher.core.supervisor import Supervisor
from r3mes_launcher.ports.engine_runtime import EngineWish

GPU = {"uuid": "GPU-1", "name": "RTX 4090", "memory_free_mb": 9000}
FITS = {"name": "big", "presence": "here", "estimate_mb": {}, "fits": True, "sentence": ""}
PLAN = {"weights": 13 * 2**30, "adapters": 2**30, "working": 700 * 2**20, "fits": False}
ROOM = {"path": "/models", "free_mb": 90_000, "needed_mb": 0, "verdict": "ok", "reason": "", "hint": ""}


def answer(**changes: Any) -> dict[str, Any]:
    return {"chosen": "GPU-1", "gpus": [GPU], "disk": ROOM, "model": FITS, **changes}


def wish(device: DeviceChoice = DeviceChoice.AUTO) -> EngineWish:
    return EngineWish("http://127.0.0.1:1", "/models/big", device)


def test_a_model_that_fits_is_no_fault() -> None:
    assert model_fault(answer(), wish()) is None
    assert model_fault(answer(model={**FITS, "fits": None}), wish()) is None, "nobody can know yet"


def test_too_large_for_the_gpu() -> None:
    fault = model_fault(answer(model={**FITS, "fits": False}, plan=PLAN), wish())
    assert fault is not None and fault.code == "model_too_large"
    assert fault.message == "/models/big needs 15036 MB of GPU memory, and 9000 MB are free on RTX 4090."
    assert "smaller model" in fault.hint


def test_what_is_not_downloaded_yet_is_judged_by_its_estimate_and_the_disk() -> None:
    model = {**FITS, "presence": "absent", "estimate_mb": {"bf16": 16000, "nf4": 12000}, "fits": False}
    fault = model_fault(answer(model=model), wish())
    assert fault is not None and "12000 MB" in fault.message
    full = {**ROOM, "free_mb": 900, "needed_mb": 12_000, "verdict": "unusable"}
    fault = model_fault(answer(disk=full), wish())
    assert fault is not None and fault.code == "disk_too_small"
    assert "12000 MB" in fault.message and "900 MB" in fault.message


def test_the_plan_for_another_device_says_nothing() -> None:
    too_large = {**FITS, "fits": False}
    assert model_fault(answer(model=too_large, plan=PLAN), wish(DeviceChoice.CPU)) is None
    assert model_fault(answer(chosen=None, gpus=[], model=too_large, plan=PLAN), wish()) is None
    fault = model_fault(answer(chosen=None, gpus=[], model=too_large, plan=PLAN), wish(DeviceChoice.CPU))
    assert fault is not None and "of memory" in fault.message


def test_the_engine_s_refusal_of_the_model_is_passed_on() -> None:
    fault = model_fault({"error": {"code": 11, "message": "The file is cut off.\x1b[31m"}}, wish())
    assert fault is not None and fault.code == "model_unusable" and fault.message.startswith("The file is cut off.")


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.fixed_dictionaries(dict.fromkeys(("chosen", "gpus", "disk", "model", "plan", "error"), ANY)))
def test_any_document_is_a_fault_or_none(document: dict[str, Any]) -> None:
    fault = model_fault(document, wish())
    assert fault is None or fault.message


class Hours:
    def __init__(self) -> None:
        self.at = 1000.0

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


def printing(folder: Path, text: str) -> ChildCommand:
    code = "import sys, pathlib; p = pathlib.Path('asked'); p.write_text(p.read_text() + '.' if p.exists() else '.'); "
    return ChildCommand(
        (sys.executable, "-c", code + f"sys.stdout.write({text!r})"), folder, child_environment(os.environ)
    )


async def test_it_is_asked_once_for_a_start_and_again_later(
    tmp_path: Path, supervisor: Supervisor, logs: LogHub
) -> None:
    hours = Hours()
    check = ModelCheck(supervisor, logs, hours)
    good = printing(tmp_path, "a library's greeting\n" + json.dumps(answer()) + "\n")
    for expected in (".", "."):
        assert await check.refusal(good, wish()) is None
        assert (tmp_path / "asked").read_text() == expected, "a start after a loss is not held up"
    hours.at += FRESH_S
    assert await check.refusal(good, wish()) is None
    assert (tmp_path / "asked").read_text() == ".."
    bad = printing(tmp_path, json.dumps(answer(model={**FITS, "fits": False}, plan=PLAN)))
    other = wish(DeviceChoice.AUTO)
    hours.at += FRESH_S
    for _ in range(2):
        fault = await check.refusal(bad, other)
        assert fault is not None, "a refusal is looked at anew each time"


@pytest.mark.parametrize("text", ["", "nonsense\n", "[1]\n", '{"a": 1}\n'])
async def test_an_engine_that_says_nothing_stops_no_start(
    tmp_path: Path, supervisor: Supervisor, logs: LogHub, text: str
) -> None:
    check = ModelCheck(supervisor, logs, Hours())
    assert await check.refusal(printing(tmp_path, text), wish()) is None
    assert any("not looked at" in line.text for line in logs.lines)
