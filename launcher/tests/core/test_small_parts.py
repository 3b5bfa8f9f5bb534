"""The pure parts of the supervisor: outcomes, environments, lines, commands of roles."""

from __future__ import annotations

import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.child_environment import child_environment
from r3mes_launcher.core.line_splitter import LineSplitter
from r3mes_launcher.core.process_outcome import ProcessOutcome
from r3mes_launcher.core.role_command import Role, role_command
from r3mes_launcher.roles import run_role


@pytest.mark.parametrize(
    ("returncode", "sentence"),
    [
        (0, "ended with code 0"),
        (1, "ended with code 1"),
        (11, "ended with code 11: the model is missing or damaged"),
        (-9, "ended by SIGKILL: something ended it by force, perhaps the system because memory ran out"),
        (-11, "ended by SIGSEGV: it crashed"),
        (-250, "ended by signal 250"),
        (0xC0000005, "ended with code 0xC0000005: it crashed"),
    ],
)
def test_outcomes_are_sentences(returncode: int, sentence: str) -> None:
    assert ProcessOutcome(returncode).sentence() == sentence


MISLEADING = {
    "LD_LIBRARY_PATH": "/bundle/_internal",
    "PYTHONHOME": "/bundle",
    "PYTHONPATH": "/bundle",
    "_PYI_APPLICATION_HOME_DIR": "/bundle",
    "VIRTUAL_ENV": "/venv",
    "CONDA_PREFIX": "/conda",
    "UV_PYTHON": "3.9",
    "PIP_INDEX_URL": "https://user:password@mirror.example",
    "QT_PLUGIN_PATH": "/bundle/qt",
    "DYLD_LIBRARY_PATH": "/bundle",
    "R3MES_INFERENCE_MODE": "disabled",
}
SECRETS = {
    "HF_TOKEN": "hf_x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "DATABASE_PASSWORD": "x",
    "OPENAI_API_KEY": "x",
    "WALLET_MNEMONIC": "abandon abandon",
    "SSH_AUTH_SOCK": "/agent",
}
NEEDED = {
    "PATH": "/usr/bin",
    "HOME": "/home/a",
    "LANG": "tr_TR.UTF-8",
    "TMPDIR": "/tmp",
    "SYSTEMROOT": "C:\\Windows",
    "CUDA_VISIBLE_DEVICES": "GPU-1",
    "HTTPS_PROXY": "http://proxy:3128",
    "SSL_CERT_FILE": "/certs.pem",
    "XDG_CACHE_HOME": "/cache",
    "OMP_NUM_THREADS": "4",
}


def test_a_child_gets_what_it_needs_and_nothing_that_misleads_or_betrays() -> None:
    given_environment = {**MISLEADING, **SECRETS, **NEEDED}
    child = child_environment(given_environment, {"R3MES_INFERENCE_MODE": "mock"})
    assert {name: child[name] for name in NEEDED} == NEEDED
    assert child["R3MES_INFERENCE_MODE"] == "mock"
    assert not (set(MISLEADING) | set(SECRETS)) - {"R3MES_INFERENCE_MODE"} & set(child)
    assert {name for name in child if name.startswith("PYTHON")} == {
        "PYTHONUNBUFFERED", "PYTHONUTF8", "PYTHONIOENCODING",
    }  # fmt: skip


def test_the_persons_own_library_path_comes_back() -> None:
    child = child_environment({"LD_LIBRARY_PATH": "/bundle", "LD_LIBRARY_PATH_ORIG": "/opt/cuda"})
    assert child["LD_LIBRARY_PATH"] == "/opt/cuda"
    assert "LD_LIBRARY_PATH_ORIG" not in child


def test_only_the_installer_gets_pips_settings() -> None:
    assert "PIP_INDEX_URL" in child_environment(MISLEADING, keep_pip=True)


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=12))
def test_lines_do_not_depend_on_how_the_pipe_cuts_them(data: bytes, cuts: list[int]) -> None:
    limit = 20
    splitter = LineSplitter(limit)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    lines = [line for start, end in pairwise(places) for line in splitter.feed(data[start:end])]
    lines += splitter.end()
    *whole, last = data.split(b"\n")
    expected = [piece.removesuffix(b"\r") for piece in whole if len(piece) <= limit]
    rest = last.removesuffix(b"\r")
    assert lines == expected + ([rest] if rest and len(last) <= limit else [])
    assert splitter.oversized == sum(len(piece) > limit for piece in (*whole, last))


def test_an_endless_line_holds_no_memory() -> None:
    splitter = LineSplitter(1000)
    for _ in range(1000):
        assert splitter.feed(b"x" * 10_000) == []
    assert splitter.feed(b"\nfine\n") == [b"fine"]
    assert splitter.oversized == 1


def test_a_frozen_launcher_runs_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert role_command(Role.API_LITE) == (sys.executable, "-P", "-m", "r3mes_api")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert role_command(Role.API_LITE) == (sys.executable, "--role", "api-lite")


def test_only_known_roles_are_run() -> None:
    assert run_role([]) is None
    assert run_role(["--demo"]) is None
    assert run_role(["--role", "root"]) is None
    with pytest.raises(SystemExit) as ended:
        run_role(["--role", "api-lite", "--version"])
    assert ended.value.code == 0
