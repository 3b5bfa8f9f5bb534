"""Where requests come from: the gateway on this computer, or others in the order of preference."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSize
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from r3mes_launcher.core.settings import MOST_FALLBACKS
from r3mes_launcher.core.settings_sections import Section
from r3mes_launcher.core.state import GatewayKind, LauncherState
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.core_wording import spoken_error
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel, restyle
from r3mes_launcher.ui.settings.section_card import SectionCard
from r3mes_launcher.ui.theme import Theme
from r3mes_protocol.origin import gateway_origin

_LONGEST_URL = 2048
_ROWS = 6


class AddressList(QListWidget):
    """As high as a few rows: the page scrolls, not each of its lists."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._high = round(theme.metrics.line * _ROWS)
        self.setProperty("kind", "lines")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(super().sizeHint().width(), self._high)


class GatewaysCard(SectionCard):
    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        heading = QCoreApplication.translate("GatewaysCard", "Gateways")
        super().__init__(theme, intents, Section.GATEWAY, heading, "gateway", parent)
        space = theme.metrics.space
        self.local = QRadioButton(self.tr("A gateway on this computer"))
        self.remote = QRadioButton(self.tr("Other gateways"))
        group = QButtonGroup(self)
        group.addButton(self.local)
        group.addButton(self.remote)
        self.local.clicked.connect(lambda: self.change({"gateway_kind": GatewayKind.LOCAL.value}))
        self.remote.clicked.connect(self._on_remote)
        self.body.addWidget(self.local)
        self.body.addWidget(self.remote)
        self._others = QWidget()
        column = QVBoxLayout(self._others)
        column.setContentsMargins(space(6), 0, 0, 0)
        column.setSpacing(space(1.6))
        words = self.tr(
            "The node uses the first that answers, and goes back to an earlier one when that does again. Each gateway "
            "wants a grant of its own: the page Roles makes them, under “This computer's node”."
        )
        column.addWidget(PlainLabel(words, "caption", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(space(1.6))
        self.list = AddressList(theme)
        self.list.setAccessibleName(self.tr("Gateways in the order of preference"))
        self.list.currentRowChanged.connect(self._show_buttons)
        row.addWidget(self.list, 1)
        buttons = QVBoxLayout()
        buttons.setSpacing(space(1))
        self.up = Button(theme, self.tr("Earlier"))
        self.down = Button(theme, self.tr("Later"))
        self.remove = Button(theme, self.tr("Remove"))
        self.up.clicked.connect(lambda: self._move(-1))
        self.down.clicked.connect(lambda: self._move(1))
        self.remove.clicked.connect(self._on_remove)
        for button in (self.up, self.down, self.remove):
            # All as wide as the widest.
            button.setSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button)
        buttons.addStretch(1)
        row.addLayout(buttons)
        column.addLayout(row)
        adding = QHBoxLayout()
        adding.setSpacing(space(1.6))
        self.url = QLineEdit()
        self.url.setAccessibleName(self.tr("Address of another gateway"))
        self.url.setPlaceholderText("https://gateway.example.org")
        self.url.setMaxLength(_LONGEST_URL)
        self.url.returnPressed.connect(self._on_add)
        self.url.textEdited.connect(lambda: self.show_problem(""))
        self.add_button = Button(theme, self.tr("Add"))
        self.add_button.clicked.connect(self._on_add)
        adding.addWidget(self.url, 1)
        adding.addWidget(self.add_button)
        column.addLayout(adding)
        self.body.addWidget(self._others)

    @property
    def urls(self) -> tuple[str, ...]:
        """In the order of preference."""
        first = (self.settings.gateway_url,) if self.settings.gateway_url else ()
        return (*first, *(url for url in self.settings.gateway_fallbacks if url not in first))

    def draw(self) -> None:
        remote = self.settings.gateway_kind is GatewayKind.REMOTE
        if remote or not self.remote.isChecked():
            (self.remote if remote else self.local).setChecked(True)
        self._others.setVisible(self.remote.isChecked())
        here = self.list.currentRow()
        if self.urls != tuple(self.list.item(row).text() for row in range(self.list.count())):
            self.list.clear()
            self.list.addItems(list(self.urls))
            self.list.setCurrentRow(min(max(here, 0), self.list.count() - 1))
        self._show_buttons()

    def show_state(self, state: LauncherState) -> None:
        super().show_state(state)
        # The demo's gateway is its own.
        self.setEnabled(not state.demo)

    def show_problem(self, sentence: str) -> None:
        super().show_problem(sentence)
        restyle(self.url, "invalid", "true" if sentence else "false")
        self.url.setAccessibleDescription(sentence)

    def _show_buttons(self) -> None:
        row, count = self.list.currentRow(), self.list.count()
        self.up.setEnabled(row > 0)
        self.down.setEnabled(0 <= row < count - 1)
        self.remove.setEnabled(row >= 0)

    def _on_remote(self) -> None:
        self._others.show()
        if self.urls:
            self._use(self.urls)
        else:
            self.url.setFocus()

    def _on_add(self) -> None:
        text = self.url.text().strip()
        if not text:
            self.show_problem(self.tr("Enter the gateway's address, such as https://gateway.example.org."))
            return
        try:
            url = gateway_origin(text)
        except ValueError as error:
            self.show_problem(spoken_error(error))
            return
        if url in self.urls:
            self.show_problem(self.tr("This gateway is in the list already."))
            return
        if len(self.urls) > MOST_FALLBACKS:
            self.show_problem(self.tr("The list is full. Remove a gateway first."))
            return
        self.url.clear()
        self._use((*self.urls, url))

    def _on_remove(self) -> None:
        row = self.list.currentRow()
        left = tuple(url for index, url in enumerate(self.urls) if index != row)
        if left:
            self._use(left)
        else:
            # Without an address there is only the one on this computer.
            self.change({"gateway_kind": GatewayKind.LOCAL.value, "gateway_url": "", "gateway_fallbacks": []})
            self.local.setChecked(True)
            self.draw()

    def _move(self, by: int) -> None:
        row, urls = self.list.currentRow(), list(self.urls)
        urls.insert(row + by, urls.pop(row))
        self.list.setCurrentRow(row + by)
        self._use(tuple(urls))

    def _use(self, urls: tuple[str, ...]) -> None:
        self.change(
            {
                "gateway_kind": GatewayKind.REMOTE.value,
                "gateway_url": urls[0],
                "gateway_fallbacks": list(urls[1:]),
            }
        )
