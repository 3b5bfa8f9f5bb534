"""Exit codes of the programs. Supervisors act on them, so they never change their meaning."""

from enum import IntEnum


class ExitCode(IntEnum):
    OK = 0
    USAGE = 2
    NO_USABLE_GPU = 10
    MODEL_UNUSABLE = 11
    REJECTED_BY_GATEWAY = 12
    KEY_OR_GRANT_INVALID = 13
    OUT_OF_MEMORY = 14
    INTERNAL = 70
    CONFIGURATION = 78

    @property
    def worth_restarting(self) -> bool:
        """Whether the same command may succeed later without a change by a person."""
        return self in (ExitCode.OUT_OF_MEMORY, ExitCode.INTERNAL)
