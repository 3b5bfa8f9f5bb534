"""What was sent and received, newest first, and a table of it for spreadsheets."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from r3mes_launcher.core.wallet_state import HistoryEntry, WalletState
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.core_wording import spoken, spoken_lines
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.save_dialog import ask_where_to_save
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for
from r3mes_launcher.ui.wallet.confirmation_sheet import payment_words
from r3mes_launcher.ui.wallet.money import moment
from r3mes_launcher.ui.wallet.table import Table

Cell = tuple[str, Tone | None]


class HistoryCard(Card):
    def __init__(self, theme: Theme, intents: Intents, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, heading, "logs", parent)
        self._intents = intents
        self._dialog: QFileDialog | None = None
        self.save = Button(theme, self.tr("Save as CSV"), "save")
        self.save.clicked.connect(lambda: self._on_save())
        self.heading_row.addWidget(self.save)
        self.table = Table(
            theme, heading, (self.tr("When"), self.tr("What"), self.tr("Block"), self.tr("State")), stretch=1
        )
        self.body.addWidget(self.table)
        self._empty = PlainLabel(
            self.tr("Nothing yet. What this wallet sends and receives is listed here."), "muted", wrap=True
        )
        self.body.addWidget(self._empty)
        self._message = PlainLabel("", "caption", wrap=True)
        self._message.hide()
        self.body.addWidget(self._message)

    def show_state(self, state: WalletState) -> None:
        rows, tips = self._rows(state)
        self.table.show_rows(rows, tips)
        self.table.setVisible(bool(rows))
        self._empty.setVisible(not rows)
        self.save.setEnabled(bool(state.history))

    def _rows(self, state: WalletState) -> tuple[list[list[Cell]], list[str]]:
        """Payments that no block has yet, then what the chain lists."""
        listed = {entry.tx_hash for entry in state.history}
        made: list[tuple[float, list[Cell], str]] = []
        for own in state.payments:
            payment = own.payment
            if payment.tx_hash not in listed:
                title, tone = payment_words(own)
                block = str(payment.height) if payment.height else "–"
                row: list[Cell] = [
                    (moment(payment.created_at), Tone.NEUTRAL),
                    (spoken(payment.summary), None),
                    (block, Tone.NEUTRAL),
                    (title, tone),
                ]
                made.append((payment.created_at, row, f"{spoken_lines((own.sentence, own.reason))}\n{payment.tx_hash}"))
        for entry in state.history:
            made.append((entry.at or 0.0, self._chain_row(entry), f"{spoken(entry.note)}\n{entry.tx_hash}".strip()))
        made.sort(key=lambda item: -item[0])
        return [row for _, row, _ in made], [tip for _, _, tip in made]

    def _chain_row(self, entry: HistoryEntry) -> list[Cell]:
        state: Cell = (self.tr("Done"), Tone.GOOD) if entry.worked else (self.tr("Failed"), Tone.BAD)
        what = spoken(entry.summary) or self.tr("Received, or sent from elsewhere")
        return [(moment(entry.at), Tone.NEUTRAL), (what, None), (str(entry.height), Tone.NEUTRAL), state]

    def _on_save(self) -> None:
        self._dialog = ask_where_to_save(self, self.tr("Save the history"), "r3mes-wallet.csv", self.save_to)

    def save_to(self, path: str) -> None:
        name = Path(path).name

        def write(table: str) -> None:
            self._intents.write_file(
                Path(path),
                table,
                lambda: self._say(self.tr("Saved as {name}.").format(name=name)),
                lambda why: self._say(self.tr("Could not save {name}: {why}").format(name=name, why=why), Tone.BAD),
            )

        ask_for(
            self,
            self._intents,
            lambda core: core.wallet.history_table(),
            write,
            lambda sentence: self._say(sentence, Tone.BAD),
        )

    def _say(self, sentence: str, tone: Tone | None = None) -> None:
        self._message.show_text(sentence)
        self._message.show_tone(tone)
        self._message.show()
