"""The pages of the window, each made when it is first needed: a window that opens shows one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QStackedWidget, QWidget


class PageStack(QStackedWidget):
    """Places in a fixed order; an empty widget holds the place of a page that is not made yet."""

    def __init__(self, makers: Sequence[Callable[[], QWidget]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._makers = tuple(makers)
        self._made: dict[int, QWidget] = {}
        for _ in self._makers:
            self.addWidget(QWidget())

    def is_made(self, index: int) -> bool:
        return index in self._made

    def page(self, index: int) -> QWidget:
        """The page at this place, made now if it was not yet."""
        if index not in self._made:
            shown, place = self.currentIndex(), self.widget(index)
            page = self._made[index] = self._makers[index]()
            self.insertWidget(index, page)
            # With the style's sizes at once, so that nothing moves after it is shown.
            for part in page.findChildren(QWidget):
                part.ensurePolished()
            if place is not None:
                self.removeWidget(place)
                place.deleteLater()
            self.setCurrentIndex(shown)
        return self._made[index]

    def make_all(self) -> None:
        """All that are missing, at once."""
        for index in range(len(self._makers)):
            self.page(index)
