from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from r3mes_engine.device import choose_device, cuda_index, model_threads, show_one_gpu, usable_cores
from r3mes_engine.errors import EngineExit
from r3mes_engine.hardware.facts import CudaBuild, DriverFacts, GpuFacts, KernelRun, Probe
from r3mes_engine.hardware.survey import GpuSurvey, survey_gpus
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import Device


def survey(*gpus: GpuFacts) -> GpuSurvey:
    build = CudaBuild("2.13.0", "13.0", ("sm_86",))
    return survey_gpus(
        environment={},
        ask_driver=lambda: DriverFacts("590.1", gpus),
        try_gpu=lambda uuid: Probe(build, KernelRun("ok", "", 1)),
    )


def test_the_chosen_gpu_is_told_by_its_uuid() -> None:
    found = survey(
        GpuFacts(0, "GPU-a", "small", 8000, 4000, (8, 6)), GpuFacts(1, "GPU-b", "large", 24000, 20000, (8, 6))
    )
    assert choose_device("auto", lambda: found) == Device(
        kind="cuda", name="large", memory_mb=24000, gpu_uuids=("GPU-b",)
    )


def test_without_a_usable_gpu_the_engine_ends_with_10_and_never_takes_the_processor() -> None:
    for found in (survey(), survey(GpuFacts(0, "", "GPU 0", 0, 0, problem="GPU is lost"))):
        for choice in ("auto", "cuda"):
            with pytest.raises(EngineExit) as ended:
                choose_device(choice, lambda found=found: found)  # type: ignore[arg-type, misc]
            assert ended.value.exit_code is ExitCode.NO_USABLE_GPU
            assert "GPU" in ended.value.message and "--device cpu" in ended.value.hint


def test_the_processor_is_taken_only_when_asked_for() -> None:
    def never() -> Any:
        raise AssertionError("nobody asks the driver for the CPU")

    device = choose_device("cpu", never)
    assert device.kind == "cpu"
    assert device.memory_mb > 100


def test_a_process_that_calculates_sees_its_gpu_alone() -> None:
    environment = {"CUDA_VISIBLE_DEVICES": "0,1"}
    show_one_gpu(Device(kind="cuda", name="x", memory_mb=1, gpu_uuids=("GPU-b",)), environment)
    assert environment == {"CUDA_VISIBLE_DEVICES": "GPU-b"}
    show_one_gpu(Device(kind="cpu", name="x", memory_mb=1), environment)
    assert environment == {"CUDA_VISIBLE_DEVICES": "GPU-b"}


def test_torchs_own_number_of_a_card_is_found_by_uuid_and_no_other_card_is_taken() -> None:
    fake = SimpleNamespace(
        cuda=SimpleNamespace(
            device_count=lambda: 2, get_device_properties=lambda index: SimpleNamespace(uuid=["aa", "bb"][index])
        )
    )
    assert cuda_index(Device(kind="cuda", name="x", memory_mb=1, gpu_uuids=("GPU-BB",)), fake) == 1
    with pytest.raises(EngineExit) as ended:
        cuda_index(Device(kind="cuda", name="x", memory_mb=1, gpu_uuids=("GPU-cc",)), fake)
    assert ended.value.exit_code is ExitCode.NO_USABLE_GPU


@pytest.mark.parametrize(
    ("quota", "cores"), [("max 100000", None), ("50000 100000", 1), ("100000 100000", 1), ("x", None), (None, None)]
)
def test_a_containers_quota_counts(tmp_path: Path, quota: str | None, cores: int | None) -> None:
    if quota is not None:
        (tmp_path / "cpu.max").write_text(quota + "\n")
    assert usable_cores(tmp_path) == (cores or usable_cores(tmp_path / "none"))


def test_one_core_stays_free() -> None:
    assert [model_threads(cores) for cores in (1, 2, 8)] == [1, 1, 7]
