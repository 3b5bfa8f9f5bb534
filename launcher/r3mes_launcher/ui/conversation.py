"""A chat so far, without any widget: what was said, what is being said, and what goes to the model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from r3mes_launcher.core.state import ChatTurn


class MessageState(StrEnum):
    DONE = "done"
    WAITING = "waiting"
    """Asked, no word yet."""
    STREAMING = "streaming"
    STOPPED = "stopped"
    CUT = "cut"
    """Ended at the limit of its length."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    text: str
    state: MessageState = MessageState.DONE
    model: str = ""
    error: str = ""


class Conversation:
    """Messages in order: the person's, then the model's."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(self._messages)

    @property
    def answering(self) -> bool:
        return bool(self._messages) and self._messages[-1].state in (MessageState.WAITING, MessageState.STREAMING)

    def ask(self, text: str, model: str) -> None:
        """Raises ValueError while an answer is on its way or when there is nothing to ask."""
        if self.answering:
            raise ValueError("The answer before is still on its way.")
        if not text.strip():
            raise ValueError("There is nothing to send.")
        self._messages.append(Message("user", text))
        self._messages.append(Message("assistant", "", MessageState.WAITING, model))

    def retry(self) -> None:
        """Asks the last question again; the failed or stopped answer goes."""
        last = self._messages[-1]
        self._messages[-1] = Message("assistant", "", MessageState.WAITING, last.model)

    def add(self, text: str) -> None:
        last = self._messages[-1]
        self._messages[-1] = replace(last, text=last.text + text, state=MessageState.STREAMING)

    def finish(self, reason: str, model: str) -> None:
        state = {"stopped": MessageState.STOPPED, "length": MessageState.CUT}.get(reason, MessageState.DONE)
        last = self._messages[-1]
        # Blank lines at its end are no part of what was said.
        self._messages[-1] = replace(last, text=last.text.rstrip(), state=state, model=model or last.model)

    def fail(self, sentence: str) -> None:
        self._messages[-1] = replace(self._messages[-1], state=MessageState.FAILED, error=sentence)

    def turns(self) -> tuple[ChatTurn, ...]:
        """What the model is given: questions with their answers, and the question that waits for one.

        A question whose answer never came is left out: many chat templates refuse two questions in a row.
        """
        turns = []
        for question, answer in zip(self._messages[::2], self._messages[1::2], strict=True):
            if answer.state is MessageState.WAITING:
                turns.append(ChatTurn(question.role, question.text))
            elif answer.text:
                turns += [ChatTurn(question.role, question.text), ChatTurn(answer.role, answer.text)]
        return tuple(turns)
