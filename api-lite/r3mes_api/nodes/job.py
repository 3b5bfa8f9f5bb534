"""One try of a question on one node, as the request sees it."""

from __future__ import annotations

import math
from collections.abc import Coroutine
from typing import Any

from r3mes_api.nodes.carrier import JobCarrier
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

    def __init__(
        self,
        reservation: Reservation,
        carrier: JobCarrier,
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
        self.trial: Try | None = None
        self._carrier = carrier
        self._inbox = inbox
        # Credit goes back in larger pieces; three quarters of the window always stay with the node.
        self._piece = window // 4
        self._taken = 0
        self.metered = False
        """Whether delivered tokens are counted, since somebody pays for them."""
        self._read_tokens = 0
        self.delivered_tokens = 0
        self.signed_usage: SignedUsage | None = None

    @property
    def phase(self) -> FrameKind:
        """The kind of the last frame."""
        return self._inbox.ledger.phase

    @property
    def line_up_since(self) -> float:
        """When the node was last back after a lost socket; infinite as long as it is away."""
        return self._inbox.line_up_since

    @property
    def is_away(self) -> bool:
        """Whether the node's socket is lost and the node may come back with the job."""
        return self._inbox.line_up_since == math.inf

    def next(self, until: float, *, line_matters: bool = False) -> Coroutine[Any, Any, Segment | Terminal]:
        """Raises TimeoutError at `until` on the gateway's clock; where the line matters, before it as well when the
        node goes away or is back."""
        return self._inbox.next(until, line_matters=line_matters)

    def next_within(self, silence_s: float, at_latest: float) -> Coroutine[Any, Any, Segment | Terminal]:
        """Raises TimeoutError after a silence of the node; a lost socket is none as long as the node may come back."""
        return self._inbox.next_within(silence_s, at_latest)

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
            self._carrier.give_credit(self._inbox, self._taken)
            self._taken = 0

    def leave(self) -> None:
        """To be called once, whatever happened. A node that is not done yet is told to stop."""
        self._carrier.leave_job(self._inbox)
