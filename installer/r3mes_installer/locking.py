"""Writes the locks. For maintainers: `python3 installer lock`. Needs uv and `packaging`.

One universal resolution of everything (all extras and groups, Python 3.11 to 3.14, all platforms) fixes the versions;
the locks of the roles are parts of it, so that the programs agree on every version. uv reports each wheel with its
size and hash; only wheels that fit the lock's platform are written, never source archives: pip then can't build
anything on a user's computer. The locks hold no addresses: pip's own configuration says where packages come from.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from email.parser import HeaderParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.markers import Marker
from packaging.requirements import Requirement

from r3mes_installer.failure import Failure, FailureCode
from r3mes_installer.locations import checkout_of_installer
from r3mes_installer.locks import ACCELERATORS, INPUTS, MANIFEST, Role, RoleInputs, inputs_digest, lock_name
from r3mes_installer.requirements_export import write_exports
from r3mes_installer.target import Accelerator, Platform
from r3mes_installer.wheel_targets import MACHINES, PYTHONS, Wheel, best_wheel, fitting_wheels, marker_environment

PROJECT = "r3mes"
CPU_BUILD_OF = "torch"
"""The package whose default build on Linux carries CUDA, and which has a build for CPUs beside it."""
CPU_PLATFORM_TAG = "manylinux_2_28_x86_64"
RESOLVE_TIMEOUT_S = 300
"""uv answers in seconds with a warm cache; a slow index may take minutes."""
DOWNLOAD_TIMEOUT_S = 1800
"""The CPU build of torch has about 200 MB."""


@dataclass(frozen=True, slots=True)
class Package:
    name: str
    version: str
    marker: str
    wheels: tuple[Wheel, ...]

    def applies(self, environment: Mapping[str, str]) -> bool:
        return not self.marker or Marker(self.marker).evaluate(dict(environment))


@dataclass(frozen=True, slots=True)
class CpuBuild:
    """The CPU build of torch: its local version, wheels and dependencies."""

    version: str
    wheels: tuple[Wheel, ...]
    dependencies: tuple[str, ...]


def write_locks(checkout: Path, upgrade: bool) -> list[str]:
    """Writes all locks and the manifest; returns sentences for the person. Raises Failure."""
    pyproject = checkout / "pyproject.toml"
    folder = checkout / "installer" / "locks"
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        resolver = Resolver(pyproject, Path(scratch), previous_pins(folder) if not upgrade else [])
        versions = resolver.resolve_everything()
        cpu_build = find_cpu_build(folder, Path(scratch), versions[CPU_BUILD_OF])
        if cpu_build is None:
            notes.append(f"pip finds no CPU build of {CPU_BUILD_OF} {versions[CPU_BUILD_OF]}: no such lock is written.")
        files: dict[str, str] = {}
        manifest: dict[str, Any] = {"inputs_sha256": inputs_digest(pyproject.read_bytes()), "locks": {}}
        if cpu_build is not None:
            manifest["cpu_build"] = asdict(cpu_build)
        for role, inputs in INPUTS.items():
            default = resolver.resolve_role(inputs)
            for platform in Platform:
                for accelerator in ACCELERATORS[platform] if inputs.accelerated else (Accelerator.CPU,):
                    packages = default
                    if inputs.accelerated and platform is Platform.LINUX and accelerator is Accelerator.CPU:
                        if cpu_build is None:
                            continue
                        packages = with_cpu_build(resolver.resolve_role(inputs, cpu_build), cpu_build)
                    name = lock_name(role, platform, accelerator)
                    files[name], sizes = render(packages, platform, name)
                    manifest["locks"][name] = {"python": sizes}
    for stale in folder.glob("*.txt"):
        stale.unlink()
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text, encoding="ascii", newline="\n")
    text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(text, encoding="ascii", newline="\n")
    names = write_exports(folder.parent)
    return [*notes, f"Wrote {len(files)} locks to {folder}, and {' and '.join(names)} beside it."]


def previous_pins(folder: Path) -> list[str]:
    """What is locked now, so that a new lock changes no more than it must."""
    pins: set[str] = set()
    for path in folder.glob(f"{Role.TEST.value}-*.txt"):
        for line in path.read_text(encoding="ascii").splitlines():
            if line and line[0] not in "# ":
                pins.add(line.split(" ")[0].partition("+")[0])
    return sorted(pins)


class Resolver:
    """Asks uv. All roles are resolved under the versions of the one resolution of everything."""

    def __init__(self, pyproject: Path, scratch: Path, pins: Sequence[str]) -> None:
        self._pyproject = pyproject
        self._scratch = scratch
        self._constraints = scratch / "constraints.txt"
        self._constraints.write_text("\n".join(pins), encoding="ascii")

    def resolve_everything(self) -> dict[str, str]:
        """Fixes all versions: name to version. Former pins hold where they still can."""
        everything = RoleInputs(
            extras=tuple(sorted({extra for inputs in INPUTS.values() for extra in inputs.extras})),
            groups=tuple(sorted({group for inputs in INPUTS.values() for group in inputs.groups})),
        )
        try:
            packages = self.resolve_role(everything)
        except Failure:
            if not self._constraints.read_text(encoding="ascii"):
                raise
            self._constraints.write_text("", encoding="ascii")
            packages = self.resolve_role(everything)
        versions = {package.name: package.version for package in packages}
        if len(versions) != len(packages):
            raise Failure(FailureCode.LOCKS, "No single version of each package serves Python 3.11 to 3.14.")
        pins = "\n".join(f"{name}=={version}" for name, version in versions.items())
        self._constraints.write_text(pins, encoding="ascii")
        return versions

    def resolve_role(self, inputs: RoleInputs, cpu_build: CpuBuild | None = None) -> list[Package]:
        packages: list[Package] = []
        options = [f"--extra={extra}" for extra in inputs.extras] + [
            f"--group={self._pyproject}:{group}" for group in inputs.groups
        ]
        if inputs.extras:
            packages = self._compile(str(self._pyproject), *options, cpu_build=cpu_build)
        elif inputs.groups:
            packages = self._compile(*[f"--group={self._pyproject}:{group}" for group in inputs.groups])
        for group in inputs.without_dependencies:
            packages += self._compile(f"--group={self._pyproject}:{group}", "--no-deps")
        return sorted(packages, key=lambda package: package.name)

    def _compile(self, *arguments: str, cpu_build: CpuBuild | None = None) -> list[Package]:
        output = self._scratch / "pylock.toml"
        output.unlink(missing_ok=True)
        command = [_uv(), "pip", "compile", "--quiet", "--universal", "--python-version=3.11", "--no-header"]
        command += ["--fork-strategy=fewest", f"--no-emit-package={PROJECT}", "--format=pylock.toml"]
        command += [f"--constraints={self._constraints}", f"--output-file={output}", *arguments]
        if cpu_build is not None:
            override = self._scratch / "uv.toml"
            override.write_text(_metadata_override(cpu_build), encoding="ascii")
            command.append(f"--config-file={override}")
        result = subprocess.run(command, capture_output=True, text=True, timeout=RESOLVE_TIMEOUT_S, check=False)
        if result.returncode != 0:
            raise Failure(FailureCode.LOCKS, f"uv can't resolve the requirements:\n{result.stderr.strip()}")
        return read_pylock(output.read_text(encoding="utf-8"))


def _uv() -> str:
    from uv import find_uv_bin

    return str(find_uv_bin())


def _metadata_override(cpu_build: CpuBuild) -> str:
    """uv then takes the dependencies of the CPU build (none of CUDA's) for those of the default build."""
    version = cpu_build.version.partition("+")[0]
    dependencies = json.dumps(list(cpu_build.dependencies))
    return f'[[dependency-metadata]]\nname = "{CPU_BUILD_OF}"\nversion = "{version}"\nrequires-dist = {dependencies}\n'


def read_pylock(text: str) -> list[Package]:
    """The packages of a pylock.toml file, with their wheels."""
    packages: list[Package] = []
    for entry in tomllib.loads(text).get("packages", []):
        wheels = tuple(
            Wheel(unquote(urlsplit(wheel["url"]).path.rpartition("/")[2]), wheel["hashes"]["sha256"], wheel["size"])
            for wheel in entry.get("wheels", [])
        )
        packages.append(Package(entry["name"], entry["version"], entry.get("marker", ""), wheels))
    return packages


def find_cpu_build(folder: Path, scratch: Path, version: str) -> CpuBuild | None:
    """The CPU builds that pip's configuration reaches, for each Python; else those already locked."""
    local_version = f"{version}+cpu"
    wheels: list[Wheel] = []
    dependencies: tuple[str, ...] = ()
    for python in PYTHONS:
        place = scratch / f"cpu-{python}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += [f"--python-version={python}", f"--platform={CPU_PLATFORM_TAG}", f"--dest={place}"]
        command.append(f"{CPU_BUILD_OF}=={local_version}")
        subprocess.run(command, capture_output=True, timeout=DOWNLOAD_TIMEOUT_S, check=False)
        for path in place.glob("*.whl") if place.is_dir() else ():
            wheels.append(Wheel(path.name, _sha256(path), path.stat().st_size))
            dependencies = wheel_dependencies(path)
    if wheels:
        return CpuBuild(local_version, tuple(wheels), dependencies)
    return locked_cpu_build(folder, local_version)


def locked_cpu_build(folder: Path, local_version: str) -> CpuBuild | None:
    """What the manifest remembers of an earlier run, made where pip found the CPU build."""
    try:
        remembered = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["cpu_build"]
        if remembered["version"] != local_version:
            return None
        wheels = tuple(Wheel(**wheel) for wheel in remembered["wheels"])
        return CpuBuild(local_version, wheels, tuple(remembered["dependencies"]))
    except (OSError, KeyError, TypeError, ValueError):
        return None


def wheel_dependencies(path: Path) -> tuple[str, ...]:
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(name).decode())
    requirements = [str(value) for value in metadata.get_all("Requires-Dist", [])]
    return tuple(text for text in requirements if "extra" not in str(Requirement(text).marker or ""))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def with_cpu_build(packages: Sequence[Package], cpu_build: CpuBuild) -> list[Package]:
    return [
        replace(package, version=cpu_build.version, wheels=cpu_build.wheels)
        if package.name == CPU_BUILD_OF
        else package
        for package in packages
    ]


def render(packages: Sequence[Package], platform: Platform, name: str) -> tuple[str, dict[str, Any]]:
    """The text of a lock and, for each Python that it serves, how much it brings. Raises Failure.

    A Python for which a required package has no wheel is left out of the sizes: the installer then refuses it.
    """
    lines = [
        "# Locked requirements with hashes; written by `python3 installer lock`, not by hand.",
        "# Install with: pip install --no-deps --require-hashes -r THIS_FILE",
    ]
    served = {python: {"packages": 0, "download_bytes": 0} for python in PYTHONS}
    for package in packages:
        hashes: set[str] = set()
        pythons: list[str] = []
        for machine in MACHINES[platform]:
            for python in PYTHONS:
                if not package.applies(marker_environment(machine, python)):
                    continue
                if python not in pythons:
                    pythons.append(python)
                hashes.update(wheel.sha256 for wheel in fitting_wheels(package.wheels, machine, python))
                if not machine.required:
                    continue
                best = best_wheel(package.wheels, machine, python)
                if best is None:
                    if package.name != CPU_BUILD_OF:
                        raise Failure(
                            FailureCode.LOCKS, f"{package.name} {package.version} has no wheel for {name}, {python}."
                        )
                    served.pop(python, None)
                elif python in served:
                    served[python]["packages"] += 1
                    served[python]["download_bytes"] += best.size
        if pythons:
            lines.append(f"{package.name}=={package.version}{_python_marker(pythons)} \\")
            lines += [f"    --hash=sha256:{digest} \\" for digest in sorted(hashes)]
            lines[-1] = lines[-1].removesuffix(" \\")
    return "\n".join(lines) + "\n", served


def _python_marker(pythons: Sequence[str]) -> str:
    if set(pythons) == set(PYTHONS):
        return ""
    return " ; " + " or ".join(f'python_version == "{python}"' for python in sorted(pythons, key=PYTHONS.index))


def main(arguments: Sequence[str]) -> int:
    try:
        for sentence in write_locks(checkout_of_installer(), upgrade="--upgrade" in arguments):
            print(sentence)
    except Failure as failure:
        sys.stderr.write(f"{failure.message}\n")
        return failure.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
