"""The messages between `r3mes …` and the launcher that runs: one JSON object a line.

The client sends one `Request`. The launcher sends any number of `{"v": 1, "event": {...}}` and then exactly one of
`{"v": 1, "result": {...}}` and `{"v": 1, "error": {"code", "message"}}`, and closes. A client that goes away ends what
it asked for. Names stay within a version; more of them may come.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

VERSION: Literal[1] = 1

MAX_REQUEST_BYTES = 256 * 1024
"""Settings that are imported are the longest request: some kilobytes."""
MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""One line of the launcher; the log of a bundle is the longest."""
MAX_TOKEN_CHARS = 100


class BadMessage(Exception):
    """The message is a sentence."""


class ControlError(Exception):
    """The launcher answered with an error; the message is a sentence for the person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    v: Literal[1] = VERSION
    token: Annotated[str, Field(max_length=MAX_TOKEN_CHARS, repr=False)]
    verb: Annotated[str, Field(max_length=40)]
    arguments: Annotated[dict[str, Any], Field(repr=False)] = {}
    """One of them may be a password."""


def request_line(request: Request) -> bytes:
    return request.model_dump_json().encode() + b"\n"


def read_request(line: bytes) -> Request:
    """Raises BadMessage. Never repeats what it read: there is a token in it."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        raise BadMessage("The request is not JSON.") from None
    if isinstance(document, dict) and document.get("v") != VERSION:
        raise BadMessage(f"This launcher speaks version {VERSION} of the control protocol.")
    try:
        return Request.model_validate(document)
    except ValidationError:
        raise BadMessage("The request is not one that this launcher knows.") from None


def event_line(event: Mapping[str, Any]) -> bytes:
    return _line({"v": VERSION, "event": event})


def result_line(result: Mapping[str, Any]) -> bytes:
    return _line({"v": VERSION, "result": result})


def error_line(code: str, message: str) -> bytes:
    return _line({"v": VERSION, "error": {"code": code, "message": message}})


def read_answer(line: bytes) -> tuple[str, dict[str, Any]]:
    """`event` or `result` with its object. Raises ControlError for an error, BadMessage for anything else."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        raise BadMessage("The launcher's answer can't be read.") from None
    if not isinstance(document, dict):
        raise BadMessage("The launcher's answer can't be read.")
    error = document.get("error")
    if isinstance(error, dict):
        raise ControlError(str(error.get("code", "")), str(error.get("message", "")))
    for kind in ("event", "result"):
        if isinstance(document.get(kind), dict):
            return kind, document[kind]
    raise BadMessage("The launcher's answer is of a kind that this `r3mes` does not know. Update it.")


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"
