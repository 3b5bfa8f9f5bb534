"""The adapters of one engine: which there are, where they lie, and who uses them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from r3mes_engine.adapters.folder import CONFIG, AdapterFolder, AdapterUnusable, check_adapter, is_unchanged
from r3mes_engine.adapters.lora import LoadedAdapter, LoraLayers, read_adapter
from r3mes_engine.adapters.residency import Residency
from r3mes_engine.errors import GenerationFailed
from r3mes_protocol.messages import AdapterOffer, FailureCode
from r3mes_protocol.messages import Residency as Place

log = logging.getLogger(__name__)


class AdapterShelf:
    """Lives on the event loop; `discover` comes before it. Reading happens on a thread of its own, and nothing that
    runs waits for it: a loaded adapter enters a batch with its first request, at a step's boundary."""

    def __init__(
        self,
        layers: LoraLayers,
        base_name: str,
        device: torch.device,
        dtype: torch.dtype,
        *,
        device_bytes: int,
        host_bytes: int,
        on_change: Callable[[], None],
    ) -> None:
        """`device_bytes` bound what lies beside the model, `host_bytes` what a GPU's leavers may use of the computer's
        own memory."""
        self._layers = layers
        self._sizes = layers.sizes
        self._base_name = base_name
        self._device = device
        self._dtype = dtype
        self._on_change = on_change
        self._folders: dict[str, AdapterFolder] = {}
        """By display name."""
        self._near: Residency[str] = Residency(device_bytes)
        self._far: Residency[str] = Residency(host_bytes if device.type != "cpu" else 0)
        self._loaded: dict[str, LoadedAdapter] = {}
        """By digest, in the device's memory."""
        self._kept: dict[str, LoadedAdapter] = {}
        """Of a GPU's leavers, in the computer's own memory."""
        self._one_load = asyncio.Lock()
        self._reading = ThreadPoolExecutor(max_workers=1, thread_name_prefix="adapters")

    def discover(self, folder: Path) -> list[str]:
        """Blocking. Looks at all folders in a folder; returns a sentence for each that can't be used."""
        problems = []
        for path in sorted(path for path in folder.iterdir() if (path / CONFIG).is_file()):
            try:
                self._take(check_adapter(path, self._sizes, self._base_name))
            except AdapterUnusable as problem:
                problems.append(f"The adapter in {path} is not served. {problem}")
        return problems

    def _take(self, folder: AdapterFolder) -> None:
        known = self._folders.get(folder.name)
        if known is not None and known.digest != folder.digest:
            raise AdapterUnusable(f"Another adapter is called {folder.name!r} already.")
        if self._size(folder) > self._near.capacity:
            raise AdapterUnusable(
                f"It needs {self._size(folder) >> 20} MiB, and adapters have {self._near.capacity >> 20} MiB here."
            )
        self._folders[folder.name] = folder

    @property
    def offers(self) -> tuple[AdapterOffer, ...]:
        """The most lately used first, and what lies on disk last."""
        order = {digest: place for place, digest in enumerate([*self._far.keys, *self._near.keys], 1)}
        folders = sorted(self._folders.values(), key=lambda folder: (-order.get(folder.digest, 0), folder.name))
        return tuple(
            AdapterOffer(
                name=folder.name, digest=folder.digest, base_model=self._base_name, residency=self._place(folder.digest)
            )
            for folder in folders
        )

    @property
    def free_places(self) -> int | None:
        """Adapters of the largest size that fit without another one leaving; None without adapters."""
        if not self._folders:
            return None
        return self._near.free_places(max(self._size(folder) for folder in self._folders.values()))

    def _place(self, digest: str) -> Place:
        if digest in self._loaded:
            return Place.GPU if self._device.type == "cuda" else Place.CPU
        return Place.CPU if digest in self._kept else Place.DISK

    def _size(self, folder: AdapterFolder) -> int:
        return folder.parameters * int(self._dtype.itemsize)

    def _find(self, wanted: str) -> AdapterFolder:
        folder = self._folders.get(wanted) or next(
            (folder for folder in self._folders.values() if folder.digest == wanted), None
        )
        if folder is None:
            raise _not_here(wanted)
        return folder

    def _on_shelf(self, digest: str) -> bool:
        return any(folder.digest == digest for folder in self._folders.values())

    async def lease(self, wanted: str) -> LoadedAdapter:
        """The adapter of a name or digest, loaded, kept until `release`. Raises GenerationFailed."""
        folder = self._find(wanted)
        await self._bring(folder)
        self._near.lease(folder.digest)
        return self._loaded[folder.digest]

    def release(self, digest: str) -> None:
        self._near.end_lease(digest)
        if not self._near.leased(digest) and not self._on_shelf(digest):
            # It was unloaded while its last answer was still under way.
            self._drop(digest)

    async def load(self, wanted: str) -> None:
        """Gets an adapter ready before its first request. Raises GenerationFailed."""
        await self._bring(self._find(wanted))

    async def add(self, path: Path, name: str) -> AdapterFolder:
        """Checks and loads an adapter from anywhere on this computer. Raises AdapterUnusable, GenerationFailed."""
        loop = asyncio.get_running_loop()
        folder = await loop.run_in_executor(self._reading, check_adapter, path, self._sizes, self._base_name, name)
        self._take(folder)
        await self._bring(folder)
        return folder

    def remove(self, wanted: str) -> None:
        """Takes an adapter off the shelf. Answers that use it go on to their end. Raises GenerationFailed."""
        folder = self._find(wanted)
        del self._folders[folder.name]
        if not self._near.leased(folder.digest):
            self._drop(folder.digest)
        self._on_change()

    def _drop(self, digest: str) -> None:
        """What is being read just now is not among them: whoever reads it finds it gone from the shelf."""
        if self._loaded.pop(digest, None) is not None:
            self._near.leave(digest)
        if self._kept.pop(digest, None) is not None:
            self._far.leave(digest)

    async def _bring(self, folder: AdapterFolder) -> None:
        """Into the device's memory. Nothing else happens between its return and the caller's next step."""
        if folder.digest in self._loaded:
            return
        async with self._one_load:
            if folder.digest in self._loaded:
                return
            await self._load(folder)
            self._on_change()

    async def _load(self, folder: AdapterFolder) -> None:
        loop, size = asyncio.get_running_loop(), self._size(folder)
        leavers = self._near.leavers(size)
        if leavers is None:
            raise GenerationFailed(
                FailureCode.CAPACITY, "All the memory for adapters is taken by adapters that are in use."
            )
        # All of them leave the book at once, so that nobody takes one that is about to go.
        left = [(digest, self._loaded.pop(digest)) for digest in leavers]
        for digest in leavers:
            self._near.leave(digest)
        self._near.enter(folder.digest, size)
        try:
            await self._keep_far(left)
            near = await loop.run_in_executor(self._reading, self._read, folder, self._kept.get(folder.digest))
        except BaseException as problem:
            self._near.leave(folder.digest)
            if isinstance(problem, AdapterUnusable):
                log.error("the adapter %s is not served any more: %s", folder.name, problem)
                if self._folders.get(folder.name) is folder:
                    del self._folders[folder.name]
                self._on_change()
                raise GenerationFailed(
                    FailureCode.ADAPTER_NOT_FOUND, f"The adapter {folder.name!r} can't be loaded.", param="adapter"
                ) from None
            if isinstance(problem, MemoryError | torch.OutOfMemoryError):
                raise GenerationFailed(
                    FailureCode.OUT_OF_MEMORY, f"There is no memory for the adapter {folder.name!r}."
                ) from None
            raise
        if self._kept.pop(folder.digest, None) is not None:
            self._far.leave(folder.digest)
        if not self._on_shelf(folder.digest):
            self._near.leave(folder.digest)
            raise _not_here(folder.name)
        self._loaded[folder.digest] = near

    def _read(self, folder: AdapterFolder, kept: LoadedAdapter | None) -> LoadedAdapter:
        if kept is not None:
            loaded = kept.to(self._device)
        else:
            loaded = read_adapter(folder, self._device, self._dtype)
            if not is_unchanged(folder):
                raise AdapterUnusable("Its files were changed after they had been checked.")
        self._layers.swap(folder.ranks)
        return loaded

    async def _keep_far(self, left: list[tuple[str, LoadedAdapter]]) -> None:
        """Empties the list, one by one, so that the device's memory is free for who comes."""
        loop, cpu = asyncio.get_running_loop(), torch.device("cpu")
        while left:
            digest, loaded = left.pop(0)
            size = sum(half.nbytes for halves in loaded.halves.values() for half in halves)
            leavers = self._far.leavers(size)
            if not self._far.capacity or leavers is None:
                continue
            for leaver in leavers:
                self._far.leave(leaver)
                del self._kept[leaver]
            kept = await loop.run_in_executor(self._reading, loaded.to, cpu)
            if self._on_shelf(digest):
                self._kept[digest] = kept
                self._far.enter(digest, size)

    def close(self) -> None:
        self._reading.shutdown(wait=False, cancel_futures=True)


def _not_here(name: str) -> GenerationFailed:
    return GenerationFailed(FailureCode.ADAPTER_NOT_FOUND, f"The adapter {name!r} is not here.", param="adapter")
