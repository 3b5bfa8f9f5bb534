"""Facts about GPUs and what they mean: pure, or over a list of cards that answers as nvidia-ml-py does."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_engine.errors import EngineExit
from r3mes_engine.hardware.driver import read_driver
from r3mes_engine.hardware.facts import CudaBuild, DriverFacts, GpuFacts, KernelRun, Probe
from r3mes_engine.hardware.gpu_faults import (
    BROKEN_CONTEXT,
    LOST,
    MEMORY_ERROR,
    UNSUITABLE,
    ending,
    fault_of,
    gpu_fault,
)
from r3mes_engine.hardware.gpu_watch import GpuWatch, WatchRules
from r3mes_engine.hardware.probing import ChildFailed, answer_of, driver_facts, kernel_probe
from r3mes_engine.hardware.survey import chosen_gpus, survey_gpus
from r3mes_engine.hardware.verdict import judged
from r3mes_protocol.exit_codes import ExitCode

MIB = 2**20
BUILD = CudaBuild("2.13.0", "13.0", ("sm_75", "sm_80", "sm_86", "sm_90a", "sm_120", "compute_120"))
DRIVER = DriverFacts("590.1")
GOOD = GpuFacts(0, "GPU-aaaa", "Card", 24000, 20000, (8, 6))
RAN = KernelRun("ok", "", 3)


class FakeNvml:
    """The calls of nvidia-ml-py that the engine makes, over a list of cards; errors are the library's own."""

    def __init__(self, *cards: dict[str, Any], init_error: int | None = None) -> None:
        self.cards = list(cards)
        self._init_error = init_error
        self.open = 0
        self.answering = threading.Event()
        self.answering.set()

    def __getattr__(self, name: str) -> Any:
        return getattr(pynvml, name)

    def nvmlInit(self) -> None:  # noqa: N802
        if self._init_error is not None:
            raise pynvml.NVMLError(self._init_error)
        self.open += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.open -= 1

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        return "590.1"

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.cards)

    def _card(self, card: dict[str, Any]) -> dict[str, Any]:
        self.answering.wait(20)
        if "error" in card:
            raise pynvml.NVMLError(card["error"])
        return card

    def nvmlDeviceGetHandleByIndex(self, index: int) -> dict[str, Any]:  # noqa: N802
        return self._card(self.cards[index])

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> dict[str, Any]:  # noqa: N802
        for card in self.cards:
            if card["uuid"] == uuid:
                return self._card(card)
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)

    def nvmlDeviceGetMemoryInfo(self, card: dict[str, Any]) -> Any:  # noqa: N802
        return SimpleNamespace(total=card["total"] * MIB, free=card["free"] * MIB)

    def nvmlDeviceGetName(self, card: dict[str, Any]) -> str:  # noqa: N802
        return str(card["name"])

    def nvmlDeviceGetUUID(self, card: dict[str, Any]) -> bytes:  # noqa: N802
        return str(card["uuid"]).encode()

    def nvmlDeviceGetCudaComputeCapability(self, card: dict[str, Any]) -> tuple[int, int]:  # noqa: N802
        return self._told(card, "capability")  # type: ignore[no-any-return]

    def nvmlDeviceGetTotalEccErrors(self, card: dict[str, Any], kind: int, counter: int) -> int:  # noqa: N802
        assert (kind, counter) == (pynvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED, pynvml.NVML_VOLATILE_ECC)
        return self._told(card, "errors")  # type: ignore[no-any-return]

    def nvmlDeviceGetTemperature(self, card: dict[str, Any], sensor: int) -> int:  # noqa: N802
        return 61

    def nvmlDeviceGetPowerUsage(self, card: dict[str, Any]) -> int:  # noqa: N802
        return 120_500

    def nvmlDeviceGetUtilizationRates(self, card: dict[str, Any]) -> Any:  # noqa: N802
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)

    def _told(self, card: dict[str, Any], name: str) -> Any:
        if card.get(name) is None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return card[name]


def card(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "uuid": f"GPU-{name}", "total": 8000, "free": 7000, "capability": (8, 6), **changes}


# --- the driver ------------------------------------------------------------------------------------------------------


def test_the_driver_tells_its_cards_and_a_lost_one_hides_no_other() -> None:
    nvml = FakeNvml(
        card("a", errors=2), card("b", error=pynvml.NVML_ERROR_GPU_IS_LOST), card("c", capability=None, free=10)
    )
    found = read_driver(nvml)
    assert nvml.open == 0
    assert [gpu.uuid for gpu in found.gpus] == ["GPU-a", "", "GPU-c"]
    assert [gpu.uncorrected_errors for gpu in found.gpus] == [2, None, None]
    assert found.gpus[1].problem and found.gpus[2].compute_capability is None


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, "not installed"),
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "not running"),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, "updated"),
        (pynvml.NVML_ERROR_NO_PERMISSION, "may not use"),
        (pynvml.NVML_ERROR_UNKNOWN, "error"),
    ],
)
def test_a_driver_that_does_not_answer_is_a_sentence_and_torch_is_not_loaded(error: int, word: str) -> None:
    def no_torch(uuid: str | None) -> Probe:
        raise AssertionError("torch must not be loaded")

    found = survey_gpus(ask_driver=lambda: read_driver(FakeNvml(init_error=error)), try_gpu=no_torch)
    assert found.best is None
    assert word in found.problem and "GPU" in found.problem and found.hint


# --- what it means ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gpu", "driver", "probe", "verdict", "code", "word"),
    [
        (GOOD, DRIVER, Probe(BUILD, RAN), "ok", "ok", "usable"),
        (replace(GOOD, compute_capability=None), DRIVER, Probe(BUILD, RAN), "ok", "ok", "usable"),
        # sm_86 code runs on 8.9, sm_75's does not run on 8.0; `a` is for one card alone.
        (replace(GOOD, compute_capability=(8, 9)), DRIVER, Probe(BUILD, RAN), "ok", "ok", "usable"),
        (replace(GOOD, compute_capability=(9, 0)), DRIVER, Probe(BUILD, RAN), "ok", "ok", "usable"),
        (replace(GOOD, compute_capability=(6, 1)), DRIVER, Probe(BUILD, RAN), "unusable", "too_old", "needs 7.5"),
        (replace(GOOD, compute_capability=(10, 0)), DRIVER, Probe(BUILD, RAN), "unusable", "too_new", "12.0"),
        (replace(GOOD, compute_capability=(13, 0)), DRIVER, Probe(BUILD, RAN), "degraded", "compiled_kernels", ""),
        (replace(GOOD, memory_free_mb=500), DRIVER, Probe(BUILD, RAN), "degraded", "little_memory", "500 of 24000"),
        (replace(GOOD, uncorrected_errors=0), DRIVER, Probe(BUILD, RAN), "ok", "ok", "usable"),
        (replace(GOOD, uncorrected_errors=3), DRIVER, Probe(BUILD, RAN), "degraded", "memory_errors", "3 errors"),
        (GOOD, DriverFacts("535.54.03"), Probe(BUILD, RAN), "degraded", "old_driver", "compatibility package"),
        (
            GOOD, DriverFacts("535.54.03"), Probe(BUILD, KernelRun("failed", "driver too old")),
            "unusable", "old_driver", "needs 580.65 or newer",
        ),
        (GOOD, DRIVER, Probe(BUILD, KernelRun("failed", "CUDA error: GPU is lost")), "unusable", "gpu_lost", "lost"),
        (GOOD, DRIVER, Probe(BUILD, KernelRun("failed", "strange")), "unusable", "kernel_failed", "strange"),
        (GOOD, DRIVER, Probe(BUILD, KernelRun("wrong", "255")), "unusable", "wrong_result", "wrongly"),
        (GOOD, DRIVER, Probe(None, KernelRun("hung", "no answer")), "unusable", "hung", "did not end"),
        (GOOD, DRIVER, Probe(None, KernelRun("crashed", "-11")), "unusable", "crashed", "broke off"),
        (GOOD, DRIVER, Probe(None, KernelRun("failed", "No module")), "unusable", "no_torch", "PyTorch"),
        (GOOD, DRIVER, Probe(CudaBuild("2", None), KernelRun("skipped")), "unusable", "no_cuda", "without CUDA"),
        (replace(GOOD, problem="GPU is lost"), DRIVER, None, "unusable", "lost", "does not answer"),
    ],
)  # fmt: skip
def test_each_state_of_a_gpu_has_its_verdict(
    gpu: GpuFacts, driver: DriverFacts, probe: Probe | None, verdict: str, code: str, word: str
) -> None:
    found = judged(gpu, driver, probe, "linux")
    assert (found.verdict, found.code, found.usable) == (verdict, code, verdict != "unusable")
    assert word in found.reason
    assert bool(found.hint) is (verdict != "ok")


def found_with(
    *gpus: GpuFacts, wanted: tuple[str, ...] = (), environment: dict[str, str] | None = None, **probes: Probe
) -> Any:
    tried: list[str | None] = []

    def try_gpu(uuid: str | None) -> Probe:
        tried.append(uuid)
        return probes.get(str(uuid).removeprefix("GPU-"), Probe(BUILD, RAN))

    found = survey_gpus(
        wanted,
        examine="first",
        environment=environment or {},
        ask_driver=lambda: DriverFacts("590.1", gpus),
        try_gpu=try_gpu,
    )
    return found, tried


def test_the_first_sound_gpu_with_most_memory_is_taken_and_no_other_is_woken() -> None:
    small = replace(GOOD, index=1, uuid="GPU-bbbb", name="Small", memory_free_mb=9000)
    found, tried = found_with(small, GOOD)
    assert found.best.uuid == "GPU-aaaa" and tried == ["GPU-aaaa"]
    found, tried = found_with(small, GOOD, aaaa=Probe(BUILD, KernelRun("failed", "CUDA error: GPU is lost")))
    assert found.best.uuid == "GPU-bbbb" and tried == ["GPU-aaaa", "GPU-bbbb"]
    # A card that works with a flaw stands back behind one without.
    found, tried = found_with(small, replace(GOOD, uncorrected_errors=1))
    assert found.best.uuid == "GPU-bbbb"
    found, _ = found_with(replace(GOOD, uncorrected_errors=1))
    assert found.best.verdict == "degraded"


@pytest.mark.parametrize(
    ("gpus", "probe", "word"),
    [
        ((), Probe(BUILD, RAN), "finds no GPU"),
        ((replace(GOOD, compute_capability=(5, 0)),), Probe(BUILD, RAN), "too old"),
        ((replace(GOOD, problem="lost"),), Probe(BUILD, RAN), "does not answer"),
        ((GOOD,), Probe(CudaBuild("2", None), KernelRun("skipped")), "without CUDA"),
        ((GOOD,), Probe(BUILD, KernelRun("failed", "CUDA error: unknown error")), "can't calculate"),
    ],
)
def test_no_usable_gpu_is_always_a_sentence_with_the_word(gpus: Any, probe: Probe, word: str) -> None:
    found, _ = found_with(*gpus, aaaa=probe)
    assert found.best is None
    assert word in found.problem and "GPU" in found.problem and found.hint


def test_a_gpu_is_chosen_by_uuid_or_its_beginning() -> None:
    other = replace(GOOD, index=1, uuid="GPU-aabb", memory_free_mb=100)
    assert found_with(GOOD, other, wanted=("GPU-aabb",))[0].best.uuid == "GPU-aabb"
    assert found_with(GOOD, other, wanted=("gpu-aaB",))[0].best.uuid == "GPU-aabb"
    for wrong in ("GPU-aa", "GPU-cc", "GPU-", "1"):
        found, tried = found_with(GOOD, other, wanted=(wrong,))
        assert found.best is None and not tried
        assert wrong in found.problem and "GPU-aabb" in found.hint


def test_what_cuda_may_see_is_respected() -> None:
    other = replace(GOOD, index=1, uuid="GPU-bbbb")
    gpus = (GOOD, other)
    assert chosen_gpus(gpus, (), {}) == ([GOOD, other], [])
    assert chosen_gpus(gpus, (), {"CUDA_VISIBLE_DEVICES": "1"}) == ([other], [])
    assert chosen_gpus(gpus, (), {"CUDA_VISIBLE_DEVICES": "GPU-bbbb, GPU-aaaa"}) == ([GOOD, other], [])
    assert chosen_gpus(gpus, (), {"CUDA_VISIBLE_DEVICES": "7"}) == ([], ["7"])
    assert chosen_gpus(gpus, ("GPU-aaaa",), {"CUDA_VISIBLE_DEVICES": "1"}) == ([GOOD], [])
    found, _ = found_with(*gpus, environment={"CUDA_VISIBLE_DEVICES": ""})
    assert found.best is None and "CUDA_VISIBLE_DEVICES" in found.problem


# --- children --------------------------------------------------------------------------------------------------------


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_driver_that_hangs_holds_the_check_up_for_its_time_alone() -> None:
    started = time.monotonic()
    found = driver_facts(python("import time; time.sleep(600)"), limit_s=0.3)
    assert time.monotonic() - started < 10
    assert "0.3 s" in found.error
    assert kernel_probe("GPU-a", python("import time; time.sleep(600)"), 0.3).kernel.outcome == "hung"


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("import os; os.abort()", "ended with"),
        ("raise SystemExit('no such thing')", "no such thing"),
        ("print('hello')", "can't be read"),
        ("print('[1]')", "can't be read"),
    ],
)
def test_a_child_that_breaks_is_a_sentence(code: str, word: str) -> None:
    with pytest.raises(ChildFailed) as failed:
        answer_of(python(code), {}, 20)
    assert word in str(failed.value) and not failed.value.hung
    assert kernel_probe("GPU-a", python(code), 20).kernel.outcome == "crashed"


def test_a_child_that_talks_without_end_is_not_waited_for() -> None:
    answer = answer_of(python("import sys; sys.stderr.write('x' * 5_000_000); print('{\"a\": 1}')"), {}, 20)
    assert answer == {"a": 1}


def test_without_a_gpu_the_probe_tells_what_is_installed() -> None:
    import torch

    probe = kernel_probe(None)
    assert probe.build is not None
    assert (probe.build.version, probe.build.cuda) == (torch.__version__, torch.version.cuda)


# --- faults ----------------------------------------------------------------------------------------------------------

FAULTS = {
    "CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be asynchronously reported at "
    "some other API call, so the stacktrace below might be incorrect.": BROKEN_CONTEXT,
    "CUDA error: device-side assert triggered\nCompile with `TORCH_USE_CUDA_DSA` to enable it.": BROKEN_CONTEXT,
    "CUDA error: unspecified launch failure": BROKEN_CONTEXT,
    "CUDA error: misaligned address": BROKEN_CONTEXT,
    "CUDA error: the launch timed out and was terminated": BROKEN_CONTEXT,
    "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasGemmEx( handle, opa)`": BROKEN_CONTEXT,
    "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED": BROKEN_CONTEXT,
    "CUDA error: unknown error": BROKEN_CONTEXT,
    "CUDA error: uncorrectable ECC error encountered": MEMORY_ERROR,
    "CUDA error: uncorrectable NVLink error detected during the execution": MEMORY_ERROR,
    "CUDA error: GPU is lost": LOST,
    "No CUDA GPUs are available": LOST,
    "CUDA error: CUDA-capable device(s) is/are busy or unavailable": LOST,
    "CUDA error: no CUDA-capable device is detected": LOST,
    "Unexpected error from cudaGetDeviceCount(). Error 802: system not yet initialized": LOST,
    "CUDA error: no kernel image is available for execution on the device": UNSUITABLE,
    "The NVIDIA driver on your system is too old (found version 12020).": UNSUITABLE,
}


@pytest.mark.parametrize("words", FAULTS)
def test_the_words_of_torch_name_the_fault(words: str) -> None:
    assert fault_of(words) is FAULTS[words]
    try:
        try:
            raise RuntimeError(words)
        except RuntimeError as error:
            raise ValueError("the library wraps it") from error
    except ValueError as wrapped:
        assert gpu_fault(wrapped) is FAULTS[words]
    ended = ending(FAULTS[words])
    assert isinstance(ended, EngineExit)
    assert ended.exit_code is (ExitCode.NO_USABLE_GPU if FAULTS[words] is UNSUITABLE else ExitCode.INTERNAL)


@pytest.mark.parametrize(
    "words",
    [
        "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.15 GiB",
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)",
        "",
    ],
)
def test_a_full_memory_and_a_plain_mistake_are_no_faults(words: str) -> None:
    assert fault_of(words) is None


# --- watching --------------------------------------------------------------------------------------------------------


def test_a_lost_gpu_shows_at_once_and_a_strange_answer_only_when_it_stays() -> None:
    rules = WatchRules(0)
    rules.answered(None)
    for _ in range(2):
        rules.refused(is_lost=False, is_strange=True)
        assert rules.look(1) is None
    rules.refused(is_lost=False, is_strange=True)
    assert rules.look(1) is LOST
    rules = WatchRules(0)
    rules.refused(is_lost=True, is_strange=False)
    rules.answered(0)
    assert rules.look(1) is LOST, "a fault stays"


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20))
def test_only_new_memory_errors_are_a_fault(steps: list[int]) -> None:
    rules, errors = WatchRules(0), 7
    rules.answered(errors)
    for step in steps:
        errors += step
        rules.answered(errors)
        assert (rules.look(1) is MEMORY_ERROR) is (errors > 7)


def test_a_driver_that_hangs_is_a_fault_after_a_minute() -> None:
    rules = WatchRules(0)
    rules.answered(0)
    assert rules.look(1000) is None, "nobody has asked it since"
    rules.asks(1000)
    assert rules.look(1059) is None
    assert rules.look(1060) is LOST


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_the_watch_tells_numbers_until_the_gpu_is_gone() -> None:
    nvml = FakeNvml(card("a", errors=0))
    watch = GpuWatch("GPU-a", lambda: nvml, interval_s=0.005)
    wait_for(lambda: watch.reading() is not None)
    reading = watch.reading()
    assert reading is not None
    assert (reading.free_mb, reading.temperature_c, reading.power_w, reading.utilisation_percent) == (
        7000, 61.0, 120.5, None,
    )  # fmt: skip
    assert watch.fault() is None
    nvml.cards[0]["error"] = pynvml.NVML_ERROR_GPU_IS_LOST
    wait_for(lambda: watch.fault() is LOST)
    watch.close()
    wait_for(lambda: nvml.open == 0)


def test_old_numbers_are_told_no_more_and_a_hanging_driver_holds_nobody_up() -> None:
    now = [0.0]
    nvml = FakeNvml(card("a"))
    watch = GpuWatch("GPU-a", lambda: nvml, interval_s=0.005, clock=lambda: now[0])
    wait_for(lambda: watch.reading() is not None)
    nvml.answering.clear()
    # It asks, and gets no answer.
    wait_for(lambda: watch._rules._asked_at is not None)
    now[0] = 100.0
    assert watch.reading() is None
    assert watch.fault() is LOST
    watch.close()
    nvml.answering.set()
