"""Recovery phrases (BIP-39, English list): making, reading and checking them."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence

import wallycore

from r3mes_launcher.sentence import Sentence, phrase
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.secret import Secret, wipe

WORD_COUNTS = (12, 24)
"""What we make. Phrases of other wallets may also have 15, 18 or 21 words."""

ENTROPY_BYTES = {12: 16, 15: 20, 18: 24, 21: 28, 24: 32}
SEED_ROUNDS = 2048
MAX_WORD_CHARACTERS = 8
MAX_PHRASE_CHARACTERS = 1_000
MAX_PASSPHRASE_CHARACTERS = 1_000


def word_list() -> tuple[str, ...]:
    """The 2,048 English words, in order."""
    words = wallycore.bip39_get_wordlist("en")
    return tuple(wallycore.bip39_get_word(words, index) for index in range(wallycore.BIP39_WORDLIST_LEN))


def new_entropy(words: int) -> Secret:
    """Fresh randomness of the system for a phrase of `words` words."""
    if words not in WORD_COUNTS:
        raise WalletError(
            Problem.BAD_MNEMONIC, Sentence("A new recovery phrase has 12 or 24 words, not {words}.", words=words)
        )
    return Secret.taking(secrets.token_bytes(ENTROPY_BYTES[words]))


def clean_phrase(text: str) -> str:
    """A typed or pasted phrase as the standard wants it: NFKD, lower case, single blanks."""
    return " ".join(unicodedata.normalize("NFKD", text[: MAX_PHRASE_CHARACTERS + 1]).lower().split())


def entropy_of_phrase(text: str) -> Secret:
    """The randomness behind a phrase. Raises BAD_MNEMONIC with the place of the first wrong word."""
    if len(text) > MAX_PHRASE_CHARACTERS:
        raise WalletError(Problem.BAD_MNEMONIC, "This is far longer than a recovery phrase.")
    phrase = clean_phrase(text)
    words = phrase.split(" ") if phrase else []
    if len(words) not in ENTROPY_BYTES:
        raise WalletError(
            Problem.BAD_MNEMONIC,
            Sentence("A recovery phrase has 12, 15, 18, 21 or 24 words; this one has {words}.", words=len(words)),
            "Look for a missing or doubled word.",
        )
    known = frozenset(word_list())
    for position, word in enumerate(words, start=1):
        if word not in known:
            # The word itself stays out of the message: messages reach logs.
            raise WalletError(
                Problem.BAD_MNEMONIC,
                Sentence("Word {position} is not in the list of recovery words.", position=position),
                "Check its spelling against your paper.",
            )
    try:
        wallycore.bip39_mnemonic_validate(None, phrase)
        return Secret(wallycore.bip39_mnemonic_to_bytes(None, phrase))
    except ValueError:
        pass
    raise WalletError(
        Problem.BAD_MNEMONIC,
        "The words are all real, but they do not belong together: their checksum is wrong.",
        "Two words may be swapped, or one may be replaced by a similar one.",
    )


def phrase_words(entropy: Secret) -> tuple[str, ...]:
    """The words to show to their owner. Everything else works on `phrase_bytes`, which can be wiped."""
    phrase = phrase_bytes(entropy)
    try:
        return tuple(phrase.decode("ascii").split(" "))
    finally:
        wipe(phrase)


def phrase_bytes(entropy: Secret) -> bytearray:
    """The phrase in ASCII, in a buffer that the caller wipes."""
    data = entropy.view()
    if len(data) not in ENTROPY_BYTES.values():
        raise WalletError(Problem.BAD_MNEMONIC, "The stored recovery phrase has an impossible length.")
    checksum_bits = len(data) // 4
    bits = (int.from_bytes(data, "big") << checksum_bits) | (hashlib.sha256(data).digest()[0] >> (8 - checksum_bits))
    count = (len(data) * 8 + checksum_bits) // 11
    words = wallycore.bip39_get_wordlist("en")
    # Never grown: a buffer that moves leaves a copy behind.
    phrase = bytearray(b" ") * (count * (MAX_WORD_CHARACTERS + 1))
    end = 0
    for place in range(count - 1, -1, -1):
        word = wallycore.bip39_get_word(words, (bits >> (11 * place)) & 0x7FF).encode("ascii")
        phrase[end : end + len(word)] = word
        end += len(word) + 1
    del phrase[end - 1 :]
    return phrase


def seed(entropy: Secret, passphrase: Secret) -> Secret:
    """The 64-byte BIP-39 seed. `passphrase` is UTF-8 text, already in NFKD (see `passphrase_bytes`)."""
    phrase = phrase_bytes(entropy)
    salt = bytearray(b"mnemonic") + passphrase.view()
    try:
        return Secret(wallycore.pbkdf2_hmac_sha512(phrase, salt, 0, SEED_ROUNDS))
    finally:
        wipe(phrase)
        wipe(salt)


def passphrase_bytes(text: str) -> Secret:
    """The optional extra word. Blanks count, so nothing is stripped; only NFKD, as the standard says."""
    if len(text) > MAX_PASSPHRASE_CHARACTERS:
        raise WalletError(
            Problem.BAD_MNEMONIC,
            Sentence(
                "A passphrase has at most {max_passphrase_characters} characters.",
                max_passphrase_characters=MAX_PASSPHRASE_CHARACTERS,
            ),
        )
    return Secret(bytearray(unicodedata.normalize("NFKD", text).encode()))


def passphrase_warning(text: str) -> str | None:
    """A sentence about blanks that a person will not see on paper; None when there is nothing to say."""
    if text != text.strip():
        return phrase(
            "The passphrase begins or ends with a blank. It counts: without it the wallet is a different one."
        )
    if "  " in text:
        return phrase("The passphrase has two blanks in a row. Both count.")
    return None


def quiz_positions(word_count: int, questions: int = 3) -> tuple[int, ...]:
    """Which words (from 1) the owner types to show that the phrase is on paper."""
    if not 3 <= questions <= word_count:
        raise ValueError("a quiz has at least three questions, and at most one a word")
    return tuple(sorted(secrets.SystemRandom().sample(range(1, word_count + 1), questions)))


def quiz_passed(entropy: Secret, positions: Sequence[int], answers: Sequence[str]) -> bool:
    """Whether every asked word was typed right; at least three must have been asked."""
    words = phrase_words(entropy)
    if len(set(positions)) < 3 or len(positions) != len(answers):
        return False
    return all(
        0 < position <= len(words) and clean_phrase(answer) == words[position - 1]
        for position, answer in zip(positions, answers, strict=True)
    )
