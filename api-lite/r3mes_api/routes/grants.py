"""`POST /v1/grants/revocations`: an owner takes back what it granted to a node key."""

from __future__ import annotations

import logging
import time

from r3mes_api.accounts.client_address import limited_address, parse_networks
from r3mes_api.accounts.rate_limits import Activity, LimitPair, RateLimits, RatePolicies
from r3mes_api.accounts.reception import header_values, peer_of
from r3mes_api.accounts.token_bucket import RatePolicy
from r3mes_api.asgi import Exchange
from r3mes_api.nodes.entrance import REVOKED
from r3mes_api.nodes.grant_book import GrantBook
from r3mes_api.nodes.sessions import NodeSessions
from r3mes_api.owner_signature import make_owner_verifier
from r3mes_api.setting_kinds import Switch
from r3mes_api.settings import Settings
from r3mes_api.storage.memory_state import MemoryState
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.grants import MAX_GRANT_BYTES, GrantProblem
from r3mes_protocol.messages import RejectCode
from r3mes_protocol.revocations import SignedRevocation, check_revocation, parse_signed_revocation
from r3mes_protocol.wire import NodeId, ProtocolError

logger = logging.getLogger(__name__)

A_MINUTE = RatePolicy(60, 60, 60)
"""Of one address: an owner of a farm takes all its nodes back at once. Each costs a signature check and a line on the
disk."""

_PROBLEMS = {
    GrantProblem.WRONG_GATEWAY: "The revocation is for another gateway.",
    GrantProblem.WRONG_NETWORK: "The revocation is for another network.",
    GrantProblem.NOT_YET_VALID: "The revocation is from the future; check the clock of the computer that signed it.",
    GrantProblem.BAD_SIGNATURE: "The revocation does not carry its owner's signature.",
}


class GrantRoutes:
    def __init__(self, sessions: NodeSessions, grants: GrantBook, settings: Settings) -> None:
        self._sessions = sessions
        self._grants = grants
        self._verify_owner = make_owner_verifier()
        self._settings = settings
        self._trusted = parse_networks(",".join(settings.trusted_proxies))
        state = MemoryState(time.time)
        policies = RatePolicies({Activity.SIGN_IN: LimitPair(A_MINUTE, None)})
        self._limits = RateLimits(state, state, policies, log=logger)

    async def revoke(self, exchange: Exchange) -> None:
        """Nobody but the owner can sign one, so it needs no key. Sending it again changes nothing.

        Raises ApiError RATE_LIMITED, INVALID_REQUEST, FORBIDDEN.
        """
        forwarded_for = header_values(exchange, b"x-forwarded-for")
        loopback = self._settings.limit_loopback is Switch.ON
        address = limited_address(peer_of(exchange), forwarded_for, self._trusted, loopback=loopback)
        await self._limits.check(Activity.SIGN_IN, address=address, key_id=None)
        signed = _read(await exchange.body(MAX_GRANT_BYTES, self._settings.body_timeout_s))
        problem = check_revocation(
            signed,
            gateway=self._settings.public_url,
            network=self._settings.network,
            now=time.time(),
            verify_owner=self._verify_owner,
        )
        if problem is not None:
            raise ApiError(ErrorCode.FORBIDDEN, _PROBLEMS[problem])
        revocation = signed.revocation
        self._grants.revoke(revocation)
        node = self._sessions.registry.node(NodeId(revocation.node_public_key))
        # An old revocation that is sent again is no word on the grant that followed it.
        leaves = (
            node is not None
            and node.owner == revocation.owner
            and (node.grant_begins is None or node.grant_begins <= revocation.revoked_at)
        )
        if node is not None and leaves:
            self._sessions.send_off(node.session_id, RejectCode.GRANT_REVOKED, REVOKED)
        document = {"node": revocation.node_public_key, "revoked_at": revocation.revoked_at, "node_leaves": leaves}
        await exchange.json(200, document)


def _read(body: bytes) -> SignedRevocation:
    try:
        return parse_signed_revocation(body)
    except ProtocolError as error:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"This is no signed revocation: {error.reason}.") from None
