"""Log lines: one line each, readable for machines, and without what must not be kept."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.log_format import JsonFormatter, TextFormatter


def record(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("r3mes_api.x", logging.INFO, __file__, 1, message, arguments or None, None)
    vars(made).update(extra)
    return made


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_stranger_cannot_forge_a_line(text: str) -> None:
    assert TextFormatter().format(record("said %s", text, peer=text)).isprintable()
    line = JsonFormatter().format(record("said %s", text, peer=text))
    assert "\n" not in line and set(json.loads(line)) >= {"time", "level", "logger", "message", "peer"}


@pytest.mark.parametrize(
    "secret",
    ["r3mes_AbCdEfGhIjKlMnOpQrStUv", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc", "postgresql://r3mes:hunter2hunter2@db/x"],
)
def test_secrets_are_cut_out(secret: str) -> None:
    hidden = {"r3mes_AbCdEfGhIjKlMnOpQrStUv", "eyJhbGciOiJIUzI1NiJ9.e30.abc", "hunter2hunter2"}
    for formatter in (TextFormatter(), JsonFormatter()):
        try:
            raise ValueError(secret)
        except ValueError:
            made = record("failed with %s", secret, header=secret)
            made.exc_info = sys.exc_info()
        line = formatter.format(made)
        assert not any(word in line for word in hidden) and "ValueError" in line


def test_a_request_id_in_the_message_becomes_a_field() -> None:
    line = json.loads(JsonFormatter().format(record("request %s ended", "chatcmpl-0123456789abcdef01234567")))
    assert line["request_id"] == "chatcmpl-0123456789abcdef01234567" and line["level"] == "info"


def test_text_lines_end_with_their_fields() -> None:
    line = TextFormatter().format(record("request", method="GET", status=200))
    assert line.endswith("INFO r3mes_api.x: request method=GET status=200")
