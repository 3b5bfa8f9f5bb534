"""The base of every wire model and the one way in which bytes become models."""

from __future__ import annotations

import math
import re
from typing import Annotated, NewType, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import from_json

from r3mes_protocol.limits import MAX_NAME_CHARS, MAX_SENTENCE_CHARS

T = TypeVar("T")

NodeId = NewType("NodeId", str)
"""A node's Ed25519 public key, 64 lower-case hexadecimal digits."""

SessionId = NewType("SessionId", str)
"""One WebSocket between a node and a gateway, 32 hexadecimal digits chosen by the gateway."""

JobId = NewType("JobId", str)
"""One request on one node, 16 hexadecimal digits chosen by the gateway; 8 bytes in binary frames."""

GatewayOrigin = NewType("GatewayOrigin", str)
"""`scheme://host[:port]` of a gateway as its nodes and users dial it."""

Hex16 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Hex64 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Hex128 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]
Origin = Annotated[
    str, StringConstraints(max_length=300, pattern=r"^https?://(\[[0-9a-f:]+\]|[a-z0-9._-]+)(:[1-9][0-9]{0,4})?$")
]
"""What `gateway_origin` returns."""

# Control characters of ASCII and Latin-1, line separators, and what turns the direction of writing around: a peer's
# text ends up in logs, on terminals and on screens, where these would forge lines or hide what is said.
_UNPRINTABLE = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
_UNPRINTABLE_CHARACTERS = re.compile(f"[{_UNPRINTABLE}\\ud800-\\udfff]")

Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME_CHARS, pattern=f"^[^{_UNPRINTABLE}]+$")]


def _plain_sentence(value: object) -> object:
    # A sentence is often made from another program's words, so it is put right instead of being refused.
    if isinstance(value, str):
        return _UNPRINTABLE_CHARACTERS.sub(" ", value[:MAX_SENTENCE_CHARS])
    return value


Sentence = Annotated[str, BeforeValidator(_plain_sentence)]
"""One line of text for a person, cut to MAX_SENTENCE_CHARS; control characters become blanks."""


class ProtocolError(Exception):
    """A peer sent what the contract does not allow. `reason` is one sentence without the peer's bytes."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WireModel(BaseModel):
    """A message: strict types, no unknown fields, no NaN, immutable."""

    # Pydantic's own errors quote their input, and some messages hold secrets.
    # Validators are made at first use: a program needs few of the messages, and all cost a fifth of a second.
    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True, defer_build=True
    )

    def to_json(self) -> str:
        """One line of JSON, absent optionals included, so that both ends see the same keys."""
        return self.model_dump_json()


DEFERRED = ConfigDict(defer_build=True)
"""For a TypeAdapter of a union of messages: built at first use, as the messages themselves are."""


def parse_json(adapter: TypeAdapter[T], data: str | bytes, max_bytes: int) -> T:
    """Turns a frame or a line into a model. Raises ProtocolError for anything but a valid message.

    A key that is repeated counts with its last value.
    """
    size = len(data) if isinstance(data, bytes) or data.isascii() else utf8_length(data)
    if size > max_bytes:
        raise ProtocolError(f"message of {size} bytes, {max_bytes} allowed")
    try:
        refuse_constants(data)
        return adapter.validate_json(data)
    except ValidationError as error:
        raise ProtocolError(_describe(error)) from None
    except (ValueError, RecursionError):
        raise ProtocolError("message is not valid JSON text") from None


def refuse_constants(data: str | bytes) -> None:
    """Raises ValueError for the words NaN and Infinity outside of strings: JSON has none, pydantic reads them."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    if "NaN" in text or "Infinity" in text:
        from_json(data, allow_inf_nan=False)


def is_finite(document: object) -> bool:
    """Whether no number in a parsed JSON document is infinite: `1e999` is JSON, but no float can hold it."""
    waiting: list[object] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, float):
            if not math.isfinite(value):
                return False
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return True


def utf8_length(text: str) -> int:
    """Bytes of a text in UTF-8. Lone surrogates count as three bytes each instead of raising."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


_NO_IDENTIFIER = re.compile(r"[^A-Za-z0-9_\[\]-]")


def _describe(error: ValidationError) -> str:
    # Locations and kinds only: the peer's own values must not reach a log. A location may hold its field names.
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    first = problems[0]
    place = ".".join(_NO_IDENTIFIER.sub("?", str(part)[:40]) for part in first["loc"][:6]) or "message"
    return f"{place}: {first['type']}" + (f" and {len(problems) - 1} more problems" if len(problems) > 1 else "")
