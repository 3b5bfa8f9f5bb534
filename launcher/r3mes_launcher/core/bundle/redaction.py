"""Takes secrets and personal things out of text. Pure; errs on the side of taking too much.

Gone are: recovery words, keys, tokens, passwords, logins and queries of URLs, prompts, e-mail and public IP addresses.
Wallet addresses are shortened; the home folder becomes `~`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MIN_WORDS = 5
"""So many recovery words in a row are no sentence; fewer say nothing about a phrase of twelve."""

# The characters of 30 bytes in base64.
_LONG = 40

REDACTED = "[redacted]"

# A run of word signs is looked at from its beginning alone, and taken whole: else a line of "a-a-a-…", which a stranger
# can put into a log, takes seconds.
_SECRET_NAME = (
    r"(?:(?<![\w-])"
    r"(?=[\w-]*(?:token|passw(?:or)?d|passphrase|secret|mnemonic|credential|private[_-]?key|api[_-]?key|access[_-]?key))"
    r"[\w-]++|\b(?:seed|pin|authorization|cookie|set-cookie|recovery[_ -](?:words|phrase)))"
)
_PRIVATE_NAME = re.compile(rf"^{_SECRET_NAME}$", re.IGNORECASE)
# Counts have such names too: "tokens": 12.
_COUNT_NAME = re.compile(r"^(?:total_|max_|prompt_|completion_)?tokens(?:_per_second)?$", re.IGNORECASE)
_PROMPT_NAME = re.compile(r"^(?:prompt|content|messages|message_text|input|completion|answer)$", re.IGNORECASE)

_QUOTED = r"\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?"
_NAMED_SECRET = re.compile(
    rf"(?P<name>{_SECRET_NAME}[\"']?\s*(?:[:=]|\bis\b)\s*)(?:(?:bearer|basic)\s+)?(?P<value>{_QUOTED}|[^\s,;&)}}\]]+)",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\b(bearer|basic)\s+[^\s\"',;]+", re.IGNORECASE)
_NAMED_PROMPT = re.compile(
    rf"(?P<name>[\"']?\b(?:prompt|content|messages|completion|answer)[\"']?\s*[:=]\s*)(?P<value>{_QUOTED}|\S.*)",
    re.IGNORECASE,
)
_ARMOR = re.compile(r"-----BEGIN [^-\n]+-----.*?(?:-----END [^-\n]+-----|\Z)", re.DOTALL)
_LOGIN = re.compile(r"(?<=://)[^\s/@\"']+@")
_URL = re.compile(r"(\b[a-z][a-z0-9+.-]{0,30}://[^\s?#\"'<>]*+)([?#][^\s\"'<>]+)?", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.?[\w-]*")
_API_KEY = re.compile(r"\b(r3mes|sk|pk|ghp|gho|hf|xox[abp])[_-][A-Za-z0-9_-]{12,}")
_ADDRESS = re.compile(r"\b([a-z]{2,20}1[02-9ac-hj-np-z]{4})[02-9ac-hj-np-z]{26,}([02-9ac-hj-np-z]{4})\b", re.IGNORECASE)
_EXTENDED_KEY = re.compile(r"\b[xyztuv](?:prv|pub)[1-9A-HJ-NP-Za-km-z]{40,}")
_HEX = re.compile(r"\b(?:0x)?[0-9a-fA-F]{32,}\b")
_DENSE = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_DEVICE = re.compile(r"(?:GPU-|MIG-)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""How drivers name a card."""
_EMAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+\b")
_IPV4 = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{0,4}(?![\w:])")
_WORD = re.compile(r"[A-Za-z]+")
_LONE_WORD = re.compile(r"^[^A-Za-z]*([A-Za-z]{3,8})[^A-Za-z]*$")
_OTHER_HOMES = re.compile(r"(?:/home/|/Users/|[A-Za-z]:\\+Users\\+)[^/\\\s\"':]+")


class Redaction:
    """`words` are the recovery words; `homes` are folders to be called `~`; `names` are the person's and computer's."""

    def __init__(self, words: Iterable[str], homes: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        self._words = frozenset(words)
        self._homes = sorted({home.rstrip("/\\") for home in homes if len(home) > 2}, key=len, reverse=True)
        kept = sorted({name for name in names if len(name) > 2}, key=len, reverse=True)
        self._names = re.compile(rf"\b(?:{'|'.join(map(re.escape, kept))})\b") if kept else None

    def text(self, text: str) -> str:
        """One line, or several."""
        text = _ARMOR.sub("[key]", text)
        text = self._without_words(text)
        for home in self._homes:
            text = text.replace(home, "~").replace(home.replace("\\", "\\\\"), "~")
        text = _OTHER_HOMES.sub("~", text)
        text = _NAMED_PROMPT.sub(r"\g<name>[prompt]", text)
        text = _NAMED_SECRET.sub(_named_secret, text)
        text = _SCHEME.sub(r"\1 [token]", text)
        text = _LOGIN.sub("[login]@", text)
        text = _URL.sub(lambda url: f"{url[1]}?[query]" if url[2] else url[1], text)
        text = _JWT.sub("[token]", text)
        text = _API_KEY.sub(r"\1_[key]", text)
        text = _EXTENDED_KEY.sub("[key]", text)
        text = _ADDRESS.sub(r"\1…\2", text)
        text = _HEX.sub("[hex]", text)
        text = _DENSE.sub(_dense, text)
        text = _EMAIL.sub("[email]", text)
        text = _IPV4.sub(_ip, text)
        text = _IPV6.sub(_ip, text)
        return self._names.sub("[name]", text) if self._names is not None else text

    def lines(self, lines: Sequence[str]) -> list[str]:
        """Lines that belong together: recovery words that stand below one another are found too."""
        lone = [match is not None and match[1].lower() in self._words for match in map(_LONE_WORD.match, lines)]
        out: list[str] = []
        start = 0
        while start < len(lines):
            end = start
            while end < len(lines) and lone[end]:
                end += 1
            if end - start >= MIN_WORDS:
                out += ["[word]"] * (end - start)
                start = end
                continue
            end = max(end, start + 1)
            out += [self.text(line) for line in lines[start:end]]
            start = end
        return out

    def document(self, value: Any, name: str = "") -> Any:
        """JSON values, with everything below a secret's name gone."""
        if name and _PRIVATE_NAME.match(name) and not _COUNT_NAME.match(name):
            return REDACTED if value not in (None, "", 0, False) else value
        if name and _PROMPT_NAME.match(name):
            return "[prompt]"
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.document(each, str(key)) for key, each in value.items()}
        if isinstance(value, list | tuple):
            if all(isinstance(each, str) for each in value):
                return self.lines(list(value))
            return [self.document(each) for each in value]
        return self.text(value) if isinstance(value, str) else value

    def _without_words(self, text: str) -> str:
        """Recovery words in a row, whatever signs and numbers stand between them."""
        spans: list[tuple[int, int]] = []
        run: list[re.Match[str]] = []
        for match in _WORD.finditer(text):
            if match[0].lower() in self._words:
                run.append(match)
                continue
            if len(run) >= MIN_WORDS:
                spans.append((run[0].start(), run[-1].end()))
            run = []
        if len(run) >= MIN_WORDS:
            spans.append((run[0].start(), run[-1].end()))
        for start, end in reversed(spans):
            text = f"{text[:start]}[words]{text[end:]}"
        return text


def _named_secret(match: re.Match[str]) -> str:
    name, value = match["name"], match["value"]
    if _COUNT_NAME.match(re.split(r"[\"'\s:=]", name, maxsplit=1)[0]) and re.fullmatch(r"[\d.]+", value):
        return match[0]
    return f"{name}{REDACTED}"


def _dense(match: re.Match[str]) -> str:
    text = match[0]
    if _DEVICE.fullmatch(text):
        return text
    digits, upper, lower = (any(test(c) for c in text) for test in (str.isdigit, str.isupper, str.islower))
    # Names in a program's messages have no digits among capitals; long ones are paths.
    long = len(text) >= _LONG and ("/" not in text or digits or (upper and lower))
    return "[token]" if long or (digits and upper and lower) else text


def _ip(match: re.Match[str]) -> str:
    try:
        return "[ip]" if ipaddress.ip_address(match[0]).is_global else match[0]
    except ValueError:
        return match[0]
