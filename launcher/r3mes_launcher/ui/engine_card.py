"""The engine's process and what it runs: pid, uptime, restarts, model and device."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QComboBox, QWidget

from r3mes_launcher.core.state import Actual, DeviceChoice, LauncherState
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.core_wording import spoken
from r3mes_launcher.ui.field_list import FieldList
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.model_picker import ModelPicker
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone

_AT_REST = (Actual.UNPROVISIONED, Actual.STOPPED, Actual.FAULTED, Actual.PROVISIONING)


class EngineCard(Card):
    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("EngineCard", "Engine"), "engine", parent)
        self._status = PlainLabel("", "caption")
        self.heading_row.addWidget(self._status)
        self._intents = intents
        self._state = LauncherState()
        space = theme.metrics.space

        self._fields = FieldList(theme)
        for key, name in (
            ("process", self.tr("Process")),
            ("uptime", self.tr("Running for")),
            ("restarts", self.tr("Restarts")),
            ("last_exit", self.tr("Last end")),
            ("running_model", self.tr("Model")),
            ("running_device", self.tr("Device")),
            ("node", self.tr("Node")),
        ):
            self._fields.add(key, name)
        self.body.addWidget(self._fields)

        self.body.addSpacing(space(1))
        model_name = PlainLabel(self.tr("Model to serve"), "caption")
        self.model = ModelPicker(theme)
        self.model.chosen.connect(self._choose)
        model_name.setBuddy(self.model)
        self.body.addWidget(model_name)
        self.body.addWidget(self.model)

        device_name = PlainLabel(self.tr("Device"), "caption")
        self.device = QComboBox()
        self.device.setAccessibleName(self.tr("Device"))
        self.device.addItem(self.tr("GPU"), DeviceChoice.AUTO)
        self.device.addItem(self.tr("CPU (slow, for testing)"), DeviceChoice.CPU)
        self.device.activated.connect(self._on_device)
        device_name.setBuddy(self.device)
        self.body.addWidget(device_name)
        self.body.addWidget(self.device)
        self._note = PlainLabel("", "caption", wrap=True)
        self.body.addWidget(self._note)
        self._problem = PlainLabel("", "caption", wrap=True)
        self._problem.show_tone(Tone.BAD)
        self._problem.hide()
        self.body.addWidget(self._problem)
        self.body.addStretch(1)

    def show_state(self, state: LauncherState, now: float) -> None:
        self._state = state
        node, engine = state.node, state.node.engine
        self._fields.show_value("process", self.tr("pid {pid}").format(pid=engine.pid) if engine.running else "")
        self._fields.show_value("restarts", figures.count(engine.restarts) if engine.running or engine.restarts else "")
        self._fields.show_value("last_exit", spoken(engine.last_exit) if not engine.running or engine.restarts else "")
        self._fields.show_value("running_model", node.model if engine.running else "")
        self._fields.show_value("running_device", node.device if engine.running else "")
        self._fields.setVisible(engine.running or bool(engine.last_exit) or bool(node.node_id))
        self._fields.show_value("node", f"{node.node_id[:16]}…" if len(node.node_id) > 16 else node.node_id)
        self._show_choice(state)
        self.tick(now)

    def tick(self, now: float) -> None:
        engine = self._state.node.engine
        running = engine.running and engine.started_at is not None
        self._fields.show_value("uptime", figures.duration(now - (engine.started_at or now)) if running else "")
        self._status.show_text(self.tr("Running") if engine.running else self.tr("Not running"))
        self._status.show_tone(Tone.GOOD if engine.running else None)

    def _show_choice(self, state: LauncherState) -> None:
        self.model.show_model(state.model_path)
        if not self.device.view().isVisible():
            self.device.setCurrentIndex(self.device.findData(state.device_choice))
        if state.node.actual in _AT_REST:
            self._note.show_text("")
        else:
            self._note.show_text(self.tr("A new choice takes effect when the engine starts next."))
        self._note.setVisible(bool(self._note.text()))

    def _on_device(self, index: int) -> None:
        self._intents.choose_device(DeviceChoice(self.device.itemData(index)))

    def _choose(self, path: str) -> None:
        self._show_problem("")
        self._intents.choose_model(path, lambda: None, self._show_problem)

    def _show_problem(self, sentence: str) -> None:
        self._problem.show_text(sentence)
        self._problem.setVisible(bool(sentence))
        # The list goes back to what is really chosen.
        self._show_choice(self._state)
