"""The owner's grant: from a file or from the control channel, shown to the gateway at registration."""

from __future__ import annotations

from pathlib import Path

from r3mes_engine.errors import EngineExit
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.grants import MAX_GRANT_BYTES, SignedGrant, parse_signed_grant
from r3mes_protocol.wire import NodeId, ProtocolError


def read_grant(path: Path, node_id: NodeId) -> SignedGrant:
    """Raises EngineExit (13) for a file that is no grant or is for another node."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_GRANT_BYTES + 1)
    except OSError as error:
        raise _invalid(f"The grant {path} can't be read: {error.strerror}.") from None
    try:
        signed = parse_signed_grant(data)
    except ProtocolError as error:
        raise _invalid(f"The grant {path} is not a signed grant: {error.reason}.") from None
    return check_is_for(signed, node_id)


def check_is_for(signed: SignedGrant, node_id: NodeId) -> SignedGrant:
    """The gateway checks the rest; a grant for another node is refused here, where the reason can be told."""
    if signed.grant.node_public_key != node_id:
        raise _invalid(f"The grant is for node {signed.grant.node_public_key[:16]}…, this node is {node_id[:16]}….")
    return signed


def _invalid(message: str) -> EngineExit:
    return EngineExit(
        ExitCode.KEY_OR_GRANT_INVALID, "grant_invalid", message, "Make a new grant for this node in the wallet."
    )
