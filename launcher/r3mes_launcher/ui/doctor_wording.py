"""The doctor's findings in the window's language: its templates are translated, then filled."""

from __future__ import annotations

from r3mes_launcher.core.doctor.report import Check, Verdict
from r3mes_launcher.core.doctor.words import FINDINGS, FIXES, TITLES
from r3mes_launcher.ui.language import translate
from r3mes_launcher.ui.tokens import Tone

CONTEXT = "Doctor"

TONES = {
    Verdict.OK: Tone.GOOD,
    Verdict.WARNING: Tone.WARNING,
    Verdict.PROBLEM: Tone.BAD,
    Verdict.UNAVAILABLE: Tone.NEUTRAL,
}
ICONS = {
    Verdict.OK: "check",
    Verdict.WARNING: "warning",
    Verdict.PROBLEM: "warning",
    Verdict.UNAVAILABLE: "info",
}


def title(check: Check) -> str:
    return _translated(TITLES[check.code])


def reason(check: Check) -> str:
    return _translated(FINDINGS[check.finding].reason).format(**check.values)


def advice(check: Check) -> str:
    """Empty where there is nothing to do."""
    if check.verdict not in (Verdict.WARNING, Verdict.PROBLEM):
        return ""
    return _translated(FINDINGS[check.finding].advice).format(**check.values)


def fix_label(check: Check) -> str:
    return _translated(FIXES[check.fix.value].label)


def _translated(template: str) -> str:
    return translate(CONTEXT, template) if template else ""
