"""One window per person and data folder: a second start raises the first one's window and ends."""

from __future__ import annotations

import getpass
import hashlib
import json
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

# A socket on this computer answers at once or not at all; a busy first window accepts when it comes back to its loop.
CONNECT_TIMEOUT_MS = 500
# All that is ever sent is one short JSON object.
MAX_MESSAGE_BYTES = 256
_VERSION = 1


def instance_name(home: Path) -> str:
    """The same for everybody who would use the same data. Short: socket paths end at about 100 bytes."""
    who = f"{getpass.getuser()}\0{home.expanduser().absolute()}"
    return "r3mes-launcher-" + hashlib.sha256(who.encode()).hexdigest()[:16]


class SingleInstance(QObject):
    raised = Signal()
    """Somebody started the launcher again."""

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.setMaxPendingConnections(4)
        self._server.newConnection.connect(self._on_connection)

    def claim(self) -> bool:
        """True when this is the first launcher. Otherwise the first one has been told to show its window."""
        if self._tell_first():
            return False
        if self._server.listen(self._name):
            return True
        # The name is taken but nobody answers: a launcher that was killed left its socket behind.
        if self._tell_first():
            return False
        QLocalServer.removeServer(self._name)
        self._server.listen(self._name)
        return True

    def release(self) -> None:
        self._server.close()

    def _tell_first(self) -> bool:
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(CONNECT_TIMEOUT_MS):
            return False
        socket.write(json.dumps({"v": _VERSION, "do": "raise"}).encode() + b"\n")
        socket.waitForBytesWritten(CONNECT_TIMEOUT_MS)
        socket.disconnectFromServer()
        return True

    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(lambda socket=socket: self._on_message(socket))
            socket.disconnected.connect(socket.deleteLater)
            if socket.bytesAvailable():
                self._on_message(socket)

    def _on_message(self, socket: QLocalSocket) -> None:
        data = bytes(socket.read(MAX_MESSAGE_BYTES).data())
        socket.disconnectFromServer()
        try:
            message = json.loads(data)
        except ValueError:
            return
        if isinstance(message, dict) and message.get("do") == "raise":
            self.raised.emit()
