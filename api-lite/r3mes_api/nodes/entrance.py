"""The entrance of a gateway that takes nodes of the network: first what a node shows, then what others say of it."""

from __future__ import annotations

import asyncio

from r3mes_api.endpoints.address_policy import EndpointRefused
from r3mes_api.endpoints.door import EndpointDoor
from r3mes_api.nodes.admission import Admission, Admitted, SessionTerms, Watched
from r3mes_api.nodes.registry import Refused
from r3mes_api.stakes.book import StakeBook
from r3mes_api.stakes.standing import Standing, Verdict, at_registration, in_remes, may_stay
from r3mes_api.web.metrics import Gauge
from r3mes_protocol.messages import Register, RejectCode
from r3mes_protocol.wire import NodeId

LOOK_S = 5.0
"""How often the nodes' stakes are looked at, at least; the chain is asked when what is known has aged."""

GRANTS_LOOK_S = 1.0
"""How often the book of grants is looked at: another replica may have written that one was taken back."""

REVOKED = "The owner took back the grant for this node."


class NetworkEntrance:
    def __init__(self, admission: Admission, endpoints: EndpointDoor | None, stakes: StakeBook | None) -> None:
        """`endpoints` is None where none is called, `stakes` where nobody's stake matters."""
        self._admission = admission
        self._endpoints = endpoints
        self._stakes = stakes

    async def admit(self, message: Register, terms: SessionTerms, now: float) -> Admitted | Refused:
        admitted = self._admission.check(message, terms, now)
        if not isinstance(admitted, Refused):
            admitted = await self._with_stake(admitted)
        if not isinstance(admitted, Refused):
            admitted = await self._with_endpoint(admitted)
        return admitted

    async def _with_stake(self, admitted: Admitted) -> Admitted | Refused:
        if self._stakes is None or admitted.owner is None:
            return admitted
        found = await self._stakes.standing(admitted.owner, admitted.message.roles)
        match at_registration(self._stakes.policy, found):
            case Verdict.ADMIT:
                return admitted._replace(stake=found)
            case Verdict.REFUSE:
                return Refused(RejectCode.STAKE_INSUFFICIENT, _too_little(found))
            case Verdict.LATER:
                return Refused(
                    RejectCode.STAKE_UNKNOWN,
                    "The chain can't be asked for the owner's stake now; the node tries again.",
                )

    async def _with_endpoint(self, admitted: Admitted) -> Admitted | Refused:
        message = admitted.message
        if message.endpoint is None:
            return admitted
        if self._endpoints is None:
            return Refused(
                RejectCode.ENDPOINT_REFUSED,
                "This gateway does not call endpoints; register without one and serve over the session.",
            )
        try:
            endpoint = await self._endpoints.check(NodeId(message.node_id), message.endpoint)
        except EndpointRefused as refused:
            return Refused(RejectCode.ENDPOINT_REFUSED, f"The endpoint is not called: {refused}.")
        return admitted._replace(endpoint=endpoint)

    async def watch(self, sessions: Watched) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_grants(sessions), name="grants")
            if self._stakes is not None:
                group.create_task(self._watch_stakes(sessions, self._stakes), name="stakes")

    async def _watch_grants(self, sessions: Watched) -> None:
        grants = self._admission.grants
        while True:
            await asyncio.sleep(GRANTS_LOOK_S)
            grants.follow()
            for node in list(sessions.registry):
                owner, begins = node.owner, node.grant_begins
                if node.replica is not None or owner is None or begins is None:
                    continue
                if not grants.holds_from(owner, node.node_id, begins):
                    sessions.send_off(node.session_id, RejectCode.GRANT_REVOKED, REVOKED)

    async def _watch_stakes(self, sessions: Watched, stakes: StakeBook) -> None:
        while True:
            await asyncio.sleep(min(LOOK_S, stakes.fresh_s / 4))
            await self.look(sessions, stakes)

    async def look(self, sessions: Watched, stakes: StakeBook) -> None:
        """Once over all nodes: reads what has aged, shows it, and sends off those whose owners unstaked."""
        here = [node for node in sessions.registry if node.replica is None and node.owner is not None]
        await stakes.refresh({node.owner for node in here if node.owner is not None})
        for node in here:
            assert node.owner is not None
            node.stake = stakes.known(node.owner, node.roles)
            if not may_stay(stakes.policy, node.stake):
                sessions.send_off(node.session_id, RejectCode.STAKE_INSUFFICIENT, _too_little(node.stake))

    def gauges(self) -> list[Gauge]:
        return self._stakes.gauges() if self._stakes is not None else []

    async def close(self) -> None:
        if self._endpoints is not None:
            await self._endpoints.close()
        if self._stakes is not None:
            await self._stakes.close()


def _too_little(found: Standing) -> str:
    has = in_remes(found.reading.amount) if found.reading is not None else "nothing"
    return f"The node's roles need a stake of {in_remes(found.needed)} REMES; its owner has delegated {has}."
