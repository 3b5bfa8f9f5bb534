"""`r3mes start | stop | drain | pause | resume | logs | settings`: told to the launcher that runs, or done here."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r3mes_launcher.core.autostart_desk import SETTING as AUTOSTART
from r3mes_launcher.core.autostart_desk import truth_of
from r3mes_launcher.core.control.messages import BadMessage, ControlError
from r3mes_launcher.core.data_folder import DataFolder
from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.policy.reasons import PauseChoice
from r3mes_launcher.core.settings import SCHEMA, STAYS_HERE, Settings, heal
from r3mes_launcher.core.settings_paths import changed, listed, value_of
from r3mes_launcher.ports.autostart import AutostartEntry
from r3mes_launcher.terminal.exit_status import ExitStatus
from r3mes_launcher.terminal.running import NotRunning, ask_running, running_or_at_rest

PAUSES = {
    "15m": PauseChoice.QUARTER_HOUR,
    "1h": PauseChoice.HOUR,
    "until-restart": PauseChoice.UNTIL_RESTART,
    "until-resumed": PauseChoice.UNTIL_RESUMED,
}
NOBODY = "No R3MES launcher runs on this account. `r3mes run` or `r3mes-launcher` starts one."
MAX_IMPORT_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a command writes: what was asked for, and what the person should know besides."""

    write: Callable[[str], None]
    complain: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Whom a command is for."""

    folder: DataFolder
    compose: Callable[[], Core]


async def told(place: Place, terminal: Terminal, verb: str, arguments: dict[str, Any] | None = None) -> int:
    """A command that makes sense only where a launcher runs."""
    try:
        status = await ask_running(place.folder, verb, arguments, lambda event: _say_progress(terminal, event))
    except NotRunning:
        terminal.complain(NOBODY)
        return ExitStatus.NOT_RUNNING
    except (ControlError, BadMessage) as error:
        terminal.complain(f"r3mes: {error}")
        return ExitStatus.FAILED
    terminal.write(_node_line(status))
    return ExitStatus.OK


async def switch_off(place: Place, terminal: Terminal, verb: str) -> int:
    """`stop` and `drain`. Where no launcher runs the wish is written down for the next one."""
    answer = await running_or_at_rest(
        place.folder, place.compose, verb, None, lambda event: _say_progress(terminal, event)
    )
    if isinstance(answer, dict):
        terminal.write(_node_line(answer))
        return ExitStatus.OK
    try:
        await answer.change_settings({"desired": "off"})
    finally:
        await answer.close()
    terminal.write("No launcher runs. Serving stays off when one starts.")
    return ExitStatus.OK


async def logs(place: Place, terminal: Terminal, arguments: dict[str, Any], as_json: bool) -> int:
    def show(event: Mapping[str, Any]) -> None:
        if event.get("left_out"):
            terminal.complain(f"{event['left_out']} lines were left out in a flood.")
        for line in event.get("lines", ()):
            terminal.write(json.dumps(line, ensure_ascii=False) if as_json else _log_line(line))

    try:
        await ask_running(place.folder, "logs", arguments, show)
    except NotRunning:
        terminal.complain(NOBODY)
        return ExitStatus.NOT_RUNNING
    except (ControlError, BadMessage) as error:
        terminal.complain(f"r3mes: {error}")
        return ExitStatus.FAILED
    return ExitStatus.OK


async def settings(place: Place, terminal: Terminal, action: str, words: list[str]) -> int:
    """Raises ValueError and ControlError with a sentence."""
    if words[:1] == [AUTOSTART] and action in ("get", "set"):
        return await _autostart(place, terminal, words[1:])
    answer = await running_or_at_rest(place.folder, place.compose, "settings.read")
    core = None if isinstance(answer, dict) else answer
    try:
        kept = core.current_settings if core is not None else heal(answer["settings"])[0]  # type: ignore[index]
        if action == "list":
            for name, value in listed(kept).items():
                terminal.write(f"{name} = {json.dumps(value, ensure_ascii=False)}")
            await _autostart(place, terminal, [], f"{AUTOSTART} = ")
        elif action == "get":
            value = value_of(kept, words[0])
            terminal.write(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        elif action == "export":
            export = await ask_running(place.folder, "settings.export") if core is None else {}
            text = str(export["text"]) if core is None else await core.settings.export_text()
            if words[0] == "-":
                terminal.write(text.rstrip("\n"))
            else:
                await asyncio.to_thread(Path(words[0]).write_text, text, "utf-8")
        elif core is not None:
            values = changed(kept, words[0], words[1]) if action == "set" else _import(words[0], terminal)
            await core.change_settings(values)
        elif action == "set":
            await ask_running(place.folder, "settings.write", {"path": words[0], "text": words[1]})
        else:
            await ask_running(place.folder, "settings.write", {"values": _import(words[0], terminal)})
    finally:
        if core is not None:
            await core.close()
    return ExitStatus.OK


async def _autostart(place: Place, terminal: Terminal, wish: list[str], before: str = "") -> int:
    """The system keeps it and not the launcher, so this process may do it while one runs. Raises ValueError."""
    core = place.compose()
    try:
        desk = core.autostart
        reading = await desk.choose(truth_of(wish[0])) if wish else await desk.read()
    finally:
        await core.close()
    if not wish:
        terminal.write(f"{before}{json.dumps(reading.entry is AutostartEntry.ON)}")
        if reading.entry is AutostartEntry.OTHER:
            terminal.complain("Another copy of R3MES starts with the session.")
        elif reading.entry is AutostartEntry.UNAVAILABLE:
            terminal.complain(f"{AUTOSTART}: {reading.why}")
    return ExitStatus.OK


def _import(path: str, terminal: Terminal) -> dict[str, Any]:
    """The usable values of an exported file. Raises ValueError, OSError."""
    data = sys.stdin.buffer.read(MAX_IMPORT_BYTES + 1) if path == "-" else Path(path).read_bytes()
    try:
        document = json.loads(data) if len(data) <= MAX_IMPORT_BYTES else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("r3mes_settings"), int):
        raise ValueError("This file holds no settings of R3MES.")
    if document["r3mes_settings"] > SCHEMA:
        raise ValueError("These settings come from a newer R3MES. Update this one first.")
    taken = {name: value for name, value in document.items() if name in Settings.model_fields.keys() - STAYS_HERE}
    healed, wrong = heal(taken)
    if wrong:
        terminal.complain(f"Left as they were, because their values can't be used: {', '.join(wrong)}.")
    usable = healed.model_dump(mode="json")
    return {name: usable[name] for name in taken if not any(each.split(".")[0] == name for each in wrong)}


def _node_line(status: Mapping[str, Any]) -> str:
    node = status.get("node", {})
    line = f"Serving: wished {node.get('desired')}, now {str(node.get('actual')).replace('_', ' ')}."
    return f"{line} {node['reason']}" if node.get("reason") else line


def _say_progress(terminal: Terminal, event: Mapping[str, Any]) -> None:
    if "actual" in event:
        running = event.get("active_requests") or 0
        terminal.complain(f"{str(event['actual']).replace('_', ' ')}, {running} running requests")


def _log_line(line: Mapping[str, Any]) -> str:
    at = time.strftime("%H:%M:%S", time.localtime(float(line.get("at", 0))))
    return f"{at} {line.get('level', ''):<7} {line.get('process', ''):<8} {line.get('text', '')}"
