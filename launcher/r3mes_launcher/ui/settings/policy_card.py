"""When the node may run: each rule of the policy with its figures, and the weekly schedule."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QCheckBox, QWidget

from r3mes_launcher.core.policy import policy_settings as rules
from r3mes_launcher.core.policy.policy_settings import PolicySettings
from r3mes_launcher.core.policy.reasons import SourceState
from r3mes_launcher.core.settings_sections import Section
from r3mes_launcher.core.state import LauncherState
from r3mes_launcher.ui.core_wording import spoken
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.language import translate
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.settings.rule_row import Figure, NamesRow, RuleRow
from r3mes_launcher.ui.settings.schedule_grid import ScheduleGrid
from r3mes_launcher.ui.settings.schedule_hours import hours_of, windows_of
from r3mes_launcher.ui.settings.section_card import SectionCard
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone

# Whoever switches the schedule on starts with the nights.
_FIRST_HOURS = frozenset(day * 24 + hour for day in range(7) for hour in (0, 1, 2, 3, 4, 5, 6, 22, 23))


_SOURCES = {
    "idle": "idle",
    "battery": "power",
    "gpu_busy": "gpu_use",
    "temperature": "gpu_use",
    "metered": "metered",
    "disk": "disk",
}
"""From where each rule has its readings; only rules that are on ask for any."""


def _source_words(source: SourceState | None) -> tuple[str, Tone | None]:
    if source is not None and source.unavailable:
        words = translate("PolicyCard", "Not available here: {why} The rule has no effect.")
        return words.format(why=spoken(source.unavailable)), Tone.WARNING
    if source is not None and source.told_by:
        return translate("PolicyCard", "Told by {source}.").format(source=source.told_by), None
    return "", None


class PolicyCard(SectionCard):
    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        heading = QCoreApplication.translate("PolicyCard", "When this computer serves")
        super().__init__(theme, intents, Section.POLICY, heading, "power", parent)
        space = theme.metrics.space
        self.body.setSpacing(space(4))
        degrees, minutes, seconds = "°C", self.tr("min"), self.tr("s")
        self.rows: dict[str, RuleRow | NamesRow] = {}
        for row in (
            RuleRow(
                theme,
                "idle",
                rules.IdleRule,
                self.tr("Serve only while nobody uses this computer"),
                figures=[Figure("after_minutes", self.tr("after"), minutes)],
            ),
            RuleRow(
                theme,
                "battery",
                rules.BatteryRule,
                self.tr("Pause on battery"),
                self.tr("At 100 % it pauses whenever the computer is off the mains."),
                [Figure("below_percent", self.tr("below"), "%")],
            ),
            RuleRow(
                theme,
                "gpu_busy",
                rules.GpuBusyRule,
                self.tr("Give the GPU to other programs that need it"),
                self.tr("The model leaves the graphics memory at once and comes back when they have ended."),
                [
                    Figure("memory_mb", self.tr("when they hold"), "MB"),
                    Figure("wait_s", self.tr("come back after"), seconds),
                ],
            ),
            RuleRow(
                theme,
                "temperature",
                rules.TemperatureRule,
                self.tr("Pause when a GPU gets too hot"),
                figures=[
                    Figure("resume_c", self.tr("go on at"), degrees),
                    Figure("target_c", self.tr("pause at"), degrees),
                    Figure("critical_c", self.tr("stop at"), degrees),
                ],
            ),
            RuleRow(theme, "metered", rules.MeteredRule, self.tr("Pause on a metered connection")),
            RuleRow(
                theme,
                "disk",
                rules.DiskRule,
                self.tr("Pause when the disk is nearly full"),
                figures=[Figure("least_free_mb", self.tr("less than"), "MB")],
            ),
            RuleRow(
                theme,
                "wallet",
                rules.WalletRule,
                self.tr("Pause while the stake is too low"),
                self.tr("A gateway turns such a node away; without it nothing is earned."),
                switch="needs_stake",
            ),
            RuleRow(
                theme,
                "wallet",
                rules.WalletRule,
                self.tr("Pause while the wallet is locked"),
                self.tr(
                    "The node needs no open wallet to serve. This is for those who want to be there when it earns."
                ),
                switch="needs_unlocked",
            ),
            NamesRow(
                theme,
                "exclusive_apps",
                self.tr("Pause while these programs run"),
                self.tr("Names with commas between them. Case and “.exe” do not matter."),
            ),
        ):
            row.changed.connect(self._on_rule)
            # One rule may have two switches.
            self.rows[row.rule if row.rule not in self.rows else f"{row.rule}.2"] = row
            self.body.addWidget(row)
        self.scheduled = QCheckBox(self.tr("Serve only at these hours"))
        self.scheduled.clicked.connect(self._on_scheduled)
        self.grid = ScheduleGrid(theme)
        self.grid.edited.connect(self._on_hours)
        self._schedule_problem = PlainLabel("", "caption", wrap=True)
        self._schedule_problem.show_tone(Tone.BAD)
        self._schedule_problem.hide()
        self.body.addWidget(self.scheduled)
        self.body.addWidget(self.grid)
        self.body.addWidget(self._schedule_problem)

    def draw(self) -> None:
        settings = self.settings
        for row in self.rows.values():
            row.show_values(getattr(settings.policy, row.rule).model_dump())
        schedule = settings.policy.schedule
        self.scheduled.setChecked(schedule.enabled)
        self.grid.show_hours(hours_of(schedule))
        self.grid.setVisible(schedule.enabled)

    def show_state(self, state: LauncherState) -> None:
        super().show_state(state)
        sources = {source.name: source for source in state.policy.sources}
        for row in self.rows.values():
            if isinstance(row, RuleRow):
                row.show_source(*_source_words(sources.get(_SOURCES.get(row.rule, ""))))

    @property
    def policy(self) -> PolicySettings:
        return self.settings.policy

    def _on_rule(self, rule: str, values: dict[str, object]) -> None:
        self.ask(lambda core: core.settings.change_rule(rule, values), self.rows[rule].show_problem)

    def _on_scheduled(self, on: bool) -> None:
        hours = hours_of(self.policy.schedule) or _FIRST_HOURS
        self._change_schedule({"enabled": on, "windows": [window.model_dump() for window in windows_of(hours)]})

    def _on_hours(self, hours: frozenset[int]) -> None:
        if not hours:
            self._show_schedule_problem(
                self.tr("Without a single hour it would never serve. Tick one, or switch the schedule off.")
            )
            return
        self._change_schedule({"windows": [window.model_dump() for window in windows_of(hours)]})

    def _change_schedule(self, values: dict[str, object]) -> None:
        self._show_schedule_problem("")
        self.ask(lambda core: core.settings.change_rule("schedule", values), self._show_schedule_problem)

    def _show_schedule_problem(self, sentence: str) -> None:
        self._schedule_problem.show_text(sentence)
        self._schedule_problem.setVisible(bool(sentence))
        # What is drawn and what holds may differ until it is mended.
        if not sentence:
            self.grid.show_hours(hours_of(self.policy.schedule))
        self.scheduled.setChecked(self.policy.schedule.enabled)
