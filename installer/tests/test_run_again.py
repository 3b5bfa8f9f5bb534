"""The top level `conftest.py`: a test that failed while the machine stood still is run again, and no other one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a process is stopped by a signal of POSIX")

TESTS = """
import os
import subprocess
from pathlib import Path

import pytest


def tries(name):
    with Path(__file__).with_name(name).open("a+") as file:
        file.write(".")
        file.seek(0)
        return len(file.read())


def stand_still():
    subprocess.Popen(["sh", "-c", f"kill -STOP {os.getpid()}; sleep 1.2; kill -CONT {os.getpid()}"]).wait()


@pytest.fixture(scope="module")
def server():
    if tries("server") == 1:
        stand_still()
        raise TimeoutError("the server was late")


def test_well():
    stand_still()
    assert tries("well") == 1


def test_late():
    number = tries("late")
    if number == 1:
        stand_still()
    assert number == 2, "late"


def test_late_fixture(server):
    pass


def test_wrong():
    assert tries("wrong") == 2, "wrong"


def test_wrong_twice():
    stand_still()
    assert tries("twice") == 9, "wrong"
"""


def test_only_what_failed_while_the_machine_stood_still_is_run_again(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parents[2] / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    (tmp_path / "test_example.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "1", str(tmp_path)],
        capture_output=True, encoding="utf-8", timeout=110, cwd=tmp_path,
    )  # fmt: skip
    said = done.stdout
    again = sorted(line.split(": ")[0].split("::")[1] for line in said.splitlines() if line.startswith("RUN AGAIN"))
    assert again == ["test_late", "test_late_fixture", "test_wrong_twice"], said
    assert "2 failed, 3 passed" in said and "the machine stood still for 1." in said
    assert [len((tmp_path / name).read_text()) for name in ("late", "server", "well", "wrong", "twice")] == [
        2, 2, 1, 1, 2,
    ]  # fmt: skip
