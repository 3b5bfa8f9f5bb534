from __future__ import annotations

import hashlib
import pickle
import secrets
import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.wallet import addresses
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.keys import PrivateKey, account_path, parse_path, verify_signature
from r3mes_launcher.wallet.mnemonic import (
    clean_phrase,
    entropy_of_phrase,
    new_entropy,
    passphrase_bytes,
    passphrase_warning,
    phrase_bytes,
    phrase_words,
    quiz_passed,
    quiz_positions,
    seed,
    word_list,
)
from r3mes_launcher.wallet.secret import Secret

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def derive(mnemonic: str, passphrase: str, path: str) -> PrivateKey:
    return PrivateKey.derive(entropy_of_phrase(mnemonic), passphrase_bytes(passphrase), parse_path(path))


def test_every_key_of_the_cosmjs_vectors(vectors: dict[str, Any]) -> None:
    assert len(vectors["keys"]) >= 50
    for case in vectors["keys"]:
        entropy = entropy_of_phrase(case["mnemonic"])
        assert seed(entropy, passphrase_bytes(case["passphrase"])).view().hex() == case["seed"]
        with derive(case["mnemonic"], case["passphrase"], case["path"]) as key:
            assert key.copy_of_secret().view().hex() == case["private_key"]
            assert key.public_key.hex() == case["public_key"]
            assert key.address("remes") == case["address"]
            assert addresses.operator_of_account(case["address"], "remes") == case["operator_address"]
            assert addresses.account_of_operator(case["operator_address"], "remes") == case["address"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("cases", [10, pytest.param(2_000, marks=pytest.mark.slow)])
def test_random_mnemonics_agree_with_two_other_libraries(cases: int) -> None:
    mnemonic_library = pytest.importorskip("mnemonic", reason="the mnemonic library is not installed")
    coincurve = pytest.importorskip("coincurve", reason="coincurve has no wheel for this Python")
    other = mnemonic_library.Mnemonic("english")
    for case in range(cases):
        entropy = new_entropy(12 if case % 2 else 24)
        words = " ".join(phrase_words(entropy))
        assert phrase_bytes(entropy).decode() == words == other.to_mnemonic(bytes(entropy.view()))
        assert bytes(entropy_of_phrase(words).view()) == bytes(entropy.view())
        passphrase = "" if case % 3 else f"gizli ŞİFRE {case}"
        other_seed = other.to_seed(words, passphrase)
        with seed(entropy, passphrase_bytes(passphrase)) as own_seed:
            assert bytes(own_seed.view()) == other_seed
        with PrivateKey.derive(entropy, passphrase_bytes(passphrase), account_path(118, case % 3, case % 5)) as key:
            with key.copy_of_secret() as raw:
                theirs = coincurve.PrivateKey(bytes(raw.view()))
            assert theirs.public_key.format() == key.public_key
            message = secrets.token_bytes(40)
            assert theirs.sign_recoverable(message)[:64] == key.sign(message)
            assert bip32(other_seed, [44, 118, case % 3], [0, case % 5], coincurve) == key.public_key


def bip32(seed_bytes: bytes, hardened: list[int], plain: list[int], coincurve: Any) -> bytes:
    """BIP-32 by coincurve's scalar arithmetic and hashlib alone."""
    import hmac

    digest = hmac.digest(b"Bitcoin seed", seed_bytes, "sha512")
    key, chain = digest[:32], digest[32:]
    for step in [number | 0x80000000 for number in hardened] + plain:
        data = b"\0" + key if step >= 0x80000000 else coincurve.PrivateKey(key).public_key.format()
        digest = hmac.digest(chain, data + step.to_bytes(4, "big"), "sha512")
        key, chain = coincurve.PrivateKey(key).add(digest[:32]).secret, digest[32:]
    return bytes(coincurve.PrivateKey(key).public_key.format())


def test_typed_phrases_are_cleaned(phrase: str) -> None:
    messy = "  " + phrase.upper().replace(" ", "\t\n ") + "\r\n"
    assert bytes(entropy_of_phrase(messy).view()) == bytes(16)
    assert clean_phrase("ＡＢＡＮＤＯＮ") == "abandon"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "this one has 0"),
        ("abandon " * 11, "this one has 11"),
        ("abandon " * 12, "checksum"),
        ("abandon " * 10 + "about abandon", "checksum"),
        ("abandon " * 11 + "abouts", "Word 12 is not"),
        ("a" * 5000, "far longer"),
    ],
)
def test_wrong_phrases_are_refused_without_showing_them(text: str, words: str) -> None:
    with pytest.raises(WalletError, match=words) as caught:
        entropy_of_phrase(text)
    assert caught.value.problem is Problem.BAD_MNEMONIC
    assert "abouts" not in str(caught.value)


def test_a_passphrase_is_only_normalised() -> None:
    assert bytes(passphrase_bytes(" a  b ").view()) == b" a  b "
    assert bytes(passphrase_bytes("é").view()) == unicodedata.normalize("NFKD", "é").encode()
    assert passphrase_warning(" a") and passphrase_warning("a  b") and passphrase_warning("a b") is None


def test_a_quiz_asks_three_different_words(phrase: str) -> None:
    entropy = entropy_of_phrase(phrase)
    positions = quiz_positions(12)
    assert len(set(positions)) == 3 and all(1 <= position <= 12 for position in positions)
    words = phrase.split()
    answers = [words[position - 1] for position in positions]
    assert quiz_passed(entropy, positions, [answers[0].upper() + " ", *answers[1:]])
    assert not quiz_passed(entropy, positions, ["zoo", *answers[1:]])
    assert not quiz_passed(entropy, [1, 1, 1], ["abandon"] * 3)
    assert not quiz_passed(entropy, [], [])
    assert len({quiz_positions(24) for _ in range(40)}) > 20
    with pytest.raises(ValueError, match="three"):
        quiz_positions(12, 2)


def test_the_word_list_is_the_standard_one() -> None:
    digest = hashlib.sha256("".join(word + "\n" for word in word_list()).encode()).hexdigest()
    assert digest == "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"


@pytest.mark.parametrize(
    "text", ["", "m", "44'/118'", "m/", "m/44''", "m/2147483648", "m/-1", "m/01", "m/1x", "m/١", "m" + "/0" * 11]
)
def test_wrong_paths_are_refused(text: str) -> None:
    with pytest.raises(WalletError) as caught:
        parse_path(text)
    assert caught.value.problem is Problem.BAD_PATH


@given(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1))
def test_paths_read_back(coin: int, account: int, index: int) -> None:
    path = account_path(coin, account, index)
    assert parse_path(str(path)) == path


def test_high_s_and_broken_signatures_are_refused(phrase: str) -> None:
    with derive(phrase, "", "m/44'/118'/0'/0/0") as key:
        signature = key.sign(b"text")
    assert verify_signature(key.public_key, b"text", signature)
    assert not verify_signature(key.public_key, b"test", signature)
    high = signature[:32] + (CURVE_ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    for wrong in (high, bytes(64), b"\xff" * 64, signature[:63], signature + b"\0", b""):
        assert not verify_signature(key.public_key, b"text", wrong)


@pytest.mark.parametrize("raw", [bytes(32), CURVE_ORDER.to_bytes(32, "big"), b"\1" * 31, b"\1" * 33, b""])
def test_impossible_private_keys_are_refused(raw: bytes) -> None:
    with pytest.raises(WalletError) as caught:
        PrivateKey(Secret(bytearray(raw)))
    assert caught.value.problem is Problem.BAD_KEY and caught.value.__suppress_context__


def test_a_used_key_is_gone(phrase: str) -> None:
    key = derive(phrase, "", "m/44'/118'/0'/0/0")
    held = key._secret.view()
    with key:
        assert any(held)
    assert not any(held)
    with pytest.raises(ValueError, match="Invalid argument"):
        key.sign(b"text")


def test_secrets_show_nothing() -> None:
    secret = Secret(bytearray(b"abandon ability"))
    for text in (repr(secret), str(secret), f"{secret}", f"{secret!r:>30}", repr([secret]), repr({"a": secret})):
        assert "abandon" not in text
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(secret)
    source = bytes(bytearray(b"a library's own bytes"))
    taken = Secret.taking(source)
    assert not any(source) and bytes(taken.view()) == b"a library's own bytes"


# Addresses

OTHER_PREFIX = addresses.encode_address(bytes(20), "cosmos")
OWN = addresses.encode_address(bytes(range(20)), "remes")


def test_addresses_read_back() -> None:
    assert addresses.require_account(OWN.upper(), "remes") == OWN
    assert addresses.require_account(addresses.encode_address(bytes(32), "remes"), "remes")
    assert "".join(addresses.in_groups(OWN)) == OWN and addresses.in_groups(OWN)[0] == "remes1"


@pytest.mark.parametrize(
    ("text", "problem", "words"),
    [
        (OTHER_PREFIX, Problem.FOREIGN_PREFIX, "begins with “cosmos1”"),
        (addresses.encode_address(bytes(20), "remesvaloper"), Problem.FOREIGN_PREFIX, "validator's address"),
        (addresses.encode_address(bytes(20), "remesvalcons"), Problem.FOREIGN_PREFIX, "remesvalcons1"),
        (addresses.encode_address(bytes(19), "remes"), Problem.BAD_ADDRESS, "19 bytes"),
        (addresses.encode_address(bytes(21), "remes"), Problem.BAD_ADDRESS, "21 bytes"),
        (addresses.encode_address(b"", "remes"), Problem.BAD_ADDRESS, "0 bytes"),
        (OWN[:-1] + "q", Problem.BAD_ADDRESS, "checksum"),
        (OWN[:10] + OWN[10:].upper(), Problem.BAD_ADDRESS, "checksum"),
        (" " + OWN, Problem.BAD_ADDRESS, "checksum"),
        ("", Problem.BAD_ADDRESS, "checksum"),
        ("remes1" + "q" * 5000, Problem.BAD_ADDRESS, "too long"),
        ("ремес1qqqqqq", Problem.BAD_ADDRESS, "checksum"),
    ],
)
def test_wrong_recipients_are_refused(text: str, problem: Problem, words: str) -> None:
    with pytest.raises(WalletError, match=words) as caught:
        addresses.require_account(text, "remes")
    assert caught.value.problem is problem


def test_an_account_is_no_validator() -> None:
    with pytest.raises(WalletError) as caught:
        addresses.require_operator(OWN, "remes")
    assert caught.value.problem is Problem.FOREIGN_PREFIX


@given(st.binary(min_size=20, max_size=20), st.integers(0, 37), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
def test_one_wrong_letter_is_always_noticed(payload: bytes, place: int, letter: str) -> None:
    address = addresses.encode_address(payload, "remes")
    changed = address[: 6 + place] + letter + address[7 + place :]
    if changed == address:
        assert addresses.decode_address(changed).payload == payload
    else:
        with pytest.raises(WalletError):
            addresses.decode_address(changed)


def test_look_alikes_of_known_recipients_are_found() -> None:
    poison = OWN[:10] + "q" * (len(OWN) - 14) + OWN[-4:]
    found = addresses.look_alike(poison, frozenset({OWN}))
    assert found is not None and found.known == OWN
    assert all(poison[place] != OWN[place] for place in found.differing)
    assert addresses.look_alike(OWN, frozenset({OWN})) is None
    assert addresses.look_alike(addresses.encode_address(bytes(20), "remes"), frozenset({OWN})) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no core dumps to switch off")
def test_core_dumps_are_off_in_a_process_that_asks(wallet_child: Any) -> None:
    answer = wallet_child(
        "import resource\n"
        "from r3mes_launcher.wallet.process_guard import refuse_core_dumps\n"
        "print(refuse_core_dumps(), resource.getrlimit(resource.RLIMIT_CORE)[0])\n"
    )
    assert answer.stdout.split() == ["True", "0"]
