"""The description of the API against the API itself, by schemathesis, which is no dependency of the tests."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest

SCHEMATHESIS = shutil.which("schemathesis")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(SCHEMATHESIS is None, reason="schemathesis is not on the PATH (pip install schemathesis)")
def test_schemathesis_finds_nothing(start_gateway: Any) -> None:
    gateway = start_gateway(inference_mode="mock", mock_tokens_per_second=10_000, mock_first_token_s=0)
    assert SCHEMATHESIS is not None
    result = subprocess.run(
        [SCHEMATHESIS, "run", f"{gateway.url}/openapi.json", "--max-examples=30", "--request-timeout=20", "--no-color"],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=550,
    )
    assert result.returncode == 0, result.stdout[-8000:]
    assert re.search(r"(\d+) generated, \1 passed", result.stdout), result.stdout[-2000:]
