"""Canonical JSON: the one byte string of a document that signatures cover."""

from __future__ import annotations

import json
from typing import Any


def canonical_json(document: dict[str, Any]) -> bytes:
    """Sorted keys, no blanks, UTF-8, and `<`, `>`, `&` escaped as Go's encoder and Cosmos' amino JSON do.

    Keys are sorted by code point. Raises ValueError for what JSON or UTF-8 can't hold: NaN and lone surrogates.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").encode()
