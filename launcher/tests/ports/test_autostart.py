"""What is written so that a login starts R3MES, and what is read back of it: on the disk, and in a played registry."""

from __future__ import annotations

import plistlib
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r3mes_launcher.core.autostart_desk import AutostartDesk, truth_of
from r3mes_launcher.core.state import LogLevel
from r3mes_launcher.ports.autostart import (
    APPROVED_KEY,
    RUN_KEY,
    Autostart,
    AutostartEntry,
    AutostartReading,
    FixedAutostart,
    LaunchAgentAutostart,
    RunKeyAutostart,
    XdgAutostart,
    desktop_entry,
    exec_line,
    start_command,
    system_autostart,
)

COMMAND = start_command("/opt/R3 MES/bin/python", False)
MOVED = start_command("/opt/before/bin/python", False)
OTHER_DATA = start_command("/opt/R3 MES/bin/python", False, "/data/other")


class PlayedRegistry:
    def __init__(self) -> None:
        self.values: dict[tuple[str, str], str | bytes] = {}

    def read(self, key: str, name: str) -> str | bytes:
        try:
            return self.values[key, name]
        except KeyError:
            raise FileNotFoundError(2, "no such value") from None

    def write(self, key: str, name: str, value: str) -> None:
        self.values[key, name] = value

    def delete(self, key: str, name: str) -> None:
        if self.values.pop((key, name), None) is None:
            raise FileNotFoundError(2, "no such value")


def port(kind: str, command: tuple[str, ...], tmp_path: Path, registry: PlayedRegistry) -> Autostart:
    if kind == "xdg":
        return XdgAutostart(command, tmp_path / "autostart")
    if kind == "launchd":
        return LaunchAgentAutostart(command, tmp_path / "LaunchAgents")
    return RunKeyAutostart(command, registry)


@pytest.mark.parametrize("kind", ["xdg", "launchd", "run key"])
def test_it_is_off_until_it_is_switched_on_and_off_again(kind: str, tmp_path: Path) -> None:
    registry = PlayedRegistry()
    here = port(kind, COMMAND, tmp_path, registry)
    assert here.read().entry is AutostartEntry.OFF
    here.write(True)
    assert here.read() == AutostartReading(AutostartEntry.ON)
    assert port(kind, MOVED, tmp_path, registry).read() == AutostartReading(AutostartEntry.OTHER)
    other = port(kind, OTHER_DATA, tmp_path, registry).read()
    assert other == AutostartReading(AutostartEntry.OTHER, same_data=False)
    here.write(False)
    here.write(False)
    assert here.read().entry is AutostartEntry.OFF
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert registry.values == {}


def test_the_desktop_entry_is_what_the_specification_wants(tmp_path: Path) -> None:
    XdgAutostart(COMMAND, tmp_path / "autostart").write(True)
    path = tmp_path / "autostart" / "r3mes-launcher.desktop"
    entry = desktop_entry(path.read_text("utf-8"))
    assert entry["Type"] == "Application" and entry["Terminal"] == "false"
    assert shlex.split(entry["Exec"]) == list(COMMAND)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize(
    "change",
    [
        ("X-GNOME-Autostart-enabled=true", "X-GNOME-Autostart-enabled=false"),
        ("Terminal=false", "Hidden=true"),
        ("Type=", "# Type="),
        ("Exec=", "#Exec="),
        ("[Desktop Entry]", "[Other]"),
    ],
    ids=["GNOME's switch", "hidden", "comment", "no command", "another group"],
)
def test_the_desktop_s_own_switch_counts(change: tuple[str, str], tmp_path: Path) -> None:
    here = XdgAutostart(COMMAND, tmp_path)
    here.write(True)
    path = tmp_path / "r3mes-launcher.desktop"
    path.write_text(path.read_text("utf-8").replace(*change), "utf-8")
    assert here.read().entry is (AutostartEntry.ON if change[0] == "Type=" else AutostartEntry.OFF)
    here.write(True)
    assert here.read().entry is AutostartEntry.ON, "whoever switches it on here means it"


def test_the_task_manager_s_switch_counts() -> None:
    registry = PlayedRegistry()
    here = RunKeyAutostart(COMMAND, registry)
    here.write(True)
    assert registry.values[RUN_KEY, "R3MES"] == subprocess.list2cmdline(COMMAND)
    registry.values[APPROVED_KEY, "R3MES"] = bytes([3] + [0] * 11)
    assert here.read().entry is AutostartEntry.OFF
    registry.values[APPROVED_KEY, "R3MES"] = bytes([2] + [0] * 11)
    assert here.read().entry is AutostartEntry.ON
    registry.values[APPROVED_KEY, "R3MES"] = bytes([3] + [0] * 11)
    here.write(True)
    assert here.read().entry is AutostartEntry.ON


def test_a_property_list_of_somebody_else_is_no_entry_of_ours(tmp_path: Path) -> None:
    here = LaunchAgentAutostart(COMMAND, tmp_path)
    here.write(True)
    path = tmp_path / "network.r3mes.launcher.plist"
    assert plistlib.loads(path.read_bytes())["RunAtLoad"] is True
    path.write_bytes(plistlib.dumps({"Label": "x", "ProgramArguments": list(COMMAND), "RunAtLoad": False}))
    assert here.read().entry is AutostartEntry.OFF
    path.write_bytes(b"<plist><dict><key>nonsense")
    assert here.read() == AutostartReading(AutostartEntry.OTHER, same_data=False)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20), min_size=1))
def test_any_path_comes_back_from_the_command_line_of_a_desktop_entry(arguments: list[str]) -> None:
    """Read as the specification says: the string's escapes first, then the quotes, then the field codes."""
    value = exec_line(arguments)
    unescaped = value.replace("\\\\", "\\")
    found, at = [], 0
    while at < len(unescaped):
        if unescaped[at] == '"':
            at, word = at + 1, ""
            while unescaped[at] != '"':
                at += unescaped[at] == "\\"
                word += unescaped[at]
                at += 1
            at += 1
        else:
            end = unescaped.find(" ", at)
            word = unescaped[at:] if end < 0 else unescaped[at:end]
            at += len(word)
        found.append(word.replace("%%", "%"))
        at += 1
    assert found == arguments


def test_where_it_is_written_follows_the_system(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("the XDG folders")
    entry = tmp_path / "autostart" / "r3mes-launcher.desktop"
    system_autostart({"XDG_CONFIG_HOME": str(tmp_path)}, "/data/here").write(True)
    assert "--home /data/here" in desktop_entry(entry.read_text("utf-8"))["Exec"]
    assert system_autostart({"XDG_CONFIG_HOME": str(tmp_path)}, "/data/here").read().entry is AutostartEntry.ON


def test_inside_flatpak_it_says_who_decides(tmp_path: Path) -> None:
    reading = XdgAutostart(COMMAND, tmp_path, sandboxed=True).read()
    assert reading.entry is AutostartEntry.UNAVAILABLE and "Flatpak" in reading.why


# The desk.


class Said(list[tuple[str, LogLevel]]):
    def say(self, text: str, level: LogLevel = LogLevel.INFO) -> None:
        self.append((text, level))


async def test_what_is_switched_is_read_back() -> None:
    here = FixedAutostart()
    desk = AutostartDesk(here, Said().say)
    assert (await desk.choose(True)).entry is AutostartEntry.ON
    assert (await desk.read()).entry is AutostartEntry.ON
    assert (await desk.choose(False)).entry is AutostartEntry.OFF


@pytest.mark.parametrize(
    ("here", "words"),
    [
        (FixedAutostart(refuses=PermissionError(13, "Permission denied")), "did not take it: permission denied"),
        (FixedAutostart(forgets=True), "did not keep it"),
        (FixedAutostart(AutostartReading(AutostartEntry.UNAVAILABLE, "Not in the demo.")), "Not in the demo."),
    ],
)
async def test_a_change_that_is_not_there_afterwards_is_refused(here: FixedAutostart, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        await AutostartDesk(here, Said().say).choose(True)


@pytest.mark.parametrize(
    ("reading", "written"),
    [
        (AutostartReading(AutostartEntry.OFF), []),
        (AutostartReading(AutostartEntry.ON), []),
        (AutostartReading(AutostartEntry.OTHER), [True]),
        (AutostartReading(AutostartEntry.OTHER, same_data=False), []),
        (AutostartReading(AutostartEntry.UNAVAILABLE), []),
    ],
)
async def test_a_start_renews_its_own_entry_and_makes_none(reading: AutostartReading, written: list[bool]) -> None:
    here = FixedAutostart(reading)
    await AutostartDesk(here, Said().say).keep_up()
    assert here.written == written


def test_words_of_the_command_line() -> None:
    assert [truth_of(word) for word in ("true", "ON", "no", "0")] == [True, True, False, False]
    with pytest.raises(ValueError, match="true or false"):
        truth_of("perhaps")
