"""What work costs. Bytes and signatures as the chain's parameters say; the rest by a table near to measured use."""

from __future__ import annotations

from collections.abc import Mapping

from r3mes_api.devnet.message_forms import (
    AUTHZ_EXEC,
    AUTHZ_GRANT,
    AUTHZ_REVOKE,
    CANCEL_UNBONDING,
    DELEGATE,
    FEE_GRANT,
    FEE_REVOKE,
    REDELEGATE,
    REGISTER_NODE,
    SEND,
    UNDELEGATE,
    UPDATE_NODE,
    WITHDRAW_REWARD,
)
from r3mes_api.devnet.refusal import OutOfGas

ANTE_GAS = 14_000
"""Reading the parameters and the account."""
FEE_GAS = 26_842
"""Taking the fee; measured. A simulation without a fee leaves it out."""
SIMULATION_SHORTFALL = 34
"""A simulation that carries its fee was this much below the real use, measured on a chain."""

MESSAGE_GAS: Mapping[str, int] = {
    SEND: 44_000,
    DELEGATE: 105_000,
    UNDELEGATE: 188_000,
    REDELEGATE: 215_000,
    CANCEL_UNBONDING: 150_000,
    WITHDRAW_REWARD: 93_000,
    AUTHZ_GRANT: 22_000,
    AUTHZ_REVOKE: 20_000,
    AUTHZ_EXEC: 12_000,
    FEE_GRANT: 26_000,
    FEE_REVOKE: 20_000,
    REGISTER_NODE: 38_000,
    UPDATE_NODE: 34_000,
}


class GasMeter:
    def __init__(self, limit: int | None) -> None:
        """Without a limit it only counts."""
        self._limit = limit
        self.used = 0

    def use(self, gas: int, place: str) -> None:
        """Raises OutOfGas; what was used still counts."""
        self.used += gas
        if self._limit is not None and self.used > self._limit:
            raise OutOfGas(place, self._limit, self.used)
