"""What a person changes on the Settings page: one value at a time, a section back to its defaults, to and from a file.

Every change goes the way of the running core, which tells whoever has to hear of it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from pydantic import ValidationError

from r3mes_launcher.core.policy.policy_settings import PolicySettings
from r3mes_launcher.core.settings import SCHEMA, STAYS_HERE, Settings, SettingsStore, heal
from r3mes_launcher.core.settings_paths import checked
from r3mes_launcher.core.settings_sections import FIELDS, Section, defaults_of, values_of
from r3mes_launcher.sentence import Sentence, as_sentence, phrase, sentence_of

MAX_IMPORT_CHARACTERS = 1_000_000

Apply: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[Settings]]
"""Takes top-level values as JSON. Raises ValueError with a sentence; then nothing has changed."""


class SettingsDesk:
    def __init__(self, store: SettingsStore, apply: Apply | None = None) -> None:
        """`apply` is the running core's way of a change; without it the file alone changes."""
        self._store = store
        self._apply = apply or self._write

    async def read(self) -> Settings:
        return self._store.current

    async def change_rule(self, rule: str, values: dict[str, Any]) -> Settings:
        """Changes values of one rule of the policy, such as `battery`. Raises ValueError with a sentence."""
        policy = self._store.kept.policy
        if rule not in PolicySettings.model_fields:
            raise ValueError(Sentence("There is no rule {rule!r}.", rule=rule))
        document = policy.model_dump(mode="json")
        document[rule] |= values
        try:
            changed = PolicySettings.model_validate(document)
        except ValidationError as error:
            raise ValueError(problem_sentence(error)) from None
        return await self._apply({"policy": changed.model_dump(mode="json")})

    async def change(self, values: Mapping[str, Any]) -> Settings:
        """Top-level values as JSON, all or none. Raises ValueError with a sentence."""
        return await self._apply(values)

    async def reset(self, section: Section | None = None) -> Settings:
        """One section's defaults; without one, those of all. The wallet and its keys are in none of them."""
        sections = FIELDS if section is None else (section,)
        before = self._store.current
        wanted = {name: value for each in sections for name, value in defaults_of(each).items()}
        now = {name: value for each in sections for name, value in values_of(before, each).items()}
        differ = {name: value for name, value in wanted.items() if value != now[name]}
        return await self._apply(differ) if differ else before

    async def export_text(self) -> str:
        """JSON for another computer: everything but what belongs to this one. It holds no secret."""
        document = self._store.kept.model_dump(mode="json")
        travels = {name: value for name, value in document.items() if name not in STAYS_HERE}
        return json.dumps({"r3mes_settings": SCHEMA, **travels}, indent=2, ensure_ascii=False) + "\n"

    async def import_text(self, text: str) -> tuple[Settings, tuple[str, ...]]:
        """Takes over an exported text. Returns the settings and the names of values that could not be used.

        Raises ValueError with a sentence when it is no export; then nothing has changed.
        """
        if len(text) > MAX_IMPORT_CHARACTERS:
            raise ValueError("This file is too large to be exported settings.")
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("This file is not JSON, so it is no export of settings.") from None
        if not isinstance(document, dict) or not isinstance(document.get("r3mes_settings"), int):
            raise ValueError("This file holds no settings of R3MES.")
        if document["r3mes_settings"] > SCHEMA:
            raise ValueError("These settings come from a newer R3MES. Update this one first.")
        known = set(Settings.model_fields) - STAYS_HERE
        taken = {name: value for name, value in document.items() if name in known}
        healed, wrong = heal(taken)
        values = {name: _plain(getattr(healed, name)) for name in taken if name not in wrong}
        return await self._apply(values), tuple(wrong)

    async def _write(self, values: Mapping[str, Any]) -> Settings:
        checked(self._store.current, dict(values))
        self._store.change(**values)
        return self._store.current


def problem_sentence(error: ValidationError) -> str:
    """The first thing that is wrong, as a sentence."""
    problem = error.errors(include_url=False)[0]
    cause = problem.get("ctx", {}).get("error")
    if cause is not None:
        return sentence_of(cause)
    name = str(problem["loc"][-1]).replace("_", " ") if problem["loc"] else phrase("The value")
    return Sentence("{name}: {problem}.", name=as_sentence(name), problem=problem["msg"])


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value
