"""Everything that is known of one request. There is no prompt and no answer: the node keeps neither."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtWidgets import QWidget

from r3mes_launcher.core.history.request_record import RequestRecord
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.field_list import FieldList
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.request_wording import milliseconds, outcome_wording
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone


class RequestDetail(Card):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, self.tr("Request"), "requests", parent)
        self._sentence = PlainLabel("", wrap=True)
        self.body.addWidget(self._sentence)
        self.fields = FieldList(theme)
        for key, name in (
            ("when", self.tr("Ended")),
            ("model", self.tr("Model")),
            ("adapter", self.tr("Adapter")),
            ("tokens", self.tr("Tokens")),
            ("first", self.tr("First token after")),
            ("took", self.tr("All of it took")),
            ("id", self.tr("Request")),
        ):
            self.fields.add(key, name)
        self.body.addWidget(self.fields)
        self.body.addStretch(1)

    def show_record(self, record: RequestRecord) -> None:
        words = outcome_wording(record)
        self.heading.show_text(words.title)
        self.heading.show_tone(None if words.tone is Tone.NEUTRAL else words.tone)
        self._sentence.show_text(words.sentence)
        self._sentence.setVisible(bool(words.sentence))
        pace = record.tokens_per_second
        took = milliseconds(record.duration_ms)
        if pace is not None:
            took += "  ·  " + self.tr("{pace} tokens/s").format(pace=figures.rate(pace))
        show = self.fields.show_value
        show("when", datetime.fromtimestamp(record.ended_at).strftime("%Y-%m-%d %H:%M:%S"))
        show("model", record.model)
        show("adapter", record.adapter or self.tr("none, the base model"))
        show(
            "tokens",
            self.tr("{prompt} read, {answer} made").format(
                prompt=figures.count(record.prompt_tokens), answer=figures.count(record.completion_tokens)
            ),
        )
        show("first", milliseconds(record.first_token_ms))
        show("took", took)
        show("id", record.job)
