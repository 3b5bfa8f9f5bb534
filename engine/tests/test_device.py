from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest

from r3mes_engine import cli
from r3mes_engine.device import (
    choose_device,
    cuda_index,
    free_vram_mb,
    model_threads,
    survey_gpus,
    usable_cores,
)
from r3mes_engine.errors import EngineExit
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import Device

MIB = 2**20


class FakeNvml:
    """The calls of nvidia-ml-py that the engine makes, over a list of cards; errors are the library's own."""

    def __init__(self, *cards: dict[str, Any], init_error: int | None = None) -> None:
        self._cards = cards
        self._init_error = init_error
        self.open = 0

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
        return len(self._cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> dict[str, Any]:  # noqa: N802
        if "lost" in self._cards[index]:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
        return self._cards[index]

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> dict[str, Any]:  # noqa: N802
        for card in self._cards:
            if card["uuid"] == uuid and "lost" not in card:
                return card
        raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)

    def nvmlDeviceGetMemoryInfo(self, card: dict[str, Any]) -> Any:  # noqa: N802
        return SimpleNamespace(total=card["total"] * MIB, free=card["free"] * MIB)

    def nvmlDeviceGetName(self, card: dict[str, Any]) -> str:  # noqa: N802
        return str(card["name"])

    def nvmlDeviceGetUUID(self, card: dict[str, Any]) -> bytes:  # noqa: N802
        return str(card["uuid"]).encode()

    def nvmlDeviceGetCudaComputeCapability(self, card: dict[str, Any]) -> tuple[int, int]:  # noqa: N802
        if card["capability"] is None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)
        return card["capability"]  # type: ignore[no-any-return]


def card(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "uuid": f"GPU-{name}", "total": 8000, "free": 7000, "capability": (8, 6), **changes}


def torch(*, cuda: str | None = "13.0", available: bool = True) -> Any:
    return SimpleNamespace(
        version=SimpleNamespace(cuda=cuda),
        cuda=SimpleNamespace(is_available=lambda: available, get_arch_list=lambda: ["sm_75", "sm_86", "compute_90"]),
    )


def survey(*cards: dict[str, Any], with_torch: Any = None, **nvml: Any) -> Any:
    fake = FakeNvml(*cards, **nvml)
    found = survey_gpus(lambda: fake, lambda: with_torch or torch())
    assert fake.open == 0
    return found


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
    def no_torch() -> Any:
        raise AssertionError("torch must not be loaded")

    found = survey_gpus(lambda: FakeNvml(init_error=error), no_torch)
    assert word in found.problem
    assert "GPU" in found.problem
    assert found.hint
    with pytest.raises(EngineExit) as ended:
        choose_device("auto", lambda: found)
    assert ended.value.exit_code is ExitCode.NO_USABLE_GPU
    assert "--device cpu" in ended.value.hint


def test_the_usable_card_with_most_free_memory_is_taken() -> None:
    found = survey(card("old", capability=(6, 1), free=7999), card("busy", free=100), card("free"), card("x", lost=1))
    assert [(gpu.name, gpu.usable) for gpu in found.gpus] == [
        ("old", False), ("busy", True), ("free", True), ("GPU 3", False),
    ]  # fmt: skip
    assert "too old" in found.gpus[0].reason
    assert choose_device("auto", lambda: found) == Device(
        kind="cuda", name="free", memory_mb=8000, gpu_uuids=("GPU-free",)
    )


def test_a_driver_too_old_to_tell_the_generation_is_trusted() -> None:
    assert survey(card("a", capability=None)).best is not None


@pytest.mark.parametrize(
    ("cards", "with_torch", "word"),
    [
        ((), None, "finds no GPU"),
        ((card("old", capability=(5, 0)),), None, "too old"),
        ((card("x", lost=1),), None, "does not answer"),
        ((card("a"),), torch(cuda=None), "without CUDA"),
        ((card("a"),), torch(available=False), "can't start CUDA"),
    ],
)
def test_no_usable_gpu_is_always_a_sentence_with_the_word(cards: Any, with_torch: Any, word: str) -> None:
    found = survey(*cards, with_torch=with_torch)
    assert found.best is None
    assert word in found.problem
    assert "GPU" in found.problem


def test_the_processor_is_taken_only_when_asked_for() -> None:
    def never() -> Any:
        raise AssertionError("nobody asks the driver for the CPU")

    device = choose_device("cpu", never)
    assert device.kind == "cpu"
    assert device.memory_mb > 100


def test_free_memory_is_the_chosen_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device(kind="cuda", name="a", memory_mb=1, gpu_uuids=("GPU-a",))
    assert free_vram_mb(device, lambda: FakeNvml(card("b", free=1), card("a", free=123))) == 123
    assert free_vram_mb(device, lambda: FakeNvml(card("a", lost=1))) is None
    assert free_vram_mb(device, lambda: FakeNvml(init_error=pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)) is None
    assert free_vram_mb(Device(kind="cpu", name="c", memory_mb=1)) is None


def test_torchs_own_number_of_a_card_is_found_by_uuid() -> None:
    fake = SimpleNamespace(
        cuda=SimpleNamespace(
            device_count=lambda: 2, get_device_properties=lambda index: SimpleNamespace(uuid=["aa", "bb"][index])
        )
    )
    assert cuda_index(Device(kind="cuda", name="x", memory_mb=1, gpu_uuids=("GPU-BB",)), fake) == 1
    assert cuda_index(Device(kind="cuda", name="x", memory_mb=1, gpu_uuids=("GPU-cc",)), fake) == 0


@pytest.mark.parametrize(
    ("quota", "cores"), [("max 100000", None), ("50000 100000", 1), ("100000 100000", 1), ("x", None), (None, None)]
)
def test_a_containers_quota_counts(tmp_path: Path, quota: str | None, cores: int | None) -> None:
    if quota is not None:
        (tmp_path / "cpu.max").write_text(quota + "\n")
    assert usable_cores(tmp_path) == (cores or usable_cores(tmp_path / "none"))


def test_one_core_stays_free() -> None:
    assert [model_threads(cores) for cores in (1, 2, 8)] == [1, 1, 7]


def test_check_tells_its_verdict(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cli, "survey_gpus", lambda: survey(card("a"), card("old", capability=(5, 0))))
    assert cli.main(["check", "--json"]) == ExitCode.OK
    verdict = json.loads(capsys.readouterr().out)
    assert verdict["usable"] is True
    assert [gpu["usable"] for gpu in verdict["gpus"]] == [True, False]
    assert cli.main(["check"]) == ExitCode.OK
    assert "The engine would use a." in capsys.readouterr().out
    monkeypatch.setattr(cli, "survey_gpus", lambda: survey(init_error=pynvml.NVML_ERROR_LIBRARY_NOT_FOUND))
    assert cli.main(["check", "--json"]) == ExitCode.NO_USABLE_GPU
    assert json.loads(capsys.readouterr().out)["usable"] is False
    assert cli.main(["check"]) == ExitCode.NO_USABLE_GPU
    assert "GPU" in capsys.readouterr().err


@pytest.mark.gpu
def test_a_real_gpu_answers(start_engine: Any) -> None:
    if survey_gpus().best is None:
        pytest.skip("this computer has no usable CUDA GPU")
    engine = start_engine(device="auto", backend="transformers")
    ready = engine.event("ready", timeout=110)
    assert ready.device.kind == "cuda"
    with engine.client() as client:
        body = {
            "model": ready.model,
            "temperature": 0,
            "max_tokens": 16,
            "messages": [{"role": "user", "content": "What is the capital of France?"}],
        }
        answer = client.post("/v1/chat/completions", json=body).json()
    assert "Paris" in answer["choices"][0]["message"]["content"]
    assert engine.event("stats", 2).free_vram_mb > 0
