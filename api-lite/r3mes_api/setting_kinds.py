"""The kinds of settings: which words, numbers and addresses there are, and how they are read from the environment."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BeforeValidator, Field

from r3mes_api.accounts.client_address import parse_networks
from r3mes_api.addresses import browser_origins, checked_url
from r3mes_api.price_list import price_list
from r3mes_protocol.origin import gateway_origin


class InferenceMode(StrEnum):
    DISABLED = "disabled"
    MOCK = "mock"
    REMOTE = "remote"
    LOCAL = "local"

    @property
    def has_nodes(self) -> bool:
        return self in (InferenceMode.REMOTE, InferenceMode.LOCAL)


class NodeAuth(StrEnum):
    GRANT = "grant"
    """A node shows a grant that its owner signed."""
    OPEN = "open"
    """Any node may register. For development, before wallets exist."""


class Profile(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class LocalDevice(StrEnum):
    AUTO = "auto"
    CUDA = "cuda"
    CPU = "cpu"


class LocalBackend(StrEnum):
    TRANSFORMERS = "transformers"
    SCRIPTED = "scripted"


class StakePolicy(StrEnum):
    OFF = "off"
    """Nobody's stake is asked for."""
    WARN = "warn"
    """It is asked for and shown, and keeps nobody out."""
    REQUIRE = "require"
    """Who has too little is not registered."""


class Switch(StrEnum):
    ON = "on"
    OFF = "off"


def as_word(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def as_origin(value: object) -> object:
    return gateway_origin(value) if isinstance(value, str) else value


def setting(
    default: Any, allowed: str, example: str, *, variable: str | None = None, secret: bool = False, **bounds: Any
) -> Any:
    """`variable` is the name in the environment where it has no prefix; a secret's value is never shown."""
    extra: dict[str, Any] = {"allowed": allowed, "example": example, "variable": variable, "secret": secret}
    return Field(default=default, json_schema_extra=extra, repr=not secret, **bounds)


def as_database(value: object) -> object:
    return checked_url(value, ("sqlite", "postgres", "postgresql")) if isinstance(value, str) else value


def as_redis(value: object) -> object:
    return checked_url(value, ("redis", "rediss", "unix")) if isinstance(value, str) else value


def as_browser_origins(value: object) -> object:
    return browser_origins(value) if isinstance(value, str) else value


def as_chain_urls(value: object) -> object:
    if not isinstance(value, str):
        return value
    urls = tuple(checked_url(part.strip(), ("http", "https")).rstrip("/") for part in value.split(",") if part.strip())
    if any("@" in url or "?" in url or "#" in url for url in urls):
        raise ValueError("an address of the chain has no password and no query")
    return urls


def share(default: float) -> Any:
    return setting(default, "a number from 0 to 1", f"{default:g}", ge=0, le=1)


def as_networks(value: object) -> object:
    return tuple(str(network) for network in parse_networks(value)) if isinstance(value, str) else value


def as_prices(value: object) -> object:
    return price_list(value) if isinstance(value, str) else value


def seconds(default: float, *, low: float = 0.05, high: float = 86400.0) -> Any:
    return setting(default, f"a number of seconds from {low:g} to {high:g}", f"{default:g}", ge=low, le=high)


def count(default: int, *, low: int = 1, high: int = 1_000_000) -> Any:
    return setting(default, f"a whole number from {low} to {high}", str(default), ge=low, le=high)


Forgiving = BeforeValidator(as_word)
