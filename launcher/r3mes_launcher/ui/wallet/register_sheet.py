"""Registration of a role: what this computer declares of itself, and what the chain makes of it."""

from __future__ import annotations

from dataclasses import asdict

from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QGridLayout, QLineEdit

from r3mes_launcher.core.wallet_orders import NodeResources, RegisterOrder
from r3mes_launcher.ui.card import Callout
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.role_card import role_name
from r3mes_launcher.ui.wallet.sheet import Sheet
from r3mes_launcher.ui.wallet.sheet_host import SheetHost

# The chain counts in 32 bits; Qt's boxes in 31.
_MOST = 2**31 - 1


class RegisterSheet(Sheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost, roles: tuple[str, ...]) -> None:
        super().__init__(theme, intents, host.window)
        self._host = host
        self._roles = roles
        names = ", ".join(role_name(role) for role in roles)
        self.show_title(self.tr("Register as {roles}").format(roles=names))
        note = Callout(theme, Tone.BUSY)
        note.show_words(
            self.tr("What registering does, and what not"),
            self.tr(
                "The chain records your address, the roles and what you declare here. It locks no coins by it and "
                "checks none of these figures: gateways look at your real stake."
            ),
        )
        self.body.addWidget(note)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.metrics.space(4))
        grid.setVerticalSpacing(theme.metrics.space(2))
        grid.setColumnStretch(1, 1)
        self.lines: dict[str, QLineEdit] = {}
        for row, (key, name, unit) in enumerate(
            (
                ("cpu_cores", self.tr("Processor cores"), ""),
                ("memory_gb", self.tr("Memory"), "GB"),
                ("gpu_count", self.tr("GPUs"), ""),
                ("gpu_memory_gb", self.tr("Memory of each GPU"), "GB"),
                ("storage_gb", self.tr("Free disk"), "GB"),
                ("network_bandwidth_mbps", self.tr("Network"), "Mbit/s"),
            )
        ):
            label = PlainLabel(name)
            line = QLineEdit("0")
            line.setValidator(QIntValidator(0, _MOST, line))
            line.setFont(theme.figure_font())
            line.setAccessibleName(f"{name} {unit}".strip())
            label.setBuddy(line)
            grid.addWidget(label, row, 0)
            grid.addWidget(line, row, 1)
            grid.addWidget(PlainLabel(unit, "muted"), row, 2)
            self.lines[key] = line
        self.body.addLayout(grid)
        self.body.addStretch(1)
        self.add_button(self.tr("Cancel"), self.reject)
        self.go_on = self.add_button(self.tr("Continue"), self._on_continue, "primary")
        self.lines["cpu_cores"].setFocus()
        self.ask(lambda core: core.owner.resources(), self._propose)

    def _propose(self, resources: NodeResources) -> None:
        for key, value in asdict(resources).items():
            self.lines[key].setText(str(min(value, _MOST)))

    def _on_continue(self) -> None:
        resources = NodeResources(**{key: int(line.text() or 0) for key, line in self.lines.items()})
        order = RegisterOrder(self._roles, resources)
        self.ask(lambda core: core.wallet.plan(order), self._host.show_plan)
