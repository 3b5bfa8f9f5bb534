"""A whole address in groups of four, for comparing by eye; places that differ from a known one stand out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone

_A_ROW = 6


class AddressView(QFrame):
    """Never shortened. Screen readers get the address group by group."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("card", "inset")
        space = theme.metrics.space
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(space(3), space(2.4), space(3), space(2.4))
        self._grid.setHorizontalSpacing(space(2.4))
        self._grid.setVerticalSpacing(space(1))
        self._labels: list[PlainLabel] = []
        self.address = ""

    def show_address(self, address: str, differing: Sequence[int] = ()) -> None:
        """`differing`: places in the address, from 0, that are to stand out."""
        self.address = address
        for label in self._labels:
            self._grid.removeWidget(label)
            label.deleteLater()
        self._labels = []
        start, marked = 0, set(differing)
        groups = address_groups(address)
        for index, group in enumerate(groups):
            label = PlainLabel(group, "strong" if marked.intersection(range(start, start + len(group))) else "")
            label.setFont(self._theme.fixed_font())
            label.setAlignment(Qt.AlignmentFlag.AlignLeft)
            if marked.intersection(range(start, start + len(group))):
                label.show_tone(Tone.BAD)
            # The prefix has the first row's first place; the groups of four stand below each other.
            self._grid.addWidget(label, index // _A_ROW, index % _A_ROW)
            self._labels.append(label)
            start += len(group)
        self._grid.setColumnStretch(_A_ROW, 1)
        self.setAccessibleName(
            QCoreApplication.translate("AddressView", "Address {groups}").format(groups=" ".join(groups))
        )

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(label.text() for label in self._labels)


def address_groups(address: str, size: int = 4) -> tuple[str, ...]:
    """The prefix with its 1 first, then groups; the same cut as the wallet's own."""
    separator = address.rfind("1") + 1
    head, rest = address[:separator], address[separator:]
    groups = tuple(rest[start : start + size] for start in range(0, len(rest), size))
    return (head, *groups) if head else groups


def short_address(address: str) -> str:
    """For lists, where the whole address is one click away: `remes1qqp5…x8fw`."""
    return address if len(address) <= 20 else f"{address[:10]}…{address[-6:]}"
