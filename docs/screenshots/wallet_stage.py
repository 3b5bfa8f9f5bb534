"""The wallet's part of the screenshots: staged states, and the sheets that are opened over them.

The keys, addresses and amounts are made up; the confirmation is read from a transaction that is really built.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from r3mes_launcher.core.state import Desired, GatewayState, LauncherState, NodeState
from r3mes_launcher.core.wallet_lock import lock_sentence
from r3mes_launcher.core.wallet_state import (
    AutoLockView,
    ContactEntry,
    GrantEntry,
    HistoryEntry,
    KeyringView,
    NetworkView,
    PaymentEntry,
    RegistrationEntry,
    RoleEntry,
    UnbondingTerms,
    Unit,
    VaultState,
    WalletEntry,
    WalletState,
)
from r3mes_launcher.sentence import Sentence, as_sentence, joined
from r3mes_launcher.wallet.addresses import encode_address
from r3mes_launcher.wallet.amounts import Coin, format_amount
from r3mes_launcher.wallet.auto_lock import LockReason
from r3mes_launcher.wallet.chain_shapes import (
    Delegation,
    Portfolio,
    Reward,
    SlashingParams,
    StakingParams,
    Unbonding,
    Validator,
)
from r3mes_launcher.wallet.payment_machine import Payment, PaymentState, sentence
from r3mes_launcher.wallet.staking import unbonding_meaning

if TYPE_CHECKING:
    from PySide6.QtGui import QPixmap

NOW = 1_767_261_600.0
REMES = 1_000_000
DENOM = "ur3mes"
CHAIN = "r3mes-testnet-1"
NODE = "9f3c51d07be2a46688c1d0e5f7a2b394c6d8e0f1a2b3c4d5e6f708192a3b4c5d"
WORDS = (
    *("ribbon", "oxygen", "velvet", "anchor", "siren", "maple", "tunnel", "glide"),
    *("orbit", "canvas", "harvest", "echo", "pepper", "island", "marble", "violin"),
    *("rocket", "meadow", "copper", "lantern", "garden", "puzzle", "timber", "wisdom"),
)
PAUSES = {"words-shown": 4200, "quiz": 4200}


class Owner:
    """This computer's node, as far as a registration asks for it."""

    async def resources(self) -> Any:
        from r3mes_launcher.core.wallet_orders import NodeResources

        return NodeResources(16, 64, 2, 24, 830, 100)


def address(seed: int) -> str:
    return encode_address(bytes((seed * 37 + 11 * place * place) % 256 for place in range(20)), "remes")


def operator(seed: int) -> str:
    return encode_address(bytes((seed * 53 + 7 * place * place) % 256 for place in range(20)), "remesvaloper")


ME, SAVINGS, LANDLORD, FRIEND = (address(seed) for seed in (1, 2, 3, 4))
VALIDATORS = tuple(
    Validator(operator(seed), name, tokens * REMES, commission, False, True)
    for seed, name, tokens, commission in (
        (1, "Northern Light", 8_400_000, "0.050000000000000000"),
        (2, "Bosphorus Staking", 6_150_000, "0.030000000000000000"),
        (3, "Quiet Harbor", 2_900_000, "0.100000000000000000"),
    )
)


def terms() -> UnbondingTerms:
    params = StakingParams(DENOM, 21 * 86_400, 7)
    meaning = unbonding_meaning(params, SlashingParams("0.050000000000000000", "0.010000000000000000"), NOW)
    return UnbondingTerms(meaning.days, meaning.free_at, meaning.sentences)


def summary(template: str, remes: float) -> str:
    """As the wallet writes what a transaction did."""
    return Sentence(template, amount=format_amount(round(remes * REMES), 6, "REMES"))


def roles(staked: int, registered: tuple[str, ...]) -> tuple[RoleEntry, ...]:
    made = []
    for role, own, also in (
        ("serving", 1_000, ()),
        ("mining", 1_000, ()),
        ("validator", 100_000, ()),
        ("proposer", 50_000, ("validator",)),
    ):
        needed = (own + (100_000 if also else 0)) * REMES
        missing = max(0, needed - staked)
        made.append(
            RoleEntry(
                role, needed, own * REMES, also, staked, missing, role in registered, role in registered and not missing
            )
        )
    return tuple(made)


def payment(summary: str, state: PaymentState, ago: float, height: int = 0) -> PaymentEntry:
    made = Payment(
        payment_id=summary,
        chain_id=CHAIN,
        address=ME,
        sequence=1,
        timeout_height=184_260,
        tx_hash=f"{abs(hash(summary)):064X}"[:64],
        summary=summary,
        created_at=NOW - ago,
        state=state,
        height=height,
    )
    return PaymentEntry(made, sentence(made))


def history() -> tuple[HistoryEntry, ...]:
    rows = (
        (1_400, Sentence("{first} and {count} more", first=as_sentence("Claim rewards"), count=1), True),
        (9_300, summary("Stake {amount}", 250), True),
        (31_000, "", True),
        (88_000, summary("Send {amount}", 42.5), True),
        (90_500, summary("Stake {amount}", 1000), True),
        (91_900, summary("Send {amount}", 2000), False),
        (99_000, Sentence("Register as {roles}", roles=as_sentence("serving")), True),
        (180_000, "", True),
    )
    return tuple(
        HistoryEntry(f"{index:064X}", NOW - ago, 184_000 - round(ago / 5), worked, summary)
        for index, (ago, summary, worked) in enumerate(rows)
    )


def wallet() -> WalletState:
    first, second = VALIDATORS[0].operator, VALIDATORS[1].operator
    holdings = Portfolio(
        available=12_480_250_000,
        delegations=(Delegation(first, Coin(DENOM, 1_000 * REMES)), Delegation(second, Coin(DENOM, 250 * REMES))),
        unbondings=(Unbonding(second, 120 * REMES, 183_000, NOW + 12.4 * 86_400),),
        rewards=(Reward(first, (Coin(DENOM, 18_733_105),)), Reward(second, (Coin(DENOM, 2_104_990),))),
        denom=DENOM,
    )
    return WalletState(
        vault=VaultState.OPEN,
        wallets=(
            WalletEntry("a" * 16, "Node wallet", ME, "phrase", True),
            WalletEntry("b" * 16, "Savings", SAVINGS, "watch", True),
        ),
        active="a" * 16,
        contacts=(
            ContactEntry("Elif", FRIEND, "pays me back in coffee"),
            ContactEntry("Landlord", LANDLORD, "rent, the 1st"),
        ),
        network=NetworkView("R3MES testnet", "remes", CHAIN, reachable=True, read_at=NOW),
        unit=Unit(DENOM, "REMES", 6),
        holdings=holdings,
        validators=VALIDATORS,
        history=history(),
        payments=(payment(summary("Send {amount}", 15), PaymentState.PENDING, 12),),
        roles=roles(holdings.staked, ("serving",)),
        registration=RegistrationEntry(("serving",), format_amount(1_000 * REMES, 6, "REMES"), "active", 164_200),
        unbonding=terms(),
        grants=(GrantEntry(NODE, "http://127.0.0.1:41873", ("serving", "mining"), 4_070_908_800.0),),
        keyring=KeyringView(False, True),
        auto_lock=AutoLockView(600.0, NOW + 540),
    )


def launcher(state: WalletState, demo: bool = False) -> LauncherState:
    gateway = GatewayState(url="http://127.0.0.1:41873", mode="remote", reachable=True)
    return LauncherState(demo=demo, node=NodeState(node_id=NODE, desired=Desired.OFF), gateway=gateway, wallet=state)


def opened() -> LauncherState:
    return launcher(wallet())


def absent() -> LauncherState:
    return launcher(WalletState(vault=VaultState.ABSENT, network=NetworkView("R3MES testnet", "remes", CHAIN)))


def locked() -> LauncherState:
    return launcher(
        WalletState(
            vault=VaultState.LOCKED,
            locked_because=lock_sentence(LockReason.IDLE, 600.0),
            network=NetworkView("R3MES testnet", "remes", CHAIN),
            keyring=KeyringView(True, True),
        )
    )


def damaged() -> LauncherState:
    problem = "The vault's file is damaged: its header is cut short. Put its backup in its place."
    return launcher(WalletState(vault=VaultState.DAMAGED, problem=problem, has_backup=True))


def fresh() -> LauncherState:
    state = wallet()
    demo = NetworkView(
        "The demo's chain", "remes", "r3mes-devnet-1", demo=True, reachable=True, faucet=True, read_at=NOW
    )
    return launcher(
        replace(
            state,
            wallets=(WalletEntry("a" * 16, "Wallet", ME, "phrase", False),),
            contacts=(),
            network=demo,
            holdings=Portfolio(denom=DENOM),
            history=(),
            payments=(),
            roles=roles(0, ()),
            registration=None,
            grants=(),
        ),
        demo=True,
    )


def offline() -> LauncherState:
    state = wallet()
    problem = joined(
        Sentence("No node of the network answers ({reason}).", reason="ConnectError"),
        "Check the internet connection; nothing was changed.",
    )
    return launcher(replace(state, network=replace(state.network, reachable=False, problem=problem)))


def planned(look_alike: bool = False) -> Any:
    from r3mes_launcher.core.wallet_orders import PlannedPayment
    from r3mes_launcher.wallet import staking
    from r3mes_launcher.wallet.confirmation import MoneyWords, confirmation_of
    from r3mes_launcher.wallet.keys import PrivateKey
    from r3mes_launcher.wallet.secret import Secret
    from r3mes_launcher.wallet.transactions import FeeOffer, build_transaction

    with PrivateKey(Secret(bytearray(range(1, 33)))) as key:
        owner, public_key = key.address("remes"), key.public_key
    known = frozenset({poisoned(LANDLORD)}) if look_alike else frozenset({FRIEND})
    unsigned = build_transaction(
        [staking.send(owner, LANDLORD, Coin(DENOM, 1_250_500_000))],
        prefix="remes",
        public_key=public_key,
        chain_id=CHAIN,
        account_number=12,
        sequence=7,
        fee=FeeOffer((Coin(DENOM, 2_130),), 85_200),
        memo="rent for January",
        timeout_height=184_260,
    )
    confirmation = confirmation_of(unsigned, MoneyWords(DENOM, "REMES", 6), known, unbonding_s=21 * 86_400)
    raw = (
        '{\n  "body": {\n    "messages": [\n      {\n        "@type": "/cosmos.bank.v1beta1.MsgSend",\n'
        f'        "to_address": "{LANDLORD}"\n      }}\n    ]\n  }}\n}}\n\n{unsigned.sign_bytes().hex()}'
    )
    return PlannedPayment("plan", confirmation, raw)


def poisoned(real: str) -> str:
    """An address with the same ends, as thieves make them; only for looking at, so its checksum may be wrong."""
    middle = list(real)
    for place in range(14, 24):
        middle[place] = "qpzry9x8gf"[place - 14]
    return "".join(middle)


def act(window: Any, what: str) -> None:
    """Opens the sheet of a picture."""
    from r3mes_launcher.core.wallet_orders import FoundAddress, FoundAddresses
    from r3mes_launcher.ui.pages import ROLES
    from r3mes_launcher.ui.wallet import new_wallet_sheet, security_sheet, stake_sheets
    from r3mes_launcher.ui.wallet.backup_sheet import BackupSheet
    from r3mes_launcher.ui.wallet.confirmation_sheet import ConfirmationSheet
    from r3mes_launcher.ui.wallet.receive_sheet import ReceiveSheet
    from r3mes_launcher.ui.wallet.register_sheet import RegisterSheet
    from r3mes_launcher.ui.wallet.send_sheet import SendSheet

    theme, intents = window._theme, window._intents
    host = window.pages.roles.host if window.page == ROLES else window.pages.wallet.host
    match what:
        case "create":
            host.open(new_wallet_sheet.CreateSheet(theme, intents, host))
        case "words" | "words-shown" | "quiz":
            host.open(BackupSheet(theme, intents, host, "a" * 16, WORDS))
        case "restore":
            sheet = new_wallet_sheet.RestoreSheet(theme, intents, host)
            host.open(sheet)
        case "restore-addresses":
            sheet = new_wallet_sheet.RestoreSheet(theme, intents, host)
            host.open(sheet)
            found = tuple(
                FoundAddress(
                    f"m/44'/{kind}'/0'/0/{index}",
                    kind,
                    index,
                    address(kind + index),
                    (kind, index) in ((118, 0), (118, 1)),
                    125 * REMES * (index == 1),
                )
                for kind in (118, 9999)
                for index in range(5)
            )
            sheet._show_addresses(FoundAddresses(found, found[1].path))
        case "send":
            sheet = SendSheet(theme, intents, host)
            host.open(sheet)
            sheet.recipient.line.setText(LANDLORD)
            sheet.amount.line.setText("1.000")
            sheet.amount.amount()
            sheet.fit()
        case "receive":
            host.open(ReceiveSheet(theme, intents, host, host.state.wallet))
        case "confirm" | "confirm-raw":
            sheet = ConfirmationSheet(theme, intents, planned(), window)
            host.open(sheet)
            sheet.show_raw.setChecked(what == "confirm-raw")
        case "look-alike":
            host.open(ConfirmationSheet(theme, intents, planned(True), window))
        case "security":
            host.open(security_sheet.SecuritySheet(theme, intents, host))
        case "password":
            host.open(security_sheet.PasswordSheet(theme, intents, host))
        case "export":
            host.open(security_sheet.ExportSheet(theme, intents, host))
        case "remove":
            host.open(security_sheet.RemoveSheet(theme, intents, host))
        case "stake":
            host.open(stake_sheets.StakeSheet(theme, intents, host, 750 * REMES))
        case "unstake":
            host.open(stake_sheets.UnstakeSheet(theme, intents, host))
        case "move":
            host.open(stake_sheets.MoveStakeSheet(theme, intents, host))
        case "register":
            sheet = RegisterSheet(theme, intents, host, ("mining",))
            host.open(sheet)
        case "bottom":
            shown = [page for page in (window.pages.settings, window.pages.earnings) if page.isVisible()]
            area = shown[0] if shown else window.pages.roles.open_view
            bar = area.verticalScrollBar()
            bar.setValue(bar.maximum())


def act_later(window: Any, what: str) -> None:
    """What can only be done after a pause, as a person would."""
    if what == "bottom":
        act(window, what)
    sheet = window.pages.wallet.host.sheet
    if what in ("words-shown", "quiz") and sheet is not None:
        sheet.words.reveal.click()
        if what == "quiz":
            sheet.go_on.click()


def with_sheet(window: Any) -> QPixmap:
    """The window, with the sheet over it where one is open."""
    from PySide6.QtGui import QColor, QPainter
    from PySide6.QtWidgets import QApplication

    picture = window.grab()
    sheet = window.pages.wallet.host.sheet or window.pages.roles.host.sheet or window.first_run
    if sheet is None:
        return picture
    QApplication.processEvents()
    over = sheet.grab()
    ratio = picture.devicePixelRatio()
    painter = QPainter(picture)
    painter.fillRect(0, 0, picture.width(), picture.height(), QColor(0, 0, 0, 110))
    left = (picture.width() - over.width()) / ratio / 2
    top = max(0.0, (picture.height() - over.height()) / ratio / 2)
    painter.drawPixmap(round(left), round(top), over)
    # What the desktop draws around a window.
    painter.setPen(QColor(window._theme.tokens.border_strong))
    painter.drawRect(round(left), round(top), round(over.width() / ratio) - 1, round(over.height() / ratio) - 1)
    painter.end()
    return picture
