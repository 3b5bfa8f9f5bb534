"""What the wallet knows of the owner's stake, as the policy needs it. Pure."""

from __future__ import annotations

from r3mes_launcher.core.policy.observations import StakeObservation
from r3mes_launcher.core.wallet_state import WalletState

SERVING = "serving"


def stake_seen(wallet: WalletState, gateway_remote: bool) -> StakeObservation | None:
    """The stake beside what serving needs; None where it does not matter or is not known.

    It matters at a gateway of the network, for a node that serves with its owner's grant. A network that says something
    else than before is not believed.
    """
    network, grant = wallet.network, wallet.grant
    if not gateway_remote or grant is None or SERVING not in grant.roles:
        return None
    if not network.reachable or network.mismatch or network.read_at is None:
        return None
    entry = next((entry for entry in wallet.roles if entry.role == SERVING), None)
    if entry is None or wallet.holdings is None:
        return None
    unit = 10**wallet.unit.decimals
    return StakeObservation(_plain(entry.staked / unit), _plain(entry.needed / unit), wallet.unit.display)


def _plain(amount: float) -> float:
    """Whole amounts without a point in their sentence."""
    return int(amount) if amount == int(amount) else round(amount, 2)
