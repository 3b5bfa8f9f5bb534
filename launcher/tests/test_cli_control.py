"""One launcher and the commands that are told to it: real processes, real sockets."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import jsonschema
import pytest

from r3mes_launcher.cli import main
from r3mes_launcher.wallet.os_keyring import KeyringState
from r3mes_launcher.wallet.secret import Secret

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

CLI = (sys.executable, "-m", "r3mes_launcher.cli")
PATIENCE_S = 40.0
SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs" / "status.schema.json").read_text())

Run = Callable[..., subprocess.CompletedProcess[str]]
INTERRUPTED = 130


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of a person whose folder holds all that is made here, so that a bundle shows none of it."""
    person = tmp_path_factory.mktemp("person")
    return {**os.environ, "HOME": str(person), "USERPROFILE": str(person), "R3MES_HOME": str(person / "r3mes")}


@pytest.fixture
def r3mes(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command in this process, which has imported everything already; the launchers are processes of their own."""
    for name in ("HOME", "USERPROFILE", "R3MES_HOME"):
        monkeypatch.setenv(name, environment[name])

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = main(arguments)
        out, err = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, out, err)

    return run


@pytest.fixture
def launcher(environment: dict[str, str], r3mes: Run) -> Iterator[subprocess.Popen[str]]:
    """`r3mes start --demo` where none runs: it becomes the launcher."""
    process = subprocess.Popen(
        [*CLI, "start", "--demo"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    seen = ""
    while "Node: serving" not in seen:
        line = process.stdout.readline()
        assert line, seen
        seen += line
    yield process
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0


def test_a_launcher_does_what_it_is_told(launcher: subprocess.Popen[str], r3mes: Run, tmp_path: Path) -> None:
    asked = r3mes("pause", "15m", "--demo")
    assert asked.returncode == 0 and "Paused" in asked.stdout
    assert r3mes("resume", "--anyway", "--demo").returncode == 0
    again = r3mes("start", "--demo")
    assert again.returncode == 0 and "wished serving" in again.stdout, "a second start tells the first launcher"

    assert r3mes("settings", "set", "wallet_idle_s", "77", "--demo").returncode == 0
    assert r3mes("settings", "get", "wallet_idle_s", "--demo").stdout.strip() == "77.0"
    refused = r3mes("settings", "set", "wallet_idle_s", "1", "--demo")
    assert refused.returncode == 1 and "wallet_idle_s" in refused.stderr and "Traceback" not in refused.stderr

    for step in ("pause", "resume", "cancel"):
        refused = r3mes("download", step, "--demo")
        assert refused.returncode == 1 and refused.stderr.startswith("r3mes: No ") and "download" in refused.stderr
    refused = r3mes("download", "token", "--demo", stdin="two words\n")
    assert refused.returncode == 1 and "no access token" in refused.stderr

    kept = r3mes("logs", "--demo", "--process", "launcher", "--search", "R3MES LAUNCHER", "--json").stdout
    [line] = [json.loads(each) for each in kept.splitlines()]
    assert line["process"] == "launcher" and line["level"] == "info"
    assert r3mes("logs", "--demo", "--level", "error").stdout == ""
    assert len(r3mes("logs", "--demo", "-n", "2").stdout.splitlines()) == 2

    report = json.loads(r3mes("doctor", "--demo", "--json").stdout)
    gateway = next(check for check in report["checks"] if check["code"] == "gateway")
    assert gateway["verdict"] == "ok" and "127.0.0.1" in gateway["reason"], "the running launcher was asked"

    saved = tmp_path / "bundle.zip"
    assert r3mes("bundle", "--demo", "--output", str(saved)).returncode == 0
    with zipfile.ZipFile(saved) as archive:
        log = archive.read("logs.jsonl").decode()
        states = [json.loads(each)["status"] for each in archive.read("states.jsonl").decode().splitlines()]
    assert "The engine runs with pid" in log
    assert {"starting", "serving"} <= {each["node"]["actual"] for each in states}
    preview = r3mes("bundle", "--demo", "--preview").stdout
    assert "==> logs.jsonl" in preview and str(tmp_path.parent) not in preview.replace(str(saved), "")

    drained = r3mes("drain", "--demo")
    assert drained.returncode == 0 and "now stopped" in drained.stdout
    deadline = time.monotonic() + PATIENCE_S
    while True:
        status = json.loads(r3mes("status", "--json").stdout)
        jsonschema.validate(status, SCHEMA)
        if status["launchers"][0]["node"]["actual"] == "stopped":
            break
        assert time.monotonic() < deadline


def test_logs_follow_until_the_launcher_ends(
    launcher: subprocess.Popen[str], r3mes: Run, environment: dict[str, str]
) -> None:
    following = subprocess.Popen(
        [*CLI, "logs", "--demo", "--follow", "--search", "paused"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert following.stdout is not None
    try:
        assert r3mes("pause", "1h", "--demo").returncode == 0
        assert "Paused by you" in following.stdout.readline()
    finally:
        following.send_signal(signal.SIGINT)
        following.communicate(timeout=PATIENCE_S)
    assert following.returncode == INTERRUPTED
    assert r3mes("resume", "--demo").returncode == 0


def test_without_a_launcher(r3mes: Run, tmp_path: Path) -> None:
    for command in (("pause",), ("resume",), ("logs",)):
        asked = r3mes(*command)
        assert asked.returncode == 3 and "No R3MES launcher runs" in asked.stderr
    preview = r3mes("bundle", "--preview")
    assert preview.returncode == 0 and "==> settings.json" in preview.stdout
    off = r3mes("stop")
    assert off.returncode == 0 and "stays off" in off.stdout
    assert r3mes("settings", "set", "device", "cpu").returncode == 0
    assert r3mes("settings", "set", "policy.battery.enabled", "false").returncode == 0
    exported = tmp_path / "settings.json"
    assert r3mes("settings", "export", str(exported)).returncode == 0
    assert json.loads(exported.read_text())["device"] == "cpu"
    assert r3mes("settings", "set", "device", "auto").returncode == 0
    damaged = {**json.loads(exported.read_text()), "gateway_url": "nonsense"}
    taken = r3mes("settings", "import", "-", stdin=json.dumps(damaged))
    assert taken.returncode == 0 and "gateway_url" in taken.stderr
    assert r3mes("settings", "get", "device").stdout.strip() == "cpu"
    assert json.loads(r3mes("settings", "get", "policy.battery").stdout)["enabled"] is False
    assert r3mes("settings", "import", "-", stdin="{}").returncode == 1
    assert "Is it 'device'?" in r3mes("settings", "get", "devise").stderr


class MemoryKeyring:
    """In the place of the system's."""

    kept: ClassVar[dict[str, bytes]] = {}
    state = KeyringState.READY

    async def store(self, name: str, key: Secret) -> KeyringState:
        if self.state is KeyringState.READY:
            self.kept[name] = bytes(key.view())
        return self.state

    async def forget(self, name: str) -> KeyringState:
        self.kept.pop(name, None)
        return self.state


def test_a_token_goes_to_the_keyring_alone(
    r3mes: Run, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("r3mes_launcher.composition.SystemKeyring", MemoryKeyring)
    told = r3mes("download", "token", stdin="hf_secret\n")
    assert (told.returncode, told.stdout) == (0, "The system's keyring keeps the token.\n")
    assert MemoryKeyring.kept == {"model-hub": b"hf_secret"}
    home = Path(environment["R3MES_HOME"])
    assert not any(b"hf_secret" in path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert r3mes("download", "forget-token").returncode == 0 and MemoryKeyring.kept == {}
    monkeypatch.setattr(MemoryKeyring, "state", KeyringState.NONE)
    told = r3mes("download", "token", stdin="hf_secret\n")
    assert (told.returncode, told.stderr) == (1, "This system has no keyring.\n")


def test_commands_at_the_same_moment_lose_nothing(environment: dict[str, str], r3mes: Run) -> None:
    """Each takes the folder in turn, reads, writes and leaves."""
    names = ("policy.battery.enabled", "policy.idle.enabled", "policy.disk.enabled")
    for name in names:
        assert r3mes("settings", "set", name, "true").returncode == 0
    processes = [
        subprocess.Popen([*CLI, "settings", "set", name, "false"], env=environment, stderr=subprocess.PIPE)
        for name in names
    ]
    for process in processes:
        _, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, err
    # Two of them change values of the same rule book: the later one starts from what the earlier one wrote.
    assert [r3mes("settings", "get", name).stdout.strip() for name in names] == ["false"] * 3
