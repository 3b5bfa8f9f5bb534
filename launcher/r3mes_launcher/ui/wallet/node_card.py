"""This computer's node and its owner: what the chain recorded, and the owner's word (the grant) that the node shows."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from r3mes_launcher.core.state import LauncherState
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Callout, Card
from r3mes_launcher.ui.core_wording import spoken_lines
from r3mes_launcher.ui.field_list import FieldList
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for, nothing
from r3mes_launcher.ui.wallet.money import moment
from r3mes_launcher.ui.wallet.role_card import role_name

GRANT_DAYS = 90
# A computer that only serves and mines needs no more.
GRANT_ROLES = ("serving", "mining")


class NodeCard(Card):
    def __init__(self, theme: Theme, intents: Intents, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, heading, "engine", parent)
        self._intents = intents
        self._fields = FieldList(theme)
        for key, name in (
            ("recorded", self.tr("On the chain")),
            ("declared", self.tr("Declared stake")),
            ("status", self.tr("Status")),
            ("grant", self.tr("Grant")),
            ("gateway", self.tr("For the gateway")),
        ):
            self._fields.add(key, name)
        self.body.addWidget(self._fields)
        self._recorded = Callout(theme, Tone.BUSY)
        self._recorded.hide()
        self.body.addWidget(self._recorded)
        self.body.addWidget(
            PlainLabel(
                self.tr(
                    "A grant lets this computer's node take part for your wallet. The node's own key can move no "
                    "money, so nothing worth stealing lies on a computer that runs unattended."
                ),
                "muted",
                wrap=True,
            )
        )
        row = QHBoxLayout()
        self.grant = Button(theme, self.tr("Grant this node for 90 days"))
        self.grant.clicked.connect(lambda: self._on_grant())
        row.addWidget(self.grant)
        self.revoke = Button(theme, self.tr("Take the grant back"))
        self.revoke.clicked.connect(lambda: self._on_revoke())
        row.addWidget(self.revoke)
        row.addStretch(1)
        self.body.addLayout(row)
        self._problem = PlainLabel("", "caption", wrap=True)
        self._problem.show_tone(Tone.BAD)
        self._problem.hide()
        self.body.addWidget(self._problem)

    def show_state(self, state: LauncherState, now: float) -> None:
        wallet = state.wallet
        found, grant = wallet.registration, wallet.grant
        roles = ", ".join(role_name(role) for role in found.roles) if found is not None else ""
        self._fields.show_value(
            "recorded",
            self.tr("registered: {roles}, since block {height}").format(
                roles=roles or self.tr("no role"), height=found.height
            )
            if found is not None
            else self.tr("not registered"),
        )
        self._fields.show_value("declared", found.declared if found is not None else "")
        self._fields.show_value("status", found.status if found is not None else "")
        self._fields.show_value("grant", self._grant_words(state, now))
        self._fields.show_value("gateway", grant.gateway if grant is not None else "")
        self._recorded.setVisible(bool(wallet.recorded))
        self._recorded.show_words(self.tr("What the chain made of it"), spoken_lines(wallet.recorded))
        signs = wallet.wallet is not None and wallet.wallet.signs
        self.grant.setEnabled(signs and bool(state.node.node_id) and bool(state.gateway.url))
        self.grant.setToolTip(
            "" if state.node.node_id else self.tr("Switch Serving on once: the node makes its key at its first start.")
        )

        self.revoke.setVisible(grant is not None)
        self.revoke.setEnabled(signs)

    def _grant_words(self, state: LauncherState, now: float) -> str:
        grant = state.wallet.grant
        if grant is None:
            return self.tr("none yet")
        if now >= grant.not_after:
            return self.tr("expired on {time}").format(time=moment(grant.not_after))
        if state.node.node_id and grant.node_id != state.node.node_id:
            return self.tr("for another node key; make a new one")
        if state.gateway.url and grant.gateway != state.gateway.url:
            return self.tr("for another gateway; make a new one for this one")
        roles = ", ".join(role_name(role) for role in grant.roles)
        return self.tr("{roles}, until {time}").format(roles=roles, time=moment(grant.not_after))

    def _on_grant(self) -> None:
        self._show_problem("")
        ask_for(
            self,
            self._intents,
            lambda core: core.owner.grant_node(GRANT_ROLES, GRANT_DAYS),
            nothing,
            self._show_problem,
        )

    def _on_revoke(self) -> None:
        self._show_problem("")
        ask_for(self, self._intents, lambda core: core.owner.revoke_grant(), nothing, self._show_problem)

    def _show_problem(self, sentence: str) -> None:
        self._problem.show_text(sentence)
        self._problem.setVisible(bool(sentence))
