"""How large a checked model folder is, told from its configuration and the headers of its weights."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from r3mes_engine.errors import ModelUnusable
from r3mes_engine.models.folder import CONFIG, INDEX
from r3mes_engine.models.memory_plan import ModelShape
from r3mes_engine.models.safetensors_file import tensor_shapes

_NEVER_QUANTISED = ("embed", "lm_head", "wte", "wpe")


def model_shape(folder: Path) -> ModelShape:
    """Of a folder that `check_folder` passed. Raises ModelUnusable where the configuration does not tell."""
    config = json.loads((folder / CONFIG).read_bytes())
    text = config.get("text_config") if isinstance(config.get("text_config"), dict) else config
    total = linear = 0
    for path in _weights(folder):
        for name, (_, shape) in tensor_shapes(path).items():
            size = math.prod(shape)
            total += size
            if len(shape) == 2 and not any(part in name for part in _NEVER_QUANTISED):
                linear += size
    try:
        heads = _number(text, "num_attention_heads")
        hidden = _number(text, "hidden_size")
        return ModelShape(
            parameters=total,
            linear_parameters=linear,
            layers=_number(text, "num_hidden_layers"),
            key_value_heads=_number(text, "num_key_value_heads", heads),
            head_size=_number(text, "head_dim", hidden // heads),
            hidden_size=hidden,
            vocabulary=_number(text, "vocab_size"),
            context_tokens=_number(text, "max_position_embeddings", 2048),
        )
    except (KeyError, TypeError, ZeroDivisionError) as error:
        raise ModelUnusable(
            f"{folder / CONFIG} does not tell how large the model is ({error}).", "Download the model again."
        ) from None


def _weights(folder: Path) -> list[Path]:
    if (folder / INDEX).exists():
        shards = json.loads((folder / INDEX).read_bytes())["weight_map"].values()
        return [folder / shard for shard in sorted(set(shards))]
    return [folder / "model.safetensors"]


def _number(config: dict[str, Any], name: str, unsaid: int | None = None) -> int:
    value = config.get(name)
    if value is None and unsaid is not None:
        return unsaid
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise KeyError(name)
    return value
