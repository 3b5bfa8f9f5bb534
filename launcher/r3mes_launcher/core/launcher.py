"""One launcher, demo or real: owns every part of the core and tells the front ends what is."""

from __future__ import annotations

from collections.abc import Callable

from r3mes_launcher.core.data_folder import DataFolder, FolderLock
from r3mes_launcher.core.interface import CoreListener
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.settings import SettingsStore
from r3mes_launcher.core.state import GpuReport, LauncherState


class LauncherCore:
    def __init__(self, folder: DataFolder, demo: bool) -> None:
        self._folder = folder
        self._lock = FolderLock(folder)
        self._logs = LogHub()
        self._settings = SettingsStore(folder.settings, self._logs.say)
        self._listeners: list[CoreListener] = []
        self._gpus = GpuReport()
        self._state = LauncherState(demo=demo)

    @property
    def state(self) -> LauncherState:
        return self._state

    def subscribe(self, listener: CoreListener) -> Callable[[], None]:
        listener.on_state(self._state)
        listener.on_gpus(self._gpus)
        end_logs = self._logs.subscribe(listener.on_logs)
        self._listeners.append(listener)

        def unsubscribe() -> None:
            end_logs()
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    async def start(self) -> None:
        self._folder.create()
        self._lock.take()
        self._settings.load()

    async def close(self) -> None:
        self._lock.release()
