"""When an engine that ended by itself is started again. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from r3mes_protocol.exit_codes import ExitCode


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """There is no giving up: nobody stands before a server to press a button, and a driver may come back."""

    first_s: float = 1.0
    """Before the start after the first loss; each further loss in a row doubles it."""
    longest_s: float = 60.0
    """A machine that was repaired serves again within a minute."""
    spread: float = 0.2
    """Part of the delay by which it varies either way, so that what two programs fight for is not met in step."""
    healthy_s: float = 120.0
    """After so long in service earlier losses are forgotten."""

    def losses(self, before: int, served_s: float) -> int:
        """Losses in a row, the one that just happened included; `served_s` is how long the engine had served."""
        return 1 if served_s >= self.healthy_s else before + 1

    def delay_s(self, losses: int, code: ExitCode | None, chance: float) -> float:
        """Seconds until the next start. `losses` counts from 1; `chance` is 0 to 1."""
        if code is not None and code is not ExitCode.OK and not code.worth_restarting:
            # The same start would fail again until a person does something.
            base = self.longest_s
        else:
            # 2^32 is past every bound; larger powers would only cost time.
            base = min(self.longest_s, self.first_s * 2.0 ** min(losses - 1, 32))
        return base * (1.0 - self.spread + 2.0 * self.spread * chance)
