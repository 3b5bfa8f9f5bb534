"""How the launcher starts programs of its own: as modules of this interpreter, or as roles of the frozen program."""

from __future__ import annotations

import sys
from enum import StrEnum


class Role(StrEnum):
    """The value is the name that the frozen program takes after `--role`."""

    API_LITE = "api-lite"
    GUARD = "guard"
    DEMO_ENGINE = "demo-engine"
    KEYRING = "keyring"


_MODULES = {
    Role.API_LITE: "r3mes_api",
    Role.GUARD: "r3mes_launcher.role_guard",
    Role.DEMO_ENGINE: "r3mes_launcher.role_demo_engine",
    Role.KEYRING: "r3mes_launcher.role_keyring",
}

ROLE_FLAG = "--role"


def role_command(role: Role) -> tuple[str, ...]:
    if getattr(sys, "frozen", False):
        return (sys.executable, ROLE_FLAG, role.value)
    # -P: a file of that name in the working folder must not be taken for ours.
    return (sys.executable, "-P", "-m", _MODULES[role])
