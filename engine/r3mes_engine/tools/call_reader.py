"""Finds the calls of tools in an answer's text while it comes, and hands their arguments on as they come. Pure.

Whatever is not the beginning of a call of an offered tool stays text. The result does not depend on how the text was
cut into pieces, but for where the pieces of the result are cut.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import Literal

from r3mes_engine.tools.delta import ToolDelta
from r3mes_engine.tools.formats import ToolFormat

MAX_HEADER_CHARS = 300
"""Of `{"name": "…", "arguments":`; what is longer without getting there is no call."""

_OPEN, _CLOSE = "<tool_call>", "</tool_call>"
_MARKERS: dict[str, str] = {"mistral": "[TOOL_CALLS]", "llama": "<|python_tag|>", "forced": ""}
_OPENERS = {"mistral": "[", "llama": "{", "forced": "{"}
_HEADER = re.compile(r'\{\s*"name"\s*:\s*"([^"\\]{1,64})"\s*,\s*"(?:arguments|parameters)"\s*:\s*(?=\S)')
_SEPARATORS = frozenset(" \n\r\t[],;}")


class ToolCallReader:
    """For one answer."""

    def __init__(
        self,
        format: ToolFormat | Literal["forced"],
        names: Collection[str],
        new_id: Callable[[], str],
        *,
        parallel: bool = True,
    ) -> None:
        """`forced`: the answer is one JSON object of the shape `{"name", "arguments"}`."""
        self._format = format
        self._names = names
        self._new_id = new_id
        self._parallel = parallel
        self._state = self._text if format in ("hermes", "plain") else self._start
        self._buffer = ""
        self._raw = ""
        """Of a place where calls may begin: text that becomes text again if they don't."""
        self._final = False
        self._index = 0
        self._any_here = False
        """Whether there was a call since the last opening mark."""
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._out: list[str | ToolDelta] = []

    @property
    def called(self) -> bool:
        return self._index > 0 or self._state == self._arguments

    def push(self, text: str) -> list[str | ToolDelta]:
        self._buffer += text
        return self._run()

    def finish(self) -> list[str | ToolDelta]:
        """What was held back at the end of the answer."""
        self._final = True
        return self._run()

    def _run(self) -> list[str | ToolDelta]:
        while self._state():
            pass
        out, self._out = self._out, []
        return out

    # --- states: True, and there may be more to do; False, and more text is needed -----------------------------------

    def _text(self) -> bool:
        """Text in which an opening mark may come."""
        if self._format == "plain":
            return self._plain()
        at = self._buffer.find(_OPEN)
        if at >= 0:
            text, end = self._buffer[:at].rstrip(), at + len(_OPEN)
            self._say(text)
            self._raw, self._buffer = self._buffer[len(text) : end], self._buffer[end:]
            self._any_here, self._state = False, self._calls
            return True
        if self._final and self.called and not self._buffer.strip():
            # Blanks after the last call.
            self._buffer = ""
        kept = 0 if self._final else _held_back(self._buffer)
        self._say(self._buffer[: len(self._buffer) - kept])
        self._buffer = self._buffer[len(self._buffer) - kept :]
        return False

    def _start(self) -> bool:
        """The first text of an answer that is wholly calls or wholly text."""
        lead, marker = self._buffer.lstrip(), _MARKERS[self._format]
        if marker and lead.startswith(marker):
            self._raw, self._buffer = self._buffer[: len(self._buffer) - len(lead) + len(marker)], lead[len(marker) :]
            self._state = self._calls
            return True
        if not self._final and marker.startswith(lead):
            return False
        if lead and lead[0] == _OPENERS[self._format]:
            self._raw, self._buffer = self._buffer[: len(self._buffer) - len(lead)], lead
            self._state = self._calls
            return True
        if not lead and not self._final:
            return False
        self._state = self._plain
        return True

    def _plain(self) -> bool:
        self._say(self._buffer)
        self._buffer = ""
        return False

    def _calls(self) -> bool:
        """Where a call may begin, or the closing mark come."""
        rest = self._buffer.lstrip("".join(_SEPARATORS))
        self._raw += self._buffer[: len(self._buffer) - len(rest)]
        self._buffer = rest
        if rest.startswith("{"):
            self._state = self._header
            return True
        if self._format == "hermes":
            if rest.startswith(_CLOSE):
                self._buffer = rest[len(_CLOSE) :]
                if not self._any_here:
                    self._say(self._raw + _CLOSE)
                self._raw, self._state = "", self._text
                return True
            if _CLOSE.startswith(rest) and (not self._final or self._any_here):
                return False
        if not rest:
            if self._final and not self._any_here:
                self._say(self._raw)
                self._raw = ""
            return False
        return self._no_call()

    def _header(self) -> bool:
        found = _HEADER.match(self._buffer)
        if found is None:
            if self._final or len(self._buffer) > MAX_HEADER_CHARS or "}" in self._buffer:
                return self._no_call()
            return False
        if found[1] not in self._names:
            return self._no_call()
        self._raw, self._buffer = "", self._buffer[found.end() :]
        if self._index > 0 and not self._parallel:
            self._state = self._nothing
            return True
        self._any_here = True
        self._out.append(ToolDelta(self._index, self._new_id(), found[1], ""))
        self._depth, self._in_string, self._escaped = 0, False, False
        self._state = self._arguments
        return True

    def _arguments(self) -> bool:
        first = self._buffer[:1]
        if self._depth == 0 and first not in ("{", "["):
            return self._scalar_arguments()
        for at, char in enumerate(self._buffer):
            if self._escaped:
                self._escaped = False
            elif self._in_string:
                self._escaped = char == "\\"
                self._in_string = char != '"'
            elif char == '"':
                self._in_string = True
            elif char in "{[":
                self._depth += 1
            elif char in "}]":
                self._depth -= 1
                if self._depth == 0:
                    self._more(self._buffer[: at + 1])
                    self._buffer = self._buffer[at + 1 :]
                    return self._next_call()
        self._more(self._buffer)
        self._buffer = ""
        return False

    def _scalar_arguments(self) -> bool:
        """Some models write the arguments as a text that holds JSON, or none as null."""
        try:
            value, end = json.JSONDecoder(strict=False).raw_decode(self._buffer)
        except ValueError:
            if self._final:
                self._more(self._buffer)
                self._buffer = ""
            return False
        if not isinstance(value, str) and end == len(self._buffer) and not self._final:
            # A number may go on.
            return False
        self._more(value if isinstance(value, str) else "{}" if value is None else self._buffer[:end])
        self._buffer = self._buffer[end:]
        return self._next_call()

    def _nothing(self) -> bool:
        """After the one call that was allowed."""
        self._buffer = ""
        return False

    # -----------------------------------------------------------------------------------------------------------------

    def _next_call(self) -> bool:
        self._index += 1
        self._state = self._calls
        return True

    def _no_call(self) -> bool:
        if not self._any_here:
            self._say(self._raw)
        self._raw = ""
        if self._format == "hermes":
            # The next opening mark may be within what is left.
            self._state = self._text
        else:
            self._state = self._plain
        return True

    def _say(self, text: str) -> None:
        if not text:
            return
        if self._out and isinstance(self._out[-1], str):
            self._out[-1] += text
        else:
            self._out.append(text)

    def _more(self, arguments: str) -> None:
        if arguments:
            self._out.append(ToolDelta(self._index, None, None, arguments))


def _held_back(text: str) -> int:
    """How much of the end may yet turn out to be the blanks before an opening mark, or a part of it."""
    for length in range(min(len(_OPEN) - 1, len(text)), 0, -1):
        if text.endswith(_OPEN[:length]):
            return len(text) - len(text[:-length].rstrip())
    return len(text) - len(text.rstrip())
