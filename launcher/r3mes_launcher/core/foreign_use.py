"""Which of a GPU's memory is other programs', and whose it is."""

from __future__ import annotations

from collections.abc import Callable

import psutil

from r3mes_launcher.core.policy.observations import GpuObservation
from r3mes_launcher.ports.gpu_use import GpuProcess, GpuUse


class ForeignUse:
    """Tells the engine's processes from others. Blocking: for the thread of the source that it follows."""

    def __init__(self, own_pids: Callable[[], frozenset[int]]) -> None:
        """`own_pids` are the children that the launcher started; what they started is theirs too."""
        self._own_pids = own_pids
        self._known: dict[int, str | None] = {}
        """By pid: the name of a foreign program, or None where it is ours or can't be seen."""

    def observations(self, uses: tuple[GpuUse, ...]) -> tuple[GpuObservation, ...]:
        own = self._own_pids()
        listed = {process.pid for use in uses for process in use.processes or ()}
        # A pid that left the list may come back as another program.
        self._known = {pid: name for pid, name in self._known.items() if pid in listed}
        return tuple(self._observation(use, own) for use in uses)

    def _observation(self, use: GpuUse, own: frozenset[int]) -> GpuObservation:
        foreign = [
            (process, name) for process in use.processes or () if (name := self._foreign(process, own)) is not None
        ]
        if use.processes is None or any(process.memory_mb is None for process, _ in foreign):
            return GpuObservation(use.uuid, use.name, use.temperature_c)
        sizes = [(process.memory_mb or 0, name) for process, name in foreign]
        total = sum(size for size, _ in sizes)
        return GpuObservation(use.uuid, use.name, use.temperature_c, total, max(sizes, default=(0, ""))[1])

    def _foreign(self, process: GpuProcess, own: frozenset[int]) -> str | None:
        """The program's name. None for ours, and for one that can't be seen: a container's driver names the host's."""
        if process.pid in own:
            return None
        if process.program:
            return process.program
        if process.pid not in self._known:
            self._known[process.pid] = _name_unless_of(process.pid, own)
        return self._known[process.pid]


def _name_unless_of(pid: int, own: frozenset[int]) -> str | None:
    try:
        process = psutil.Process(pid)
        if any(parent.pid in own for parent in process.parents()):
            return None
        return process.name()
    except psutil.Error:
        return None
