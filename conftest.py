"""What all the tests share."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """Everything that was imported stays until the end. Frozen, it is not walked through by each full collection,
    of which torch and transformers ask for many: seconds each in a run of the whole suite."""
    gc.collect()
    gc.freeze()
