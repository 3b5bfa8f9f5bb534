"""The card with the one big switch: what is wished for, what is, and why they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from r3mes_launcher.core.state import Actual, Desired, LauncherState, NodeState, Progress
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Callout, Card
from r3mes_launcher.ui.core_wording import fault_words, spoken
from r3mes_launcher.ui.download_controls import DownloadControls
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.pause_menu import PauseMenu
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.suspend_wording import all_reasons
from r3mes_launcher.ui.switch import Switch
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wording import desired_words, node_wording

if TYPE_CHECKING:
    # For its type alone: what is behind it takes long to import, and a window has to open first.
    from r3mes_launcher.core.interface import Core

# Progress bars count in thousandths: bytes do not fit into a C int.
_STEPS = 1000
NO_USABLE_GPU = "no_usable_gpu"


class ServingCard(Card):
    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent=parent)
        self._intents = intents
        self._state = LauncherState()
        space = theme.metrics.space
        self.setAccessibleName(self.tr("Serving"))

        top = QHBoxLayout()
        top.setSpacing(space(6))
        words = QVBoxLayout()
        words.setSpacing(space(1.2))
        self._kicker = PlainLabel(self.tr("This computer"), "caption")
        self._title = PlainLabel("", "display")
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._sentence = PlainLabel("", "muted", wrap=True)
        words.addWidget(self._kicker)
        words.addWidget(self._title)
        words.addWidget(self._sentence)
        top.addLayout(words, 1)

        control = QVBoxLayout()
        control.setSpacing(space(1.2))
        self.switch = Switch(theme, self.tr("Serving"))
        self.switch.clicked.connect(self._on_switch)
        self._wish = PlainLabel("", "caption")
        control.addStretch(1)
        control.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignHCenter)
        control.addWidget(self._wish, 0, Qt.AlignmentFlag.AlignHCenter)
        control.addStretch(1)
        top.addLayout(control)
        self.body.addLayout(top)
        self._add_pause(theme)

        self._download = Callout(theme, Tone.NEUTRAL)
        self.body.addWidget(self._download)
        self._add_progress(theme)
        self._fault = Callout(theme, Tone.BAD)
        self.retry = Button(theme, self.tr("Try again"), "refresh")
        self.retry.clicked.connect(intents.retry)
        self.use_cpu = Button(theme, self.tr("Serve on the CPU for testing"), "engine")
        self.use_cpu.clicked.connect(intents.serve_on_cpu)
        self._fault.add_button(self.retry)
        self._fault.add_button(self.use_cpu)
        self.body.addWidget(self._fault)
        self._add_figures(theme)

    def _add_pause(self, theme: Theme) -> None:
        self._pause_row = QWidget()
        row = QHBoxLayout(self._pause_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.metrics.space(2))
        self.resume = Button(theme, self.tr("Resume"), "power", "primary")
        self.resume.clicked.connect(lambda: self._intents.resume())
        self.anyway = Button(theme, self.tr("Serve anyway"), "power")
        self.anyway.clicked.connect(lambda: self._intents.serve_anyway())
        self.pause = Button(theme, self.tr("Pause"), "stop")
        self.pause_menu = PauseMenu(self._intents, self.pause)
        self.pause.setMenu(self.pause_menu)
        for button in (self.resume, self.anyway, self.pause):
            row.addWidget(button)
        row.addStretch(1)
        self.body.addWidget(self._pause_row)
        self._aside = Callout(theme, Tone.WARNING)
        self.rules = Button(theme, self.tr("Keep to the rules again"), "refresh")
        self.rules.clicked.connect(self._on_rules)
        self._aside.add_button(self.rules)
        self._aside.hide()
        self.body.addWidget(self._aside)

    def _show_pause(self, state: LauncherState) -> None:
        report = state.policy
        # Pausing what is off would be a riddle at the next start; what is paused can be resumed at any time.
        self._pause_row.setVisible(state.node.desired is Desired.SERVING or report.paused is not None)
        self.resume.setVisible(report.paused is not None)
        self.anyway.setVisible(report.overridable)
        self.pause_menu.show_policy(report)
        self._aside.setVisible(state.node.desired is Desired.SERVING and bool(report.set_aside))

    def _show_set_aside(self, now: float) -> None:
        """What a person set aside is easily forgotten, and it may cost a battery or money."""
        self._aside.show_words(
            self.tr("Serving anyway"),
            self.tr("{reasons} This is passed over until it ends.").format(
                reasons=all_reasons(self._state.policy.set_aside, now)
            ),
        )

    def _on_rules(self) -> None:
        async def keep(core: Core) -> None:
            await core.keep_to_rules()

        self._intents.ask(keep, lambda _: None, lambda sentence: self._aside.show_words("", sentence))

    def _add_progress(self, theme: Theme) -> None:
        space = theme.metrics.space
        self._progress = QWidget()
        column = QVBoxLayout(self._progress)
        column.setContentsMargins(0, space(1), 0, 0)
        column.setSpacing(space(1.6))
        row = QHBoxLayout()
        self._stage = PlainLabel("", "strong")
        self._stage.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._amount = PlainLabel("", "muted")
        self._amount.setFont(theme.figure_font())
        row.addWidget(self._stage, 1)
        row.addWidget(self._amount)
        column.addLayout(row)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress"))
        column.addWidget(self._bar)
        buttons = QHBoxLayout()
        self.cancel = Button(theme, self.tr("Cancel"), "close")
        self.cancel.clicked.connect(self._intents.cancel_provisioning)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        column.addLayout(buttons)
        self.download = DownloadControls(theme, self._intents)
        column.addWidget(self.download)
        self.body.addWidget(self._progress)

    def _add_figures(self, theme: Theme) -> None:
        space = theme.metrics.space
        self._figures = QWidget()
        grid = QGridLayout(self._figures)
        grid.setContentsMargins(0, space(2), 0, 0)
        grid.setHorizontalSpacing(space(4))
        grid.setVerticalSpacing(space(0.4))
        self._figure_labels: list[PlainLabel] = []
        for column, name in enumerate(
            (
                self.tr("Requests now"),
                self.tr("Requests answered"),
                self.tr("Tokens a second"),
                self.tr("Tokens written"),
            )
        ):
            figure = PlainLabel("", "figure")
            figure.setFont(theme.figure_font())
            figure.setAccessibleName(name)
            grid.addWidget(figure, 0, column)
            grid.addWidget(PlainLabel(name, "caption"), 1, column)
            grid.setColumnStretch(column, 1)
            self._figure_labels.append(figure)
        self.body.addWidget(self._figures)

    def show_state(self, state: LauncherState, now: float) -> None:
        self._state = state
        node = state.node
        self.switch.setChecked(node.desired is Desired.SERVING)
        self.switch.setEnabled(node.actual not in (Actual.DRAINING, Actual.STOPPING) or node.desired is Desired.OFF)
        self._wish.show_text(self.tr("Serving: {position}").format(position=desired_words(node.desired)))
        self._show_pause(state)
        self._show_fault(node)
        self._show_progress(node.progress, node.actual is Actual.PROVISIONING)
        self.download.show_download(state.download)
        self._download.setVisible(node.actual is Actual.UNPROVISIONED and node.provision_bytes > 0)
        self._download.show_words(
            self.tr("The first start downloads {size}.").format(size=figures.size(node.provision_bytes)),
            self.tr("The engine gets its own folder; nothing else on this computer changes. You can cancel it."),
        )
        running = node.engine.running or node.total_requests > 0
        self._figures.setVisible(running)
        for label, text in zip(
            self._figure_labels,
            (
                figures.count(node.active_requests),
                figures.count(node.total_requests),
                figures.rate(node.tokens_per_second),
                figures.count(node.total_tokens),
            ),
            strict=True,
        ):
            label.show_text(text)
        self.tick(now)

    def tick(self, now: float) -> None:
        """Once a second: what counts down."""
        words = node_wording(self._state.node, now)
        self._title.show_text(words.title)
        self._title.show_tone(words.tone if words.tone is not Tone.NEUTRAL else None)
        if self._state.policy.set_aside:
            self._show_set_aside(now)
        # A fault says its sentence in its own callout.
        fault = self._state.node.actual is Actual.FAULTED
        self._sentence.setVisible(not fault)
        self._sentence.show_text(words.sentence)
        self.setAccessibleDescription(f"{words.title}. {words.sentence}")

    def _show_fault(self, node: NodeState) -> None:
        faulted = node.actual is Actual.FAULTED
        waiting = node.actual is Actual.BACKING_OFF
        self._fault.setVisible(faulted or waiting)
        fault = node.fault
        if faulted:
            self._fault.show_tone(Tone.BAD)
            message, hint = fault_words(fault) if fault else (spoken(node.reason), "")
            self._fault.show_words(message or self.tr("The engine can't run."), hint)
            self.retry.setText(self.tr("Try again"))
        elif waiting:
            self._fault.show_tone(Tone.WARNING)
            last = spoken(node.engine.last_exit)
            title = (
                self.tr("The engine {ending}.").format(ending=last.rstrip("."))
                if last
                else self.tr("The engine ended.")
            )
            self._fault.show_words(title, spoken(fault.hint) if fault else "")
            self.retry.setText(self.tr("Try again now"))
        self.use_cpu.setVisible(faulted and fault is not None and fault.code == NO_USABLE_GPU)

    def _show_progress(self, progress: Progress | None, provisioning: bool) -> None:
        """Provisioning can be cancelled; loading a model ends with the switch."""
        self._progress.setVisible(provisioning or progress is not None)
        self.cancel.setVisible(provisioning)
        self._stage.show_text(spoken(progress.stage) if progress else self.tr("Preparing"))
        if progress is None or progress.total <= 0:
            self._bar.setRange(0, 0)
            self._amount.show_text("")
            return
        self._bar.setRange(0, _STEPS)
        share = min(1.0, progress.done / progress.total)
        self._bar.setValue(round(share * _STEPS))
        percent = figures.percent(f"{share * 100:.0f}")
        if progress.unit == "%":
            self._amount.show_text(percent)
            return
        if progress.unit == "bytes":
            done, total = figures.size(progress.done), figures.size(progress.total)
        else:
            done, total = figures.count(progress.done), figures.count(progress.total)
        amount = self.tr("{done} of {total}").format(done=done, total=total)
        self._amount.show_text(f"{amount}  ·  {percent}")

    def _on_switch(self, on: bool) -> None:
        self._intents.set_desired(Desired.SERVING if on else Desired.OFF)
