"""Puts the `upstream` backend together from what the operator said."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from r3mes_engine.backends.protocol import Report
from r3mes_engine.backends.upstream_backend import UpstreamBackend
from r3mes_engine.errors import EngineExit, ModelUnusable
from r3mes_engine.models.source import ModelSource, checked_model
from r3mes_engine.settings import ServeSettings
from r3mes_engine.upstream.address import UpstreamAddress, read_key
from r3mes_engine.upstream.child import ServerChild, free_port
from r3mes_engine.upstream.command import (
    LocalModel,
    LocalServer,
    command_line,
    environment,
    key_file_name,
    key_file_text,
)
from r3mes_engine.upstream.keeper import Launch, UpstreamKeeper
from r3mes_engine.upstream.liveness import Progress
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import Device


def upstream_backend(
    settings: ServeSettings, device: Device, threads: int, concurrency: int, report: Report
) -> UpstreamBackend:
    """Cheap checks first. Raises EngineExit."""
    wanted, progress = settings.upstream, Progress()
    if settings.endpoint is not None and settings.adapters is not None:
        raise _configuration(
            "A gateway that calls the endpoint knows adapters by the server's own names, so --adapters does not go "
            "with --endpoint.",
            "Load the adapters when the server starts (vLLM: --lora-modules); they are offered as it lists them.",
        )
    if wanted.local is None:
        if wanted.base is None:
            raise _configuration(
                "The backend upstream needs a server.",
                "Give --upstream with its URL, or --upstream-server to have one run.",
            )
        key = None if wanted.key_file is None else read_key(wanted.key_file)
        keeper = UpstreamKeeper(UpstreamAddress(wanted.base, key), None, wanted.model, progress)
        return UpstreamBackend(keeper, progress, context_tokens=wanted.context_tokens, adapters_dir=settings.adapters)
    report("checking the model", None)
    source = _source(settings.model, wanted.local, has_adapters=settings.adapters is not None)
    # Another way of computing is another model: the same question may get another answer.
    suffix = "-llama.cpp" if wanted.local.kind == "llama-server" else ""
    model = LocalModel(source.path.resolve(), source.name + suffix)
    launch = _launch(wanted.local, model, settings, device, threads, concurrency)
    return UpstreamBackend(
        UpstreamKeeper(None, launch, model.name, progress),
        progress,
        context_tokens=wanted.context_tokens,
        adapters_dir=settings.adapters,
        model_folder=source.path if source.kind == "folder" else None,
    )


def _source(model: str, local: LocalServer, *, has_adapters: bool) -> ModelSource:
    source = checked_model(model)
    if local.kind == "vllm" and source.kind != "folder":
        raise ModelUnusable(
            "vLLM is run with a Hugging Face folder, and this is a GGUF file.",
            "Give --model a folder, or use --upstream-server llama-server.",
        )
    if local.kind == "llama-server" and source.kind != "gguf":
        raise ModelUnusable("llama.cpp's server reads GGUF files, and this is a folder.", "Give --model a GGUF file.")
    if local.kind == "llama-server" and has_adapters:
        raise _configuration(
            "llama.cpp's server can't load adapters while it runs.", "Use the backend transformers, or vllm."
        )
    return source


def _launch(
    local: LocalServer, model: LocalModel, settings: ServeSettings, device: Device, threads: int, concurrency: int
) -> Launch:
    adapters = settings.adapters is not None
    key_file = settings.state_dir / key_file_name(local.kind)
    added = environment(local, device, threads, adapters=adapters)
    if settings.gpus:
        added["CUDA_VISIBLE_DEVICES"] = ",".join(settings.gpus)

    def launch() -> tuple[ServerChild, UpstreamAddress]:
        key, port = secrets.token_urlsafe(32), free_port()
        write_secret(key_file, key_file_text(local.kind, key))
        command = command_line(local, model, port, key_file.resolve(), concurrency, adapters=adapters)
        return ServerChild(command, added), UpstreamAddress(f"http://127.0.0.1:{port}/v1", key)

    return launch


def write_secret(path: Path, text: str) -> None:
    """Replaces a file of mode 0600."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def _configuration(message: str, hint: str) -> EngineExit:
    return EngineExit(ExitCode.CONFIGURATION, "configuration", message, hint)
