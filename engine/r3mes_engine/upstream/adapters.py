"""Adapters that the other server loads at the engine's word, as vLLM does, under a name that says what they are.

Server caches go by the name: under one name there is never another content
(https://github.com/vllm-project/vllm/issues/42125).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from r3mes_engine.adapters.folder import (
    CONFIG,
    WEIGHTS,
    AdapterFolder,
    AdapterUnusable,
    LayerSize,
    check_adapter,
    is_unchanged,
)
from r3mes_engine.errors import GenerationFailed, ModelUnusable
from r3mes_engine.models.safetensors_file import check_safetensors, tensor_shapes
from r3mes_protocol.messages import AdapterOffer, FailureCode, Residency

log = logging.getLogger(__name__)

Post = Callable[[str, Mapping[str, str], str], Awaitable[None]]
"""(route below the server's base, document, adapter) → done. Raises GenerationFailed."""


def linear_layers(folder: Path) -> dict[str, LayerSize]:
    """Of a checked Hugging Face folder, from its files' headers: blocking."""
    layers: dict[str, LayerSize] = {}
    for file in sorted(folder.glob("*.safetensors")):
        for name, (_, shape) in tensor_shapes(file).items():
            if name.endswith(".weight") and len(shape) == 2:
                layers[name.removesuffix(".weight")] = LayerSize(inputs=shape[1], outputs=shape[0])
    return layers


def own_layers(folder: Path) -> dict[str, LayerSize]:
    """As an adapter's own file has them, where the model lies on another computer: its server judges whether they fit.

    Raises AdapterUnusable.
    """
    file = folder / WEIGHTS
    try:
        check_safetensors(file)
        shapes = {name: shape for name, (_, shape) in tensor_shapes(file).items() if len(shape) == 2}
    except ModelUnusable as error:
        raise AdapterUnusable(error.message) from None
    layers: dict[str, LayerSize] = {}
    for name, shape in shapes.items():
        other = shapes.get(name.replace(".lora_A.", ".lora_B."))
        if ".lora_A." in name and other is not None:
            layer = name.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
            layers[layer] = LayerSize(inputs=shape[1], outputs=other[0])
    return layers


@dataclass(frozen=True, slots=True)
class _Known:
    digest: str
    path: Path
    folder: AdapterFolder
    """As it was checked."""

    @property
    def upstream_name(self) -> str:
        return f"sha256-{self.digest}"


class UpstreamAdapters:
    """Lives on the event loop; `discover` comes before it."""

    def __init__(self, base_name: str, layers: Mapping[str, LayerSize], on_change: Callable[[], None]) -> None:
        """`layers` are the model's; empty where the model is not here to be looked at."""
        self._base_name = base_name
        self._layers = layers
        self._on_change = on_change
        self._known: dict[str, _Known] = {}
        self._listed: tuple[str, ...] = ()
        self._loaded: dict[str, int] = {}
        """Digest → start of the server that has it, the most lately used last."""
        self._one_load = asyncio.Lock()

    def listed(self, names: tuple[str, ...]) -> None:
        """Those that the server has by itself, under names of its own."""
        self._listed = names

    def discover(self, folder: Path) -> list[str]:
        """Blocking. Looks at all folders in a folder; returns a sentence for each that can't be used."""
        problems = []
        for path in sorted(path for path in folder.iterdir() if (path / CONFIG).is_file()):
            try:
                self._take(path, None)
            except AdapterUnusable as problem:
                problems.append(f"The adapter in {path} is not served. {problem}")
        return problems

    def _take(self, path: Path, name: str | None) -> str:
        checked = check_adapter(path, self._layers or own_layers(path), self._base_name, name)
        known = self._known.get(checked.name)
        if checked.name in self._listed or (known is not None and known.digest != checked.digest):
            raise AdapterUnusable(f"Another adapter is called {checked.name!r} already.")
        self._known[checked.name] = _Known(checked.digest, path.resolve(), checked)
        return checked.name

    def offers(self, start: int) -> tuple[AdapterOffer, ...]:
        """The most lately used first. `start` is the server's: what an earlier one had loaded lies on disk now."""
        order = {digest: place for place, digest in enumerate(self._loaded, 1)}
        known = sorted(self._known.items(), key=lambda item: (-order.get(item[1].digest, 0), item[0]))
        return (
            *(AdapterOffer(name=name, base_model=self._base_name, residency=Residency.GPU) for name in self._listed),
            *(
                AdapterOffer(
                    name=name,
                    digest=one.digest,
                    base_model=self._base_name,
                    residency=Residency.GPU if self._loaded.get(one.digest) == start else Residency.DISK,
                )
                for name, one in known
            ),
        )

    async def ready(self, wanted: str, start: int, post: Post) -> str:
        """The server's name of an adapter that is loaded there. Raises GenerationFailed."""
        if wanted in self._listed:
            return wanted
        name, known = self._find(wanted)
        if self._loaded.get(known.digest) != start:
            async with self._one_load:
                if self._loaded.get(known.digest) != start:
                    # Never `load_inplace`: some versions then read the files again at each step.
                    document = {"lora_name": known.upstream_name, "lora_path": str(known.path)}
                    if not is_unchanged(known.folder):
                        self._forget_changed(name, known)
                    await post("load_lora_adapter", document, name)
                    if not self._is_known(known.digest):
                        # It was unloaded while it was being loaded.
                        await post("unload_lora_adapter", {"lora_name": known.upstream_name}, name)
                        raise _not_here(wanted)
                    log.info("the adapter %s is loaded", name)
                    self._loaded[known.digest] = start
                    self._on_change()
        self._loaded[known.digest] = self._loaded.pop(known.digest, start)
        return known.upstream_name

    def forget(self, wanted: str) -> bool:
        """The server says that it does not have it. Whether it can be loaded again."""
        if wanted in self._listed:
            return False
        _, known = self._find(wanted)
        return self._loaded.pop(known.digest, None) is not None

    async def add(self, path: Path, name: str, start: int, post: Post) -> None:
        """Raises AdapterUnusable, GenerationFailed."""
        is_new = name not in self._known
        await asyncio.to_thread(self._take, path, name)
        try:
            await self.ready(name, start, post)
        except GenerationFailed:
            if is_new:
                self._known.pop(name, None)
            raise

    async def remove(self, wanted: str, start: int, post: Post) -> None:
        """Raises GenerationFailed."""
        name, known = self._find(wanted)
        del self._known[name]
        self._on_change()
        if not self._is_known(known.digest) and self._loaded.pop(known.digest, None) == start:
            await post("unload_lora_adapter", {"lora_name": known.upstream_name}, name)

    def _find(self, wanted: str) -> tuple[str, _Known]:
        for name, known in self._known.items():
            if wanted in (name, known.digest):
                return name, known
        raise _not_here(wanted)

    def _is_known(self, digest: str) -> bool:
        return any(known.digest == digest for known in self._known.values())

    def _forget_changed(self, name: str, known: _Known) -> None:
        log.error("the adapter %s is not served any more: its files were changed after they had been checked", name)
        if self._known.get(name) is known:
            del self._known[name]
        self._on_change()
        raise _not_here(name)


def _not_here(wanted: str) -> GenerationFailed:
    return GenerationFailed(FailureCode.ADAPTER_NOT_FOUND, f"The adapter {wanted!r} is not here.", param="adapter")
