"""Home: the switch, the engine, the gateway, and the way into the demo."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from r3mes_launcher.core.state import LauncherState
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Card, IconLabel, PageColumn, PairRow
from r3mes_launcher.ui.engine_card import EngineCard
from r3mes_launcher.ui.gateway_card import GatewayCard
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.serving_card import ServingCard
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.timeline_card import TimelineCard
from r3mes_launcher.ui.tokens import Tone


class HomePage(PageColumn):
    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setAccessibleName(self.tr("Home"))
        self.serving = ServingCard(theme, intents)
        self.engine = EngineCard(theme, intents)
        self.gateway = GatewayCard(theme, intents)
        self.timeline = TimelineCard(theme, intents)
        self._demo = Card(theme)
        row = QHBoxLayout()
        row.setSpacing(theme.metrics.space(4))
        row.addWidget(IconLabel(theme, "demo", Tone.BUSY, 6))
        self._demo.setAccessibleName(self.tr("Demo"))
        words = PlainLabel(
            self.tr("New here? The demo plays a computer with two GPUs, offline and without a download."),
            "muted",
            wrap=True,
        )
        row.addWidget(words, 1)
        self.try_demo = Button(theme, self.tr("Try the demo"))
        self.try_demo.clicked.connect(intents.open_demo)
        row.addWidget(self.try_demo)
        self._demo.body.addLayout(row)
        self.column.addWidget(self.serving)
        self.column.addWidget(PairRow(theme, self.engine, self.gateway))
        self.column.addWidget(self.timeline)
        self.column.addWidget(self._demo)
        self.column.addStretch(1)

    def show_state(self, state: LauncherState, now: float) -> None:
        self._demo.setVisible(not state.demo)
        for card in (self.serving, self.engine, self.gateway):
            card.show_state(state, now)

    def tick(self, now: float) -> None:
        if self.isVisible():
            self.timeline.tick(now)
        for card in (self.serving, self.engine, self.gateway):
            card.tick(now)
