"""Fusion, the palette and the style sheet; follows the system's light or dark scheme while the window is open."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from r3mes_launcher.ui.icons import Icons
from r3mes_launcher.ui.style_sheet import style_sheet
from r3mes_launcher.ui.tokens import DARK, HIGH_DARK, HIGH_LIGHT, LIGHT, Metrics, Tokens, Tone

FAMILY = "Inter"
# Smaller system fonts exist (9 pt on many Linux desktops) and are hard to read in a window full of figures.
SMALLEST_POINTS = 10.0


class Scheme(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"
    """High contrast, light or dark as the system is."""


class Theme(QObject):
    """Gives the application its look. `changed` tells widgets that paint themselves or hold coloured icons."""

    changed = Signal()

    def __init__(
        self,
        application: QApplication,
        assets: Path,
        scheme: Scheme = Scheme.SYSTEM,
        system_is_dark: Callable[[], bool] | None = None,
        system_wants_contrast: Callable[[], bool] | None = None,
    ) -> None:
        super().__init__()
        self._system_wants_contrast = system_wants_contrast or self._ask_contrast
        self._system_is_dark = system_is_dark or self._ask_system
        self._application = application
        self._icon_folder = assets / "icons"
        self._scheme = scheme
        self.icons = Icons(self._icon_folder)
        application.setStyle("Fusion")
        # The exact files: a font picked by family alone may come out as another weight.
        for name in ("Inter-Regular.otf", "Inter-SemiBold.otf"):
            QFontDatabase.addApplicationFont(str(assets / "fonts" / name))
        font = QFont(FAMILY)
        self.points = max(application.font().pointSizeF(), SMALLEST_POINTS)
        font.setPointSizeF(self.points)
        application.setFont(font)
        self.metrics = Metrics(line=QFontMetricsF(font).height())
        self.tokens: Tokens = LIGHT
        self._apply()
        application.styleHints().colorSchemeChanged.connect(self._on_system_change)
        # Kept: the accessibility hints go with the object that they were asked from.
        self._hints = application.styleHints()
        self._hints.accessibility().contrastPreferenceChanged.connect(self._on_system_change)

    @property
    def scheme(self) -> Scheme:
        return self._scheme

    def choose(self, scheme: Scheme) -> None:
        """Light, dark, high contrast, or whatever the system says."""
        self._scheme = scheme
        self._apply()

    def icon(self, name: str, tone: Tone = Tone.NEUTRAL, gap: float = 0.0) -> QIcon:
        return self.icons.icon(name, self.tokens.tone(tone), disabled=self.tokens.disabled, gap=gap)

    def icon_on_accent(self, name: str, gap: float = 0.0) -> QIcon:
        """For the buttons that are filled with the accent colour."""
        return self.icons.icon(name, self.tokens.on_accent, disabled=self.tokens.text_muted, gap=gap)

    def figure_font(self, factor: float = 1.0) -> QFont:
        """Digits of equal width, so that a changing figure does not dance."""
        font = QFont(FAMILY)
        font.setPointSizeF(self.points * factor)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def fixed_font(self) -> QFont:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self.points * 0.95)
        return font

    def _ask_system(self) -> bool:
        return self._application.styleHints().colorScheme() is Qt.ColorScheme.Dark

    def _ask_contrast(self) -> bool:
        hints = self._application.styleHints()
        wish = hints.accessibility().contrastPreference()
        return wish is Qt.ContrastPreference.HighContrast

    def _on_system_change(self) -> None:
        if self._scheme in (Scheme.SYSTEM, Scheme.CONTRAST):
            self._apply()

    def _apply(self) -> None:
        follows = self._scheme in (Scheme.SYSTEM, Scheme.CONTRAST)
        dark = self._scheme is Scheme.DARK or (follows and self._system_is_dark())
        high = self._scheme is Scheme.CONTRAST or (self._scheme is Scheme.SYSTEM and self._system_wants_contrast())
        if high:
            self.tokens = HIGH_DARK if dark else HIGH_LIGHT
        else:
            self.tokens = DARK if dark else LIGHT
        self._application.setPalette(_palette(self.tokens))
        self._application.setStyleSheet(style_sheet(self.tokens, self.metrics, self.points, self._icon_folder))
        self.changed.emit()


def _palette(tokens: Tokens) -> QPalette:
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette()
    for which, colour in (
        (role.Window, tokens.window),
        (role.WindowText, tokens.text),
        (role.Base, tokens.field),
        (role.AlternateBase, tokens.sidebar),
        (role.Text, tokens.text),
        (role.Button, tokens.surface),
        (role.ButtonText, tokens.text),
        (role.BrightText, tokens.bad),
        (role.Highlight, tokens.accent),
        (role.HighlightedText, tokens.on_accent),
        (role.Accent, tokens.accent),
        (role.Link, tokens.accent),
        (role.ToolTipBase, tokens.surface),
        (role.ToolTipText, tokens.text),
        (role.PlaceholderText, tokens.text_muted),
        (role.Light, tokens.surface),
        (role.Midlight, tokens.sidebar),
        (role.Mid, tokens.border),
        (role.Dark, tokens.border_strong),
        (role.Shadow, tokens.border_strong),
    ):
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, which, QColor(tokens.disabled))
    return palette
