"""`r3mes bundle`: a zip with what somebody who helps needs to know, shown first where that is wished."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from r3mes_launcher.core.bundle.bundle import BundleFile, bundle_name, write_zip
from r3mes_launcher.sentence import Sentence
from r3mes_launcher.system_cause import system_cause
from r3mes_launcher.terminal.control_commands import Place, Terminal
from r3mes_launcher.terminal.exit_status import ExitStatus
from r3mes_launcher.terminal.running import running_or_at_rest


async def bundle(place: Place, terminal: Terminal, output: str, preview: bool) -> int:
    """Raises StartRefused, ControlError, BadMessage and OSError with a sentence."""
    parts: dict[str, list[str]] = {}

    def take(event: Mapping[str, Any]) -> None:
        if isinstance(event.get("file"), str):
            parts.setdefault(event["file"], []).append(str(event.get("text", "")))

    answer = await running_or_at_rest(place.folder, place.compose, "bundle", None, take)
    if isinstance(answer, dict):
        files: Sequence[BundleFile] = [BundleFile(name, "".join(texts)) for name, texts in parts.items()]
    else:
        try:
            files = await answer.bundle()
        finally:
            await answer.close()
    if preview:
        for file in files:
            terminal.write(f"==> {file.name} ({len(file.text.encode())} bytes)\n{file.text}")
        return ExitStatus.OK
    path = Path(output or bundle_name(time.time()))
    try:
        await asyncio.to_thread(write_zip, path, files)
    except OSError as error:
        # The file that was begun beside it says nothing to a person.
        said = Sentence("The bundle can't be written to {path}: {cause}.", path=path, cause=system_cause(error))
        terminal.complain(f"r3mes: {said} Choose another file by --output.")
        return ExitStatus.FAILED
    for file in files:
        terminal.complain(f"{len(file.text.encode()):>10}  {file.name}")
    terminal.write(str(path))
    terminal.complain("Look through it before you pass it on; `r3mes bundle --preview` shows all of it.")
    return ExitStatus.OK
