"""A GGUF file becomes a Hugging Face folder once; later starts load the folder in a second instead of in thirty."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

import psutil
from safetensors import SafetensorError

from r3mes_engine.backends.protocol import Report
from r3mes_engine.errors import ModelUnusable
from r3mes_engine.models.folder import check_folder
from r3mes_engine.models.gguf_file import GgufSummary, check_gguf

FORMAT = 1
"""Of the converted folders: a newer engine that converts in another way makes them anew."""

MARKER = "r3mes.json"
"""Written last into a converted folder, with its format and where it came from."""

_DRAFT = ".converting-"
_BYTES_PER_ELEMENT = 2
_SPARE_BYTES = 256 * 2**20
"""Room for the tokenizer, and for a disk that should not be filled to the brim."""
_HASH_CHUNK = 8 * 2**20
_CAN_NOT_CONVERT = (SafetensorError, ValueError, KeyError, TypeError, RuntimeError, ImportError)

Convert = Callable[[Path, Path], None]
"""(GGUF file, empty folder) → writes the model and its tokenizer there."""


def converted_folder(gguf: Path, models_dir: Path, convert: Convert, report: Report) -> Path:
    """The folder made of this very file, from an earlier start or made now. Raises ModelUnusable.

    It appears whole or not at all: an interrupted conversion leaves a draft that the next start removes.
    """
    try:
        return _converted(gguf, models_dir, convert, report)
    except OSError as error:
        what = "is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else f"failed ({error.strerror or error})"
        raise ModelUnusable(
            f"{gguf.name} can't be converted in {models_dir}: the disk {what}.",
            "Free some disk space, or check who may write there.",
        ) from None


def _converted(gguf: Path, models_dir: Path, convert: Convert, report: Report) -> Path:
    report("checking the model file", None)
    summary = check_gguf(gguf)
    folder = models_dir / _digest(gguf, report)
    if _is_whole(folder):
        return folder
    models_dir.mkdir(parents=True, exist_ok=True)
    _remove_abandoned_drafts(models_dir)
    shutil.rmtree(folder, ignore_errors=True)
    _check_room(models_dir, summary, gguf)
    report("converting the model, once", None)
    draft = models_dir / f"{_DRAFT}{os.getpid()}-{secrets.token_hex(4)}"
    draft.mkdir()
    try:
        try:
            convert(gguf, draft)
        except OSError:
            raise
        except _CAN_NOT_CONVERT as error:
            if "no space left" in str(error).lower():
                # The library that writes weights says so in words of its own.
                raise OSError(errno.ENOSPC, "No space left on device") from error
            raise ModelUnusable(
                f"The model file {gguf} (architecture {summary.architecture!r}) can't be converted: {_short(error)}.",
                "Choose a model of another architecture, or one in Hugging Face's format.",
            ) from error
        marker = {"format": FORMAT, "source": gguf.name, "architecture": summary.architecture}
        (draft / MARKER).write_text(json.dumps(marker))
        _publish(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _digest(path: Path, report: Report) -> str:
    size, done, state = path.stat().st_size, 0, hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_HASH_CHUNK):
            state.update(chunk)
            done += len(chunk)
            report("checking the model file", done / size)
    return state.hexdigest()


def _is_whole(folder: Path) -> bool:
    try:
        if json.loads((folder / MARKER).read_bytes()).get("format") != FORMAT:
            return False
        check_folder(folder)
    except (OSError, ValueError, AttributeError, ModelUnusable):
        return False
    return True


def _remove_abandoned_drafts(models_dir: Path) -> None:
    for draft in models_dir.glob(f"{_DRAFT}*"):
        owner = draft.name.removeprefix(_DRAFT).split("-")[0]
        if not owner.isdigit() or not psutil.pid_exists(int(owner)):
            shutil.rmtree(draft, ignore_errors=True)


def _check_room(models_dir: Path, summary: GgufSummary, gguf: Path) -> None:
    needed = summary.elements * _BYTES_PER_ELEMENT + _SPARE_BYTES
    free = shutil.disk_usage(models_dir).free
    if free < needed:
        raise ModelUnusable(
            f"There is no room to convert {gguf.name}: {needed // 2**20} MiB are needed in {models_dir}, "
            f"{free // 2**20} MiB are free.",
            "Free some disk space.",
        )


def _publish(draft: Path, folder: Path) -> None:
    try:
        draft.rename(folder)
    except OSError:
        # Another engine of this computer was faster with the same file.
        if not _is_whole(folder):
            raise


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
