"""Settings that survive restarts, damage and other versions; the folder, its lock and the status file."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.data_folder import DataFolder, FolderLock, data_home, read_json_object, write_atomically
from r3mes_launcher.core.interface import StartRefused
from r3mes_launcher.core.policy.policy_settings import TemperatureRule
from r3mes_launcher.core.settings import SettingsStore, heal
from r3mes_launcher.core.state import Desired, DeviceChoice, GatewayKind, LauncherState, LogLevel
from r3mes_launcher.core.status_file import StatusFile, running_launcher


class Said:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, text: str, level: LogLevel) -> None:
        self.lines.append(text)


@pytest.fixture
def said() -> Said:
    return Said()


def reloaded(path: Path, said: Said) -> SettingsStore:
    store = SettingsStore(path, said)
    store.load()
    return store


def test_a_choice_survives_a_restart(tmp_path: Path, said: Said) -> None:
    path = tmp_path / "settings.json"
    store = reloaded(path, said)
    assert store.current.desired is Desired.OFF and store.current.gateway_kind is GatewayKind.LOCAL
    store.change(desired=Desired.SERVING, gateway_kind=GatewayKind.REMOTE, gateway_url="HTTPS://Example.org/")
    again = reloaded(path, said).current
    assert again.desired is Desired.SERVING and again.gateway_url == "https://example.org"
    assert said.lines == []
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", ["", "{", "[1]", "\x00" * 10, '{"desired": ' * 5000, "x" * 2_000_000])
def test_a_damaged_file_heals_and_is_kept(tmp_path: Path, said: Said, damage: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(damage)
    store = reloaded(path, said)
    assert store.current.desired is Desired.OFF
    assert "damaged" in said.lines[0]
    assert (tmp_path / "settings.damaged.json").read_text() == damage
    assert json.loads(path.read_text())["desired"] == "off"


def test_one_bad_value_costs_only_itself(tmp_path: Path, said: Said) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"desired": "serving", "device": "quantum", "gateway_url": "ftp://x", "of_a_newer_version": 1}')
    store = reloaded(path, said)
    assert store.current.desired is Desired.SERVING and store.current.device is DeviceChoice.AUTO
    assert "device, gateway_url" in said.lines[0]
    assert json.loads(path.read_text())["of_a_newer_version"] == 1


def test_one_bad_value_of_the_policy_costs_only_itself(tmp_path: Path, said: Said) -> None:
    path = tmp_path / "settings.json"
    policy = {
        "battery": {"enabled": False, "below_percent": 500, "of_a_newer_version": 1},
        "temperature": {"target_c": 60, "critical_c": 50},
        "schedule": {"enabled": True, "windows": [{"day": 9, "start": 0, "minutes": 1}, {"day": 8}]},
        "idle": {"enabled": True, "after_minutes": 10},
    }
    path.write_text(json.dumps({"policy": policy, "pause": {"choice": "hour"}, "model": "kept"}))
    healed = reloaded(path, said).current
    assert healed.model == "kept" and healed.pause is None
    assert not healed.policy.battery.enabled and healed.policy.battery.below_percent == 100
    assert healed.policy.temperature == TemperatureRule() and not healed.policy.schedule.enabled
    assert healed.policy.idle.after_minutes == 10
    assert "pause, policy.battery.below_percent, policy.schedule, policy.schedule.windows" in said.lines[0]
    assert json.loads(path.read_text())["policy"]["battery"]["of_a_newer_version"] == 1
    assert reloaded(path, Said()).current == healed


@given(
    st.dictionaries(
        st.sampled_from(
            ["desired", "device", "gateway_kind", "gateway_url", "model", "schema_version", "policy", "pause", "x"]
        ),
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.lists(st.integers(), max_size=2)),
    )
)
def test_any_document_heals(document: dict[str, object]) -> None:
    settings, wrong = heal(document)
    assert set(wrong) <= set(document)
    assert heal(settings.model_dump(mode="json")) == (settings, [])


def test_a_runs_own_values_are_never_written(tmp_path: Path, said: Said) -> None:
    path = tmp_path / "settings.json"
    store = SettingsStore(path, said, {"device": DeviceChoice.CPU})
    store.load()
    store.change(desired=Desired.SERVING)
    assert store.current.device is DeviceChoice.CPU
    assert reloaded(path, said).current.device is DeviceChoice.AUTO
    store.change(device=DeviceChoice.AUTO)
    assert store.current.device is DeviceChoice.AUTO, "the person's own choice ends the deviation"


def test_an_impossible_value_changes_nothing(tmp_path: Path, said: Said) -> None:
    store = reloaded(tmp_path / "settings.json", said)
    with pytest.raises(ValueError, match="https"):
        store.change(gateway_url="ftp://x")
    assert store.current.gateway_url == ""


def test_a_disk_that_can_not_be_written_is_said(tmp_path: Path, said: Said) -> None:
    store = reloaded(tmp_path / "gone" / "settings.json", said)
    store.change(desired=Desired.SERVING)
    assert store.current.desired is Desired.SERVING
    assert "can't be saved" in said.lines[0]
    assert store.unsaved == "no such file or directory"
    (tmp_path / "gone").mkdir()
    store.change(desired=Desired.OFF)
    assert store.unsaved is None


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, "old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_the_home_is_where_the_person_says(tmp_path: Path) -> None:
    assert data_home({"R3MES_HOME": str(tmp_path)}) == tmp_path
    assert data_home({"R3MES_HOME": "  "}).name == "r3mes"
    assert DataFolder.under(tmp_path, True).root == tmp_path / "demo"
    assert DataFolder.under(tmp_path, False).engine == tmp_path / "engine"


def test_the_folder_is_private(tmp_path: Path) -> None:
    folder = DataFolder.under(tmp_path / "home", False)
    folder.create()
    if os.name == "posix":
        assert {stat.S_IMODE(path.stat().st_mode) for path in (folder.root, folder.engine, folder.run_records)} == {
            0o700
        }


def test_a_home_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("")
    with pytest.raises(StartRefused, match="Set R3MES_HOME"):
        DataFolder.under(home, False).create()


def test_one_launcher_per_folder(tmp_path: Path) -> None:
    folder = DataFolder.under(tmp_path, False)
    folder.create()
    code = (
        "import sys; from pathlib import Path; from r3mes_launcher.core.data_folder import *;"
        "lock = FolderLock(DataFolder.under(Path(sys.argv[1]), False)); lock.take();"
        "print('taken', flush=True); input()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None and other.stdout.readline() == "taken\n"
    mine = FolderLock(folder)
    with pytest.raises(StartRefused, match="Another R3MES launcher"):
        mine.take()
    other.kill()
    other.communicate()
    mine.take()
    mine.release()


def test_the_status_file_speaks_only_for_the_living(tmp_path: Path) -> None:
    folder = DataFolder.under(tmp_path, False)
    folder.create()
    assert running_launcher(folder) is None
    file = StatusFile(folder.status)
    file.write(LauncherState())
    running = running_launcher(folder)
    assert running is not None and running.pid == os.getpid() and running.gateway_url == ""
    assert running.status["node"]["actual"] == "unprovisioned"
    document = read_json_object(folder.status)
    for change in ({"started_at": 5.0}, {"pid": 2**31 - 1}, {"pid": "x"}, {"pid": None}):
        folder.status.write_text(json.dumps({**document, **change}))
        assert running_launcher(folder) is None
    folder.status.write_text("{")
    assert running_launcher(folder) is None
    file.remove()
    assert not folder.status.exists()
