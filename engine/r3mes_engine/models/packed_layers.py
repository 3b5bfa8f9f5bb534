"""Weights in the order in which a processor multiplies them, in the place of the model's own.

A plain product lays the whole matrix out anew each time, which for the few rows of a step of a batch takes as long as
the product itself. oneDNN does it once. The numbers stay the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import nn

from r3mes_engine.models.process_memory import give_memory_back

ROWS = 64
"""The number of rows that oneDNN chooses the order for. It serves 1 to 128 rows equally well on AVX2."""

SMALLEST = 4 * 2**20
"""Weights of a layer that is worth it. For smaller ones oneDNN's own work for each call is more than it saves: those of
SmolLM2-135M's blocks were a fifth slower for one stream, its last layer with 28 million twice as fast for 16."""
LAYERS_BETWEEN_TRIMS = 32
"""A few blocks of a decoder: what they held goes back to the system before the next ones are laid out."""


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


class HalfEmbedding(nn.Module):  # type: ignore[misc]
    """A table of float32 numbers that all fit into bfloat16, given as such. Makes no gradients."""

    def __init__(self, table: torch.Tensor) -> None:
        super().__init__()
        # Not a parameter: the library takes a model's kind of numbers from its first one.
        self._table = table

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return nn.functional.embedding(tokens, self._table).float()


def can_pack(model: Any) -> bool:
    """Dense float32 on a processor whose PyTorch has oneDNN's layers."""
    return bool(
        model.device.type == "cpu"
        and model.dtype == torch.float32
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
        and not getattr(model, "is_quantized", False)
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
    plain = [
        path
        for path, module in model.named_modules()
        if type(module) is nn.Linear
        and module.in_features * module.out_features >= smallest
        and not (module is head and tied)
    ]
    del head
    for number, path in enumerate(plain):
        if number % LAYERS_BETWEEN_TRIMS == 0:
            give_memory_back()
        parent, _, name = path.rpartition(".")
        setattr(model.get_submodule(parent), name, PackedLinear(model.get_submodule(path)))


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


def _fits_half(table: torch.Tensor) -> bool:
    return all(bool(part.bfloat16().float().equal(part)) for part in table.detach().split(4096))
