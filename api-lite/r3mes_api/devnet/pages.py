"""Lists in pages, as the SDK gives them. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_ITEMS = 1_000


class BadPage(Exception):
    """HTTP 400, gRPC code 3."""


@dataclass(frozen=True)
class Page:
    offset: int = 0
    limit: int = 100


def read_page(query: Mapping[str, str]) -> Page:
    """Raises BadPage."""
    try:
        limit = int(query.get("pagination.limit") or 0)
        offset = int(query.get("pagination.offset") or 0)
        key = query.get("pagination.key")
        if key:
            if offset:
                raise BadPage("invalid request, either offset or key is expected, got both")
            offset = int.from_bytes(base64.b64decode(key, validate=True), "big")
    except (ValueError, binascii.Error):
        raise BadPage("the pagination is no number or no key") from None
    if limit < 0 or not 0 <= offset < 2**62:
        raise BadPage("a page begins and counts above zero")
    return Page(offset, min(limit or 100, MAX_ITEMS))


def paged(name: str, items: list[Any], page: Page) -> dict[str, Any]:
    end = page.offset + page.limit
    key = base64.b64encode(end.to_bytes(8, "big")).decode() if end < len(items) else None
    return {name: items[page.offset : end], "pagination": {"next_key": key, "total": str(len(items))}}
