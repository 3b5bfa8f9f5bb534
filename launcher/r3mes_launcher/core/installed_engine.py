"""The real engine: found in an environment of its own, checked before each start, started as a child.

Which interpreter runs it, in this order: the one that R3MES_ENGINE_PYTHON names; the launcher's own, where everything
the engine needs can be imported from it (a developer's or a server's single environment); the one that the installer
makes.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from r3mes_launcher.core.child_environment import child_environment
from r3mes_launcher.core.child_process import ChildCommand
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.model_check import ModelCheck
from r3mes_launcher.core.provisioning import Installer
from r3mes_launcher.core.settings import BUILTIN_MODEL
from r3mes_launcher.core.state import Fault, LogLevel, Progress
from r3mes_launcher.ports.engine_runtime import (
    EngineWish,
    Prepared,
    ProvisioningError,
    Refused,
    RuntimeReport,
)
from r3mes_launcher.sentence import Sentence
from r3mes_launcher.system_cause import system_cause

ENGINE_PYTHON_VARIABLE = "R3MES_ENGINE_PYTHON"

# What the engine's environment holds beyond the launcher's own. They are looked for and never imported here.
ENGINE_PACKAGES = ("r3mes_engine", "torch", "transformers", "gguf", "safetensors", "starlette", "uvicorn", "websockets")

_CATALOGUE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")

NOT_INSTALLABLE = Fault(
    "installer_missing",
    "The engine is not installed, and this copy of the launcher comes without the installer.",
    Sentence(
        "Start R3MES by its installer, or set {variable} to a Python that has the engine.",
        variable=ENGINE_PYTHON_VARIABLE,
    ),
)


def own_interpreter_has_engine() -> bool:
    """Whether this very interpreter could run the engine. Imports nothing."""
    if getattr(sys, "frozen", False):
        return False
    return all(importlib.util.find_spec(name) is not None for name in ENGINE_PACKAGES)


class InstalledEngineRuntime:
    def __init__(
        self,
        state_folder: Path,
        environ: Mapping[str, str],
        installer: Installer | None,
        logs: LogHub,
        own_python: Callable[[], bool] = own_interpreter_has_engine,
        extra_arguments: tuple[str, ...] = (),
        model_check: ModelCheck | None = None,
    ) -> None:
        self._state_folder = state_folder
        self._environ = environ
        self._installer = installer
        self._logs = logs
        self._own_python = own_python
        self._extra_arguments = extra_arguments
        self._model_check = model_check
        self._python = ""

    async def find(self) -> RuntimeReport:
        chosen = self._environ.get(ENGINE_PYTHON_VARIABLE, "").strip()
        if chosen:
            self._python = shutil.which(chosen) or chosen
            return RuntimeReport(present=True, location=self._python)
        if await asyncio.to_thread(self._own_python):
            self._python = sys.executable
            return RuntimeReport(present=True, location=self._python)
        if self._installer is None:
            return RuntimeReport(present=False)
        try:
            plan = await self._installer.plan()
        except ProvisioningError as error:
            self._logs.say(f"{error.fault.message} {error.fault.hint}".strip(), LogLevel.WARNING)
            return RuntimeReport(present=False)
        self._python = plan.python
        return plan.report

    async def provision(self, tell: Callable[[Progress], None]) -> None:
        if self._installer is None:
            raise ProvisioningError(NOT_INSTALLABLE)
        self._python = await self._installer.install(tell)

    async def prepare(self, wish: EngineWish) -> Prepared | Refused:
        refusal = await asyncio.to_thread(self._check, wish)
        if refusal is None and self._model_check is not None and wish.model != BUILTIN_MODEL:
            # The built-in model is small, and everybody's first start should not wait for a look at it.
            fault = await self._model_check.refusal(self._model_command(wish), wish)
            refusal = None if fault is None else Refused(fault)
        return refusal if refusal is not None else Prepared(self._command(wish))

    def check_command(self) -> ChildCommand | None:
        if not self._python:
            return None
        argv = (self._python, "-P", "-m", "r3mes_engine", "check", "--json")
        # The engine's own folder may be what is wrong.
        return ChildCommand(argv, Path(tempfile.gettempdir()), child_environment(self._environ))

    def _model_command(self, wish: EngineWish) -> ChildCommand:
        argv = (
            *(self._python, "-P", "-m", "r3mes_engine", "check", "--json"),
            *("--model", wish.model),
            *("--state-dir", str(self._state_folder)),
            *(word for uuid in wish.gpus for word in ("--gpu", uuid)),
        )
        return ChildCommand(argv, self._state_folder, child_environment(self._environ))

    def _check(self, wish: EngineWish) -> Refused | None:
        if not os.access(self._python, os.X_OK) or Path(self._python).is_dir():
            chosen = self._environ.get(ENGINE_PYTHON_VARIABLE, "").strip()
            if chosen:
                message = Sentence(
                    "{variable} names {chosen}, which is not a program that can be started.",
                    variable=ENGINE_PYTHON_VARIABLE,
                    chosen=chosen,
                )
                return Refused(Fault("engine_python_missing", message, "Correct the variable, or unset it."))
            message = Sentence("The engine's program {program} is gone.", program=self._python)
            hint = "Try again to install it anew. If an antivirus removed it, allow its folder first."
            return Refused(Fault("engine_missing", message, hint), runtime_missing=self._installer is not None)
        return self._check_model(wish.model) or self._check_folder()

    def _check_model(self, model: str) -> Refused | None:
        if model == BUILTIN_MODEL:
            return None
        path = Path(model).expanduser()
        hint = "Choose a folder with a Hugging Face model, a GGUF file, or the built-in model."
        if not path.exists():
            if _CATALOGUE_NAME.fullmatch(model) and path.suffix.lower() != ".gguf":
                # The engine knows its catalogue, and says so if this is not in it.
                return None
            return Refused(Fault("model_unusable", Sentence("There is no model at {model}.", model=model), hint))
        if path.is_dir() and not (path / "config.json").is_file():
            return Refused(
                Fault(
                    "model_unusable", Sentence("{model} holds no model: its config.json is missing.", model=model), hint
                )
            )
        if path.is_file() and path.suffix.lower() != ".gguf":
            return Refused(Fault("model_unusable", Sentence("{model} is not a GGUF file.", model=model), hint))
        return None

    def _check_folder(self) -> Refused | None:
        try:
            self._state_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            message = Sentence(
                "The engine's folder {folder} can't be made: {cause}.",
                folder=self._state_folder,
                cause=system_cause(error),
            )
            return Refused(Fault("engine_folder", message, "Free some disk space, or correct the folder's rights."))
        return None

    def _command(self, wish: EngineWish) -> ChildCommand:
        argv = (
            *(self._python, "-P", "-m", "r3mes_engine", "serve"),
            *(word for origin in (wish.gateway, *wish.other_gateways) for word in ("--gateway", origin)),
            *("--model", wish.model),
            *("--device", wish.device.value),
            *("--state-dir", str(self._state_folder)),
            *("--control", "stdio", "--ask-for-token"),
            *(("--max-concurrency", str(wish.max_concurrency)) if wish.max_concurrency else ()),
            *self._extra_arguments,
        )
        # Source: https://docs.nvidia.com/cuda/cuda-c-programming-guide/#env-vars (UUIDs do not change with the order).
        chosen = {"CUDA_VISIBLE_DEVICES": ",".join(wish.gpus)} if wish.gpus else {}
        return ChildCommand(argv, self._state_folder, child_environment(self._environ, chosen))
