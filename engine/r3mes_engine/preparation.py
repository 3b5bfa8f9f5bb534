"""What an engine has before it serves: its key, its grants, a device and a loaded model."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from nacl.signing import SigningKey

from r3mes_engine.backends.protocol import Backend, MayLoseItsDevice, Report
from r3mes_engine.backends.scripted import ScriptedBackend
from r3mes_engine.device import choose_device, model_threads, show_one_gpu, usable_cores
from r3mes_engine.downloads import Downloads
from r3mes_engine.embeddings.sentence_model import SentenceModel, check_sentence_model
from r3mes_engine.errors import EngineExit
from r3mes_engine.hardware.gpu_faults import GpuFault
from r3mes_engine.hardware.survey import GpuSurvey, survey_gpus
from r3mes_engine.hardware.verdict import GpuVerdict
from r3mes_engine.model_process import load_libraries, prepare_environment
from r3mes_engine.models.source import ModelSource, check_source, checked_model, is_on_disk
from r3mes_engine.node.grant import read_grant
from r3mes_engine.node.key import load_or_create_node_key
from r3mes_engine.settings import DEFAULT_CONCURRENCY, ServeSettings
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.grants import SignedGrant
from r3mes_protocol.messages import Device
from r3mes_protocol.session_signature import node_id_of

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prepared:
    key: SigningKey
    grants: tuple[SignedGrant, ...]
    device: Device
    concurrency: int
    """How many answers are made at once."""
    backend: Backend
    embeddings: SentenceModel | None


class Preparation:
    """Used once, on a thread of its own."""

    def __init__(
        self,
        settings: ServeSettings,
        downloads: Downloads,
        loop: asyncio.AbstractEventLoop,
        report: Report,
        on_device_fault: Callable[[GpuFault], None],
        tell_gpu: Callable[[GpuVerdict], None] = lambda gpu: None,
    ) -> None:
        """`downloads` live on the `loop`. `on_device_fault` is called on any thread, also long after all this.
        `tell_gpu` hears of each GPU that was tried."""
        self._settings = settings
        self._downloads = downloads
        self._loop = loop
        self._report = report
        self._on_device_fault = on_device_fault
        self._tell_gpu = tell_gpu

    def run(self) -> Prepared:
        """Blocks, cheap checks first. Raises EngineExit."""
        settings = self._settings
        key = load_or_create_node_key(settings.state_dir)
        grants = tuple(read_grant(path, node_id_of(key)) for path in settings.grants)
        threads = model_threads(usable_cores())
        embedding_folder = None
        if settings.embedding_model is not None:
            embedding_folder = check_sentence_model(settings.embedding_model)
        uses_torch = settings.backend == "transformers" or embedding_folder is not None
        if uses_torch:
            prepare_environment(threads)
        self._report("looking for a GPU" if settings.device != "cpu" else "preparing the processor", None)
        device = choose_device(settings.device, self._survey)
        if uses_torch:
            show_one_gpu(device, os.environ)
        concurrency = settings.max_concurrency or DEFAULT_CONCURRENCY[device.kind]
        backend = self._make_backend(device, threads, concurrency)
        if isinstance(backend, MayLoseItsDevice):
            backend.on_device_fault = self._on_device_fault
        embeddings = None
        if embedding_folder is not None:
            # Before the language model, whose plan then sees what memory is left.
            self._report("loading the embedding model", None)
            embeddings = SentenceModel(embedding_folder, device.kind)
        backend.load(self._report)
        return Prepared(key, grants, device, concurrency, backend, embeddings)

    def _survey(self) -> GpuSurvey:
        found = survey_gpus(self._settings.gpus, examine="first")
        for gpu in found.gpus:
            if gpu.is_known:
                self._tell_gpu(gpu)
        return found

    def _make_backend(self, device: Device, threads: int, concurrency: int) -> Backend:
        settings = self._settings
        if settings.backend == "scripted":
            return ScriptedBackend(settings.scripted_tokens, settings.scripted_tokens_per_second)
        if settings.adapters is not None and not settings.adapters.is_dir():
            raise EngineExit(
                ExitCode.CONFIGURATION,
                "adapters_missing",
                f"There is no folder of adapters at {settings.adapters}.",
                "Give --adapters a folder that holds one folder for each adapter.",
            )
        if settings.backend == "upstream":
            # Its HTTP client is loaded for those alone who relay.
            from r3mes_engine.upstream.assembly import upstream_backend

            return upstream_backend(settings, device, threads, concurrency, self._report)
        self._report("checking the model", None)
        source = self._model_source()
        self._report("loading the libraries", None)
        # Torch is loaded here and nowhere before: an engine without a GPU or a whole model never waits for it.
        load_libraries()
        from r3mes_engine.backends.transformers_backend import TransformersBackend

        return TransformersBackend(
            source,
            settings.state_dir / "models",
            device,
            threads,
            concurrency,
            adapters_dir=settings.adapters,
            adapter_mb=settings.adapter_memory_mb,
            quantisation=settings.quantisation,
            cuda_graphs=settings.cuda_graphs,
        )

    def _model_source(self) -> ModelSource:
        """A path comes before a name of the catalogue; what is not on the disk yet is downloaded. Raises EngineExit."""
        entry = None if is_on_disk(self._settings.model) else self._downloads.entry(self._settings.model)
        if entry is None:
            return checked_model(self._settings.model)
        asyncio.run_coroutine_threadsafe(self._downloads.wanted(entry), self._loop).result()
        self._report("checking the model", None)
        return check_source(self._downloads.store.source(entry))


def on_own_thread(work: Callable[[], T], loop: asyncio.AbstractEventLoop) -> asyncio.Future[T]:
    """Runs blocking work on a daemon thread, which an engine that ends does not wait for."""
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result: T | None = None
        problem: BaseException | None = None
        try:
            result = work()
        except BaseException as error:
            problem = error
        try:
            loop.call_soon_threadsafe(settle, result, problem)
        except RuntimeError:
            log.debug("the engine ended while it was loading")

    threading.Thread(target=run, name="loading", daemon=True).start()
    return future
