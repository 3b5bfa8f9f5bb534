from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from r3mes_engine.errors import EngineExit
from r3mes_engine.node.key import FILE_NAME, load_or_create_node_key
from r3mes_protocol.exit_codes import ExitCode

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")


def refused(state: Path, word: str) -> None:
    before = (state / FILE_NAME).read_bytes()
    with pytest.raises(EngineExit, match=word) as refusal:
        load_or_create_node_key(state)
    assert refusal.value.exit_code is ExitCode.KEY_OR_GRANT_INVALID
    assert refusal.value.hint
    # A key that can't be used is never overwritten: it may be the only one.
    assert (state / FILE_NAME).read_bytes() == before


def test_the_key_is_made_once_and_kept(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "state"
    key = load_or_create_node_key(state)
    assert bytes(load_or_create_node_key(state)) == bytes(key)
    assert [path.name for path in state.iterdir()] == [FILE_NAME]


@needs_posix
def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    state = tmp_path / "state"
    before = os.umask(0)
    try:
        load_or_create_node_key(state)
    finally:
        os.umask(before)
    assert stat.S_IMODE((state / FILE_NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700


@needs_posix
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o666, 0o777])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    load_or_create_node_key(tmp_path)
    (tmp_path / FILE_NAME).chmod(mode)
    refused(tmp_path, "other users")


@pytest.mark.parametrize("content", [b"", b"00" * 31, b"00" * 33, b"zz" * 32, b"\xff" * 64, b"0" * 100_000])
def test_a_damaged_key_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    path.chmod(0o600)
    refused(tmp_path, "damaged")


@needs_posix
def test_a_link_is_refused(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere"
    real.write_text(bytes(SigningKey.generate()).hex())
    real.chmod(0o600)
    state = tmp_path / "state"
    state.mkdir()
    (state / FILE_NAME).symlink_to(real)
    refused(state, "can't be read")


def test_engines_that_start_together_get_one_key(tmp_path: Path) -> None:
    keys: list[bytes] = []
    start = threading.Barrier(8)

    def load() -> None:
        start.wait()
        keys.append(bytes(load_or_create_node_key(tmp_path)))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineExit, match=r"can't be (written|read)"):
        load_or_create_node_key(tmp_path / "file" / "state")
