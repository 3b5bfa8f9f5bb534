"""Why am I not earning? One day of the node: a bar, the sentence under the cursor, and all of it as a list."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtWidgets import QCheckBox, QWidget

from r3mes_launcher.core.history.timeline import Kind, Stretch, seconds_by_kind
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.timeline_widget import TimelineWidget
from r3mes_launcher.ui.timeline_wording import hour, spoken, stretch_wording
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for
from r3mes_launcher.ui.wallet.table import Table
from r3mes_launcher.ui.window_view import kept_view

_DAY_S = 86_400.0
_OLDEST_DAYS = 90
# The day moves on; nobody watches it by the second.
_REFRESH_S = 10.0


class TimelineCard(Card):
    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(theme, self.tr("Why am I not earning?"), "info", parent)
        self._intents = intents
        self._back = 0
        self._asked_at = self._asked_really = float("-inf")
        self._asking = False
        self._now = time.time()
        self._stretches: tuple[Stretch, ...] = ()
        self.earlier = Button(theme, self.tr("Earlier"))
        self.earlier.clicked.connect(lambda: self._go(1))
        self.later = Button(theme, self.tr("Later"))
        self.later.clicked.connect(lambda: self._go(-1))
        self.later.setEnabled(False)
        self.as_list = QCheckBox(self.tr("Show as a list"))
        kept_view(self.as_list, "timeline.as_list")
        self.as_list.toggled.connect(self._on_as_list)
        self.heading_row.addWidget(self.as_list)
        self.heading_row.addWidget(self.earlier)
        self.heading_row.addWidget(self.later)
        self._sum = PlainLabel("", "muted", wrap=True)
        self.body.addWidget(self._sum)
        self.widget = TimelineWidget(theme)
        self.widget.cursor_moved.connect(self._show_reading)
        self.body.addWidget(self.widget)
        self._reading = PlainLabel("", wrap=True)
        self.body.addWidget(self._reading)
        self.list = Table(
            theme, self.tr("The day as a list"), [self.tr("From"), self.tr("For"), self.tr("What"), self.tr("Why")], 3
        )
        self.list.hide()
        self.body.addWidget(self.list)
        self._show()

    def tick(self, now: float) -> None:
        """Asks for the newest record now and then; called once a second while the page is on view."""
        self._now = now
        # In a recording the time may be faster than ours, and stands still at its end.
        due = now - self._asked_at >= _REFRESH_S or time.monotonic() - self._asked_really >= _REFRESH_S
        if not self._asking and due:
            self._ask(now)

    def _ask(self, now: float) -> None:
        self._asking, self._asked_at, self._asked_really = True, now, time.monotonic()
        end = now - self._back * _DAY_S
        begin = end - _DAY_S

        def done(stretches: Sequence[Stretch]) -> None:
            self._asking = False
            self._stretches = tuple(stretches)
            self.widget.show_stretches(stretches, begin, end)
            self._show()

        ask_for(self, self._intents, lambda core: core.history.timeline(begin, end), done, self._on_refused)

    def _on_refused(self, sentence: str) -> None:
        self._asking = False
        self._sum.show_text(sentence)

    def _go(self, days: int) -> None:
        self._back = min(max(self._back + days, 0), _OLDEST_DAYS - 1)
        self.later.setEnabled(self._back > 0)
        self.earlier.setEnabled(self._back < _OLDEST_DAYS - 1)
        self._asked_at = float("-inf")
        self.tick(self._now)

    def _show(self) -> None:
        sums = seconds_by_kind(self._stretches)
        whole = sum(sums.values())
        named = sorted(((took, kind) for kind, took in sums.items()), reverse=True)
        parts = [
            f"{stretch_wording(Stretch(0, took, kind)).title} {figures.duration(took)}"
            for took, kind in named
            if whole and took / whole >= 0.005 and kind is not Kind.UNKNOWN
        ]
        when = (
            self.tr("The last 24 hours") if self._back == 0 else self.tr("24 hours, %Ln day(s) earlier", "", self._back)
        )
        # A line breaks between two of them, not inside one.
        self._sum.show_text("  ·  ".join(each.replace(" ", "\u00a0") for each in (when, *parts)))
        self.list.show_rows(
            [
                (
                    (hour(stretch.since), None),
                    (figures.duration(stretch.seconds), None),
                    (words.title, words.tone if words.tone is not Tone.NEUTRAL else None),
                    (words.sentence, None),
                )
                for stretch, words in ((each, stretch_wording(each)) for each in reversed(self._stretches))
            ],
            [spoken(stretch) for stretch in reversed(self._stretches)],
        )
        self._show_reading()

    def _show_reading(self) -> None:
        self._reading.show_text(self.widget.spoken())

    def _on_as_list(self, as_list: bool) -> None:
        self.list.setVisible(as_list)
        self.widget.setVisible(not as_list)
        self._reading.setVisible(not as_list)
