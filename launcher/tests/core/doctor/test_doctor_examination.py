"""The doctor at work: real children, a gateway on the loopback, surroundings that hang."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from r3mes_launcher.core.child_process import ChildCommand
from r3mes_launcher.core.doctor import doctor as doctor_module
from r3mes_launcher.core.doctor.doctor import Doctor, DoctorParts, Situation
from r3mes_launcher.core.doctor.facts import FolderFacts, SystemFacts
from r3mes_launcher.core.doctor.report import Check, DoctorState, GpuFlaw, Verdict
from r3mes_launcher.core.engine_check import SelfTestFailed, read_self_test, self_test
from r3mes_launcher.core.gateway_client import GatewayClient
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.state import GatewayKind, GpuDriver, GpuReport
from r3mes_launcher.core.supervisor import Supervisor
from r3mes_launcher.ports.clock import SystemClock
from r3mes_launcher.ports.engine_runtime import RuntimeReport
from r3mes_launcher.ports.surroundings import SystemSurroundings
from r3mes_launcher.wallet.os_keyring import KeyringState

VERDICT = {
    "usable": True,
    "problem": "",
    "hint": "",
    "gpus": [
        {
            "name": "Card", "usable": True, "reason": "usable", "memory_total_mb": 8000, "memory_free_mb": 7000,
            "compute_capability": [8, 6], "uuid": "GPU-1", "verdict": "ok", "code": "ok", "hint": "",
        },
        {
            "name": "Small", "usable": True, "reason": "only 900 MiB are free", "memory_total_mb": 4000,
            "memory_free_mb": 900, "uuid": "GPU-2", "verdict": "degraded", "code": "little_memory",
            "hint": "Close other programs.",
        },
    ],
}  # fmt: skip


class FakeRuntime:
    def __init__(self, command: ChildCommand | None, present: bool = True) -> None:
        self.command, self.present = command, present

    async def find(self) -> RuntimeReport:
        return RuntimeReport(self.present, location=self.command.argv[0] if self.command else "")

    def check_command(self) -> ChildCommand | None:
        return self.command


class FakeKeyring:
    async def look(self) -> KeyringState:
        return KeyringState.LOCKED


class HungSurroundings:
    def __init__(self) -> None:
        self.gate = threading.Event()

    def system(self) -> SystemFacts:
        self.gate.wait(30)
        return SystemFacts()

    def folder(self, path: Path) -> FolderFacts:
        self.gate.wait(30)
        return FolderFacts()


@pytest.fixture
def says(tmp_path: Path) -> Callable[..., ChildCommand]:
    """An engine whose self-test prints these lines."""

    def make(*lines: str, code: int = 0) -> ChildCommand:
        program = "import sys\n" + "".join(f"print({line!r})\n" for line in lines) + f"sys.exit({code})"
        return ChildCommand((sys.executable, "-c", program), tmp_path, {})

    return make


@pytest.fixture
async def client() -> AsyncIterator[GatewayClient]:
    made = GatewayClient()
    yield made
    await made.close()


@pytest.fixture
async def gateway() -> AsyncIterator[tuple[str, list[float]]]:
    """A gateway whose clock is off by the number in the list."""
    off = [0.0]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = json.dumps({"unix_ms": round((time.time() + off[0]) * 1000)}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", off
    server.close()


def by_code(checks: tuple[Check, ...]) -> dict[str, Check]:
    return {check.code: check for check in checks}


async def test_it_looks_at_this_very_computer(
    tmp_path: Path,
    supervisor: Supervisor,
    logs: LogHub,
    client: GatewayClient,
    gateway: tuple[str, list[float]],
    says: Callable[..., ChildCommand],
) -> None:
    origin, off = gateway
    off[0] = -300.0
    told: list[DoctorState] = []
    parts = DoctorParts(
        tmp_path / "not" / "there", SystemSurroundings(), FakeRuntime(says("a greeting", json.dumps(VERDICT))),
        supervisor, FakeKeyring(), SystemClock(), logs, lambda: GpuReport(1.0, GpuDriver.NO_DRIVER),
    )  # type: ignore[arg-type]  # fmt: skip
    doctor = Doctor(parts, client, told.append)
    situation = Situation(gateway_kind=GatewayKind.REMOTE, gateway_url=origin)
    first, second = await asyncio.gather(doctor.examine(situation), doctor.examine(situation))
    assert first is second, "who asks meanwhile gets the same report"
    checks = by_code(first.checks)
    for code in ("engine", "self_test", "memory", "folder", "gateway", "ports", "python"):
        assert checks[code].verdict in (Verdict.OK, Verdict.WARNING), checks[code]
    assert checks["self_test"].values == {"name": "Card"}
    assert checks["clock"].verdict is Verdict.PROBLEM and "ahead of" in checks["clock"].reason
    assert checks["keyring"].finding == "keyring_locked"
    assert checks["driver"].finding == "driver_missing"
    assert not (tmp_path / "not").exists()
    assert told[0].running and not told[-1].running and told[-1].report is first
    assert told[-1].flaws == (GpuFlaw("GPU-2", True, "only 900 MiB are free", "Close other programs."),)
    assert [state.done for state in told if state.running][-1] == told[0].total
    # An engine that starts knows better than the last self-test.
    doctor.note_gpu("GPU-1", GpuFlaw("GPU-1", False, "it calculates wrongly", ""))
    doctor.note_gpu("GPU-2", None)
    assert told[-1].flaws == (GpuFlaw("GPU-1", False, "it calculates wrongly", ""),) and told[-1].report is first
    await doctor.close()


async def test_what_hangs_holds_up_nothing(
    tmp_path: Path, supervisor: Supervisor, logs: LogHub, client: GatewayClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_module, "LOOK_S", 0.05)
    monkeypatch.setattr(doctor_module, "GPU_S", 0.05)
    hung = HungSurroundings()

    def read_gpus() -> GpuReport:
        hung.gate.wait(30)
        return GpuReport()

    parts = DoctorParts(
        tmp_path, hung, FakeRuntime(None, present=False), supervisor, FakeKeyring(), SystemClock(), logs, read_gpus
    )  # type: ignore[arg-type]
    report = await Doctor(parts, client, lambda state: None).examine(
        Situation(gateway_kind=GatewayKind.REMOTE, gateway_url="http://127.0.0.1:1")
    )
    checks = by_code(report.checks)
    assert "did not answer" in checks["folder"].reason and "did not answer" in checks["ports"].reason
    assert checks["driver"].finding == "driver_failed" and checks["gateway"].finding == "gateway_unreachable"
    hung.gate.set()


async def test_an_engine_that_is_gone_is_suspected_to_be_quarantined(
    tmp_path: Path, supervisor: Supervisor, logs: LogHub, client: GatewayClient
) -> None:
    gone = ChildCommand((str(tmp_path / "python"), "check"), tmp_path, {})
    parts = DoctorParts(
        tmp_path, SystemSurroundings(), FakeRuntime(gone), supervisor, FakeKeyring(), SystemClock(), logs,
        lambda: GpuReport(1.0, GpuDriver.NO_DRIVER),
    )  # type: ignore[arg-type]  # fmt: skip
    checks = by_code((await Doctor(parts, client, lambda state: None).examine(Situation())).checks)
    assert checks["engine"].finding == "engine_vanished" and checks["antivirus"].finding == "antivirus_suspected"
    assert checks["self_test"].verdict is Verdict.UNAVAILABLE


async def test_a_self_test_without_a_result_is_a_sentence(
    supervisor: Supervisor, logs: LogHub, says: Callable[..., ChildCommand], tmp_path: Path
) -> None:
    for command, words in (
        (says("no JSON", code=70), "an error of its own"),
        (says('{"usable": "yes"}'), "said nothing that can be read"),
        (ChildCommand((str(tmp_path / "none"),), tmp_path, {}), "could not be started"),
    ):
        with pytest.raises(SelfTestFailed, match=words):
            await self_test(command, supervisor, logs)
    endless = ChildCommand((sys.executable, "-c", "import time; time.sleep(60)"), tmp_path, {})
    with pytest.raises(SelfTestFailed, match="did not end"):
        await self_test(endless, supervisor, logs, limit_s=0.2)


def test_text_of_the_self_test_is_plain() -> None:
    result = read_self_test({"usable": False, "problem": "a\x1b[31mb\nc", "hint": 5, "gpus": [{"name": "x" * 999}]})
    assert result.problem == "ab c" and result.hint == "" and len(result.gpus[0].name) == 200
    for wrong in (None, [], {}, {"usable": True}, {"usable": True, "gpus": [1]}):
        with pytest.raises(ValueError):
            read_self_test(wrong)
