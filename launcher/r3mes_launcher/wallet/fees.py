"""Gas and fees: enough, never absurd, and always some left to unstake with. Pure."""

from __future__ import annotations

from r3mes_launcher.sentence import Sentence
from r3mes_launcher.wallet.amounts import Coin, GasPrice, format_amount
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.profiles import NetworkProfile
from r3mes_launcher.wallet.transactions import FeeOffer

GAS_MARGIN_PERCENT = 120
"""A simulation that carries a fee is right to 34 gas; the margin covers what other transactions change meanwhile."""
GAS_FLOOR = 50_000
SIMULATED_GAS = 200_000
"""The limit in the simulated transaction, which only has to make its fee non-empty and its size right."""
RESERVE_TRANSACTIONS = 3
RESERVE_GAS = 300_000
"""“Max” leaves the fees of three more transactions: to claim, to unstake, and one to spare."""


def gas_limit(used: int) -> int:
    """The limit for a simulated use."""
    return max(GAS_FLOOR, -(-used * GAS_MARGIN_PERCENT // 100))


def fee_for(limit: int, price: GasPrice, granter: str = "") -> FeeOffer:
    coin = price.fee(limit)
    return FeeOffer((coin,) if coin.amount else (), limit, granter=granter)


def simulated_fee(
    balances: dict[str, int], spent: tuple[Coin, ...], messages: int, price: GasPrice, granter: str = ""
) -> FeeOffer:
    """A fee that is not empty (unless gas is free) and that the account can pay beside what it spends."""
    offer = fee_for(SIMULATED_GAS * messages, price, granter)
    if granter:
        return offer
    gone = {coin.denom: 0 for coin in offer.amount}
    for coin in spent:
        gone[coin.denom] = gone.get(coin.denom, 0) + coin.amount
    capped = (
        Coin(coin.denom, max(1, min(coin.amount, balances.get(coin.denom, 0) - gone[coin.denom])))
        for coin in offer.amount
    )
    return offer._replace(amount=tuple(capped))


def check_fee(fee: FeeOffer, profile: NetworkProfile) -> None:
    """Raises FEE_TOO_HIGH: a wrong node or a typing mistake must not cost a fortune."""
    for coin in fee.amount:
        if coin.amount > profile.max_fee:
            raise WalletError(
                Problem.FEE_TOO_HIGH,
                Sentence(
                    "The fee would be {amount} {display}, more than the limit of {most}.",
                    amount=format_amount(coin.amount, profile.decimals),
                    display=profile.display,
                    most=format_amount(profile.max_fee, profile.decimals),
                ),
                "The node may be wrong about the gas price; try another one.",
            )


def reserve(price: GasPrice) -> Coin:
    """What “max” keeps back."""
    return Coin(price.denom, price.fee(RESERVE_GAS).amount * RESERVE_TRANSACTIONS)


def spendable(balance: int, denom: str, price: GasPrice) -> int:
    """The most that “max” offers of a coin; the reserve is kept if fees are paid in it. May be 0."""
    kept = reserve(price)
    return max(0, balance - kept.amount) if kept.denom == denom else balance


def check_funds(balances: dict[str, int], spent: tuple[Coin, ...], fee: FeeOffer, profile: NetworkProfile) -> None:
    """Raises NOT_ENOUGH_FUNDS with what is there and what is needed."""
    needed: dict[str, int] = {}
    for coin in (*spent, *(() if fee.granter else fee.amount)):
        needed[coin.denom] = needed.get(coin.denom, 0) + coin.amount
    for denom, amount in needed.items():
        have = balances.get(denom, 0)
        if amount > have:
            raise WalletError(
                Problem.NOT_ENOUGH_FUNDS,
                Sentence(
                    "This needs {amount} {display} with its fee, but there is {most}.",
                    amount=format_amount(amount, profile.decimals),
                    display=profile.display,
                    most=format_amount(have, profile.decimals),
                ),
                "Send less, or receive some first.",
            )
