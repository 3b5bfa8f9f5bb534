"""One band of the tariff: on which days, from when until when, and for what."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from r3mes_launcher.core.earnings.tariff import WEEK, TariffBand
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.settings.price_field import PriceField
from r3mes_launcher.ui.theme import Theme

WORKDAYS = (0, 1, 2, 3, 4)
WEEKEND = (5, 6)


class BandRow(QWidget):
    changed = Signal()
    removed = Signal()
    refused = Signal(str)

    def __init__(self, theme: Theme, band: TariffBand, number: int) -> None:
        """`number` counts the bands from 1, for whoever hears them only."""
        super().__init__()
        self._band = band
        space = theme.metrics.space
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(2))
        self.days = QComboBox()
        self.days.setAccessibleName(self.tr("Days of band {number}").format(number=number))
        choices = self._day_choices(band.days)
        self._days = [days for _, days in choices]
        """What the entries of the box mean, in their order."""
        self.days.addItems([name for name, _ in choices])
        self.start = self._hours(self.tr("Band {number} from").format(number=number), range(24))
        self.end = self._hours(self.tr("Band {number} until").format(number=number), range(1, 25))
        self.price = PriceField(theme, self.tr("Price in band {number}").format(number=number))
        self.remove = Button(
            theme, icon="close", kind="quiet", name=self.tr("Remove band {number}").format(number=number)
        )
        for widget in (self.days, self.start):
            row.addWidget(widget)
        row.addWidget(PlainLabel("–"))
        row.addWidget(self.end)
        row.addWidget(self.price)
        row.addWidget(self.remove)
        row.addStretch(1)
        self.days.setCurrentIndex(self._days.index(band.days))
        self.start.setCurrentIndex(band.from_hour)
        self.end.setCurrentIndex(band.until_hour - 1)
        self.price.show_price(band.price)
        for box in (self.days, self.start, self.end):
            box.activated.connect(lambda: self.changed.emit())
        self.price.typed.connect(lambda _: self.changed.emit())
        self.price.refused.connect(self.refused)
        self.remove.clicked.connect(lambda: self.removed.emit())

    @property
    def fields(self) -> tuple[QWidget, ...]:
        """In the order of Tab."""
        return (self.days, self.start, self.end, self.price, self.remove)

    @property
    def band(self) -> TariffBand:
        return self._band.model_copy(
            update={
                "days": self._days[self.days.currentIndex()],
                "from_hour": int(self.start.currentData()),
                "until_hour": int(self.end.currentData()),
                "price": self.price.price,
            }
        )

    def _day_choices(self, own: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
        locale = QLocale()
        choices = [
            (self.tr("Every day"), WEEK),
            (self.tr("Monday to Friday"), WORKDAYS),
            (self.tr("Saturday and Sunday"), WEEKEND),
            *((locale.standaloneDayName(day + 1, QLocale.FormatType.LongFormat), (day,)) for day in WEEK),
        ]
        if own not in [days for _, days in choices]:
            # Set on the command line.
            names = [locale.standaloneDayName(day + 1, QLocale.FormatType.ShortFormat) for day in own]
            choices.append((", ".join(names), own))
        return choices

    def _hours(self, name: str, hours: range) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        for hour in hours:
            box.addItem(f"{hour:02d}:00", hour)
        return box
