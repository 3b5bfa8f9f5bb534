"""Finds what the launcher's core says to a person: the texts that the window shows in its own language.

The core knows nothing of translations. What it says is recognised by where it stands: in a `Sentence`, in an error, in
a fault, in a field that is called `reason`. It is read as source; nothing of it is run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

CERTAIN = frozenset({"Sentence", "phrase", "as_sentence"})
"""Calls whose first argument is nothing else."""
SAYERS = frozenset(
    {
        *("Fault", "Finding", "FixWords", "Progress", "WalletError", "ChatError", "StartRefused"),
        *("HistoryError", "GatewayUnreachable", "SpawnError", "SelfTestFailed", "Unavailable", "Card"),
        *("BundleError", "RecordingError"),
        *("Advice", "KeyringAdvice", "BadMessage", "ProvisioningError", "bad", "joined"),
    }
)
"""Calls whose literal texts are for a person."""
FIELDS = frozenset({"sentence", "reason", "message", "hint", "lost", "problem", "stage", "busy"})
"""Keywords and names whose literal texts are for a person."""
TABLES = re.compile(r"_?[A-Z_]*(SENTENCES|MEANINGS|WORDS|ADVICE|TITLES)")
"""Module-level dictionaries of texts."""
SILENT = (
    "core/bundle/",
    "core/control/",
    "core/node_diagram.py",
    "core/policy/reasons.py",
    "wallet/cli.py",
    "wallet/json_input.py",
)
"""Only the command line and developers read what these say, or the window has words of its own for it."""
OTHERS = ("composition.py", "role_demo_engine.py", "system_cause.py")
"""Beside those folders, and said in the window too."""
COMMANDS = "_commands.py"
SHARED = "api-lite/r3mes_protocol/origin.py"
"""What all programs share and the window shows: an address that was typed wrongly."""


def core_texts(package: Path) -> list[str]:
    """Templates and texts of `core/`, `wallet/` and `ports/`, sorted, each once."""
    found: set[str] = set()
    for folder in ("core", "wallet", "ports"):
        for path in sorted((package / folder).rglob("*.py")):
            name = path.relative_to(package).as_posix()
            if not name.startswith(SILENT) and not name.endswith(COMMANDS):
                found |= set(_texts(ast.parse(path.read_text("utf-8"))))
    for name in OTHERS:
        if (package / name).exists():
            found |= set(_texts(ast.parse((package / name).read_text("utf-8"))))
    for path in package.parents[1].glob(SHARED):
        found |= set(_refusals(ast.parse(path.read_text("utf-8"))))
    return sorted(found)


def mixed_texts(source: str) -> list[tuple[int, str]]:
    """Lines where a text for a person is put together in a way that no translation can follow."""
    found = []
    for place, _ in _places(ast.parse(source)):
        if isinstance(place, ast.JoinedStr) and _is_words(_constant_part(place)):
            found.append((place.lineno, ast.unparse(place)))
    return found


def _texts(tree: ast.Module) -> Iterator[str]:
    for place, certain in _places(tree):
        text = place.value if isinstance(place, ast.Constant) else None
        if isinstance(text, str) and (_has_letters(text) if certain else _is_words(text)):
            yield text


def _refusals(tree: ast.Module) -> Iterator[str]:
    """Of every ValueError, also those in small letters."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ValueError":
            yield from (each.value for each in node.args if isinstance(each, ast.Constant))


def _places(tree: ast.Module) -> Iterator[tuple[ast.expr, bool]]:
    """Every expression that stands where a text for a person may stand, and whether it is certain to be one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in CERTAIN:
                values = node.args[:1]
            elif name in SAYERS:
                values = [*node.args, *(keyword.value for keyword in node.keywords)]
            elif name == "ValueError":
                # Those in small letters are for developers.
                values = [each for each in node.args if ast.unparse(each)[1:2].isupper()]
            else:
                values = [keyword.value for keyword in node.keywords if keyword.arg in FIELDS]
            for value in values:
                yield from ((branch, name in CERTAIN) for branch in _branches(value))
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            if node.targets[0].id in FIELDS:
                yield from ((branch, False) for branch in _branches(node.value))
            elif TABLES.fullmatch(node.targets[0].id) and isinstance(node.value, ast.Dict):
                yield from ((branch, False) for value in node.value.values for branch in _branches(value))


def _branches(value: ast.expr) -> Iterator[ast.expr]:
    """The expression, or what it may come to."""
    if isinstance(value, ast.IfExp):
        yield from _branches(value.body)
        yield from _branches(value.orelse)
    elif isinstance(value, ast.BoolOp):
        for each in value.values:
            yield from _branches(each)
    elif isinstance(value, ast.Tuple | ast.List):
        for each in value.elts:
            yield from _branches(each)
    else:
        yield value


def _constant_part(text: ast.JoinedStr) -> str:
    return "".join(str(part.value) for part in text.values if isinstance(part, ast.Constant))


def _has_letters(template: str) -> bool:
    return any(character.isalpha() for character in re.sub(r"\{[^}]*\}", "", template))


def _is_words(text: str) -> bool:
    """A sentence or a phrase, and no code, name or address."""
    command = text.startswith("r3mes ")
    return (" " in text.strip() and not command) or (text.endswith(".") and text[:1].isupper())
