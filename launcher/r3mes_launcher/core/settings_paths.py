"""Settings by their names on the command line: `device`, `policy.battery.enabled`."""

from __future__ import annotations

import difflib
import json
from typing import Any

from pydantic import ValidationError

from r3mes_launcher.core.settings import STAYS_HERE, Settings
from r3mes_launcher.core.state import GatewayKind
from r3mes_launcher.sentence import Sentence, sentence_of


def listed(settings: Settings) -> dict[str, Any]:
    """Every setting that may be changed by hand, by its path, as JSON values.

    Those that stay on this computer have commands of their own, or are the launcher's.
    """
    document = settings.model_dump(mode="json", exclude=set(STAYS_HERE))
    known = {name: value for name, value in document.items() if name in Settings.model_fields}
    return _flat(known, "")


def value_of(settings: Settings, path: str) -> Any:
    """Raises ValueError with a sentence for a path that there is not."""
    values = listed(settings)
    if path in values:
        return values[path]
    below = {name.removeprefix(f"{path}."): value for name, value in values.items() if name.startswith(f"{path}.")}
    if below:
        return below
    near = difflib.get_close_matches(path, values, 1)
    raise ValueError(
        f"There is no setting {path!r}." + (f" Is it {near[0]!r}?" if near else " `r3mes settings list` shows all.")
    )


def changed(settings: Settings, path: str, text: str) -> dict[str, Any]:
    """The top-level values that a change by hand comes to. Raises ValueError with a sentence.

    `text` is JSON, or a word that stands for itself.
    """
    if path not in listed(settings):
        value_of(settings, path)
        raise ValueError(Sentence("{path} holds several settings. Name one of them.", path=path))
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    top, *rest = path.split(".")
    document = settings.model_dump(mode="json")
    if rest:
        place = document[top]
        for name in rest[:-1]:
            place = place[name]
        place[rest[-1]] = value
        value = document[top]
    values = {top: value}
    if top == "gateway_url" and value:
        # Who names a gateway wants to use it.
        values["gateway_kind"] = GatewayKind.REMOTE.value
    checked(settings, values)
    return values


def checked(settings: Settings, values: dict[str, Any]) -> Settings:
    """The settings with these top-level values. Raises ValueError with a sentence."""
    try:
        return Settings.model_validate({**settings.model_dump(mode="json"), **values})
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        cause = problem.get("ctx", {}).get("error")
        place = ".".join(str(part) for part in problem["loc"])
        said = problem["msg"] if cause is None else sentence_of(cause)
        if isinstance(said, Sentence):
            raise ValueError(Sentence("{place}: {problem}", place=place, problem=said)) from None
        raise ValueError(f"{place}: {said[:1].lower()}{said[1:].rstrip('.')}.") from None


def _flat(document: dict[str, Any], prefix: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
