"""Exit codes of `r3mes`. They stay as they are: scripts and service managers act on them."""

from __future__ import annotations

from enum import IntEnum

from r3mes_launcher.core.engine_faults import exit_code_of
from r3mes_launcher.core.state import Fault


class ExitStatus(IntEnum):
    OK = 0
    """Done; for `run` also: ended by Ctrl-C or SIGTERM."""
    FAILED = 1
    USAGE = 2
    NOT_RUNNING = 3
    """`status`: no launcher runs."""
    INTERRUPTED = 130
    """Ctrl-C before there was an answer."""


def fault_status(fault: Fault | None) -> int:
    """The engine's own exit code where the fault comes from one, such as 10 for no usable GPU."""
    code = exit_code_of(fault) if fault is not None else None
    return int(code) if code is not None else ExitStatus.FAILED
