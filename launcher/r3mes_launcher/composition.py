"""The composition root of the launcher's core: real or demo adapters are chosen here and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from r3mes_launcher.core.data_folder import DataFolder, data_home
from r3mes_launcher.core.launcher import LauncherCore
from r3mes_launcher.core.state import DeviceChoice


@dataclass(frozen=True, slots=True)
class CompositionOptions:
    """What a command line may ask for. None of it is written to the settings: it holds for this run."""

    demo: bool = False
    serve: bool = False
    """Switches Serving on at once. The tester's opt-in: without a usable GPU it goes on with the CPU and says so."""
    gateway_url: str = ""
    """A remote gateway instead of the one in the settings."""
    device: DeviceChoice | None = None
    model: str = ""
    """`builtin`, or a folder or GGUF file, instead of the one in the settings."""
    home: Path | None = None
    """Where the data lie, instead of R3MES_HOME or the platform's folder."""


def compose(options: CompositionOptions, environ: Mapping[str, str] | None = None) -> LauncherCore:
    """One launcher, not yet started; `start` does all the work. Raises ValueError with a sentence for a bad URL."""
    environment = dict(os.environ if environ is None else environ)
    home = options.home or data_home(environment)
    folder = DataFolder.under(home.expanduser().absolute(), options.demo)
    return LauncherCore(folder=folder, demo=options.demo)
