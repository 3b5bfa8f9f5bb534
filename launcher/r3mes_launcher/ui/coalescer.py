"""Turns any number of pokes from any thread into at most so many calls a second on the GUI thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal, Slot


class Coalescer(QObject):
    """Calls `flush` on its own thread, soon after the first poke and never more often than every `interval_ms`."""

    _poked = Signal()

    def __init__(self, interval_ms: int, flush: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._interval_ms = interval_ms
        self._flush = flush
        self._lock = threading.Lock()
        self._pending = False
        self._since_flush = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._fire)
        self._poked.connect(self._on_poked, Qt.ConnectionType.QueuedConnection)

    def poke(self) -> None:
        """From any thread: something waits to be shown."""
        with self._lock:
            if self._pending:
                return
            self._pending = True
        self._poked.emit()

    def flush_now(self) -> None:
        """On the GUI thread: shows what waits without further delay."""
        self._timer.stop()
        self._fire()

    @Slot()
    def _on_poked(self) -> None:
        passed = self._since_flush.elapsed() if self._since_flush.isValid() else self._interval_ms
        if passed >= self._interval_ms:
            self._fire()
        elif not self._timer.isActive():
            self._timer.start(int(self._interval_ms - passed))

    @Slot()
    def _fire(self) -> None:
        with self._lock:
            # Before the flush: what arrives while it runs asks for another one.
            self._pending = False
        self._since_flush.start()
        self._flush()
