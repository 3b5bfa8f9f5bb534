"""What the owner does for this computer's node with the open wallet: its grant, and what it declares of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import psutil

from r3mes_launcher.core.node_grant import GrantFile, grant_entry, wanted_grants, with_new
from r3mes_launcher.core.wallet_orders import NodeFacts, NodeResources
from r3mes_launcher.core.wallet_service import WalletService
from r3mes_launcher.core.wallet_state import GrantEntry
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.grant_revocation import deliver
from r3mes_protocol.grants import SignedGrant
from r3mes_protocol.revocations import Revocation

GIGABYTE = 1_000_000_000


class OwnerDesk:
    def __init__(
        self,
        wallet: WalletService,
        file: GrantFile,
        folder: Path,
        clock: Clock,
        node: Callable[[], NodeFacts],
        hand_over: Callable[[tuple[SignedGrant, ...]], None],
    ) -> None:
        """`hand_over` gives all grants to the node, which shows each at its next registration there."""
        self._wallet = wallet
        self._file = file
        self._folder = folder
        self._clock = clock
        self._node = node
        self._hand_over = hand_over

    async def start(self) -> None:
        """Hands over the grants that an earlier run has made."""
        signed = await asyncio.to_thread(self._file.read)
        if signed:
            self._take(signed)

    async def grant_node(self, roles: tuple[str, ...], days: int) -> tuple[GrantEntry, ...]:
        """Signs that this computer's node may take part for the active wallet, for each of its gateways.

        Raises WalletError; then nothing has changed.
        """
        record, now = self._wallet.active_record(), self._clock.now()
        wanted = wanted_grants(self._node(), record.address, await self._wallet.chain_id(), roles, days, now)
        made = await self._wallet.with_vault(
            lambda vault: [vault.sign_grant(record.wallet_id, grant) for grant in wanted]
        )
        signed = with_new(await asyncio.to_thread(self._file.read), made, now)
        await asyncio.to_thread(self._file.write, signed)
        return self._take(signed)

    async def revoke_grants(self) -> bool:
        """Takes back what the active wallet granted to this computer's node, here and at each gateway. Whether the
        node was connected at one of them. Raises WalletError; then what could not be taken back still holds."""
        held = await asyncio.to_thread(self._file.read)
        if not held:
            raise WalletError(Problem.BAD_INPUT, "There is no grant to take back.")
        record = self._wallet.active_record()
        left: list[SignedGrant] = []
        refusals: list[WalletError] = []
        node_leaves = False
        for signed_grant in held:
            try:
                node_leaves |= await self._revoke(record.wallet_id, signed_grant)
            except WalletError as error:
                refusals.append(error)
                left.append(signed_grant)
        if len(left) < len(held):
            # Also where nothing is left, which the engine then shows at its next start.
            await asyncio.to_thread(lambda: self._file.write(left) if left else self._file.remove())
            self._take(tuple(left))
        if refusals:
            raise refusals[0]
        return node_leaves

    async def _revoke(self, wallet_id: str, signed_grant: SignedGrant) -> bool:
        grant = signed_grant.grant
        revocation = Revocation(
            network=grant.network,
            owner=grant.owner,
            node_public_key=grant.node_public_key,
            gateway=grant.gateway,
            revoked_at=int(self._clock.now()),
        )
        return await deliver(await self._wallet.with_vault(lambda vault: vault.sign_revocation(wallet_id, revocation)))

    def _take(self, signed: tuple[SignedGrant, ...]) -> tuple[GrantEntry, ...]:
        entries = tuple(map(grant_entry, signed))
        self._hand_over(signed)
        self._wallet.show(grants=entries)
        return entries

    async def resources(self) -> NodeResources:
        """What this computer has, as a first proposal; the bandwidth is its owner's to tell."""
        node = self._node()

        def look() -> NodeResources:
            return NodeResources(
                cpu_cores=psutil.cpu_count(logical=False) or psutil.cpu_count() or 1,
                memory_gb=psutil.virtual_memory().total // GIGABYTE,
                gpu_count=node.gpu_count,
                gpu_memory_gb=node.gpu_memory_gb,
                storage_gb=psutil.disk_usage(str(self._folder)).free // GIGABYTE,
                network_bandwidth_mbps=100,
            )

        return await asyncio.to_thread(look)
