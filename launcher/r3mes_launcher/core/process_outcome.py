"""How a child ended, and the sentence for it."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from r3mes_launcher.sentence import Sentence, as_sentence
from r3mes_protocol.exit_codes import ExitCode

_MEANINGS = {
    ExitCode.USAGE: "it did not understand how it was started",
    ExitCode.NO_USABLE_GPU: "it found no usable GPU",
    ExitCode.MODEL_UNUSABLE: "the model is missing or damaged",
    ExitCode.REJECTED_BY_GATEWAY: "the gateway rejected the node",
    ExitCode.KEY_OR_GRANT_INVALID: "the node's key or grant is not valid",
    ExitCode.OUT_OF_MEMORY: "memory ran out",
    ExitCode.INTERNAL: "it met an error of its own",
    ExitCode.CONFIGURATION: "its configuration can't be used",
}

# The kernel's out-of-memory killer leaves nothing but this signal.
_SIGNAL_MEANINGS = {
    "SIGKILL": "something ended it by force, perhaps the system because memory ran out",
    "SIGSEGV": "it crashed",
    "SIGABRT": "it crashed",
    "SIGBUS": "it crashed",
    "SIGILL": "this processor does not know one of its instructions",
    "SIGTERM": "something asked it to end",
    "SIGINT": "something interrupted it",
}

# Windows ends a crashed program with an NTSTATUS of this range.
_NTSTATUS_ERROR = 0xC0000000


@dataclass(frozen=True, slots=True)
class ProcessOutcome:
    """`returncode` as the system's: negative is the number of a POSIX signal."""

    returncode: int

    @property
    def signal_name(self) -> str:
        """`SIGKILL`, or empty when no signal ended it."""
        if self.returncode >= 0:
            return ""
        try:
            return signal.Signals(-self.returncode).name
        except ValueError:
            return f"signal {-self.returncode}"

    @property
    def exit_code(self) -> ExitCode | None:
        """The code of the project's list, None for a signal and for foreign codes."""
        try:
            return ExitCode(self.returncode)
        except ValueError:
            return None

    def sentence(self) -> str:
        """Such as "ended with code 11: the model is missing or damaged"."""
        if self.returncode < 0:
            name = self.signal_name
            meaning = _SIGNAL_MEANINGS.get(name)
            if meaning is None:
                return Sentence("ended by {name}", name=name)
            return Sentence("ended by {name}: {meaning}", name=name, meaning=as_sentence(meaning))
        if self.returncode >= _NTSTATUS_ERROR:
            return Sentence("ended with code 0x{returncode:08X}: it crashed", returncode=self.returncode)
        meaning = _MEANINGS.get(self.exit_code) if self.exit_code is not None else None
        if meaning is None:
            return Sentence("ended with code {code}", code=self.returncode)
        return Sentence("ended with code {code}: {meaning}", code=self.returncode, meaning=as_sentence(meaning))
