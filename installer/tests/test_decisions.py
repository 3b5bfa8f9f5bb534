"""What the installer decides: which build, which platform, which place, which packages, which words. No processes."""

from __future__ import annotations

import ctypes.util
import io
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_installer import checks_command, run_command
from r3mes_installer.accelerator import offered_versions, wanted_accelerator
from r3mes_installer.cancellation import Cancellation
from r3mes_installer.disk import needed_bytes, require_space
from r3mes_installer.display import has_display, unreachable_display
from r3mes_installer.engine_command import run_engine
from r3mes_installer.environment import MARKER, Environment, Interpreter
from r3mes_installer.failure import Cancelled, Failure, FailureCode
from r3mes_installer.locations import Locations, data_directory
from r3mes_installer.locks import Role
from r3mes_installer.pip_runner import find_pip, pip_environment
from r3mes_installer.progress import ConsoleReporter, JsonReporter, Plan, readable_bytes
from r3mes_installer.system_packages import (
    DEBIAN_PACKAGE_OF_LIBRARY,
    System,
    find_or_install_pip,
    missing_test_tools,
    packages_for,
    this_system,
    unresolved,
)
from r3mes_installer.target import Accelerator, Platform, Target, platform_of
from r3mes_installer.workshop import Workshop

CHECKOUT = Path(__file__).resolve().parents[2]


def workshop(data: Path, target: Target, offers: bool | None) -> Workshop:
    interpreter = Interpreter("/usr/bin/python3", f"{target.python}.5")
    return Workshop(Locations(CHECKOUT, data), target, interpreter, lambda *_: offers)


LINUX_311 = Target(Platform.LINUX, "3.11")


class TestWhichBuild:
    def test_the_cpu_build_where_pip_finds_it(self, tmp_path: Path) -> None:
        for offers in (True, None):  # None: pip can't tell; the installation then will
            choice = workshop(tmp_path, LINUX_311, offers).choose(Role.ENGINE, Accelerator.CPU, Cancellation())
            assert choice.environment.lock.name == "engine-linux-x86_64-cpu"
            assert choice.note == ""

    def test_the_default_build_where_pip_does_not_and_it_says_so(self, tmp_path: Path) -> None:
        choice = workshop(tmp_path, LINUX_311, False).choose(Role.ENGINE, Accelerator.CPU, Cancellation())
        assert choice.environment.lock.name == "engine-linux-x86_64-cuda"
        assert "larger default build" in choice.note
        assert choice.environment.plan().download_bytes > 1_000_000_000

    def test_a_python_that_the_cpu_build_does_not_know(self, tmp_path: Path) -> None:
        target = Target(Platform.LINUX, "3.14")
        choice = workshop(tmp_path, target, True).choose(Role.ENGINE, Accelerator.CPU, Cancellation())
        assert choice.environment.accelerator is Accelerator.CUDA
        assert "3.14" in choice.note

    def test_what_is_complete_is_taken_without_asking(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Environment, "is_complete", lambda self: self.accelerator is Accelerator.CUDA)
        choice = workshop(tmp_path, LINUX_311, True).choose(Role.ENGINE, Accelerator.CPU, Cancellation())
        assert choice.environment.accelerator is Accelerator.CUDA
        assert choice.note == ""

    @pytest.mark.parametrize("platform", [Platform.WINDOWS, Platform.MACOS])
    def test_no_cuda_build_for_this_system(self, tmp_path: Path, platform: Platform) -> None:
        shop = workshop(tmp_path, Target(platform, "3.12"), None)
        with pytest.raises(Failure) as caught:
            shop.choose(Role.ENGINE, Accelerator.CUDA, Cancellation())
        assert caught.value.code is FailureCode.NO_BUILD

    def test_auto_takes_the_cpu_there_and_says_so(self, tmp_path: Path) -> None:
        shop = workshop(tmp_path, Target(Platform.WINDOWS, "3.12"), None)
        output = io.StringIO()
        environment = run_engine(shop, "auto", True, lambda: True, JsonReporter(output), Cancellation())
        events = [json.loads(line) for line in output.getvalue().splitlines()]
        assert environment.lock.name == "engine-windows-cpu"
        assert "no CUDA build" in events[0]["stage"]
        assert events[-1]["event"] == "plan"

    @pytest.mark.parametrize(
        ("choice", "gpu", "expected"),
        [("auto", True, "cuda"), ("auto", False, "cpu"), ("cpu", True, "cpu"), ("cuda", False, "cuda")],
    )
    def test_auto_follows_the_gpu(self, choice: str, gpu: bool, expected: str) -> None:
        assert wanted_accelerator(choice, gpu) is Accelerator(expected)

    def test_reads_the_versions_that_pip_offers(self) -> None:
        output = "torch (2.14)\nAvailable versions: 2.14.0, 2.13.0+cpu, 2.13.0\n  INSTALLED: 2.12"
        assert offered_versions(output) == {"2.14.0", "2.13.0+cpu", "2.13.0"}
        assert offered_versions("") == set()


class TestPlatform:
    @pytest.mark.parametrize(
        ("system", "machine", "expected"),
        [
            ("linux", "x86_64", Platform.LINUX),
            ("win32", "AMD64", Platform.WINDOWS),
            ("darwin", "arm64", Platform.MACOS),
            ("darwin", "x86_64", Platform.MACOS),
        ],
    )
    def test_known(self, system: str, machine: str, expected: Platform) -> None:
        assert platform_of(system, machine) is expected

    @pytest.mark.parametrize(("system", "machine"), [("linux", "aarch64"), ("win32", "ARM64"), ("freebsd14", "amd64")])
    def test_others_get_a_sentence(self, system: str, machine: str) -> None:
        with pytest.raises(Failure) as caught:
            platform_of(system, machine)
        assert caught.value.code is FailureCode.UNSUPPORTED_PLATFORM
        assert machine in caught.value.message

    @pytest.mark.parametrize(
        ("platform", "environ", "expected"),
        [
            (Platform.LINUX, {}, "/home/me/.local/share/r3mes"),
            (Platform.LINUX, {"XDG_DATA_HOME": "/data"}, "/data/r3mes"),
            (Platform.LINUX, {"R3MES_HOME": "/srv/node"}, "/srv/node"),
            (Platform.MACOS, {}, "/home/me/Library/Application Support/r3mes"),
            (Platform.WINDOWS, {"LOCALAPPDATA": "/local"}, "/local/r3mes"),
            (Platform.WINDOWS, {}, "/home/me/AppData/Local/r3mes"),
        ],
    )
    def test_the_data_directory(self, platform: Platform, environ: dict[str, str], expected: str) -> None:
        assert data_directory(platform, environ, Path("/home/me")) == Path(expected).absolute()

    def test_a_display(self) -> None:
        assert has_display(Platform.LINUX, {"DISPLAY": ":0"})
        assert has_display(Platform.LINUX, {"WAYLAND_DISPLAY": "wayland-0"})
        assert not has_display(Platform.LINUX, {"DISPLAY": ""})
        assert has_display(Platform.WINDOWS, {}) and has_display(Platform.MACOS, {})

    @pytest.mark.skipif(ctypes.util.find_library("X11") is None, reason="libX11 is not installed (Debian: libx11-6)")
    def test_a_display_that_does_not_answer(self, tmp_path: Path) -> None:
        assert unreachable_display(Platform.LINUX, {"DISPLAY": ":98765"}) == ":98765"
        assert unreachable_display(Platform.LINUX, {}) == ""
        assert unreachable_display(Platform.MACOS, {"DISPLAY": ":98765"}) == ""
        (tmp_path / "wayland-0").write_text("", encoding="ascii")
        wayland = {"DISPLAY": ":98765", "WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path)}
        assert unreachable_display(Platform.LINUX, wayland) == ""


class TestRun:
    @pytest.fixture
    def environment(self, tmp_path: Path) -> Environment:
        return workshop(tmp_path, LINUX_311, None).environment(Role.LAUNCHER)

    @pytest.mark.parametrize(
        ("window", "demo", "serve", "expected"),
        [
            (True, False, False, ["r3mes_launcher"]),
            (True, True, False, ["r3mes_launcher", "--demo"]),
            (True, False, True, ["r3mes_launcher", "--serve"]),
            (False, False, False, ["r3mes_launcher.cli", "chat", "--demo"]),
            (False, True, False, ["r3mes_launcher.cli", "chat", "--demo"]),
            (False, False, True, ["r3mes_launcher.cli", "chat", "--serve"]),
        ],
    )
    def test_what_is_started(
        self, environment: Environment, window: bool, demo: bool, serve: bool, expected: list[str]
    ) -> None:
        command = run_command.launcher_command(environment, window, demo, serve, ["--verbose"])
        assert command == [str(environment.python), "-P", "-m", *expected, "--verbose"]
        assert ("No display" in run_command.launch_sentence(window, demo, serve)) is not window

    def test_one_command_of_r3mes(self, environment: Environment) -> None:
        command = run_command.cli_command(environment, ["wallet", "derive"])
        assert command == [str(environment.python), "-P", "-m", "r3mes_launcher.cli", "wallet", "derive"]

    def test_another_pythons_modules_stay_out(self) -> None:
        environ = {"PYTHONPATH": "/x", "PYTHONHOME": "/y", "VIRTUAL_ENV": "/z", "PATH": "/bin", "PIP_INDEX_URL": "u"}
        assert run_command.child_variables(environ) == {"PATH": "/bin", "PIP_INDEX_URL": "u"}

    def test_missing_libraries_are_named_with_their_packages(self) -> None:
        failure = run_command.missing_libraries(["libxcb-cursor.so.0", "libEGL.so.1"], System(True, False))
        assert "libxcb-cursor.so.0" in failure.message
        assert "apt install libxcb-cursor0 libegl1" in failure.hint
        assert "apt" not in run_command.missing_libraries(["libEGL.so.1"], System(False, False)).hint


class TestSystemPackages:
    def test_reads_ldd(self) -> None:
        output = """/x/libqxcb.so:
        linux-vdso.so.1 (0x00007ffd)
        libxcb-icccm.so.4 => not found
        libxcb-keysyms.so.1 => not found
        libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)
/x/QtWidgets.abi3.so:
        libxcb-icccm.so.4 => not found
"""
        assert unresolved(output) == ["libxcb-icccm.so.4", "libxcb-keysyms.so.1"]
        assert packages_for(unresolved(output)) == ["libxcb-icccm4", "libxcb-keysyms1"]
        assert packages_for(["libodd.so.7"]) == []

    def test_the_table_knows_what_qt_was_measured_to_need(self) -> None:
        needed = (
            "libegl1 libgl1 libxkbcommon0 libfontconfig1 libdbus-1-3 libglib2.0-0 libbrotli1 libzstd1 libgssapi-krb5-2 "
            "libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0"
        )
        assert set(needed.split()) <= set(DEBIAN_PACKAGE_OF_LIBRARY.values())

    @pytest.mark.parametrize(
        ("text", "debian"),
        [("ID=debian\n", True), ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', True), ("ID=fedora\n", False), ("", False)],
    )
    def test_knows_debians_family(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, debian: bool
    ) -> None:
        monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
        (tmp_path / "os-release").write_text(text, encoding="ascii")
        assert this_system(tmp_path / "os-release").debian is debian

    @pytest.mark.parametrize(
        ("system", "executable", "installed"),
        [
            (System(debian=True, root=True), "/usr/bin/python3", True),
            (System(debian=True, root=False), "/usr/bin/python3", False),
            (System(debian=False, root=True), "/usr/bin/python3", False),
            (System(debian=True, root=True), "/opt/python/bin/python3", False),
        ],
    )
    def test_debians_venv_package_is_installed_by_root_only(
        self, monkeypatch: pytest.MonkeyPatch, system: System, executable: str, installed: bool
    ) -> None:
        monkeypatch.setattr("sys.executable", executable)
        packages: list[str] = []
        find_or_install_pip(
            system,
            Path("log"),
            JsonReporter(io.StringIO()),
            Cancellation(),
            available=lambda: False,
            install=lambda names, *_: packages.extend(names),
        )
        assert packages == ([f"python3.{sys.version_info.minor}-venv"] if installed else [])

    def test_a_python_without_pip_names_the_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        monkeypatch.setattr("sysconfig.get_config_var", lambda name: None)
        with pytest.raises(Failure) as caught:
            find_pip()
        assert caught.value.code is FailureCode.NO_VENV
        assert "apt install python3." in caught.value.hint

    def test_names_the_tools_of_the_tests(self) -> None:
        missing = missing_test_tools(lambda name: None)
        assert missing[:4] == ["xvfb", "xauth", "gcc", "libc6-dev"] and "chromium" in missing
        assert {"redis-server", "nginx-light", "openssl"} <= set(missing)
        browser = {"google-chrome": "/opt/google/chrome"}
        assert "chromium" not in missing_test_tools(browser.get)
        assert not {"xvfb", "xauth", "gcc"} & set(missing_test_tools(lambda name: f"/usr/bin/{name}"))


class TestChecks:
    def test_linters_come_first_and_pytest_gets_the_arguments(self, tmp_path: Path) -> None:
        environment = workshop(tmp_path, LINUX_311, None).environment(Role.TEST)
        steps = checks_command.steps(environment, CHECKOUT, True, ["-k", "chat"])
        assert [step.name for step in steps] == ["ruff check", "ruff format", "mypy", "import-linter", "pytest"]
        assert steps[-1].command[-2:] == ("-k", "chat")
        together, alone = checks_command.steps(environment, CHECKOUT, False, [])
        assert together.command[-1] == "not slow and not alone"
        assert "alone and not slow" in alone.command
        assert alone.command[-1] in checks_command.files_alone(CHECKOUT)

    def test_files_with_the_marker_are_found_wherever_it_stands(self, tmp_path: Path) -> None:
        marker = f"pytest.mark.{checks_command.ALONE}"
        texts = {
            "engine/tests/test_one.py": f"import pytest\n\n\n@{marker}\ndef test_it() -> None: ...\n",
            "launcher/tests/core/deep/test_all.py": f"pytestmark = [pytest.mark.model, {marker}]\n",
            "launcher/tests/test_other.py": "# a mark alone is none\n",
            "launcher/other/test_no_test.py": f"pytestmark = {marker}\n",
        }
        for name, text in texts.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        assert checks_command.files_alone(tmp_path) == list(texts)[:2]

    def test_a_step_that_hangs_is_ended_at_its_limit(self, tmp_path: Path) -> None:
        hanging = (sys.executable, "-c", "import time; time.sleep(600)")
        code = checks_command._run(hanging, tmp_path, dict(os.environ), Cancellation(), limit_s=0.2)
        assert code == checks_command.TIMED_OUT
        quick = (sys.executable, "-c", "raise SystemExit(3)")
        assert checks_command._run(quick, tmp_path, dict(os.environ), Cancellation(), limit_s=60.0) == 3

    @pytest.mark.parametrize(
        ("lint", "tests", "code", "words"),
        [(0, 0, 0, "All checks passed"), (1, 0, 1, "Failed.*: mypy"), (1, 2, 2, "mypy, pytest"), (0, 5, 5, "No test")],
    )
    def test_the_last_sentence(self, lint: int, tests: int, code: int, words: str) -> None:
        import re

        outcomes = [checks_command.Outcome("mypy", lint, 1.0), checks_command.Outcome("pytest", tests, 2.0)]
        given, sentence = checks_command.summary(outcomes)
        assert given == code
        assert re.search(words, sentence)

    def test_the_persons_own_settings_stay_out_of_the_tests(self) -> None:
        mine = {"R3MES_HOME": "/mine", "R3MES_ENGINE_PYTHON": "/x", "PYTHONDONTWRITEBYTECODE": "1"}
        environ = checks_command.checks_variables({**mine, "PATH": "/bin"})
        assert environ == {"PATH": "/bin", "LANG": "C.UTF-8", "OMP_WAIT_POLICY": "PASSIVE"}


class TestPipsOwnConfiguration:
    def test_is_respected_but_for_other_places(self) -> None:
        mine = {
            "PIP_INDEX_URL": "http://mirror",
            "PIP_FIND_LINKS": "/links",
            "PIP_CONSTRAINT": "c.txt",
            "PIP_CERT": "ca.pem",
            "HTTPS_PROXY": "http://proxy",
        }
        elsewhere = {"PIP_TARGET": "/t", "PIP_PREFIX": "/p", "PIP_USER": "1", "PYTHONPATH": "/x", "VIRTUAL_ENV": "/v"}
        environ = pip_environment({**mine, **elsewhere}, Path("/tmp/here"))
        assert {name: environ[name] for name in mine} == mine
        assert not set(elsewhere) & set(environ)
        assert environ["TMPDIR"] == str(Path("/tmp/here"))


class TestProgress:
    @given(st.integers(min_value=0, max_value=10**13))
    def test_sizes_are_readable(self, count: int) -> None:
        text = readable_bytes(count)
        number, unit = text.split(" ")
        assert unit in ("kB", "MB", "GB")
        assert len(number) <= 8

    def test_json_lines_follow_the_contract_and_do_not_flood(self) -> None:
        now = [0.0]
        output = io.StringIO()
        reporter = JsonReporter(output, lambda: now[0])
        reporter.plan(Plan(5, 10, "/x", False, ""))
        for done in range(1000):
            now[0] += 0.001
            reporter.progress("Downloading", done, 1000, "bytes")
        reporter.progress("Downloading", 1000, 1000, "bytes")
        events = [json.loads(line) for line in output.getvalue().splitlines()]
        assert events[0] == {
            "event": "plan",
            "download_bytes": 5,
            "disk_bytes": 10,
            "location": "/x",
            "provisioned": False,
            "python": "",
        }
        assert len(events) < 10
        assert events[-1] == {"event": "progress", "stage": "Downloading", "done": 1000, "total": 1000, "unit": "bytes"}

    def test_a_terminal_gets_a_bar_and_a_file_gets_lines(self) -> None:
        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        for stream, bar in ((Terminal(), True), (io.StringIO(), False)):
            now = [0.0]

            def clock(now: list[float] = now) -> float:
                return now[0]

            reporter = ConsoleReporter(stream, verbose=False, clock=clock)
            for done in (0, 50, 100):
                now[0] += 60
                reporter.progress("Downloading", done * 10**6, 100 * 10**6, "bytes")
            reporter.say("Ready.")
            text = stream.getvalue()
            assert "50 MB of 100 MB" in text and text.endswith("Ready.\n")
            assert ("[###" in text) is bar
            assert ("\r" in text) is bar

    def test_pips_lines_only_on_request(self) -> None:
        quiet, verbose = io.StringIO(), io.StringIO()
        ConsoleReporter(quiet, verbose=False).detail("Collecting alpha")
        ConsoleReporter(verbose, verbose=True).detail("Collecting alpha")
        assert quiet.getvalue() == "" and "Collecting alpha" in verbose.getvalue()


class TestDisk:
    @given(free=st.integers(0, 10**13), download=st.integers(0, 10**10))
    def test_space_is_refused_exactly_when_it_is_too_little(self, free: int, download: int) -> None:
        needed = needed_bytes(download, Accelerator.CPU)
        try:
            require_space(Path("/x"), needed, lambda _: free)
        except Failure as failure:
            assert free < needed
            assert failure.code is FailureCode.NO_DISK
        else:
            assert free >= needed


class TestCancellation:
    def test_listeners_hear_it_at_once_also_when_late(self) -> None:
        cancellation, heard = Cancellation(), []
        with cancellation.calling(lambda: heard.append("early")):
            cancellation.cancel()
        with cancellation.calling(lambda: heard.append("late")):
            pass
        assert heard == ["early", "late"]
        with pytest.raises(Cancelled):
            cancellation.wait(10)


def test_the_environments_name_depends_on_all_that_it_is_made_of(tmp_path: Path) -> None:
    base: dict[str, Any] = {"data": tmp_path, "target": LINUX_311, "offers": None}
    first = workshop(**base).environment(Role.LAUNCHER)
    other_python = workshop(**{**base, "target": Target(Platform.LINUX, "3.12")}).environment(Role.LAUNCHER)
    lock = replace(first.lock, content=first.lock.content + b"# changed\n")
    other_lock = Environment(
        Role.LAUNCHER, lock, lock, Locations(CHECKOUT, tmp_path), Interpreter("/usr/bin/python3", "3.11.5")
    )
    other_checkout = Environment(
        Role.LAUNCHER, first.lock, lock, Locations(tmp_path, tmp_path), Interpreter("/usr/bin/python3", "3.11.5")
    )
    assert len({each.path for each in (first, other_python, other_lock, other_checkout)}) == 4
    assert not (first.path / MARKER).exists()
