from __future__ import annotations

import itertools

import pytest

from r3mes_launcher.ui.tokens import DARK, HIGH_DARK, HIGH_LIGHT, LIGHT, Metrics, Tokens, Tone, contrast

SCHEMES = pytest.mark.parametrize(
    "tokens", [LIGHT, DARK, HIGH_LIGHT, HIGH_DARK], ids=["light", "dark", "high light", "high dark"]
)


def test_contrast_of_black_and_white_is_the_greatest_there_is() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#777777") == pytest.approx(1.0)


@SCHEMES
def test_text_is_readable_on_every_ground(tokens: Tokens) -> None:
    grounds = [tokens.window, tokens.surface, tokens.sidebar, tokens.field, tokens.accent_soft]
    for text, ground in itertools.product([tokens.text, tokens.text_muted], grounds):
        assert contrast(text, ground) >= 4.5, (text, ground)
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5
    assert contrast(tokens.on_accent, tokens.accent_hover) >= 4.5
    for soft in (tokens.warning_soft, tokens.bad_soft, tokens.good_soft):
        assert contrast(tokens.text, soft) >= 4.5


@SCHEMES
@pytest.mark.parametrize("tone", list(Tone))
def test_every_tone_is_readable_where_it_is_used(tokens: Tokens, tone: Tone) -> None:
    for ground in (tokens.surface, tokens.sidebar, tokens.window, tokens.soft(tone)):
        assert contrast(tokens.tone(tone), ground) >= 4.5, (tone, ground)


@SCHEMES
def test_borders_of_controls_can_be_seen(tokens: Tokens) -> None:
    assert contrast(tokens.border_strong, tokens.surface) >= 3.0


@SCHEMES
def test_what_can_not_be_used_looks_different_and_is_still_seen(tokens: Tokens) -> None:
    assert contrast(tokens.text, tokens.disabled) >= 3.0
    assert contrast(tokens.disabled, tokens.surface) >= 3.0
    # The icon on a filled button.
    assert contrast(tokens.text_muted, tokens.disabled_ground) >= 4.0


@pytest.mark.parametrize("tokens", [HIGH_LIGHT, HIGH_DARK], ids=["light", "dark"])
def test_high_contrast_is_high(tokens: Tokens) -> None:
    for colour in (tokens.text, tokens.text_muted, tokens.border, tokens.accent, *map(tokens.tone, Tone)):
        assert contrast(colour, tokens.surface) >= 7.0, colour


def test_lengths_grow_with_the_font() -> None:
    assert Metrics(line=32).space(4) == 2 * Metrics(line=16).space(4)
    assert Metrics(line=16).space(0.01) == 1, "a length never vanishes"
