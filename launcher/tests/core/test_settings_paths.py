"""Settings by their names: every one can be read, set to what it is, and refuses nonsense with a sentence."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.settings import Settings
from r3mes_launcher.core.settings_paths import changed, checked, listed, value_of

PATHS = sorted(listed(Settings()))


@pytest.mark.parametrize("path", PATHS)
def test_every_setting_can_be_set_to_what_it_is(path: str) -> None:
    value = value_of(Settings(), path)
    assert checked(Settings(), changed(Settings(), path, json.dumps(value))) == Settings()


@given(path=st.sampled_from(PATHS), text=st.text(max_size=30))
def test_whatever_is_set_the_settings_stay_valid(path: str, text: str) -> None:
    try:
        values = changed(Settings(), path, text)
    except ValueError as error:
        assert str(error).endswith(".")
    else:
        assert Settings.model_validate(json.loads(checked(Settings(), values).model_dump_json()))


def test_a_word_stands_for_itself_and_a_gateway_is_used() -> None:
    assert changed(Settings(), "device", "cpu") == {"device": "cpu"}
    assert checked(Settings(), changed(Settings(), "gateway_url", "https://g.example/")).gateway_kind.value == "remote"
    values = changed(Settings(), "policy.battery.enabled", "false")
    assert checked(Settings(), values).policy.battery.enabled is False


@pytest.mark.parametrize(
    ("path", "words"),
    [("devise", "Is it 'device'?"), ("policy.battery", "several"), ("pause", "no setting"), ("wallet_keyring", "no")],
)
def test_names_that_there_are_not(path: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("?", r"\?")):
        changed(Settings(), path, "1")
