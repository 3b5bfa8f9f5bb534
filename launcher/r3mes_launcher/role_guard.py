"""Ends process groups after the launcher is gone: the last safeguard against an engine that holds a GPU for nobody.

Runs as a tiny process of its own and uses the standard library alone. It reads lines from stdin, `watch PGID` and
`forget PGID`, from a pipe that only the launcher holds. The end of the pipe means that the launcher has ended, perhaps
by force. Children see their own stdin end too and put their work away; groups that are left after the grace are killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

# Children drain for at most 3 s when the launcher is gone, and nothing may be left after 5 s.
GRACE_S = 3.5
POLL_S = 0.1


def watch(lines: Iterable[str]) -> set[int]:
    """Reads until the pipe ends. Returns the groups that are still watched."""
    groups: set[int] = set()
    for line in lines:
        word, _, number = line.strip().partition(" ")
        if number.isdecimal() and int(number) > 1:
            if word == "watch":
                groups.add(int(number))
            elif word == "forget":
                groups.discard(int(number))
    return groups


if sys.platform == "win32":

    def end(groups: set[int], grace_s: float = GRACE_S) -> None:
        """Nothing to do: a Job Object ends with the launcher that holds it, so no guard is ever started."""

else:

    def end(groups: set[int], grace_s: float = GRACE_S) -> None:
        deadline = time.monotonic() + grace_s
        while any(_exists(group) for group in groups) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        for group in groups:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)

    def _exists(group: int) -> bool:
        """Whether a member of the group still runs. A zombie does not, though where nobody collects it it stays."""
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return sys.platform != "darwin"  # there a group of zombies answers like this
        return not sys.platform.startswith("linux") or _has_living_member(group)

    def _has_living_member(group: int) -> bool:
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                # pid (name) state parent group …; the name may hold blanks and brackets.
                state, _, found = (process / "stat").read_bytes().rpartition(b")")[2].split()[:3]
                if int(found) == group and state not in (b"Z", b"X"):
                    return True
        return False


def main() -> int:
    # Whoever ends the launcher's terminal or session must not end the guard before its work.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    end(watch(sys.stdin))
    return 0


if __name__ == "__main__":
    sys.exit(main())
