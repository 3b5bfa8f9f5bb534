"""Property 8: the environment is read as a whole, and all that is wrong with it is said at once."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.setting_kinds import NodeAuth, Profile
from r3mes_api.settings import Settings
from r3mes_api.settings_loading import SettingsError, load_settings, variable_name

DURATIONS = sorted(name for name in Settings.model_fields if name.endswith("_s") and not name.startswith("mock"))
COUNTS = sorted(name for name, field in Settings.model_fields.items() if field.annotation is int)


def test_the_defaults_are_safe() -> None:
    settings = load_settings({})
    assert settings.inference_mode == "disabled" and settings.node_auth is NodeAuth.GRANT
    assert settings.profile is Profile.DEVELOPMENT and settings.public_url is None


def test_the_mapping_that_is_handed_in_is_all_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("R3MES_MAX_NODES", "7")
    monkeypatch.setenv("MAX_NODES", "8")
    assert load_settings({}) == Settings() and Settings().max_nodes == 1024
    assert load_settings(os.environ).max_nodes == 7


@given(
    st.dictionaries(st.sampled_from(DURATIONS + COUNTS), st.text(" \t", max_size=2), max_size=8),
    st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=5),
)
def test_property_8_environment_validation_passes_over_blanks_and_strangers(
    blank: dict[str, str], strangers: dict[str, str]
) -> None:
    environ = {**strangers, **{variable_name(name): value for name, value in blank.items()}}
    known = {variable_name(name) for name in Settings.model_fields}
    assert load_settings({n: v for n, v in environ.items() if n not in known or not v.strip()}) == load_settings({})


@given(st.sets(st.sampled_from(DURATIONS + COUNTS), min_size=1, max_size=8), st.data())
def test_property_8_environment_validation_reports_every_problem_at_once(wrong: set[str], data: st.DataObject) -> None:
    bad = st.sampled_from(["soon", "-1", "nan", "inf", "1e99", "1,5", "0x10", "true"])
    environ = {variable_name(name): data.draw(bad) for name in wrong}
    environ["R3MES_INFERENCE_MODE"] = "remot"
    with pytest.raises(SettingsError) as refused:
        load_settings(environ)
    assert {problem.name for problem in refused.value.problems} == set(environ)
    for problem in refused.value.problems:
        line = problem.sentence()
        assert problem.name in line and "Allowed: " in line and "Example: " in line
        assert line in str(refused.value)


@given(st.sampled_from(sorted(Settings.model_fields)))
def test_property_8_environment_validation_examples_are_valid(name: str) -> None:
    extra: Any = Settings.model_fields[name].json_schema_extra
    others = {"R3MES_PUBLIC_URL": "https://gateway.example.org", "R3MES_DATA_FOLDER": "/var/lib/r3mes"}
    if name == "replica_url":
        others |= {"REDIS_URL": "redis://127.0.0.1:6379/0", "R3MES_REPLICA_SECRET": 32 * "s"}
    load_settings({**others, variable_name(name): extra["example"]})


@given(st.text(min_size=1, max_size=200))
def test_property_8_environment_validation_shows_no_terminal_escapes(value: str) -> None:
    try:
        load_settings({"R3MES_PUBLIC_URL": value})
    except SettingsError as error:
        shown = str(error).replace("\n", "")
        assert shown.isprintable() and len(shown) < 500


def test_open_nodes_are_refused_in_production() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"R3MES_PROFILE": "Production", "R3MES_NODE_AUTH": " OPEN ", "R3MES_INFERENCE_MODE": "remote"})
    assert [problem.name for problem in refused.value.problems] == ["R3MES_NODE_AUTH", "R3MES_PUBLIC_URL"]
    assert load_settings({"R3MES_NODE_AUTH": "open"}).node_auth is NodeAuth.OPEN


@pytest.mark.parametrize(
    "url", ["gateway.example.org", "ftp://x", "https://user:secret@x", "https://", "http://x:99999"]
)
def test_a_public_url_must_be_one(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"R3MES_PUBLIC_URL": url})
    assert refused.value.problems[0].name == "R3MES_PUBLIC_URL"


def test_a_public_url_becomes_an_origin() -> None:
    assert load_settings({"R3MES_PUBLIC_URL": "WSS://Gateway.Example.ORG:443/x"}).public_url == (
        "https://gateway.example.org"
    )


async def test_the_process_ends_with_78_and_all_sentences(start_gateway: Any) -> None:
    gateway = start_gateway(inference_mode="remot", node_auth="opne", heartbeat_s="soon", max_nodes="0", wait=False)
    assert await gateway.ended() == 78
    log = gateway.log_text()
    assert "4 settings must be changed" in log
    for name in ("INFERENCE_MODE", "NODE_AUTH", "HEARTBEAT_S", "MAX_NODES"):
        assert f"R3MES_{name}: " in log
    assert gateway.process.stdout.read() == b""


async def test_a_port_in_use_is_said_in_words(start_gateway: Any) -> None:
    first = start_gateway(inference_mode="mock")
    second = start_gateway("--port", first.url.rpartition(":")[2], inference_mode="mock", wait=False)
    assert await second.ended() == 78
    assert "can't listen on" in second.log_text() and "Choose another port" in second.log_text()


@pytest.mark.parametrize("arguments", [("--port", "x"), ("--port", "70000"), ("--control", "tty"), ("--nope",)])
async def test_wrong_arguments_end_with_2(start_gateway: Any, arguments: tuple[str, ...]) -> None:
    gateway = start_gateway(*arguments, wait=False)
    assert await gateway.ended() == 2


async def test_stdout_carries_the_ready_line_alone(start_gateway: Any) -> None:
    gateway = start_gateway(inference_mode=" Mock ")
    assert gateway.mode == "mock"
    gateway.terminate()
    assert await gateway.ended() == 0
    assert gateway.process.stdout.read() == b""
    assert json.dumps(gateway.url).startswith('"http://127.0.0.1:')


def test_replicas_need_their_store_and_their_secret() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"R3MES_REPLICA_URL": "http://10.0.0.2:8000"})
    assert {problem.name for problem in refused.value.problems} == {"REDIS_URL", "R3MES_REPLICA_SECRET"}
    weak = "change-me" * 4
    with pytest.raises(SettingsError, match="placeholder") as refused:
        load_settings({"R3MES_PROFILE": "production", "R3MES_REPLICA_SECRET": weak})
    assert weak not in str(refused.value)
    secret = "4be1c0d9a7f2" * 3
    assert secret not in repr(load_settings({"R3MES_PROFILE": "production", "R3MES_REPLICA_SECRET": secret}))
