"""Which wallet a phrase opens: the addresses it has at the usual places, and what lies there.

People restore a phrase and see nothing because the coin type or the index is another. So several are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from r3mes_launcher.wallet.amounts import Coin
from r3mes_launcher.wallet.keys import COIN_TYPE_COSMOS, COIN_TYPE_DAEMON, KeyPath, PrivateKey, account_path
from r3mes_launcher.wallet.secret import Secret

if TYPE_CHECKING:
    from r3mes_launcher.wallet.chain_client import ChainClient

INDEXES = range(5)


@dataclass(frozen=True)
class Preview:
    """One address of a phrase. `used` is None until the chain was asked."""

    path: KeyPath
    coin_type: int
    index: int
    address: str
    used: bool | None = None
    balances: tuple[Coin, ...] = ()


def coin_types(preferred: int) -> tuple[int, ...]:
    """The network's own first, then wallets' and the daemon's."""
    return tuple(dict.fromkeys((preferred, COIN_TYPE_COSMOS, COIN_TYPE_DAEMON)))


def previews(entropy: Secret, passphrase: Secret, prefix: str, preferred: int) -> tuple[Preview, ...]:
    """Needs no network. The secrets stay the caller's."""
    found = []
    for coin_type in coin_types(preferred):
        for index in INDEXES:
            path = account_path(coin_type, 0, index)
            with PrivateKey.derive(entropy, passphrase, path) as key:
                found.append(Preview(path, coin_type, index, key.address(prefix)))
    return tuple(found)


async def look_up(client: ChainClient, found: tuple[Preview, ...]) -> tuple[Preview, ...]:
    """The same with what the chain knows. Raises OFFLINE."""
    known = []
    for preview in found:
        account = await client.account(preview.address)
        balances = await client.balances(preview.address)
        known.append(replace(preview, used=account is not None, balances=balances))
    return tuple(known)


def suggestion(found: tuple[Preview, ...]) -> Preview:
    """The first that has coins, else the first that was used, else the network's own first address."""
    return next(
        (preview for preview in found if preview.balances), next((item for item in found if item.used), found[0])
    )
