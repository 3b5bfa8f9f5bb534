"""Every sentence of the engine's source that a window may show is one that the launcher can say in its language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from r3mes_launcher.core.engine_words import TEMPLATES, engine_sentence
from r3mes_launcher.sentence import Sentence

ENGINE = Path(__file__).resolve().parents[3] / "engine" / "r3mes_engine"
COMMAND_LINE = frozenset(
    {
        *("adapter_commands.py", "bench_command.py", "model_arguments.py", "model_commands.py", "serve.py"),
        *("embeddings/service.py", "serving/http.py", "node/key.py", "upstream/address.py"),
    }
)
"""What these say goes to a terminal, a log or a client alone, or is a part of a sentence that is made elsewhere."""
SAYERS = {"EngineExit": 2, "ModelUnusable": 0, "PermissionNeeded": 0, "CatalogueUnusable": 0}
"""Errors, and which of their arguments is the first with words."""
FIELDS = frozenset({"hint", "message", "reason", "problem", "stage"})


def said_in(source: str) -> set[str]:
    """The sentences of a module, with a 7 where a figure stands."""
    return {text for place in places(ast.parse(source)) for text in texts(place) if " " in text}


def places(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in SAYERS:
                yield from node.args[SAYERS[name] :]
            yield from (keyword.value for keyword in node.keywords if keyword.arg in FIELDS)
        elif isinstance(node, ast.Assign):
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id.lower() in FIELDS:
                yield node.value


def texts(place: ast.expr) -> Iterator[str]:
    if isinstance(place, ast.IfExp):
        yield from texts(place.body)
        yield from texts(place.orelse)
    elif isinstance(place, ast.BoolOp):
        for value in place.values:
            yield from texts(value)
    elif isinstance(place, ast.Constant) and isinstance(place.value, str):
        yield place.value
    elif isinstance(place, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in place.values)


def is_known(text: str) -> bool:
    return text in TEMPLATES or isinstance(engine_sentence(text), Sentence)


def test_no_sentence_of_the_engine_stays_english() -> None:
    assert ENGINE.is_dir()
    unknown = [
        f"{path.relative_to(ENGINE).as_posix()}: {text}"
        for path in sorted(ENGINE.rglob("*.py"))
        if path.relative_to(ENGINE).as_posix() not in COMMAND_LINE
        for text in sorted(said_in(path.read_text("utf-8")))
        if not is_known(text)
    ]
    assert unknown == [], "add them to core/engine_words.py and translate them"


def test_a_sentence_that_is_not_known_is_found() -> None:
    source = 'raise ModelUnusable(f"{path} is quite new.", hint="Wait." if late else "Look again.")'
    assert {text for text in said_in(source) if not is_known(text)} == {"7 is quite new.", "Look again."}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_sentence_is_said_word_by_word_as_the_engine_said_it(template: str) -> None:
    text = re.sub(r"\{\w+\}", "7", template)
    assert engine_sentence(text) == text


def test_a_reason_within_a_sentence_is_recognised_too() -> None:
    said = engine_sentence("No GPU of this computer can be used (too old (5.2, this PyTorch needs 7.0)).")
    assert isinstance(said, Sentence)
    reason = said.figures["reasons"]
    assert isinstance(reason, Sentence)
    assert reason.figures == {"capability": "5.2", "needed": "7.0"}
