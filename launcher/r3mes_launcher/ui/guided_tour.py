"""The tour of the demo in its window: beside the pages, which it turns, and with room of its own."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tour import Step, steps
from r3mes_launcher.ui.tour_panel import TourPanel


class GuidedTour(QObject):
    """Open from its making to `close`."""

    closed = Signal()
    """The person closed it."""

    def __init__(
        self, theme: Theme, window: QWidget, row: QHBoxLayout, turn_to: Callable[[Step], None], step: int = 0
    ) -> None:
        """`row` is the window's, to which the panel is added; `turn_to` opens a step's page."""
        super().__init__(window)
        self._window = window
        self._row = row
        self._turn_to = turn_to
        self.panel = TourPanel(theme)
        self.panel.step_wished.connect(self.show_step)
        self.panel.closed.connect(self.closed)
        row.addWidget(self.panel)
        self._width_alone = self._make_room()
        self.show_step(step)

    def show_step(self, place: int) -> None:
        """Raises IndexError."""
        way = steps()
        self._turn_to(way[place])
        self.panel.show_step(way, place)
        self.panel.show()
        # The next Enter is the next step.
        self.panel.next.setFocus()

    def _make_room(self) -> int | None:
        """Makes the window wider by the panel, as far as the screen goes. Returns its width before, where it may."""
        window = self._window
        if window.isMaximized() or window.isFullScreen():
            return None
        alone = window.width()
        wider = min(alone + self.panel.sizeHint().width(), window.screen().availableGeometry().width())
        window.resize(max(wider, alone), window.height())
        return alone

    def close(self) -> None:
        """Gives the room back."""
        self._row.removeWidget(self.panel)
        self.panel.hide()
        self.panel.deleteLater()
        if self._width_alone is not None:
            # The layouts have to know first that it may be narrower.
            self._row.activate()
            ground = self._window.layout()
            if ground is not None:
                ground.activate()
            self._window.resize(self._width_alone, self._window.height())
        self.deleteLater()
