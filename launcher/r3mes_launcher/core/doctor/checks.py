"""What the facts mean: pure functions, one for each thing that is looked at."""

from __future__ import annotations

from collections.abc import Callable

from r3mes_launcher.core.doctor.facts import Facts, GpuVerdict
from r3mes_launcher.core.doctor.report import Check, Fix, Verdict
from r3mes_launcher.core.state import Desired, DeviceChoice, GatewayKind, GpuDriver, GpuSample
from r3mes_launcher.sentence import NumberText, as_sentence
from r3mes_launcher.wallet.os_keyring import KeyringState

MIB = 1024 * 1024
GIB = 1024 * MIB

VRAM_SMALL_MB = 6 * 1024
"""Below it no model of seven billion parameters fits in four bits with its cache."""
VRAM_BUSY_SHARE = 0.5
"""Of a card whose memory is taken by half already, other programs use much."""
MEMORY_SMALL = 8 * GIB
"""Loading weights passes them through the computer's own memory."""
MEMORY_LOW = 1 * GIB
DISK_LOW = 10 * GIB
"""The size of one model with some billions of parameters."""
DISK_FULL = 1 * GIB
"""Logs, the history and an update of the launcher need about as much."""
CLOCK_OFF_S = 10.0
CLOCK_WRONG_S = 120.0
"""A clock so far off gets worse: what is signed by one five minutes ahead is not valid yet for the gateway."""
OLD_DRIVER = "old_driver"
"""The engine's word for a card whose driver has to be updated."""
OLDEST_PYTHON, FIRST_UNSUPPORTED_PYTHON = (3, 11), (3, 15)
OLDEST_GLIBC = (2, 34)

_VANISHED_FAULTS = frozenset({"engine_missing", "engine_python_missing"})
_OK, _WARNING, _PROBLEM, _UNAVAILABLE = Verdict.OK, Verdict.WARNING, Verdict.PROBLEM, Verdict.UNAVAILABLE


def examine(facts: Facts) -> tuple[Check, ...]:
    """All verdicts, in the order in which a person would look."""
    return tuple(check(facts) for check in _CHECKS)


def driver(facts: Facts) -> Check:
    report = facts.gpus
    if facts.demo:
        return Check("driver", _UNAVAILABLE, "driver_demo")
    match report.driver:
        case GpuDriver.OK:
            return Check("driver", _OK, "driver_ok", {"version": report.driver_version or "(unknown)"})
        case GpuDriver.STARTING:
            return Check("driver", _UNAVAILABLE, "driver_starting")
        case GpuDriver.NO_DRIVER if facts.device is DeviceChoice.CPU:
            return Check("driver", _UNAVAILABLE, "driver_not_needed")
        case GpuDriver.NO_DRIVER:
            return Check("driver", _PROBLEM, "driver_missing", fix=Fix.CHOOSE_CPU)
        case GpuDriver.NO_GPU:
            return Check("driver", _needs_gpu(facts), "driver_no_gpu", fix=_cpu_fix(facts))
        case GpuDriver.MISMATCH:
            return Check("driver", _needs_gpu(facts), "driver_mismatch")
        case GpuDriver.NO_PERMISSION:
            return Check("driver", _needs_gpu(facts), "driver_no_permission", fix=Fix.JOIN_GPU_GROUP)
        case GpuDriver.FAILED:
            message = report.message or "The driver answers with an error."
            return Check("driver", _needs_gpu(facts), "driver_failed", {"message": message}, Fix.OPEN_DRIVER_PAGE)


def gpu(facts: Facts) -> Check:
    lost = next((card for card in facts.gpus.gpus if card.lost), None)
    if lost is not None:
        return Check("gpu", _needs_gpu(facts), "gpu_lost", {"name": lost.name}, Fix.SHOW_GPUS)
    tested = _best_tested(facts)
    if tested is not None:
        return _tested_gpu(facts, tested)
    card = _best_card(facts)
    if card is None:
        return Check("gpu", _UNAVAILABLE, "gpu_none")
    values = {"name": card.name, "capability": card.compute_capability or "unknown"}
    return Check("gpu", _OK if facts.demo else _UNAVAILABLE, "gpu_ok" if facts.demo else "gpu_untested", values)


def _tested_gpu(facts: Facts, best: GpuVerdict) -> Check:
    if not best.usable:
        values = {"name": best.name, "reason": _sentence(best.reason)}
        if best.code in ("", "too_old"):
            return Check("gpu", _needs_gpu(facts), "gpu_too_old", values, _cpu_fix(facts))
        fix = Fix.OPEN_DRIVER_PAGE if best.code == OLD_DRIVER else _cpu_fix(facts)
        return Check("gpu", _needs_gpu(facts), "gpu_unusable", {**values, "hint": best.hint}, fix)
    assert facts.engine.self_test is not None
    # A second card that is not well is worth a word too; the page of the GPUs has one for each.
    flawed = next((card for card in (best, *facts.engine.self_test.gpus) if card.flaw is not None), None)
    if flawed is None:
        return Check("gpu", _OK, "gpu_ok", {"name": best.name, "capability": best.compute_capability or "unknown"})
    finding = "gpu_degraded" if flawed.usable else "gpu_other_unusable"
    fix = Fix.OPEN_DRIVER_PAGE if flawed.code == OLD_DRIVER else Fix.SHOW_GPUS
    values = {"name": flawed.name, "reason": _sentence(flawed.reason), "hint": flawed.hint}
    return Check("gpu", _WARNING, finding, values, fix)


def vram(facts: Facts) -> Check:
    card = _best_card(facts)
    if card is None:
        return Check("vram", _UNAVAILABLE, "gpu_none")
    if card.memory_total_mb is None or card.memory_used_mb is None:
        return Check("vram", _UNAVAILABLE, "vram_unknown")
    total, free = card.memory_total_mb, card.memory_total_mb - card.memory_used_mb
    values = {"name": card.name, "free": size(free * MIB), "total": size(total * MIB)}
    if total < VRAM_SMALL_MB:
        return Check("vram", _WARNING, "vram_small", values)
    # What this computer's own engine uses is no trouble.
    if free < total * VRAM_BUSY_SHARE and facts.desired is Desired.OFF and not facts.demo:
        return Check("vram", _WARNING, "vram_busy", values, Fix.SHOW_GPUS)
    return Check("vram", _OK, "vram_ok", values)


def engine(facts: Facts) -> Check:
    seen = facts.engine
    if facts.demo:
        return Check("engine", _OK, "engine_demo")
    if _vanished(facts):
        values = {"location": seen.location or as_sentence("in the launcher's folder")}
        return Check("engine", _PROBLEM, "engine_vanished", values, Fix.TRY_AGAIN)
    if seen.present:
        return Check("engine", _OK, "engine_ok", {"location": seen.location})
    verdict = _PROBLEM if facts.desired is Desired.SERVING else _WARNING
    if seen.disk_bytes:
        values = {"size": size(seen.disk_bytes)}
        return Check("engine", verdict, "engine_missing", values, Fix.INSTALL_ENGINE)
    return Check("engine", verdict, "engine_missing_size_unknown", fix=Fix.INSTALL_ENGINE)


def self_test(facts: Facts) -> Check:
    seen = facts.engine
    if facts.demo:
        return Check("self_test", _UNAVAILABLE, "engine_demo")
    if not seen.present or _vanished(facts):
        return Check("self_test", _UNAVAILABLE, "self_test_skipped")
    if seen.self_test is None:
        values = {"problem": seen.self_test_problem or as_sentence("The engine's self-test gave no result.")}
        return Check("self_test", _PROBLEM, "self_test_failed", values, Fix.SHOW_LOGS)
    if facts.device is DeviceChoice.CPU:
        return Check("self_test", _OK, "self_test_cpu")
    if seen.self_test.usable:
        best = _best_tested(facts)
        return Check(
            "self_test", _OK, "self_test_ok", {"name": best.name if best is not None else as_sentence("the GPU")}
        )
    values = {"problem": seen.self_test.problem or as_sentence("No usable GPU."), "hint": seen.self_test.hint}
    return Check("self_test", _PROBLEM, "self_test_no_gpu", values, Fix.CHOOSE_CPU)


def antivirus(facts: Facts) -> Check:
    if _vanished(facts):
        return Check("antivirus", _WARNING, "antivirus_suspected", {"folder": facts.folder.path}, Fix.OPEN_DATA_FOLDER)
    if facts.engine.present or facts.demo:
        return Check("antivirus", _OK, "antivirus_ok")
    return Check("antivirus", _UNAVAILABLE, "antivirus_unknown")


def memory(facts: Facts) -> Check:
    total, available = facts.system.memory_total, facts.system.memory_available
    if total is None or available is None:
        return Check("memory", _UNAVAILABLE, "memory_unknown")
    values = {"total": size(total), "available": size(available)}
    if available < MEMORY_LOW:
        return Check("memory", _WARNING, "memory_low", values)
    # A computer is sold with 8 GB and shows a little less.
    if total < MEMORY_SMALL * 0.9:
        return Check("memory", _WARNING, "memory_small", values)
    return Check("memory", _OK, "memory_ok", values)


def disk(facts: Facts) -> Check:
    free = facts.folder.disk_free
    if free is None:
        return Check("disk", _UNAVAILABLE, "disk_unknown")
    to_install = 0 if facts.engine.present or facts.demo else facts.engine.disk_bytes
    needed = DISK_FULL + to_install
    values = {"free": size(free), "needed": size(needed)}
    if free < needed:
        return Check("disk", _PROBLEM, "disk_full", values, Fix.OPEN_DATA_FOLDER)
    if free < DISK_LOW + to_install:
        return Check("disk", _WARNING, "disk_low", values, Fix.OPEN_DATA_FOLDER)
    return Check("disk", _OK, "disk_ok", values)


def folder(facts: Facts) -> Check:
    seen = facts.folder
    if seen.problem:
        return Check("folder", _PROBLEM, "folder_broken", {"path": seen.path, "problem": seen.problem})
    return Check("folder", _OK, "folder_ok", {"path": seen.path})


def network(facts: Facts) -> Check:
    if facts.system.network_up is None:
        return Check("network", _UNAVAILABLE, "network_unknown")
    if facts.system.network_up:
        return Check("network", _OK, "network_ok")
    if facts.gateway.kind is GatewayKind.LOCAL:
        return Check("network", _UNAVAILABLE, "network_not_needed")
    return Check("network", _PROBLEM, "network_down", fix=Fix.OPEN_NETWORK_SETTINGS)


def gateway(facts: Facts) -> Check:
    seen = facts.gateway
    if seen.problem:
        fix = Fix.CHOOSE_GATEWAY if seen.kind is GatewayKind.REMOTE else Fix.TRY_AGAIN
        return Check("gateway", _PROBLEM, "gateway_unreachable", {"problem": seen.problem}, fix)
    if not seen.url:
        return Check("gateway", _UNAVAILABLE, "gateway_not_running")
    return Check("gateway", _OK, "gateway_ok", {"url": seen.url})


def clock(facts: Facts) -> Check:
    seen = facts.gateway
    if seen.kind is GatewayKind.LOCAL:
        return Check("clock", _UNAVAILABLE, "clock_local")
    if seen.clock_ahead_s is None:
        return Check("clock", _UNAVAILABLE, "clock_unknown")
    # Only what the way there and back can't explain.
    off = max(0.0, abs(seen.clock_ahead_s) - seen.clock_uncertainty_s)
    values = {"seconds": f"{off:.0f}", "direction": as_sentence("ahead of" if seen.clock_ahead_s > 0 else "behind")}
    if off >= CLOCK_WRONG_S:
        return Check("clock", _PROBLEM, "clock_wrong", values, Fix.OPEN_CLOCK_SETTINGS)
    if off >= CLOCK_OFF_S:
        return Check("clock", _WARNING, "clock_off", values, Fix.OPEN_CLOCK_SETTINGS)
    return Check("clock", _OK, "clock_ok", {"seconds": f"{max(1.0, off):.0f}"})


def ports(facts: Facts) -> Check:
    if facts.system.loopback_problem:
        return Check("ports", _PROBLEM, "ports_blocked", {"problem": as_sentence(facts.system.loopback_problem)})
    return Check("ports", _OK, "ports_ok")


def keyring(facts: Facts) -> Check:
    match facts.keyring:
        case KeyringState.READY | KeyringState.LOST:
            return Check("keyring", _OK, "keyring_ready")
        case KeyringState.NONE:
            return Check("keyring", _UNAVAILABLE, "keyring_none")
        case KeyringState.LOCKED:
            return Check("keyring", _WARNING, "keyring_locked")
        case KeyringState.DENIED:
            return Check("keyring", _WARNING, "keyring_denied")
        case KeyringState.UNANSWERED:
            return Check("keyring", _WARNING, "keyring_unanswered")


def python(facts: Facts) -> Check:
    version = facts.system.python
    values = {"version": ".".join(str(part) for part in version)}
    if OLDEST_PYTHON <= version[:2] < FIRST_UNSUPPORTED_PYTHON:
        return Check("python", _OK, "python_ok", values)
    return Check("python", _PROBLEM, "python_unsupported", values)


def libc(facts: Facts) -> Check:
    version = facts.system.glibc
    if version is None:
        return Check("libc", _UNAVAILABLE, "libc_other", {"system": facts.system.system or as_sentence("This system")})
    values = {"version": f"{version[0]}.{version[1]}"}
    if version < OLDEST_GLIBC:
        return Check("libc", _PROBLEM, "libc_old", values)
    return Check("libc", _OK, "libc_ok", values)


_CHECKS: tuple[Callable[[Facts], Check], ...] = (
    *(driver, gpu, vram, engine, self_test, antivirus, memory, disk),
    *(folder, network, gateway, clock, ports, keyring, python, libc),
)


def size(count: int) -> str:
    """Bytes as people read them."""
    return NumberText(f"{count / GIB:.1f} GiB" if count >= GIB else f"{count / MIB:.0f} MiB")


def _needs_gpu(facts: Facts) -> Verdict:
    return _WARNING if facts.device is DeviceChoice.CPU else _PROBLEM


def _cpu_fix(facts: Facts) -> Fix:
    return Fix.NONE if facts.device is DeviceChoice.CPU else Fix.CHOOSE_CPU


def _vanished(facts: Facts) -> bool:
    fault = facts.node_fault
    return not facts.demo and (facts.engine.vanished or (fault is not None and fault.code in _VANISHED_FAULTS))


def _best_tested(facts: Facts) -> GpuVerdict | None:
    tested = facts.engine.self_test
    if tested is None or not tested.gpus:
        return None
    return max(tested.gpus, key=lambda card: (card.usable, card.memory_total_mb))


def _best_card(facts: Facts) -> GpuSample | None:
    cards = [card for card in facts.gpus.gpus if not card.lost]
    return max(cards, key=lambda card: card.memory_total_mb or 0, default=None)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
