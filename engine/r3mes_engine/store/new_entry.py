"""`models add`: downloads files that no catalogue knows yet, looks at them, and writes down what they are."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from r3mes_engine.errors import EngineExit, ModelUnusable
from r3mes_engine.models.source import public_name
from r3mes_engine.store.catalogue import (
    CatalogueEntry,
    CatalogueFile,
    Kind,
    is_allowed_url,
    is_file_name,
    missing_parts,
    read_catalogue,
    write_catalogue,
)
from r3mes_engine.store.file_download import FileDownload, Gate, new_client
from r3mes_engine.store.store import ModelStore, Progress
from r3mes_engine.store.transfer_rules import TransferLimits
from r3mes_protocol.exit_codes import ExitCode


async def add_entry(
    store: ModelStore,
    urls: Sequence[str],
    *,
    name: str | None,
    licence: str,
    context_tokens: int | None,
    catalogue: Path,
    gated: bool,
    token: str | None,
    report: Callable[[Progress], None],
    jitter: Callable[[float, float], float],
    limits: TransferLimits | None = None,
) -> CatalogueEntry:
    """Downloads, publishes in the store, and adds the entry with the hashes that it saw. Raises EngineExit."""
    limits = limits or TransferLimits()
    names = [_file_name(url) for url in urls]
    kind: Kind = "adapter" if "adapter_config.json" in names else "model"
    problem = missing_parts(kind, [one.lower() for one in names])
    if problem:
        raise _usage(f"These files are not a whole {kind}: {problem}.", "Give the URLs of all its files.")
    called = name or _name_from(names, urls)
    known = _known(catalogue)
    if any(entry.name.lower() == called.lower() for entry in known):
        raise _usage(f"{called} is in {catalogue} already.", "Give another --name, or remove that entry first.")
    draft = store.new_draft(called)
    files = []
    try:
        async with new_client(limits) as client:
            for url, file in zip(urls, names, strict=True):
                fetched = await FileDownload(
                    client,
                    url,
                    draft / file,
                    size=None,
                    sha256=None,
                    limits=limits,
                    jitter=jitter,
                    on_bytes=lambda done, file=file: report(  # type: ignore[misc]
                        Progress(called, kind, "downloading", file, done, 0)
                    ),
                    gate=Gate(),
                    token=token,
                ).run()
                files.append(CatalogueFile(name=file, url=url, size=fetched.size, sha256=fetched.sha256))
        try:
            entry = CatalogueEntry(
                name=called,
                kind=kind,
                licence=licence,
                context_tokens=context_tokens,
                gated=gated,
                files=tuple(files),
            )
        except ValidationError as error:
            raise _usage(f"{called} can't be added: {error.errors()[0]['msg']}.", "Give another --name.") from None
        await store.adopt(entry, draft)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    write_catalogue(catalogue, (*known, entry))
    return entry


def _known(catalogue: Path) -> tuple[CatalogueEntry, ...]:
    return read_catalogue(catalogue).entries if catalogue.exists() else ()


def _file_name(url: str) -> str:
    if not is_allowed_url(url):
        raise _usage(f"{url[:200]!r} is no address to download from.", "It needs to begin with https://.")
    name = unquote(urlsplit(url).path).rpartition("/")[2]
    if not is_file_name(name):
        raise ModelUnusable(
            f"{name[:100]!r} is not served: only safetensors and GGUF weights are, with their JSON and text files.",
            "Pickled weights (.bin, .pt) can run any program while they load. Get the model in another format.",
        )
    return name


def _name_from(names: Sequence[str], urls: Sequence[str]) -> str:
    if len(names) == 1:
        return public_name(Path(names[0]).stem).strip("-.@_")[:100]
    # A hub's address holds the repository before the version: /owner/name/resolve/version/file
    parts = [part for part in urlsplit(urls[0]).path.split("/") if part]
    if "resolve" in parts and parts.index("resolve") > 0:
        return public_name(parts[parts.index("resolve") - 1]).strip("-.@_")[:100]
    raise _usage("A model of several files needs a name.", "Give --name.")


def _usage(message: str, hint: str) -> EngineExit:
    return EngineExit(ExitCode.USAGE, "usage", message, hint)
