"""The description of the API against the API itself, by schemathesis."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis" + (".exe" if sys.platform == "win32" else ""))
pytestmark = pytest.mark.skipif(not SCHEMATHESIS.exists(), reason="schemathesis is not in this environment")


def check(start_gateway: Any, max_examples: int, *arguments: str) -> None:
    gateway = start_gateway(inference_mode="mock", mock_tokens_per_second=10_000, mock_first_token_s=0)
    result = subprocess.run(
        [
            *(SCHEMATHESIS, "run", f"{gateway.url}/openapi.json", f"--max-examples={max_examples}"),
            *("--request-timeout=20", "--no-color", *arguments),
        ],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=550,
    )
    assert result.returncode == 0, result.stdout[-8000:]
    assert re.search(r"(\d+) generated, \1 passed", result.stdout), result.stdout[-2000:]


def test_schemathesis_finds_nothing_in_a_short_look(start_gateway: Any) -> None:
    check(start_gateway, 3, "--phases=examples,fuzzing", "--seed=1")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_schemathesis_finds_nothing(start_gateway: Any) -> None:
    check(start_gateway, 30)
