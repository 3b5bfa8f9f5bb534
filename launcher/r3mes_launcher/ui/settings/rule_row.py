"""One rule of the policy: a check box, what it means, its figures, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from r3mes_launcher.ui.plain_label import PlainLabel, indented, restyle
from r3mes_launcher.ui.settings.number_field import NumberField
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone

if TYPE_CHECKING:
    from pydantic import BaseModel

LONGEST_NAMES = 4000


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a rule: the field's name in the model, what it is called, and its unit."""

    field: str
    name: str
    unit: str


class RuleRow(QWidget):
    changed = Signal(str, object)
    """The rule's name and the values to change, as a dict."""

    def __init__(
        self,
        theme: Theme,
        rule: str,
        model: type[BaseModel],
        title: str,
        meaning: str = "",
        figures: Sequence[Figure] = (),
        switch: str = "enabled",
    ) -> None:
        """`switch` is the model's field behind the check box."""
        super().__init__()
        self._rule = rule
        self._switch = switch
        space = theme.metrics.space
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(0.8))
        self.check = QCheckBox(title)
        self.check.clicked.connect(self._on_checked)
        column.addWidget(self.check)
        self.numbers: dict[str, NumberField] = {}
        if meaning:
            words = PlainLabel(meaning, "caption", wrap=True)
            column.addLayout(indented(words, space(6)))
            self.check.setAccessibleDescription(meaning)
        if figures:
            row = QHBoxLayout()
            row.setContentsMargins(0, space(0.8), 0, 0)
            row.setSpacing(space(2))
            row.addSpacing(space(4))
            for figure in figures:
                number = NumberField(f"{title}: {figure.name}", figure.unit, model, figure.field)
                number.editingFinished.connect(lambda name=figure.field: self._on_number(name))
                label = PlainLabel(figure.name, "muted")
                label.setBuddy(number)
                row.addWidget(label)
                row.addWidget(number)
                row.addSpacing(space(2))
                self.numbers[figure.field] = number
            row.addStretch(1)
            column.addLayout(row)
        self._source = PlainLabel("", "caption", wrap=True)
        self._source.hide()
        column.addLayout(indented(self._source, space(6)))
        self._problem = PlainLabel("", "caption", wrap=True)
        self._problem.show_tone(Tone.BAD)
        self._problem.hide()
        column.addLayout(indented(self._problem, space(6)))
        self._shown: dict[str, Any] = {}

    @property
    def rule(self) -> str:
        return self._rule

    def show_values(self, values: dict[str, Any]) -> None:
        """What holds now. A field that somebody types in keeps what is typed."""
        if values != self._shown:
            self._shown = values
            self.show_problem("")
        on = bool(values[self._switch])
        self.check.setChecked(on)
        for name, number in self.numbers.items():
            number.show_number(values[name])
            number.setEnabled(on)

    def show_source(self, sentence: str, tone: Tone | None) -> None:
        """Where the rule has its readings from, or that this computer does not tell; empty: nothing to say."""
        self._source.show_text(sentence)
        self._source.show_tone(tone)
        self._source.setVisible(bool(sentence))

    @property
    def source(self) -> str:
        return "" if self._source.isHidden() else self._source.text()

    def show_problem(self, sentence: str) -> None:
        """Below the figures; what was typed stays."""
        self._problem.show_text(sentence)
        self._problem.setVisible(bool(sentence))
        if self._shown:
            self.check.setChecked(bool(self._shown[self._switch]))
        for number in self.numbers.values():
            restyle(number, "invalid", "true" if sentence else "false")
            number.setAccessibleDescription(sentence)

    @property
    def problem(self) -> str:
        return self._problem.text()

    def _on_checked(self, on: bool) -> None:
        self.changed.emit(self._rule, {self._switch: on})

    def _on_number(self, name: str) -> None:
        # All that differ: two figures that are only right together can be corrected one after the other.
        differ = {
            field: number.value()
            for field, number in self.numbers.items()
            if number.value() != round(self._shown[field])
        }
        if differ:
            self.show_problem("")
            self.changed.emit(self._rule, differ)


class NamesRow(QWidget):
    """A rule whose value is a list of programs' names, typed with commas between them."""

    changed = Signal(str, object)

    def __init__(self, theme: Theme, rule: str, title: str, meaning: str) -> None:
        super().__init__()
        self._rule = rule
        space = theme.metrics.space
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(0.8))
        name = PlainLabel(title)
        self.line = QLineEdit()
        self.line.setMaxLength(LONGEST_NAMES)
        self.line.setAccessibleName(title)
        self.line.setAccessibleDescription(meaning)
        self.line.setPlaceholderText("blender, game.exe")
        self.line.editingFinished.connect(self._on_finished)
        name.setBuddy(self.line)
        self._meaning = meaning
        self._below = PlainLabel(meaning, "caption", wrap=True)
        for widget in (name, self.line, self._below):
            column.addWidget(widget)

    @property
    def rule(self) -> str:
        return self._rule

    def show_values(self, values: dict[str, Any]) -> None:
        if not self.line.isModified():
            self.line.setText(", ".join(values["names"]))

    def show_problem(self, sentence: str) -> None:
        restyle(self.line, "invalid", "true" if sentence else "false")
        self._below.show_text(sentence or self._meaning)
        self._below.show_tone(Tone.BAD if sentence else None)
        self.line.setAccessibleDescription(sentence or self._meaning)

    def _on_finished(self) -> None:
        if self.line.isModified():
            self.line.setModified(False)
            self.show_problem("")
            names = [name.strip() for name in self.line.text().split(",") if name.strip()]
            self.changed.emit(self._rule, {"names": names})
