"""The names of the programs that run, by psutil. No arguments and no paths: they are nobody's business."""

from __future__ import annotations

import psutil

from r3mes_launcher.ports.source import Unavailable

MOST_PROCESSES = 5000
"""More are not looked at: a computer with so many is no desktop."""


class SystemPrograms:
    """Satisfies `Source[frozenset[str]]`."""

    def read(self) -> frozenset[str] | Unavailable:
        names: set[str] = set()
        for count, process in enumerate(psutil.process_iter(["name"])):
            if count >= MOST_PROCESSES:
                break
            if process.info["name"]:
                names.add(process.info["name"])
        return frozenset(names)

    def close(self) -> None:
        return
