"""What a person can do about a model's download: hold it, go on, end it, or give the token that its hub wants."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.state import Download, DownloadState
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.question import ask
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for, nothing
from r3mes_launcher.ui.wallet.text_field import TextField
from r3mes_launcher.wallet.os_keyring import KeyringState


class DownloadControls(QWidget):
    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._intents = intents
        self._download: Download | None = None
        space = theme.metrics.space
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(1.6))

        self._form = QWidget()
        form = QVBoxLayout(self._form)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(space(1.2))
        self._why = PlainLabel("", wrap=True)
        form.addWidget(self._why)
        self.token = TextField(
            theme,
            self.tr("Access token"),
            self.tr("It goes to the model's hub alone, and the system's keyring keeps it."),
            secret=True,
        )
        self.use_token = Button(theme, self.tr("Use this token"), kind="primary")
        self.use_token.clicked.connect(lambda: self._on_token())
        self.token.line.returnPressed.connect(self._on_token)
        self.token.row.addWidget(self.use_token)
        form.addWidget(self.token)
        column.addWidget(self._form)
        self._problem = PlainLabel("", "caption", wrap=True)
        self._problem.show_tone(Tone.BAD)
        self._problem.hide()
        column.addWidget(self._problem)

        row = QHBoxLayout()
        row.setSpacing(space(2))
        self._pace = PlainLabel("", "muted")
        self._pace.setFont(theme.figure_font())
        self.hold = Button(theme, self.tr("Pause download"), "stop")
        self.hold.clicked.connect(lambda: self._ask(lambda core: core.downloads.pause()))
        self.go_on = Button(theme, self.tr("Resume download"), "power", "primary")
        self.go_on.clicked.connect(lambda: self._ask(lambda core: core.downloads.resume()))
        self.cancel = Button(theme, self.tr("Cancel download"), "close")
        self.cancel.clicked.connect(lambda: self._on_cancel())
        row.addWidget(self._pace, 1)
        for button in (self.hold, self.go_on, self.cancel):
            row.addWidget(button)
        column.addLayout(row)
        self.hide()

    def show_download(self, download: Download | None) -> None:
        before, self._download = self._download, download
        self.setVisible(download is not None)
        if download is None:
            # A token that was typed and not used stays with nobody.
            self.token.take()
            self._show_problem("")
            return
        if before is None or before.state is not download.state:
            self._show_problem("")
        needs_token = download.state is DownloadState.TOKEN_NEEDED
        self._form.setVisible(needs_token)
        self._why.show_text(
            download.message
            or self.tr(
                "{name} is given to people with an account alone. Accept the makers' terms on the model's page, then "
                "give an access token of your account."
            ).format(name=download.name)
        )
        self.hold.setVisible(download.state is DownloadState.DOWNLOADING)
        self.go_on.setVisible(download.state is DownloadState.PAUSED)
        self._pace.show_text(_pace(download) if download.state is DownloadState.DOWNLOADING else "")

    def _on_token(self) -> None:
        token = self.token.take()
        self.use_token.setEnabled(False)

        def given(state: KeyringState) -> None:
            self.use_token.setEnabled(True)
            if state is not KeyringState.READY:
                self._show_problem(self.tr("The system's keyring did not take the token, so it is used this once."))

        def refused(sentence: str) -> None:
            self.use_token.setEnabled(True)
            self.token.show_problem(sentence)

        ask_for(self, self._intents, lambda core: core.downloads.give_token(token), given, refused)

    def _on_cancel(self) -> None:
        download = self._download
        if download is None:
            return
        ask(
            self,
            self.tr("Cancel the download of {name}?").format(name=download.name),
            self.tr("What came so far ({size}) is thrown away, and Serving goes off.").format(
                size=figures.size(download.done)
            ),
            [(self.tr("Cancel the download"), lambda: self._ask(lambda core: core.downloads.cancel()))],
            self.tr("Go on with it"),
        )

    def _ask(self, question: Callable[[Core], Awaitable[None]]) -> None:
        ask_for(self, self._intents, question, nothing, self._show_problem)

    def _show_problem(self, sentence: str) -> None:
        self._problem.show_text(sentence)
        self._problem.setVisible(bool(sentence))


def _pace(download: Download) -> str:
    parts = [f"{figures.size(download.bytes_per_second)}/s"] if download.bytes_per_second else []
    if download.seconds_left is not None:
        parts.append(figures.remaining(download.seconds_left))
    return "  ·  ".join(parts)
