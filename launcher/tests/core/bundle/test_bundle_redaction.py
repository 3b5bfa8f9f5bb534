"""Nothing secret survives the redaction, wherever in a log it stands; what helps does."""

from __future__ import annotations

import base64
import itertools
import json
import secrets
import stat
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.bundle.bundle import BundleFacts, bundle_files, write_zip
from r3mes_launcher.core.bundle.redaction import Redaction
from r3mes_launcher.core.doctor.report import Check, DoctorReport, Verdict
from r3mes_launcher.core.log_hub import MAX_LINE_CHARS
from r3mes_launcher.core.settings import Settings
from r3mes_launcher.core.state import GatewayState, LauncherState, LogLevel, LogLine
from r3mes_launcher.wallet.addresses import address_of_key
from r3mes_launcher.wallet.mnemonic import new_entropy, phrase_words, word_list

REDACTION = Redaction(word_list(), ["/home/ayse", "C:\\Users\\Ayşe"], ["ayse", "ayse-pc"])
PUBLIC_KEY = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
ADDRESS = address_of_key(PUBLIC_KEY, "remes")

separators = st.sampled_from((" ", ", ", "  ", '", "', " 2. ", "\t", "\n", "-", "|"))
prefixes = st.sampled_from(("", "saved: ", "INFO wallet: ", '{"x": "', "ValueError: bad phrase "))


@given(data=st.data(), count=st.sampled_from((12, 24)), separator=separators, prefix=prefixes, upper=st.booleans())
def test_no_recovery_phrase_survives(data: st.DataObject, count: int, separator: str, prefix: str, upper: bool) -> None:
    words = data.draw(st.lists(st.sampled_from(word_list()), min_size=count, max_size=count))
    phrase = separator.join(words)
    text = REDACTION.text(prefix + (phrase.upper() if upper else phrase) + " end")
    assert all(separator.join(pair).lower() not in text.lower() for pair in itertools.pairwise(words))


def test_real_phrases_below_one_another_are_found() -> None:
    for count in (12, 24):
        words = phrase_words(new_entropy(count))
        lines = ["Your words:", *(f"{number}. {word}" for number, word in enumerate(words, 1)), "Done."]
        assert REDACTION.lines(lines) == ["Your words:", *["[word]"] * count, "Done."]
        assert REDACTION.document({"shown": list(words)}) == {"shown": ["[word]"] * count}


@pytest.mark.parametrize("shape", ["a-", "a.", "1.", "token_", "token-a ", "http://", "eyJ", "x: ", "is "])
def test_no_line_of_a_stranger_holds_a_bundle_up(shape: str) -> None:
    line = (shape * MAX_LINE_CHARS)[:MAX_LINE_CHARS]
    # A part of a second. In a time that grows with the square of a line, they would not end in time.
    assert len(REDACTION.lines([line] * 50)) == 50


def _secrets() -> list[str]:
    key = secrets.token_bytes(32)
    return [
        secrets.token_urlsafe(32),
        key.hex(),
        "0x" + key.hex().upper(),
        base64.b64encode(key).decode(),
        base64.urlsafe_b64encode(secrets.token_bytes(48)).decode(),
        "r3mes_" + secrets.token_urlsafe(24),
        "xprv" + "9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    ]


PLACES = (
    "{0}", "key={0}", "Authorization: Bearer {0}", '{{"token": "{0}"}}', "GET /x?api_key={0} 200", "'{0}',", "[{0}]",
    "https://user:{0}@host.example/path", "https://host.example/path?sig={0}&x=1", "a\tb {0}\tc", "token is {0}.",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_no_key_or_token_survives(place: str) -> None:
    for _ in range(20):
        for secret in _secrets():
            text = REDACTION.text(place.format(secret))
            assert secret not in text and secret[4:-4] not in text and secret[:12] not in text.replace("r3mes_[", "")


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("password=hunter2", "hunter2"),
        ('"passphrase": "my dog\'s name"', "dog"),
        ("Cookie: session=abc; theme=dark", "abc"),
        ("PASSWORD: hunter2 next", "hunter2"),
        ('{"messages": [{"role": "user", "content": "where do I hide"}]}', "hide"),
        ("prompt='a private question' took 3 s", "private"),
        ("-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----", "MIIabc"),
        ("/home/ayse/models and /home/other/x", "ayse"),
        ("/Users/mehmet/Library", "mehmet"),
        ("C:\\\\Users\\\\Mehmet\\\\x", "Mehmet"),
        ("mail to ayse.k@example.org", "example.org"),
        ("from 93.184.216.34:443 and 2606:2800:220:1:248:1893:25c8:1946", "93.184"),
        ("from 2606:2800:220:1:248:1893:25c8:1946", "2606"),
        ("ayse-pc is up", "ayse"),
        (f"to {ADDRESS}", ADDRESS),
    ],
)
def test_personal_things_go(text: str, gone: str) -> None:
    assert gone not in REDACTION.text(text)


def test_addresses_can_still_be_told_apart() -> None:
    assert REDACTION.text(f"to {ADDRESS}.") == f"to {ADDRESS[:10]}…{ADDRESS[-4:]}."


@pytest.mark.parametrize(
    "text",
    [
        "The engine runs with pid 5599.",
        "Uvicorn running on http://127.0.0.1:37325 (Press CTRL+C to quit)",
        "NVIDIA driver 580.65.06 works.",
        '"tokens": 128, "max_tokens": 1024, "prompt_tokens": 7',
        "ended with code 11: the model is missing or damaged",
        "GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77 is 71 °C at 12:30:45",
        "File ~/models/llama.gguf, line 30, in load",
        "PendingDeprecationWarning: use something else",
    ],
)
def test_what_helps_stays(text: str) -> None:
    assert REDACTION.text(text) == text


def test_a_whole_bundle_holds_no_secret(tmp_path: Path) -> None:
    phrase = " ".join(phrase_words(new_entropy(24)))
    hidden = [*_secrets(), phrase, ADDRESS, "/home/ayse"]
    lines = [LogLine(1.0, "engine", LogLevel.INFO, f"saw {secret} there") for secret in hidden]
    lines.append(LogLine(2.0, "gateway", LogLevel.ERROR, "Traceback (most recent call last):"))
    gateway = GatewayState(url="https://u:p4ss@gateway.example/?k=v", message=f"refused {hidden[0]}")
    state = LauncherState(gateway=gateway, model_path="/home/ayse/secret-model")
    (tmp_path / "running").mkdir()
    (tmp_path / "running" / "engine.json").write_text(json.dumps({"name": "engine", "executable": "/home/ayse/python"}))
    (tmp_path / "running" / "broken.json").write_text("{")
    report = DoctorReport(1.0, "1", (Check("folder", Verdict.OK, "folder_ok", {"path": "/home/ayse/.local"}),))
    facts = BundleFacts(
        state, [(1.0, replace(state, demo=True))], Settings(model="/home/ayse/m", gateway_url=""), report, lines,
        tmp_path / "running",
    )  # fmt: skip
    files = bundle_files(facts, REDACTION)
    path = tmp_path / "bundle.zip"
    write_zip(path, files)
    assert sys.platform == "win32" or stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(texts) == {file.name for file in files} and "running/engine.json" in texts
    whole = "\n".join(texts.values())
    for secret in (*hidden, "p4ss", "ayse"):
        assert secret not in whole
    log = [json.loads(line) for line in texts["logs.jsonl"].splitlines()]
    assert len(log) == len(lines) and log[-1]["text"] == "Traceback (most recent call last):"
    assert json.loads(texts["states.jsonl"])["status"]["demo"] is True
    assert "~/.local can be written to." in texts["doctor.txt"]
    with pytest.raises(OSError):
        write_zip(tmp_path / "none" / "bundle.zip", files)
    assert not list(tmp_path.glob(".bundle*"))
