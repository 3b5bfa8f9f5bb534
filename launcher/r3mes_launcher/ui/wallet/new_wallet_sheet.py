"""Make, restore, watch or import a wallet: a name, a password where there is no vault yet, and what the way needs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QClipboard, QGuiApplication
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from r3mes_launcher.core.wallet_orders import FoundAddresses, NewWallet
from r3mes_launcher.core.wallet_state import VaultState, WalletEntry
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Callout
from r3mes_launcher.ui.core_wording import spoken
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.address_view import short_address
from r3mes_launcher.ui.wallet.backup_sheet import BackupSheet
from r3mes_launcher.ui.wallet.money import money
from r3mes_launcher.ui.wallet.sheet import Sheet
from r3mes_launcher.ui.wallet.sheet_host import SheetHost
from r3mes_launcher.ui.wallet.text_field import TextField
from r3mes_launcher.wallet.mnemonic import passphrase_warning

_PHRASE_LINES = 4
WORD_CHOICES = (24, 12)


class _WalletSheet(Sheet):
    """Name and password. The password is chosen where the vault is made; while it is open nobody asks for it."""

    def __init__(self, theme: Theme, intents: Intents, host: SheetHost) -> None:
        super().__init__(theme, intents, host.window)
        self._host = host
        self.makes_vault = host.state.vault is VaultState.ABSENT
        self.name = TextField(theme, self.tr("Name of the wallet"))
        self.password = TextField(
            theme,
            self.tr("Password for this computer"),
            self.tr("At least 8 characters. It protects the file here; the words alone bring the wallet back."),
            secret=True,
        )
        self.again = TextField(theme, self.tr("The password once more"), secret=True)

    def add_password(self) -> None:
        for field in (self.password, self.again):
            self.body.addWidget(field)
            field.setVisible(self.makes_vault)

    def passwords(self) -> str | None:
        """The chosen password; None with the reason shown. Empty where the vault is open already."""
        if not self.makes_vault:
            return ""
        if len(self.password.text) < 8:
            self.password.show_problem(self.tr("The password has less than 8 characters."))
            self.password.setFocus()
            return None
        if self.password.text != self.again.text:
            self.again.show_problem(self.tr("The two passwords differ."))
            self.again.setFocus()
            return None
        return self.password.text

    def forget_passwords(self) -> None:
        self.password.take()
        self.again.take()

    def wallet_name(self, otherwise: str) -> str:
        return self.name.text.strip() or otherwise


class CreateSheet(_WalletSheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost) -> None:
        super().__init__(theme, intents, host)
        self.show_title(self.tr("Make a wallet"))
        self.say(
            self.tr("You get words to write on paper next. They are the wallet: with them it comes back anywhere.")
        )
        self.name.line.setText(self.tr("Wallet") if self.makes_vault else self.tr("Another wallet"))
        self.body.addWidget(self.name)
        self.add_password()
        self.body.addWidget(PlainLabel(self.tr("How many words"), "caption"))
        self.words = QComboBox()
        self.words.setAccessibleName(self.tr("How many words"))
        for count in WORD_CHOICES:
            self.words.addItem(self.tr("{count} words").format(count=count), count)
        self.body.addWidget(self.words)
        self.body.addStretch(1)
        self.add_button(self.tr("Cancel"), self.reject)
        self.go_on = self.add_button(self.tr("Make the wallet"), self._on_make, "primary")
        self.name.setFocus()

    def _on_make(self) -> None:
        password = self.passwords()
        if password is None:
            return
        name, words = self.wallet_name(self.tr("Wallet")), int(self.words.currentData())
        self.ask(lambda core: core.wallet.create(name, password, words), self._on_made)

    def _on_made(self, made: NewWallet) -> None:
        self.forget_passwords()
        self._host.open(BackupSheet(self._theme, self._intents, self._host, made.wallet_id, made.words))


class RestoreSheet(_WalletSheet):
    """First the words, then the addresses that they open: coins may lie at another place than the first."""

    def __init__(self, theme: Theme, intents: Intents, host: SheetHost) -> None:
        super().__init__(theme, intents, host)
        self.show_title(self.tr("Restore a wallet"))
        warning = Callout(theme, Tone.BUSY)
        warning.show_words("", self.tr("Type your words only here, in your own launcher. Nobody else ever needs them."))
        self.body.addWidget(warning)
        self._phrase_name = PlainLabel(self.tr("Recovery words, in order"), "caption")
        self.phrase = QPlainTextEdit()
        self.phrase.setAccessibleName(self.tr("Recovery words, in order"))
        self.phrase.setProperty("kind", "log")
        self.phrase.setTabChangesFocus(True)
        self.phrase.setFixedHeight(round(theme.metrics.line * _PHRASE_LINES))
        self.phrase.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhNoPredictiveText
            | Qt.InputMethodHint.ImhNoAutoUppercase
        )
        self.phrase.setUndoRedoEnabled(False)
        self._phrase_name.setBuddy(self.phrase)
        self.passphrase = TextField(theme, self.tr("Passphrase, if it has one (not your password)"), secret=True)
        self.passphrase.edited.connect(self._warn_of_blanks)
        self._first = (self._phrase_name, self.phrase, self.passphrase)
        for widget in self._first:
            self.body.addWidget(widget)
        self._second = QWidget()
        column = QVBoxLayout(self._second)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.metrics.space(2))
        column.addWidget(PlainLabel(self.tr("Which address is yours?"), "caption"))
        self._grid = QGridLayout()
        # The ring of focus is drawn a little outside of a radio button.
        self._grid.setContentsMargins(theme.metrics.space(1), 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.metrics.space(3))
        self._grid.setVerticalSpacing(theme.metrics.space(0.6))
        self._grid.setColumnStretch(0, 1)
        column.addLayout(self._grid)
        self._problem_note = PlainLabel("", "caption", wrap=True)
        self._problem_note.show_tone(Tone.WARNING)
        column.addWidget(self._problem_note)
        self._second.hide()
        self.body.addWidget(self._second)
        self.name.line.setText(self.tr("Restored wallet"))
        self.body.addWidget(self.name)
        self.name.hide()
        self.add_password()
        self.password.hide()
        self.again.hide()
        self.body.addStretch(1)
        self.group = QButtonGroup(self)
        self._paths: list[str] = []
        self.add_button(self.tr("Cancel"), self.reject)
        self.go_on = self.add_button(self.tr("Look for my coins"), self._on_continue, "primary")
        self.phrase.setFocus()
        self.finished.connect(lambda _: self._forget())

    def _warn_of_blanks(self) -> None:
        self.passphrase.show_hint(spoken(passphrase_warning(self.passphrase.text) or ""))

    def _on_continue(self) -> None:
        if self._paths:
            self._on_restore()
            return
        phrase, passphrase = self.phrase.toPlainText(), self.passphrase.text
        self.ask(lambda core: core.wallet.preview(phrase, passphrase), self._show_addresses)

    def _show_addresses(self, found: FoundAddresses) -> None:
        for widget in self._first:
            widget.hide()
        self._paths = [item.path for item in found.addresses]
        unit = self._host.state.unit
        for row, item in enumerate(found.addresses):
            choice = QRadioButton(short_address(item.address))
            choice.setToolTip(item.address)
            choice.setAccessibleName(self.tr("{address}, path {path}").format(address=item.address, path=item.path))
            choice.setChecked(item.path == found.suggested)
            self.group.addButton(choice, row)
            self._grid.addWidget(choice, row, 0)
            self._grid.addWidget(PlainLabel(item.path, "caption"), row, 1)
            self._grid.addWidget(PlainLabel(self._holds(item.used, money(unit, item.amount)), "caption"), row, 2)
        self._problem_note.show_text(
            self.tr("The network could not be asked, so balances are unknown. {why}").format(why=spoken(found.problem))
            if found.problem
            else ""
        )
        self._problem_note.setVisible(bool(found.problem))
        self._second.show()
        self.name.show()
        self.password.setVisible(self.makes_vault)
        self.again.setVisible(self.makes_vault)
        self.go_on.setText(self.tr("Restore this one"))
        chosen = self.group.checkedButton()
        if chosen is not None:
            chosen.setFocus()
        self.fit()

    def _holds(self, used: bool | None, amount: str) -> str:
        if used is None:
            return self.tr("unknown")
        return amount if used else self.tr("never used")

    def _on_restore(self) -> None:
        password = self.passwords()
        if password is None:
            return
        phrase, passphrase = self.phrase.toPlainText(), self.passphrase.text
        path, name = self._paths[self.group.checkedId()], self.wallet_name(self.tr("Wallet"))
        self.ask(lambda core: core.wallet.restore(name, password, phrase, passphrase, path), self._on_restored)

    def _on_restored(self, entry: WalletEntry) -> None:
        self._forget()
        clipboard = QGuiApplication.clipboard()
        clipboard.clear()
        if clipboard.supportsSelection():
            clipboard.clear(QClipboard.Mode.Selection)
        self.accept()

    def _forget(self) -> None:
        self.phrase.clear()
        self.passphrase.take()
        self.forget_passwords()


class WatchSheet(_WalletSheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost) -> None:
        super().__init__(theme, intents, host)
        self.show_title(self.tr("Watch an address"))
        self.say(self.tr("Its coins are shown here; they can't be spent from here, because the key is elsewhere."))
        self.name.line.setText(self.tr("Watched"))
        self.body.addWidget(self.name)
        self.address = TextField(theme, self.tr("Address"))
        self.address.line.setFont(theme.fixed_font())
        self.address.line.setPlaceholderText(f"{host.state.network.prefix}1…")
        self.body.addWidget(self.address)
        self.add_password()
        self.body.addStretch(1)
        self.add_button(self.tr("Cancel"), self.reject)
        self.go_on = self.add_button(self.tr("Watch it"), self._on_watch, "primary")
        self.address.setFocus()

    def _on_watch(self) -> None:
        password = self.passwords()
        if password is None:
            return
        name, address = self.wallet_name(self.tr("Watched")), self.address.text
        self.ask(
            lambda core: core.wallet.watch(name, password, address),
            lambda _: self._on_added(),
            self.address.show_problem,
        )

    def _on_added(self) -> None:
        self.forget_passwords()
        self.accept()


class ImportSheet(_WalletSheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost) -> None:
        super().__init__(theme, intents, host)
        self.show_title(self.tr("Import a wallet's file"))
        self.say(self.tr("An encrypted export of this launcher, or a key that a Cosmos daemon exported."))
        self.file = TextField(theme, self.tr("File"))
        browse = Button(theme, icon="folder", name=self.tr("Choose the file"))
        browse.clicked.connect(lambda: self._browse())
        self.file.row.addWidget(browse)
        self.body.addWidget(self.file)
        self.export_password = TextField(theme, self.tr("Password of the file"), secret=True)
        self.body.addWidget(self.export_password)
        self.add_password()
        self.body.addStretch(1)
        self.add_button(self.tr("Cancel"), self.reject)
        self.go_on = self.add_button(self.tr("Import"), self._on_import, "primary")
        self.file.setFocus()

    def _browse(self) -> None:
        dialog = QFileDialog(self, self.tr("Choose the file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.file.line.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_import(self) -> None:
        password = self.passwords()
        if password is None:
            return
        if not self.file.text.strip():
            self.file.show_problem(self.tr("Choose the file first."))
            return
        path, export_password = Path(self.file.text.strip()).expanduser(), self.export_password.text
        self.ask(lambda core: core.wallet.import_file(path, password, export_password), lambda _: self._on_added())

    def _on_added(self) -> None:
        self.forget_passwords()
        self.export_password.take()
        self.accept()
