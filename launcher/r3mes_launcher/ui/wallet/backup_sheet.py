"""The words of a wallet: shown, written on paper, and typed back in part. Until then it counts as not backed up."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QClipboard, QGuiApplication
from PySide6.QtWidgets import QStackedWidget, QWidget

from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.wallet.sheet import Sheet
from r3mes_launcher.ui.wallet.sheet_host import SheetHost
from r3mes_launcher.ui.wallet.text_field import TextField
from r3mes_launcher.ui.wallet.words_view import QuizView, WordsView
from r3mes_launcher.wallet.mnemonic import quiz_positions

QUESTIONS = 3


class BackupSheet(Sheet):
    """With `words` right after a wallet was made; without them the password is asked for first."""

    def __init__(
        self, theme: Theme, intents: Intents, host: SheetHost, wallet_id: str, words: Sequence[str] = ()
    ) -> None:
        super().__init__(theme, intents, host.window)
        self._wallet_id = wallet_id
        self._words: tuple[str, ...] = ()
        self._stack = QStackedWidget()
        self.body.addWidget(self._stack)
        self.body.addStretch(1)
        self.words: WordsView | None = None
        self.quiz: QuizView | None = None
        self.later = self.add_button(self.tr("Later"), self.reject)
        self.back = self.add_button(self.tr("Back to the words"), self._on_back)
        self.go_on = self.add_button(self.tr("Continue"), self._on_continue, "primary")
        self.password = TextField(theme, self.tr("Your password"), secret=True)
        self.password.line.returnPressed.connect(self._on_continue)
        self._stack.addWidget(self.password)
        if words:
            self._show_words(tuple(words))
        else:
            self.show_title(self.tr("Show the recovery words"))
            self.back.hide()
            self.password.setFocus()
        self.finished.connect(lambda _: self._forget())

    def _show(self, page: QWidget) -> None:
        self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        self.fit()

    def _show_words(self, words: tuple[str, ...]) -> None:
        self._words = words
        self.show_title(self.tr("Write these words down"))
        self.words = WordsView(self._theme, words)
        self.words.revealed.connect(self._on_revealed)
        self.back.hide()
        self.go_on.setText(self.tr("I have written them down"))
        self.go_on.setEnabled(False)
        self._show(self.words)
        self.words.setFocus()

    def _on_revealed(self) -> None:
        self.go_on.setEnabled(True)
        self.fit()

    def _on_continue(self) -> None:
        if self.quiz is not None and self._stack.currentWidget() is self.quiz:
            self._on_answer()
        elif self.words is not None and self._stack.currentWidget() is self.words:
            self._show_quiz()
        else:
            password, wallet_id = self.password.take(), self._wallet_id
            self.ask(lambda core: core.wallet.reveal_words(wallet_id, password), self._show_words)

    def _show_quiz(self) -> None:
        if self.words is not None:
            self.words.forget()
        self.show_title(self.tr("Are they on paper?"))
        if self.quiz is not None:
            self._stack.removeWidget(self.quiz)
            self.quiz.deleteLater()
        self.quiz = QuizView(self._theme, quiz_positions(len(self._words), QUESTIONS))
        for field in self.quiz.fields:
            field.line.returnPressed.connect(self._on_continue)
        self.back.show()
        self.go_on.setText(self.tr("Check"))
        self._show(self.quiz)
        self.quiz.fields[0].setFocus()

    def _on_back(self) -> None:
        words = self._words
        if self.words is not None:
            self._stack.removeWidget(self.words)
            self.words.deleteLater()
        self._show_words(words)

    def _on_answer(self) -> None:
        quiz = self.quiz
        if quiz is None:
            return
        wallet_id, positions, answers = self._wallet_id, quiz.positions, quiz.answers()
        if not all(answers):
            quiz.show_wrong()
            return
        self.ask(
            lambda core: core.wallet.confirm_backup(wallet_id, positions, answers),
            lambda passed: self._on_passed() if passed else quiz.show_wrong(),
        )

    def _on_passed(self) -> None:
        self._forget()
        # A phrase that somebody had on the clipboard while making the wallet must not be pasted elsewhere.
        clipboard = QGuiApplication.clipboard()
        for mode in (QClipboard.Mode.Clipboard, QClipboard.Mode.Selection):
            if mode is QClipboard.Mode.Clipboard or clipboard.supportsSelection():
                clipboard.clear(mode)
        self.accept()

    def _forget(self) -> None:
        self._words = ()
        if self.words is not None:
            self.words.forget()
        if self.quiz is not None:
            self.quiz.forget()
