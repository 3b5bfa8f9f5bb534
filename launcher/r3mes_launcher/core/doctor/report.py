"""What the doctor says: one verdict for each thing, with its reason and what can be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from r3mes_launcher.core.doctor.words import FINDINGS, FIXES, TITLES

SCHEMA = 1


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """It works, and something may become trouble."""
    PROBLEM = "problem"
    """The node can't do what is wished until this is solved."""
    UNAVAILABLE = "unavailable"
    """Can't be looked at here, or has no meaning here."""


class Fix(StrEnum):
    """What a front end can do about it. What only a person can do is in the advice."""

    NONE = ""
    INSTALL_ENGINE = "install_engine"
    """Switches Serving on, which installs the engine first."""
    TRY_AGAIN = "try_again"
    """Ends a fault or a back-off; what is missing of the engine is installed again."""
    CHOOSE_CPU = "choose_cpu"
    OPEN_DATA_FOLDER = "open_data_folder"
    CHOOSE_GATEWAY = "choose_gateway"
    SHOW_LOGS = "show_logs"
    SHOW_GPUS = "show_gpus"
    OPEN_CLOCK_SETTINGS = "open_clock_settings"
    """The system's own page, where it has one."""
    OPEN_NETWORK_SETTINGS = "open_network_settings"
    OPEN_DRIVER_PAGE = "open_driver_page"
    """Of NVIDIA, in the browser."""
    JOIN_GPU_GROUP = "join_gpu_group"
    """Only an administrator may do it: a command to copy."""


@dataclass(frozen=True, slots=True)
class Check:
    code: str
    """What was looked at; stable, for scripts."""
    verdict: Verdict
    finding: str
    """Names the sentences in `words`; stable. `values` fill their places."""
    values: Mapping[str, str] = field(default_factory=dict)
    fix: Fix = Fix.NONE

    @property
    def title(self) -> str:
        return TITLES[self.code]

    @property
    def reason(self) -> str:
        return FINDINGS[self.finding].reason.format(**self.values)

    @property
    def advice(self) -> str:
        return FINDINGS[self.finding].advice.format(**self.values)


@dataclass(frozen=True, slots=True)
class DoctorReport:
    at: float
    """Seconds since the epoch."""
    version: str
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        verdicts = {check.verdict for check in self.checks}
        return next((each for each in (Verdict.PROBLEM, Verdict.WARNING) if each in verdicts), Verdict.OK)


@dataclass(frozen=True, slots=True)
class GpuFlaw:
    """What the engine found wrong with a GPU, in its words."""

    uuid: str
    usable: bool
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class DoctorState:
    """What the doctor does now. `done` of `total` examinations have ended."""

    running: bool = False
    done: int = 0
    total: int = 0
    report: DoctorReport | None = None
    """Of the last time."""
    flaws: tuple[GpuFlaw, ...] = ()
    """What the engine last found wrong with cards, by a self-test or when it started."""


def report_document(report: DoctorReport) -> dict[str, Any]:
    """For scripts: names stay, more may come."""
    return {
        "schema": SCHEMA,
        "at": report.at,
        "version": report.version,
        "verdict": report.verdict.value,
        "checks": [
            {
                "code": check.code,
                "title": check.title,
                "verdict": check.verdict.value,
                "finding": check.finding,
                "values": dict(check.values),
                "reason": check.reason,
                "advice": check.advice,
                "fix": check.fix.value or None,
            }
            for check in report.checks
        ],
    }


def read_report(document: Mapping[str, Any]) -> DoctorReport:
    """The report of a document. Raises ValueError where it is none, or one of a launcher with other findings."""
    try:
        return DoctorReport(
            float(document["at"]),
            str(document["version"]),
            tuple(
                Check(
                    _known(check["code"], TITLES),
                    Verdict(check["verdict"]),
                    _known(check["finding"], FINDINGS),
                    {str(name): str(value) for name, value in check["values"].items()},
                    Fix(check["fix"] or ""),
                )
                for check in document["checks"]
            ),
        )
    except (KeyError, TypeError, AttributeError):
        raise ValueError("The doctor's report can't be read.") from None


def _known(name: object, among: Mapping[str, object]) -> str:
    if not isinstance(name, str) or name not in among:
        raise KeyError(name)
    return name


_MARKS = {
    Verdict.OK: "ok",
    Verdict.WARNING: "warning",
    Verdict.PROBLEM: "PROBLEM",
    Verdict.UNAVAILABLE: "-",
}


def report_text(report: DoctorReport) -> str:
    """For people, in plain text."""
    wide = max(len(title) for title in TITLES.values())
    lines = []
    for check in report.checks:
        lines.append(f"{_MARKS[check.verdict]:>7}  {check.title:<{wide}}  {check.reason}")
        if check.advice and check.verdict in (Verdict.WARNING, Verdict.PROBLEM):
            lines.append(f"{'':>7}  {'':<{wide}}  {check.advice}")
        command = FIXES[check.fix.value].command
        if command:
            lines.append(f"{'':>7}  {'':<{wide}}  Fix: {command}")
    return "\n".join(lines)
