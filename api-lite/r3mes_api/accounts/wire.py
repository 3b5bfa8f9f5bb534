"""Bodies of the account routes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from r3mes_api.accounts.earnings_by_day import EarningRole
from r3mes_api.accounts.identity import Scope
from r3mes_protocol.usage import SignedReceipt, SignedUsage

Address = Annotated[str, StringConstraints(min_length=8, max_length=90, pattern=r"^[a-z0-9]+$")]
Base64 = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9+/]*={0,2}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
KeyName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Seconds = Annotated[int, Field(ge=0, le=253_402_300_799)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class ChallengeRequest(_Request):
    address: Address


class ChallengeReply(_Reply):
    challenge_id: str
    text: str
    """To be signed as the data of an ADR-36 document."""
    expires_at: int


class LoginRequest(_Request):
    challenge_id: Id
    address: Address
    public_key: Base64
    """Compressed secp256k1 key, 33 bytes."""
    signature: Base64
    """r and s, 64 bytes."""


class LoginReply(_Reply):
    token: str
    token_type: Literal["bearer"] = "bearer"
    owner: str
    expires_at: int | None


class IdentityReply(_Reply):
    owner: str
    key_id: str
    scopes: list[Scope]
    is_session: bool
    expires_at: int | None


class KeyRequest(_Request):
    name: KeyName
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))] = Field(default=[Scope.CHAT])
    expires_at: Seconds | None = None


class KeyReply(_Reply):
    id: str
    name: str
    hint: str
    scopes: list[Scope]
    created_at: int
    expires_at: int | None
    revoked_at: int | None


class NewKeyReply(KeyReply):
    token: str
    """Shown this once."""


class KeyList(_Reply):
    keys: list[KeyReply]


class BalanceReply(_Reply):
    available: int
    reserved: int


class TotalReply(_Reply):
    model: str
    adapter: str | None
    requests: int
    prompt_tokens: int
    completion_tokens: int
    charged: int


class UsageReply(_Reply):
    """Amounts are base units."""

    owner: str
    balance: BalanceReply
    since: int
    until: int
    totals: list[TotalReply]


class RecordReply(_Reply):
    id: int
    request_id: str
    api_key_id: str | None
    model: str
    adapter: str | None
    prompt_tokens: int
    completion_tokens: int
    charged: int
    outcome: str
    created_at: int


class DeliveryReply(_Reply):
    id: int
    request_id: str
    attempt: int
    node_id: str
    claimed_tokens: int | None
    delivered_tokens: int
    settled_tokens: int
    earned: int
    disputed: bool
    usage: SignedUsage | None
    receipt: SignedReceipt
    created_at: int


class RecordList(_Reply):
    records: list[RecordReply]
    next_before: int | None
    """Pass it as `before` for the next page; null on the last one."""


class RecordWithDeliveries(RecordReply):
    deliveries: list[DeliveryReply]


class LedgerLineReply(_Reply):
    id: int
    kind: str
    reference: str
    amount: int
    created_at: int


class LedgerList(_Reply):
    lines: list[LedgerLineReply]
    next_before: int | None


class NodeEarningsReply(_Reply):
    node_id: str
    deliveries: int
    settled_tokens: int
    disputed: int
    earned: int
    balance: int


class EarningsReply(_Reply):
    owner: str
    earned: int
    balance: int
    nodes: list[NodeEarningsReply]


class DayEarningsReply(_Reply):
    day: date
    role: EarningRole
    node_id: str
    deliveries: int
    settled_tokens: int
    disputed: int
    earned: int


class EarningsByDayReply(_Reply):
    """Amounts are base units; the newest day first."""

    owner: str
    since: int
    until: int
    utc_offset_minutes: int
    days: list[DayEarningsReply]
    next_after: str | None
    """Pass it as `after` for the next page; null on the last one."""


class DeliveryList(_Reply):
    deliveries: list[DeliveryReply]
    next_before: int | None
