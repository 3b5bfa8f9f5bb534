"""The installer as a person or the launcher starts it: real processes against an index of the tests' own."""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from r3mes_installer.command_line import parser, split_arguments

INSTALLER = Path(__file__).resolve().parents[1]
DEADLINE_S = 30.0


def events(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE_S} s: {what}"
        time.sleep(0.02)


def test_plans_makes_and_finds_the_engines_environment(command: Any) -> None:
    planned = command.run("engine", "--json", "--plan", "--accelerator", "cpu")
    [plan] = events(planned.stdout)
    assert planned.returncode == 0, planned.stderr
    assert plan["event"] == "plan" and plan["provisioned"] is False and plan["python"] == ""
    assert plan["download_bytes"] > 200_000 and plan["disk_bytes"] > plan["download_bytes"]
    assert not Path(plan["location"]).exists()

    line = [sys.executable, str(command.folder), "engine", "--json", "--accelerator", "cpu"]
    made = subprocess.run(line, env=command.environ, capture_output=True, text=True, timeout=60, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    seen = events(made.stdout)
    assert {"plan", "progress", "done"} == {event["event"] for event in seen}
    assert all(
        set(event) == {"event", "stage", "done", "total", "unit"} for event in seen if event["event"] == "progress"
    )
    assert seen[-1]["event"] == "done"
    python = seen[-1]["python"]
    assert Path(python).is_relative_to(plan["location"])
    subprocess.run([python, "-I", "-c", "import torch, transformers, r3mes_engine"], check=True)

    began = time.monotonic()
    again = events(command.run("engine", "--json", "--accelerator", "cpu").stdout)
    assert time.monotonic() - began < 5
    assert [event["event"] for event in again] == ["plan", "done"]
    assert again[0]["provisioned"] is True and again[0]["python"] == python == again[1]["python"]


class TestInterrupted:
    """The installer is ended while pip downloads a wheel from an index that has stopped sending."""

    @staticmethod
    def pips(bench: Any) -> list[int]:
        """Processes that belong to an environment of the bench."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if str(bench.locations.environments).encode() in line and b"watched_child" in line:
                found.append(int(folder.name))
        return found

    @staticmethod
    @contextmanager
    def started(command: Any, index: Any, *arguments: str, stdin: int = subprocess.DEVNULL) -> Iterator[Any]:
        with command.start("engine", "--json", "--accelerator", "cpu", *arguments, stdin=stdin) as process:
            try:
                assert index.stalled.wait(DEADLINE_S), "pip did not get as far as the wheel that stalls"
                yield process
            finally:
                process.kill()

    @pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc to look for processes left behind")
    def test_killed_it_leaves_no_pip_and_the_next_run_repairs(
        self, bench: Any, command: Any, stalling_index: Any
    ) -> None:
        with self.started(command, stalling_index) as process:
            assert self.pips(bench)
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=30)
        wait_for(lambda: not self.pips(bench), "pip ends with the installer")
        stalling_index.released.set()

        done = command.run("engine", "--json", "--accelerator", "cpu")
        assert done.returncode == 0, done.stdout
        stages = [event.get("stage", "") for event in events(done.stdout)]
        assert "An earlier installation was interrupted; starting it again." in stages

    def test_the_end_of_stdin_cancels(self, command: Any, stalling_index: Any) -> None:
        with self.started(command, stalling_index, "--watch-stdin", stdin=subprocess.PIPE) as process:
            began = time.monotonic()
            stdout, stderr = process.communicate(timeout=30)  # closes stdin
            assert time.monotonic() - began < 5
        assert process.returncode == 130
        assert events(stdout)[-1]["code"] == "cancelled"
        assert stderr == ""

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows can't send Ctrl-C to one process")
    def test_ctrl_c_ends_with_a_sentence(self, command: Any, stalling_index: Any) -> None:
        with self.started(command, stalling_index) as process:
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=30)
        assert process.returncode == 130
        assert events(stdout)[-1]["code"] == "cancelled"
        assert "Traceback" not in stderr


def test_a_missing_package_is_an_event_and_a_code(bench: Any, command: Any) -> None:
    next(bench.index.glob("torch-*.whl")).unlink()
    as_json = command.run("engine", "--json", "--accelerator", "cpu")
    assert as_json.returncode == 3
    error = events(as_json.stdout)[-1]
    assert error["event"] == "error" and error["code"] == "no_build" and error["message"] and error["hint"]


def test_a_person_gets_sentences(bench: Any, command: Any) -> None:
    in_the_way = bench.root / "file"
    in_the_way.write_text("", encoding="ascii")
    done = command.run("engine", "--accelerator", "cpu", "--home", str(in_the_way))
    assert done.returncode == 3
    assert "can't be written" in done.stderr and "R3MES_HOME" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_traceback(command: Any) -> None:
    with command.start("engine", "--json", "--plan", "--accelerator", "cpu") as process:
        process.stdout.close()
        stderr = process.stderr.read()
        process.wait(30)
    assert "Traceback" not in stderr


NOBODY = 65534


def python_for_anybody() -> str:
    """A Python that is not root's own, or an empty string."""
    line = "import sys; assert (3, 11) <= sys.version_info < (3, 15), sys.version"
    prefix = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    for candidate in (shutil.which("python3", path="/usr/local/bin:/usr/bin"), sys.executable):
        if (
            candidate
            and subprocess.run([*prefix, candidate, "-c", line], capture_output=True, check=False).returncode == 0
        ):
            return candidate
    return ""


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="only root can become another user, and needs setpriv for it",
)
def test_a_user_without_rights_makes_it_in_a_directory_of_their_own(bench: Any, command: Any) -> None:
    python = python_for_anybody()
    if not python:
        pytest.skip("no Python from 3.11 to 3.14 on this computer that the user nobody may run")
    folder = bench.root / "user"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    # pytest's folders are root's alone; the user needs a way to the checkout, the index and pip.
    for path in {*bench.root.parents, bench.root, *bench.pip.folder.parents}:
        if not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o011)
    environ = {**command.environ, "HOME": str(folder), "R3MES_HOME": str(folder / "data"), "TMPDIR": str(folder)}
    prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    line = [*prefix, python, str(command.script), "engine", "--json", "--accelerator", "cpu"]
    done = subprocess.run(line, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert events(done.stdout)[-1]["python"].startswith(str(folder / "data"))


class TestOldPythons:
    SOURCE = (INSTALLER / "__main__.py").read_text(encoding="utf-8")

    def test_the_entry_file_has_the_grammar_of_old_pythons(self) -> None:
        tree = ast.parse(self.SOURCE, feature_version=(3, 4))
        modern = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.AsyncFunctionDef, ast.Match, ast.Nonlocal)
        assert [node for node in ast.walk(tree) if isinstance(node, modern)] == []
        annotated = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.returns]
        assert annotated == []
        # What is not ASCII needs a declaration in Python 2.
        assert self.SOURCE.isascii()

    @staticmethod
    def refusal(version: tuple[int, int]) -> str | None:
        space: dict[str, Any] = {"__name__": "entry"}
        exec(compile(TestOldPythons.SOURCE, "__main__.py", "exec"), space)
        answer: str | None = space["refuse_python"]((*version, 0), "/usr/bin/python3")
        return answer

    @pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13), (3, 14)])
    def test_supported_pythons_go_on(self, version: tuple[int, int]) -> None:
        assert self.refusal(version) is None

    @pytest.mark.parametrize(("version", "word"), [((2, 7), "too old"), ((3, 10), "too old"), ((3, 15), "newer")])
    def test_others_get_a_sentence(self, version: tuple[int, int], word: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        answer = self.refusal(version)
        assert answer is not None and word in answer and "3.11" in answer

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows finds Pythons by its launcher, not on PATH")
    def test_a_suitable_one_on_the_path_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        other = tmp_path / "python3.12"
        other.write_text("", encoding="ascii")
        other.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert "python3.12" in (self.refusal((3, 9)) or "")


def test_what_follows_two_dashes_is_passed_on() -> None:
    assert split_arguments(["test", "--no-lint", "--", "-k", "chat", "--", "x"]) == (
        ["test", "--no-lint"],
        ["-k", "chat", "--", "x"],
    )
    assert split_arguments(["run", "--demo"]) == (["run", "--demo"], [])


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["engine", "--accelerator", "tpu"], ["run", "surplus"]])
def test_wrong_usage_ends_with_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parser().parse_args(arguments)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err
