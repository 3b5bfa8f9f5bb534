"""The gateway card: the one on this computer, or another one by its address."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QRadioButton, QWidget

from r3mes_launcher.core.state import GatewayKind, LauncherState
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.field_list import FieldList
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel, restyle
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wording import gateway_wording

# Longer addresses are no addresses.
_LONGEST_URL = 2048


class GatewayCard(Card):
    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("GatewayCard", "Gateway"), "gateway", parent)
        self._intents = intents
        self._state = LauncherState()
        space = theme.metrics.space
        self._status = PlainLabel("", "caption")
        self.heading_row.addWidget(self._status)

        self._fields = FieldList(theme)
        for key, name in (
            ("url", self.tr("Address")),
            ("mode", self.tr("Mode")),
            ("process", self.tr("Process")),
            ("uptime", self.tr("Running for")),
        ):
            self._fields.add(key, name)
        self.body.addWidget(self._fields)
        self._message = PlainLabel("", "muted", wrap=True)
        self.body.addWidget(self._message)

        self.body.addSpacing(space(1))
        self.body.addWidget(PlainLabel(self.tr("Where requests come from"), "caption"))
        self.local = QRadioButton(self.tr("A gateway on this computer"))
        self.remote = QRadioButton(self.tr("Another gateway"))
        group = QButtonGroup(self)
        group.addButton(self.local)
        group.addButton(self.remote)
        self.local.clicked.connect(self._on_local)
        self.remote.clicked.connect(self._on_remote)
        self.body.addWidget(self.local)
        self.body.addWidget(self.remote)

        self._address = QWidget()
        row = QHBoxLayout(self._address)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(1.6))
        self.url = QLineEdit()
        self.url.setAccessibleName(self.tr("Address of the gateway"))
        self.url.setPlaceholderText("https://gateway.example.org")
        self.url.setMaxLength(_LONGEST_URL)
        self.url.returnPressed.connect(self._on_connect)
        self.url.textEdited.connect(self._on_edited)
        self.connect_button = Button(theme, self.tr("Connect"))
        self.connect_button.clicked.connect(self._on_connect)
        row.addWidget(self.url, 1)
        row.addWidget(self.connect_button)
        self.body.addWidget(self._address)
        self._problem = PlainLabel("", "caption", wrap=True)
        self._problem.show_tone(Tone.BAD)
        self._problem.hide()
        self.body.addWidget(self._problem)
        self.body.addStretch(1)

    def show_state(self, state: LauncherState, now: float) -> None:
        before, self._state = self._state.gateway, state
        gateway = state.gateway
        words = gateway_wording(gateway)
        self._status.show_text(words.title)
        self._status.show_tone(words.tone)
        self._message.show_text(words.sentence)
        self._fields.show_value("url", gateway.url)
        self._fields.show_value("mode", _mode_words(gateway.mode))
        process = gateway.process
        self._fields.show_value("process", self.tr("pid {pid}").format(pid=process.pid) if process.running else "")
        # The form follows the state when the state changes, not while somebody types.
        if before.kind is not gateway.kind or not (self.local.isChecked() or self.remote.isChecked()):
            (self.local if gateway.kind is GatewayKind.LOCAL else self.remote).setChecked(True)
        if gateway.kind is GatewayKind.REMOTE and not self.url.hasFocus() and not self.url.isModified():
            # Another gateway may be in use while the chosen one does not answer.
            self.url.setText(gateway.order[0] if gateway.order else gateway.url)
        self.local.setEnabled(not state.demo)
        self.remote.setEnabled(not state.demo)
        self._address.setVisible(self.remote.isChecked() and not state.demo)
        self.tick(now)

    def tick(self, now: float) -> None:
        process = self._state.gateway.process
        running = process.running and process.started_at is not None
        self._fields.show_value("uptime", figures.duration(now - (process.started_at or now)) if running else "")

    def _on_local(self) -> None:
        self._address.hide()
        self._show_problem("")
        if self._state.gateway.kind is not GatewayKind.LOCAL:
            self._intents.choose_gateway(GatewayKind.LOCAL, "", lambda: None, self._show_problem)

    def _on_remote(self) -> None:
        self._address.show()
        self.url.setFocus()

    def _on_edited(self) -> None:
        self._show_problem("")

    def _on_connect(self) -> None:
        url = self.url.text().strip()
        if not url:
            self._show_problem(self.tr("Enter the gateway's address, such as https://gateway.example.org."))
            return
        self.connect_button.setEnabled(False)
        self._intents.choose_gateway(GatewayKind.REMOTE, url, self._on_connected, self._show_problem)

    def _on_connected(self) -> None:
        self.connect_button.setEnabled(True)
        self.url.setModified(False)
        self._show_problem("")

    def _show_problem(self, sentence: str) -> None:
        self.connect_button.setEnabled(True)
        self._problem.show_text(sentence)
        self._problem.setVisible(bool(sentence))
        self.url.setAccessibleDescription(sentence)
        restyle(self.url, "invalid", "true" if sentence else "false")


def _mode_words(mode: str) -> str:
    """The operator's word for it, and what that means. One of a newer gateway is shown as it came."""
    meanings = {
        "remote": QCoreApplication.translate("GatewayCard", "remote: nodes answer"),
        "local": QCoreApplication.translate("GatewayCard", "local: an engine of its own answers"),
        "mock": QCoreApplication.translate("GatewayCard", "mock: answers are made up"),
        "disabled": QCoreApplication.translate("GatewayCard", "disabled: nothing is answered"),
    }
    return meanings.get(mode, mode)
