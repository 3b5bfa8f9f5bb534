"""Is this a whole Hugging Face model folder? Only safetensors weights: pickled ones can run programs when loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from r3mes_engine.errors import ModelUnusable
from r3mes_engine.models.safetensors_file import check_safetensors

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
MAX_JSON_BYTES = 256 * 1024 * 1024
"""The largest tokenizers have some tens of megabytes."""

_PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


def check_folder(folder: Path) -> None:
    """Raises ModelUnusable that names the file at fault and says what to do."""
    config = _json_object(folder / CONFIG, "This is not a Hugging Face model folder, or not the whole of one.")
    if not isinstance(config.get("model_type"), str):
        raise ModelUnusable(
            f"{folder / CONFIG} does not say what kind of model it is.",
            "Choose a language model in Hugging Face's format.",
        )
    _check_weights(folder)
    _check_tokenizer(folder)


def _check_weights(folder: Path) -> None:
    if (folder / INDEX).exists():
        _check_shards(folder)
    elif (folder / WEIGHTS).exists():
        check_safetensors(folder / WEIGHTS)
    else:
        pickled = sorted(path.name for pattern in _PICKLED for path in folder.glob(pattern))
        if pickled:
            raise ModelUnusable(
                f"The weights in {folder} are pickled ({pickled[0]}); such a file can run any program while it loads.",
                "Get the model in the safetensors format.",
            )
        raise ModelUnusable(f"There are no weights in {folder}: {WEIGHTS} is missing.", "Download the model again.")


def _check_shards(folder: Path) -> None:
    index = folder / INDEX
    weight_map = _json_object(index, "Download the model again.").get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelUnusable(f"The model file {index} is damaged: it lists no weights.", "Download the model again.")
    wanted: dict[str, set[str]] = {}
    for name, shard in weight_map.items():
        # A shard is a file of this folder, never a path out of it.
        if not isinstance(shard, str) or Path(shard).name != shard or not shard.endswith(".safetensors"):
            raise ModelUnusable(
                f"The model file {index} is damaged: it names {str(shard)[:80]!r} as a file of weights.",
                "Download the model again.",
            )
        wanted.setdefault(shard, set()).add(name)
    for shard, names in wanted.items():
        if not (folder / shard).exists():
            raise ModelUnusable(f"The model file {folder / shard} is missing.", "Download the model again.")
        lacking = names - check_safetensors(folder / shard)
        if lacking:
            raise ModelUnusable(
                f"The model file {folder / shard} lacks the tensor {min(lacking)[:80]!r}.", "Download the model again."
            )


def _check_tokenizer(folder: Path) -> None:
    whole = folder / "tokenizer.json"
    if whole.exists():
        _json_object(whole, "Download the model again.")
        return
    if (folder / "tokenizer.model").exists() or (folder / "vocab.json").exists():
        return
    raise ModelUnusable(f"There is no tokenizer in {folder}: {whole.name} is missing.", "Download the model again.")


def _json_object(path: Path, hint: str) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise ModelUnusable(f"The model file {path} is impossibly large.", hint)
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ModelUnusable(f"The model file {path} is missing.", hint) from None
    except OSError as error:
        raise ModelUnusable(f"The model file {path} can't be read: {error.strerror}.", hint) from None
    except (ValueError, RecursionError):
        raise ModelUnusable(f"The model file {path} is damaged: it is not JSON.", hint) from None
    if not isinstance(document, dict):
        raise ModelUnusable(f"The model file {path} is damaged: it holds no object.", hint)
    return document
