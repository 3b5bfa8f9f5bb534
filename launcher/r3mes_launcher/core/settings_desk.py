"""What a person changes on the Settings page: one value at a time, all back to their defaults, to and from a file."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from r3mes_launcher.core.policy.policy_settings import PolicySettings
from r3mes_launcher.core.settings import SCHEMA, Settings, SettingsStore, heal

MAX_IMPORT_CHARACTERS = 1_000_000
# What belongs to this computer or this moment does not travel to another one.
STAYS_HERE = frozenset({"desired", "wallet_active", "wallet_keyring", "pause", "earnings_gateway", "schema_version"})


class SettingsDesk:
    def __init__(self, store: SettingsStore) -> None:
        self._store = store

    async def read(self) -> Settings:
        return self._store.current

    async def change_rule(self, rule: str, values: dict[str, Any]) -> Settings:
        """Changes values of one rule of the policy, such as `battery`. Raises ValueError with a sentence."""
        policy = self._store.kept.policy
        if rule not in PolicySettings.model_fields:
            raise ValueError(f"There is no rule {rule!r}.")
        document = policy.model_dump(mode="json")
        document[rule] |= values
        try:
            changed = PolicySettings.model_validate(document)
        except ValidationError as error:
            raise ValueError(problem_sentence(error)) from None
        self._store.change(policy=changed)
        return self._store.current

    async def reset(self) -> Settings:
        """The policy's defaults. Gateway, model and wallet stay: losing them would hurt."""
        self._store.change(policy=PolicySettings())
        return self._store.current

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
        values = {name: getattr(healed, name) for name in taken if name not in wrong}
        self._store.change(**{name: _plain(value) for name, value in values.items()})
        return self._store.current, tuple(wrong)


def problem_sentence(error: ValidationError) -> str:
    """The first thing that is wrong, as a sentence."""
    problem = error.errors(include_url=False)[0]
    cause = problem.get("ctx", {}).get("error")
    if cause is not None:
        return str(cause)
    name = str(problem["loc"][-1]).replace("_", " ") if problem["loc"] else "The value"
    return f"{name}: {problem['msg']}."


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value
