"""`r3mes doctor`: looks at this computer and says what to do."""

from __future__ import annotations

import json
from collections.abc import Callable

from r3mes_launcher.core.control.messages import BadMessage, ControlError
from r3mes_launcher.core.data_folder import DataFolder
from r3mes_launcher.core.doctor.report import DoctorReport, Verdict, read_report, report_document, report_text
from r3mes_launcher.core.interface import Core, StartRefused
from r3mes_launcher.terminal.exit_status import ExitStatus
from r3mes_launcher.terminal.running import running_or_at_rest


async def doctor(
    folder: DataFolder,
    compose: Callable[[], Core],
    as_json: bool,
    write: Callable[[str], None],
    complain: Callable[[str], None],
) -> int:
    """Asks the launcher that runs, which knows most, or looks itself. OK, or FAILED where there is a problem."""
    try:
        answer = await running_or_at_rest(folder, compose, "doctor")
    except StartRefused as error:
        # A folder that can't be used is a finding like others.
        complain(f"r3mes: {error}")
        answer = compose()
    except (ControlError, BadMessage) as error:
        complain(f"r3mes: {error}")
        return ExitStatus.FAILED
    if isinstance(answer, dict):
        report = read_report(answer)
    else:
        try:
            report = await answer.examine()
        finally:
            await answer.close()
    write(json.dumps(report_document(report), indent=2) if as_json else said(report))
    return status_of(report)


def said(report: DoctorReport) -> str:
    """The report for people, with its sum."""
    problems = sum(check.verdict is Verdict.PROBLEM for check in report.checks)
    warnings = sum(check.verdict is Verdict.WARNING for check in report.checks)
    if not problems and not warnings:
        return f"{report_text(report)}\n\nAll is well."
    return f"{report_text(report)}\n\nProblems: {problems}. Warnings: {warnings}."


def status_of(report: DoctorReport) -> ExitStatus:
    return ExitStatus.FAILED if report.verdict is Verdict.PROBLEM else ExitStatus.OK
