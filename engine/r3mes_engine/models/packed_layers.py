"""Weights in the order in which a processor multiplies them, in the place of the model's own.

A plain product lays the whole matrix out anew each time, which for the few rows of a step of a batch takes as long as
the product itself. Here it is done once. Weights that float16 holds, as it does those that a model was trained in
bfloat16 with, are kept in it and widened on their way into the product: half the memory, and half of it to be read in
each step. The numbers stay the same, and so does what is calculated with: float32.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import nn

ROWS = 64
"""The number of rows that oneDNN chooses the order for. It serves 1 to 128 rows equally well on AVX2."""

SMALLEST = 4 * 2**20
"""Weights of a layer that is worth it. For smaller ones oneDNN's own work for each call is more than it saves: those of
SmolLM2-135M's blocks were a fifth slower for one stream, its last layer with 28 million twice as fast for 16."""
HALF_ERROR = 2**-20
"""How far a weight may be from its float16, by the layer's largest weight: the sum of some hundred products in float32
is less exact. What was trained in bfloat16 is held as it is from 2^-17 on, and smaller weights to 2^-25."""


class PackedLinear(nn.Linear):  # type: ignore[misc]
    """A linear layer without a `weight` of the usual kind. Makes no gradients."""

    def __init__(self, plain: nn.Linear) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features = plain.in_features, plain.out_features
        self.bias = plain.bias
        # Not a parameter: torch's own functions for those don't know this layout.
        self._packed = torch.ops.mkldnn._reorder_linear_weight(plain.weight.detach(), ROWS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = torch.ops.mkldnn._linear_pointwise(x, self._packed, self.bias, "none", [], "")
        return made


class HalfLinear(nn.Linear):  # type: ignore[misc]
    """A linear layer with weights in float16, for numbers in float32. Makes no gradients."""

    def __init__(self, plain: nn.Linear) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features = plain.in_features, plain.out_features
        self.bias = plain.bias
        bias = None if plain.bias is None else plain.bias.detach()
        # The multiplication is FBGEMM's; "dynamic" are its other kinds, which round what goes in as well.
        self._packed = torch.ops.quantized.linear_prepack_fp16(plain.weight.detach(), bias)

    @property
    def weight(self) -> torch.Tensor:
        """Made anew, for models that look at the weights of their layers."""
        made: torch.Tensor = torch.ops.quantized.linear_unpack_fp16(self._packed)[0].float()
        return made

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = torch.ops.quantized.linear_dynamic_fp16(x, self._packed)
        return made


class HalfEmbedding(nn.Module):  # type: ignore[misc]
    """A table of float32 numbers that all fit into bfloat16, given as such. Makes no gradients."""

    def __init__(self, table: torch.Tensor) -> None:
        super().__init__()
        # Not a parameter: the library takes a model's kind of numbers from its first one.
        self._table = table

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return nn.functional.embedding(tokens, self._table).float()


def can_pack(model: Any) -> bool:
    """Dense float32 on a processor for which this PyTorch has one of the two kinds of layers."""
    return bool(
        model.device.type == "cpu"
        and model.dtype == torch.float32
        and (has_packed() or has_halves())
        and not getattr(model, "is_quantized", False)
    )


def has_packed() -> bool:
    """oneDNN's layers."""
    return torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def has_halves() -> bool:
    """FBGEMM's layers, which are for processors with AVX2."""
    quantized = torch.backends.quantized
    return (
        "fbgemm" in quantized.supported_engines
        and quantized.engine in ("fbgemm", "x86")
        and hasattr(torch.ops.quantized, "linear_dynamic_fp16")
    )


def pack(model: Any, folder: Path, smallest: int = SMALLEST) -> None:
    """Changes the model in place, layer by layer, so that it never lies in memory twice. Before `LoraLayers`. `folder`
    is where it was loaded from, in Hugging Face's format."""
    head = model.get_output_embeddings()
    embedding = model.get_input_embeddings()
    tied = head is not None and getattr(head, "weight", None) is getattr(embedding, "weight", ())
    if type(embedding) is nn.Embedding and _fits_half(embedding.weight):
        model.set_input_embeddings(HalfEmbedding(_table(embedding.weight, model, folder)))
        tied = False
    del embedding
    # A head that shares its table with the embedding would lie in memory twice.
    plain = [path for path, one in model.named_modules() if type(one) is nn.Linear and not (one is head and tied)]
    del head
    packed, halves = has_packed(), has_halves()
    for path in plain:
        layer = model.get_submodule(path)
        parent, _, name = path.rpartition(".")
        if halves and _is_kept_by_half(layer.weight):
            setattr(model.get_submodule(parent), name, HalfLinear(layer))
        elif packed and layer.weight.numel() >= smallest:
            setattr(model.get_submodule(parent), name, PackedLinear(layer))
        del layer


def _table(weight: torch.Tensor, model: Any, folder: Path) -> torch.Tensor:
    """The embedding in bfloat16: of the file itself where it holds it, since a few of its rows are used and the system
    reads those alone."""
    half = weight.detach().bfloat16()
    embedding = model.get_input_embeddings()
    name = next(path for path, module in model.named_modules() if module is embedding) + ".weight"
    for path in sorted(folder.glob("*.safetensors")):
        stored = _stored(path, name)
        if stored is not None and stored.dtype == half.dtype and stored.equal(half):
            # Another mapping: of this one all pages have been touched by the comparison.
            del stored
            again = _stored(path, name)
            return half if again is None else again
    return half


def _stored(path: Path, name: str) -> torch.Tensor | None:
    with safe_open(path, framework="pt", device="cpu") as file:
        return file.get_tensor(name) if name in file.keys() else None  # noqa: SIM118


def _is_kept_by_half(weight: torch.Tensor) -> bool:
    parts = weight.detach().split(4096)
    largest = max(float(part.abs().max()) for part in parts)
    # Not so for weights that are no numbers or beyond float16.
    return all(float((part.half().float() - part).abs().max()) <= HALF_ERROR * largest for part in parts)


def _fits_half(table: torch.Tensor) -> bool:
    return all(bool(part.bfloat16().float().equal(part)) for part in table.detach().split(4096))
