"""The colours of the window by meaning, once for light and once for dark, and the spacing that follows the font."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """What a colour says."""

    NEUTRAL = "neutral"
    GOOD = "good"
    BUSY = "busy"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Tokens:
    """One scheme. Every text colour has a contrast of at least 4.5 to the grounds that it is used on (tested)."""

    dark: bool
    window: str
    surface: str
    sidebar: str
    field: str
    border: str
    border_strong: str
    handle: str
    text: str
    text_muted: str
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str
    good: str
    good_soft: str
    warning: str
    warning_soft: str
    bad: str
    bad_soft: str
    disabled: str
    """Text and icons of what can't be used now; it must look different from the rest in every scheme."""
    disabled_ground: str
    """Its border, and its ground where it has one."""

    def tone(self, tone: Tone) -> str:
        """The text colour of a tone."""
        return {
            Tone.NEUTRAL: self.text_muted,
            Tone.GOOD: self.good,
            Tone.BUSY: self.accent,
            Tone.WARNING: self.warning,
            Tone.BAD: self.bad,
        }[tone]

    def soft(self, tone: Tone) -> str:
        """The ground colour of a tone."""
        return {
            Tone.NEUTRAL: self.sidebar,
            Tone.GOOD: self.good_soft,
            Tone.BUSY: self.accent_soft,
            Tone.WARNING: self.warning_soft,
            Tone.BAD: self.bad_soft,
        }[tone]


LIGHT = Tokens(
    dark=False,
    window="#f5f6f8",
    surface="#ffffff",
    sidebar="#eceef2",
    field="#ffffff",
    border="#dde1e8",
    border_strong="#8a93a3",
    handle="#c3c9d4",
    text="#1a1d23",
    text_muted="#596170",
    accent="#3152c8",
    accent_hover="#2845ad",
    on_accent="#ffffff",
    accent_soft="#e6ecfb",
    good="#1f7a3a",
    good_soft="#e3f4e8",
    warning="#8a5200",
    warning_soft="#fdf1dc",
    bad="#b42323",
    bad_soft="#fce8e8",
    disabled="#8a93a3",
    disabled_ground="#dde1e8",
)

DARK = Tokens(
    dark=True,
    window="#15171c",
    surface="#1d2027",
    sidebar="#111318",
    field="#15171c",
    border="#2e333d",
    border_strong="#6b7484",
    handle="#3f4653",
    text="#e8ebf0",
    text_muted="#a0a8b6",
    accent="#8fa8ff",
    accent_hover="#a9bcff",
    on_accent="#10131a",
    accent_soft="#252d47",
    good="#6fd28b",
    good_soft="#1a3023",
    warning="#f2b866",
    warning_soft="#35291a",
    bad="#ff9292",
    bad_soft="#3a2023",
    disabled="#6b7484",
    disabled_ground="#2e333d",
)

# For people who asked their system for more contrast: no greys, strong borders.
HIGH_LIGHT = Tokens(
    dark=False,
    window="#ffffff",
    surface="#ffffff",
    sidebar="#ffffff",
    field="#ffffff",
    border="#000000",
    border_strong="#000000",
    handle="#000000",
    text="#000000",
    text_muted="#1f1f1f",
    accent="#0b24a8",
    accent_hover="#000000",
    on_accent="#ffffff",
    accent_soft="#dfe6ff",
    good="#004d1a",
    good_soft="#e8ffee",
    warning="#5c3300",
    warning_soft="#fff4dd",
    bad="#8a0000",
    bad_soft="#ffecec",
    disabled="#767676",
    disabled_ground="#c8c8c8",
)

HIGH_DARK = Tokens(
    dark=True,
    window="#000000",
    surface="#000000",
    sidebar="#000000",
    field="#000000",
    border="#ffffff",
    border_strong="#ffffff",
    handle="#ffffff",
    text="#ffffff",
    text_muted="#e6e6e6",
    accent="#ffe14d",
    accent_hover="#ffffff",
    on_accent="#000000",
    accent_soft="#2e2a00",
    good="#7dff9e",
    good_soft="#002b0d",
    warning="#ffc861",
    warning_soft="#2e1d00",
    bad="#ff9e9e",
    bad_soft="#330000",
    disabled="#8c8c8c",
    disabled_ground="#4a4a4a",
)


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two `#rrggbb` colours as WCAG 2 defines it, 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@dataclass(frozen=True, slots=True)
class Metrics:
    """Lengths in logical pixels, all from the font's line height, so that the window grows with the text."""

    line: float

    def space(self, quarters: float) -> int:
        """A gap of so many quarter lines."""
        return max(1, round(self.line * quarters / 4))

    @property
    def radius(self) -> int:
        return self.space(2)

    @property
    def small_radius(self) -> int:
        return self.space(1.4)
