"""What can go wrong in the wallet, in words for the person who owns it."""

from __future__ import annotations

from enum import StrEnum

from r3mes_launcher.sentence import joined


class Problem(StrEnum):
    """The stable name of each refusal; front ends choose icons and translations by it."""

    BAD_MNEMONIC = "bad_mnemonic"
    BAD_PATH = "bad_path"
    BAD_KEY = "bad_key"
    BAD_ADDRESS = "bad_address"
    FOREIGN_PREFIX = "foreign_prefix"
    BAD_AMOUNT = "bad_amount"
    BAD_MESSAGE = "bad_message"
    BAD_TRANSACTION = "bad_transaction"
    LOOKS_LIKE_TRANSACTION = "looks_like_transaction"
    BAD_INPUT = "bad_input"
    LOCKED = "locked"
    WRONG_PASSWORD = "wrong_password"
    WEAK_PASSWORD = "weak_password"
    VAULT_MISSING = "vault_missing"
    VAULT_EXISTS = "vault_exists"
    VAULT_DAMAGED = "vault_damaged"
    VAULT_TOO_NEW = "vault_too_new"
    VAULT_REFUSED = "vault_refused"
    VAULT_CHANGED = "vault_changed"
    VAULT_UNWRITABLE = "vault_unwritable"
    NO_SUCH_WALLET = "no_such_wallet"
    DUPLICATE_WALLET = "duplicate_wallet"
    WATCH_ONLY = "watch_only"
    NOT_ENOUGH_MEMORY = "not_enough_memory"
    BAD_ARMOR = "bad_armor"
    WRONG_CHAIN = "wrong_chain"
    UNTRUSTED_PROFILE = "untrusted_profile"
    BAD_PROFILE = "bad_profile"
    OFFLINE = "offline"
    BAD_ANSWER = "bad_answer"
    CHAIN_REFUSED = "chain_refused"
    NOT_ENOUGH_FUNDS = "not_enough_funds"
    FEE_TOO_HIGH = "fee_too_high"
    IN_FLIGHT = "in_flight"
    STAKING_RULE = "staking_rule"
    KEYRING = "keyring"


class WalletError(Exception):
    """A refusal: what happened and why in `message`, what to do in `hint`. Neither ever holds a secret."""

    def __init__(self, problem: Problem, message: str, hint: str = "") -> None:
        super().__init__(joined(message, hint))
        self.problem = problem
        self.message = message
        self.hint = hint
