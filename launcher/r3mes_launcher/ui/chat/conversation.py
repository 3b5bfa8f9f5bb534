"""A chat so far, without any widget: what was said, what is being said, and what goes to the model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from r3mes_launcher.core.chats.answer_figures import AnswerFigures
from r3mes_launcher.core.chats.chat import Message, MessageState
from r3mes_launcher.core.state import ChatTurn

__all__ = ["MAX_ANSWER_CHARACTERS", "Conversation", "Message", "MessageState"]

MAX_ANSWER_CHARACTERS = 400_000
"""More than any answer of the length that is asked for; a gateway that sends on and on can't fill the memory."""


class Conversation:
    """Messages in order: the person's, then the model's."""

    def __init__(self, messages: Iterable[Message] = ()) -> None:
        self._messages: list[Message] = list(messages)
        # The answer that a new try replaces; it comes back when the new try brings nothing.
        self._replaced: Message | None = None

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
        self._replaced = None
        self._messages.append(Message("user", text))
        self._messages.append(Message("assistant", "", MessageState.WAITING, model))

    def retry(self, model: str = "") -> None:
        """Asks the last question again; the answer before comes back if the new try brings no word."""
        last = self._messages[-1]
        self._replaced = last if last.text else self._replaced
        self._messages[-1] = Message("assistant", "", MessageState.WAITING, model or last.model)

    def add(self, text: str) -> bool:
        """False when the answer has become too long: then it has to be stopped."""
        last = self._messages[-1]
        room = MAX_ANSWER_CHARACTERS - len(last.text)
        self._messages[-1] = replace(last, text=last.text + text[:room], state=MessageState.STREAMING)
        return len(text) <= room

    def measure(self, figures: AnswerFigures | None) -> None:
        self._messages[-1] = replace(self._messages[-1], figures=figures)

    def finish(self, reason: str, model: str) -> None:
        state = {"stopped": MessageState.STOPPED, "length": MessageState.CUT}.get(reason, MessageState.DONE)
        last = self._messages[-1]
        if not last.text.strip() and state is MessageState.STOPPED and self._replaced is not None:
            self._messages[-1] = self._replaced
            return
        # Blank lines at its end are no part of what was said.
        self._messages[-1] = replace(last, text=last.text.rstrip(), state=state, model=model or last.model)

    def fail(self, sentence: str) -> None:
        last = self._messages[-1]
        if not last.text.strip() and self._replaced is not None:
            last = self._replaced
        self._messages[-1] = replace(last, state=MessageState.FAILED, error=sentence)

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
