"""What the owner does for this computer's node with the open wallet: its grant, and what it declares of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import psutil

from r3mes_launcher.core.node_grant import GrantFile, grant_entry, wanted_grant
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
        hand_over: Callable[[SignedGrant], None],
    ) -> None:
        """`hand_over` gives a grant to the node, which shows it at its next registration."""
        self._wallet = wallet
        self._file = file
        self._folder = folder
        self._clock = clock
        self._node = node
        self._hand_over = hand_over

    async def start(self) -> None:
        """Hands over the grant that an earlier run has made."""
        signed = await asyncio.to_thread(self._file.read)
        if signed is not None:
            self._take(signed)

    async def grant_node(self, roles: tuple[str, ...], days: int) -> GrantEntry:
        """Signs that this computer's node may take part for the active wallet. Raises WalletError."""
        record = self._wallet.active_record()
        grant = wanted_grant(
            self._node(), record.address, await self._wallet.chain_id(), roles, days, self._clock.now()
        )
        signed = await self._wallet.with_vault(lambda vault: vault.sign_grant(record.wallet_id, grant))
        await asyncio.to_thread(self._file.write, signed)
        return self._take(signed)

    async def revoke_grant(self) -> bool:
        """Takes back what the active wallet granted to this computer's node, here and at its gateway. Whether the node
        was connected there. Raises WalletError; then the grant is still there and still holds."""
        signed_grant = await asyncio.to_thread(self._file.read)
        if signed_grant is None:
            raise WalletError(Problem.BAD_INPUT, "There is no grant to take back.")
        grant = signed_grant.grant
        record = self._wallet.active_record()
        revocation = Revocation(
            network=grant.network,
            owner=grant.owner,
            node_public_key=grant.node_public_key,
            gateway=grant.gateway,
            revoked_at=int(self._clock.now()),
        )
        signed = await self._wallet.with_vault(lambda vault: vault.sign_revocation(record.wallet_id, revocation))
        node_leaves = await deliver(signed)
        await asyncio.to_thread(self._file.remove)
        self._wallet.show(grant=None)
        return node_leaves

    def _take(self, signed: SignedGrant) -> GrantEntry:
        entry = grant_entry(signed)
        self._hand_over(signed)
        self._wallet.show(grant=entry)
        return entry

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
