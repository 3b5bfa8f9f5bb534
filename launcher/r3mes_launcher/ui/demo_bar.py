"""The banner of the demo: that nothing is real, what time it is in the recording, and the ways to the tour and out."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtWidgets import QWidget

from r3mes_launcher.core.state import BundleOrigin, LauncherState, Pace
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.bar import Bar
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone


class DemoBar(Bar):
    """There is no way to close it while the demo runs."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "demo", Tone.BUSY, parent)
        self.time = PlainLabel("", "strong")
        self.time.setAccessibleName(self.tr("Recorded time"))
        self.take_tour = Button(theme, self.tr("Take the tour"))
        self.leave = Button(theme, self.tr("Leave the demo"))
        for part in (self.time, self.take_tour, self.leave):
            self.buttons.addWidget(part)

    def show_state(self, state: LauncherState, is_touring: bool) -> None:
        self.setVisible(state.demo)
        origin = state.bundle
        self.show_sentence(
            self.tr("Demo: recorded data, no real money. Nothing leaves this computer.")
            if origin is None
            else self._whose(origin)
        )
        self.take_tour.setVisible(origin is None and not is_touring)

    def _whose(self, origin: BundleOrigin) -> str:
        return self.tr(
            "Recorded on another computer: diagnostics of R3MES {version} on {system}, {begin} to {end}, from "
            "the file {name}. Nothing of it can be switched."
        ).format(
            version=origin.version or "?",
            system=origin.system or "?",
            begin=figures.day_and_hour(origin.begin),
            end=figures.day_and_hour(origin.end),
            name=origin.name,
        )

    def show_time(self, pace: Pace, now: float) -> None:
        """`now` is the recorded time, in seconds since the epoch."""
        is_played = pace.rate != 1.0
        self.time.setVisible(is_played)
        if is_played:
            time_of_day = datetime.fromtimestamp(now).strftime("%H:%M")
            self.time.show_text(
                self.tr("{time}, {rate} times as fast").format(time=time_of_day, rate=round(pace.rate))
                if pace.rate
                else self.tr("{time}, the end").format(time=time_of_day)
            )
