"""Whether the earnings can be read, and if not, why and what helps."""

from __future__ import annotations

from enum import StrEnum


class Standing(StrEnum):
    READY = "ready"
    NO_GATEWAY = "no_gateway"
    NO_ACCOUNTS = "no_accounts"
    OFFLINE = "offline"
    NO_WALLET = "no_wallet"
    LOCKED = "locked"
    WATCH_ONLY = "watch_only"
    SIGNED_OUT = "signed_out"
    OTHER_GATEWAY = "other_gateway"
    REFUSED = "refused"


SENTENCES: dict[Standing, tuple[str, str]] = {
    Standing.READY: ("", ""),
    Standing.NO_GATEWAY: ("There is no gateway yet.", "Wait until it has started, or choose one on Home."),
    Standing.NO_ACCOUNTS: (
        "This gateway keeps no accounts, so it knows of no earnings.",
        "A gateway on this computer is for trying things out. Nodes earn at a gateway of the network: "
        "choose it on Home.",
    ),
    Standing.OFFLINE: ("The gateway can't be reached.", "It is asked again by itself."),
    Standing.NO_WALLET: (
        "There is no wallet yet.",
        "Earnings belong to the wallet that granted this node its roles. Make one on the Wallet page.",
    ),
    Standing.LOCKED: ("The wallet is locked.", "Unlock it on the Wallet page: it signs in at the gateway."),
    Standing.WATCH_ONLY: (
        "This wallet is only watched: its key is not here, so it can't sign in at the gateway.",
        "Choose a wallet with a key, or restore this one from its words.",
    ),
    Standing.SIGNED_OUT: (
        "The gateway tells earnings to their owner alone.",
        "Sign in: the wallet signs a text that proves that the address is yours. It moves no coins and costs nothing.",
    ),
    Standing.OTHER_GATEWAY: (
        "The gateway asked for a signature for another address than the one that is in use, so nothing was signed.",
        "Its operator has to set its public address, or you choose the gateway by that address.",
    ),
    Standing.REFUSED: ("The gateway did not give the earnings.", "Try again, or ask its operator."),
}
"""What happened, and what to do. A front end that speaks another language translates these by their code."""


class EarningsProblem(ValueError):
    """The earnings can't be read now; the message is a sentence for the person."""

    def __init__(self, standing: Standing, detail: str = "") -> None:
        sentence, hint = SENTENCES[standing]
        super().__init__(" ".join(part for part in (sentence, detail, hint) if part))
        self.standing = standing
        self.detail = detail
        """In the words of the system or the gateway; empty where there are none."""
