"""pip's output becomes progress and reasons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_installer.failure import FailureCode
from r3mes_installer.pip_output import PipProgress, advance, explain, is_noise, local_file

LINES = [
    "Collecting torch==2.13.0 (from -r lock.txt (line 3))",
    "  Downloading torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl (100 kB)",
    "Progress 0 of 100000",
    "Progress 60000 of 100000",
    "Progress 100000 of 100000",
    "  Using cached numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl (1.5 MB)",
    "  Downloading six-1.0-py3-none-any.whl (11 kB)",
    "Progress 5000 of 11000",
]


def test_counts_downloads_cached_and_local_files() -> None:
    progress = PipProgress()
    for line in LINES:
        progress = advance(progress, line)
    assert progress.bytes_done == 100_000 + 1_500_000 + 5_000

    line = "Processing /opt/wheels/alpha-1.0-py3-none-any.whl (from -r lock.txt)"
    assert local_file(line) == ""
    progress = advance(progress, "Processing /opt/wheels/alpha-1.0-py3-none-any.whl", 700)
    assert progress.bytes_done == 100_000 + 1_500_000 + 5_000 + 700
    progress = advance(progress, "Installing collected packages: torch, numpy, six")
    assert progress.installing == 3


@given(st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=40)), max_size=30))
def test_progress_never_loses_what_is_complete(lines: list[str]) -> None:
    progress = PipProgress()
    for line in lines:
        after = advance(progress, line)
        assert after.finished_bytes >= progress.finished_bytes
        assert after.bytes_done >= 0
        progress = after


def test_only_progress_lines_are_noise() -> None:
    assert is_noise("Progress 5 of 10")
    assert not is_noise("ERROR: Progress 5 of 10 was all")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "no_disk"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "hash_mismatch"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))", "certificate"),
        ("WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError(...)'", "no_network"),
        ("HTTPSConnection: Failed to resolve 'index' ([Errno -2] Name or service not known)", "no_network"),
        ("WARNING: ... 'ProxyError('Cannot connect to proxy.')'", "no_network"),
        ("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/x'", "no_permission"),
        ("ERROR: ResolutionImpossible: for help visit the manual", "pip_configuration"),
        ("ERROR: No matching distribution found for torch==2.13.0+cpu", "no_build"),
        ("ERROR: Could not find a version that satisfies the requirement x (from versions: none)", "no_build"),
        ("ERROR: the moon is full", "pip_failed"),
        ("", "pip_failed"),
    ],
)
def test_names_the_reason(text: str, code: str) -> None:
    failure = explain(text.splitlines(), "pip.log")
    assert failure.code is FailureCode(code)
    assert failure.message.endswith((".", "full", "nothing"))
    assert "pip.log" in failure.hint


def test_a_lost_network_wins_over_the_missing_package_that_it_causes() -> None:
    lines = [
        "WARNING: Retrying after connection broken by 'NewConnectionError('Network is unreachable')'",
        "ERROR: Could not find a version that satisfies the requirement alpha (from versions: none)",
        "ERROR: No matching distribution found for alpha",
    ]
    assert explain(lines, "log").code is FailureCode.NO_NETWORK
