"""What the doctor makes of what it saw."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.doctor.checks import GIB, examine
from r3mes_launcher.core.doctor.facts import (
    EngineFacts,
    Facts,
    FolderFacts,
    GatewayFacts,
    GpuVerdict,
    SelfTest,
    SystemFacts,
)
from r3mes_launcher.core.doctor.report import (
    Check,
    DoctorReport,
    Fix,
    GpuFlaw,
    Verdict,
    report_document,
    report_text,
)
from r3mes_launcher.core.doctor.words import FINDINGS, FIXES, TITLES
from r3mes_launcher.core.state import Desired, DeviceChoice, Fault, GatewayKind, GpuDriver, GpuReport, GpuSample
from r3mes_launcher.wallet.os_keyring import KeyringState

CARD = GpuSample("u", "Card", memory_used_mb=1000, memory_total_mb=24576, compute_capability="8.6")
TESTED = GpuVerdict("Card", True, "usable", 24576, 23000, "8.6")
WELL = Facts(
    gpus=GpuReport(1.0, GpuDriver.OK, driver_version="580.1", gpus=(CARD,)),
    system=SystemFacts("Linux", "x86_64", (3, 12, 1), (2, 39), 32 * GIB, 20 * GIB, True),
    folder=FolderFacts("/data", "", 200 * GIB),
    gateway=GatewayFacts(GatewayKind.REMOTE, "https://gateway.example", "", 0.2, 0.05),
    engine=EngineFacts(
        True,
        "/engine/python",
        self_test=SelfTest(True, gpus=(GpuVerdict("Card", True, "usable", 24576, 23000, "8.6"),)),
    ),
    keyring=KeyringState.READY,
)


FLAWED = replace(TESTED, uuid="u", verdict="degraded", code="little_memory", reason="only 900 of 24576 MiB of its "
                 "memory are free", hint="Close other programs that use the GPU.")  # fmt: skip
HUNG = replace(TESTED, name="Other", usable=False, uuid="v", verdict="unusable", code="hung", memory_total_mb=8192,
               reason="a small calculation on it did not end", hint="Restart the computer.")  # fmt: skip


def seen_as(*gpus: GpuVerdict) -> Facts:
    return replace(WELL, engine=replace(WELL.engine, self_test=SelfTest(any(gpu.usable for gpu in gpus), gpus=gpus)))


def verdicts(facts: Facts) -> dict[str, Check]:
    return {check.code: check for check in examine(facts)}


def test_a_good_computer_is_well() -> None:
    checks = examine(WELL)
    assert [check.code for check in checks] == list(dict.fromkeys(check.code for check in checks))
    assert {check.code for check in checks} == set(TITLES)
    assert {check.verdict for check in checks} == {Verdict.OK}
    assert DoctorReport(1.0, "1", checks).verdict is Verdict.OK


_text = st.text(max_size=20)
_mb = st.none() | st.integers(0, 200_000)
_cards = st.lists(
    st.builds(
        GpuSample, uuid=_text, name=_text, lost=st.booleans(), memory_used_mb=_mb, memory_total_mb=_mb,
        compute_capability=_text,
    ),
    max_size=2,
).map(tuple)  # fmt: skip
_tested = st.lists(
    st.builds(
        GpuVerdict,
        _text,
        st.booleans(),
        _text,
        st.integers(0, 99999),
        st.integers(0, 99999),
        _text,
        verdict=st.sampled_from(["", "ok", "degraded", "unusable"]),
        code=st.sampled_from(["", "too_old", "hung"]),
        hint=_text,
    ),
    max_size=2,
)
_size = st.none() | st.integers(0, 2**41)
FACTS = st.builds(
    Facts,
    demo=st.booleans(),
    desired=st.sampled_from(Desired),
    device=st.sampled_from(DeviceChoice),
    node_fault=st.none() | st.builds(Fault, st.sampled_from(("engine_missing", "other")), _text, _text),
    gpus=st.builds(GpuReport, at=st.just(1.0), driver=st.sampled_from(GpuDriver), message=_text, gpus=_cards),
    system=st.builds(
        SystemFacts, _text, _text, st.tuples(st.integers(2, 4), st.integers(0, 20), st.integers(0, 20)),
        st.none() | st.tuples(st.just(2), st.integers(17, 45)), _size, _size, st.none() | st.booleans(), _text,
    ),
    folder=st.builds(FolderFacts, _text, _text, _size),
    gateway=st.builds(
        GatewayFacts, st.sampled_from(GatewayKind), _text, _text,
        st.none() | st.floats(-1e6, 1e6), st.floats(0, 60),
    ),
    engine=st.builds(
        EngineFacts, st.booleans(), _text, st.booleans(), st.integers(0, 2**35), st.integers(0, 2**35),
        st.none() | st.builds(SelfTest, st.booleans(), _text, _text, _tested.map(tuple)), _text,
    ),
    keyring=st.sampled_from(KeyringState),
)  # fmt: skip


@given(facts=FACTS)
def test_whatever_it_saw_every_thing_has_a_verdict_with_its_words(facts: Facts) -> None:
    report = DoctorReport(1.0, "1", examine(facts))
    assert [check.code for check in report.checks] == [check.code for check in examine(WELL)]
    for check in report.checks:
        assert check.finding in FINDINGS and check.fix.value in FIXES
        assert isinstance(check.reason, str) and isinstance(check.advice, str)
        # What is in order needs no cure.
        assert check.verdict in (Verdict.WARNING, Verdict.PROBLEM) or check.fix is Fix.NONE
    text, document = report_text(report), report_document(report)
    assert all(title in text for title in TITLES.values())
    assert document["verdict"] == report.verdict.value and len(document["checks"]) == len(TITLES)


def test_a_flaw_of_a_card_is_said_in_the_engines_words() -> None:
    found = verdicts(seen_as(FLAWED))["gpu"]
    assert found.reason == "Card works, with a flaw: only 900 of 24576 MiB of its memory are free."
    assert found.advice == "Close other programs that use the GPU."
    assert (TESTED.flaw, FLAWED.flaw) == (None, GpuFlaw("u", True, FLAWED.reason, FLAWED.hint))
    assert HUNG.flaw == GpuFlaw("v", False, HUNG.reason, HUNG.hint)


@given(facts=FACTS)
def test_a_problem_always_has_a_cure_or_an_advice(facts: Facts) -> None:
    for check in examine(facts):
        if check.verdict is Verdict.PROBLEM:
            assert check.fix is not Fix.NONE or check.advice


def _no_driver(facts: Facts) -> Facts:
    return replace(facts, gpus=GpuReport(1.0, GpuDriver.NO_DRIVER))


@pytest.mark.parametrize(
    ("facts", "code", "verdict", "finding", "fix"),
    [
        (_no_driver(WELL), "driver", Verdict.PROBLEM, "driver_missing", Fix.CHOOSE_CPU),
        (
            replace(_no_driver(WELL), device=DeviceChoice.CPU),
            "driver", Verdict.UNAVAILABLE, "driver_not_needed", Fix.NONE,
        ),
        (
            replace(WELL, gpus=GpuReport(1.0, GpuDriver.MISMATCH)),
            "driver", Verdict.PROBLEM, "driver_mismatch", Fix.NONE,
        ),
        (
            replace(WELL, gpus=GpuReport(1.0, GpuDriver.NO_PERMISSION)),
            "driver", Verdict.PROBLEM, "driver_no_permission", Fix.JOIN_GPU_GROUP,
        ),
        (
            replace(WELL, gpus=GpuReport(1.0, GpuDriver.FAILED)),
            "driver", Verdict.PROBLEM, "driver_failed", Fix.OPEN_DRIVER_PAGE,
        ),
        (
            replace(WELL, gpus=replace(WELL.gpus, gpus=(replace(CARD, lost=True),))),
            "gpu", Verdict.PROBLEM, "gpu_lost", Fix.SHOW_GPUS,
        ),
        (
            replace(WELL, gpus=replace(WELL.gpus, gpus=(replace(CARD, memory_used_mb=20000),))),
            "vram", Verdict.WARNING, "vram_busy", Fix.SHOW_GPUS,
        ),
        (replace(WELL, engine=EngineFacts()), "engine", Verdict.WARNING, "engine_missing_size_unknown",
         Fix.INSTALL_ENGINE),
        (
            replace(WELL, desired=Desired.SERVING, engine=EngineFacts(disk_bytes=5 * GIB)),
            "engine", Verdict.PROBLEM, "engine_missing", Fix.INSTALL_ENGINE,
        ),
        (
            replace(WELL, engine=EngineFacts(disk_bytes=300 * GIB)),
            "disk", Verdict.PROBLEM, "disk_full", Fix.OPEN_DATA_FOLDER,
        ),
        (replace(WELL, engine=replace(WELL.engine, vanished=True)), "antivirus", Verdict.WARNING,
         "antivirus_suspected", Fix.OPEN_DATA_FOLDER),
        (replace(WELL, node_fault=Fault("engine_missing", "gone")), "engine", Verdict.PROBLEM, "engine_vanished",
         Fix.TRY_AGAIN),
        (
            replace(WELL, engine=replace(WELL.engine, self_test=None, self_test_problem="It crashed.")),
            "self_test", Verdict.PROBLEM, "self_test_failed", Fix.SHOW_LOGS,
        ),
        (
            replace(WELL, engine=replace(WELL.engine, self_test=SelfTest(False, "No CUDA.", "Install it."))),
            "self_test", Verdict.PROBLEM, "self_test_no_gpu", Fix.CHOOSE_CPU,
        ),
        (seen_as(TESTED), "gpu", Verdict.OK, "gpu_ok", Fix.NONE),
        (seen_as(FLAWED), "gpu", Verdict.WARNING, "gpu_degraded", Fix.SHOW_GPUS),
        (seen_as(replace(FLAWED, code="old_driver")), "gpu", Verdict.WARNING, "gpu_degraded", Fix.OPEN_DRIVER_PAGE),
        (seen_as(replace(HUNG, code="old_driver")), "gpu", Verdict.PROBLEM, "gpu_unusable", Fix.OPEN_DRIVER_PAGE),
        (seen_as(TESTED, FLAWED), "gpu", Verdict.WARNING, "gpu_degraded", Fix.SHOW_GPUS),
        (seen_as(TESTED, HUNG), "gpu", Verdict.WARNING, "gpu_other_unusable", Fix.SHOW_GPUS),
        (seen_as(HUNG), "gpu", Verdict.PROBLEM, "gpu_unusable", Fix.CHOOSE_CPU),
        (seen_as(replace(HUNG, code="too_old")), "gpu", Verdict.PROBLEM, "gpu_too_old", Fix.CHOOSE_CPU),
        (replace(WELL, folder=FolderFacts("/data", "read-only", GIB * 99)), "folder", Verdict.PROBLEM,
         "folder_broken", Fix.NONE),
        (replace(WELL, system=replace(WELL.system, network_up=False)), "network", Verdict.PROBLEM, "network_down",
         Fix.OPEN_NETWORK_SETTINGS),
        (replace(WELL, system=replace(WELL.system, loopback_problem="refused")), "ports", Verdict.PROBLEM,
         "ports_blocked", Fix.NONE),
        (replace(WELL, system=replace(WELL.system, glibc=(2, 31))), "libc", Verdict.PROBLEM, "libc_old", Fix.NONE),
        (replace(WELL, system=replace(WELL.system, python=(3, 15, 0))), "python", Verdict.PROBLEM,
         "python_unsupported", Fix.NONE),
        (replace(WELL, keyring=KeyringState.LOCKED), "keyring", Verdict.WARNING, "keyring_locked", Fix.NONE),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(facts: Facts, code: str, verdict: Verdict, finding: str, fix: Fix) -> None:
    check = verdicts(facts)[code]
    assert (check.verdict, check.finding, check.fix) == (verdict, finding, fix)


@pytest.mark.parametrize(
    ("ahead", "uncertainty", "verdict"),
    [
        (9.0, 0.0, Verdict.OK),
        (-11.0, 0.5, Verdict.WARNING),
        (11.0, 2.0, Verdict.OK),
        (500.0, 1.0, Verdict.PROBLEM),
        (-500.0, 1.0, Verdict.PROBLEM),
        (None, 0.0, Verdict.UNAVAILABLE),
    ],
)
def test_a_clock_is_blamed_only_for_what_the_way_can_not_explain(
    ahead: float | None, uncertainty: float, verdict: Verdict
) -> None:
    gateway = replace(WELL.gateway, clock_ahead_s=ahead, clock_uncertainty_s=uncertainty)
    check = verdicts(replace(WELL, gateway=gateway))["clock"]
    assert check.verdict is verdict
    assert check.fix is (Fix.OPEN_CLOCK_SETTINGS if verdict in (Verdict.WARNING, Verdict.PROBLEM) else Fix.NONE)
    if ahead is not None and verdict is not Verdict.OK:
        assert ("ahead of" in check.reason) == (ahead > 0)
