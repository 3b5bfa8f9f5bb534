"""The real nvidia-ml-py over a stand-in for NVIDIA's library: every state of a driver is a report with a sentence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[1] / "fake_nvml.c"
CHILD = Path(__file__).with_name("nvml_child.py")
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
TWO_CARDS = {
    "count": 2, "gpu0.name": "Hot Card", "gpu1.name": "Shy Card", "gpu1.cc": "12.0", "gpu1.util": 37,
    "gpu0.energy": 5_000_500, "gpu1.energy": 7_000,
}  # fmt: skip

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the stand-in is a Linux shared library"),
    pytest.mark.skipif(COMPILER is None, reason="no C compiler to build the stand-in NVML library with"),
]

Build = Callable[..., Path]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Compiles the stand-in once for each set of flags; returns the folder that holds it."""
    built: dict[tuple[str, ...], Path] = {}

    def compile_library(*flags: str) -> Path:
        if flags not in built:
            assert COMPILER is not None
            folder = tmp_path_factory.mktemp("nvml")
            library = folder / "libnvidia-ml.so.1"
            subprocess.run(
                [COMPILER, "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", *flags, "-o", str(library), str(SOURCE)],
                check=True,
                capture_output=True,
                timeout=60,
            )
            built[flags] = folder
        return built[flags]

    return compile_library


class Driver:
    """A child interpreter with a driver that the test can change while it runs."""

    def __init__(self, folder: Path, library: Path | None, manner: str = "read") -> None:
        self._state = folder / "state"
        self.put({})
        environment = {**os.environ, "FAKE_NVML_STATE": str(self._state)}
        environment["LD_LIBRARY_PATH"] = str(library or folder)
        self.process = subprocess.Popen(
            [sys.executable, str(CHILD), manner],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def put(self, state: dict[str, Any]) -> None:
        """The driver is in this state from now on."""
        written = self._state.with_suffix(".new")
        written.write_text("".join(f"{key}={value}\n" for key, value in state.items()), encoding="utf-8")
        written.replace(self._state)

    def read(self, after_s: float = 1.0) -> dict[str, Any]:
        """One reading, so many seconds after the last one."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{after_s}\n")
        self.process.stdin.flush()
        return self.line()

    def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None and self.process.stderr is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> dict[str, Any]:
        """Closes the source twice; what is left of NVML then."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.line()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Driver]]:
    drivers: list[Driver] = []

    def start_child(library: Path | None, state: dict[str, Any], manner: str = "read") -> Driver:
        driver = Driver(tmp_path, library, manner)
        drivers.append(driver)
        driver.put(state)
        return driver

    yield start_child
    for driver in drivers:
        driver.stop()


@pytest.fixture
def driver(build: Build, start: Callable[..., Driver]) -> Callable[..., Driver]:
    return lambda state: start(build(), state)


def by_name(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {gpu["name"]: gpu for gpu in report["gpus"]}


def test_two_cards_and_one_gets_hot(driver: Callable[..., Driver]) -> None:
    nvml = driver(TWO_CARDS | {"gpu0.temp": 45, "gpu0.used": 3 << 30, "gpu0.power": 123_456, "gpu0.limit": 350_000})
    report = nvml.read()
    assert (report["driver"], report["message"], report["driver_version"]) == ("ok", "", "580.65.06")
    assert report["at"] == 1_700_000_001
    assert by_name(report)["Hot Card"] == {
        "uuid": "GPU-00000000-0000-0000-0000-000000000000",
        "name": "Hot Card",
        "lost": False,
        "memory_used_mb": 3072,
        "memory_total_mb": 24576,
        "temperature_c": 45,
        "power_w": 123.456,
        "power_limit_w": 350.0,
        "utilisation_percent": 0,
        "compute_capability": "8.9",
        "energy_j": 5000.5,
    }
    shy = by_name(report)["Shy Card"]
    assert (shy["utilisation_percent"], shy["compute_capability"]) == (37, "12.0")
    for celsius in (60, 83, 91):
        nvml.put(TWO_CARDS | {"gpu0.temp": celsius, "gpu1.energy": 1000 * celsius})
        report = nvml.read()
        assert [gpu["temperature_c"] for gpu in report["gpus"]] == [celsius, 40]
        assert [gpu["energy_j"] for gpu in report["gpus"]] == [5000.5, celsius]
        assert report["references"] == 1, "a reading opens nothing anew"
    assert nvml.end() == {"references": 0}


def test_a_card_disappears_while_the_other_goes_on_and_comes_back(driver: Callable[..., Driver]) -> None:
    nvml = driver(TWO_CARDS | {"gpu1.temp": 66, "gpu1.power": 200_000})
    nvml.read()
    nvml.put(TWO_CARDS | {"gpu1.lost": 1, "gpu0.temp": 50})
    for after_s in (1.0, 1.0, 30.0, 60.0, 60.0):
        report = nvml.read(after_s)
        cards = by_name(report)
        assert report["driver"] == "ok"
        assert "Shy Card" in report["message"] and "restart" in report["message"]
        assert cards["Shy Card"]["lost"] and not cards["Hot Card"]["lost"]
        assert (cards["Shy Card"]["temperature_c"], cards["Shy Card"]["power_w"]) == (66, 200.0), "the last it gave"
        assert cards["Hot Card"]["temperature_c"] == 50
        assert report["references"] == 1
    nvml.put(TWO_CARDS | {"gpu1.temp": 35})
    report = nvml.read(60)
    assert report["message"] == "" and not by_name(report)["Shy Card"]["lost"]
    assert by_name(report)["Shy Card"]["temperature_c"] == 35


def test_a_card_that_leaves_the_count_stays_in_the_report(driver: Callable[..., Driver]) -> None:
    nvml = driver(TWO_CARDS)
    nvml.read()
    nvml.put(TWO_CARDS | {"count": 1})
    for _ in range(3):
        report = nvml.read(60)
        assert [(gpu["name"], gpu["lost"]) for gpu in report["gpus"]] == [("Hot Card", False), ("Shy Card", True)]


def test_all_cards_are_lost(driver: Callable[..., Driver]) -> None:
    nvml = driver(TWO_CARDS)
    nvml.read()
    nvml.put(TWO_CARDS | {"gpu0.lost": 1, "gpu1.lost": 1})
    for _ in range(3):
        report = nvml.read(60)
        assert report["driver"] == "failed" and "No GPU answers" in report["message"]
        assert [gpu["lost"] for gpu in report["gpus"]] == [True, True]
    nvml.put(TWO_CARDS)
    assert nvml.read(60)["driver"] == "ok"


def test_the_only_card_is_lost_from_the_beginning_and_comes(driver: Callable[..., Driver]) -> None:
    nvml = driver({"count": 1, "gpu0.lost": 1})
    assert nvml.read()["driver"] == "failed"
    nvml.put({"count": 1})
    assert nvml.read(60)["driver"] == "ok"


STATES = [
    ("fail.nvmlInitWithFlags", 18, "mismatch", "restart the computer"),
    ("fail.nvmlInitWithFlags", 9, "no_driver", "not running"),
    ("fail.nvmlInitWithFlags", 4, "no_permission", "access"),
    ("fail.nvmlInitWithFlags", 999, "failed", "Unknown Error"),
    ("fail.nvmlInitWithFlags", 12345, "failed", "12345"),
    ("fail.nvmlDeviceGetCount_v2", 999, "failed", "Unknown Error"),
    ("fail.nvmlDeviceGetCount_v2", 1, "failed", "Uninitialized"),
    ("fail.nvmlDeviceGetHandleByIndex_v2", 4, "no_permission", "access"),
    ("fail.nvmlDeviceGetHandleByIndex_v2", 999, "failed", "Unknown Error"),
    ("count", 0, "no_gpu", "finds no GPU"),
]


@pytest.mark.parametrize(("key", "value", "state", "words"), STATES)
def test_a_driver_that_does_not_work_is_a_sentence_and_may_recover(
    driver: Callable[..., Driver], key: str, value: int, state: str, words: str
) -> None:
    nvml = driver(TWO_CARDS | {key: value})
    for _ in range(3):
        report = nvml.read()
        assert (report["driver"], report["gpus"], report["references"]) == (state, [], 0)
        assert words in report["message"] and report["message"].endswith(".")
    nvml.put(TWO_CARDS)
    report = nvml.read(60)
    assert report["driver"] == "ok" and len(report["gpus"]) == 2
    assert nvml.end() == {"references": 0}


@pytest.mark.parametrize(("code", "state"), [(18, "mismatch"), (9, "no_driver"), (1, "failed")])
@pytest.mark.parametrize("function", ["nvmlDeviceGetMemoryInfo", "nvmlDeviceGetPowerUsage"])
def test_a_driver_that_is_updated_while_it_runs(
    driver: Callable[..., Driver], code: int, state: str, function: str
) -> None:
    nvml = driver(TWO_CARDS)
    assert nvml.read()["driver"] == "ok"
    broken = TWO_CARDS | {f"fail.{function}": code, "fail.nvmlInitWithFlags": code}
    nvml.put(broken)
    for _ in range(3):
        report = nvml.read(60)
        assert report["driver"] == state and report["references"] == 0
        assert [gpu["lost"] for gpu in report["gpus"]] == [True, True]
    nvml.put(TWO_CARDS)
    report = nvml.read(60)
    assert report["driver"] == "ok" and not any(gpu["lost"] for gpu in report["gpus"])


def test_a_broken_driver_is_opened_again_with_growing_pauses(driver: Callable[..., Driver]) -> None:
    nvml = driver({"fail.nvmlInitWithFlags": 999})
    nvml.read()
    nvml.put(TWO_CARDS)
    assert nvml.read(1.9)["driver"] == "failed", "not tried again yet"
    assert nvml.read(0.2)["driver"] == "ok"
    nvml.put({"fail.nvmlDeviceGetMemoryInfo": 1, "fail.nvmlInitWithFlags": 999, "count": 2})
    nvml.read()
    for seconds in (2, 4, 8, 16, 32, 60, 60, 60):
        nvml.put(TWO_CARDS | {"fail.nvmlInitWithFlags": 7})
        assert "error 7" not in nvml.read(seconds - 0.5)["message"], f"not before {seconds} s"
        nvml.put(TWO_CARDS | {"fail.nvmlInitWithFlags": 999})
        assert nvml.read(0.5)["driver"] == "failed"


ASKED_OF_A_CARD = {
    "nvmlDeviceGetMemoryInfo": {"memory_used_mb", "memory_total_mb"},
    "nvmlDeviceGetPowerUsage": {"power_w"},
    "nvmlDeviceGetEnforcedPowerLimit": {"power_limit_w"},
    "nvmlDeviceGetUtilizationRates": {"utilisation_percent"},
    "nvmlDeviceGetTotalEnergyConsumption": {"energy_j"},
}


@pytest.mark.parametrize("function", ASKED_OF_A_CARD)
def test_what_one_card_does_not_tell_is_unknown_and_nothing_else(driver: Callable[..., Driver], function: str) -> None:
    nvml = driver({})
    for code in (3, 4, 13, 25, 999):
        nvml.put(TWO_CARDS | {f"gpu1.fail.{function}": code})
        report = nvml.read()
        assert (report["driver"], report["message"]) == ("ok", ""), code
        cards = by_name(report)
        assert {key for key, value in cards["Shy Card"].items() if value is None} == ASKED_OF_A_CARD[function], code
        assert None not in cards["Hot Card"].values(), code


def test_a_card_that_answers_nothing_at_all_is_lost(driver: Callable[..., Driver]) -> None:
    functions = [*ASKED_OF_A_CARD, "nvmlDeviceGetTemperature", "nvmlDeviceGetTemperatureV"]
    nvml = driver(TWO_CARDS)
    nvml.read()
    nvml.put(TWO_CARDS | {f"gpu1.fail.{function}": 999 for function in functions})
    cards = by_name(nvml.read())
    assert cards["Shy Card"]["lost"] and not cards["Hot Card"]["lost"]
    nvml.put(TWO_CARDS | {f"gpu1.fail.{function}": 3 for function in functions})
    cards = by_name(nvml.read(60))
    assert not cards["Shy Card"]["lost"], "a card that tells nothing is still there"
    assert cards["Shy Card"]["temperature_c"] is None


@pytest.mark.parametrize(
    ("function", "field", "value"),
    [
        ("nvmlDeviceGetName", "name", "NVIDIA GPU"),
        ("nvmlDeviceGetUUID", "uuid", "GPU 1"),
        ("nvmlDeviceGetCudaComputeCapability", "compute_capability", ""),
    ],
)
def test_a_card_without_a_name_is_a_card(driver: Callable[..., Driver], function: str, field: str, value: str) -> None:
    report = driver(TWO_CARDS | {f"gpu1.fail.{function}": 3}).read()
    assert report["driver"] == "ok"
    assert [gpu[field] for gpu in report["gpus"]][1] == value


def test_a_driver_without_a_version_is_a_driver(driver: Callable[..., Driver]) -> None:
    report = driver(TWO_CARDS | {"fail.nvmlSystemGetDriverVersion": 999}).read()
    assert (report["driver"], report["driver_version"]) == ("ok", "")


def test_a_name_that_is_no_utf8_is_left_out(driver: Callable[..., Driver], tmp_path: Path) -> None:
    nvml = driver({"count": 1})
    (tmp_path / "state").write_bytes(b"count=1\ngpu0.name=\xff\xfe\n")
    assert [gpu["name"] for gpu in nvml.read()["gpus"]] == ["NVIDIA GPU"]


def test_a_driver_that_counts_without_end_is_bounded(driver: Callable[..., Driver]) -> None:
    assert len(driver({"count": 120}).read()["gpus"]) == 64


@pytest.mark.parametrize("flag", ["-DOLD_DRIVER", "-DNEW_DRIVER"])
def test_old_and_new_drivers_tell_the_temperature(build: Build, start: Callable[..., Driver], flag: str) -> None:
    report = start(build(flag), {"count": 1, "gpu0.temp": 71}).read()
    assert [gpu["temperature_c"] for gpu in report["gpus"]] == [71]


def test_an_ancient_driver_is_named_as_such(build: Build, start: Callable[..., Driver]) -> None:
    report = start(build("-DANCIENT_DRIVER"), TWO_CARDS).read()
    assert report["driver"] == "failed" and "too old" in report["message"]


def test_without_a_driver_there_is_a_sentence(start: Callable[..., Driver], tmp_path: Path) -> None:
    # A file that is no library is found before any driver that this machine may have.
    (tmp_path / "libnvidia-ml.so.1").write_bytes(b"\x7fELF nothing")
    nvml = start(None, TWO_CARDS)
    for after_s in (0, 60):
        report = nvml.read(after_s)
        assert (report["driver"], report["gpus"]) == ("no_driver", [])
        assert "install" in report["message"]
    assert nvml.end() == {"references": 0}


def test_a_driver_that_is_installed_later_is_found(build: Build, start: Callable[..., Driver], tmp_path: Path) -> None:
    (tmp_path / "libnvidia-ml.so.1").write_bytes(b"\x7fELF nothing")
    nvml = start(None, TWO_CARDS)
    assert nvml.read()["driver"] == "no_driver"
    fresh = tmp_path / "fresh"
    shutil.copy(build() / "libnvidia-ml.so.1", fresh)
    fresh.replace(tmp_path / "libnvidia-ml.so.1")
    assert nvml.read(60)["driver"] == "ok"


@pytest.mark.parametrize("function", ["nvmlInitWithFlags", "nvmlDeviceGetMemoryInfo"])
def test_a_driver_that_hangs_holds_up_neither_the_reports_nor_the_end(
    build: Build, start: Callable[..., Driver], function: str
) -> None:
    nvml = start(build(), TWO_CARDS | {f"sleep.{function}": 100_000}, "telemetry")
    for _ in range(3):
        report = nvml.line()
        assert report["driver"] == "failed" and "not answered for" in report["message"]
        assert all(gpu["lost"] for gpu in report["gpus"])
    assert nvml.process.stdin is not None
    nvml.process.stdin.close()
    began = time.monotonic()
    assert nvml.process.wait(60) == 0
    assert time.monotonic() - began < 10


def test_a_driver_that_hung_for_a_while_is_read_again(build: Build, start: Callable[..., Driver]) -> None:
    nvml = start(build(), TWO_CARDS, "telemetry")
    assert nvml.line()["driver"] == "ok"
    nvml.put(TWO_CARDS | {"sleep.nvmlDeviceGetPowerUsage": 400})
    while nvml.line()["driver"] != "failed":
        pass
    nvml.put(TWO_CARDS | {"gpu0.temp": 77})
    report = nvml.line()
    while report["driver"] != "ok" or report["gpus"][0]["temperature_c"] != 77:
        report = nvml.line()
    assert not any(gpu["lost"] for gpu in report["gpus"])


def test_the_processes_of_a_card_are_told_with_their_memory(build: Build, start: Callable[..., Driver]) -> None:
    state = {
        "count": 2,
        "gpu0.temp": 61,
        "gpu0.processes": f"10:{3 << 30},11:{1 << 30}",
        "gpu0.graphics": "11:1073741824,12",
    }
    nvml = start(build(), state, "use")
    first, second = nvml.read()["uses"]
    assert (first["temperature_c"], second["processes"]) == (61, [])
    assert first["processes"] == [
        {"pid": 10, "memory_mb": 3072, "program": ""},
        {"pid": 11, "memory_mb": 1024, "program": ""},
        {"pid": 12, "memory_mb": None, "program": ""},
    ]
    nvml.put(state | {"gpu0.fail.nvmlDeviceGetComputeRunningProcesses_v3": 3})
    assert [process["pid"] for process in nvml.read()["uses"][0]["processes"]] == [11, 12]
    nvml.put(
        state | {"fail.nvmlDeviceGetComputeRunningProcesses_v3": 3, "fail.nvmlDeviceGetGraphicsRunningProcesses_v3": 3}
    )
    assert nvml.read()["uses"][0]["processes"] is None, "not told is not none"
    nvml.put(state | {"gpu1.lost": 1})
    assert "no NVIDIA driver" in nvml.read()["unavailable"]
    nvml.put(state)
    for _ in range(40):
        told = nvml.read()
    assert len(told["uses"]) == 2, "it is opened again"


def test_without_a_driver_the_use_is_unavailable(start: Callable[..., Driver]) -> None:
    assert start(None, {}, "use").read()["unavailable"].endswith(".")
