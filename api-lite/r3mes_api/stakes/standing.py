"""What a stake means for a node. Pure; time is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

from r3mes_api.setting_kinds import StakePolicy
from r3mes_protocol.grants import Role

BASE_UNITS = 10**6
"""Of one REMES."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the chain said of one owner."""

    amount: int
    """Delegated, in base units."""
    read_at: float


class StakeState(StrEnum):
    SUFFICIENT = "sufficient"
    INSUFFICIENT = "insufficient"
    UNKNOWN = "unknown"
    """The chain can't be asked, and what it said before is too old or never was."""


@dataclass(frozen=True, slots=True)
class Standing:
    state: StakeState
    needed: int
    """For all roles of the node together, in base units."""
    reading: Reading | None
    """None where nothing is known."""


class Verdict(Enum):
    ADMIT = "admit"
    REFUSE = "refuse"
    LATER = "later"
    """Refused for now: the node may try again."""


def needed_for(roles: Iterable[Role], minimums: Mapping[Role, int]) -> int:
    """Each role counts once."""
    return sum(minimums[role] for role in set(roles))


def standing(reading: Reading | None, needed: int, now: float, stale_s: float) -> Standing:
    """A reading counts until it is `stale_s` old; how often a new one is asked for is the cache's matter."""
    if needed == 0:
        return Standing(StakeState.SUFFICIENT, 0, reading)
    if reading is None or now - reading.read_at >= stale_s:
        return Standing(StakeState.UNKNOWN, needed, None)
    enough = reading.amount >= needed
    return Standing(StakeState.SUFFICIENT if enough else StakeState.INSUFFICIENT, needed, reading)


def at_registration(policy: StakePolicy, found: Standing) -> Verdict:
    if policy is not StakePolicy.REQUIRE or found.state is StakeState.SUFFICIENT:
        return Verdict.ADMIT
    return Verdict.REFUSE if found.state is StakeState.INSUFFICIENT else Verdict.LATER


def may_stay(policy: StakePolicy, found: Standing) -> bool:
    """A node that is here is not thrown out because the chain is away, only on the chain's own word."""
    return policy is not StakePolicy.REQUIRE or found.state is not StakeState.INSUFFICIENT


def in_remes(amount: int) -> str:
    """Without zeros at the end, such as `1000` or `0.5`."""
    whole, rest = divmod(amount, BASE_UNITS)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".") if rest else str(whole)
