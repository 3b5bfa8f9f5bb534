from __future__ import annotations

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from r3mes_engine.backends.token_text import REPLACEMENT, TokenText


class ByteTokens:
    """A byte-level vocabulary: each token stands for some bytes, as in GPT-2, Llama 3, Qwen and SmolLM."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def decode(self, tokens: Sequence[int]) -> str:
        return b"".join(self._pieces[token] for token in tokens).decode("utf-8", "replace")


class SentencePieceTokens(ByteTokens):
    """Words carry their blank in front, and the first blank of a text is dropped."""

    def decode(self, tokens: Sequence[int]) -> str:
        return super().decode(tokens).removeprefix(" ")


def stream(decoder: ByteTokens, count: int) -> list[str]:
    text = TokenText(decoder.decode)
    return [*(text.push(token) for token in range(count)), text.finish()]


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    pieces += [data[i : i + 1] for i in range(at, len(data))]
    return [piece for piece in pieces if piece]


@given(st.text(), st.lists(st.integers(1, 7), max_size=60))
@example("日本語 ğüşöç 👩‍👩‍👧‍👦 plain", [1] * 60)
def test_any_cut_of_any_text_comes_out_whole(text: str, sizes: list[int]) -> None:
    pieces = cut(text.encode("utf-8", "replace"), sizes)
    whole = b"".join(pieces).decode("utf-8", "replace")
    given_out = stream(ByteTokens(pieces), len(pieces))
    assert "".join(given_out) == whole
    assert all(REPLACEMENT not in piece for piece in given_out) or REPLACEMENT in whole


@given(st.lists(st.text(st.characters(categories=["L"]), min_size=1, max_size=8), max_size=120))
def test_blanks_survive_a_decoder_that_strips_the_first(words: list[str]) -> None:
    pieces = [b" " + word.encode() for word in words]
    assert "".join(stream(SentencePieceTokens(pieces), len(pieces))) == " ".join(words)


@given(st.lists(st.binary(min_size=1, max_size=4), max_size=120))
def test_bytes_that_are_no_text_do_not_stop_the_stream(pieces: list[bytes]) -> None:
    given_out = stream(ByteTokens(pieces), len(pieces))
    assert "".join(given_out) == b"".join(pieces).decode("utf-8", "replace")


def test_no_piece_waits_longer_than_its_character() -> None:
    pieces = [bytes((byte,)) for byte in "aé日😀".encode()]
    assert stream(ByteTokens(pieces), len(pieces)) == ["a", "", "é", "", "", "日", "", "", "", "😀", ""]


def test_the_cost_of_a_token_does_not_grow_with_the_text() -> None:
    lengths: list[int] = []
    words = ByteTokens([f"w{number} ".encode() for number in range(2000)])

    def decode(tokens: Sequence[int]) -> str:
        lengths.append(len(tokens))
        return words.decode(tokens)

    text = TokenText(decode)
    whole = "".join(text.push(token) for token in range(2000)) + text.finish()
    assert whole == words.decode(range(2000))
    assert max(lengths) <= 40
