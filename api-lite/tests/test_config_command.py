"""`r3mes-api config`: settings checked before a start, and documented from the code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.addresses import browser_origins, checked_url, is_loopback
from r3mes_api.settings_loading import SettingsError, load_settings
from r3mes_api.settings_report import EnvFileError, described, env_example, read_env_file, table, with_table

CHECKOUT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "R3MES_PROFILE": "production",
    "R3MES_INFERENCE_MODE": "remote",
    "R3MES_PUBLIC_URL": "https://gateway.example.org",
}
STRONG = "kV4sUu0qWm7xJ2dE9rTb"


def config(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "r3mes_api", "config", *arguments],
        env={"PYTHONPATH": str(CHECKOUT / "api-lite"), **environ},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


# --- documents made from the code ---


def test_the_documentation_has_the_settings_of_the_code() -> None:
    document = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert with_table(document) == document, "stale: run `r3mes-api config docs --write docs/operations.md`"


def test_the_example_file_has_the_settings_of_the_code() -> None:
    example = (CHECKOUT / "api-lite" / ".env.example").read_text(encoding="utf-8")
    assert example == env_example(), "stale: run `r3mes-api config docs --env --write api-lite/.env.example`"


def test_every_setting_has_a_meaning() -> None:
    assert [row.field for row in described() if not row.meaning.endswith(".")] == []


def test_every_line_of_the_example_file_is_valid_once_uncommented() -> None:
    lines = [line[1:] for line in env_example().splitlines() if line.startswith("#") and line[1:2].isupper()]
    given_settings = read_env_file("\n".join(lines))
    assert set(given_settings) == {row.variable for row in described()}
    load_settings(given_settings)


def test_a_document_without_a_place_for_the_table_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "other.md"
    document.write_text("text")
    assert config("docs", "--write", str(document)).returncode == 78
    assert document.read_text() == "text"


def test_the_table_has_no_broken_row() -> None:
    rows = [line for line in table().splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {5}


# --- check ---


def test_check_says_what_differs_and_shows_no_secret() -> None:
    url = f"postgresql://r3mes:{STRONG}@database/r3mes"
    result = config("check", **PRODUCTION, DATABASE_URL=url, R3MES_INFERENCE_MOD="mock")
    assert result.returncode == 0, result.stderr
    assert "R3MES_PUBLIC_URL=https://gateway.example.org" in result.stdout
    assert "DATABASE_URL=(set, not shown)" in result.stdout
    assert "R3MES_INFERENCE_MOD is no setting of the gateway; perhaps R3MES_INFERENCE_MODE is meant" in result.stdout
    assert STRONG not in result.stdout + result.stderr


def test_check_reports_every_problem_and_names_strangers() -> None:
    result = config("check", R3MES_PROFILE="production", R3MES_NODE_AUTH="open", R3MES_MAX_NODE="1", R3MES_DRAIN_S="x")
    assert result.returncode == 78 and result.stdout == ""
    for expected in ("2 settings", "R3MES_NODE_AUTH: ", "R3MES_DRAIN_S: ", "R3MES_MAX_NODE is no setting"):
        assert expected in result.stderr


def test_check_reads_a_file_instead_of_the_environment(tmp_path: Path) -> None:
    env_file = tmp_path / "gateway.env"
    env_file.write_text("# a comment\n\nexport R3MES_INFERENCE_MODE='mock'\nR3MES_MAX_NODES = 7\n")
    result = config("check", "--env-file", str(env_file), R3MES_INFERENCE_MODE="nonsense")
    assert (
        result.returncode == 0 and "R3MES_INFERENCE_MODE=mock" in result.stdout and "R3MES_MAX_NODES=7" in result.stdout
    )
    env_file.write_text("R3MES_INFERENCE_MODE: hunter2")
    result = config("check", "--env-file", str(env_file))
    assert result.returncode == 78 and "Line 1" in result.stderr and "hunter2" not in result.stderr
    env_file.write_bytes(b"\xff\xfe")
    assert config("check", "--env-file", str(env_file)).returncode == 78
    assert config("check", "--env-file", str(tmp_path / "none")).returncode == 78


@given(st.text(max_size=80))
def test_an_environment_file_is_read_or_refused(text: str) -> None:
    try:
        values = read_env_file(text)
    except EnvFileError as error:
        assert str(error).startswith("Line ")
    else:
        assert all(name.isidentifier() for name in values)


# --- production ---


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CORS_ALLOWED_ORIGINS", "*"),
        ("CORS_ALLOWED_ORIGINS", "https://localhost:3000"),
        ("CORS_ALLOWED_ORIGINS", "https://app.example.org,https://127.0.0.1"),
        ("CORS_ALLOWED_ORIGINS", "http://app.example.org"),
        ("DATABASE_URL", f"postgresql://r3mes:{STRONG}@localhost/r3mes"),
        ("DATABASE_URL", f"postgresql://r3mes:{STRONG}@[::1]:5432/r3mes"),
        ("DATABASE_URL", "postgresql://r3mes:short@database/r3mes"),
        ("DATABASE_URL", "postgresql://r3mes:change-me-change-me@database/r3mes"),
        ("DATABASE_URL", "postgresql://r3mes:aaaaaaaaaaaaaaaaaaaaaaa@database/r3mes"),
        ("REDIS_URL", "redis://cache:6379/0"),
        ("REDIS_URL", "redis://:redis@cache:6379/0"),
    ],
)
def test_production_refuses(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({**PRODUCTION, name: value})
    assert {problem.name for problem in refused.value.problems} == {name}
    if name != "CORS_ALLOWED_ORIGINS":
        assert value not in str(refused.value) and "change-me-change-me" not in str(refused.value)
    load_settings({name: value})


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"DATABASE_URL": "sqlite:////var/lib/r3mes/gateway.db"},
        {"DATABASE_URL": f"postgresql://r3mes:{STRONG}@database/r3mes", "REDIS_URL": f"redis://:{STRONG}@cache/0"},
        {"DATABASE_URL": "postgresql:///r3mes?host=/run/postgresql", "REDIS_URL": "unix:///run/redis.sock"},
        {"REDIS_URL": "redis://127.0.0.1:6379/0"},
        {"CORS_ALLOWED_ORIGINS": "https://app.example.org"},
    ],
)
def test_production_needs_no_cloud(more: dict[str, str]) -> None:
    load_settings({**PRODUCTION, **more})


@pytest.mark.parametrize(
    "value", ["mysql://x/y", "sqlite://host/x", "postgresql://h:port/x", "hunter2", "https://[", "sqlite://"]
)
def test_an_address_that_cannot_be_used_is_refused_and_not_shown(value: str) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        with pytest.raises(SettingsError) as refused:
            load_settings({name: value})
        assert value == "sqlite://" or value not in str(refused.value)


def test_secrets_do_not_show_in_the_settings_object() -> None:
    settings = load_settings({"DATABASE_URL": f"postgresql://r3mes:{STRONG}@database/r3mes"})
    assert STRONG not in repr(settings) and STRONG not in str(settings)


# --- origins ---


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("https://A.example.org/", ("https://a.example.org",)),
        ("https://a.example:443, http://b:80,,https://a.example", ("https://a.example", "http://b")),
        ("http://localhost:3000,http://[::1]:8080", ("http://localhost:3000", "http://[::1]:8080")),
        ("*", ("*",)),
    ],
)
def test_origins_are_read_as_browsers_send_them(text: str, origins: tuple[str, ...]) -> None:
    assert browser_origins(text) == origins


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "example.org",
        "https://",
        "https://a/b",
        "https://a?b",
        "https://*.a",
        "*,https://a",
        "ftp://a",
        "https://user@a",
        "https://a:99999",
        "https://a b",
        "https://a\r\nx: y",
    ],
)
def test_what_no_browser_sends_is_no_origin(text: str) -> None:
    with pytest.raises(SettingsError):
        load_settings({"CORS_ALLOWED_ORIGINS": text})


@given(st.text(max_size=60))
def test_origins_are_plain_header_values_or_refused(text: str) -> None:
    try:
        origins = browser_origins(text)
    except ValueError:
        return
    for origin in origins:
        assert origin.isprintable() and " " not in origin and browser_origins(origin) == (origin,)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.8.8.8", "::1", "0.0.0.0"])
def test_loopback_hosts(host: str) -> None:
    assert is_loopback(host) and not is_loopback("example.org") and not is_loopback(None)


def test_a_checked_url_is_returned_as_it_came() -> None:
    assert checked_url("redis://h:1/0", ("redis",)) == "redis://h:1/0"


# --- a browser's view ---


async def test_a_page_that_is_named_may_call(start_process: Any, client: Any) -> None:
    page = "https://app.example.org"
    url = start_process({"R3MES_INFERENCE_MODE": "mock", "CORS_ALLOWED_ORIGINS": page}).url
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    preflight = await client.options(f"{url}/v1/chat/completions", headers={"origin": page, **asked})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == page
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in preflight.headers
    called = await client.get(f"{url}/nope", headers={"origin": page})
    assert called.status_code == 404, "errors are readable for the page too"
    assert called.headers["access-control-allow-origin"] == page and called.headers["vary"] == "Origin"
    for stranger in ("https://evil.example", "null", page + ".evil.example", page.upper()):
        refused = await client.options(f"{url}/chat", headers={"origin": stranger, **asked})
        called = await client.get(f"{url}/health", headers={"origin": stranger})
        for response in (refused, called):
            assert "access-control-allow-origin" not in response.headers and response.headers["vary"] == "Origin"
    plain = await client.get(f"{url}/health")
    assert plain.headers["vary"] == "Origin" and "access-control-allow-origin" not in plain.headers


async def test_no_page_may_call_by_default(start_process: Any, client: Any) -> None:
    url = start_process({"R3MES_INFERENCE_MODE": "mock"}).url
    response = await client.options(
        f"{url}/chat", headers={"origin": "https://a.example", "access-control-request-method": "POST"}
    )
    assert response.status_code == 405 and "access-control-allow-origin" not in response.headers


async def test_every_page_may_call_in_development(start_process: Any, client: Any) -> None:
    url = start_process({"R3MES_INFERENCE_MODE": "mock", "CORS_ALLOWED_ORIGINS": "*"}).url
    response = await client.get(f"{url}/health", headers={"origin": "https://a.example"})
    assert response.headers["access-control-allow-origin"] == "*"
