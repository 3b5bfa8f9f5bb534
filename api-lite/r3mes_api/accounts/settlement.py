"""What a request costs and who earns it, pure and in whole base units: nothing is rounded away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from r3mes_protocol.usage import SignedUsage

MILLION = 1_000_000

BYTES_PER_TOKEN = 2
"""Prompt bytes that a token has at least, for the reservation: English has about 4, Turkish 3, dense code 2.5."""

TEMPLATE_TOKENS = 64
"""What a chat template adds to a short conversation."""


@dataclass(frozen=True, slots=True)
class Price:
    """Base units for a million tokens. Raises ValueError for a negative price or a share outside 0 to 100."""

    prompt_per_million: int
    completion_per_million: int
    node_share_percent: int = 90
    """What the nodes earn of it; the gateway keeps the rest."""

    def __post_init__(self) -> None:
        if self.prompt_per_million < 0 or self.completion_per_million < 0:
            raise ValueError("a price is not negative")
        if not 0 <= self.node_share_percent <= 100:
            raise ValueError("a share is between 0 and 100 percent")

    def cost(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Rounded up to a whole base unit, once for the request."""
        total = prompt_tokens * self.prompt_per_million + completion_tokens * self.completion_per_million
        return -(-total // MILLION)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One node's part in a request: a failed try, the answer, or the piece of it before or after a continuation."""

    job_id: str
    node_id: str
    node_owner: str | None
    """None for a node without a grant; its earnings wait under its own key."""
    delivered_tokens: int
    """Content tokens that the gateway passed to the client; of embeddings, tokens of the texts."""
    usage: SignedUsage | None = None
    """The node's own statement, checked; None when it gave none."""
    disputed: bool = False
    """The statement it gave does not hold."""
    gateway: str | None = None
    """The origin that the node dialled and signs for, where that is not the public one."""
    embeds: bool = False
    """Texts were turned into vectors: their tokens are what is delivered and paid."""

    @property
    def claimed_tokens(self) -> int | None:
        if self.usage is None:
            return None
        statement = self.usage.statement
        return statement.prompt_tokens if self.embeds else statement.completion_tokens

    @property
    def settled_tokens(self) -> int:
        claimed = self.claimed_tokens
        return self.delivered_tokens if claimed is None else min(claimed, self.delivered_tokens)


@dataclass(frozen=True, slots=True)
class Settlement:
    prompt_tokens: int
    completion_tokens: int
    charge: int
    earned: tuple[int, ...]
    """For each attempt in order; together with `gateway_share` it is the charge."""
    gateway_share: int


def prompt_token_bound(prompt_bytes: int) -> int:
    """Prompt tokens that a request is charged for at most, from the length of its texts in UTF-8."""
    return -(-prompt_bytes // BYTES_PER_TOKEN) + TEMPLATE_TOKENS


def estimated_prompt_tokens(prompt_bytes: int) -> int:
    """For an answer that broke off before its node said how long the prompt was: English has four bytes a token."""
    return -(-prompt_bytes // 4)


def reservation_amount(price: Price, *, prompt_bound: int, max_completion_tokens: int) -> int:
    """The most that a request can cost."""
    return price.cost(prompt_bound, max_completion_tokens)


def affordable_tokens(price: Price, *, available: int, prompt_bound: int) -> int | None:
    """Completion tokens that `available` base units buy after the prompt; None when they are free."""
    if price.completion_per_million == 0:
        return None
    left = available * MILLION - prompt_bound * price.prompt_per_million
    return max(0, left // price.completion_per_million)


def settle(*, reserved: int, price: Price, prompt_tokens: int, attempts: Sequence[Attempt]) -> Settlement:
    """Splits the cost of what was delivered. Never more than `reserved`; nothing when no token reached the client.

    `prompt_tokens` is paid once, however many nodes read the prompt: a retry is not the client's doing. For embeddings
    the texts' tokens are all that is paid.
    """
    tokens = [attempt.settled_tokens for attempt in attempts]
    completion_tokens = sum(tokens)
    if any(attempt.embeds for attempt in attempts):
        prompt_tokens, completion_tokens = completion_tokens, 0
    if not any(tokens):
        return Settlement(0, 0, 0, (0,) * len(tokens), 0)
    charge = min(reserved, price.cost(prompt_tokens, completion_tokens))
    # Whoever's statement does not hold gets nothing; its part is not spread over the others.
    nodes_share = charge * price.node_share_percent // 100
    parts = split(nodes_share, tokens)
    earned = tuple(0 if attempt.disputed else part for attempt, part in zip(attempts, parts, strict=True))
    return Settlement(prompt_tokens, completion_tokens, charge, earned, charge - sum(earned))


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Whole parts in proportion to the weights that add up to `amount`; what is left over goes to the largest rests.

    Raises ValueError when an amount is to be split among nobody.
    """
    total = sum(weights)
    if total == 0:
        if amount:
            raise ValueError("an amount can't be split by weights that are all zero")
        return [0] * len(weights)
    parts = [amount * weight // total for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in by_rest[: amount - sum(parts)]:
        parts[i] += 1
    return parts
