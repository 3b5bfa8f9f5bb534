"""How a log line looks: for people, or as JSON for a collector. No line breaks from strangers, no secrets."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from typing import Any

from r3mes_api.setting_kinds import LogFormat

REQUEST_ID = re.compile(r"chatcmpl-[0-9a-f]{8,64}")

_SECRETS = (
    re.compile(r"\br3mes_[A-Za-z0-9_-]{12,}"),
    re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"),
)
"""API keys, bearer tokens, and names with passwords in URLs: nobody means to log them, and a library may."""

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def configure_logging(level: str, log_format: LogFormat, *, stamped: bool = True) -> None:
    """For the whole process, on stderr. `stamped` lines of text begin with their time."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format is LogFormat.JSON else TextFormatter(stamped))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def without_secrets(text: str) -> str:
    for pattern in _SECRETS:
        text = pattern.sub("…", text)
    return text


def one_line(text: str) -> str:
    """Control characters are spelled out: a stranger's text can't forge a line or drive a terminal."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


class TextFormatter(logging.Formatter):
    def __init__(self, stamped: bool = True) -> None:
        super().__init__(("%(asctime)s " if stamped else "") + "%(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        record.message = one_line(without_secrets(record.message))
        fields = " ".join(f"{name}={_plain(value)}" for name, value in _fields(record).items())
        line = super().formatMessage(record)
        return f"{line} {fields}" if fields else line

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return without_secrets(super().formatException(ei))


class JsonFormatter(logging.Formatter):
    """Keys: `time` (UTC, milliseconds), `level`, `logger`, `message`, and where known `request_id`, `exception`, ..."""

    def format(self, record: logging.LogRecord) -> str:
        message = without_secrets(record.getMessage())
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message,
        }
        if (found := REQUEST_ID.search(message)) is not None:
            line["request_id"] = found.group()
        line.update(_fields(record))
        if record.exc_info:
            line["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller gave as `extra`."""
    return {
        name: without_secrets(value) if isinstance(value, str) else value
        for name, value in vars(record).items()
        if name not in _OWN
    }


def _plain(value: object) -> str:
    return one_line(str(value))
