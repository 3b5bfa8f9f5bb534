"""The doctor's findings in the window's language."""

from __future__ import annotations

from r3mes_launcher.core.doctor.report import Check, Verdict
from r3mes_launcher.core.doctor.words import FINDINGS
from r3mes_launcher.sentence import Sentence
from r3mes_launcher.ui.core_wording import spoken
from r3mes_launcher.ui.language import translate
from r3mes_launcher.ui.tokens import Tone

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
    return {
        "driver": translate("Doctor", "Graphics driver"),
        "gpu": translate("Doctor", "GPU generation"),
        "vram": translate("Doctor", "GPU memory"),
        "engine": translate("Doctor", "Engine"),
        "self_test": translate("Doctor", "Engine self-test"),
        "antivirus": translate("Doctor", "Antivirus"),
        "memory": translate("Doctor", "Memory"),
        "disk": translate("Doctor", "Disk space"),
        "folder": translate("Doctor", "Data folder"),
        "network": translate("Doctor", "Network"),
        "gateway": translate("Doctor", "Gateway"),
        "clock": translate("Doctor", "Clock"),
        "ports": translate("Doctor", "Local connections"),
        "keyring": translate("Doctor", "System keyring"),
        "python": translate("Doctor", "Python"),
        "libc": translate("Doctor", "System library"),
    }[check.code]


def reason(check: Check) -> str:
    return spoken(Sentence(FINDINGS[check.finding].reason, **check.values))


def advice(check: Check) -> str:
    """Empty where there is nothing to do."""
    if check.verdict not in (Verdict.WARNING, Verdict.PROBLEM):
        return ""
    return spoken(Sentence(FINDINGS[check.finding].advice, **check.values))


def fix_label(check: Check) -> str:
    return {
        "": "",
        "install_engine": translate("Doctor", "Switch Serving on"),
        "try_again": translate("Doctor", "Try again"),
        "choose_cpu": translate("Doctor", "Use the CPU"),
        "open_data_folder": translate("Doctor", "Open the data folder"),
        "choose_gateway": translate("Doctor", "Choose a gateway"),
        "show_logs": translate("Doctor", "Show the log"),
        "show_gpus": translate("Doctor", "Show the GPUs"),
        "open_clock_settings": translate("Doctor", "Open the clock's settings"),
        "open_network_settings": translate("Doctor", "Open the network's settings"),
        "open_driver_page": translate("Doctor", "Get the driver"),
        "join_gpu_group": translate("Doctor", "Copy the command"),
    }[check.fix.value]
