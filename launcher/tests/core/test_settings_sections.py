"""Sections of the settings: each setting has one place, a reset touches one section, an import reaches the core."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from r3mes_launcher.composition import CompositionOptions, compose
from r3mes_launcher.core.settings import STAYS_HERE, Settings, SettingsStore
from r3mes_launcher.core.settings_desk import SettingsDesk
from r3mes_launcher.core.settings_sections import FIELDS, Section, Takes, defaults_of, takes_effect, values_of

OTHER = {
    "model": "/models/big.gguf",
    "max_concurrency": 3,
    "device": "cpu",
    "gpus": ["GPU-aaaa"],
    "gateway_kind": "remote",
    "gateway_url": "https://one.example",
    "gateway_fallbacks": ["https://two.example"],
    "policy": {"battery": {"enabled": False}},
    "keep_requests": False,
    "keep_chats": False,
    "history_days": 7,
    "wallet_idle_s": 60.0,
    "ready_deadline_s": 999.0,
}
"""For each field a value that is not its default."""


def test_every_setting_has_one_section_or_stays_here() -> None:
    placed = Counter(name for fields in FIELDS.values() for name in fields)
    assert set(placed.values()) == {1}
    assert set(placed) | STAYS_HERE == set(Settings.model_fields)
    assert not set(placed) & STAYS_HERE
    assert set(FIELDS) == set(Section)


def test_a_change_of_nothing_and_a_change_at_rest_count_at_once() -> None:
    before = Settings()
    assert takes_effect(before, before, engine_runs=True) is Takes.NOW
    assert takes_effect(before, Settings.model_validate({"model": "/m"}), engine_runs=False) is Takes.NOW


@pytest.mark.parametrize("names", list(itertools.combinations(sorted(OTHER), 2)))
def test_the_later_of_two_changes_counts(names: tuple[str, ...]) -> None:
    before = Settings()
    alone = [takes_effect(before, Settings.model_validate({name: OTHER[name]}), True) for name in names]
    together = takes_effect(before, Settings.model_validate({name: OTHER[name] for name in names}), True)
    assert together is max(alone)


@pytest.mark.parametrize("section", [section for section in Section if set(FIELDS[section]) <= set(OTHER)])
async def test_a_reset_touches_its_section_alone(store: SettingsStore, section: Section) -> None:
    store.change(**OTHER)
    before = store.current
    desk = SettingsDesk(store)
    after = await desk.reset(section)
    assert values_of(after, section) == defaults_of(section)
    for other in set(Section) - {section}:
        assert values_of(after, other) == values_of(before, other)
    whole = await desk.reset()
    assert all(values_of(whole, each) == defaults_of(each) for each in Section)


async def test_changes_resets_and_imports_go_the_way_of_the_running_core(store: SettingsStore) -> None:
    heard: list[set[str]] = []

    async def apply(values: Mapping[str, Any]) -> Settings:
        heard.append(set(values))
        store.change(**values)
        return store.current

    desk = SettingsDesk(store, apply)
    await desk.change({"gpus": ["GPU-aaaa"]})
    await desk.change_rule("battery", {"enabled": False})
    await desk.reset(Section.DEVICE)
    settings, wrong = await desk.import_text(
        '{"r3mes_settings": 1, "model": "/m", "gpus": ["nonsense"], "wallet_active": "x"}'
    )
    assert heard == [{"gpus"}, {"policy"}, {"gpus"}, {"model"}]
    assert settings.model == "/m" and wrong == ("gpus",)
    heard.clear()
    await desk.reset(Section.GATEWAY)
    assert heard == [], "nothing differs, so nobody is asked"


async def test_a_running_launcher_obeys_an_import(tmp_path: Path, until: Callable[..., Awaitable[None]]) -> None:
    core = compose(CompositionOptions(home=tmp_path, demo=True))
    await core.start()
    try:
        with pytest.raises(ValueError, match="address first"):
            await core.settings.change({"gateway_kind": "remote"})
        text = '{"r3mes_settings": 1, "device": "cpu", "gpus": ["GPU-aaaa"], "policy": {"battery": {"enabled": false}}}'
        await core.settings.import_text(text)
        assert core.state.device_choice.value == "cpu" and core.state.gpu_choice == ("GPU-aaaa",)
        assert core.policy.settings.battery.enabled is False
        await core.settings.change(
            {
                "gateway_kind": "remote",
                "gateway_url": "http://127.0.0.1:9",
                "gateway_fallbacks": [core.state.gateway.url or "http://127.0.0.1:8"],
            }
        )
        assert core.state.gateway.url == "http://127.0.0.1:9"
        await until(lambda: "out of reach" in core.state.gateway.message)
        assert core.current_settings.gateway_fallbacks
        await core.settings.change({"keep_requests": False, "history_days": 3, "max_concurrency": 2})
        assert (core.current_settings.history_days, core.current_settings.max_concurrency) == (3, 2)
    finally:
        await core.close()
