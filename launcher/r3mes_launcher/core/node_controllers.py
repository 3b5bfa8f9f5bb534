"""The controllers of this computer's nodes: one for each role, each on GPUs of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from r3mes_launcher.core.node_controller import NodeController
from r3mes_launcher.core.policy.reasons import ActiveReason
from r3mes_protocol.grants import Role, SignedGrant


class NodeControllers:
    """Owned by the core's loop. A wish names its role; what concerns the whole computer goes to every role.

    Serving is the only role so far. Another one is another controller: with its machine, its runtime and the GPUs that
    it has alone.
    """

    def __init__(self) -> None:
        self._by_role: dict[Role, NodeController] = {}

    def add(self, role: Role, controller: NodeController) -> None:
        """Raises ValueError for a role that is there already, or whose GPUs are not its own."""
        if role in self._by_role:
            raise ValueError(f"There is a controller for {role.value} already.")
        self._check_gpus(role, controller.gpus)
        self._by_role[role] = controller

    def __getitem__(self, role: Role) -> NodeController:
        """Raises KeyError."""
        return self._by_role[role]

    def own_gpus(self, role: Role, uuids: Sequence[str]) -> tuple[str, ...]:
        """Each of them once, if the role may have them; none: the engine takes the best one.

        Raises ValueError with a sentence.
        """
        chosen = tuple(dict.fromkeys(uuids))
        self._check_gpus(role, chosen)
        return chosen

    def _check_gpus(self, role: Role, uuids: tuple[str, ...]) -> None:
        for other, controller in self._by_role.items():
            if other is role:
                continue
            if not uuids or not controller.gpus:
                raise ValueError(f"Choose GPUs for {role.value} and for {other.value}: both would take the best one.")
            shared = sorted(set(uuids) & set(controller.gpus))
            if shared:
                raise ValueError(f"The GPU {shared[0]} is used for {other.value} already.")

    # --- what concerns all of them -----------------------------------------------------------------------------------

    def use_gateway(self, origin: str, fallbacks: tuple[str, ...] = ()) -> None:
        for controller in self._by_role.values():
            controller.use_gateway(origin, fallbacks)

    def suspend(self, reasons: tuple[ActiveReason, ...]) -> None:
        for controller in self._by_role.values():
            controller.suspend(reasons)

    def probe(self) -> None:
        for controller in self._by_role.values():
            controller.probe()

    def use_grants(self, signed: tuple[SignedGrant, ...]) -> None:
        """The owner's words, each for the roles that it names."""
        for role, controller in self._by_role.items():
            controller.use_grants(tuple(each for each in signed if role in each.grant.roles))

    async def close(self) -> None:
        """Ends all engines at the same time; each is bounded by its own ladder."""
        await asyncio.gather(*(controller.close() for controller in self._by_role.values()))
