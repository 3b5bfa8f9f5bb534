"""How this chain says no: by codespace and code, as the real ones do."""

from __future__ import annotations


class Refusal(Exception):
    """A transaction that is not taken, or that fails in its block."""

    def __init__(self, code: int, log: str, codespace: str = "sdk") -> None:
        super().__init__(f"{codespace} {code}: {log}")
        self.code = code
        self.log = log
        self.codespace = codespace


class OutOfGas(Refusal):
    def __init__(self, place: str, limit: int, used: int) -> None:
        super().__init__(11, f"out of gas in location: {place}; gasWanted: {limit}, gasUsed: {used}: out of gas")


def not_understood(reason: str) -> Refusal:
    """Recorded from a chain: garbage and unknown types are code 1, without a codespace of a module."""
    return Refusal(1, reason, "undefined")


def unauthorized(reason: str) -> Refusal:
    return Refusal(4, f"{reason}: unauthorized")


def insufficient_funds(have: str, need: str) -> Refusal:
    return Refusal(5, f"spendable balance {have} is smaller than {need}: insufficient funds")


def invalid_address(reason: str) -> Refusal:
    return Refusal(7, f"{reason}: invalid address")


def invalid_coins(reason: str) -> Refusal:
    return Refusal(10, f"{reason}: invalid coins")


def invalid_request(reason: str) -> Refusal:
    return Refusal(18, f"{reason}: invalid request")


def not_found(reason: str) -> Refusal:
    return Refusal(38, f"{reason}: not found")


def staking(code: int, reason: str) -> Refusal:
    return Refusal(code, reason, "staking")


def distribution(code: int, reason: str) -> Refusal:
    return Refusal(code, reason, "distribution")


def authz(code: int, reason: str) -> Refusal:
    return Refusal(code, reason, "authz")


def feegrant(code: int, reason: str) -> Refusal:
    return Refusal(code, reason, "feegrant")


def roles(code: int, reason: str) -> Refusal:
    return Refusal(code, reason, "remes")
