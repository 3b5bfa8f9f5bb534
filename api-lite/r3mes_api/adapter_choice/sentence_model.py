"""The edge to sentence-transformers, an optional extra that is loaded only when a model is configured."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class SentenceModelError(Exception):
    """There is no usable sentence model; the message says why and what to do."""


class SentenceModel:
    """The topics' examples, by their meaning."""

    def __init__(self, model: Any, examples: Sequence[str]) -> None:
        self._model = model
        self._examples = self._meanings(examples)

    def similarities(self, prompt: str) -> list[float]:
        result: list[float] = (self._examples @ self._meanings([prompt])[0]).tolist()
        return result

    def _meanings(self, texts: Sequence[str]) -> Any:
        # A matrix with a row of length 1 for each text.
        return self._model.encode(
            list(texts), normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
        )


def load_sentence_model(folder: Path, examples: Sequence[str]) -> SentenceModel:
    """Loads a model from a folder, never from the network. Blocks for seconds. Raises SentenceModelError."""
    if not (folder / "config.json").is_file():
        raise SentenceModelError(f"the folder {folder} holds no sentence model")
    try:
        # Not an import statement: the gateway must start on a machine without any of torch's kin.
        library = importlib.import_module("sentence_transformers")
    except ImportError:
        raise SentenceModelError("the extra is not installed; run: pip install 'r3mes[semantic]'") from None
    try:
        model = library.SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        return SentenceModel(model, examples)
    except Exception as error:
        raise SentenceModelError(f"the model in {folder} can't be used ({type(error).__name__})") from None
