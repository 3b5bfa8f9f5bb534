"""The settings in groups, as the Settings page shows them, and when a change of each takes effect. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Any

from r3mes_launcher.core.settings import Settings


class Section(StrEnum):
    MODEL = "model"
    DEVICE = "device"
    GATEWAY = "gateway"
    POLICY = "policy"
    POWER = "power"
    PRIVACY = "privacy"
    ADVANCED = "advanced"


FIELDS: Mapping[Section, tuple[str, ...]] = {
    Section.MODEL: ("model", "max_concurrency"),
    Section.DEVICE: ("device", "gpus"),
    Section.GATEWAY: ("gateway_kind", "gateway_url", "gateway_fallbacks"),
    Section.POLICY: ("policy",),
    Section.POWER: ("electricity_price", "electricity_currency", "electricity_bands", "remes_price"),
    Section.PRIVACY: ("keep_requests", "keep_chats", "history_days", "wallet_idle_s"),
    Section.ADVANCED: ("ready_deadline_s",),
}
"""The fields of `Settings` that each holds. A field that no section has stays on this computer."""


class Takes(IntEnum):
    """When a change takes effect; of several the latest counts."""

    NOW = 0
    ENGINE_RESTARTS = 1
    """The launcher starts the engine anew by itself, after the requests that run."""
    NEXT_ENGINE_START = 2
    """When the engine starts next; nothing that runs is touched."""


_TAKES = {
    "device": Takes.ENGINE_RESTARTS,
    "gpus": Takes.ENGINE_RESTARTS,
    "gateway_kind": Takes.ENGINE_RESTARTS,
    "gateway_url": Takes.ENGINE_RESTARTS,
    "model": Takes.NEXT_ENGINE_START,
    "max_concurrency": Takes.NEXT_ENGINE_START,
    "ready_deadline_s": Takes.NEXT_ENGINE_START,
}


def takes_effect(before: Settings, after: Settings, engine_runs: bool) -> Takes:
    """When the last of the changes between the two counts. Without an engine that runs all of them do at once."""
    if not engine_runs:
        return Takes.NOW
    changed = (name for name in Settings.model_fields if getattr(before, name) != getattr(after, name))
    return max((_TAKES.get(name, Takes.NOW) for name in changed), default=Takes.NOW)


def values_of(settings: Settings, section: Section) -> dict[str, Any]:
    """What the section holds, as JSON values by field."""
    return settings.model_dump(mode="json", include=set(FIELDS[section]))


def defaults_of(section: Section) -> dict[str, Any]:
    return values_of(Settings(), section)
