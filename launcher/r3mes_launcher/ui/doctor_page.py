"""Doctor: what was looked at, what is wrong, and a button where one helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from r3mes_launcher.core.doctor.report import Check, DoctorReport, DoctorState, Fix, Verdict, report_text
from r3mes_launcher.core.doctor.words import FIXES
from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.state import Desired, DeviceChoice, LauncherState
from r3mes_launcher.ui import doctor_wording
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Card, IconLabel, PageColumn
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.system_settings import TERMINAL, SystemPage, open_page
from r3mes_launcher.ui.theme import Theme

if TYPE_CHECKING:
    from r3mes_launcher.core.bundle.bundle import BundleFile
    from r3mes_launcher.ui.bundle_view import BundleView

DRIVER_PAGE = "https://www.nvidia.com/drivers"

_ORDER = (Verdict.PROBLEM, Verdict.WARNING, Verdict.OK, Verdict.UNAVAILABLE)


class DoctorPage(QWidget):
    gateway_wished = Signal()
    logs_wished = Signal()
    gpus_wished = Signal()

    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._intents = intents
        self._state = DoctorState()
        self._shown: DoctorReport | None = None
        self._asked = False
        self._cards: list[Card] = []
        self.fixes: list[Button] = []
        self.setAccessibleName(self.tr("Doctor"))
        space = theme.metrics.space
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._stack = QStackedWidget()
        outer.addWidget(self._stack)
        self._page = PageColumn(theme)
        self._stack.addWidget(self._page)
        self._bundle: BundleView | None = None
        head = QHBoxLayout()
        head.setSpacing(space(2))
        words = QVBoxLayout()
        words.setSpacing(space(1))
        self.summary = PlainLabel("", "title", wrap=True)
        self._detail = PlainLabel("", "muted", wrap=True)
        words.addWidget(self.summary)
        words.addWidget(self._detail)
        head.addLayout(words, 1)
        self.again = Button(theme, self.tr("Look again"), "refresh", kind="primary")
        self.again.clicked.connect(self._on_again)
        self.copy = Button(theme, self.tr("Copy the report"), "copy")
        self.copy.clicked.connect(self._on_copy)
        self.diagnostics = Button(theme, self.tr("Diagnostics…"), "save")
        self.diagnostics.setToolTip(self.tr("What somebody who helps needs to know: shown first, then saved as a file"))
        self.diagnostics.clicked.connect(self._on_diagnostics)
        for button in (self.again, self.copy, self.diagnostics):
            head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self._page.column.addLayout(head)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Progress"))
        self._page.column.addWidget(self.progress)
        self._page.column.addStretch(1)
        self._draw()

    def show_state(self, state: LauncherState) -> None:
        if state.doctor != self._state:
            self._state = state.doctor
            self._draw()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """The first look starts by itself: whoever opens this page wants to know."""
        super().showEvent(event)
        if not self._asked and self._state == DoctorState():
            self._asked = True
            self._intents.examine()

    def _draw(self) -> None:
        state = self._state
        self.progress.setVisible(state.running)
        # Qt draws a bar of unknown length for (0, 0).
        self.progress.setRange(0, max(1, state.total))
        self.progress.setValue(state.done)
        self.again.setEnabled(not state.running)
        self.copy.setEnabled(state.report is not None)
        summary, detail = self._summary()
        self.summary.show_text(summary)
        self._detail.show_text(detail)
        if state.report is not self._shown:
            self._shown = state.report
            self._draw_report()

    def _summary(self) -> tuple[str, str]:
        report = self._state.report
        if self._state.running:
            return (
                self.tr("Looking at this computer…"),
                self.tr("{done} of {total} looked at. The engine's self-test takes longest.").format(
                    done=self._state.done, total=self._state.total
                ),
            )
        if report is None:
            return self.tr("Not looked at yet"), self.tr("The doctor tells what this computer lacks to be a node.")
        problems = sum(check.verdict is Verdict.PROBLEM for check in report.checks)
        warnings = sum(check.verdict is Verdict.WARNING for check in report.checks)
        counted = (
            self.tr("Problems: {problems}.").format(problems=problems) if problems else "",
            self.tr("Warnings: {warnings}.").format(warnings=warnings) if warnings else "",
        )
        counts = " ".join(part for part in counted if part)
        if problems:
            return self.tr("Something needs you"), counts
        if warnings:
            return self.tr("It works, with warnings"), counts
        return self.tr("All is well"), self.tr("Nothing of this computer is in the node's way.")

    def _draw_report(self) -> None:
        for card in self._cards:
            self._page.column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards.clear()
        self.fixes.clear()
        if self._shown is None:
            return
        names = {
            Verdict.PROBLEM: self.tr("Problems"),
            Verdict.WARNING: self.tr("Warnings"),
            Verdict.OK: self.tr("In order"),
            Verdict.UNAVAILABLE: self.tr("Not available or not needed here"),
        }
        for verdict in _ORDER:
            checks = [check for check in self._shown.checks if check.verdict is verdict]
            if not checks:
                continue
            card = Card(self._theme, names[verdict])
            for check in checks:
                card.body.addWidget(self._row(check))
            self._cards.append(card)
            self._page.column.insertWidget(self._page.column.count() - 1, card)

    def _row(self, check: Check) -> QWidget:
        space = self._theme.metrics.space
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(2.4))
        icon = IconLabel(self._theme, doctor_wording.ICONS[check.verdict], doctor_wording.TONES[check.verdict])
        row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(space(0.6))
        title, reason, advice = doctor_wording.title(check), doctor_wording.reason(check), doctor_wording.advice(check)
        words.addWidget(PlainLabel(title, "strong"))
        words.addWidget(PlainLabel(reason, wrap=True))
        if advice:
            words.addWidget(PlainLabel(advice, "muted", wrap=True))
        row.addLayout(words, 1)
        widget.setAccessibleName(f"{title}: {reason} {advice}".strip())
        if check.fix is not Fix.NONE:
            fix = Button(self._theme, doctor_wording.fix_label(check))
            fix.setAccessibleDescription(f"{title}: {reason}")
            fix.clicked.connect(lambda _=False, wanted=check.fix: self._on_fix(wanted))
            self.fixes.append(fix)
            row.addWidget(fix, 0, Qt.AlignmentFlag.AlignTop)
        return widget

    def _on_again(self) -> None:
        self._asked = True
        self._intents.examine()

    def _on_copy(self) -> None:
        if self._state.report is not None:
            QGuiApplication.clipboard().setText(report_text(self._state.report))

    def _on_diagnostics(self) -> None:
        self.diagnostics.setEnabled(False)

        async def collect(core: Core) -> tuple[BundleFile, ...]:
            return await core.bundle()

        self._intents.ask(collect, self._show_bundle, self._on_no_bundle)

    @property
    def bundle(self) -> BundleView | None:
        """The diagnostics, while they are shown."""
        return self._bundle

    def _show_bundle(self, files: tuple[BundleFile, ...]) -> None:
        # What it needs is imported when somebody wants it: a window has to open first.
        from r3mes_launcher.ui.bundle_view import BundleView

        self.diagnostics.setEnabled(True)
        self._close_bundle()
        self._bundle = BundleView(self._theme, self._intents)
        self._bundle.closed.connect(self._close_bundle)
        self._bundle.show_files(files)
        self._stack.addWidget(self._bundle)
        self._stack.setCurrentWidget(self._bundle)
        self._bundle.names.setFocus()

    def _on_no_bundle(self, why: str) -> None:
        self.diagnostics.setEnabled(True)
        self._detail.show_text(why)

    def _close_bundle(self) -> None:
        view, self._bundle = self._bundle, None
        if view is not None:
            self._stack.setCurrentWidget(self._page)
            self._stack.removeWidget(view)
            view.deleteLater()

    def _on_fix(self, fix: Fix) -> None:
        match fix:
            case Fix.INSTALL_ENGINE:
                self._intents.set_desired(Desired.SERVING)
            case Fix.TRY_AGAIN:
                self._intents.retry()
            case Fix.CHOOSE_CPU:
                self._intents.choose_device(DeviceChoice.CPU)
                self._intents.examine()
            case Fix.OPEN_DATA_FOLDER:
                QDesktopServices.openUrl(QUrl.fromLocalFile(self._folder()))
            case Fix.CHOOSE_GATEWAY:
                self.gateway_wished.emit()
            case Fix.SHOW_LOGS:
                self.logs_wished.emit()
            case Fix.SHOW_GPUS:
                self.gpus_wished.emit()
            case Fix.OPEN_CLOCK_SETTINGS:
                self._open_page(SystemPage.CLOCK)
            case Fix.OPEN_NETWORK_SETTINGS:
                self._open_page(SystemPage.NETWORK)
            case Fix.OPEN_DRIVER_PAGE:
                QDesktopServices.openUrl(QUrl(DRIVER_PAGE))
            case Fix.JOIN_GPU_GROUP:
                QGuiApplication.clipboard().setText(FIXES[fix.value].command)
                self._detail.show_text(self.tr("Copied. Run it in a terminal, then sign in again."))
            case Fix.NONE:
                return

    def _open_page(self, page: SystemPage) -> None:
        if not open_page(page):
            words = self.tr("This desktop has no such page. In a terminal: {command}")
            self._detail.show_text(words.format(command=" ".join(TERMINAL[page])))

    def _folder(self) -> str:
        checks = self._shown.checks if self._shown is not None else ()
        return next((check.values["path"] for check in checks if check.code == "folder"), "")
