"""Locks are written from what uv reports: only fitting wheels, per platform, with the sizes that pip would fetch."""

from __future__ import annotations

from pathlib import Path

import pytest

from r3mes_installer.failure import Failure
from r3mes_installer.locking import (
    CpuBuild,
    Package,
    locked_cpu_build,
    read_pylock,
    render,
    wheel_dependencies,
    with_cpu_build,
)
from r3mes_installer.target import Platform
from r3mes_installer.wheel_targets import PYTHONS, Wheel

LINUX_311 = Wheel("fast-1.0-cp311-cp311-manylinux_2_28_x86_64.whl", "a" * 64, 10)
WINDOWS_ABI3 = Wheel("fast-1.0-cp310-abi3-win_amd64.whl", "b" * 64, 20)
LINUX_ABI3 = Wheel("fast-1.0-cp310-abi3-manylinux2014_x86_64.whl", "c" * 64, 30)
MAC_INTEL = Wheel("fast-1.0-cp310-abi3-macosx_10_12_x86_64.whl", "d" * 64, 40)
MAC_ARM = Wheel("fast-1.0-cp310-abi3-macosx_11_0_arm64.whl", "e" * 64, 50)
NEW_GLIBC = Wheel("fast-1.0-cp310-abi3-manylinux_2_39_x86_64.whl", "f" * 64, 60)
PURE = Wheel("pure-2.0-py3-none-any.whl", "1" * 64, 7)
FAST = Package("fast", "1.0", "", (LINUX_311, WINDOWS_ABI3, LINUX_ABI3, MAC_INTEL, MAC_ARM, NEW_GLIBC))


def _hashes(text: str) -> set[str]:
    return {
        line.strip().removesuffix(" \\").removeprefix("--hash=sha256:")
        for line in text.splitlines()
        if "--hash" in line
    }


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        (Platform.LINUX, {LINUX_311.sha256, LINUX_ABI3.sha256}),
        (Platform.WINDOWS, {WINDOWS_ABI3.sha256}),
        (Platform.MACOS, {MAC_INTEL.sha256, MAC_ARM.sha256}),
    ],
)
def test_a_lock_holds_the_wheels_of_its_platform(platform: Platform, expected: set[str]) -> None:
    text, sizes = render([FAST], platform, "x")
    assert _hashes(text) == expected
    assert set(sizes) == set(PYTHONS)


def test_the_size_is_that_of_the_wheel_that_pip_prefers() -> None:
    _, sizes = render([FAST, Package("pure", "2.0", "", (PURE,))], Platform.LINUX, "x")
    assert sizes["3.11"] == {"packages": 2, "download_bytes": 10 + 7}
    assert sizes["3.12"] == {"packages": 2, "download_bytes": 30 + 7}


def test_markers_are_decided_per_platform_and_kept_per_python() -> None:
    packages = [
        Package("only-windows", "1.0", "sys_platform == 'win32'", (PURE,)),
        Package("backport", "1.0", "python_full_version < '3.13'", (PURE,)),
    ]
    text, sizes = render(packages, Platform.LINUX, "x")
    assert "only-windows" not in text
    assert 'backport==1.0 ; python_version == "3.11" or python_version == "3.12" \\' in text
    assert [sizes[python]["packages"] for python in PYTHONS] == [1, 1, 0, 0]
    assert "only-windows" in render(packages, Platform.WINDOWS, "x")[0]


def test_a_package_without_a_wheel_stops_the_locking() -> None:
    with pytest.raises(Failure, match=r"fast 1\.0 has no wheel for x"):
        render([Package("fast", "1.0", "", (WINDOWS_ABI3,))], Platform.LINUX, "x")


def test_a_cpu_build_for_some_pythons_serves_those() -> None:
    wheel = Wheel("torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl", "9" * 64, 1000)
    build = CpuBuild("2.13.0+cpu", (wheel,), ())
    packages = with_cpu_build([Package("torch", "2.13.0", "", ()), Package("pure", "2.0", "", (PURE,))], build)
    text, sizes = render(packages, Platform.LINUX, "x")
    assert "torch==2.13.0+cpu" in text and wheel.sha256 in text
    assert set(sizes) == {"3.11"}


def test_reads_what_uv_reports() -> None:
    [package] = read_pylock(
        """
        lock-version = "1.0"
        [[packages]]
        name = "fast"
        version = "1.0"
        marker = "sys_platform == 'linux'"
        sdist = { url = "https://example.invalid/fast-1.0.tar.gz", size = 5, hashes = { sha256 = "00" } }
        wheels = [
          { url = "https://example.invalid/a/fast-1.0%2Bcpu-py3-none-any.whl", size = 9, hashes = { sha256 = "11" } },
        ]
        """
    )
    assert package == Package(
        "fast", "1.0", "sys_platform == 'linux'", (Wheel("fast-1.0+cpu-py3-none-any.whl", "11", 9),)
    )


def test_an_earlier_cpu_build_is_remembered_for_its_version_only() -> None:
    locks = Path(__file__).resolve().parents[1] / "locks"
    build = locked_cpu_build(locks, "2.13.0+cpu")
    assert build is not None and build.wheels
    assert locked_cpu_build(locks, "9.9.9+cpu") is None
    assert locked_cpu_build(locks / "nowhere", "2.13.0+cpu") is None


def test_dependencies_of_a_wheel_are_read_without_its_extras(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "alpha-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "alpha-1.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: alpha\nRequires-Dist: beta>=1\nRequires-Dist: gamma; extra == 'more'\n",
        )
    assert wheel_dependencies(path) == ("beta>=1",)
