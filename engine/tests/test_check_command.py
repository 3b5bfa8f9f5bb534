"""`r3mes-engine check` end to end: real children, a stand-in for NVIDIA's library and one for torch."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from r3mes_engine import cli
from r3mes_engine.check_command import Survey, run_check
from r3mes_engine.hardware.facts import CudaBuild, DriverFacts, GpuFacts, KernelRun, Probe
from r3mes_engine.hardware.probing import kernel_probe
from r3mes_engine.hardware.survey import GpuSurvey, survey_gpus
from r3mes_engine.model_fit import judged_disk
from r3mes_protocol.exit_codes import ExitCode

CHECKOUT = Path(__file__).resolve().parents[2]
NVML_SOURCE = CHECKOUT / "launcher" / "tests" / "fake_nvml.c"
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
SCHEMA = json.loads((CHECKOUT / "docs" / "engine-check.schema.json").read_text(encoding="utf-8"))
FIRST, SECOND = "GPU-00000000-0000-0000-0000-00000000000a", "GPU-00000000-0000-0000-0000-00000000000b"

needs_stand_in = pytest.mark.skipif(
    COMPILER is None or not sys.platform.startswith("linux"),
    reason="the stand-in for NVIDIA's library is built with a C compiler, for Linux",
)


def told(document: Any) -> Any:
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return document


@pytest.fixture(scope="module")
def nvml_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert COMPILER is not None
    folder = tmp_path_factory.mktemp("nvml")
    library = folder / "libnvidia-ml.so.1"
    command = [COMPILER, "-shared", "-fPIC", "-o", str(library), str(NVML_SOURCE)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return folder


@pytest.fixture
def computer(nvml_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a computer together: what its driver says, and how torch fares on each card."""
    torch = tmp_path / "torch-stand-in"
    torch.mkdir()
    shutil.copy(Path(__file__).with_name("fake_torch.py"), torch / "torch.py")

    def put(driver: dict[str, Any], cards: dict[str, str]) -> None:
        for path, lines in ((tmp_path / "driver", driver), (tmp_path / "cards", cards)):
            path.write_text("".join(f"{name}={value}\n" for name, value in lines.items()), encoding="utf-8")

    monkeypatch.setenv("LD_LIBRARY_PATH", str(nvml_folder))
    monkeypatch.setenv("PYTHONPATH", str(torch))
    monkeypatch.setenv("FAKE_NVML_STATE", str(tmp_path / "driver"))
    monkeypatch.setenv("FAKE_TORCH_STATE", str(tmp_path / "cards"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return put


TWO = {"count": 2, "gpu0.uuid": FIRST, "gpu1.uuid": SECOND, "gpu0.name": "One", "gpu1.name": "Two", "gpu0.used": 0}


@pytest.mark.parametrize(
    ("cards", "states", "code"),
    [
        ({FIRST: "ok", SECOND: "ok"}, [("ok", "ok"), ("ok", "ok")], ExitCode.OK),
        (
            {FIRST: "CUDA error: uncorrectable ECC error encountered", SECOND: "wrong"},
            [("unusable", "gpu_memory_error"), ("unusable", "wrong_result")],
            ExitCode.NO_USABLE_GPU,
        ),
        ({FIRST: "exit", SECOND: "ok"}, [("unusable", "crashed"), ("ok", "ok")], ExitCode.OK),
        ({"cuda": ""}, [("unusable", "no_cuda"), ("unusable", "no_cuda")], ExitCode.NO_USABLE_GPU),
        ({"archs": "sm_90"}, [("unusable", "too_old"), ("unusable", "too_old")], ExitCode.NO_USABLE_GPU),
    ],
)
@needs_stand_in
def test_each_gpu_has_a_verdict(
    computer: Callable[..., None], capsys: pytest.CaptureFixture[str], cards: Any, states: Any, code: ExitCode
) -> None:
    computer(TWO, cards)
    assert cli.main(["check", "--json"]) == code
    document = told(json.loads(capsys.readouterr().out))
    assert [(gpu["verdict"], gpu["code"]) for gpu in document["gpus"]] == states
    assert [gpu["uuid"] for gpu in document["gpus"]] == [FIRST, SECOND]
    assert document["usable"] is (code == ExitCode.OK)
    assert document["chosen"] == next((gpu["uuid"] for gpu in document["gpus"] if gpu["usable"]), None)
    assert document["driver_version"] == "580.65.06" and document["torch"]["version"] == "2.13.0+fake"


@needs_stand_in
def test_a_card_that_hangs_costs_its_time_and_no_other_card(
    computer: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    computer(TWO, {FIRST: "hang", SECOND: "ok"})

    def survey(wanted: tuple[str, ...]) -> GpuSurvey:
        return survey_gpus(wanted, try_gpu=lambda uuid: kernel_probe(uuid, limit_s=2.0 if uuid == FIRST else 60.0))

    code = check(survey)
    said = capsys.readouterr().out
    assert code == ExitCode.OK
    assert "did not end" in said and "The engine would use Two." in said


@needs_stand_in
def test_the_gpu_is_chosen_by_uuid(computer: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    computer(TWO, {FIRST: "ok", SECOND: "ok"})
    assert cli.main(["check", "--json", "--gpu", SECOND]) == ExitCode.OK
    assert told(json.loads(capsys.readouterr().out))["chosen"] == SECOND
    assert cli.main(["check", "--json", "--gpu", "GPU-dead-beef"]) == ExitCode.NO_USABLE_GPU
    assert "GPU-dead-beef" in told(json.loads(capsys.readouterr().out))["problem"]
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", "--gpu", "0"])
    assert ended.value.code == ExitCode.USAGE


@needs_stand_in
def test_an_engine_that_starts_tells_what_it_found_of_the_cards(
    computer: Callable[..., None], start_engine: Callable[..., Any], gateway: Any
) -> None:
    # The card with more free memory is tried first: it fails, and the other one is taken.
    computer({**TWO, "gpu0.used": 0, "gpu1.used": 4 * 2**30}, {FIRST: "wrong", SECOND: "ok"})
    engine = start_engine(gateway=gateway.url, device="auto")
    assert list(engine.event("ready").device.gpu_uuids) == [SECOND]
    told_cards = {event.uuid: event for event in engine.all("gpu")}
    assert (told_cards[FIRST].verdict, told_cards[FIRST].code) == ("unusable", "wrong_result")
    assert "calculates wrongly" in told_cards[FIRST].reason and told_cards[FIRST].hint
    assert (told_cards[SECOND].verdict, told_cards[SECOND].name) == ("ok", "Two")


@needs_stand_in
def test_a_card_that_nobody_tried_is_not_told(
    computer: Callable[..., None], start_engine: Callable[..., Any], gateway: Any
) -> None:
    computer({**TWO, "gpu1.used": 4 * 2**30}, {FIRST: "ok", SECOND: "wrong"})
    engine = start_engine(gateway=gateway.url, device="auto")
    engine.event("ready")
    assert [event.uuid for event in engine.all("gpu")] == [FIRST]


@needs_stand_in
def test_a_lost_driver_is_a_sentence(computer: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    computer({**TWO, "fail.nvmlInitWithFlags": 18}, {})
    assert cli.main(["check", "--json"]) == ExitCode.NO_USABLE_GPU
    document = told(json.loads(capsys.readouterr().out))
    assert "updated" in document["problem"] and document["gpus"] == [] and document["torch"] is None


# --- models and disk -------------------------------------------------------------------------------------------------

BUILD = CudaBuild("2.13.0", "13.0", ("sm_86",))


def one_gpu(free_mb: int) -> Survey:
    """A computer whose one GPU has so much free memory; 0: a computer without one."""
    gpus = (GpuFacts(0, FIRST, "One", 24000, free_mb, (8, 6)),) if free_mb else ()
    return lambda wanted: survey_gpus(
        wanted,
        environment={},
        ask_driver=lambda: DriverFacts("590.1", gpus),
        try_gpu=lambda uuid: Probe(BUILD, KernelRun("ok", "", 1)),
    )


def check(survey: Survey, *arguments: str) -> int:
    return run_check(cli._parser().parse_args(["check", *arguments]), survey)


def test_a_name_of_the_catalogue_is_told_before_it_is_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert check(one_gpu(20000), "--json", "--model", "qwen3-0.6b", "--state-dir", str(tmp_path)) == ExitCode.OK
    document = told(json.loads(capsys.readouterr().out))
    assert document["model"]["presence"] == "absent" and document["model"]["fits"] is True
    assert document["model"]["download_mb"] > 300
    assert document["disk"]["needed_mb"] >= document["model"]["download_mb"]
    assert "plan" not in document
    assert check(one_gpu(1100), "--model", "Qwen3-0.6B", "--state-dir", str(tmp_path)) == ExitCode.OUT_OF_MEMORY
    said = capsys.readouterr()
    assert "does not fit" in said.out and "One" in said.out
    assert not any(tmp_path.iterdir()), "looking leaves nothing behind"
    assert check(one_gpu(20000), "--json", "--model", "No-Such-Model") == ExitCode.MODEL_UNUSABLE
    assert told(json.loads(capsys.readouterr().out))["error"]["code"] == "model_unknown"


def test_the_embedded_model_is_planned_from_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("builtin", "SmolLM2-135M-Instruct"):
        assert check(one_gpu(8000), "--json", "--model", name) == ExitCode.OK
        document = told(json.loads(capsys.readouterr().out))
        assert document["model"]["presence"] == "embedded" and document["plan"]["fits"] is True
        assert document["plan"]["quantisation"] == "bf16"
        # 135 million parameters of two bytes.
        assert 260_000_000 < document["plan"]["weights"] < 280_000_000
    assert check(one_gpu(8000), "--model", "builtin") == ExitCode.OK
    assert "tokens of answers" in capsys.readouterr().out


def test_without_a_gpu_the_plan_is_the_processors(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(one_gpu(0), "--json", "--model", "builtin") == ExitCode.NO_USABLE_GPU
    document = told(json.loads(capsys.readouterr().out))
    assert document["plan"]["quantisation"] == "fp32" and document["usable"] is False


@pytest.mark.parametrize(
    ("free", "needed", "verdict"),
    [(100, 0, "unusable"), (1000, 0, "degraded"), (5000, 4900, "unusable"), (5000, 4000, "degraded"), (9000, 0, "ok")],
)
def test_a_disk_has_a_verdict_too(free: int, needed: int, verdict: str) -> None:
    found = judged_disk("/models", free, needed)
    assert found.verdict == verdict
    assert bool(found.hint) is (verdict != "ok")


def test_a_folder_that_is_not_there_yet_lies_on_its_parents_disk(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    check(one_gpu(8000), "--json", "--state-dir", str(tmp_path / "a" / "b"))
    document = told(json.loads(capsys.readouterr().out))
    assert document["disk"]["free_mb"] == pytest.approx(shutil.disk_usage(tmp_path).free // 2**20, abs=2000)
    assert os.fspath(tmp_path) in document["disk"]["reason"]
