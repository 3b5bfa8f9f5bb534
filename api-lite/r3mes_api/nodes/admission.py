"""Whether a registration is to be believed: protocol, signature and grant. Pure; time is passed in."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from r3mes_api.nodes.grant_book import GrantBook
from r3mes_api.nodes.registry import Refused
from r3mes_api.setting_kinds import NodeAuth
from r3mes_protocol import PROTOCOL_VERSION
from r3mes_protocol.grants import GrantProblem, OwnerVerifier, check_grant
from r3mes_protocol.limits import MAX_UNREGISTERED_BYTES
from r3mes_protocol.messages import Bye, ProtocolError, Register, RejectCode, parse_node_message
from r3mes_protocol.session_signature import registration_is_signed
from r3mes_protocol.wire import GatewayOrigin, NodeId, SessionId, utf8_length

if TYPE_CHECKING:
    from r3mes_api.endpoints.calls import Endpoint
    from r3mes_api.nodes.registry import NodeRegistry
    from r3mes_api.stakes.standing import Standing
    from r3mes_api.web.metrics import Gauge

_GRANT_REFUSALS: dict[GrantProblem, tuple[RejectCode, str]] = {
    GrantProblem.WRONG_NODE: (RejectCode.GRANT_INVALID, "The grant is for another node key; ask the owner for one."),
    GrantProblem.WRONG_GATEWAY: (RejectCode.GRANT_INVALID, "The grant is for another gateway."),
    GrantProblem.WRONG_NETWORK: (RejectCode.GRANT_INVALID, "The grant is for another network."),
    GrantProblem.WRONG_ROLE: (RejectCode.ROLE_NOT_GRANTED, "The grant does not cover a role that the node asks for."),
    GrantProblem.NOT_YET_VALID: (RejectCode.GRANT_INVALID, "The grant is not valid yet; check the machine's clock."),
    GrantProblem.EXPIRED: (RejectCode.GRANT_EXPIRED, "The grant has expired; ask the owner for a new one."),
    GrantProblem.BAD_SIGNATURE: (RejectCode.GRANT_INVALID, "The grant does not carry its owner's signature."),
    GrantProblem.REVOKED: (
        RejectCode.GRANT_REVOKED,
        "The owner took this grant back, or signed a newer one; the node needs the newest.",
    ),
}


class Admitted(NamedTuple):
    message: Register
    owner: str | None
    """The owner's address by the grant; None where the gateway takes any node."""
    endpoint: Endpoint | None = None
    """Where the node is called; None where its jobs go over the session."""
    stake: Standing | None = None
    """None where stakes do not matter."""


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """What the gateway said in its hello; the node's signature must cover it."""

    session_id: SessionId
    nonce: str
    gateway: GatewayOrigin


class Watched(Protocol):
    """The nodes that are here."""

    @property
    def registry(self) -> NodeRegistry: ...

    def send_off(self, session_id: SessionId, code: RejectCode, reason: str) -> None:
        """The node gets nothing new, finishes what runs, and is told why it has to go. May be called again."""
        ...


class Entrance(Protocol):
    """Decides who may register. It may ask others first: a socket waits here, within the time-outs of those."""

    async def admit(self, message: Register, terms: SessionTerms, now: float) -> Admitted | Refused:
        """`now` is Unix time."""
        ...

    async def watch(self, sessions: Watched) -> None:
        """Looks again at those who are here; runs until cancelled."""
        ...

    def gauges(self) -> list[Gauge]: ...

    async def close(self) -> None:
        """All nodes have left."""
        ...


def read_registration(frame: str | bytes) -> Register | Bye | Refused:
    """The first frame of a socket."""
    if isinstance(frame, bytes):
        return Refused(RejectCode.REGISTER_FIRST, "The first frame must be a register message, not a binary frame.")
    if utf8_length(frame) > MAX_UNREGISTERED_BYTES:
        return Refused(
            RejectCode.FRAME_TOO_LARGE, f"A register message may have {MAX_UNREGISTERED_BYTES} bytes at most."
        )
    try:
        message = parse_node_message(frame, MAX_UNREGISTERED_BYTES)
    except ProtocolError as error:
        if _protocol_of(frame) not in (None, PROTOCOL_VERSION):
            return _unsupported()
        return Refused(RejectCode.MALFORMED, f"The first frame is no valid message: {error.reason}.")
    if isinstance(message, Bye):
        return message
    if not isinstance(message, Register):
        return Refused(RejectCode.REGISTER_FIRST, f"The first frame must be a register message, not {message.type}.")
    return message if message.protocol == PROTOCOL_VERSION else _unsupported()


def _unsupported() -> Refused:
    return Refused(
        RejectCode.UNSUPPORTED_PROTOCOL, f"This gateway speaks version {PROTOCOL_VERSION}; update the engine."
    )


def _protocol_of(frame: str) -> object:
    # A newer protocol may have fields that are unknown here; it deserves the right answer all the same.
    try:
        document = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    return document.get("protocol") if isinstance(document, dict) else None


@dataclass(frozen=True, slots=True)
class Admission:
    """The rules by which this gateway believes nodes; the `Entrance` of a gateway that asks nobody else."""

    node_auth: NodeAuth
    network: str | None
    verify_owner: OwnerVerifier
    grants: GrantBook = field(default_factory=lambda: GrantBook(None))

    async def admit(self, message: Register, terms: SessionTerms, now: float) -> Admitted | Refused:
        if message.endpoint is not None:
            return Refused(RejectCode.ENDPOINT_REFUSED, "This gateway takes no endpoint; register without one.")
        return self.check(message, terms, now)

    async def watch(self, sessions: Watched) -> None:
        await asyncio.Event().wait()

    def gauges(self) -> list[Gauge]:
        return []

    async def close(self) -> None:
        """It holds nothing."""

    def check(self, message: Register, terms: SessionTerms, now: float) -> Admitted | Refused:
        """`now` is Unix time."""
        node_id = NodeId(message.node_id)
        if not registration_is_signed(
            message.signature,
            nonce=terms.nonce,
            session_id=terms.session_id,
            gateway=terms.gateway,
            node_id=node_id,
            resume=message.resume,
        ):
            return Refused(
                RejectCode.SIGNATURE_INVALID,
                f"The signature does not cover this session with {terms.gateway}.",
            )
        if self.node_auth is NodeAuth.OPEN:
            return Admitted(message, None)
        if message.grant is None:
            return Refused(RejectCode.GRANT_MISSING, "This gateway takes only nodes that show their owner's grant.")
        for role in message.roles:
            problem = check_grant(
                message.grant,
                node_id=node_id,
                gateway=terms.gateway,
                role=role,
                now=now,
                verify_owner=self.verify_owner,
                network=self.network,
            )
            self.grants.follow()
            if problem is None and not self.grants.holds(message.grant.grant):
                problem = GrantProblem.REVOKED
            if problem is not None:
                return Refused(*_GRANT_REFUSALS[problem])
        self.grants.seen(message.grant.grant)
        return Admitted(message, message.grant.grant.owner)
