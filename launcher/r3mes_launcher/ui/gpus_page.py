"""GPUs: every card with its figures, or a sentence why there is none."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from r3mes_launcher.core.state import GpuDriver, GpuReport
from r3mes_launcher.ui.card import Callout, EmptyState, PageColumn
from r3mes_launcher.ui.gpu_card import GpuCard
from r3mes_launcher.ui.gpu_history import GpuHistory
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wording import driver_wording


class GpusPage(QWidget):
    def __init__(self, theme: Theme, history: GpuHistory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._history = history
        self._cards: dict[str, GpuCard] = {}
        self.setAccessibleName(self.tr("GPUs"))
        stack_holder = QVBoxLayout(self)
        stack_holder.setContentsMargins(0, 0, 0, 0)
        self._stack = QStackedWidget()
        stack_holder.addWidget(self._stack)
        self._empty = EmptyState(theme, "gpu")
        self._stack.addWidget(self._empty)
        self._page = PageColumn(theme)
        self._stack.addWidget(self._page)
        head = QHBoxLayout()
        self._driver = PlainLabel("", "muted")
        self.as_table = QCheckBox(self.tr("Show as a table"))
        self.as_table.toggled.connect(self._on_as_table)
        head.addWidget(self._driver)
        head.addStretch(1)
        head.addWidget(self.as_table)
        self._page.column.addLayout(head)
        self._notice = Callout(theme, Tone.WARNING)
        self._page.column.addWidget(self._notice)
        self._page.column.addStretch(1)
        self.show_report(GpuReport())

    def show_report(self, report: GpuReport) -> None:
        """Draws the report, which the history already has."""
        words = driver_wording(report.driver, report.message)
        self._stack.setCurrentWidget(self._page if report.gpus else self._empty)
        self._empty.show_words(words.title, words.sentence, "gpu", words.tone)
        self._notice.setVisible(report.driver is not GpuDriver.OK or bool(report.message))
        self._notice.show_tone(words.tone if words.tone is not Tone.GOOD else Tone.WARNING)
        self._notice.show_words(words.title if report.driver is not GpuDriver.OK else "", words.sentence)
        self._driver.show_text(
            self.tr("Driver {version}  ·  the last 10 minutes").format(version=report.driver_version)
            if report.driver_version
            else self.tr("The last 10 minutes")
        )
        present = {sample.uuid for sample in report.gpus}
        for uuid in [uuid for uuid in self._cards if uuid not in present]:
            card = self._cards.pop(uuid)
            self._page.column.removeWidget(card)
            card.hide()
            card.deleteLater()
        for sample in report.gpus:
            history = self._history.card(sample.uuid)
            if history is None:
                continue
            if sample.uuid not in self._cards:
                made = GpuCard(self._theme, sample)
                made.show_as_table(self.as_table.isChecked())
                self._cards[sample.uuid] = made
                self._page.column.insertWidget(self._page.column.count() - 1, made)
                made.show()
            self._cards[sample.uuid].show_sample(sample, history)

    def _on_as_table(self, table: bool) -> None:
        for card in self._cards.values():
            card.show_as_table(table)

    @property
    def cards(self) -> tuple[GpuCard, ...]:
        return tuple(self._cards.values())
