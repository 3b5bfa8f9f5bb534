"""So many streams at once to an OpenAI-compatible server, and what they cost it.

Prompts are words drawn at random, so that no server answers from what it kept of an earlier prompt beyond its
beginning, which is the chat template's and the same for all servers.
"""

from __future__ import annotations

import http.client
import json
import random
import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil

ANSWER_S = 300.0
"""Without a byte for so long, an answer has failed: a model on a processor that others use is slow, not dead."""
WORDS = (
    "river", "stone", "engine", "market", "quiet", "garden", "signal", "planet", "bottle", "winter", "copper", "window",
    "silver", "machine", "story", "harbor", "letter", "forest", "number", "circle", "morning", "island", "theory",
    "camera", "bridge", "summer", "pocket", "mirror", "castle", "thread", "candle",
)  # fmt: skip
PROMPT_WORDS = 5
"""With SmolLM2's template a prompt of about 40 tokens."""


class LoadFailed(Exception):
    """A sentence: an answer did not come whole."""


@dataclass(frozen=True, slots=True)
class Target:
    """One model or adapter of a server, as a request names it."""

    port: int
    model: str
    key: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further parameters of the request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Times are `perf_counter`'s, in seconds."""

    begun: float
    first: float
    ended: float
    tokens: int
    prompt_tokens: int


@dataclass(frozen=True, slots=True)
class Level:
    """What so many streams at once did."""

    streams: int
    tokens: int
    tokens_per_s: float
    first_token_s: float
    """The median, from the request on."""
    tokens_per_cpu_s: float
    memory_mib: float
    """Proportional (PSS) where the system tells it, otherwise resident; of all processes of the server, afterwards."""
    others_cores: float
    """What other programs took meanwhile, the client left out."""
    prompt_tokens: float


def prompt(dice: random.Random) -> str:
    words = ", ".join(dice.sample(WORDS, PROMPT_WORDS))
    return f"Tell a story with these words: {words}."


def ask(target: Target, text: str, tokens: int) -> Answer:
    """One whole answer. Raises LoadFailed."""
    body = {
        "model": target.model, "messages": [{"role": "user", "content": text}], "max_tokens": tokens,
        "temperature": 0, "stream": True, "stream_options": {"include_usage": True}, **target.more,
    }  # fmt: skip
    headers = {"Content-Type": "application/json"}
    if target.key:
        headers["Authorization"] = f"Bearer {target.key}"
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=ANSWER_S)
    begun, first, usage = time.perf_counter(), None, None
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise LoadFailed(f"{target.model} answered {answer.status}: {answer.read(500).decode(errors='replace')}")
        for line in answer:
            if not line.startswith(b"data: {"):
                continue
            event = json.loads(line[6:])
            if "error" in event:
                raise LoadFailed(f"{target.model} broke off: {str(event['error'])[:500]}")
            usage = event.get("usage") or usage
            if first is None and any(choice["delta"].get("content") for choice in event.get("choices", ())):
                first = time.perf_counter()
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise LoadFailed(f"{target.model} did not answer: {type(error).__name__}: {error}") from error
    finally:
        connection.close()
    if first is None or usage is None:
        raise LoadFailed(f"The answer of {target.model} had no {'text' if first is None else 'usage'}.")
    return Answer(begun, first, time.perf_counter(), usage["completion_tokens"], usage["prompt_tokens"])


def measured(
    targets: Sequence[Target],
    process: int,
    streams: int,
    tokens: int,
    seed: int,
    answers_each: int = 1,
    behind: int | None = None,
) -> Level:
    """The targets take turns among the requests. `process` is the server's, `behind` that of the server that it asks
    itself, which is none of the other programs. Raises LoadFailed."""
    answers: list[Answer] = []
    problems: list[LoadFailed] = []

    def stream(number: int) -> None:
        for turn in range(answers_each):
            place = turn * streams + number
            dice = random.Random(f"{seed} {streams} {place}")
            try:
                answers.append(ask(targets[place % len(targets)], prompt(dice), tokens))
            except LoadFailed as problem:
                problems.append(problem)
                return

    def known_s() -> float:
        return _own_s() + sum(_family_cpu_s(one) for one in (process, behind) if one is not None)

    before, busy_before, known_before = _family_cpu_s(process), _busy_s(), known_s()
    begun = time.perf_counter()
    threads = [threading.Thread(target=stream, args=(number,), daemon=True) for number in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    cpu = _family_cpu_s(process) - before
    others = _busy_s() - busy_before - (known_s() - known_before)
    if problems:
        raise problems[0]
    made = sum(answer.tokens for answer in answers)
    return Level(
        streams=streams,
        tokens=made,
        tokens_per_s=made / took,
        first_token_s=statistics.median(answer.first - answer.begun for answer in answers),
        tokens_per_cpu_s=made / max(cpu, 0.01),
        memory_mib=_family_mib(process),
        others_cores=max(0.0, others) / took,
        prompt_tokens=statistics.median(answer.prompt_tokens for answer in answers),
    )


def median_level(levels: Sequence[Level]) -> Level:
    """Of measurements of the same number of streams, each figure for itself."""

    def median(name: str) -> float:
        return statistics.median(getattr(level, name) for level in levels)

    return Level(
        levels[0].streams, round(median("tokens")), median("tokens_per_s"), median("first_token_s"),
        median("tokens_per_cpu_s"), median("memory_mib"), median("others_cores"), median("prompt_tokens"),
    )  # fmt: skip


def _family(process: int) -> list[psutil.Process]:
    server = psutil.Process(process)
    return [server, *server.children(recursive=True)]


def _family_cpu_s(process: int) -> float:
    total = 0.0
    for one in _family(process):
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def _family_mib(process: int) -> float:
    total = 0.0
    for one in _family(process):
        try:
            memory = one.memory_full_info()
        except psutil.NoSuchProcess:
            continue
        total += getattr(memory, "pss", memory.rss)
    return total / 2**20


def _busy_s() -> float:
    times = psutil.cpu_times()
    return times.user + times.system + sum(getattr(times, name, 0.0) for name in ("nice", "irq", "softirq", "steal"))


def _own_s() -> float:
    times = psutil.Process().cpu_times()
    return times.user + times.system
