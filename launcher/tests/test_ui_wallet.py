"""The wallet's pages and sheets: what they show, what they ask, keyboard and names, and what they never keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from r3mes_launcher.core.state import GatewayState, LauncherState, NodeState
from r3mes_launcher.core.wallet_orders import (
    CancelUnbondingOrder,
    ClaimOrder,
    FoundAddress,
    FoundAddresses,
    MoveStakeOrder,
    NewWallet,
    NodeResources,
    PlannedPayment,
    RegisterOrder,
    SendOrder,
    StakeOrder,
    UnstakeOrder,
)
from r3mes_launcher.core.wallet_state import (
    ContactEntry,
    HistoryEntry,
    KeyringView,
    NetworkView,
    PaymentEntry,
    RoleEntry,
    UnbondingTerms,
    Unit,
    VaultState,
    WalletEntry,
    WalletState,
)
from r3mes_launcher.ui.pages import ROLES, WALLET
from r3mes_launcher.ui.wallet.address_view import AddressView
from r3mes_launcher.ui.wallet.backup_sheet import BackupSheet
from r3mes_launcher.ui.wallet.confirmation_sheet import ConfirmationSheet
from r3mes_launcher.ui.wallet.contacts_card import ContactSheet
from r3mes_launcher.ui.wallet.new_wallet_sheet import CreateSheet, ImportSheet, RestoreSheet, WatchSheet
from r3mes_launcher.ui.wallet.receive_sheet import ReceiveSheet
from r3mes_launcher.ui.wallet.register_sheet import RegisterSheet
from r3mes_launcher.ui.wallet.security_sheet import ExportSheet, PasswordSheet, RemoveSheet, RenameSheet, SecuritySheet
from r3mes_launcher.ui.wallet.send_sheet import SendSheet
from r3mes_launcher.ui.wallet.stake_sheets import MoveStakeSheet, StakeSheet, UnstakeSheet
from r3mes_launcher.wallet import staking
from r3mes_launcher.wallet.addresses import encode_address, in_groups
from r3mes_launcher.wallet.amounts import Coin
from r3mes_launcher.wallet.chain_shapes import Delegation, Portfolio, Reward, Unbonding, Validator
from r3mes_launcher.wallet.confirmation import MoneyWords, confirmation_of
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.keys import PrivateKey
from r3mes_launcher.wallet.message_kinds import ChainMessage
from r3mes_launcher.wallet.payment_machine import Payment, PaymentState, sentence
from r3mes_launcher.wallet.secret import Secret
from r3mes_launcher.wallet.transactions import FeeOffer, UnsignedTransaction, build_transaction

DENOM, REMES = "ur3mes", 1_000_000
ONE, TWO = (encode_address(bytes([seed] * 20), "remesvaloper") for seed in (1, 2))
FRIEND, STRANGER = (encode_address(bytes([seed] * 20), "remes") for seed in (3, 4))
with PrivateKey(Secret(bytearray(range(1, 33)))) as _key:
    ME, PUBLIC_KEY = _key.address("remes"), _key.public_key
WORDS = (
    *("abandon", "ability", "able", "about", "above", "absent"),
    *("absorb", "abstract", "absurd", "abuse", "access", "accident"),
)
PASSWORD = "correct horse battery"


class FakeWallet:
    """Notes what it is asked. `answers` are ready-made results, `refuse` the next refusal."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.answers: dict[str, Any] = {}
        self.touched = 0
        self.refuse: WalletError | None = None

    def touch(self) -> None:
        self.touched += 1

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def call(*arguments: Any, **named: Any) -> Any:
            self.calls.append((name, *arguments, *named.values()))
            if self.refuse is not None:
                error, self.refuse = self.refuse, None
                raise error
            return self.answers.get(name)

        return call

    @property
    def asked(self) -> list[str]:
        return [call[0] for call in self.calls]


class FakeCoreDoor:
    def __init__(self) -> None:
        self.wallet = FakeWallet()
        self.owner = FakeWallet()


@pytest.fixture
def core(intents: Any) -> FakeCoreDoor:
    """What the pages ask is answered at once, on this thread."""
    door = FakeCoreDoor()

    intents.answer_by(door)
    return door


def roles(staked: int) -> tuple[RoleEntry, ...]:
    made = []
    for role, total, also in (
        ("serving", 1_000, ()),
        ("mining", 1_000, ()),
        ("validator", 100_000, ()),
        ("proposer", 150_000, ("validator",)),
    ):
        missing = max(0, total * REMES - staked)
        made.append(RoleEntry(role, total * REMES, total * REMES, also, staked, missing, role == "serving", False))
    return tuple(made)


def payment(state: PaymentState = PaymentState.PENDING, **changes: Any) -> PaymentEntry:
    made = Payment("plan", "test-1", ME, 1, 100, "AB" * 32, "Send 5 REMES", 1_700_000_000.0, state, **changes)
    return PaymentEntry(made, sentence(made))


def opened(**changes: Any) -> WalletState:
    state = WalletState(
        vault=VaultState.OPEN,
        wallets=(
            WalletEntry("a" * 16, "Mine", ME, "phrase", True),
            WalletEntry("b" * 16, "Other", FRIEND, "watch", True),
        ),
        active="a" * 16,
        contacts=(ContactEntry("Ada", FRIEND, "a friend"),),
        network=NetworkView("Test net", "remes", "test-1", reachable=True, read_at=1_700_000_000.0),
        unit=Unit(DENOM, "REMES", 6),
        holdings=Portfolio(
            5_000 * REMES,
            (Delegation(ONE, Coin(DENOM, 250 * REMES)),),
            (Unbonding(ONE, 7 * REMES, 33, 1_800_000_000.0),),
            (),
            (Reward(ONE, (Coin(DENOM, 1_500_000),)),),
            DENOM,
        ),
        validators=(
            Validator(ONE, "First", 5, "0.050000000000000000", False, True),
            Validator(TWO, "Second", 4, "0.100000000000000000", False, True),
        ),
        history=(HistoryEntry("CD" * 32, 1_700_000_000.0, 12, True, "Stake 250 REMES"),),
        payments=(payment(),),
        roles=roles(250 * REMES),
        unbonding=UnbondingTerms(
            21, 1_800_000_000.0, ("The coins are locked for 21 days.", "They can be slashed: 5 %.")
        ),
        keyring=KeyringView(False, True),
    )
    return replace(state, **changes)


def launcher(state: WalletState) -> LauncherState:
    return LauncherState(
        node=NodeState(node_id="9f" * 32), gateway=GatewayState(url="http://127.0.0.1:8080"), wallet=state
    )


@pytest.fixture
def page(window: Any, core: FakeCoreDoor) -> Any:
    window.show_state(launcher(opened()))
    window.go_to(WALLET)
    return window.pages.wallet


@pytest.fixture
def roles_page(page: Any, window: Any) -> Any:
    window.go_to(ROLES)
    return window.pages.roles


def texts(widget: Any) -> str:
    return "  ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible() and label.text())


def close(host: Any) -> None:
    if host.sheet is not None:
        host.sheet.close()
    QApplication.processEvents()


def planned(*messages: ChainMessage, known: frozenset[str] = frozenset(), memo: str = "") -> PlannedPayment:
    unsigned = build_transaction(
        messages, prefix="remes", public_key=PUBLIC_KEY, chain_id="test-1", account_number=1, sequence=1,
        fee=FeeOffer((Coin(DENOM, 2_000),), 80_000), memo=memo, timeout_height=100,
    )  # fmt: skip
    words = MoneyWords(DENOM, "REMES", 6)
    return PlannedPayment("plan", confirmation_of(unsigned, words, known, unbonding_s=21 * 86_400), "{raw}")


# The page in its states.


def test_each_state_of_the_vault_has_its_view(window: Any, core: FakeCoreDoor) -> None:
    page = window.pages.wallet
    network = NetworkView("Test net")
    for vault, view in (
        (VaultState.ABSENT, page.welcome),
        (VaultState.LOCKED, page.locked),
        (VaultState.DAMAGED, page.locked),
        (VaultState.OPEN, page.open_view),
    ):
        state = opened() if vault is VaultState.OPEN else WalletState(vault=vault, network=network, problem="Broken.")
        window.show_state(launcher(state))
        assert page.view is view


def test_balances_are_in_the_coin_s_own_unit_and_grouped(page: Any) -> None:
    assert page.open_view.balance.total.replace("\u202f", " ").replace("\u00a0", " ") == "5 258.5 REMES"
    assert page.open_view.balance.figures.value("rewards").startswith("1.5")
    rows = [
        [page.open_view.history.table.item(r, c).text() for c in (1, 3)]
        for r in range(page.open_view.history.table.rowCount())
    ]
    assert ["Stake 250 REMES", "Done"] in rows and ["Send 5 REMES", "On its way"] in rows


def test_what_the_owner_should_know_stands_above(window: Any, page: Any, core: FakeCoreDoor) -> None:
    assert not page.open_view.notices.isVisible()
    state = opened(
        wallets=(WalletEntry("a" * 16, "Mine", ME, "phrase", False),),
        network=replace(opened().network, mismatch="The chain id was a until now; this node says b.", problem="Away."),
        payments=(payment(unclear=True),),
    )
    window.show_state(launcher(state))
    read = texts(page.open_view.notices)
    for words in ("not backed up", "this node says b", "Away.", "can say what became of it"):
        assert words in read
    assert not page.open_view.balance.send.isEnabled(), "nothing is signed for a network that is not what it was"
    accept = page.open_view.notices.mismatch.findChild(QPushButton)
    accept.click()
    paid = page.open_view.notices.unclear.findChild(QPushButton)
    paid.click()
    assert core.wallet.calls == [("accept_network",), ("close_unclear", "plan", True)]


def test_a_watched_wallet_offers_nothing_to_sign(window: Any, page: Any) -> None:
    window.show_state(launcher(opened(active="b" * 16)))
    assert not page.open_view.balance.send.isEnabled() and not page.open_view.balance.claim.isEnabled()
    assert page.open_view.balance.receive.isEnabled()
    assert not window.pages.roles.open_view.stake.stake.isEnabled()


def test_a_password_goes_to_the_wallet_and_stays_in_no_field(window: Any, core: FakeCoreDoor) -> None:
    window.show_state(launcher(WalletState(vault=VaultState.LOCKED)))
    window.go_to(WALLET)
    locked = window.pages.wallet.locked
    window.activateWindow()
    assert QApplication.focusWidget() is locked.password.line, "one can type at once"
    QTest.keyClicks(locked.password.line, PASSWORD)
    core.wallet.refuse = WalletError(Problem.WRONG_PASSWORD, "The password is wrong.")
    QTest.keyClick(locked.password.line, Qt.Key.Key_Return)
    assert core.wallet.calls == [("unlock", PASSWORD)]
    assert locked.password.text == "" and locked.password.problem == "The password is wrong."
    assert not locked.keyring.isVisible()
    window.show_state(launcher(WalletState(vault=VaultState.LOCKED, keyring=KeyringView(True, True))))
    QTest.mouseClick(locked.keyring, Qt.MouseButton.LeftButton)
    assert core.wallet.asked[-1] == "unlock_with_keyring"


def test_a_lock_closes_the_sheet_that_is_open(window: Any, page: Any) -> None:
    page.host.open(SendSheet(window._theme, window._intents, page.host))
    assert page.host.sheet is not None
    window.show_state(launcher(WalletState(vault=VaultState.LOCKED)))
    assert page.host.sheet is None


def test_whoever_types_in_the_wallet_is_no_idle_owner(window: Any, page: Any, core: FakeCoreDoor) -> None:
    """Told now and then, not with every key; and not for what is done on other pages."""
    window.activateWindow()
    page.open_view.balance.refresh.setFocus()
    assert core.wallet.touched == 1
    page.open_view.balance.lock.setFocus()
    assert core.wallet.touched == 1, "not more often than every ten seconds"
    page.activity._since.invalidate()
    QTest.keyClick(page.open_view.balance.lock, Qt.Key.Key_Shift)
    assert core.wallet.touched == 2, "keys in the field that is typed in for long count too"
    page.activity._since.invalidate()
    window.show_state(launcher(WalletState(vault=VaultState.LOCKED)))
    page.locked.password.setFocus()
    assert core.wallet.touched == 2, "there is nothing to keep open"


# Words.


def test_words_wait_behind_a_reveal_and_leave_the_screen_for_the_quiz(
    window: Any, page: Any, core: FakeCoreDoor, qtbot: QtBot
) -> None:
    sheet = BackupSheet(window._theme, window._intents, page.host, "a" * 16, WORDS)
    page.host.open(sheet)
    assert not sheet.words.shown and not sheet.words.reveal.isEnabled()
    assert "Nobody ever asks for these words" in texts(sheet)
    assert "abandon" not in texts(sheet)
    for _ in range(3):
        sheet.words._on_second()
    QTest.mouseClick(sheet.words.reveal, Qt.MouseButton.LeftButton)
    assert "12. accident" in texts(sheet)
    labels = [label for label in sheet.words.findChildren(QLabel) if "accident" in label.text()]
    assert all(label.textInteractionFlags() is Qt.TextInteractionFlag.NoTextInteraction for label in labels)
    assert not [b for b in sheet.findChildren(QPushButton) if "copy" in (b.text() + b.accessibleName()).lower()]
    QTest.mouseClick(sheet.go_on, Qt.MouseButton.LeftButton)
    assert "accident" not in " ".join(label.text() for label in sheet.findChildren(QLabel))
    assert len(sheet.quiz.fields) >= 3 and len(set(sheet.quiz.positions)) == len(sheet.quiz.fields)

    QTest.mouseClick(sheet.go_on, Qt.MouseButton.LeftButton)
    assert core.wallet.calls == [] and sheet.quiz.fields[0].problem, "an empty answer is not asked about"
    for field in sheet.quiz.fields:
        QTest.keyClicks(field.line, " Wrong ")
    core.wallet.answers["confirm_backup"] = False
    QTest.mouseClick(sheet.go_on, Qt.MouseButton.LeftButton)
    assert core.wallet.calls[-1][3] == ("wrong",) * len(sheet.quiz.fields)
    assert "not the word at this place" in sheet.quiz.fields[-1].problem
    QTest.mouseClick(sheet.back, Qt.MouseButton.LeftButton)
    assert sheet.words.isVisible() and not sheet.words.shown, "behind the reveal again"
    for _ in range(3):
        sheet.words._on_second()
    QTest.mouseClick(sheet.words.reveal, Qt.MouseButton.LeftButton)
    QTest.mouseClick(sheet.go_on, Qt.MouseButton.LeftButton)
    for field in sheet.quiz.fields:
        QTest.keyClicks(field.line, "right")
    core.wallet.answers["confirm_backup"] = True
    QGuiApplication.clipboard().setText(" ".join(WORDS))
    QTest.mouseClick(sheet.go_on, Qt.MouseButton.LeftButton)
    assert page.host.sheet is None
    assert QGuiApplication.clipboard().text() == "", "words that were on the clipboard are not left there"


def test_a_wallet_is_made_with_a_password_that_is_typed_twice(window: Any, core: FakeCoreDoor) -> None:
    window.show_state(launcher(WalletState(vault=VaultState.ABSENT, network=NetworkView("Test net"))))
    window.go_to(WALLET)
    page = window.pages.wallet
    QTest.mouseClick(page.welcome.make, Qt.MouseButton.LeftButton)
    sheet = page.host.sheet
    assert isinstance(sheet, CreateSheet)
    QTest.keyClicks(sheet.password.line, "short")
    QTest.mouseClick(sheet.go_on, Qt.MouseButton.LeftButton)
    assert "less than 8" in sheet.password.problem and core.wallet.calls == []
    sheet.password.line.setText(PASSWORD)
    sheet.again.line.setText(PASSWORD)
    core.wallet.answers["create"] = NewWallet("a" * 16, "Wallet", WORDS)
    QTest.mouseClick(sheet.go_on, Qt.MouseButton.LeftButton)
    assert core.wallet.calls == [("create", "Wallet", PASSWORD, 24)]
    assert isinstance(page.host.sheet, BackupSheet)
    assert sheet.password.text == "" and sheet.again.text == ""
    close(page.host)


def test_a_restore_shows_the_addresses_before_it_is_done(window: Any, core: FakeCoreDoor) -> None:
    window.show_state(launcher(WalletState(vault=VaultState.ABSENT, network=NetworkView("Test net"))))
    window.go_to(WALLET)
    page = window.pages.wallet
    QTest.mouseClick(page.welcome.restore, Qt.MouseButton.LeftButton)
    sheet = page.host.sheet
    assert isinstance(sheet, RestoreSheet)
    sheet.phrase.setPlainText("abandon about")
    QTest.keyClicks(sheet.passphrase.line, "word ")
    assert "ends with a blank" in texts(sheet)
    QTest.keyClick(sheet.passphrase.line, Qt.Key.Key_Backspace)
    assert "blank" not in texts(sheet)
    sheet.passphrase.line.clear()
    core.wallet.refuse = WalletError(Problem.BAD_MNEMONIC, "Word 2 is not in the list.")
    QTest.mouseClick(sheet.go_on, Qt.MouseButton.LeftButton)
    assert "Word 2" in sheet.problem and sheet.phrase.toPlainText() == "abandon about", "nothing typed is lost"
    found = tuple(
        FoundAddress(f"m/44'/{kind}'/0'/0/{index}", kind, index, FRIEND, index == 1, 9 * REMES)
        for kind in (118, 9999)
        for index in range(5)
    )
    core.wallet.answers["preview"] = FoundAddresses(found, "m/44'/118'/0'/0/1")
    QTest.mouseClick(sheet.go_on, Qt.MouseButton.LeftButton)
    assert sheet.group.checkedId() == 1 and len(sheet.group.buttons()) == 10
    assert not sheet.phrase.isVisible() and "never used" in texts(sheet)
    sheet.password.line.setText(PASSWORD)
    sheet.again.line.setText(PASSWORD)
    QTest.mouseClick(sheet.go_on, Qt.MouseButton.LeftButton)
    assert core.wallet.calls[-1] == ("restore", "Restored wallet", PASSWORD, "abandon about", "", found[1].path)
    assert sheet.phrase.toPlainText() == "" and page.host.sheet is None


# Money.


def test_amounts_are_read_in_turkish_and_english_and_doubt_is_asked_back(
    window: Any, page: Any, core: FakeCoreDoor
) -> None:
    sheet = SendSheet(window._theme, window._intents, page.host)
    page.host.open(sheet)
    core.wallet.answers["plan"] = planned(staking.send(ME, FRIEND, Coin(DENOM, 1)))
    for typed, meant in (("1.000,5", 1_000_500_000), ("1,000.5", 1_000_500_000), ("0,25", 250_000), ("12", 12_000_000)):
        sheet = SendSheet(window._theme, window._intents, page.host, FRIEND)
        page.host.open(sheet)
        sheet.amount.line.setFocus()
        QTest.keyClicks(sheet.amount.line, typed)
        QTest.mouseClick(sheet.go_on, Qt.MouseButton.LeftButton)
        assert core.wallet.calls[-1] == ("plan", SendOrder(FRIEND, meant, ""))
        close(page.host)
    before = len(core.wallet.calls)
    for typed in ("1.000", "1,234", "-5", "1e3", "", "0", "1.2.3,4"):
        sheet = SendSheet(window._theme, window._intents, page.host, FRIEND)
        page.host.open(sheet)
        sheet.amount.line.setText(typed)
        QTest.mouseClick(sheet.go_on, Qt.MouseButton.LeftButton)
        assert sheet.amount.problem, typed
        assert sheet.amount.line.text() == typed, "nothing typed is lost"
        close(page.host)
    assert len(core.wallet.calls) == before


def test_a_bad_recipient_is_said_where_it_was_typed(window: Any, page: Any, core: FakeCoreDoor) -> None:
    sheet = SendSheet(window._theme, window._intents, page.host)
    page.host.open(sheet)
    sheet.amount.line.setText("1")
    for typed, words in (("cosmos1" + "q" * 38, "not a valid address"), (ONE, "validator"), (FRIEND[:-1], "address")):
        sheet.recipient.line.setText(typed)
        QTest.mouseClick(sheet.go_on, Qt.MouseButton.LeftButton)
        assert words in sheet.recipient.problem, typed
    assert core.wallet.calls == []
    sheet._menu.actions()[0].trigger()
    assert sheet.recipient.text == FRIEND and sheet.recipient.problem == ""
    core.wallet.answers["most_to_spend"] = 4_999_000_000
    QTest.mouseClick(sheet.amount.most, Qt.MouseButton.LeftButton)
    assert sheet.amount.text == "4999"
    close(page.host)


def test_receive_shows_the_whole_address_and_a_code_that_is_it(window: Any, page: Any) -> None:
    QTest.mouseClick(page.open_view.balance.receive, Qt.MouseButton.LeftButton)
    sheet = page.host.sheet
    assert isinstance(sheet, ReceiveSheet)
    assert sheet.view.groups == in_groups(ME) and "".join(sheet.view.groups) == ME
    import segno

    assert sheet.code._matrix == segno.make(ME, error="m", micro=False).matrix
    QTest.mouseClick(sheet.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == ME
    close(page.host)


# The confirmation.


def test_the_confirmation_is_what_the_bytes_say(window: Any, page: Any, core: FakeCoreDoor) -> None:
    page.host.show_plan(planned(staking.send(ME, STRANGER, Coin(DENOM, 1_250_000)), memo="<b>rent</b>"))
    sheet = page.host.sheet
    assert isinstance(sheet, ConfirmationSheet)
    read = texts(sheet)
    for words in ("Send 1.25 REMES", "0.002 REMES", "<b>rent</b>", "test-1", "never paid this address"):
        assert words in read
    (address,) = [view for view in sheet.findChildren(AddressView) if view.isVisible()]
    assert "".join(address.groups) == STRANGER and all(len(group) <= 4 for group in address.groups[1:])
    assert sheet.sign.isEnabled() and not sheet.consent.isVisible()
    assert QApplication.focusWidget() is sheet.cancel or not sheet.sign.isDefault(), "Enter alone signs nothing"
    sheet.show_raw.setChecked(True)
    assert sheet.raw.toPlainText() == "{raw}" and sheet.raw.isVisible()

    core.wallet.refuse = WalletError(Problem.OFFLINE, "No node answers.")
    QTest.mouseClick(sheet.sign, Qt.MouseButton.LeftButton)
    assert sheet.problem == "No node answers." and sheet.sign.isEnabled()
    core.wallet.answers["pay"] = payment().payment
    QTest.mouseClick(sheet.sign, Qt.MouseButton.LeftButton)
    assert core.wallet.calls == [("pay", "plan"), ("pay", "plan")]
    window.show_state(launcher(opened(payments=(payment(PaymentState.INCLUDED, height=7),))))
    assert "Done" in sheet.outcome and "block 7" in sheet.outcome
    assert not sheet.sign.isVisible()
    close(page.host)


def test_a_look_alike_is_shown_beside_the_one_it_imitates_and_needs_a_second_word(
    window: Any, page: Any, core: FakeCoreDoor
) -> None:
    known = STRANGER[:12] + "".join("q" if c != "q" else "p" for c in STRANGER[12:-5]) + STRANGER[-5:]
    page.host.show_plan(planned(staking.send(ME, STRANGER, Coin(DENOM, 1)), known=frozenset({known})))
    sheet = page.host.sheet
    assert "looks like an address that you have paid before" in texts(sheet)
    new, old = [view for view in sheet.findChildren(AddressView) if view.isVisible()]
    assert "".join(new.groups) == STRANGER and "".join(old.groups) == known
    marked = [label.text() for label in new._labels if label.property("tone") == "bad"]
    assert marked and new._labels[0].text() not in marked
    assert not sheet.sign.isEnabled()
    QTest.mouseClick(sheet.sign, Qt.MouseButton.LeftButton)
    assert core.wallet.calls == []
    sheet.consent.setChecked(True)
    assert sheet.sign.isEnabled()
    close(page.host)


def test_an_unknown_message_is_shown_as_hex_and_needs_a_second_word(window: Any, page: Any) -> None:
    from google.protobuf.any_pb2 import Any as Packed

    from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire

    known = planned(staking.send(ME, FRIEND, Coin(DENOM, 1)))
    unsigned = build_transaction(
        [staking.send(ME, FRIEND, Coin(DENOM, 1))], prefix="remes", public_key=PUBLIC_KEY, chain_id="test-1",
        account_number=1, sequence=1, fee=FeeOffer((), 80_000),
    )  # fmt: skip
    body = wire.TxBody(messages=[Packed(type_url="/evil.v1.MsgTakeAll", value=b"\xde\xad\xbe\xef" * 40)])
    strange = UnsignedTransaction(body.SerializeToString(), unsigned.auth_info_bytes, "test-1", 1)
    confirmation = confirmation_of(strange, MoneyWords(DENOM, "REMES", 6), frozenset())
    page.host.show_plan(replace(known, confirmation=confirmation))
    sheet = page.host.sheet
    read = texts(sheet).replace("\u200b", "")
    assert "/evil.v1.MsgTakeAll" in read and "deadbeef" in read and "does not know what this does" in read
    assert not sheet.sign.isEnabled() and sheet.consent.isVisible()
    close(page.host)


# Staking and roles.


def test_stake_unstake_move_claim_and_cancel_are_asked_with_their_orders(
    window: Any, roles_page: Any, core: FakeCoreDoor
) -> None:
    card, host = roles_page.open_view.stake, roles_page.host
    core.wallet.answers["plan"] = planned(staking.send(ME, FRIEND, Coin(DENOM, 1)))

    def order() -> Any:
        close(host)
        return core.wallet.calls[-1]

    QTest.mouseClick(card.stake, Qt.MouseButton.LeftButton)
    host.sheet.amount.line.setText("5")
    assert "locked for 21 days" in texts(host.sheet) and "slashed" in texts(host.sheet), "before it is done"
    QTest.mouseClick(host.sheet.go_on, Qt.MouseButton.LeftButton)
    assert isinstance(host.sheet, ConfirmationSheet)
    assert order() == ("plan", StakeOrder(ONE, 5 * REMES))

    QTest.mouseClick(card.unstake, Qt.MouseButton.LeftButton)
    QTest.mouseClick(host.sheet.amount.most, Qt.MouseButton.LeftButton)
    QTest.mouseClick(host.sheet.go_on, Qt.MouseButton.LeftButton)
    assert order() == ("plan", UnstakeOrder(ONE, 250 * REMES))

    QTest.mouseClick(card.move_stake, Qt.MouseButton.LeftButton)
    host.sheet.amount.line.setText("10")
    QTest.mouseClick(host.sheet.go_on, Qt.MouseButton.LeftButton)
    assert order() == ("plan", MoveStakeOrder(ONE, TWO, 10 * REMES))

    QTest.mouseClick(card.claim, Qt.MouseButton.LeftButton)
    assert order() == ("plan", ClaimOrder())

    card.unbondings.selectRow(0)
    QTest.mouseClick(card.cancel, Qt.MouseButton.LeftButton)
    assert order() == ("plan", CancelUnbondingOrder(ONE, 33, 7 * REMES))


def test_each_role_says_what_it_needs_and_what_is_missing(window: Any, roles_page: Any, core: FakeCoreDoor) -> None:
    serving, proposer = roles_page.open_view.roles["serving"], roles_page.open_view.roles["proposer"]
    assert "Registered, stake too low" in texts(serving)
    read = texts(serving).replace("\u202f", " ").replace("\u00a0", " ")
    assert "Needs 1 000 REMES" in read and "750 REMES are missing" in read
    assert "Validator" in texts(proposer)
    QTest.mouseClick(serving.stake, Qt.MouseButton.LeftButton)
    sheet = roles_page.host.sheet
    assert isinstance(sheet, StakeSheet) and sheet.amount.text == "750"
    close(roles_page.host)
    core.owner.answers["resources"] = NodeResources(8, 32, 1, 24, 100, 100)
    core.wallet.answers["plan"] = planned(staking.send(ME, FRIEND, Coin(DENOM, 1)))
    QTest.mouseClick(proposer.register, Qt.MouseButton.LeftButton)
    sheet = roles_page.host.sheet
    assert isinstance(sheet, RegisterSheet) and "locks no coins" in texts(sheet)
    sheet.lines["cpu_cores"].setText("4")
    QTest.mouseClick(sheet.go_on, Qt.MouseButton.LeftButton)
    assert core.wallet.calls[-1] == (
        "plan",
        RegisterOrder(("validator", "proposer"), NodeResources(4, 32, 1, 24, 100, 100)),
    )
    close(roles_page.host)
    QTest.mouseClick(roles_page.open_view.node.grant, Qt.MouseButton.LeftButton)
    assert core.owner.calls[-1] == ("grant_node", ("serving", "mining"), 90)
    window.show_state(
        launcher(opened(recorded=("The chain recorded: node type serving.", "It did not record: roles.")))
    )
    assert "It did not record: roles." in texts(roles_page.open_view.node)


# Everything by keyboard, with names, and nothing cut off.

SHEETS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "create": CreateSheet,
    "restore": RestoreSheet,
    "watch": WatchSheet,
    "import": ImportSheet,
    "backup": lambda theme, intents, host: BackupSheet(theme, intents, host, "a" * 16),
    "words": lambda theme, intents, host: BackupSheet(theme, intents, host, "a" * 16, WORDS),
    "send": SendSheet,
    "receive": lambda theme, intents, host: ReceiveSheet(theme, intents, host, host.state.wallet),
    "contact": ContactSheet,
    "security": SecuritySheet,
    "password": PasswordSheet,
    "export": ExportSheet,
    "rename": RenameSheet,
    "remove": RemoveSheet,
    "stake": StakeSheet,
    "unstake": UnstakeSheet,
    "move": MoveStakeSheet,
    "register": lambda theme, intents, host: RegisterSheet(theme, intents, host, ("serving",)),
    "confirm": lambda theme, intents, host: ConfirmationSheet(
        theme, intents, planned(staking.send(ME, STRANGER, Coin(DENOM, 1))), host.window
    ),
}


def usable(root: QWidget) -> list[QWidget]:
    kinds = (QAbstractButton, QComboBox, QLineEdit, QAbstractScrollArea)
    return [
        widget
        for widget in root.findChildren(QWidget)
        if isinstance(widget, kinds)
        and widget.isVisible()
        and widget.isEnabled()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]


def check_keyboard_names_and_room(root: QWidget) -> None:
    QApplication.processEvents()
    wanted = usable(root)
    assert wanted
    wanted[0].setFocus()
    reached: list[QWidget] = []
    for _ in range(80):
        widget = QApplication.focusWidget()
        if widget is None or widget in reached:
            break
        reached.append(widget)
        QTest.keyClick(widget, Qt.Key.Key_Tab)
    missing = [w for w in wanted if w not in reached and not (isinstance(w, QAbstractButton) and w.group() is not None)]
    assert missing == [], [f"{type(widget).__name__} {widget.accessibleName()}" for widget in missing]
    for widget in wanted:
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        assert widget.accessibleName() or text, f"{type(widget).__name__} has no name"
    for label in root.findChildren(QLabel):
        assert label.textFormat() is Qt.TextFormat.PlainText
        if label.isVisible() and label.text() and not label.wordWrap():
            needed = label.fontMetrics().horizontalAdvance(label.text())
            assert label.contentsRect().width() >= needed - 1, f"{label.text()!r} is cut off"
        elif label.isVisible() and label.text():
            assert label.height() >= label.heightForWidth(label.width()) - 1, f"{label.text()!r} is cut off"
    for control in root.findChildren(QWidget):
        if isinstance(control, (QPushButton, QComboBox, QCheckBox, QLineEdit)) and control.isVisible():
            assert control.width() >= control.minimumSizeHint().width() - 1, control.accessibleName()
            assert control.height() >= control.minimumSizeHint().height() - 1, control.accessibleName()


def test_every_sheet_is_usable_by_keyboard_with_names_and_room(
    window: Any, page: Any, core: FakeCoreDoor, qtbot: QtBot
) -> None:
    core.owner.answers["resources"] = NodeResources(8, 32, 1, 24, 100, 100)
    for name, make in SHEETS.items():
        page.host.open(make(window._theme, window._intents, page.host))
        sheet = page.host.sheet
        qtbot.waitExposed(sheet, timeout=60_000)
        sheet.activateWindow()
        assert sheet.windowTitle() and sheet.accessibleName(), name
        check_keyboard_names_and_room(sheet)
        QTest.keyClick(sheet, Qt.Key.Key_Escape)
        assert page.host.sheet is None, f"Escape closes {name}"


@pytest.mark.parametrize("index", [WALLET, ROLES], ids=["wallet", "roles"])
def test_the_open_pages_are_usable_by_keyboard_with_names_and_room(window: Any, page: Any, index: int) -> None:
    window.go_to(index)
    window.activateWindow()
    window.resize(window.minimumSizeHint())
    check_keyboard_names_and_room(window)
