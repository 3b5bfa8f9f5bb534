"""What a chain's refusals mean, in words. Decided by (codespace, code), never by a chain's text alone."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from r3mes_launcher.sentence import Sentence, as_sentence
from r3mes_launcher.wallet.errors import Problem, WalletError

MAX_LOG_CHARACTERS = 500

DUPLICATE_CODE = 19
"""The node has these very bytes already: as good as accepted."""
MEMPOOL_FULL_CODE = 20
SEQUENCE_CODE = 32


class Advice(NamedTuple):
    message: str
    hint: str = ""


SDK_ADVICE: dict[int, Advice] = {
    1: Advice("The chain does not understand this transaction.", "It may run another version; update this program."),
    4: Advice("The chain did not accept the signature: the chain id or the account number was another.", "Try again."),
    5: Advice("There are not enough coins for this, with its fee.", "Send less, or receive some first."),
    7: Advice("The chain says that an address is malformed."),
    8: Advice("The key does not belong to the account that pays."),
    9: Advice("The chain does not know the account that pays the fee.", "Receive some coins first."),
    10: Advice("The chain says that an amount of coins is not valid."),
    11: Advice("The transaction ran out of gas; its fee is spent.", "Try again with a higher gas limit."),
    12: Advice("The memo is too long for this chain."),
    13: Advice("The fee is lower than this node asks for.", "Look at the network's gas price again."),
    18: Advice("The chain says that the request is not valid."),
    20: Advice("The node is too busy to take a transaction now.", "It is tried again by itself."),
    21: Advice("The transaction is larger than this chain takes."),
    30: Advice("The transaction came too late: its last block has passed. Nothing was spent.", "Send it again."),
    38: Advice("The chain has no record of what this needs: there is no such permission to pay fees."),
    32: Advice(
        "Another transaction of this wallet came first. Nothing was spent.", "Look at the history, then try again."
    ),
}
STAKING_ADVICE: dict[int, Advice] = {
    3: Advice("There is no such validator."),
    19: Advice("There is no delegation of yours to this validator."),
    22: Advice("That is more than you have staked with this validator."),
    24: Advice("That is more than you have staked with this validator."),
    26: Advice("There is no such unstaking."),
    27: Advice("Too many unstakings from this validator run at once.", "Wait until one of them has ended."),
    29: Advice("A redelegation to the same validator does nothing."),
    31: Advice("There is no such validator to move the stake to."),
    32: Advice(
        "These coins were redelegated a short time ago and can't hop on yet.", "Wait until the unbonding time is over."
    ),
    33: Advice("Too many redelegations between these two validators run at once.", "Wait until one has ended."),
}
"""The numbers of x/staking since SDK 0.40."""
DISTRIBUTION_ADVICE: dict[int, Advice] = {
    5: Advice("There is no delegation of yours to this validator, so nothing can be claimed."),
    6: Advice("There is no such validator."),
}
AUTHZ_ADVICE: dict[int, Advice] = {
    2: Advice("There is no such permission."),
    3: Advice("The permission would be over before it begins."),
    6: Advice("The permission is over."),
    7: Advice("Giving a permission to oneself has no effect."),
}
FEEGRANT_ADVICE: dict[int, Advice] = {
    2: Advice("The account that pays the fee allows less than this fee."),
    3: Advice("The permission to let another account pay the fee is over."),
    7: Advice("The account that pays the fee does not allow it for this kind of transaction."),
}
ROLE_ADVICE: dict[int, Advice] = {
    1002: Advice("The network says that the node's address is not valid."),
    1010: Advice("The network does not support this yet."),
    1017: Advice("The network has not authorized this wallet for the role."),
    1021: Advice("The stake is too low for this role."),
}
BY_CODESPACE = {
    "sdk": SDK_ADVICE,
    "staking": STAKING_ADVICE,
    "distribution": DISTRIBUTION_ADVICE,
    "authz": AUTHZ_ADVICE,
    "feegrant": FEEGRANT_ADVICE,
    "remes": ROLE_ADVICE,
}


class ChainRefusal(WalletError):
    """The chain said no. `code` 0 with an empty codespace when it gave none."""

    def __init__(self, code: int, codespace: str, log: str, *, status: int = 200) -> None:
        self.code = code
        self.codespace = codespace
        self.log = plain(log)
        self.status = status
        advice = BY_CODESPACE.get(codespace, {}).get(code)
        if advice is None:
            name = f"{codespace} {code}" if codespace else f"HTTP {status}"
            advice = Advice(
                Sentence(
                    "The chain refused ({name}): {reason}",
                    name=name,
                    reason=self.log or as_sentence("it gave no reason"),
                )
            )
        super().__init__(Problem.CHAIN_REFUSED, advice.message, advice.hint)


_CODE = re.compile(r"code=(\d{1,9})")
_CODESPACE = re.compile(r"codespace='?([a-z0-9_]{1,40})")
_LOG = re.compile(r"log='([^']{0,2000})'")
_OVERTAKEN = re.compile(r"account sequence mismatch, expected (\d{1,20}), got (\d{1,20})")


def plain(text: str) -> str:
    """A chain's text as one bounded line without control characters."""
    return "".join(character if character.isprintable() else " " for character in text[:MAX_LOG_CHARACTERS]).strip()


def refusal_of_broadcast(document: dict[str, Any], status: int) -> ChainRefusal | None:
    """The refusal in the answer to a broadcast, in either shape; None when the node took the transaction.

    CometBFT 0.38 answers 200 with `tx_response.code`; 1.0 answers 500 with the code inside `message`.
    """
    response = document.get("tx_response")
    if status == 200 and isinstance(response, dict):
        code = _integer(response.get("code", 0))
        if code == 0:
            return None
        return ChainRefusal(code, str(response.get("codespace") or "sdk"), str(response.get("raw_log") or ""))
    message = str(document.get("message") or "")
    inner = _CODE.search(message) if "is invalid" in message else None
    if inner is not None:
        codespace, log = _CODESPACE.search(message), _LOG.search(message)
        return ChainRefusal(
            int(inner[1]), codespace[1] if codespace else "sdk", log[1] if log else message, status=status
        )
    return ChainRefusal(0, "", message, status=status)


def refusal_of_query(document: dict[str, Any], status: int) -> ChainRefusal:
    """The gRPC error of a query. A simulation gives no code: one that another transaction overtook is told by the text
    of the SDK's `ErrWrongSequence`, unchanged since SDK 0.40."""
    message = str(document.get("message") or "")
    numbers = _OVERTAKEN.search(message)
    if numbers is not None and int(numbers[1]) > int(numbers[2]):
        return ChainRefusal(SEQUENCE_CODE, "sdk", message, status=status)
    return ChainRefusal(0, "", message, status=status)


def _integer(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 1
