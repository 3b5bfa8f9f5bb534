"""A child and everything that it starts, as one thing that can be ended as a whole."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import Any, Protocol


class ProcessTree(Protocol):
    """One child with all its descendants. Neither method raises when all of them are gone already."""

    def terminate(self) -> None:
        """Asks all of them to end."""
        ...

    def kill(self) -> None:
        """Ends all of them, whatever they do."""
        ...

    def close(self) -> None:
        """Lets go of the system's handles. On Windows this ends what is left of the tree."""
        ...


class ProcessTrees(Protocol):
    """How this system makes such trees."""

    def spawn_options(self) -> dict[str, Any]:
        """Keyword arguments for the spawn of a child that leads its own tree."""
        ...

    def adopt(self, pid: int) -> ProcessTree:
        """The tree of a child that was spawned with `spawn_options`. Raises OSError."""
        ...


if sys.platform == "win32":

    def system_process_trees() -> ProcessTrees:
        from r3mes_launcher.ports.process_tree_windows import WindowsProcessTrees

        return WindowsProcessTrees()

else:

    class PosixProcessTree:
        """The process group of a session leader; the group's id is the leader's pid."""

        def __init__(self, pid: int) -> None:
            self._group = pid

        def terminate(self) -> None:
            self._signal(signal.SIGTERM)

        def kill(self) -> None:
            self._signal(signal.SIGKILL)

        def close(self) -> None:
            return

        def _signal(self, number: int) -> None:
            # macOS answers EPERM instead of ESRCH for a group that holds nothing but zombies.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._group, number)

    class PosixProcessTrees:
        def spawn_options(self) -> dict[str, Any]:
            # An own session: Ctrl-C in the launcher's terminal reaches the launcher alone, which then ends its
            # children in order.
            return {"start_new_session": True}

        def adopt(self, pid: int) -> ProcessTree:
            return PosixProcessTree(pid)

    def system_process_trees() -> ProcessTrees:
        return PosixProcessTrees()
