"""Where icons, font and the recorded day lie: beside the package when installed, at the top of a source checkout."""

from __future__ import annotations

import sys
from pathlib import Path


def assets_folder() -> Path:
    """The folder of all of them. Raises FileNotFoundError with a sentence when the installation is broken."""
    package = Path(__file__).resolve().parents[1]
    candidates = [package / "assets", package.parents[1] / "assets"]
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is not None:
        candidates.insert(0, Path(frozen) / "assets")
    for candidate in candidates:
        if (candidate / "icons").is_dir():
            return candidate
    raise FileNotFoundError(
        "The launcher's icons and font are missing from its installation. Install R3MES again. Looked in: "
        + ", ".join(str(candidate) for candidate in candidates)
    )
