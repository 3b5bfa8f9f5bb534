"""This computer's node and its owner: what the chain recorded, and the owner's word (the grant) that the node shows."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget

from r3mes_launcher.core.state import LauncherState
from r3mes_launcher.core.wallet_state import GrantEntry
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Callout, Card
from r3mes_launcher.ui.core_wording import spoken, spoken_lines
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
        self._lacking = Callout(theme, Tone.WARNING)
        self._lacking.hide()
        self.body.addWidget(self._lacking)
        self.body.addWidget(
            PlainLabel(
                self.tr(
                    "A grant lets this computer's node take part for your wallet, at one gateway; where there are "
                    "several, each gets its own. The node's own key can move no money, so nothing worth stealing lies "
                    "on a computer that runs unattended."
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
        self._fields.show_value("declared", spoken(found.declared) if found is not None else "")
        self._fields.show_value("status", _status_words(found.status) if found is not None else "")
        gateways = _gateways(state)
        several = len(gateways) > 1 and bool(wallet.grants)
        held = {entry.gateway: entry for entry in wallet.grants}
        told = [f"{gateway}\n{self._words_at(gateway, held, state, now)}" for gateway in gateways] if several else []
        self._fields.show_value("grant", "\n".join(told) or self._grant_words(state, now))
        self._fields.show_value("gateway", grant.gateway if grant is not None and not several else "")
        lacking = [each for each in gateways if several and not _holds(held.get(each), state, now)]
        self._lacking.setVisible(bool(lacking))
        self._lacking.show_words(
            self.tr("A gateway of this node has no grant"),
            self.tr(
                "The node would be refused there: {gateways}. Grant it again: that signs one for each gateway."
            ).format(gateways=", ".join(lacking)),
        )
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
        words = self._entry_words(grant, state, now)
        if _holds(grant, state, now) and state.gateway.url and grant.gateway != state.gateway.url:
            return self.tr("for another gateway; make a new one for this one")
        return words

    def _words_at(self, gateway: str, held: dict[str, GrantEntry], state: LauncherState, now: float) -> str:
        entry = held.get(gateway)
        return self.tr("none yet") if entry is None else self._entry_words(entry, state, now)

    def _entry_words(self, grant: GrantEntry, state: LauncherState, now: float) -> str:
        if now >= grant.not_after:
            return self.tr("expired on {time}").format(time=moment(grant.not_after))
        if state.node.node_id and grant.node_id != state.node.node_id:
            return self.tr("for another node key; make a new one")
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
        ask_for(self, self._intents, lambda core: core.owner.revoke_grants(), nothing, self._show_problem)

    def _show_problem(self, sentence: str) -> None:
        self._problem.show_text(sentence)
        self._problem.setVisible(bool(sentence))


def _gateways(state: LauncherState) -> tuple[str, ...]:
    """All that the node may use, the preferred one first."""
    return state.gateway.order or ((state.gateway.url,) if state.gateway.url else ())


def _holds(entry: GrantEntry | None, state: LauncherState, now: float) -> bool:
    """Whether a gateway takes the node with it, as far as can be told here."""
    if entry is None or now >= entry.not_after:
        return False
    return not state.node.node_id or entry.node_id == state.node.node_id


def _status_words(status: str) -> str:
    """What the chain says of a registration; a word that only a newer chain uses is shown as it came."""
    words = {
        "active": QCoreApplication.translate("NodeCard", "active"),
        "inactive": QCoreApplication.translate("NodeCard", "inactive"),
        "suspended": QCoreApplication.translate("NodeCard", "suspended"),
        "slashed": QCoreApplication.translate("NodeCard", "slashed"),
        "unspecified": QCoreApplication.translate("NodeCard", "not said"),
    }
    return words.get(status, status)
