"""What can go wrong, as one exception with a sentence for the person."""

from __future__ import annotations

from enum import StrEnum


class FailureCode(StrEnum):
    """Stable, for the launcher, scripts and tests."""

    NO_NETWORK = "no_network"
    NO_DISK = "no_disk"
    NO_PERMISSION = "no_permission"
    NO_VENV = "no_venv"
    NO_BUILD = "no_build"
    """The package index has no file that the lock allows for this computer."""
    CERTIFICATE = "certificate"
    HASH_MISMATCH = "hash_mismatch"
    PIP_CONFIGURATION = "pip_configuration"
    PIP_FAILED = "pip_failed"
    UNSUPPORTED_PLATFORM = "unsupported_platform"
    MISSING_LIBRARIES = "missing_libraries"
    BROKEN_ENVIRONMENT = "broken_environment"
    LOCKS = "locks"
    CANCELLED = "cancelled"


EXIT_FAILED = 3
"""Something that is missing or did not work, told in a sentence."""
EXIT_CANCELLED = 130
"""What a shell reports for a program that Ctrl-C ended."""


class Failure(Exception):
    """Ends the command. `message` tells what happened and why, `hint` what the person can do."""

    def __init__(self, code: FailureCode, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    @property
    def exit_code(self) -> int:
        return EXIT_CANCELLED if self.code is FailureCode.CANCELLED else EXIT_FAILED


class Cancelled(Failure):
    """The person, or the program that started this one, wants it to end."""

    def __init__(self) -> None:
        super().__init__(
            FailureCode.CANCELLED,
            "Cancelled.",
            "Nothing is broken: the same command continues where it makes sense to.",
        )
