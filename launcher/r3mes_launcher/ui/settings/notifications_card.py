"""How the person is told of each kind of news, and when not."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QWidget

from r3mes_launcher.core.notifications import DEFAULT_ROUTES, News, Route
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.preferences import NIGHT, Preferences
from r3mes_launcher.ui.settings.appearance_card import Choice
from r3mes_launcher.ui.settings.form import Form
from r3mes_launcher.ui.theme import Theme


class NotificationsCard(Card):
    changed = Signal(dict)
    """Fields of Preferences with their new values."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("NotificationsCard", "What you are told"), "info", parent)
        self._preferences = Preferences()
        space = theme.metrics.space
        form = Form(theme)
        self.routes: dict[News, Choice] = {}
        for each, name in (
            (News.FAULT, self.tr("Serving stopped by a fault")),
            (News.TOO_HOT, self.tr("A GPU is too hot")),
            (News.GATEWAY_LOST, self.tr("The gateway does not answer")),
            (News.NEEDS_YOU, self.tr("Paused until you do something about it")),
            (News.GPU_FLAW, self.tr("Something is wrong with a GPU")),
            (News.PAUSED, self.tr("Paused by something else than you")),
            (News.BACK, self.tr("Serving again after trouble")),
        ):
            box = Choice(
                name,
                [
                    (self.tr("Not at all"), Route.OFF),
                    (self.tr("In this window"), Route.IN_APP),
                    (self.tr("As a message of the desktop"), Route.DESKTOP),
                ],
            )
            box.picked.connect(lambda route, each=each: self._on_route(each, route))
            form.add(name, box)
            self.routes[each] = box
        self.body.addLayout(form)
        row_of_hours = QHBoxLayout()
        row_of_hours.setSpacing(space(2))
        self.quiet = QCheckBox(self.tr("No messages of the desktop between"))
        self.quiet.clicked.connect(self._on_quiet)
        self.start = self._hours(self.tr("Quiet from"))
        self.end = self._hours(self.tr("Quiet until"))
        row_of_hours.addWidget(self.quiet)
        row_of_hours.addWidget(self.start)
        row_of_hours.addWidget(PlainLabel("–"))
        row_of_hours.addWidget(self.end)
        row_of_hours.addStretch(1)
        self.body.addLayout(row_of_hours)

    def show_preferences(self, preferences: Preferences) -> None:
        self._preferences = preferences
        for each, box in self.routes.items():
            box.show_value(preferences.routes.get(each, DEFAULT_ROUTES[each]))
        start, end = preferences.quiet or NIGHT
        self.quiet.setChecked(preferences.quiet is not None)
        for hours, hour in ((self.start, start), (self.end, end)):
            hours.setCurrentIndex(hour)
            hours.setEnabled(preferences.quiet is not None)

    def _hours(self, name: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        for hour in range(24):
            box.addItem(f"{hour:02d}:00", hour)
        box.activated.connect(lambda: self._on_quiet(True))
        return box

    def _on_route(self, each: News, route: Route) -> None:
        self.changed.emit({"routes": {**self._preferences.routes, each: route}})

    def _on_quiet(self, on: bool) -> None:
        hours = (self.start.currentIndex(), self.end.currentIndex())
        self.changed.emit({"quiet": hours if on else None})
