from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

VECTORS = json.loads((Path(__file__).parent / "vectors" / "cosmjs.json").read_text())
CHECKOUT = Path(__file__).resolve().parents[3]
CHECKOUT_PATHS = os.pathsep.join(str(CHECKOUT / folder) for folder in ("launcher", "api-lite"))
PHRASE = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    """What CosmJS made (see vectors/generate.mjs)."""
    return VECTORS


@pytest.fixture
def phrase() -> str:
    """The published phrase of all-zero entropy, whose keys the vectors have."""
    return PHRASE


@pytest.fixture(scope="session")
def checkout_paths() -> str:
    """PYTHONPATH for child processes: this checkout, wherever the installed packages come from."""
    return CHECKOUT_PATHS


@pytest.fixture
def wallet_child(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a snippet in a process of its own, with this checkout's packages."""

    def run(code: str, *, expect: int | None = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        completed = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": CHECKOUT_PATHS, **environment},
        )
        assert expect is None or completed.returncode == expect, completed.stderr
        return completed

    return run


@pytest.fixture
def start_wallet_child(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a snippet that talks over its pipes; ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str, **environment: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": CHECKOUT_PATHS, **environment},
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.communicate()


def _chain_server() -> ModuleType:
    spec = importlib.util.spec_from_file_location("chain_server", Path(__file__).parent / "chain_server.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["chain_server"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def chain() -> Iterator[Any]:
    """A small chain behind HTTP, see chain_server.py."""
    made = _chain_server().Chain()
    yield made
    made.close()
