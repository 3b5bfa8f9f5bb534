"""Free space where the launcher's data lie."""

from __future__ import annotations

import shutil
from pathlib import Path

from r3mes_launcher.ports.source import Unavailable
from r3mes_launcher.sentence import Sentence
from r3mes_launcher.system_cause import system_cause

_MIB = 1024 * 1024


class DiskSpace:
    """Satisfies `Source[int]`: mebibytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> int | Unavailable:
        try:
            return shutil.disk_usage(self._folder).free // _MIB
        except OSError as error:
            return Unavailable(Sentence("The free space can't be read ({strerror}).", strerror=system_cause(error)))

    def close(self) -> None:
        return
