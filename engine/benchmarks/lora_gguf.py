"""A LoRA adapter in PEFT's format as the GGUF file that llama.cpp's server reads, for models of Llama's kind.

    python engine/benchmarks/lora_gguf.py MODEL ADAPTER FILE

Format and the order of rows in queries and keys: llama.cpp's convert_lora_to_gguf.py and convert_hf_to_gguf.py.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import gguf
import numpy
from safetensors.numpy import load_file

NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}  # fmt: skip


def rotated(rows: Any, heads: int) -> Any:
    """Rows of queries or keys, [heads x size, any], as llama.cpp orders them: pairs that are turned together lie side
    by side, where Hugging Face has the first halves of a head before the second ones."""
    count, width = rows.shape
    return rows.reshape(heads, 2, count // heads // 2, width).swapaxes(1, 2).reshape(count, width)


def tensor_of(name: str, values: Any, model: dict[str, Any]) -> tuple[str, Any]:
    """A tensor of PEFT's, under llama.cpp's name. Raises ValueError for a layer that is not Llama's."""
    parts = name.removeprefix("base_model.model.model.layers.").split(".")
    layer, module, half = parts[0], ".".join(parts[1:3]), parts[3] if len(parts) > 3 else ""
    if module not in NAMES or half not in ("lora_A", "lora_B"):
        raise ValueError(f"{name} is no layer of a model of Llama's kind.")
    if half == "lora_B" and module.endswith(("q_proj", "k_proj")):
        heads = model["num_attention_heads"]
        values = rotated(values, heads if module.endswith("q_proj") else model.get("num_key_value_heads") or heads)
    return f"blk.{layer}.{NAMES[module]}.weight.{half.lower()}", values


def write_adapter(model: Path, adapter: Path, file: Path) -> int:
    """Returns how many tensors it wrote, in 16 bits."""
    settings = json.loads((adapter / "adapter_config.json").read_bytes())
    shape = json.loads((model / "config.json").read_bytes())
    writer = gguf.GGUFWriter(str(file), "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(settings["lora_alpha"]))
    tensors = load_file(adapter / "adapter_model.safetensors")
    for name, values in sorted(tensors.items()):
        writer.add_tensor(*_contiguous(*tensor_of(name, values, shape)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return len(tensors)


def _contiguous(name: str, values: Any) -> tuple[str, Any]:
    return name, numpy.ascontiguousarray(values, dtype=numpy.float16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("model", "adapter", "file"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    print(f"{write_adapter(options.model, options.adapter, options.file)} tensors")


if __name__ == "__main__":
    main()
