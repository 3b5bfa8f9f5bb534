"""Passwords: one spelling on every computer, and not too weak to protect money."""

from __future__ import annotations

import unicodedata

from r3mes_launcher.sentence import Sentence
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.secret import Secret

MIN_PASSWORD_CHARACTERS = 8
MAX_PASSWORD_CHARACTERS = 1_000
MIN_DIFFERENT_CHARACTERS = 4


def password_bytes(text: str) -> Secret:
    """The typed password in NFKD, so that a key made on macOS opens on Windows."""
    if len(text) > MAX_PASSWORD_CHARACTERS:
        raise WalletError(
            Problem.WEAK_PASSWORD,
            Sentence(
                "A password has at most {max_password_characters} characters.",
                max_password_characters=MAX_PASSWORD_CHARACTERS,
            ),
        )
    return Secret(bytearray(unicodedata.normalize("NFKD", text).encode(errors="surrogatepass")))


def new_password_bytes(text: str) -> Secret:
    """The same for a password that is being chosen. Raises WEAK_PASSWORD with what to change."""
    if len(text) < MIN_PASSWORD_CHARACTERS:
        raise WalletError(
            Problem.WEAK_PASSWORD,
            Sentence(
                "The password has less than {min_password_characters} characters.",
                min_password_characters=MIN_PASSWORD_CHARACTERS,
            ),
            "Four or five random words are easy to keep and hard to guess.",
        )
    if len(set(text)) < MIN_DIFFERENT_CHARACTERS:
        raise WalletError(
            Problem.WEAK_PASSWORD, "The password repeats only a few characters.", "Choose a longer phrase."
        )
    return password_bytes(text)
