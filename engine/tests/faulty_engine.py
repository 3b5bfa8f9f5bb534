"""An engine whose model fails with torch's own words: `python faulty_engine.py serve …`, or under supervision
`python faulty_engine.py supervise STATE_DIR serve …`. For tests.

FAULT_WORDS are the words; FAULT_AT is `load`, or `answer`: then a prompt with the word "break" fails after some tokens.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from r3mes_engine import preparation
from r3mes_engine.backends.protocol import GenerationRequest, Report
from r3mes_engine.backends.scripted import ScriptedAnswer, ScriptedBackend
from r3mes_engine.cli import main
from r3mes_engine.restart_policy import RestartPolicy
from r3mes_engine.supervision import Supervision

WORDS = os.environ.get("FAULT_WORDS", "CUDA error: an illegal memory access was encountered")


class FaultyAnswer(ScriptedAnswer):
    async def __anext__(self) -> str:
        if self.completion_tokens >= 3:
            raise RuntimeError(WORDS)
        return await super().__anext__()


class FaultyBackend(ScriptedBackend):
    def load(self, report: Report) -> None:
        if os.environ.get("FAULT_AT") == "load":
            raise RuntimeError(WORDS)
        super().load(report)

    async def answer(self, request: GenerationRequest) -> ScriptedAnswer:
        answer = await super().answer(request)
        if "break" in request.messages[-1].text:
            answer.__class__ = FaultyAnswer
        return answer


if __name__ == "__main__":
    preparation.ScriptedBackend = FaultyBackend  # type: ignore[misc]
    if sys.argv[1] == "supervise":
        command = [sys.executable, __file__, *sys.argv[3:], "--control", "stdio"]
        with os.fdopen(os.dup(1), "wb", buffering=0) as events:
            policy = RestartPolicy(lambda low, high: 0.1)
            sys.exit(Supervision(command, Path(sys.argv[2]), policy, events).run())
    # As the command itself ends.
    os._exit(main(sys.argv[1:]))
