"""Which server it is, and what it understands beyond OpenAI's own parameters. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Dialect = Literal["vllm", "llama.cpp", "openai"]

DEFAULT_CONTEXT_TOKENS = 4096
"""Of a server that does not tell; a request beyond the real one is refused by the server itself."""


@dataclass(frozen=True, slots=True)
class UpstreamModel:
    """One model of a server."""

    name: str
    """As the server calls it."""
    dialect: Dialect
    context_tokens: int | None
    adapters: tuple[str, ...]
    """Adapters of this model that the server lists by itself."""


def find_model(listing: Any, wanted: str | None) -> UpstreamModel:
    """From the answer to `GET /v1/models`. `wanted`: by name; None: the only base model, or the first one.

    Raises ValueError with a sentence.
    """
    entries = listing.get("data") if isinstance(listing, Mapping) else None
    if not isinstance(entries, list):
        raise ValueError("It lists no models in OpenAI's shape.")
    models = [entry for entry in entries if isinstance(entry, Mapping) and isinstance(entry.get("id"), str)]
    bases = [entry for entry in models if not entry.get("parent")]
    found = next((entry for entry in bases if wanted in (None, entry["id"])), None)
    if found is None:
        names = ", ".join(repr(entry["id"][:60]) for entry in bases[:8]) or "none"
        raise ValueError(f"It has no model {wanted!r}; it has {names}." if wanted else "It has no model.")
    adapters = tuple(entry["id"] for entry in models if entry.get("parent") == found["id"])
    return UpstreamModel(found["id"], _dialect(found), _context(found), adapters)


def _dialect(entry: Mapping[str, Any]) -> Dialect:
    owner = entry.get("owned_by")
    return "vllm" if owner == "vllm" else "llama.cpp" if owner == "llamacpp" else "openai"


def _context(entry: Mapping[str, Any]) -> int | None:
    """vLLM tells its limit; llama.cpp tells each slot's in newer versions, and what the model was trained with."""
    meta = entry.get("meta")
    told = [entry.get("max_model_len")]
    if isinstance(meta, Mapping):
        told += [meta.get("n_ctx"), meta.get("n_ctx_train")]
    return next((value for value in told if type(value) is int and value > 0), None)


def continues_answers(dialect: Dialect) -> bool:
    """Whether it can go on with an assistant's turn that another node began."""
    return dialect == "vllm"
