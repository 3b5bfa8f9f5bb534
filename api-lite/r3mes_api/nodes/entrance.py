"""The entrance of a gateway that takes nodes of the network: first what a node shows, then what others say of it."""

from __future__ import annotations

from r3mes_api.endpoints.address_policy import EndpointRefused
from r3mes_api.endpoints.door import EndpointDoor
from r3mes_api.nodes.admission import Admission, Admitted, SessionTerms
from r3mes_api.nodes.registry import Refused
from r3mes_protocol.messages import Register, RejectCode
from r3mes_protocol.wire import NodeId


class NetworkEntrance:
    def __init__(self, admission: Admission, endpoints: EndpointDoor | None) -> None:
        """`endpoints` is None where none is called."""
        self._admission = admission
        self._endpoints = endpoints

    async def admit(self, message: Register, terms: SessionTerms, now: float) -> Admitted | Refused:
        admitted = self._admission.check(message, terms, now)
        if isinstance(admitted, Refused) or message.endpoint is None:
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

    async def close(self) -> None:
        if self._endpoints is not None:
            await self._endpoints.close()
