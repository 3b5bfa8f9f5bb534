"""What the cards of the Settings page share: a change is a wish to the core, and the card says what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from r3mes_launcher.core.settings import Settings
from r3mes_launcher.core.settings_sections import Section, Takes, defaults_of, takes_effect, values_of
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.language import translate
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for

if TYPE_CHECKING:
    from r3mes_launcher.core.interface import Core
    from r3mes_launcher.core.state import GpuReport, LauncherState


def effect_words(takes: Takes) -> str:
    """When a change counts; empty for at once."""
    return {
        Takes.NOW: "",
        Takes.ENGINE_RESTARTS: translate("SectionCard", "The engine starts anew with it, after the requests that run."),
        Takes.NEXT_ENGINE_START: translate("SectionCard", "It takes effect when the engine starts next."),
    }[takes]


class SectionCard(Card):
    """One section of the settings.

    A subclass puts its fields into `body`, calls `change` with what the person chose, and draws `settings` in
    `draw`. Below the fields stands when a change takes effect, or what is wrong with it; a reset can be taken back.
    """

    arrived = Signal(object)
    """Settings, after a change: the other cards are to hear of it."""

    def __init__(
        self,
        theme: Theme,
        intents: Intents,
        section: Section,
        heading: str,
        icon: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, heading, icon, parent)
        self.section = section
        self._intents = intents
        self._settings = Settings()
        self._engine_runs = False
        self._before_reset: dict[str, Any] = {}
        self.reset_button = Button(
            theme,
            icon="refresh",
            kind="quiet",
            name=translate("SectionCard", "Reset {section}").format(section=heading),
        )
        self.reset_button.clicked.connect(self.reset)
        self.heading_row.addWidget(self.reset_button)
        below = QHBoxLayout()
        below.setSpacing(theme.metrics.space(2))
        self._note = PlainLabel("", "caption", wrap=True)
        self._note.hide()
        self.undo_button = Button(theme, translate("SectionCard", "Undo"), kind="quiet")
        self.undo_button.clicked.connect(self.undo)
        self.undo_button.hide()
        below.addWidget(self._note, 1)
        below.addWidget(self.undo_button)
        self.layout().addLayout(below)  # type: ignore[union-attr]

    # For subclasses.

    @property
    def settings(self) -> Settings:
        """What holds, as far as the page knows."""
        return self._settings

    def draw(self) -> None:
        """Shows `settings`. A field in which somebody types keeps what is typed."""
        raise NotImplementedError

    def change(self, values: Mapping[str, Any]) -> None:
        """Asks the core for these top-level values; nothing is asked for what holds already."""
        now = self._settings.model_dump(mode="json")
        if all(now[name] == value for name, value in values.items()):
            self.show_problem("")
            return
        self.ask(lambda core: core.settings.change(values), self.show_problem)

    def ask(self, wish: Callable[[Core], Awaitable[Settings]], failed: Callable[[str], None]) -> None:
        """For a wish that says which settings hold after it."""
        before = self._settings
        self._before_reset = {}
        ask_for(self, self._intents, wish, lambda after: self._on_arrived(before, after), failed)

    def show_problem(self, sentence: str) -> None:
        """Below the fields; what was typed stays. Empty: nothing is wrong any more."""
        self._say(sentence, Tone.BAD)

    # For the page.

    def show_settings(self, settings: Settings) -> None:
        self._settings = settings
        self.reset_button.setEnabled(values_of(settings, self.section) != defaults_of(self.section))
        self.draw()

    def show_state(self, state: LauncherState) -> None:
        self._engine_runs = state.node.engine.running

    def show_report(self, report: GpuReport) -> None:
        """The GPUs, for a section that chooses among them."""

    def reset(self) -> None:
        before = self._settings
        kept = values_of(before, self.section)

        def done(after: Settings) -> None:
            self._on_arrived(before, after)
            self._before_reset = kept
            self._say(translate("SectionCard", "This section has its first values again."))
            self.undo_button.show()

        ask_for(self, self._intents, lambda core: core.settings.reset(self.section), done, self.show_problem)

    def undo(self) -> None:
        """Takes the reset back."""
        if self._before_reset:
            self.change(self._before_reset)

    @property
    def note(self) -> str:
        return "" if self._note.isHidden() else self._note.text()

    def _on_arrived(self, before: Settings, after: Settings) -> None:
        self.show_settings(after)
        self._say(effect_words(takes_effect(before, after, self._engine_runs)))
        self.arrived.emit(after)

    def _say(self, sentence: str, tone: Tone | None = None) -> None:
        self.undo_button.hide()
        self._note.show_text(sentence)
        self._note.show_tone(tone)
        self._note.setVisible(bool(sentence))
