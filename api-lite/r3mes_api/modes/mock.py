"""Mock: answers without a model, at a model's pace, for demos and for the tests of other programs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import cycle, islice

from r3mes_api.modes.interface import ModelCard
from r3mes_api.modes.mock_directives import MockDirectives, read_directives
from r3mes_api.modes.without_nodes import WithoutNodes
from r3mes_api.routing.question import Audience, End, Question
from r3mes_api.setting_kinds import InferenceMode
from r3mes_protocol.chat import FinishReason, chunk
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.messages import Usage
from r3mes_protocol.sse import encode_event

MOCK_MODEL = "r3mes-mock"
MARK = "[mock]"
QUOTED_CHARS = 120
CONTEXT_TOKENS = 4096

_OPENINGS = (
    "This is a mock answer, made up without a model.",
    "No model is running here: these words come from the mock mode.",
    "You are talking to the mock, so take this as a rehearsal.",
)
_QUESTIONS = (
    "You asked “{quoted}”. A real node would now weigh every word of that; the mock only counts them: {words}.",
    "“{quoted}” is a good question for a real model. From the mock you get the length of it, {words} words.",
    "A serving node would answer “{quoted}” from what its model has learnt; the mock can only repeat it.",
)
_STATEMENTS = (
    "You wrote “{quoted}”, which makes {words} words and {characters} characters.",
    "I read “{quoted}” and nothing of it left this machine.",
    "About “{topic}” a real model would have more to say than this mock does.",
)
_GREETINGS = (
    "Hello! It is good to see the line working from your keyboard to the gateway and back.",
    "Welcome! The chat, the gateway and the stream between them are all real; only the answer is not.",
)
_CODE = (
    "Since you speak of code, here is some, so that you see how it looks:\n\n"
    '```python\ndef {name}():\n    return "mock"\n```\n',
)
_CLOSINGS = (
    "Switch Serving on, and the same question goes to a model on a GPU.",
    "Everything else on this page works as it will on the network: stop, copy and ask again.",
    "Ask something else, and the mock will find other words.",
)

_GREETING = re.compile(r"^\W*(hi|hello|hey|good (morning|evening)|merhaba|selam|hallo)\b", re.IGNORECASE)
_ABOUT_CODE = re.compile(r"\b(code|python|function|script|program|class|kod)\b", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"\s*\S{1,6}|\s+")


class MockMode(WithoutNodes):
    """Testers may say in the prompt how it is to answer, or to fail (`mock_directives`)."""

    def __init__(
        self, *, tokens_per_second: float, first_token_s: float, first_token_within_s: float, stall_s: float
    ) -> None:
        """The last two are how long the gateway waits for a silent node, before the first token and after it."""
        super().__init__(InferenceMode.MOCK)
        self._tokens_per_second = tokens_per_second
        self._first_token_s = first_token_s
        self._first_token_within_s = first_token_within_s
        self._stall_s = stall_s

    def check(self) -> None:
        pass

    def models(self) -> list[ModelCard]:
        return [ModelCard(MOCK_MODEL, nodes=0, context_tokens=CONTEXT_TOKENS)]

    async def answer(self, question: Question, to: Audience) -> None:
        """Takes any model's name: there is none that it could lack. Raises ApiError where it was told to fail."""
        if question.kind == "embeddings":
            # Made-up vectors would pass for real ones in whatever is searched by them.
            raise ApiError(ErrorCode.MODEL_NOT_FOUND, "The mock makes no embeddings; a node does.", param="model")
        directives, prompt = read_directives(question.prompt)
        model = question.model or MOCK_MODEL
        loop = asyncio.get_running_loop()
        due = loop.time() + (self._first_token_s if directives.first is None else directives.first)
        pause_s = 1.0 / (directives.pace or self._tokens_per_second)
        finish_reason: FinishReason = "stop"
        sent = 0

        def events(content: str | None, reason: FinishReason | None = None) -> bytes:
            return b"".join(
                encode_event(
                    chunk(
                        question.completion_id,
                        model,
                        question.created,
                        choice=choice,
                        content=content,
                        role="assistant" if content is not None and sent == 0 else None,
                        finish_reason=reason,
                    )
                )
                for choice in range(question.choices)
            )

        words = tokens(mock_answer(prompt))
        for token in words if directives.tokens is None else islice(cycle(words), directives.tokens):
            await self._fail(directives, sent)
            if question.token_limit is not None and sent >= question.token_limit:
                finish_reason = "length"
                break
            # Paced by the clock and not by pauses, so that a slow client does not add to the time.
            await asyncio.sleep(max(0.0, due - loop.time()))
            due = max(due + pause_s, loop.time())
            await to.events(events(token))
            sent += 1
        if finish_reason == "stop":
            await self._fail(directives, sent)
        await to.events(events(None, finish_reason))
        prompt_tokens = sum(1 for _ in tokens(prompt))
        usage = Usage(prompt_tokens=prompt_tokens, completion_tokens=sent * question.choices)
        await to.end(End(model, finish_reason, usage))

    async def _fail(self, directives: MockDirectives, sent: int) -> None:
        """Raises ApiError, as a client would get it from a network, where it is time to fail."""
        if directives.silent == sent:
            await asyncio.sleep(self._stall_s if sent else self._first_token_within_s)
            code = ErrorCode.STREAM_STALLED if sent else ErrorCode.FIRST_TOKEN_TIMEOUT
            raise ApiError(code, "The mock fell silent, as it was told.", retry_after_s=5)
        if directives.die == sent:
            raise ApiError(ErrorCode.NODE_FAILED, "The mock broke off, as a node that dies; it was told to.")
        if directives.error is not None and directives.after == sent:
            error = ApiError(directives.error, "The mock failed, as it was told.")
            error.retry_after_s = 1 if error.status in (429, 503) else None
            raise error


def mock_answer(prompt: str) -> str:
    """The same words for the same prompt, other words for another one; always marked as a mock."""
    quoted = " ".join(prompt.split())
    if len(quoted) > QUOTED_CHARS:
        quoted = quoted[:QUOTED_CHARS].rstrip() + "…"
    words = _WORD.findall(prompt)
    topic = max(words, key=len, default="nothing")
    digest = sha256(prompt.encode("utf-8", "replace")).digest()

    values = {
        "quoted": quoted,
        "topic": topic[:40],
        "words": len(words),
        "characters": len(prompt),
        "name": re.sub(r"\W|^(?=\d)", "_", topic.lower())[:30],
    }

    def pick(choices: tuple[str, ...], place: int) -> str:
        return choices[digest[place] % len(choices)].format(**values)

    sentences = [pick(_OPENINGS, 0)]
    if _GREETING.search(prompt):
        sentences.append(pick(_GREETINGS, 1))
    if quoted:
        sentences.append(pick(_QUESTIONS if "?" in prompt else _STATEMENTS, 2))
    if _ABOUT_CODE.search(prompt):
        sentences.append(pick(_CODE, 3))
    sentences.append(pick(_CLOSINGS, 4))
    return f"{MARK} {' '.join(sentences)}"


def tokens(text: str) -> Iterator[str]:
    """Pieces of about the size of a model's tokens that make up the text."""
    return (match.group() for match in _TOKEN.finditer(text))
