"""A sentence-transformers model, loaded from a local folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r3mes_engine.errors import EngineExit, ModelUnusable
from r3mes_engine.models.folder import check_folder
from r3mes_engine.models.source import public_name
from r3mes_protocol.exit_codes import ExitCode

if TYPE_CHECKING:
    import numpy

MODULES = "modules.json"


def check_sentence_model(folder: Path) -> Path:
    """Cheap, before anything is loaded. Raises ModelUnusable."""
    if not folder.is_dir() or not (folder / MODULES).is_file():
        raise ModelUnusable(
            f"There is no sentence-transformers model in {folder}: {MODULES} is missing.",
            "Give --embedding-model the folder of such a model.",
        )
    check_folder(folder)
    return folder


class SentenceModel:
    """Its methods block; they are not for two threads at once."""

    def __init__(self, folder: Path, device: str, name: str | None = None) -> None:
        """`device` as torch calls it. Raises EngineExit."""
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError:
            raise EngineExit(
                ExitCode.CONFIGURATION,
                "embeddings_missing",
                "Embeddings need the package sentence-transformers, which is not installed.",
                "Install the engine again, or leave --embedding-model out.",
            ) from None
        self.name = name or public_name(folder.resolve().name)
        try:
            # Safetensors alone, from this folder alone, and no code of the model's makers.
            self._model = SentenceTransformer(
                str(folder),
                device=device,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise ModelUnusable(
                f"The embedding model in {folder} can't be loaded: {reason}.", "Download it again, or choose another."
            ) from error
        size = self._model.get_embedding_dimension()
        if not size:
            raise ModelUnusable(f"The model in {folder} gives no vectors of one size.", "Choose another one.")
        self.dimensions = int(size)
        self.most_tokens = int(self._model.max_seq_length or 512)

    def tokens_of(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, those that the model adds included, uncut."""
        tokenizer: Any = self._model.tokenizer
        return [len(ids) for ids in tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]]

    def vectors(self, texts: Sequence[str], dimensions: int | None) -> list[numpy.ndarray[Any, Any]]:
        """float32, of length 1 where the model makes them so; fewer `dimensions` are cut off and made so again."""
        import numpy

        made = numpy.asarray(
            self._model.encode(list(texts), convert_to_numpy=True, show_progress_bar=False), dtype=numpy.float32
        )
        if dimensions is not None and dimensions < self.dimensions:
            made = made[:, :dimensions]
            made = made / numpy.maximum(numpy.linalg.norm(made, axis=1, keepdims=True), 1e-12)
        return list(made)
