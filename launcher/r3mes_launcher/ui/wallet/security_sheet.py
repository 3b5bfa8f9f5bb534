"""Security and backup: the password, the system's keyring, locking by itself, words, exports, and removing a wallet."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout

from r3mes_launcher.core.wallet_state import WalletState
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.core_wording import spoken, spoken_lines
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.save_dialog import ask_where_to_save
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.wallet.asking import ask_for, nothing
from r3mes_launcher.ui.wallet.backup_sheet import BackupSheet
from r3mes_launcher.ui.wallet.sheet import Sheet
from r3mes_launcher.ui.wallet.sheet_host import SheetHost
from r3mes_launcher.ui.wallet.text_field import TextField

IDLE_MINUTES = (1, 5, 10, 30, 60)


class SecuritySheet(Sheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost) -> None:
        super().__init__(theme, intents, host.window)
        self.show_title(self.tr("Security and backup"))
        self._host = host
        self._wallet_id = host.state.active
        self.body.addWidget(self._locking(theme))
        self.body.addWidget(self._leaving(theme))
        self.body.addStretch(1)
        self.close_button = self.add_button(self.tr("Close"), self.reject)
        self.close_button.setFocus()

    def _locking(self, theme: Theme) -> Card:
        card = Card(theme, self.tr("Locking"), "lock")
        row = QHBoxLayout()
        name = PlainLabel(self.tr("Lock after"), "")
        self.idle = QComboBox()
        self.idle.setAccessibleName(self.tr("Lock the wallet after so long without use"))
        for minutes in IDLE_MINUTES:
            text = self.tr("1 minute") if minutes == 1 else self.tr("{count} minutes").format(count=minutes)
            self.idle.addItem(text, minutes * 60.0)
        self.idle.activated.connect(lambda _: self._on_idle())
        name.setBuddy(self.idle)
        row.addWidget(name)
        row.addWidget(self.idle)
        row.addStretch(1)
        card.body.addLayout(row)
        self._untold = PlainLabel("", "caption", wrap=True)
        card.body.addWidget(self._untold)
        self.keyring = QCheckBox(self.tr("Let the system's keyring open this wallet"))
        self.keyring.clicked.connect(self._on_keyring)
        card.body.addWidget(self.keyring)
        self._keyring_note = PlainLabel("", "caption", wrap=True)
        card.body.addWidget(self._keyring_note)
        self.password = Button(theme, self.tr("Change the password"))
        self.password.clicked.connect(lambda: self._open(PasswordSheet(self._theme, self._intents, self._host)))
        card.body.addWidget(self.password)
        return card

    def _leaving(self, theme: Theme) -> Card:
        wallet = self._host.state.wallet
        card = Card(theme, self.tr("This wallet"), "wallet")
        card.body.addWidget(PlainLabel(wallet.name if wallet is not None else "", "strong", wrap=True))
        self.words = Button(theme, self.tr("Show its words"))
        self.words.clicked.connect(lambda: self._open(BackupSheet(theme, self._intents, self._host, self._wallet_id)))
        self.words.setVisible(wallet is not None and wallet.kind == "phrase")
        self.export = Button(theme, self.tr("Export it to a file"))
        self.export.clicked.connect(lambda: self._open(ExportSheet(theme, self._intents, self._host)))
        self.rename = Button(theme, self.tr("Rename it"))
        self.rename.clicked.connect(lambda: self._open(RenameSheet(theme, self._intents, self._host)))
        self.remove = Button(theme, self.tr("Remove it from this computer"), "clear")
        self.remove.clicked.connect(lambda: self._open(RemoveSheet(theme, self._intents, self._host)))
        for button in (self.words, self.export, self.rename, self.remove):
            card.body.addWidget(button)
        return card

    def show_state(self, state: WalletState) -> None:
        index = self.idle.findData(state.auto_lock.idle_s)
        if index < 0:
            self.idle.addItem(
                self.tr("{count} seconds").format(count=round(state.auto_lock.idle_s)), state.auto_lock.idle_s
            )
            index = self.idle.count() - 1
        if index != self.idle.currentIndex():
            self.idle.setCurrentIndex(index)
        told = self.tr("It also locks when the computer sleeps and when the screen is locked.")
        self._untold.show_text(spoken_lines(state.auto_lock.unavailable) or told)
        keyring = state.keyring
        self.keyring.setChecked(keyring.enabled)
        self.keyring.setEnabled(keyring.available or keyring.enabled)
        self._keyring_note.show_text(
            spoken(keyring.sentence)
            or self.tr("Then whoever uses your account on this computer can open it without the wallet's password.")
        )

    def _open(self, sheet: Sheet) -> None:
        self._host.open(sheet)

    def _on_idle(self) -> None:
        seconds = float(self.idle.currentData())
        ask_for(self, self._intents, lambda core: core.wallet.choose_auto_lock(seconds), nothing, self.show_problem)

    def _on_keyring(self, on: bool) -> None:
        def refused(sentence: str) -> None:
            self.keyring.setChecked(not on)
            self.show_problem(sentence)

        self.ask(lambda core: core.wallet.use_keyring(on), nothing, refused)


class PasswordSheet(Sheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost) -> None:
        super().__init__(theme, intents, host.window)
        self.show_title(self.tr("Change the password"))
        self.old = TextField(theme, self.tr("The password until now"), secret=True)
        self.new = TextField(theme, self.tr("New password"), self.tr("At least 8 characters."), secret=True)
        self.again = TextField(theme, self.tr("The new password once more"), secret=True)
        for field in (self.old, self.new, self.again):
            self.body.addWidget(field)
            field.line.returnPressed.connect(self._on_change)
        self.say(self.tr("The file's backup is renewed with it: the old password opens nothing any more."), "caption")
        self.body.addStretch(1)
        self.add_button(self.tr("Cancel"), self.reject)
        self.change = self.add_button(self.tr("Change it"), self._on_change, "primary")
        self.old.setFocus()

    def _on_change(self) -> None:
        if self.new.text != self.again.text:
            self.again.show_problem(self.tr("The two passwords differ."))
            self.again.setFocus()
            return
        old, new = self.old.text, self.new.text
        self.ask(lambda core: core.wallet.change_password(old, new), lambda _: self._on_changed())

    def _on_changed(self) -> None:
        for field in (self.old, self.new, self.again):
            field.take()
        self.accept()


class ExportSheet(Sheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost) -> None:
        super().__init__(theme, intents, host.window)
        self.show_title(self.tr("Export this wallet"))
        self._wallet_id = host.state.active
        wallet = host.state.wallet
        self._name = wallet.name if wallet is not None else ""
        self.say(self.tr("The file is encrypted with a password of its own. Keep both apart from each other."))
        self.form = QComboBox()
        self.form.setAccessibleName(self.tr("Form"))
        self.form.addItem(self.tr("For another R3MES launcher"), False)
        if wallet is not None and wallet.signs:
            self.form.addItem(self.tr("For a Cosmos daemon (keys import)"), True)
        self.body.addWidget(PlainLabel(self.tr("Form"), "caption"))
        self.body.addWidget(self.form)
        self.password = TextField(theme, self.tr("Your password"), secret=True)
        self.new = TextField(theme, self.tr("Password for the file"), self.tr("At least 8 characters."), secret=True)
        self.again = TextField(theme, self.tr("The file's password once more"), secret=True)
        for field in (self.password, self.new, self.again):
            self.body.addWidget(field)
        self.body.addStretch(1)
        self.add_button(self.tr("Cancel"), self.reject)
        self.save = self.add_button(self.tr("Save as…"), self._on_save, "primary", "save")
        self.password.setFocus()

    def _on_save(self) -> None:
        if self.new.text != self.again.text:
            self.again.show_problem(self.tr("The two passwords differ."))
            self.again.setFocus()
            return
        ending = "asc" if self.form.currentData() else "r3mes-wallet"
        plain = "".join(character if character.isalnum() else "-" for character in self._name) or "wallet"
        ask_where_to_save(self, self.tr("Save the export"), f"{plain}.{ending}", self.save_to)

    def save_to(self, path: str) -> None:
        password, new, armored = self.password.text, self.new.text, bool(self.form.currentData())
        wallet_id = self._wallet_id
        self.ask(
            lambda core: core.wallet.export_file(wallet_id, Path(path), password, new, armored=armored),
            lambda _: self._on_saved(),
        )

    def _on_saved(self) -> None:
        for field in (self.password, self.new, self.again):
            field.take()
        self.accept()


class RenameSheet(Sheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost) -> None:
        super().__init__(theme, intents, host.window)
        self.show_title(self.tr("Rename this wallet"))
        self._wallet_id = host.state.active
        wallet = host.state.wallet
        self.name = TextField(theme, self.tr("Name of the wallet"))
        self.name.line.setText(wallet.name if wallet is not None else "")
        self.name.line.selectAll()
        self.body.addWidget(self.name)
        self.body.addStretch(1)
        self.add_button(self.tr("Cancel"), self.reject)
        self.save = self.add_button(self.tr("Rename"), self._on_save, "primary")
        self.name.setFocus()

    def _on_save(self) -> None:
        wallet_id, name = self._wallet_id, self.name.text
        self.ask(lambda core: core.wallet.rename(wallet_id, name), lambda _: self.accept(), self.name.show_problem)


class RemoveSheet(Sheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost) -> None:
        super().__init__(theme, intents, host.window)
        self._wallet_id = host.state.active
        wallet = host.state.wallet
        name = wallet.name if wallet is not None else ""
        self.show_title(self.tr("Remove “{name}”?").format(name=name))
        safe = wallet is not None and (wallet.backed_up or not wallet.signs)
        self.say(
            self.tr("Its coins stay on the chain. Only its words or an export bring it back to a computer.")
            if safe
            else self.tr("It is NOT backed up: without its words its coins are lost for ever when you remove it."),
            "strong" if not safe else "muted",
        )
        self.sure = QCheckBox(self.tr("I have its words or an export, or it is empty"))
        self.body.addWidget(self.sure)
        self.password = TextField(theme, self.tr("Your password"), secret=True)
        self.body.addWidget(self.password)
        self.body.addStretch(1)
        self.add_button(self.tr("Cancel"), self.reject).setFocus()
        self.remove = self.add_button(self.tr("Remove it"), self._on_remove)
        self.remove.setEnabled(False)
        self.sure.toggled.connect(self.remove.setEnabled)

    def _on_remove(self) -> None:
        wallet_id, password = self._wallet_id, self.password.take()
        self.ask(
            lambda core: core.wallet.remove(wallet_id, password), lambda _: self.accept(), self.password.show_problem
        )
