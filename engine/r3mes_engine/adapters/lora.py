"""Low-rank terms for single tokens: base model and different adapters share one forward pass.

The library packs the tokens of all requests of a step into one row. For the adapters in it, the A of each changed layer
lie side by side in one matrix, and so do the B; a mask keeps each token to the columns of its own adapter:
y += ((x A) * mask) B. Three operations a layer, however many adapters and tokens there are.
Mathematics: https://arxiv.org/abs/2106.09685.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from r3mes_engine.adapters.folder import WEIGHTS, AdapterFolder, AdapterUnusable, LayerSize

SALT_TOKENS = 64


class LoadedAdapter:
    """Weights in memory, ready for use. Immutable; requests that run keep it as long as they need it."""

    def __init__(self, folder: AdapterFolder, halves: Mapping[str, tuple[torch.Tensor, torch.Tensor]]) -> None:
        self.digest = folder.digest
        self.rank = folder.rank
        self.halves = halves
        """For each changed layer: A of shape [inputs, rank] and B of shape [rank, outputs], scaled."""
        # Mixed into the tokens by which the library knows cached prefixes again; token numbers have 31 bits there.
        stream = hashlib.shake_256(bytes.fromhex(folder.digest)).digest(4 * SALT_TOKENS)
        self._salt = [int.from_bytes(stream[at : at + 4], "little") >> 1 for at in range(0, len(stream), 4)]

    def __deepcopy__(self, memo: dict[int, Any]) -> LoadedAdapter:
        # The library copies a request's settings when it moves the request.
        return self

    def salted(self, tokens: Sequence[int]) -> list[int]:
        """Tokens that are the same only for the same tokens and the same adapter."""
        salt = self._salt
        return [token ^ salt[place % SALT_TOKENS] for place, token in enumerate(tokens)]

    def to(self, device: torch.device) -> LoadedAdapter:
        moved = object.__new__(LoadedAdapter)
        moved.digest, moved.rank, moved._salt = self.digest, self.rank, self._salt
        moved.halves = {layer: (a.to(device), b.to(device)) for layer, (a, b) in self.halves.items()}
        return moved


def read_adapter(folder: AdapterFolder, device: torch.device, dtype: torch.dtype) -> LoadedAdapter:
    """Raises AdapterUnusable, also for weights that are no numbers."""
    try:
        return LoadedAdapter(folder, _halves(folder, device, dtype))
    except (AdapterUnusable, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        raise AdapterUnusable(f"Its weights can't be read any more ({type(error).__name__}).") from None


def _halves(
    folder: AdapterFolder, device: torch.device, dtype: torch.dtype
) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    # Few calls for hundreds of small tensors: each takes the interpreter from the answers that run.
    stored = _stored(folder.path / WEIGHTS)
    layers = tuple(folder.ranks)
    firsts = [stored[f"base_model.model.{layer}.lora_A.weight"].T for layer in layers]
    seconds = [stored[f"base_model.model.{layer}.lora_B.weight"].T for layer in layers]
    parts = [*firsts, *seconds]
    whole = torch.empty(sum(part.numel() for part in parts), dtype=torch.float32)
    laid, begin = [], 0
    for part in parts:
        rows, columns = part.shape
        laid.append(whole.as_strided((rows, columns), (columns, 1), begin))
        begin += rows * columns
    torch._foreach_copy_(laid, parts)
    # The norm of all is no number when one of them is none, at a sixth of the cost of asking each.
    if not bool(torch.linalg.vector_norm(whole).isfinite()):
        raise AdapterUnusable("Its weights are not numbers.")
    torch._foreach_mul_(laid[len(layers) :], folder.scale)
    there = whole.to(device, dtype)
    kept = [there.as_strided(part.shape, part.stride(), part.storage_offset()) for part in laid]
    return {layer: (a, b) for layer, a, b in zip(layers, kept, kept[len(layers) :], strict=False)}


_KINDS = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def _stored(path: Path) -> dict[str, torch.Tensor]:
    """All tensors of a safetensors file that was checked, as views of its bytes."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        numbers = torch.empty(path.stat().st_size - 8 - length, dtype=torch.uint8)
        if file.readinto(numbers.numpy()) != len(numbers):
            raise AdapterUnusable("Its weights are cut off.")
    header.pop("__metadata__", None)
    flat = {kind: numbers[: len(numbers) // size * size].view(_KINDS[kind]) for kind, size in _sizes(header)}
    views = {}
    for name, entry in header.items():
        of_kind, (rows, columns) = flat[entry["dtype"]], entry["shape"]
        at, rest = divmod(entry["data_offsets"][0], of_kind.itemsize)
        if rest:
            raise AdapterUnusable("Its weights lie at places where numbers of their kind can't lie.")
        views[name] = of_kind.as_strided((rows, columns), (columns, 1), at)
    return views


def _sizes(header: Mapping[str, Any]) -> set[tuple[str, int]]:
    return {(entry["dtype"], _KINDS[entry["dtype"]].itemsize) for entry in header.values()}


class TokenRoutes:
    """Which token of the step that runs goes through which adapter. Used by the token loop's thread alone."""

    def __init__(self) -> None:
        self.mask: torch.Tensor | None = None
        """1 where a token's own adapter has its columns, shape [tokens, columns]; None: all tokens are the base's."""
        self.product: torch.Tensor | None = None
        """Of the last input, for layers that read the same one."""
        self.product_of: tuple[torch.Tensor, _Columns] | None = None


class _Columns:
    """The adapters' first matrices of one layer, or of several that read the same input."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self.paths = paths
        self.a: torch.Tensor | None = None


class LoraLinear(nn.Module):  # type: ignore[misc]
    """Stands in the place of one linear layer and adds what the adapters of the step change in it."""

    def __init__(self, base: nn.Module, routes: TokenRoutes, columns: _Columns, place: int) -> None:
        super().__init__()
        self.base = base
        self._plain = type(base) is nn.Linear
        self._routes = routes
        self.columns = columns
        self._place = place
        self.b: torch.Tensor | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        base = self.base
        made = nn.functional.linear(x, base.weight, base.bias) if self._plain else base(x)
        mask = self._routes.mask
        if mask is None or self.b is None or self.columns.a is None:
            return made
        routes, columns = self._routes, self.columns
        if routes.product_of is None or routes.product_of[0] is not x or routes.product_of[1] is not columns:
            # The layers that read one input come one after another: the first multiplies for all of them.
            product = torch.mm(x[0], columns.a)
            routes.product = product.view(len(product), -1, mask.shape[1]) * mask.unsqueeze(1)
            routes.product_of = (x, columns)
        assert routes.product is not None
        made[0].addmm_(routes.product[:, self._place], self.b)
        return made


SHARING = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"))
"""Layers of one module that read the same input, as nearly all decoders name them. For others nothing is shared."""


class LoraLayers:
    """All layers of a model that adapters may change. They are swapped when the first adapter needs it."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._routes = TokenRoutes()
        self._swapped: dict[str, LoraLinear] = {}
        self._packed: tuple[LoadedAdapter, ...] = ()
        head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
        # The last layer sees only the tokens that are asked for, so it has no row for each token.
        self._linears = {
            path: module
            for path, module in model.named_modules()
            if isinstance(module, nn.Linear) and module is not head
        }

    @property
    def sizes(self) -> dict[str, LayerSize]:
        return {path: LayerSize(layer.in_features, layer.out_features) for path, layer in self._linears.items()}

    def swap(self, layers: Iterable[str]) -> None:
        """Makes layers ready for adapters. Safe while the model runs: a new layer does what the old one did."""
        for path in layers:
            if path in self._swapped:
                continue
            group = self._group(path)
            columns = _Columns(group)
            for place, member in enumerate(group):
                self._swapped[member] = LoraLinear(self._linears[member], self._routes, columns, place)
                parent, _, name = member.rpartition(".")
                setattr(self._model.get_submodule(parent), name, self._swapped[member])

    def _group(self, path: str) -> tuple[str, ...]:
        """The layers that read the same input as this one, itself among them."""
        parent, _, name = path.rpartition(".")
        names = next((names for names in SHARING if name in names), (name,))
        paths = [f"{parent}.{name}" for name in names]
        inputs = self._linears[path].in_features
        return tuple(one for one in paths if one in self._linears and self._linears[one].in_features == inputs)

    def route(self, spans: Sequence[tuple[LoadedAdapter | None, int]]) -> None:
        """Before each step: the adapter and the number of tokens of each request, in the order of the tokens."""
        routes = self._routes
        routes.product = routes.product_of = None
        active = tuple({adapter.digest: adapter for adapter, _ in spans if adapter is not None}.values())
        if not active:
            routes.mask = None
            return
        self._pack(active)
        some, _ = next(iter(active[0].halves.values()))
        numbers = {adapter.digest: number for number, adapter in enumerate(self._packed)}
        ranks = [adapter.rank for adapter in self._packed]
        owners = torch.repeat_interleave(torch.arange(len(ranks)), torch.tensor(ranks))
        mine = torch.tensor([-1 if adapter is None else numbers[adapter.digest] for adapter, _ in spans])
        tokens = torch.repeat_interleave(mine, torch.tensor([length for _, length in spans]))
        routes.mask = (tokens.unsqueeze(1) == owners).to(some.device, some.dtype)

    def _pack(self, active: tuple[LoadedAdapter, ...]) -> None:
        known = {id(adapter) for adapter in self._packed}
        needed = sum(adapter.rank for adapter in active)
        wasted = sum(adapter.rank for adapter in self._packed) > 2 * needed
        if known >= {id(adapter) for adapter in active} and not wasted:
            return
        # Those that run go on; others stay for a while, since requests for an adapter come and go.
        self._packed = active
        for columns in {id(layer.columns): layer.columns for layer in self._swapped.values()}.values():
            columns.a = torch.cat([self._half(one, path, 0) for path in columns.paths for one in active], 1)
        for path, layer in self._swapped.items():
            changed = any(path in adapter.halves for adapter in active)
            layer.b = torch.cat([self._half(one, path, 1) for one in active], 0) if changed else None

    def _half(self, adapter: LoadedAdapter, path: str, half: int) -> torch.Tensor:
        found = adapter.halves.get(path)
        if found is not None:
            return found[half]
        layer = self._linears[path]
        some, _ = next(iter(adapter.halves.values()))
        shape = (layer.in_features, adapter.rank) if half == 0 else (adapter.rank, layer.out_features)
        return some.new_zeros(shape)
