"""The owner's grant for this computer's node: made by the wallet, kept in a file, handed to the engine."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from r3mes_launcher.core.data_folder import write_atomically
from r3mes_launcher.core.wallet_orders import NodeFacts
from r3mes_launcher.core.wallet_state import GrantEntry
from r3mes_launcher.sentence import Sentence
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_protocol.grants import MAX_GRANT_BYTES, Grant, Role, SignedGrant, parse_signed_grant
from r3mes_protocol.wire import ProtocolError

MAX_GRANT_DAYS = 366
SECONDS_A_DAY = 86_400


class GrantFile:
    """A grant is no secret: it says who owns the node. Methods block for a disk write."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> SignedGrant | None:
        """None when there is none, or nothing that can be read: a new one is made in a minute."""
        try:
            with self._path.open("rb") as file:
                return parse_signed_grant(file.read(MAX_GRANT_BYTES + 1))
        except (OSError, ProtocolError):
            return None

    def write(self, signed: SignedGrant) -> None:
        """Raises VAULT_UNWRITABLE."""
        try:
            write_atomically(self._path, signed.to_json() + "\n")
        except OSError as error:
            raise WalletError(
                Problem.VAULT_UNWRITABLE,
                Sentence("The grant can't be saved: {cause}.", cause=(error.strerror or "").lower()),
            ) from None

    def remove(self) -> None:
        """The grant was taken back: the node is not to show it again."""
        self._path.unlink(missing_ok=True)


def wanted_grant(node: NodeFacts, owner: str, network: str, roles: tuple[str, ...], days: int, now: float) -> Grant:
    """What the owner signs. Raises BAD_INPUT with what is missing."""
    if not node.node_id:
        raise WalletError(
            Problem.BAD_INPUT,
            "This computer's node has no key yet.",
            "Switch Serving on once: the node makes its key at its first start.",
        )
    if not node.gateway:
        raise WalletError(Problem.BAD_INPUT, "There is no gateway to grant it for.", "Wait until it has started.")
    if not 0 < days <= MAX_GRANT_DAYS:
        raise WalletError(
            Problem.BAD_INPUT, Sentence("A grant lasts 1 to {max_grant_days} days.", max_grant_days=MAX_GRANT_DAYS)
        )
    try:
        return Grant(
            network=network,
            owner=owner,
            node_public_key=node.node_id,
            roles=tuple(Role(role) for role in roles),
            gateway=node.gateway,
            not_before=int(now),
            not_after=int(now) + days * SECONDS_A_DAY,
        )
    except (ValidationError, ValueError):
        raise WalletError(Problem.BAD_INPUT, "A grant needs at least one role.") from None


def grant_entry(signed: SignedGrant) -> GrantEntry:
    grant = signed.grant
    return GrantEntry(grant.node_public_key, grant.gateway, tuple(role.value for role in grant.roles), grant.not_after)
