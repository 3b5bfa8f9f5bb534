"""What `serve` was asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from r3mes_engine.device import DeviceChoice
from r3mes_engine.models.memory_plan import QuantisationChoice
from r3mes_engine.upstream.command import LocalServer
from r3mes_protocol.wire import GatewayOrigin

BackendChoice = Literal["transformers", "upstream", "scripted"]

MAX_CONCURRENCY = 1024
"""Answers at once; a machine that can do more is handed to a bigger engine."""

DEFAULT_CONCURRENCY = {"cpu": 4, "cuda": 16}
"""On a CPU each stream beyond four only makes all of them slower."""

DEFAULT_ADAPTER_MB = {"cpu": 256, "cuda": 1024}
"""For loaded adapters: dozens of rank 8 for a small model, a dozen of rank 16 for one with 7B parameters."""


@dataclass(frozen=True, slots=True)
class UpstreamSettings:
    """Of the backend `upstream`: the URL of a server that is there, or one that the engine runs."""

    base: str | None = None
    key_file: Path | None = None
    """Holds the API key of the server at `base`."""
    model: str | None = None
    """Which of that server's models; None: its first."""
    context_tokens: int | None = None
    """What fits into the model, for a server that does not tell."""
    local: LocalServer | None = None


@dataclass(frozen=True, slots=True)
class ServeSettings:
    gateways: tuple[GatewayOrigin, ...]
    """In the order of preference; at least one."""
    model: str
    """`builtin`, a path, or a name of the catalogue."""
    catalogues: tuple[Path, ...]
    """Besides the engine's and the state folder's own."""
    device: DeviceChoice
    gpus: tuple[str, ...]
    """UUIDs of the GPUs that may be used; empty: any."""
    state_dir: Path
    backend: BackendChoice
    control_on_stdin: bool
    asks_for_token: bool
    """A gated model waits for a token by the control channel; otherwise the engine ends and says so."""
    grants: tuple[Path, ...]
    """One for each gateway that asks for one."""
    max_concurrency: int | None
    adapters: Path | None
    """A folder of adapter folders."""
    adapter_memory_mb: int | None
    """What loaded adapters may take; None: what fits the device."""
    quantisation: QuantisationChoice
    scripted_tokens: int
    scripted_tokens_per_second: float
    upstream: UpstreamSettings = UpstreamSettings()
    cuda_graphs: bool = False
    """Whether steps without adapters are recorded on the GPU and played back."""
    embedding_model: Path | None = None
    """The folder of a sentence-transformers model, for `/v1/embeddings`."""
    endpoint: str | None = None
    """Where a gateway may call the server of `upstream` directly; None: all goes through the node session."""
