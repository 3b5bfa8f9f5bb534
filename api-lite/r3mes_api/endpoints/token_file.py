"""The bearer tokens by which endpoints know this gateway: a file of the operator's, never a message of a node's."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

from r3mes_protocol.wire import NodeId

MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_TOKEN_CHARS = 4096


class TokenFileError(Exception):
    """The file can't be used; the text says why, without what is in it."""


def read_tokens(path: Path) -> dict[NodeId, str]:
    """`{"<node id>": "<token>"}`. The token goes to whatever endpoint that node offers, so it belongs to its key.

    Raises TokenFileError.
    """
    try:
        with path.open("rb") as file:
            if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise TokenFileError(f"{path} can be read by others; `chmod 600` it")
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise TokenFileError(f"{path} can't be read ({(error.strerror or 'no reason given').lower()})") from None
    try:
        document = json.loads(data) if len(data) <= MAX_FILE_BYTES else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not all(_is_token(token) for token in document.values()):
        raise TokenFileError(f'{path} is no JSON object of the form {{"node id": "token"}}')
    return {NodeId(node_id): token for node_id, token in document.items()}


def _is_token(value: object) -> bool:
    """What fits into a header."""
    return isinstance(value, str) and 0 < len(value) <= MAX_TOKEN_CHARS and value.isascii() and value.isprintable()
