"""`r3mes status`: what the launcher that runs now does, for people and for scripts."""

from __future__ import annotations

import json
from typing import Any

from r3mes_launcher.core.data_folder import DataFolder
from r3mes_launcher.core.status_file import RunningLauncher, running_launcher
from r3mes_launcher.terminal.exit_status import ExitStatus


def status(folders: tuple[DataFolder, ...], as_json: bool) -> tuple[str, int]:
    """What to print and the exit code: OK when a launcher runs, NOT_RUNNING when none does."""
    running = [launcher for folder in folders if (launcher := running_launcher(folder)) is not None]
    code = ExitStatus.OK if running else ExitStatus.NOT_RUNNING
    if as_json:
        document = {"running": bool(running), "launchers": [launcher.status for launcher in running]}
        return json.dumps(document, indent=2), code
    if not running:
        return "No R3MES launcher runs on this account. `r3mes run` or `r3mes-launcher` starts one.", code
    return "\n\n".join(_text(launcher) for launcher in running), code


def _text(launcher: RunningLauncher) -> str:
    node = _part(launcher.status, "node")
    engine = _part(launcher.status, "engine")
    gateway = _part(launcher.status, "gateway")
    lines = [f"R3MES launcher{' (demo)' if launcher.status.get('demo') else ''}, pid {launcher.pid}"]
    lines.append(f"  Serving:  wished {node.get('desired')}, now {str(node.get('actual')).replace('_', ' ')}")
    if node.get("reason"):
        lines.append(f"            {node['reason']}")
    hint = _part(node, "fault").get("hint")
    if hint:
        lines.append(f"            {hint}")
    policy = _part(launcher.status, "policy")
    for active in policy.get("set_aside") or ():
        lines.append(f"            Anyway, although: {active['sentence']}")
    for source in policy.get("sources") or ():
        if source["unavailable"]:
            lines.append(f"            Not told here ({source['name']}): {source['unavailable']}")
    if engine.get("pid"):
        lines.append(f"  Engine:   pid {engine['pid']}, {node.get('model')} on {node.get('device')}")
    if engine.get("restarts"):
        times = "once" if engine["restarts"] == 1 else f"{engine['restarts']} times"
        lines.append(f"            started again {times}; it last {engine.get('last_exit')}")
    reach = "reachable" if gateway.get("reachable") else "not reachable"
    lines.append(f"  Gateway:  {gateway.get('url') or 'none yet'} ({gateway.get('kind')}, {reach})")
    return "\n".join(lines)


def _part(document: dict[str, Any], name: str) -> dict[str, Any]:
    part = document.get(name)
    return part if isinstance(part, dict) else {}
