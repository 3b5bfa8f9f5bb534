"""Is this a LoRA folder in PEFT's format that belongs to this model? Told from its headers, before anything is loaded.

Format: https://huggingface.co/docs/peft/developer_guides/checkpoint. What would be applied in part only, or not as it
was trained, is refused: an answer of half an adapter looks like an answer.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r3mes_engine.errors import ModelUnusable
from r3mes_engine.models.safetensors_file import check_safetensors, tensor_shapes
from r3mes_engine.models.source import public_name
from r3mes_protocol.limits import MAX_NAME_CHARS

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
MAX_CONFIG_BYTES = 1024 * 1024
MAX_RANK = 512
"""Beyond it an adapter costs a good part of the base model itself."""

_TENSOR = re.compile(r"base_model\.model\.(?P<layer>.+)\.lora_(?P<half>[AB])\.weight")
_FLOATS = ("F32", "F16", "BF16")


class AdapterUnusable(Exception):
    """What is wrong, as one sentence."""


@dataclass(frozen=True, slots=True)
class LayerSize:
    """Of a linear layer of the base model."""

    inputs: int
    outputs: int


@dataclass(frozen=True, slots=True)
class AdapterFolder:
    """A checked adapter on disk."""

    path: Path
    name: str
    """The folder's name, made safe: what people call it."""
    digest: str
    """SHA-256 over configuration and weights: what it is."""
    base_model: str | None
    """As the adapter's makers named it; None where they named none."""
    scale: float
    ranks: Mapping[str, int]
    """The rank in each layer that it changes, by the layer's path in the base model."""
    parameters: int
    stamp: tuple[int, ...]
    """By which a file that was written anew is known; see `is_unchanged`."""

    @property
    def rank(self) -> int:
        return max(self.ranks.values())


def check_adapter(
    folder: Path, layers: Mapping[str, LayerSize], base_name: str, name: str | None = None
) -> AdapterFolder:
    """`layers` are the layers of the base model that may be changed. Raises AdapterUnusable."""
    # Before anything is read: what changes in between has another stamp.
    stamp = _stamp(folder)
    config = _config(folder / CONFIG)
    scale = _scale(config)
    base = _base_model(config, base_name)
    try:
        check_safetensors(folder / WEIGHTS)
        tensors = tensor_shapes(folder / WEIGHTS)
    except ModelUnusable as error:
        raise AdapterUnusable(error.message) from None
    ranks = _ranks(tensors, layers, int(config["r"]))
    _check_targets(config.get("target_modules"), set(ranks), layers)
    shown = name or public_name(folder.name)
    if len(shown) > MAX_NAME_CHARS or public_name(shown) != shown:
        raise AdapterUnusable(f"{shown[:60]!r} is no name for an adapter: letters, digits and . _ + @ - are allowed.")
    return AdapterFolder(
        path=folder,
        name=shown,
        digest=_digest(folder),
        base_model=base,
        scale=scale,
        ranks=ranks,
        parameters=sum(math.prod(shape) for _, shape in tensors.values()),
        stamp=stamp,
    )


def is_unchanged(folder: AdapterFolder) -> bool:
    """Whether its files are the ones that were checked: under its digest nothing else may be served."""
    return _stamp(folder.path) == folder.stamp


def _stamp(folder: Path) -> tuple[int, ...]:
    """Empty where a file is missing."""
    try:
        told = [(folder / name).stat() for name in (CONFIG, WEIGHTS)]
    except OSError:
        return ()
    return tuple(number for one in told for number in (one.st_ino, one.st_size, one.st_mtime_ns))


def _config(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise AdapterUnusable(f"{path} is impossibly large.")
        config = json.loads(path.read_bytes())
    except OSError as error:
        raise AdapterUnusable(f"{path} can't be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise AdapterUnusable(f"{path} is damaged: it is not JSON.") from None
    if not isinstance(config, dict):
        raise AdapterUnusable(f"{path} is damaged: it holds no object.")
    return config


def _scale(config: Mapping[str, Any]) -> float:
    """What the low-rank product is multiplied with."""
    if config.get("peft_type") != "LORA":
        raise AdapterUnusable(f"It is no LoRA adapter but {str(config.get('peft_type'))[:40]!r}; only LoRA is served.")
    rank, alpha = config.get("r"), config.get("lora_alpha")
    if isinstance(rank, bool) or not isinstance(rank, int) or not 1 <= rank <= MAX_RANK:
        raise AdapterUnusable(f"Its rank is {str(rank)[:40]}; 1 to {MAX_RANK} are served.")
    if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not math.isfinite(alpha):
        raise AdapterUnusable("Its lora_alpha is no number.")
    for option, plain in (
        ("bias", ("none",)),
        ("use_dora", (False,)),
        ("fan_in_fan_out", (False,)),
        ("lora_bias", (False,)),
        ("modules_to_save", ([],)),
        ("rank_pattern", ({},)),
        ("alpha_pattern", ({},)),
        ("trainable_token_indices", ([],)),
        ("layers_to_transform", ([],)),
    ):
        if config.get(option) is not None and config[option] not in plain:
            raise AdapterUnusable(f"It was trained with {option}, which is not served.")
    by_root = config.get("use_rslora")
    if not isinstance(by_root, bool | None):
        raise AdapterUnusable("Its use_rslora is neither true nor false.")
    return float(alpha) / (math.sqrt(rank) if by_root else rank)


def _base_model(config: Mapping[str, Any], base_name: str) -> str | None:
    """The base model that it names. Many name a folder of the computer that trained them, which tells nothing."""
    named = config.get("base_model_name_or_path")
    if not isinstance(named, str) or not named or named.count("/") > 1 or named.startswith((".", "/")) or "\\" in named:
        return None
    if public_name(named.rpartition("/")[2]).lower() != base_name.lower():
        raise AdapterUnusable(f"It was made for the model {named[:80]!r}, and this is {base_name!r}.")
    return named[:MAX_NAME_CHARS]


def _ranks(
    tensors: Mapping[str, tuple[str, tuple[int, ...]]], layers: Mapping[str, LayerSize], rank: int
) -> dict[str, int]:
    halves: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, (kind, shape) in tensors.items():
        found = _TENSOR.fullmatch(name)
        if found is None or found["layer"] not in layers:
            raise AdapterUnusable(f"It changes {name[:100]!r}, which this model does not have or does not serve.")
        if kind not in _FLOATS:
            raise AdapterUnusable(f"{name[:100]!r} holds numbers of the kind {kind}, which is not served.")
        halves.setdefault(found["layer"], {})[found["half"]] = shape
    for layer, shapes in halves.items():
        size = layers[layer]
        if shapes.get("A") != (rank, size.inputs) or shapes.get("B") != (size.outputs, rank):
            raise AdapterUnusable(f"Its shapes in {layer[:100]!r} do not fit this model and the rank {rank}.")
    return dict.fromkeys(halves, rank)


def _check_targets(targets: Any, changed: set[str], layers: Mapping[str, LayerSize]) -> None:
    """Every layer that the adapter is meant to change is in its file, so that none of it is lost in silence."""
    if isinstance(targets, list) and all(isinstance(target, str) for target in targets):
        wanted = {
            layer for layer in layers if any(layer == target or layer.endswith(f".{target}") for target in targets)
        }
        unknown = [
            target for target in targets if not any(layer == target or layer.endswith(f".{target}") for layer in layers)
        ]
        if unknown:
            raise AdapterUnusable(f"This model has no {unknown[0][:60]!r} that could be changed.")
    elif targets is not None and not isinstance(targets, str):
        raise AdapterUnusable("Its target_modules is neither a list of names nor a pattern.")
    else:
        # A pattern is the makers' program, so it is not run: whatever kind of layer is changed is changed throughout.
        kinds = {layer.rpartition(".")[2] for layer in changed}
        wanted = {layer for layer in layers if layer.rpartition(".")[2] in kinds}
    if not wanted:
        raise AdapterUnusable("It changes nothing of this model.")
    if changed != wanted:
        raise AdapterUnusable(
            f"It is not whole: of the {len(wanted)} layers that it is meant to change it holds {len(changed & wanted)}."
        )


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in (CONFIG, WEIGHTS):
        with (folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
