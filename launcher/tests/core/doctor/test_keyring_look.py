"""The doctor's look at the keyring through a child: a real one, and others that say nothing or hang."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from r3mes_launcher.core.doctor.keyring_look import KeyringLook
from r3mes_launcher.core.role_command import Role, role_command
from r3mes_launcher.wallet.os_keyring import KeyringState


async def test_the_real_child_says_what_it_found_and_this_process_loads_nothing_for_it() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DBUS_SESSION_BUS_ADDRESS"}
    found = await KeyringLook(role_command(Role.KEYRING), environment, limit_s=60).look()
    assert found in KeyringState
    program = (
        "import asyncio, os, sys\n"
        "from r3mes_launcher.core.doctor.keyring_look import KeyringLook\n"
        "asyncio.run(KeyringLook([sys.executable, '-c', 'print(\"locked\")'], os.environ).look())\n"
        "print('keyring' in sys.modules, 'cryptography' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(
    ("program", "state"),
    [
        ("print('locked')", KeyringState.LOCKED),
        ("print('what?')", KeyringState.NONE),
        ("raise SystemExit(1)", KeyringState.NONE),
    ],
)
async def test_what_the_child_says_counts(program: str, state: KeyringState) -> None:
    assert await KeyringLook([sys.executable, "-c", program], os.environ, limit_s=60).look() is state


async def test_a_child_that_hangs_is_ended() -> None:
    look = KeyringLook([sys.executable, "-c", "import time; time.sleep(600)"], os.environ, limit_s=0.2)
    assert await look.look() is KeyringState.UNANSWERED


async def test_a_child_that_can_not_be_started_found_none() -> None:
    assert await KeyringLook(["/does/not/exist"], os.environ).look() is KeyringState.NONE
