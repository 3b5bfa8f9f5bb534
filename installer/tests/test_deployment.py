"""What a server is set up with: requirements, container image, Compose file, nginx and systemd unit."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from r3mes_installer.requirements_export import EXPORTS, exported

CHECKOUT = Path(__file__).resolve().parents[2]
INSTALLER = CHECKOUT / "installer"
COMPOSE = INSTALLER / "docker-compose.infrastructure.yml"
DEADLINE_S = 60.0

GPU_PACKAGES = re.compile(
    r"(torch.*|transformers|bitsandbytes|accelerate|peft|sentence-transformers|triton|safetensors|gguf|xformers"
    r"|flash-attn|vllm|deepspeed|nvidia-.*|cuda-.*|cupy.*|tensorflow.*|jax.*|onnxruntime-gpu|pyside6.*)"
)
SEED_LIST = ["torch", "transformers", "bitsandbytes", "accelerate", "peft", "sentence-transformers"]


def pins(text: str) -> dict[str, str]:
    """Package to version. Fails for a line that pins nothing or has no hash."""
    found: dict[str, str] = {}
    for block in re.split(r"\n(?=[a-zA-Z])", "\n" + text.replace("\\\n", " ")):
        line = block.strip()
        if not line or line.startswith("#"):
            continue
        match = re.match(r"([A-Za-z0-9._-]+)==(\S+)", line)
        assert match and "--hash=sha256:" in line, line
        found[canonicalize_name(match[1])] = match[2]
    return found


# --- property 3: requirements ---


@pytest.mark.parametrize("name", sorted(EXPORTS))
def test_property_3_requirements_are_copies_of_their_locks(name: str) -> None:
    lock = (INSTALLER / "locks" / f"{EXPORTS[name][0]}.txt").read_text(encoding="ascii")
    assert (INSTALLER / name).read_text(encoding="ascii") == exported(name, lock), "run `python3 installer lock`"
    assert pins(exported(name, lock)) == pins(lock)


def test_property_3_the_gateway_needs_no_gpu_package() -> None:
    names = pins((INSTALLER / "requirements-api.txt").read_text(encoding="ascii"))
    assert [name for name in names if GPU_PACKAGES.fullmatch(name)] == []
    assert {"asyncpg", "redis"} <= set(names), "the compose file names both stores"
    assert {"uvicorn", "httptools", "uvloop", "pydantic", "websockets"} <= set(names)


@given(st.sampled_from(SEED_LIST), st.booleans(), st.sampled_from("-_."))
def test_property_3_a_gpu_package_would_be_found_however_it_is_spelled(name: str, upper: bool, dash: str) -> None:
    spelled = name.replace("-", dash)
    line = f"{spelled.upper() if upper else spelled}==1.0 \\\n    --hash=sha256:00\n"
    text = (INSTALLER / "requirements-api.txt").read_text(encoding="ascii") + line
    assert any(GPU_PACKAGES.fullmatch(found) for found in pins(text))


def test_property_3_the_engine_has_what_inference_needs() -> None:
    names = pins((INSTALLER / "requirements-inference.txt").read_text(encoding="ascii"))
    assert {"torch", "transformers", "accelerate"} <= set(names) and "pyside6-essentials" not in names


@given(st.text("abc=#\\\n -", max_size=60))
def test_property_3_an_export_keeps_all_that_follows_the_head(body: str) -> None:
    lock = f"# Locked\n# Install with: pip\n{body}"
    assert exported("requirements-api.txt", lock).endswith(f"# Install with: pip\n{body}")


# --- the image ---


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, lines joined."""
    text = (INSTALLER / "Dockerfile.api").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(line.split(None, 1)[0], " ".join(line.split(None, 1)[1].split())) for line in joined.splitlines()]


def image_environment() -> dict[str, str]:
    values: dict[str, str] = {}
    for instruction, argument in instructions():
        if instruction == "ENV":
            values.update(pair.split("=", 1) for pair in shlex.split(argument))  # type: ignore[misc]
    return values


def values_of(name: str) -> list[str]:
    return [argument for instruction, argument in instructions() if instruction == name]


def test_the_image_is_slim_and_fixed_and_runs_as_nobody_in_particular() -> None:
    order = [instruction for instruction, _ in instructions()]
    assert set(order) <= {
        "FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "CMD",
    }  # fmt: skip
    (base,) = values_of("FROM")
    assert re.fullmatch(r"python:3\.1[1-4]-slim(-[a-z]+)?", base)
    (user,) = values_of("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), "a number, so that `runAsNonRoot` can check it"
    assert order.index("USER") < order.index("CMD") and order[-1] == "CMD"
    assert "RUN" not in order[order.index("USER") :]
    for command in values_of("RUN"):
        assert "--no-cache-dir" in command or "pip" not in command or image_environment()["PIP_NO_CACHE_DIR"] == "1"
        assert "apt-get" not in command and "curl" not in command and "sudo" not in command
        if "pip install" in command:
            assert "--require-hashes" in command and "--no-deps" in command and "--only-binary=:all:" in command
    for form in [*values_of("CMD"), values_of("HEALTHCHECK")[0].partition("CMD ")[2]]:
        assert all(isinstance(part, str) for part in json.loads(form)), "no shell between the signal and the process"


def test_the_image_is_a_gateway_for_nodes_elsewhere() -> None:
    environment = image_environment()
    assert environment["R3MES_INFERENCE_MODE"] == "remote"
    assert not re.search(r"cuda|nvidia|checkpoint", (INSTALLER / "Dockerfile.api").read_text().lower())
    assert not any(re.search(r"SECRET|PASSWORD|TOKEN|_KEY", name) for name in environment)
    (command,) = map(json.loads, values_of("CMD"))
    port = command[command.index("--port") + 1]
    assert values_of("EXPOSE") == [port] and f":{port}/" in values_of("HEALTHCHECK")[0]
    assert values_of("STOPSIGNAL") == ["SIGTERM"]


def test_the_image_gets_what_it_copies_and_nothing_else_is_sent() -> None:
    kept = (INSTALLER / "Dockerfile.api.dockerignore").read_text().split("\n")
    assert kept[1] == "*"
    allowed = {line[1:] for line in kept if line.startswith("!")}
    sources = {argument.split()[0] for argument in values_of("COPY")}
    assert sources == allowed and all((CHECKOUT / source).exists() for source in sources)


class Image:
    """A folder in which the Dockerfile's own commands were run, with an empty virtual environment as its Python."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder = folder
        self.python = python

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or "proxy" in name.lower()}
        image = {name: self._local(value) for name, value in image_environment().items()}
        path = f"{self.python.parent}{os.pathsep}{os.environ['PATH']}"
        return {**kept, **pip, **image, "PATH": path, **more}

    def _local(self, text: str) -> str:
        return text.replace(values_of("WORKDIR")[0], str(self.folder))

    def copy(self) -> None:
        for argument in values_of("COPY"):
            source, target = argument.split()
            if (CHECKOUT / source).is_dir():
                shutil.copytree(CHECKOUT / source, self.folder / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(CHECKOUT / source, self.folder / target)

    def run(self, needle: str) -> None:
        (command,) = (argument for argument in values_of("RUN") if needle in argument)
        subprocess.run(["sh", "-c", command], cwd=self.folder, env=self.environment(), check=True, timeout=300)

    def start(self, port: int, **settings: str) -> subprocess.Popen[bytes]:
        (command,) = map(json.loads, values_of("CMD"))
        assert command[0] == "python"
        arguments = [str(port) if part == "8000" else part for part in command[1:]]
        return subprocess.Popen(
            [str(self.python), *arguments],
            cwd=self.folder,
            env=self.environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )

    def healthy(self, port: int) -> bool:
        """By the image's own health check."""
        command = json.loads(values_of("HEALTHCHECK")[0].partition("CMD ")[2])
        code = command[-1].replace(":8000/", f":{port}/")
        result = subprocess.run(
            [str(self.python), "-c", code], cwd=self.folder, env=self.environment(), capture_output=True, check=False
        )
        return result.returncode == 0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def ask(url: str, body: object | None = None) -> tuple[int, str]:
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def check_modes(image: Image) -> None:
    """Start, health, chat and stop in each mode, by the image's own commands."""
    for mode, status, words in (
        ("mock", 200, "[mock]"),
        ("", 503, "NO_SERVING_NODES"),
        ("disabled", 503, "INFERENCE_DISABLED"),
    ):
        port = free_port()
        settings = {"R3MES_INFERENCE_MODE": mode} if mode else {}
        process = image.start(port, **settings, R3MES_MOCK_TOKENS_PER_SECOND="1000")
        try:
            assert process.stdout is not None and json.loads(process.stdout.readline())["mode"] == (mode or "remote")
            assert image.healthy(port) and not image.healthy(free_port())
            answer = ask(f"http://127.0.0.1:{port}/chat", {"message": "Hello?"})
            assert answer[0] == status and words in answer[1], answer
            process.terminate()
            assert process.wait(DEADLINE_S) == 0
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


linux_only = pytest.mark.skipif(sys.platform == "win32", reason="the image's commands are those of a Linux container")


@linux_only
def test_what_the_image_copies_is_enough_to_serve(tmp_path: Path) -> None:
    """The small size: with the packages of this environment."""
    image = Image(tmp_path, Path(sys.executable))
    image.copy()
    image.run("compileall")
    found = subprocess.run(
        [sys.executable, "-c", "import r3mes_api, r3mes_protocol; print(r3mes_api.__file__, r3mes_protocol.__file__)"],
        cwd=tmp_path,
        env=image.environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert all(Path(path).is_relative_to(tmp_path) for path in found)
    check_modes(image)


@linux_only
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(
    os.environ.get("TEST_IMAGE") != "1",
    reason="installs the image's packages from the network; set TEST_IMAGE=1",
)
def test_the_commands_of_the_image_make_a_gateway_from_nothing(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "python")], check=True)
    image = Image(tmp_path / "image", tmp_path / "python" / "bin" / "python")
    image.folder.mkdir()
    image.copy()
    image.run("pip install")
    image.run("compileall")
    listed = subprocess.run(
        [str(image.python), "-m", "pip", "list", "--format=json"],
        env=image.environment(),
        capture_output=True,
        check=True,
    )
    installed = {canonicalize_name(package["name"]) for package in json.loads(listed.stdout)}
    assert not [name for name in installed if GPU_PACKAGES.fullmatch(name)]
    check_modes(image)


# --- the Compose file ---


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return document


def env_file(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)  # type: ignore[misc]


def variables(text: str) -> Iterator[tuple[str, str]]:
    """Name and operator of each interpolation."""
    for match in re.finditer(r"(?<!\$)(?:\$\$)*\$\{([A-Z0-9_]+)(:?[-?+])?", text):
        yield match[1], match[2] or ""


def test_the_stack_has_the_services_of_the_public_side_and_no_gpu() -> None:
    document = compose()
    assert set(document) == {"name", "services", "networks", "volumes"}
    assert set(document["services"]) == {"api", "api-2", "postgres", "redis", "nginx"}
    text = COMPOSE.read_text(encoding="utf-8").lower()
    assert "nvidia" not in text and "runtime:" not in text and "devices:" not in text and "privileged: true" not in text


def test_every_reference_of_the_stack_leads_somewhere() -> None:
    document = compose()
    services = document["services"]
    for name, service in services.items():
        assert set(service.get("networks", [])) <= set(document["networks"]), name
        for needed, condition in service.get("depends_on", {}).items():
            profiled = set(services[needed].get("profiles", ())) - set(service.get("profiles", ()))
            assert condition == {"condition": "service_healthy", **({"required": False} if profiled else {})}
            assert "healthcheck" in services[needed] or "build" in services[needed]
        for volume in service.get("volumes", []):
            source = volume.split(":")[0] if not volume.startswith("${") else ""
            if source.startswith("."):
                assert (INSTALLER / source).exists(), source
            elif source:
                assert source in document["volumes"], source
        assert service["restart"] == "unless-stopped"
    build = services["api"]["build"]
    assert (INSTALLER / build["context"] / build["dockerfile"]).resolve() == INSTALLER / "Dockerfile.api"
    upstream = services["nginx"]["environment"]["R3MES_UPSTREAM"]
    assert upstream == f"gateways:{values_of('EXPOSE')[0]}"
    assert services["api"]["networks"]["front"]["aliases"] == services["api-2"]["networks"]["front"]["aliases"]
    assert services["api"]["networks"]["front"]["aliases"] == ["gateways"]


def test_only_nginx_can_be_reached_and_the_stores_reach_nobody() -> None:
    document = compose()
    assert [name for name, service in document["services"].items() if "ports" in service] == ["nginx"]
    assert document["networks"]["back"] == {"internal": True}
    for store in ("postgres", "redis"):
        assert document["services"][store]["networks"] == ["back"]
    api = document["services"]["api"]
    assert api["read_only"] is True and api["cap_drop"] == ["ALL"]


def test_the_example_holds_no_mistyped_setting() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "r3mes_api", "config", "check", "--env-file", str(INSTALLER / ".env.production")],
        env={"PYTHONPATH": str(CHECKOUT / "api-lite"), "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0 and "is no setting" not in result.stdout, result.stderr + result.stdout


def test_no_secret_has_a_default_or_stands_in_an_argument() -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    for name, operator in variables(text):
        if "PASSWORD" in name or name == "R3MES_SERVER_NAME":
            assert operator == ":?", f"{name} must be given"
        else:
            assert operator in (":-", ":+"), f"{name} needs a default"
    assert not re.search(r"requirepass \$\{|--requirepass|--password", text)


def test_the_example_for_production_has_what_the_stack_asks_for_and_no_secret() -> None:
    given_values = env_file(INSTALLER / ".env.production")
    assert set(given_values) == {name for name, _ in variables(COMPOSE.read_text(encoding="utf-8"))}
    assert [name for name, value in given_values.items() if "PASSWORD" in name and value] == []
    assert given_values["R3MES_INFERENCE_MODE"] == "remote"


def interpolated(value: str, given_values: Mapping[str, str]) -> str:
    """As Compose does it."""

    def one(match: re.Match[str]) -> str:
        name, operator, word = match[1], match[2], match[3]
        found = given_values.get(name, "")
        if not found and operator == ":?":
            raise LookupError(name)
        if operator == ":+":
            return word if found else ""
        return found or (word if operator == ":-" else "")

    return re.sub(r"\$\{([A-Z0-9_]+)(:[-+?])?([^}]*)\}", one, value)


def test_the_stack_keeps_to_the_compose_specification() -> None:
    schema = json.loads((Path(__file__).parent / "data" / "compose-spec.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft7Validator(schema)
    assert [error.message for error in validator.iter_errors(compose())] == []
    for wrong in ({"services": {"api": {"imagee": "x"}}}, {"services": {"api": {"restart": 3}}}, {"servces": {}}):
        assert list(validator.iter_errors(wrong)), "the schema would say nothing"


@pytest.mark.parametrize("name", ["api", "api-2"])
@pytest.mark.parametrize("replicas", [False, True])
def test_the_stack_starts_a_gateway_that_production_accepts(name: str, replicas: bool) -> None:
    environment = compose()["services"][name]["environment"]
    example = env_file(INSTALLER / ".env.production")
    with pytest.raises(LookupError):
        for value in environment.values():
            interpolated(value, example)
    filled = {
        **example,
        "R3MES_SERVER_NAME": "gateway.example.org",
        "POSTGRES_PASSWORD": "0f3c" * 2 + "91ab77e2d5c8",
        "REDIS_PASSWORD": "77e2" * 2 + "0f3cd5c891ab",
        "R3MES_NETWORK": "test-net",
        "R3MES_ACCOUNTS": "on",
        "R3MES_REPLICA_SECRET": "d5c8" * 4 + "77e20f3c91ab0d1e" if replicas else "",
    }
    assert compose()["services"][name]["env_file"] == [{"path": "gateway.env", "required": False}]
    further = {
        "R3MES_STAKE_POLICY": "require",
        "R3MES_CHAIN_URLS": "https://chain.example.org",
        "R3MES_NETWORK": "other",
    }
    # As Compose does it: what stands under `environment` counts more than the file.
    given_values = {**further, **{name: interpolated(value, filled) for name, value in environment.items()}}
    settings = {**image_environment(), **given_values}
    result = subprocess.run(
        [sys.executable, "-m", "r3mes_api", "config", "check"],
        env={**settings, "PYTHONPATH": str(CHECKOUT / "api-lite"), "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "R3MES_PUBLIC_URL=https://gateway.example.org" in result.stdout and "91ab" not in result.stdout
    assert "R3MES_ACCOUNTS=on" in result.stdout
    assert "R3MES_STAKE_POLICY=require" in result.stdout and "R3MES_NETWORK=test-net" in result.stdout
    assert (f"R3MES_REPLICA_URL=http://{name}:8000" in result.stdout) is replicas
    assert "is no setting" not in result.stdout


# --- the service ---


def unit() -> dict[str, list[str]]:
    text = (INSTALLER / "systemd" / "r3mes-api.service").read_text(encoding="utf-8")
    values: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            values.setdefault(name, []).append(value)
    return values


def test_the_service_drains_is_confined_and_stays_down_for_wrong_settings() -> None:
    values = unit()
    assert int(values["TimeoutStopSec"][0]) > 30, "longer than R3MES_DRAIN_S"
    assert set(values["RestartPreventExitStatus"][0].split()) == {"2", "78"}
    assert values["User"] != ["root"] and values["ProtectSystem"] == ["strict"] and values["NoNewPrivileges"] == ["yes"]
    for command in values["ExecStartPre"] + values["ExecStart"]:
        assert "-m r3mes_api" in command and "PASSWORD" not in command


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here (Debian: systemd)")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    text = (INSTALLER / "systemd" / "r3mes-api.service").read_text(encoding="utf-8")
    # The programs need not be installed to check the unit.
    unit_file = tmp_path / "r3mes-api.service"
    unit_file.write_text(text.replace("/opt/r3mes/venv/bin/python", "/bin/true"))
    unit_file.chmod(stat.S_IRUSR | stat.S_IWUSR)
    result = subprocess.run(
        ["systemd-analyze", "verify", str(unit_file)], capture_output=True, text=True, check=False, timeout=30
    )
    complaints = [line for line in result.stderr.splitlines() if "r3mes-api.service" in line]
    assert complaints == []
