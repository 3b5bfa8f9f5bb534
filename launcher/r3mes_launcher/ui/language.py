"""The language of the window: the system's or the chosen one. Words and formats change while it is open."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator, Signal
from PySide6.QtWidgets import QApplication

translate = QCoreApplication.translate
"""For text outside a QObject. lupdate finds it by its name; the first argument is the context."""


class Language(StrEnum):
    SYSTEM = "system"
    ENGLISH = "en"
    TURKISH = "tr"


# Each in its own words: whoever can't read the window's language has to find theirs.
NAMES = {Language.ENGLISH: "English", Language.TURKISH: "Türkçe"}


def language_of(locales: list[str]) -> Language:
    """The first of the system's languages (`tr-TR`, `en_GB`) that there is a translation for, otherwise English."""
    for name in locales:
        code = name.replace("_", "-").partition("-")[0].lower()
        for language in NAMES:
            if code == language.value:
                return language
    return Language.ENGLISH


class Speech(QObject):
    """What the application speaks. `changed` comes after a change; whoever shows text makes it anew."""

    changed = Signal()

    def __init__(
        self,
        application: QApplication,
        assets: Path,
        chosen: Language = Language.SYSTEM,
        system_locales: list[str] | None = None,
    ) -> None:
        super().__init__()
        self._application = application
        self._folder = assets / "translations"
        self._system = QLocale.system() if system_locales is None else QLocale(system_locales[0])
        self._system_language = language_of(self._system.uiLanguages() if system_locales is None else system_locales)
        self._translators: list[QTranslator] = []
        self._chosen = chosen
        self._apply()

    @property
    def chosen(self) -> Language:
        return self._chosen

    @property
    def language(self) -> Language:
        """The one that is spoken, never SYSTEM."""
        return self._system_language if self._chosen is Language.SYSTEM else self._chosen

    def choose(self, language: Language) -> None:
        """Takes effect at once."""
        before = self.language
        self._chosen = language
        if self.language is not before:
            self._apply()
            self.changed.emit()

    def release(self) -> None:
        """Takes the translators away again."""
        for translator in self._translators:
            self._application.removeTranslator(translator)
        self._translators.clear()

    def _apply(self) -> None:
        self.release()
        language = self.language
        # The system's own locale where it speaks this language: it knows the country's formats.
        same = language_of([self._system.name()]) is language and self._system.name() != "C"
        locale = self._system if same else QLocale(language.value)
        QLocale.setDefault(locale)
        # Qt's own words first (file dialogs, the menus of text fields): a later translator wins.
        self._install(f"qtbase_{language.value}", Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)))
        self._install(f"r3mes_{language.value}", self._folder)
        self._application.setLayoutDirection(locale.textDirection())

    def _install(self, name: str, folder: Path) -> None:
        translator = QTranslator(self)
        # Without its file the window speaks English, which is in the source.
        if translator.load(name, str(folder)):
            self._application.installTranslator(translator)
            self._translators.append(translator)
