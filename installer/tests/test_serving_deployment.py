"""What a GPU server is set up with, without a container engine: the engine's image, its Compose file, its settings."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
INSTALLER = CHECKOUT / "installer"
DOCKERFILE = INSTALLER / "Dockerfile.serving"
COMPOSE = INSTALLER / "docker-compose.serving.yml"
EXAMPLE = INSTALLER / ".env.serving.example"
DEADLINE_S = 60.0
linux_only = pytest.mark.skipif(sys.platform == "win32", reason="the image's commands are those of a Linux container")


def instructions() -> list[tuple[str, str]]:
    text = DOCKERFILE.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(line.split(None, 1)[0], " ".join(line.split(None, 1)[1].split())) for line in joined.splitlines()]


def values_of(name: str) -> list[str]:
    return [argument for instruction, argument in instructions() if instruction == name]


def image_environment() -> dict[str, str]:
    values: dict[str, str] = {}
    for argument in values_of("ENV"):
        values.update(pair.split("=", 1) for pair in shlex.split(argument))  # type: ignore[misc]
    return values


def entrypoint() -> list[str]:
    (found,) = map(json.loads, values_of("ENTRYPOINT"))
    assert all(isinstance(part, str) for part in found), "no shell between the signal and the process"
    return list(found)


def health_check() -> list[str]:
    found: list[str] = json.loads(values_of("HEALTHCHECK")[0].partition("CMD ")[2])
    return found


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return document


def example() -> dict[str, str]:
    lines = [line for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)  # type: ignore[misc]


def variables() -> Iterator[tuple[str, str, str]]:
    """Name, operator and default of each interpolation."""
    for match in re.finditer(r"\$\{([A-Z0-9_]+)(:[-?])([^}]*)\}", COMPOSE.read_text(encoding="utf-8")):
        yield match[1], match[2], match[3]


# --- the image -------------------------------------------------------------------------------------------------------


def test_the_image_has_cuda_is_fixed_and_runs_as_nobody_in_particular() -> None:
    order = [instruction for instruction, _ in instructions()]
    assert set(order) <= {
        "FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT",
    }  # fmt: skip
    (base,) = values_of("FROM")
    version = re.fullmatch(r"nvidia/cuda:(\d+)\.\d+\.\d+-base-ubuntu\d+\.\d+", base)
    lock = (INSTALLER / "requirements-inference.txt").read_text(encoding="ascii")
    # The packages bring CUDA's libraries; the base says which driver is needed, and has to be of the same generation.
    assert version is not None and f"nvidia-cuda-runtime=={version[1]}." in lock
    (user,) = values_of("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), "a number, so that `runAsNonRoot` can check it"
    assert order.index("USER") < order.index("ENTRYPOINT") and "RUN" not in order[order.index("USER") :]
    (install,) = (command for command in values_of("RUN") if "pip install" in command)
    assert "--require-hashes" in install and "--no-deps" in install and "--only-binary=:all:" in install
    assert values_of("STOPSIGNAL") == ["SIGTERM"]
    environment = image_environment()
    assert "utility" in environment["NVIDIA_DRIVER_CAPABILITIES"].split(","), "NVML belongs to the utilities"
    assert not any(re.search(r"SECRET|PASSWORD|TOKEN|_KEY", name) for name in environment)
    assert values_of("VOLUME") == [environment["HOME"]] and values_of("EXPOSE") == [], "it dials, and is not dialled"


def test_the_image_asks_the_engine_how_it_is_and_not_the_driver() -> None:
    state = values_of("VOLUME")[0]
    assert health_check() == ["python", "-m", "r3mes_engine", "health", "--state-dir", state]
    assert entrypoint()[-2:] == ["--state-dir", state] and "--restart" in entrypoint()
    period = re.search(r"--start-period=(\d+)m", values_of("HEALTHCHECK")[0])
    assert period is not None and int(period[1]) >= 10, "a first start downloads its model"


def test_the_image_gets_what_it_copies_and_nothing_else_is_sent() -> None:
    kept = (INSTALLER / "Dockerfile.serving.dockerignore").read_text().split("\n")
    assert kept[1] == "*"
    allowed = {line[1:] for line in kept if line.startswith("!")}
    sources = {argument.split()[0] for argument in values_of("COPY")}
    assert sources == allowed and all((CHECKOUT / source).exists() for source in sources)


@linux_only
def test_what_the_image_copies_is_enough_to_serve_and_to_be_healthy(tmp_path: Path) -> None:
    """The image's own commands, with the packages of this environment and without a GPU."""
    folder, state = tmp_path / "srv", tmp_path / "state"
    folder.mkdir()
    for argument in values_of("COPY"):
        source, target = argument.split()
        if (CHECKOUT / source).is_dir():
            shutil.copytree(CHECKOUT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (folder / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / source, folder / target)

    def local(text: str) -> str:
        return text.replace(values_of("WORKDIR")[0], str(folder)).replace(values_of("VOLUME")[0], str(state))

    environment = {name: local(value) for name, value in image_environment().items()}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def command(parts: list[str]) -> list[str]:
        assert parts[0] == "python"
        return [sys.executable, *(local(part) for part in parts[1:])]

    def healthy() -> bool:
        found = subprocess.run(
            command(health_check()), cwd=folder, env=environment, capture_output=True, check=False, timeout=DEADLINE_S
        )
        return found.returncode == 0

    found = subprocess.run(
        [sys.executable, "-c", "import r3mes_engine as e; from r3mes_engine.store import catalogue as c; "
         "print(e.__file__, c.bundled_catalogue())"],
        cwd=folder, env=environment, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert all(Path(path).is_relative_to(folder) and Path(path).exists() for path in found)
    assert not healthy(), "nothing runs yet"
    process = subprocess.Popen(
        [*command(entrypoint()), "--gateway=http://127.0.0.1:9", "--device=cpu", "--backend=scripted"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        ready = next(event for event in map(json.loads, process.stdout) if event["event"] == "ready")
        assert ready["token"] is None, "the log of a container is no place for a secret"
        assert healthy()
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0
        assert not healthy()
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


# --- the Compose file ------------------------------------------------------------------------------------------------


def test_the_node_reserves_its_gpu_and_nothing_of_the_computer() -> None:
    (service,) = compose()["services"].values()
    (device,) = service["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}
    assert "ports" not in service and "privileged" not in service and "network_mode" not in service
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"] and service["init"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    own = [volume for volume in service["volumes"] if not volume.endswith(":ro")]
    assert own == [f"engine-data:{values_of('VOLUME')[0]}"] and set(compose()["volumes"]) == {"engine-data"}
    build = service["build"]
    assert (INSTALLER / build["context"] / build["dockerfile"]).resolve() == DOCKERFILE
    grace = re.fullmatch(r"(\d+)s", service["stop_grace_period"])
    assert grace is not None and int(grace[1]) > 25, "longer than the engine drains"


def test_the_node_keeps_to_the_compose_specification() -> None:
    schema = json.loads((Path(__file__).parent / "data" / "compose-spec.json").read_text(encoding="utf-8"))
    assert [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(compose())] == []


def test_the_example_has_what_the_stack_asks_for_with_the_same_defaults() -> None:
    asked = {name: (operator, default) for name, operator, default in variables()}
    given = example()
    assert set(given) == set(asked)
    for name, (operator, default) in asked.items():
        # What has no default is empty in the example, so that nothing starts before it is filled in.
        assert given[name] == (default if operator == ":-" else ""), name


@pytest.mark.parametrize("filled", [{}, {"R3MES_MODEL": "Qwen3-0.6B", "R3MES_QUANTISATION": "nf4"}])
def test_the_engine_understands_what_the_stack_starts_it_with(filled: dict[str, str]) -> None:
    (service,) = compose()["services"].values()
    values = {**example(), "R3MES_GATEWAY": "https://gateway.example.org", **filled}
    arguments = [
        re.sub(r"\$\{([A-Z0-9_]+):[^}]*\}", lambda match: values[match[1]], part) for part in service["command"]
    ]
    code = (
        "import sys; from r3mes_engine.cli import _parser; options = _parser().parse_args(sys.argv[1:]); "
        "print(options.gateway[0], options.model, options.quantisation, options.device, options.restart)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *entrypoint()[3:], *arguments], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    expected = [
        "https://gateway.example.org",
        values["R3MES_MODEL"],
        values["R3MES_QUANTISATION"],
        "cuda",
        "on-failure",
    ]
    assert result.stdout.split() == expected
    # Folders that the engine is told of are those that the stack mounts.
    mounted = {volume.rsplit(":", 2)[-2] for volume in service["volumes"] if volume.endswith(":ro")}
    for part in service["command"]:
        name, _, path = part.partition("=/")
        if name in ("--adapters", "--grant"):
            assert any(f"/{path}".startswith(folder) for folder in mounted), part
