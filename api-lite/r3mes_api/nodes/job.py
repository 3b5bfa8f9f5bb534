"""One try of a question on one node, as the request sees it."""

from __future__ import annotations

from r3mes_api.nodes.inbox import JobInbox, Segment
from r3mes_api.nodes.places import Reservation
from r3mes_api.routing.decision import Try
from r3mes_api.routing.ledger import Terminal
from r3mes_protocol.frames import FrameKind
from r3mes_protocol.messages import Done
from r3mes_protocol.usage import SignedUsage
from r3mes_protocol.wire import GatewayOrigin


class NodeJob:
    """One try of a question on one node."""

    __slots__ = (
        "_piece",
        "_read_tokens",
        "_taken",
        "delivered_tokens",
        "gateway",
        "inbox",
        "job_id",
        "metered",
        "node_id",
        "node_owner",
        "opened_at",
        "options",
        "signed_usage",
        "target",
        "trial",
    )

    def __init__(
        self,
        reservation: Reservation,
        inbox: JobInbox,
        window: int,
        opened_at: float,
        gateway: GatewayOrigin,
    ) -> None:
        self.job_id = reservation.job_id
        self.node_id = reservation.node_id
        self.node_owner = reservation.node_owner
        self.target = reservation.target
        self.options = reservation.options
        self.opened_at = opened_at
        self.gateway = gateway
        """The origin that the node dialled and signs for."""
        self.inbox = inbox
        """What the node has sent and nobody has taken yet."""
        self.trial: Try | None = None
        self.metered = False
        """Whether delivered tokens are counted, since somebody pays for them."""
        self.delivered_tokens = 0
        self.signed_usage: SignedUsage | None = None
        self._read_tokens = 0
        self._taken = 0
        # Credit goes back in larger pieces; three quarters of the window always stay with the node.
        self._piece = window // 4

    def read(self, item: Segment | Terminal) -> Segment | Terminal:
        """Counts what somebody pays for; every item that came goes through here."""
        if isinstance(item, Segment):
            if self.metered and item.kind is FrameKind.CONTENT:
                # An event for each token; no line of JSON holds the break between two of them.
                self._read_tokens += 1 + item.payload.count(b"\n\ndata: ")
        elif isinstance(item, Done):
            self.signed_usage = item.signed_usage
        return item

    def taken(self, size: int) -> None:
        """The client's socket took all that was read, the last `size` bytes too: the node may send as many more."""
        self.delivered_tokens = self._read_tokens
        self._taken += size
        if self._taken >= self._piece:
            self.inbox.carrier.give_credit(self.inbox, self._taken)
            self._taken = 0

    def leave(self) -> None:
        """To be called once, whatever happened. A node that is not done yet is told to stop."""
        self.inbox.carrier.leave_job(self.inbox)
