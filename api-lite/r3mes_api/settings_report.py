"""The settings as people read them: the table of the documentation, `.env` files, and the verdict of `config check`."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from importlib import resources
from itertools import pairwise
from typing import Any, NamedTuple

from r3mes_api.setting_kinds import InferenceMode, Profile, Switch
from r3mes_api.settings import Settings
from r3mes_api.settings_loading import ENVIRONMENT_PREFIX, variable_name

BEGIN_TABLE = "<!-- settings: written by `r3mes-api config docs --write`, not by hand -->"
END_TABLE = "<!-- end of settings -->"

OTHER_PROGRAMS = frozenset(
    {
        "R3MES_HOME",
        *("R3MES_SERVER_NAME", "R3MES_UPSTREAM", "R3MES_CERTIFICATES", "R3MES_ACME_FOLDER"),
    }
)
"""Names with the prefix that are no setting of the gateway."""

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")


class Described(NamedTuple):
    field: str
    variable: str
    default: str
    """As it would stand in the environment; empty where there is none."""
    allowed: str
    example: str
    meaning: str


class EnvFileError(Exception):
    """A line of an environment file can't be read; the message names the line and not what is in it."""


def described() -> list[Described]:
    """All settings in the order of the code."""
    meanings = _meanings()
    rows: list[Described] = []
    for name, info in Settings.model_fields.items():
        extra: Any = info.json_schema_extra
        default = in_environment(info.default)
        rows.append(
            Described(name, variable_name(name), default, extra["allowed"], extra["example"], meanings.get(name, ""))
        )
    return rows


def in_environment(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, Enum):
        return str(value.value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _meanings() -> dict[str, str]:
    """The string after each setting, from the source: pydantic would read it at every start of the gateway."""
    source = resources.files("r3mes_api").joinpath("settings.py").read_text(encoding="utf-8")
    body = next(
        node.body for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == "Settings"
    )
    meanings: dict[str, str] = {}
    for statement, following in pairwise(body):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
        ):
            meanings[statement.target.id] = " ".join(str(following.value.value).split())
    return meanings


# --- the documentation ---


def table() -> str:
    """Markdown, between its two marks."""
    lines = [BEGIN_TABLE, "", "| variable | default | allowed | meaning |", "| --- | --- | --- | --- |"]
    for row in described():
        cells = [f"`{row.variable}`", f"`{row.default}`" if row.default else "", row.allowed, row.meaning]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, "", END_TABLE])


def with_table(document: str) -> str:
    """The document with the table in its place. Raises ValueError where the two marks are missing."""
    before, begin, rest = document.partition(BEGIN_TABLE)
    _, end, after = rest.partition(END_TABLE)
    if not begin or not end:
        raise ValueError(f"the document has no place for the table: it needs the lines {BEGIN_TABLE} and {END_TABLE}")
    return before + table() + after


def env_example() -> str:
    """A `.env` file in which every setting stands as a comment with its default or an example."""
    lines = [
        "# Settings of the gateway; written by `r3mes-api config docs --env`, not by hand.",
        "# Every line is optional. Remove the # before a name to set it.",
        "# `r3mes-api config check --env-file FILE` says whether a file is all right.",
    ]
    for row in described():
        lines += ["", f"# {row.meaning}", f"# Allowed: {row.allowed}."]
        # What has no default is shown by example.
        lines.append(f"#{row.variable}={row.default or row.example}")
    return "\n".join(lines) + "\n"


# --- checking ---


def read_env_file(text: str) -> dict[str, str]:
    """`NAME=value` lines as systemd and Compose read them; no interpolation. Raises EnvFileError."""
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise EnvFileError(f"Line {number} is not of the form NAME=value.")
        name, value = match.groups()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        values[name] = value
    return values


def effective(settings: Settings) -> Iterator[str]:
    """`NAME=value` for what differs from the defaults; secrets are not shown."""
    for name, info in Settings.model_fields.items():
        value = getattr(settings, name)
        if value != info.default:
            extra: Any = info.json_schema_extra
            yield f"{variable_name(name)}={'(set, not shown)' if extra['secret'] else in_environment(value)}"


def unknown_names(environ: Mapping[str, str]) -> Iterator[str]:
    """Names that look like settings and are none: a mistyped one would have no effect, silently."""
    known = {row.variable for row in described()}
    for name in sorted(environ):
        if name.startswith(ENVIRONMENT_PREFIX) and name not in known and name not in OTHER_PROGRAMS:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"; perhaps {close[0]} is meant" if close else ""
            yield f"{_printable(name)} is no setting of the gateway{hint}"


def notes(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    """What is allowed and yet probably not meant."""
    yield from unknown_names(environ)
    if settings.profile is Profile.PRODUCTION and settings.inference_mode is InferenceMode.MOCK:
        yield "the mock answers users in production"
    if settings.accounts is Switch.ON and not (settings.prompt_price or settings.completion_price):
        yield "accounts are on, and prompts cost nothing but for what R3MES_MODEL_PRICES names"
    if settings.inference_mode is InferenceMode.DISABLED:
        yield "inference is disabled: every prompt is refused with 503"
    if settings.profile is Profile.DEVELOPMENT:
        yield "this is the development profile: set R3MES_PROFILE=production on a server that others reach"
        if settings.inference_mode is InferenceMode.REMOTE and settings.public_url is None:
            yield "R3MES_PUBLIC_URL is not set: nodes are told the address that they dialled"
    if settings.profile is Profile.PRODUCTION and settings.network is None:
        yield "R3MES_NETWORK is not set: grants of every network are taken"
    if settings.profile is Profile.PRODUCTION and settings.metrics is Switch.ON:
        yield "/metrics answers everybody who reaches this port: let the proxy refuse it"


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:80])
