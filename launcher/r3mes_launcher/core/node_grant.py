"""The owner's grants for this computer's node: made by the wallet, kept in a file, handed to the engine.

A grant names one gateway, so that no gateway can use it at another; a node with several gateways has several.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from r3mes_launcher.core.data_folder import write_atomically
from r3mes_launcher.core.wallet_orders import NodeFacts
from r3mes_launcher.core.wallet_state import GrantEntry
from r3mes_launcher.sentence import Sentence
from r3mes_launcher.system_cause import system_cause
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_protocol.grants import MAX_GRANT_BYTES, Grant, Role, SignedGrant, parse_signed_grant
from r3mes_protocol.wire import ProtocolError

MAX_GRANT_DAYS = 366
SECONDS_A_DAY = 86_400
MOST_GRANTS = 32
"""In the file: more than a node has gateways, because those of gateways that were left are kept until they end."""


class GrantFile:
    """One signed grant a line. It is no secret: it says who owns the node. Methods block for a disk write."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[SignedGrant, ...]:
        """Empty when there is none; what can't be read is left out: a new one is made in a minute."""
        found = []
        try:
            with self._path.open("rb") as file:
                lines = file.read(MOST_GRANTS * (MAX_GRANT_BYTES + 1)).splitlines()
        except OSError:
            return ()
        for line in lines[:MOST_GRANTS]:
            with contextlib.suppress(ProtocolError):
                found.append(parse_signed_grant(line))
        return tuple(found)

    def write(self, signed: Sequence[SignedGrant]) -> None:
        """Raises VAULT_UNWRITABLE."""
        try:
            write_atomically(self._path, "".join(each.to_json() + "\n" for each in signed[:MOST_GRANTS]))
        except OSError as error:
            raise WalletError(
                Problem.VAULT_UNWRITABLE,
                Sentence("The grant can't be saved: {cause}.", cause=system_cause(error)),
            ) from None

    def remove(self) -> None:
        """All were taken back: the node is not to show them again."""
        self._path.unlink(missing_ok=True)


def wanted_grants(
    node: NodeFacts, owner: str, network: str, roles: tuple[str, ...], days: int, now: float
) -> tuple[Grant, ...]:
    """What the owner signs: one for each gateway that the node may use. Raises BAD_INPUT with what is missing."""
    if not node.node_id:
        raise WalletError(
            Problem.BAD_INPUT,
            "This computer's node has no key yet.",
            "Switch Serving on once: the node makes its key at its first start.",
        )
    if not node.gateways:
        raise WalletError(Problem.BAD_INPUT, "There is no gateway to grant it for.", "Wait until it has started.")
    if not 0 < days <= MAX_GRANT_DAYS:
        raise WalletError(
            Problem.BAD_INPUT, Sentence("A grant lasts 1 to {max_grant_days} days.", max_grant_days=MAX_GRANT_DAYS)
        )
    try:
        return tuple(
            Grant(
                network=network,
                owner=owner,
                node_public_key=node.node_id,
                roles=tuple(Role(role) for role in roles),
                gateway=gateway,
                not_before=int(now),
                not_after=int(now) + days * SECONDS_A_DAY,
            )
            for gateway in node.gateways
        )
    except (ValidationError, ValueError):
        raise WalletError(Problem.BAD_INPUT, "A grant needs at least one role.") from None


def grant_entry(signed: SignedGrant) -> GrantEntry:
    grant = signed.grant
    return GrantEntry(grant.node_public_key, grant.gateway, tuple(role.value for role in grant.roles), grant.not_after)


def with_new(held: Sequence[SignedGrant], made: Sequence[SignedGrant], now: float) -> tuple[SignedGrant, ...]:
    """The new ones first; of the old ones those for other gateways that still hold, so that they can be taken back."""
    gateways = {signed.grant.gateway for signed in made}
    kept = (each for each in held if each.grant.gateway not in gateways and now < each.grant.not_after)
    return (*made, *kept)[:MOST_GRANTS]
