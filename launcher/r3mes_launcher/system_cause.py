"""Why the system refused a file or a connection, in words that a front end can translate."""

from __future__ import annotations

from r3mes_launcher.sentence import Sentence, as_sentence, phrase

KNOWN = (
    phrase("no space left on device"),
    phrase("disk quota exceeded"),
    phrase("permission denied"),
    phrase("operation not permitted"),
    phrase("read-only file system"),
    phrase("no such file or directory"),
    phrase("not a directory"),
    phrase("is a directory"),
    phrase("file exists"),
    phrase("file name too long"),
    phrase("input/output error"),
    phrase("too many open files"),
    phrase("connection refused"),
    phrase("connection reset by peer"),
    phrase("network is unreachable"),
    phrase("no route to host"),
)
"""What systems say for what happens to people. Any other is shown as the system says it."""


def system_cause(error: OSError) -> Sentence:
    """The system's own words in small letters, such as `no space left on device`; they stand inside a sentence."""
    return as_sentence((error.strerror or str(error)).lower())
