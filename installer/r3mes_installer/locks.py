"""The locks: which packages each role needs, exactly, with hashes, for each platform."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from r3mes_installer.failure import Failure, FailureCode
from r3mes_installer.target import Accelerator, Platform, Target

MANIFEST = "manifest.json"


class Role(StrEnum):
    """What an environment is for; the value begins the names of its locks."""

    BOOTSTRAP = "bootstrap"
    """pip itself, first in each environment."""
    MAINTENANCE = "maintenance"
    """The tools that write the locks."""
    API_LITE = "api-lite"
    LAUNCHER = "launcher"
    ENGINE = "engine"
    TEST = "test"
    """Everything, with the tools of the tests."""


@dataclass(frozen=True, slots=True)
class RoleInputs:
    """What of pyproject.toml a role's lock is made of."""

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    without_dependencies: tuple[str, ...] = ()
    """Groups whose packages are taken alone: what they depend on is not installed."""
    accelerated: bool = False
    """Whether the lock differs by accelerator."""
    everywhere: bool = False
    """One lock serves all platforms."""


INPUTS: Mapping[Role, RoleInputs] = {
    Role.BOOTSTRAP: RoleInputs(groups=("bootstrap",), everywhere=True),
    Role.MAINTENANCE: RoleInputs(groups=("maintenance",)),
    # A server's stores by URL: with the drivers at hand nobody has to install anew for them.
    Role.API_LITE: RoleInputs(extras=("api-lite", "postgres", "redis")),
    Role.LAUNCHER: RoleInputs(extras=("launcher",)),
    Role.ENGINE: RoleInputs(extras=("engine",), without_dependencies=("builtin-model",), accelerated=True),
    Role.TEST: RoleInputs(
        extras=("api-lite", "engine", "launcher"),
        groups=("test", "lint", "maintenance"),
        without_dependencies=("builtin-model",),
        accelerated=True,
    ),
}

ACCELERATORS: Mapping[Platform, tuple[Accelerator, ...]] = {
    Platform.LINUX: (Accelerator.CPU, Accelerator.CUDA),
    # The package index has no CUDA build of torch for Windows, and Macs have no CUDA.
    Platform.WINDOWS: (Accelerator.CPU,),
    Platform.MACOS: (Accelerator.CPU,),
}


@dataclass(frozen=True, slots=True)
class LockSize:
    packages: int
    download_bytes: int


@dataclass(frozen=True, slots=True)
class Lock:
    """One file of locked requirements, and what it brings on one target."""

    name: str
    path: Path
    content: bytes
    size: LockSize


def lock_name(role: Role, platform: Platform, accelerator: Accelerator = Accelerator.CPU) -> str:
    inputs = INPUTS[role]
    if inputs.everywhere:
        return role.value
    if inputs.accelerated:
        return f"{role.value}-{platform.value}-{accelerator.value}"
    return f"{role.value}-{platform.value}"


def inputs_digest(pyproject: bytes) -> str:
    """SHA-256 over what the locks are made of; a change of anything else in pyproject.toml leaves it alone."""
    document: dict[str, Any] = tomllib.loads(pyproject.decode())
    project = document["project"]
    relevant = {
        "requires-python": project["requires-python"],
        "dependencies": project["dependencies"],
        "optional-dependencies": project["optional-dependencies"],
        "dependency-groups": document["dependency-groups"],
    }
    return hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """Raises Failure when the checkout's locks are incomplete."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failure(
            FailureCode.LOCKS,
            f"The locked requirements in {folder} can't be read ({error}).",
            "Get a fresh copy of R3MES.",
        ) from error
    return manifest


def read_lock(folder: Path, name: str, target: Target) -> Lock:
    """Raises Failure when the lock is missing or not made for this target."""
    path = folder / f"{name}.txt"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Failure(
            FailureCode.LOCKS, f"The locked requirements {path} can't be read ({error}).", "Get a fresh copy of R3MES."
        ) from error
    sizes = read_manifest(folder)["locks"].get(name, {}).get("python", {})
    if target.python not in sizes:
        supported = ", ".join(sizes) or "no version"
        raise Failure(
            FailureCode.NO_BUILD, f"The packages of {name} exist for Python {supported}, not for {target.python}."
        )
    return Lock(name, path, content, LockSize(**sizes[target.python]))
