"""A chart of one figure over the last minutes, with a cursor for mouse and keyboard, and words for the ear."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from r3mes_launcher.ui import figures
from r3mes_launcher.ui.chart_axes import AxisLabels, ChartAxes
from r3mes_launcher.ui.moment_cursor import MomentCursor
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.time_series import TimeSeries
from r3mes_launcher.ui.tokens import Tone

# From so long a time on, a moment without its day is not clear.
_LONG_S = 43_200.0
# Of the time a bar stands for; the rest keeps it from its neighbours.
_BAR_SHARE = 0.72


class TimeSeriesWidget(MomentCursor):
    """Draws a TimeSeries that somebody else fills; call `refresh` when it has grown.

    The y axis goes from 0 to `ceiling`; a value above it, or below 0, stretches the axis.
    """

    page = 60
    """A minute of samples."""

    def __init__(
        self,
        theme: Theme,
        name: str,
        unit: str,
        digits: int = 0,
        parent: QWidget | None = None,
        value_text: Callable[[float | None], str] | None = None,
        moment_text: Callable[[float], str] | None = None,
        bar_s: float = 0.0,
    ) -> None:
        """`value_text` and `moment_text` write values and times in other words than a number with its unit.

        `bar_s`: each value is the sum of so many seconds around its moment, and is drawn as a bar; 0: a line.
        """
        super().__init__(parent)
        self._value_text = value_text
        self._moment_text = moment_text
        self._bar_s = bar_s
        self._theme = theme
        self._axes = ChartAxes(theme)
        self._name = name
        self._unit = unit
        self._digits = digits
        self._series = TimeSeries(1.0)
        self._ceiling = 100.0
        self._tone = Tone.BUSY
        self._lines: list[QPolygonF] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(name)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._theme.metrics.space(48), self._theme.metrics.space(24))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._theme.metrics.space(30), self._theme.metrics.space(22))

    def rename(self, name: str) -> None:
        """For a chart whose figure can be chosen."""
        self._name = name
        self.setAccessibleName(name)

    def show_series(self, series: TimeSeries, ceiling: float) -> None:
        self._series = series
        self._ceiling = ceiling
        self.refresh()

    def show_tone(self, tone: Tone) -> None:
        if tone is not self._tone:
            self._tone = tone
            self.update()

    def refresh(self) -> None:
        self._rebuild()
        self.setAccessibleDescription(self.spoken())
        self.update()

    def spoken(self) -> str:
        """The chart in a sentence; what the cursor is on comes first."""
        summary = self._series.summary()
        if summary is None:
            return self.tr("{name}: no values yet.").format(name=self._name)
        text = self.tr(
            "{name} over the last {span}: now {now}, lowest {lowest}, average {mean}, highest {highest}."
        ).format(
            name=self._name,
            span=figures.duration(self._series.span_s),
            now=self.format(summary.now),
            lowest=self.format(summary.lowest),
            mean=self.format(summary.mean),
            highest=self.format(summary.highest),
        )
        reading = self.reading()
        return f"{reading} {text}" if reading else text

    def reading(self) -> str:
        """What the cursor is on, empty without a cursor."""
        index = self._place()
        if index is None:
            return ""
        at, value = self._series.sample(index)
        return self.tr("{time}: {value}.").format(time=self._words_of(at), value=self.format(value))

    def _words_of(self, at: float) -> str:
        if self._moment_text is not None:
            return self._moment_text(at)
        return figures.clock(at) if self._series.span_s < _LONG_S else figures.day_and_hour(at)

    def format(self, value: float | None) -> str:
        if self._value_text is not None:
            return self._value_text(value)
        return figures.value(value, self._unit, self._digits)

    def labels(self) -> AxisLabels:
        """What stands at the edges of the plot."""
        if self._series.summary() is None:
            return AxisLabels()
        base, newest = self._base(), self._series.sample(-1)[0]
        if self._moment_text is not None:
            first, last = self._moment_text(self._series.sample(0)[0]), self._moment_text(newest)
        else:
            first = self.tr("{span} ago").format(span=figures.span(self._series.span_s))
            last = self.tr("now")
        return AxisLabels(self.format(self._top()), self.format(base) if base < 0 else "", first, last)

    def _places(self) -> int:
        return len(self._series)

    def _place(self) -> int | None:
        return None if self._cursor is None else self._series.nearest(self._cursor)

    def _moment(self, place: int) -> float:
        return self._series.sample(place)[0]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        plot = self._plot()
        if len(self._series) and plot.width() > 0:
            share = (event.position().x() - plot.left()) / plot.width()
            newest = self._series.sample(-1)[0]
            index = self._series.nearest(newest + self._bar_s / 2 - self._series.span_s * (1 - share))
            self._put_cursor(None if index is None else self._series.sample(index)[0])

    # Painting.

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self._rebuild()
        super().resizeEvent(event)

    def _plot(self) -> QRectF:
        edge = float(self._theme.metrics.space(0.8))
        return self._axes.plot(QRectF(self.rect()).adjusted(edge, edge, -edge, -edge))

    def _top(self) -> float:
        summary = self._series.summary()
        return max(self._ceiling, summary.highest if summary else 0.0, 1e-9)

    def _base(self) -> float:
        """What the lower edge stands for: 0, or the lowest value where that is a loss."""
        summary = self._series.summary()
        return min(0.0, summary.lowest if summary else 0.0)

    def _point(self, plot: QRectF, at: float, value: float, newest: float, edges: tuple[float, float]) -> QPointF:
        """`edges` are the values of the lower and the upper edge."""
        base, top = edges
        x = plot.right() - (newest + self._bar_s / 2 - at) / self._series.span_s * plot.width()
        return QPointF(x, plot.bottom() - (value - base) / (top - base) * plot.height())

    def _zero(self, plot: QRectF) -> float:
        base = self._base()
        return plot.bottom() + base / (self._top() - base) * plot.height()

    def _rebuild(self) -> None:
        self._lines = []
        if not len(self._series):
            return
        plot, edges, newest = self._plot(), (self._base(), self._top()), self._series.sample(-1)[0]
        samples = zip(self._series.times, self._series.values, strict=True)
        for known, run in groupby(samples, key=lambda sample: sample[1] is not None):
            if known:
                self._lines.append(QPolygonF([self._point(plot, at, value or 0.0, newest, edges) for at, value in run]))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        tokens, metrics, plot = self._theme.tokens, self._theme.metrics, self._plot()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hair = float(metrics.space(0.2))
        painter.setPen(QPen(QColor(tokens.border), hair))
        for step in range(5):
            y = plot.top() + plot.height() * step / 4
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        colour = QColor(tokens.tone(self._tone))
        ground = QColor(colour)
        ground.setAlphaF(0.14)
        zero = self._zero(plot)
        if self._base() < 0:
            painter.setPen(QPen(QColor(tokens.border_strong), hair))
            painter.drawLine(QPointF(plot.left(), zero), QPointF(plot.right(), zero))
        if self._bar_s:
            self._paint_bars(painter, plot, colour, zero)
        for line in self._lines if not self._bar_s else ():
            area = QPolygonF(line)
            area.append(QPointF(line.last().x(), zero))
            area.append(QPointF(line.first().x(), zero))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawPolygon(area)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            pen = QPen(colour, metrics.space(0.36))
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.drawPolyline(line)
        self._axes.paint(painter, plot, self.labels())
        self._paint_cursor(painter, plot, colour)
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), float(metrics.space(0.45))))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            inset = metrics.space(0.3)
            painter.drawRoundedRect(
                QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), metrics.small_radius, metrics.small_radius
            )
        painter.end()

    def _paint_bars(self, painter: QPainter, plot: QRectF, colour: QColor, zero: float) -> None:
        width = self._bar_s / self._series.span_s * plot.width() * _BAR_SHARE
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for point in (point for line in self._lines for point in line.toList()):
            painter.drawRect(QRectF(point.x() - width / 2, min(point.y(), zero), width, abs(zero - point.y())))

    def _paint_cursor(self, painter: QPainter, plot: QRectF, colour: QColor) -> None:
        index = self._place()
        if index is None:
            return
        tokens, metrics = self._theme.tokens, self._theme.metrics
        at, value = self._series.sample(index)
        newest = self._series.sample(-1)[0]
        spot = self._point(plot, at, value or 0.0, newest, (self._base(), self._top()))
        painter.setPen(QPen(QColor(tokens.border_strong), float(metrics.space(0.2))))
        painter.drawLine(QPointF(spot.x(), plot.top()), QPointF(spot.x(), plot.bottom()))
        if value is not None:
            painter.setPen(QPen(QColor(tokens.surface), float(metrics.space(0.4))))
            painter.setBrush(colour)
            size = float(metrics.space(1.1))
            painter.drawEllipse(spot, size, size)
        text = f"{self.format(value)}  ·  {self._words_of(at)}"
        painter.setFont(self._theme.figure_font(0.9))
        box = QRectF(painter.fontMetrics().boundingRect(text))
        pad = float(metrics.space(1.2))
        label = QRectF(0, plot.top() + pad / 2, box.width() + 2 * pad, box.height() + pad)
        # On the side of the cursor that has room, so that it never hides the newest values.
        left = spot.x() - label.width() - pad if spot.x() - label.width() - pad > plot.left() else spot.x() + pad
        label.moveLeft(left)
        painter.setPen(QPen(QColor(tokens.border), float(metrics.space(0.2))))
        painter.setBrush(QColor(tokens.surface))
        painter.drawRoundedRect(label, metrics.small_radius, metrics.small_radius)
        painter.setPen(QColor(tokens.text))
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)
