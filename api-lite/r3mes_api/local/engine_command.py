"""How the engine beside the gateway is started: its command line and its environment. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from r3mes_protocol.wire import GatewayOrigin

_NOT_FOR_THE_ENGINE = re.compile(
    r"^(R3MES_|PYTHON|VIRTUAL_ENV|DATABASE_URL|REDIS_URL|CORS_|PYTEST|COVERAGE)|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE"
    r"|CREDENTIAL|MNEMONIC|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|SSH_AUTH_SOCK",
    re.IGNORECASE,
)

# Python writes what it says at once and in UTF-8, whatever the system's locale.
_PYTHON_CHILD = {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8:backslashreplace"}


@dataclass(frozen=True, slots=True)
class EngineCommand:
    python: str
    """The Python that has the engine and its libraries."""
    model: str
    device: str
    backend: str
    state_folder: Path
    """The node's key and converted models. The engine runs in it."""
    max_concurrency: int | None = None
    adapters: Path | None = None
    """A folder that holds a folder for each adapter."""
    embedding_model: Path | None = None

    def arguments(self, gateway: GatewayOrigin) -> tuple[str, ...]:
        """It holds no secret: the engine's key is the engine's own."""
        given: tuple[str, ...] = (
            *(self.python, "-m", "r3mes_engine", "serve", "--control", "stdio", "--gateway", gateway),
            *("--model", self.model, "--device", self.device, "--backend", self.backend),
            *("--state-dir", str(self.state_folder)),
        )
        if self.max_concurrency is not None:
            given += ("--max-concurrency", str(self.max_concurrency))
        if self.adapters is not None:
            given += ("--adapters", str(self.adapters.absolute()))
        if self.embedding_model is not None:
            given += ("--embedding-model", str(self.embedding_model.absolute()))
        return given


def engine_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """What the system and the GPU libraries need, and nothing of the gateway's settings and secrets."""
    kept = {name: value for name, value in inherited.items() if not _NOT_FOR_THE_ENGINE.search(name)}
    return {**kept, **_PYTHON_CHILD}


def default_state_folder(environ: Mapping[str, str], home: Path, platform: str) -> Path:
    """Where the engine's state lies when no setting names a folder: in the data folder of all programs."""
    chosen = environ.get("R3MES_HOME", "").strip()
    if chosen:
        data = Path(chosen).expanduser().absolute()
    elif platform == "win32":
        data = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "r3mes"
    elif platform == "darwin":
        data = home / "Library" / "Application Support" / "r3mes"
    else:
        data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "r3mes"
    return data / "gateway" / "engine"
