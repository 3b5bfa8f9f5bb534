from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from r3mes_launcher.wallet.os_keyring import ADVICE, KeyringState, NoKeyring, SystemKeyring
from r3mes_launcher.wallet.secret import Secret

KEY = bytes(range(32))


class MemoryBackend:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


def secret() -> Secret:
    return Secret(bytearray(KEY))


async def test_a_key_is_stored_fetched_and_forgotten() -> None:
    backend = MemoryBackend()
    keyring = SystemKeyring(lambda: backend)
    assert await keyring.look() is KeyringState.READY
    assert (await keyring.fetch("vault-1")).state is KeyringState.LOST
    assert await keyring.store("vault-1", secret()) is KeyringState.READY
    fetched = await keyring.fetch("vault-1")
    assert fetched.key is not None and bytes(fetched.key.view()) == KEY
    assert await keyring.forget("vault-1") is KeyringState.READY
    assert await keyring.forget("vault-1") is KeyringState.READY
    assert (await keyring.fetch("vault-1")).state is KeyringState.LOST


async def test_a_keyring_that_loses_keys_is_found_out() -> None:
    class Null(MemoryBackend):
        def set_password(self, service: str, username: str, password: str) -> None:
            return None

    assert await SystemKeyring(Null).store("vault-1", secret()) is KeyringState.LOST


async def test_nonsense_in_the_keyring_is_a_lost_key() -> None:
    backend = MemoryBackend()
    backend.set_password("r3mes-launcher", "vault-1", "no base64!")
    assert (await SystemKeyring(lambda: backend).fetch("vault-1")).state is KeyringState.LOST


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (NoKeyring(), KeyringState.NONE),
        (FileNotFoundError("bus"), KeyringState.NONE),
        (ConnectionResetError("bus"), KeyringState.NONE),
        (type("KeyringLocked", (Exception,), {})(), KeyringState.LOCKED),
        (type("LockedException", (Exception,), {})(), KeyringState.LOCKED),
        (type("SecretServiceNotAvailableException", (Exception,), {})(), KeyringState.NONE),
        (RuntimeError("user cancelled"), KeyringState.DENIED),
    ],
)
async def test_every_failure_is_a_state(error: Exception, state: KeyringState) -> None:
    def broken() -> MemoryBackend:
        raise error

    keyring = SystemKeyring(broken)
    assert await keyring.store("vault-1", secret()) is state
    assert (await keyring.fetch("vault-1")).state is state
    assert await keyring.forget("vault-1") is state


def test_every_state_has_a_sentence_and_what_to_do() -> None:
    for state in KeyringState:
        assert ADVICE[state].message.endswith(".")
        assert state is KeyringState.READY or ADVICE[state].hint.endswith((".", "."))


async def test_a_prompt_that_nobody_answers_is_asked_once() -> None:
    answered, asked = threading.Event(), 0

    class Prompting(MemoryBackend):
        def get_password(self, service: str, username: str) -> str | None:
            nonlocal asked
            asked += 1
            answered.wait(30)
            return super().get_password(service, username)

    keyring = SystemKeyring(Prompting, answer_timeout_s=0.05)
    try:
        assert (await keyring.fetch("vault-1")).state is KeyringState.UNANSWERED
        for _ in range(5):
            assert (await keyring.fetch("vault-1")).state is KeyringState.UNANSWERED
        assert asked == 1
    finally:
        answered.set()
    async with asyncio.timeout(60):
        while (await keyring.fetch("vault-1")).state is KeyringState.UNANSWERED:
            await asyncio.sleep(0.01)
    assert (await keyring.fetch("vault-1")).state is KeyringState.LOST


# A real Secret Service

TOOLS = ("dbus-run-session", "gnome-keyring-daemon", "secret-tool")
needs_secret_service = pytest.mark.skipif(
    sys.platform != "linux" or any(shutil.which(tool) is None for tool in TOOLS),
    reason="needs the Debian packages gnome-keyring, dbus-daemon and libsecret-tools",
)
needs_display = pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="needs the Debian package xvfb")

ASK = """
import asyncio, json, os, subprocess, sys, time
from r3mes_launcher.wallet.os_keyring import SystemKeyring
from r3mes_launcher.wallet.secret import Secret

keyring = SystemKeyring(answer_timeout_s=float(os.environ.get("PATIENCE", "20")), prompt_timeout_s=20)
late = 0.0

async def beat():
    global late
    while True:
        before = time.monotonic()
        await asyncio.sleep(0.02)
        late = max(late, time.monotonic() - before - 0.02)

async def main():
    heart = asyncio.create_task(beat())
    said = []
    for step in sys.argv[1:]:
        if step == "look":
            said.append(await keyring.look())
        elif step == "store":
            said.append(await keyring.store("vault-1", Secret(bytearray(range(32)))))
        elif step == "fetch":
            fetched = await keyring.fetch("vault-1")
            said.append(fetched.state if fetched.key is None else fetched.key.view().hex())
        elif step == "forget":
            said.append(await keyring.forget("vault-1"))
        else:
            process = await asyncio.create_subprocess_shell(step, stdout=asyncio.subprocess.DEVNULL)
            await process.wait()
    heart.cancel()
    print(json.dumps({"said": said, "late_ms": late * 1000}), flush=True)
    os._exit(0)

asyncio.run(main())
"""


@pytest.fixture
def in_session(tmp_path: Path, checkout_paths: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs Python in a session bus of its own with a home of its own; gnome-keyring ends with the bus."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)

    def run(
        arguments: list[str], *, daemon: str = "unlock", password: str = "ci-only", display: bool = False, **more: str
    ) -> subprocess.CompletedProcess[str]:
        folder = tmp_path / "run"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        begin = {
            "unlock": f'printf "{password}\\n" | gnome-keyring-daemon --unlock --components=secrets >/dev/null && ',
            "start": "gnome-keyring-daemon --start --components=secrets >/dev/null && ",
            "none": "",
        }[daemon]
        command = ["dbus-run-session", "--", "bash", "-c", begin + 'exec "$@"', "_", sys.executable, *arguments]
        completed = subprocess.run(
            ["xvfb-run", "-a", *command] if display else command,
            capture_output=True,
            text=True,
            timeout=90,
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "XDG_DATA_HOME": str(home / ".local/share"),
                "XDG_RUNTIME_DIR": str(folder),
                "PYTHONPATH": checkout_paths,
                **more,
            },
        )
        assert completed.returncode == 0, completed.stderr
        return completed

    return run


@pytest.fixture
def secret_service(tmp_path: Path, in_session: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Asks the keyring step by step, in one such session."""
    asking = tmp_path / "ask.py"
    asking.write_text(ASK)

    def ask(*steps: str, **options: Any) -> dict[str, Any]:
        return dict(json.loads(in_session([str(asking), *steps], **options).stdout.splitlines()[-1]))

    return ask


@needs_secret_service
def test_a_real_keyring_keeps_the_key_over_a_restart(
    secret_service: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    assert secret_service("look", "fetch", "store", "fetch")["said"] == ["ready", "lost", "ready", KEY.hex()]
    # Another session: the items were on the disk, encrypted.
    assert secret_service("fetch")["said"] == [KEY.hex()]
    for file in (tmp_path / "home").rglob("*"):
        assert not file.is_file() or KEY not in file.read_bytes()
    # The wrong login password leaves the keyring locked, and then our key is not reachable but not lost.
    assert secret_service("fetch", password="not the password")["said"] == ["locked"]
    assert secret_service("fetch", daemon="start")["said"] == ["locked"]
    # A setting that would lose keys without a word is not obeyed.
    null = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    assert secret_service("fetch", "forget", "fetch", **null)["said"] == [KEY.hex(), "ready", "lost"]


CARRY = """
import argparse, io, json, sys
from r3mes_launcher.wallet import cli
from r3mes_launcher.wallet.sealed_file import FLOOR

parser = argparse.ArgumentParser()
cli.add_commands(parser)
for command, document, *options in json.loads(sys.argv[1]):
    arguments = parser.parse_args([command, "--home", "vaults", *options])
    code = cli.run(arguments, io.BytesIO(json.dumps(document).encode()), parameters=FLOOR)
    print("code", code, file=sys.stderr)
"""


@needs_secret_service
def test_the_command_line_opens_its_vault_by_a_real_keyring(in_session: Callable[..., Any], tmp_path: Path) -> None:
    def run(*commands: Any, **more: str) -> tuple[list[Any], str]:
        done = in_session(["-c", CARRY, json.dumps(commands)], **more)
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    password = {"password": "correct horse"}
    answers, _ = run(["create", password], ["remember", password])
    assert answers[1]["remembered"]
    # After a restart of everything: no password for what shows nothing secret, but one for the words.
    answers, said = run(["list", {}, "--keyring"], ["words", {}, "--keyring"], ["words", password, "--keyring"])
    assert len(answers[0]["wallets"]) == 1 and len(answers) == 2 and len(answers[1]["words"]) == 24
    assert "code 2" in said and "password is wrong" in said
    _, said = run(["list", {}, "--keyring"], password="not the login password")
    assert "keyring is locked" in said and "code 1" in said
    # Another password is another key, and the old one opens nothing.
    changed = {"password": "correct horse", "new_password": "battery staple"}
    _, said = run(["change-password", changed], ["list", {}, "--keyring"], ["list", {}])
    assert "code 1" in said and "“password”" in said
    answers, _ = run(["remember", {"password": "battery staple"}], ["forget", {}], ["list", {}, "--keyring"])
    assert [answer.get("remembered") for answer in answers] == [True, False]
    assert not any(b"correct horse" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


@needs_secret_service
def test_a_real_keyring_that_is_locked_or_killed_meanwhile(secret_service: Callable[..., dict[str, Any]]) -> None:
    answer = secret_service("store", "secret-tool lock --collection=login", "fetch", "store")
    assert answer["said"] == ["ready", "locked", "locked"]
    # D-Bus starts a new daemon, which nobody has unlocked.
    kill = "kill -9 $(cat $XDG_RUNTIME_DIR/daemon-pid)"
    find = (
        "dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / "
        "org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets "
        "| grep -o '[0-9]*$' > $XDG_RUNTIME_DIR/daemon-pid"
    )
    answer = secret_service("store", find, kill, "fetch", "store")
    assert answer["said"][0] == "ready" and set(answer["said"][1:]) == {"locked"}


@pytest.mark.skipif(sys.platform != "linux", reason="D-Bus is Linux's")
def test_no_bus(tmp_path: Path, checkout_paths: str) -> None:
    (tmp_path / "ask.py").write_text(ASK)
    no_bus = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
    completed = subprocess.run(
        [sys.executable, str(tmp_path / "ask.py"), "look", "store", "fetch", "forget"],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": checkout_paths, **no_bus},
    )
    assert json.loads(completed.stdout)["said"] == ["none"] * 4, completed.stderr


@needs_secret_service
@needs_display
def test_an_unanswered_prompt_never_stops_the_program(secret_service: Callable[..., dict[str, Any]]) -> None:
    assert secret_service("store")["said"] == ["ready"]
    answer = secret_service("fetch", "fetch", "look", daemon="start", display=True, PATIENCE="1.5")
    assert answer["said"] == ["unanswered"] * 3
    assert answer["late_ms"] < 200
