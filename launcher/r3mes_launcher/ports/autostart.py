"""Starting with the session: what is written where, read back, on Linux, Windows and macOS.

Nothing is ever switched on but by its person. What counts is what the system would do at the next login, so the answer
is read from the same place that the system reads, each time anew.

Sources: the Desktop Application Autostart Specification 0.5 and the Desktop Entry Specification 1.5 of freedesktop.org;
the Run and StartupApproved keys of Windows; launchd.plist(5).
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from r3mes_launcher.core.data_folder import write_atomically
from r3mes_launcher.sentence import Sentence, phrase
from r3mes_launcher.system_cause import system_cause

NAME = "R3MES"
TRAY = "--tray"
"""The window's option: begin in the tray. What starts with the session should not stand in the way."""
MAX_ENTRY_BYTES = 64 * 1024
"""An entry is a few hundred bytes; a larger file is not read."""


class AutostartEntry(StrEnum):
    ON = "on"
    OFF = "off"
    OTHER = "other"
    """There is an entry, and it starts another copy of R3MES than this one."""
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class AutostartReading:
    entry: AutostartEntry
    why: str = ""
    """Why it is not available, one sentence."""
    same_data: bool = True
    """The other copy works on the same data folder: it is this launcher before it was moved or updated."""


class Autostart(Protocol):
    """Both may wait for a disk; not for a loop's thread."""

    def read(self) -> AutostartReading: ...

    def write(self, on: bool) -> None:
        """Makes or takes away the entry. Raises OSError."""
        ...


@dataclass(slots=True)
class FixedAutostart:
    """For tests, and for the demo, which changes nothing on this computer."""

    reading: AutostartReading = AutostartReading(AutostartEntry.OFF)
    refuses: OSError | None = None
    forgets: bool = False
    """What is written does not stay, as on a computer whose owner forbids it."""
    written: list[bool] = field(default_factory=list)

    def read(self) -> AutostartReading:
        return self.reading

    def write(self, on: bool) -> None:
        self.written.append(on)
        if self.refuses is not None:
            raise self.refuses
        if not self.forgets:
            self.reading = AutostartReading(AutostartEntry.ON if on else AutostartEntry.OFF)


class XdgAutostart:
    """A desktop entry in the user's autostart folder."""

    def __init__(self, command: Sequence[str], folder: Path, sandboxed: bool = False) -> None:
        """`folder` is `autostart` in the user's configuration; `sandboxed`: inside Flatpak, which has its own."""
        self._command = tuple(command)
        self._path = folder / "r3mes-launcher.desktop"
        self._sandboxed = sandboxed

    def read(self) -> AutostartReading:
        if self._sandboxed:
            return AutostartReading(
                AutostartEntry.UNAVAILABLE,
                phrase("Inside Flatpak the system's own settings decide what starts with it."),
            )
        try:
            text = _read_entry(self._path).decode("utf-8", "replace")
        except FileNotFoundError:
            return AutostartReading(AutostartEntry.OFF)
        except OSError as error:
            return AutostartReading(
                AutostartEntry.UNAVAILABLE,
                Sentence("{path} can't be read: {cause}.", path=self._path, cause=system_cause(error)),
            )
        entry = desktop_entry(text)
        hidden = entry.get("Hidden", "").lower() == "true"
        switched_off = entry.get("X-GNOME-Autostart-enabled", "").lower() == "false"
        if hidden or switched_off or not entry.get("Exec"):
            return AutostartReading(AutostartEntry.OFF)
        return _reading(entry["Exec"], exec_line(self._command), " " + exec_line(_options(self._command)))

    def write(self, on: bool) -> None:
        if not on:
            self._path.unlink(missing_ok=True)
            return
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lines = (
            "[Desktop Entry]",
            "Type=Application",
            f"Name={NAME}",
            "Comment=A node of the R3MES network",
            f"Exec={exec_line(self._command)}",
            "Icon=r3mes-launcher",
            "Terminal=false",
            "X-GNOME-Autostart-enabled=true",
        )
        write_atomically(self._path, "\n".join(lines) + "\n")


def desktop_entry(text: str) -> dict[str, str]:
    """The keys of the group "Desktop Entry", as they are written."""
    found: dict[str, str] = {}
    inside = False
    for line in text.splitlines():
        if line.startswith("["):
            inside = line.strip() == "[Desktop Entry]"
        elif inside and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[key.strip()] = value.strip()
    return found


def exec_line(command: Sequence[str]) -> str:
    """The value of `Exec` that starts exactly these arguments."""
    return " ".join(_exec_argument(argument) for argument in command)


def _exec_argument(argument: str) -> str:
    # "%" begins a field code. Then quoting, and on top of it the escaping of every string value.
    doubled = argument.replace("%", "%%")
    if not re.fullmatch(r"[\w@+:,./%-]+", doubled, re.ASCII):
        quoted = re.sub(r'(["`$\\])', r"\\\1", doubled)
        doubled = f'"{quoted}"'
    return doubled.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


class LaunchAgentAutostart:
    """A property list for launchd in ~/Library/LaunchAgents; it takes effect at the next login."""

    LABEL = "network.r3mes.launcher"

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._command = list(command)
        self._path = folder / f"{self.LABEL}.plist"

    def read(self) -> AutostartReading:
        # Of no use on the other systems, where it would only take memory.
        import plistlib
        from xml.parsers.expat import ExpatError

        try:
            entry = plistlib.loads(_read_entry(self._path))
        except FileNotFoundError:
            return AutostartReading(AutostartEntry.OFF)
        except (ValueError, ExpatError, plistlib.InvalidFileException):
            return AutostartReading(AutostartEntry.OTHER, same_data=False)
        except OSError as error:
            return AutostartReading(
                AutostartEntry.UNAVAILABLE,
                Sentence("{path} can't be read: {cause}.", path=self._path, cause=system_cause(error)),
            )
        if not isinstance(entry, dict) or entry.get("Disabled") is True or entry.get("RunAtLoad") is not True:
            return AutostartReading(AutostartEntry.OFF)
        started = entry.get("ProgramArguments")
        if started == self._command:
            return AutostartReading(AutostartEntry.ON)
        options = _options(self._command)
        same_data = isinstance(started, list) and started[-len(options) :] == options
        return AutostartReading(AutostartEntry.OTHER, same_data=same_data)

    def write(self, on: bool) -> None:
        import plistlib

        if not on:
            self._path.unlink(missing_ok=True)
            return
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        entry: dict[str, Any] = {
            "Label": self.LABEL,
            "ProgramArguments": self._command,
            "RunAtLoad": True,
            "ProcessType": "Interactive",
            "LimitLoadToSessionType": "Aqua",
        }
        write_atomically(self._path, plistlib.dumps(entry).decode("utf-8"))


RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED_KEY = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"


class UserRegistry(Protocol):
    """Values under HKEY_CURRENT_USER. Raise OSError, FileNotFoundError where there is no such value."""

    def read(self, key: str, name: str) -> str | bytes: ...
    def write(self, key: str, name: str, value: str) -> None: ...
    def delete(self, key: str, name: str) -> None: ...


class RunKeyAutostart:
    """A value in the user's Run key. The Task Manager's own switch for it lies in StartupApproved."""

    def __init__(self, command: Sequence[str], registry: UserRegistry) -> None:
        self._line = subprocess.list2cmdline(command)
        self._end = " " + subprocess.list2cmdline(_options(command))
        self._registry = registry

    def read(self) -> AutostartReading:
        try:
            line = self._registry.read(RUN_KEY, NAME)
        except FileNotFoundError:
            return AutostartReading(AutostartEntry.OFF)
        except OSError as error:
            return AutostartReading(
                AutostartEntry.UNAVAILABLE, Sentence("The registry can't be read: {cause}.", cause=system_cause(error))
            )
        try:
            approved = self._registry.read(APPROVED_KEY, NAME)
        except OSError:
            approved = b""
        # An odd first byte: the person switched it off in the Task Manager.
        if isinstance(approved, bytes) and approved[:1] and approved[0] & 1:
            return AutostartReading(AutostartEntry.OFF)
        return _reading(str(line), self._line, self._end)

    def write(self, on: bool) -> None:
        if on:
            self._registry.write(RUN_KEY, NAME, self._line)
            # Whoever switches it on here means it, whatever the Task Manager was told before.
            with contextlib.suppress(FileNotFoundError):
                self._registry.delete(APPROVED_KEY, NAME)
        else:
            with contextlib.suppress(FileNotFoundError):
                self._registry.delete(RUN_KEY, NAME)


def start_command(executable: str, frozen: bool, home: str = "") -> tuple[str, ...]:
    """What a login starts: the window in the tray, with the data folder of now where it is not the usual one."""
    program = (executable,) if frozen else (executable, "-P", "-m", "r3mes_launcher")
    return (*program, TRAY, *(("--home", home) if home else ()))


def system_autostart(environ: Mapping[str, str], home: str = "") -> Autostart:
    """`home`: the data folder, where R3MES_HOME names another one than the usual."""
    frozen = bool(getattr(sys, "frozen", False))
    if sys.platform == "win32":
        from r3mes_launcher.ports.autostart_windows import SystemRegistry

        # The one without a console window of its own.
        windowed = Path(sys.executable).with_name("pythonw.exe")
        executable = str(windowed) if not frozen and windowed.exists() else sys.executable
        return RunKeyAutostart(start_command(executable, frozen, home), SystemRegistry())
    command = start_command(sys.executable, frozen, home)
    if sys.platform == "darwin":
        return LaunchAgentAutostart(command, Path.home() / "Library" / "LaunchAgents")
    configuration = environ.get("XDG_CONFIG_HOME", "")
    # The specification: a path that is not absolute is to be ignored.
    base = Path(configuration) if Path(configuration).is_absolute() else Path.home() / ".config"
    return XdgAutostart(command, base / "autostart", sandboxed=Path("/.flatpak-info").exists())


def _options(command: Sequence[str]) -> list[str]:
    """What follows the program: the same for every copy on one data folder."""
    return list(command[command.index(TRAY) :]) if TRAY in command else []


def _reading(started: str, own: str, end: str) -> AutostartReading:
    if started == own:
        return AutostartReading(AutostartEntry.ON)
    return AutostartReading(AutostartEntry.OTHER, same_data=started.endswith(end))


def _read_entry(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_ENTRY_BYTES)
