"""What is known about a signed transaction, and what follows from each new observation. Pure.

    prepared → sent → pending → included | failed | expired

The same bytes are sent again and again; they are never signed again before they have certainly failed. Even then no
payment can happen twice: a replacement takes the same sequence number, and a chain takes each number once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from r3mes_launcher.sentence import Sentence, phrase
from r3mes_launcher.wallet.chain_errors import DUPLICATE_CODE, MEMPOOL_FULL_CODE, SEQUENCE_CODE

RESEND_S = 20.0
"""A node may drop a transaction from its memory. Sending the same bytes again costs nothing."""
BLOCKS_OF_DOUBT = 2
"""An index may lag behind its chain by a block."""


class PaymentState(StrEnum):
    PREPARED = "prepared"
    """Signed and stored; no node has it yet."""
    SENT = "sent"
    """On its way; whether a node took it is not known."""
    PENDING = "pending"
    """A node took it; it is in no block yet."""
    INCLUDED = "included"
    FAILED = "failed"
    EXPIRED = "expired"
    """Its last block has passed without it: nothing was spent."""


IN_FLIGHT = (PaymentState.PREPARED, PaymentState.SENT, PaymentState.PENDING)


@dataclass(frozen=True)
class Payment:
    payment_id: str
    """Made once for each confirmation of a person: the same id never becomes a second transaction."""
    chain_id: str
    address: str
    sequence: int
    timeout_height: int
    tx_hash: str
    summary: str
    created_at: float
    state: PaymentState = PaymentState.PREPARED
    uncertain: bool = False
    """Whether some try ended without a clear answer, so that a node may have the bytes."""
    last_sent_at: float = 0.0
    code: int = 0
    codespace: str = ""
    log: str = ""
    height: int = 0
    gas_used: int = 0
    unclear: bool = False
    """Its time is over and its sequence number is used, but no node finds it: only its owner can look further."""

    @property
    def in_flight(self) -> bool:
        return self.state in IN_FLIGHT


@dataclass(frozen=True)
class Accepted:
    """A node took the bytes."""


@dataclass(frozen=True)
class Refused:
    code: int
    codespace: str
    log: str


@dataclass(frozen=True)
class NoAnswer:
    """The try ended without an answer: a node may have the bytes or not."""


@dataclass(frozen=True)
class Found:
    code: int
    codespace: str
    log: str
    height: int
    gas_used: int


@dataclass(frozen=True)
class NotFound:
    """One node's height, then its sequence of the account, then its search for the hash, in this order."""

    height: int
    sequence: int | None


Observation = Accepted | Refused | NoAnswer | Found | NotFound


def sending(payment: Payment, now: float) -> Payment:
    """Written down before each try, so that a crash in the middle counts as a try without an answer."""
    return replace(payment, state=_at_least_sent(payment), uncertain=True, last_sent_at=now)


def observe(payment: Payment, before_try: Payment | None, seen: Observation) -> Payment:
    """The payment after an observation. `before_try` is the payment before `sending`, for answers to that try."""
    if not payment.in_flight:
        return payment
    match seen:
        case Accepted():
            return replace(payment, state=PaymentState.PENDING)
        case NoAnswer():
            return payment
        case Refused(code, codespace, log):
            if codespace == "sdk" and code == DUPLICATE_CODE:
                return replace(payment, state=PaymentState.PENDING)
            definite = not (codespace == "sdk" and code == MEMPOOL_FULL_CODE) and codespace != ""
            first_try = before_try is not None and not before_try.uncertain
            if definite and first_try:
                return replace(payment, state=PaymentState.FAILED, code=code, codespace=codespace, log=log)
            # An earlier try may have put these very bytes into a block; the search for the hash decides.
            return replace(payment, code=code, codespace=codespace, log=log)
        case Found(code, codespace, log, height, gas_used):
            state = PaymentState.INCLUDED if code == 0 else PaymentState.FAILED
            return replace(
                payment,
                state=state,
                code=code,
                codespace=codespace if code else "",
                log=log if code else "",
                height=height,
                gas_used=gas_used,
                unclear=False,
            )
        case NotFound(height, sequence):
            if height <= payment.timeout_height + BLOCKS_OF_DOUBT or sequence is None:
                return payment
            if sequence <= payment.sequence:
                return replace(payment, state=PaymentState.EXPIRED)
            return replace(payment, unclear=True)


def should_send(payment: Payment, now: float) -> bool:
    """Whether the bytes are due to be sent, for the first time or again."""
    if not payment.in_flight or payment.unclear:
        return False
    if payment.code == SEQUENCE_CODE and payment.uncertain:
        # Its number is used already, probably by itself: only looking can tell.
        return False
    return payment.state is PaymentState.PREPARED or now - payment.last_sent_at >= RESEND_S


def _at_least_sent(payment: Payment) -> PaymentState:
    return PaymentState.SENT if payment.state is PaymentState.PREPARED else payment.state


def sentence(payment: Payment) -> str:
    """What a person reads about it."""
    match payment.state:
        case PaymentState.PREPARED:
            return phrase("Signed; not sent yet.")
        case PaymentState.SENT:
            return phrase("Sent; no node has confirmed it yet. It is sent again by itself, and can't be paid twice.")
        case PaymentState.PENDING if payment.unclear:
            return phrase("No node can say what became of it. Look it up by its hash before you pay again.")
        case PaymentState.PENDING:
            return phrase("A node has it; it waits for its block.")
        case PaymentState.INCLUDED:
            return Sentence("Done, in block {height}.", height=payment.height)
        case PaymentState.FAILED if payment.height:
            return Sentence("Failed in block {height}; the fee was spent, the amount was not.", height=payment.height)
        case PaymentState.FAILED:
            return phrase("Refused by the network; nothing was spent.")
        case PaymentState.EXPIRED:
            return phrase("It came into no block in time; nothing was spent.")
