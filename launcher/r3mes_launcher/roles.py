"""The frozen launcher's other roles: `--role NAME` makes the same program a gateway, a guard and so on."""

from __future__ import annotations

from collections.abc import Sequence

from r3mes_launcher.core.role_command import ROLE_FLAG, Role


def run_role(arguments: Sequence[str]) -> int | None:
    """The exit code of the role that the arguments ask for, or None when they ask for none.

    An entry of a frozen program calls this before it imports anything that is slow.
    """
    if len(arguments) < 2 or arguments[0] != ROLE_FLAG:
        return None
    name, rest = arguments[1], list(arguments[2:])
    if name == Role.API_LITE:
        from r3mes_launcher.role_api_lite import main as api_lite

        return api_lite(rest)
    if name == Role.GUARD:
        from r3mes_launcher.role_guard import main as guard

        return guard()
    if name == Role.DEMO_ENGINE:
        from r3mes_launcher.role_demo_engine import main as demo_engine

        return demo_engine(rest)
    if name == Role.KEYRING:
        from r3mes_launcher.role_keyring import main as keyring

        return keyring()
    return None
