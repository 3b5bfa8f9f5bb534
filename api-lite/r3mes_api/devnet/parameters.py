"""What this chain is: its names, its prices, its times. All amounts are base units; REMES = 10⁶ of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ATTO = 10**18
"""Fractions of one are integers of this many parts, as the chain's decimals with 18 places."""
MICROSECONDS_A_YEAR = 31_557_600 * 1_000_000
REMES = 1_000_000
MAX_REWARDED_GAP_US = 60 * 1_000_000
"""While nobody ran the chain, nothing was earned: one block is worth a minute at most."""


class RoleRecords(StrEnum):
    """What the role module keeps of a registration."""

    EVERYTHING = "everything"
    PUBLIC = "public"
    """Only what the public chain keeps: the address, the node type and the declared stake."""


class ErrorShape(StrEnum):
    """How a refused broadcast is answered."""

    MESSAGE = "message"
    """HTTP 500 with the code inside the message, as CometBFT 1.0 does."""
    RESPONSE = "response"
    """HTTP 200 with the code in `tx_response`, as CometBFT 0.38 does."""


@dataclass(frozen=True)
class ChainParameters:
    chain_id: str = "r3mes-devnet-1"
    prefix: str = "remes"
    denom: str = "ur3mes"
    gas_price_attos: int = 25 * ATTO // 1000
    """Base units of `denom` for one gas."""
    unbonding_s: int = 120
    max_entries: int = 7
    """Unbondings of one delegator from one validator at once, and redelegations between two."""
    yearly_reward_percent: int = 5_000
    """Much more than a real chain's, so that somebody who tries it has something to claim within a minute."""
    max_memo_characters: int = 256
    gas_per_byte: int = 10
    gas_per_signature: int = 1_000
    role_records: RoleRecords = RoleRecords.EVERYTHING
    role_min_stake: int = 1_000 * REMES
    error_shape: ErrorShape = ErrorShape.MESSAGE

    @property
    def operator_prefix(self) -> str:
        return f"{self.prefix}valoper"

    @property
    def gas_price(self) -> str:
        """`0.025000000000000000ur3mes`."""
        return f"{decimal(self.gas_price_attos)}{self.denom}"

    def least_fee(self, gas: int) -> int:
        return -(-gas * self.gas_price_attos // ATTO)


def decimal(attos: int) -> str:
    """With 18 places, as the SDK writes decimals."""
    return f"{attos // ATTO}.{attos % ATTO:018d}"
