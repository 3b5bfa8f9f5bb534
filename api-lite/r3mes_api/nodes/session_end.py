"""Why a node's session ends."""

from __future__ import annotations

from r3mes_api.routing.ledger import Lost
from r3mes_protocol.messages import CloseCode, RejectCode, Rejected
from r3mes_protocol.wire import WireModel

NORMAL_CLOSURE = 1000


class SessionEnd(Exception):
    """Why a session ends, and the gateway's last words."""

    def __init__(
        self, code: int, lost: Lost, last_frame: WireModel | None = None, *, may_come_back: bool = False
    ) -> None:
        super().__init__(lost.value)
        self.code = code
        self.lost = lost
        self.last_frame = last_frame
        self.may_come_back = may_come_back
        """The socket was lost without a word; its node may be well."""

    @classmethod
    def rejected(cls, code: RejectCode, message: str) -> SessionEnd:
        """For a socket that is not registered yet."""
        return cls(CloseCode.REJECTED, Lost.BROKE_PROTOCOL, Rejected(code=code, message=message))

    @classmethod
    def broke_protocol(cls, code: RejectCode, message: str) -> SessionEnd:
        return cls(CloseCode.PROTOCOL, Lost.BROKE_PROTOCOL, Rejected(code=code, message=message))
