"""The wallet in the running core: vault intents, auto-lock on a clock moved by hand, the keyring, payments, grants."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from r3mes_launcher.core.node_grant import GrantFile
from r3mes_launcher.core.owner_desk import OwnerDesk
from r3mes_launcher.core.settings import SettingsStore
from r3mes_launcher.core.state import LogLevel
from r3mes_launcher.core.wallet_orders import NodeFacts, NodeResources, RegisterOrder, SendOrder, StakeOrder
from r3mes_launcher.core.wallet_service import NetworkAccess, WalletParts, WalletService
from r3mes_launcher.core.wallet_state import VaultState, WalletState
from r3mes_launcher.core.wallet_vault import VaultThread
from r3mes_launcher.wallet.addresses import encode_address
from r3mes_launcher.wallet.adr36 import verify_message
from r3mes_launcher.wallet.auto_lock import SystemEvent
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.os_keyring import SystemKeyring
from r3mes_launcher.wallet.payment_machine import PaymentState
from r3mes_launcher.wallet.profiles import NetworkProfile
from r3mes_launcher.wallet.sealed_file import StretchParameters
from r3mes_launcher.wallet.vault import Vault
from r3mes_protocol.canonical import canonical_json
from r3mes_protocol.grants import SignedGrant

Until = Callable[[Callable[[], object]], Awaitable[None]]

PASSWORD = "correct horse battery"
OTHER = encode_address(bytes(range(20)), "remes")
PHRASE = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
LIGHT = StretchParameters(memory_kib=19_456, passes=2)
NODE_ID = "9f" * 32
GATEWAY = "http://127.0.0.1:8080"


class HandEvents:
    """A session whose news the test tells."""

    unavailable: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.told: asyncio.Queue[SystemEvent] = asyncio.Queue()

    async def run(self, tell: Callable[[SystemEvent], Awaitable[None]]) -> None:
        while True:
            await tell(await self.told.get())


class MemoryKeyring:
    """A backend of the keyring library that keeps in memory, and may hang until it is let go."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.hang: threading.Event | None = None

    def get_password(self, service: str, username: str) -> str | None:
        if self.hang is not None:
            self.hang.wait(20)
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[username]


@pytest.fixture
def chain() -> Iterator[Any]:
    """The small chain of the wallet's tests."""
    path = Path(__file__).parents[1] / "wallet" / "chain_server.py"
    spec = importlib.util.spec_from_file_location("chain_server", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["chain_server"] = module
    spec.loader.exec_module(module)
    made = module.Chain()
    made.block_on_lookup = True
    yield made
    made.close()


@pytest.fixture
async def desk(tmp_path: Path, chain: Any, hand_clock: Any) -> AsyncIterator[Any]:
    clock, events, backend = hand_clock, HandEvents(), MemoryKeyring()
    said: list[str] = []

    def say(text: str, level: LogLevel) -> None:
        said.append(text)

    profile = NetworkProfile(name="test", title="Test chain", endpoints=(chain.url,), prefix=chain.prefix)
    states: list[WalletState] = []
    settings = SettingsStore(tmp_path / "settings.json", say)
    parts = WalletParts(
        folder=tmp_path / "wallet",
        network=lambda url: NetworkAccess(profile) if url else None,
        keyring=SystemKeyring(lambda: backend, answer_timeout_s=0.2, prompt_timeout_s=0.2),
        clock=clock,
        settings=settings,
        events=events,
        say=say,
        parameters=LIGHT,
        guard=lambda: True,
    )
    service = WalletService(parts, states.append)
    await service.start()
    service.follow_gateway(GATEWAY)
    made = SimpleNamespace(
        service=service, clock=clock, events=events, backend=backend, said=said, states=states, parts=parts, chain=chain
    )
    yield made
    await service.close()


async def test_a_wallet_is_made_quizzed_locked_and_opened_again(desk: Any, until: Until) -> None:
    service = desk.service
    assert service.state.vault is VaultState.ABSENT
    await until(lambda: service.state.network.title)
    made = await service.create("Mine", PASSWORD, 12)
    assert len(made.words) == 12 and not any(word in repr(made) for word in made.words)
    assert service.state.vault is VaultState.OPEN
    wallet = service.state.wallet
    assert wallet is not None and not wallet.backed_up and wallet.address.startswith("remes1")

    assert not await service.confirm_backup(made.wallet_id, (1, 2, 3), ("no", "no", "no"))
    assert not service.state.wallet.backed_up
    assert await service.confirm_backup(made.wallet_id, (2, 5, 9), (made.words[1], made.words[4], made.words[8]))
    assert service.state.wallet.backed_up

    await service.lock()
    assert service.state.vault is VaultState.LOCKED and service.state.wallets == ()
    with pytest.raises(WalletError) as refused:
        await service.unlock("another password")
    assert refused.value.problem is Problem.WRONG_PASSWORD
    assert service.state.vault is VaultState.LOCKED and service.state.busy == ""
    await service.unlock(PASSWORD)
    assert service.state.wallet == replace(wallet, backed_up=True)
    shown = " ".join(repr(state) for state in desk.states) + " ".join(desk.said)
    assert PASSWORD not in shown and not any(f"'{word}'" in shown for word in made.words)


async def test_a_phrase_shows_its_addresses_before_it_is_restored(desk: Any, until: Until) -> None:
    service, chain = desk.service, desk.chain
    await until(lambda: service.state.network.title)
    found = await service.preview(PHRASE)
    assert [(item.coin_type, item.index) for item in found.addresses] == [(c, i) for c in (118, 9999) for i in range(5)]
    second = found.addresses[1]
    chain.fund(second.address, 7_000_000)
    found = await service.preview(PHRASE)
    assert found.suggested == second.path and found.problem == ""
    assert next(item for item in found.addresses if item.path == found.suggested).amount == 7_000_000
    entry = await service.restore("Old", PASSWORD, PHRASE, "", found.suggested)
    assert entry.address == second.address and entry.backed_up
    with pytest.raises(WalletError) as refused:
        await service.restore("Twice", PASSWORD, PHRASE, "", found.suggested)
    assert refused.value.problem is Problem.DUPLICATE_WALLET


async def test_it_locks_itself_after_ten_minutes_without_use(desk: Any, until: Until) -> None:
    service, clock = desk.service, desk.clock
    await until(lambda: service.state.network.title)
    await service.create("Mine", PASSWORD, 12)

    async def pass_time(seconds: float) -> None:
        for _ in range(int(seconds // 5)):
            clock.advance(5)
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    await pass_time(590)
    assert service.state.vault is VaultState.OPEN
    service.touch()
    await pass_time(590)
    assert service.state.vault is VaultState.OPEN
    assert service.state.auto_lock.locks_at == pytest.approx(clock.at + 10)
    await pass_time(15)
    await until(lambda: service.state.vault is VaultState.LOCKED)
    assert service.state.locked_because == "The wallet locked itself after 10 minutes without use."
    assert service.state.holdings is None and service.state.auto_lock.locks_at is None


@pytest.mark.parametrize(
    ("event", "word"), [(SystemEvent.SLEEP, "sleep"), (SystemEvent.SESSION_LOCK, "screen was locked")]
)
async def test_it_locks_with_the_session(desk: Any, until: Until, event: SystemEvent, word: str) -> None:
    await until(lambda: desk.service.state.network.title)
    await desk.service.create("Mine", PASSWORD, 12)
    await desk.events.told.put(event)
    await until(lambda: desk.service.state.vault is VaultState.LOCKED)
    assert word in desk.service.state.locked_because


async def test_a_clock_that_jumps_locks_it(desk: Any, until: Until) -> None:
    await until(lambda: desk.service.state.network.title)
    await desk.service.create("Mine", PASSWORD, 12)
    desk.clock.advance(5)
    await asyncio.sleep(0.01)
    desk.clock.advance(3600)
    await until(lambda: desk.service.state.vault is VaultState.LOCKED)


async def test_the_keyring_opens_it_after_its_owner_said_so(desk: Any, until: Until) -> None:
    service, backend = desk.service, desk.backend
    await until(lambda: service.state.network.title)
    await service.create("Mine", PASSWORD, 12)
    assert not service.state.keyring.enabled and backend.kept == {}
    await service.use_keyring(True)
    assert service.state.keyring.enabled and len(backend.kept) == 1
    await service.lock()
    await service.unlock_with_keyring()
    assert service.state.vault is VaultState.OPEN

    await service.change_password(PASSWORD, "another long password")
    assert len(backend.kept) == 1, "the old key is gone, the new one is there"
    await service.lock()
    await service.unlock_with_keyring()
    await service.use_keyring(False)
    assert backend.kept == {} and not desk.parts.settings.current.wallet_keyring
    await service.lock()
    with pytest.raises(WalletError) as refused:
        await service.unlock_with_keyring()
    assert refused.value.problem is Problem.KEYRING and "password" in refused.value.hint


async def test_a_keyring_that_hangs_holds_nothing_up(desk: Any, until: Until) -> None:
    service, backend = desk.service, desk.backend
    await until(lambda: service.state.network.title)
    await service.create("Mine", PASSWORD, 12)
    await service.use_keyring(True)
    await service.lock()
    backend.hang = threading.Event()
    try:
        with pytest.raises(WalletError) as refused:
            await service.unlock_with_keyring()
        assert "does not answer" in refused.value.message
        await service.unlock(PASSWORD)
        assert service.state.vault is VaultState.OPEN
    finally:
        backend.hang.set()


async def test_a_payment_is_planned_confirmed_once_and_seen_to_its_block(desk: Any, until: Until) -> None:
    service, chain, clock = desk.service, desk.chain, desk.clock
    await until(lambda: service.state.network.title)
    entry = await service.restore("Old", PASSWORD, PHRASE, "", "m/44'/118'/0'/0/0")
    chain.fund(entry.address, 5_000_000)
    planned = await service.plan(SendOrder(OTHER, 1_250_000, "rent"))
    assert planned.confirmation.cards[0].title == "Send 1.25 REMES"
    assert planned.confirmation.memo == "rent" and planned.confirmation.first_time == (OTHER,)
    assert '"to_address"' in planned.raw and "rent" not in repr(planned)
    assert chain.broadcasts == 0, "planning sends nothing"

    first, second = await asyncio.gather(service.pay(planned.plan_id), service.pay(planned.plan_id))
    assert first.tx_hash == second.tx_hash
    await until(lambda: (service.state.payments and not service.state.in_flight) or clock.advance(1))
    settled = service.state.payments[0]
    assert settled.payment.state is PaymentState.INCLUDED and settled.payment.payment_id == planned.plan_id
    assert chain.balance(OTHER) == 1_250_000, "it was paid once"
    again = await service.pay(planned.plan_id)
    assert again.tx_hash == first.tx_hash and chain.balance(OTHER) == 1_250_000


async def test_a_lock_forgets_the_confirmation_s_key_but_not_what_was_signed(desk: Any, until: Until) -> None:
    service, chain, clock = desk.service, desk.chain, desk.clock
    await until(lambda: service.state.network.title)
    entry = await service.restore("Old", PASSWORD, PHRASE, "", "m/44'/118'/0'/0/0")
    chain.fund(entry.address, 5_000_000)
    planned = await service.plan(SendOrder(OTHER, 1_000_000))
    await service.lock()
    with pytest.raises(WalletError) as refused:
        await service.pay(planned.plan_id)
    assert refused.value.problem is Problem.LOCKED and chain.broadcasts == 0
    await service.unlock(PASSWORD)
    await service.pay(planned.plan_id)
    await service.lock()
    await until(lambda: chain.balance(OTHER) == 1_000_000 or clock.advance(1))


async def test_a_watched_address_shows_and_never_signs(desk: Any, until: Until) -> None:
    service = desk.service
    await until(lambda: service.state.network.title)
    desk.chain.fund(OTHER, 9_000_000)
    await service.watch("Savings", PASSWORD, f" {OTHER} ")
    assert not service.state.wallet.signs
    with pytest.raises(WalletError) as refused:
        await service.plan(StakeOrder("x", 1))
    assert refused.value.problem is Problem.WATCH_ONLY


async def test_a_node_that_names_another_chain_stops_payments_until_its_owner_accepts(desk: Any, until: Until) -> None:
    service, chain = desk.service, desk.chain
    await until(lambda: service.state.network.title)
    entry = await service.restore("Old", PASSWORD, PHRASE, "", "m/44'/118'/0'/0/0")
    chain.fund(entry.address, 5_000_000)
    await service.plan(SendOrder(OTHER, 1_000_000))
    chain.chain_id = "evil-1"
    with pytest.raises(WalletError) as refused:
        await service.plan(SendOrder(OTHER, 1_000_000))
    assert refused.value.problem is Problem.WRONG_CHAIN
    with pytest.raises(WalletError):
        await service.refresh()
    assert "evil-1" in service.state.network.mismatch
    chain.answers["/cosmos/staking/v1beta1/delegations/" + entry.address] = (200, {"delegation_responses": []})


async def test_wallets_leave_and_come_by_encrypted_files(desk: Any, until: Until, tmp_path: Path) -> None:
    service = desk.service
    await until(lambda: service.state.network.title)
    entry = await service.restore("Old", PASSWORD, PHRASE, "", "m/44'/118'/0'/0/0")
    for armored, name in ((False, "one.r3mes"), (True, "two.asc")):
        path = tmp_path / name
        with pytest.raises(WalletError):
            await service.export_file(entry.wallet_id, path, "wrong password", "export password", armored=armored)
        assert not path.exists()
        await service.export_file(entry.wallet_id, path, PASSWORD, "export password", armored=armored)
        assert path.stat().st_mode & 0o077 == 0
        await service.remove(service.state.active, PASSWORD)
        assert service.state.wallets == ()
        back = await service.import_file(path, PASSWORD, "export password")
        assert back.address == entry.address
        entry = back
    with pytest.raises(WalletError) as refused:
        await service.import_file(tmp_path / "none", PASSWORD, "x")
    assert refused.value.problem is Problem.BAD_INPUT


async def test_the_address_book_is_sorted_and_checked(desk: Any, until: Until) -> None:
    service = desk.service
    await until(lambda: service.state.network.title)
    await service.create("Mine", PASSWORD, 12)
    await service.save_contact("zoe", OTHER)
    await service.save_contact("Ada", service.state.wallet.address, "me")
    assert [item.name for item in service.state.contacts] == ["Ada", "zoe"]
    with pytest.raises(WalletError):
        await service.save_contact("Bad", "cosmos1notours")
    await service.remove_contact(OTHER)
    assert [item.name for item in service.state.contacts] == ["Ada"]


async def test_a_damaged_vault_says_so_and_its_backup_helps(desk: Any, until: Until) -> None:
    service, folder = desk.service, desk.parts.folder
    await until(lambda: service.state.network.title)
    await service.create("Mine", PASSWORD, 12)
    await service.rename(service.state.active, "Renamed")
    await service.lock()
    (folder / "vault").write_bytes(b"nothing of the kind")
    with pytest.raises(WalletError):
        await service.unlock(PASSWORD)
    assert service.state.vault is VaultState.DAMAGED and service.state.problem and service.state.has_backup
    kept = await service.restore_backup()
    assert "damaged" in kept and service.state.vault is VaultState.LOCKED
    await service.unlock(PASSWORD)
    assert len(service.state.wallets) == 1


async def test_the_owner_grants_this_node_s_key_and_it_is_handed_over(desk: Any, until: Until, tmp_path: Path) -> None:
    service, clock = desk.service, desk.clock
    await until(lambda: service.state.network.title)
    handed: list[tuple[SignedGrant, ...]] = []
    node = NodeFacts()
    file = GrantFile(tmp_path / "grant.json")
    owner = OwnerDesk(service, file, tmp_path, clock, lambda: node, handed.append)
    await owner.start()
    assert handed == []
    entry = await service.restore("Old", PASSWORD, PHRASE, "", "m/44'/118'/0'/0/0")
    with pytest.raises(WalletError) as refused:
        await owner.grant_node(("serving",), 90)
    assert "no key yet" in refused.value.message
    second = "https://second.example"
    node = NodeFacts(NODE_ID, (GATEWAY, second))
    made = await owner.grant_node(("serving", "mining"), 90)
    assert made == service.state.grants and [entry.gateway for entry in made] == [GATEWAY, second]
    assert made[0] == service.state.grant and made[0].not_after == int(clock.at) + 90 * 86_400
    ((signed, other),) = handed
    assert other.grant.gateway == second and other.signature != signed.signature
    assert signed.grant.owner == entry.address and signed.grant.node_public_key == NODE_ID

    assert verify_message(
        entry.address,
        base64.b64decode(signed.public_key),
        base64.b64decode(signed.signature),
        canonical_json(signed.grant.model_dump(mode="json")),
    )
    later: list[tuple[SignedGrant, ...]] = []
    await OwnerDesk(service, file, tmp_path, clock, lambda: node, later.append).start()
    assert later == handed, "it is handed over after a restart too"
    node = NodeFacts(NODE_ID, (GATEWAY,))
    again = await owner.grant_node(("serving",), 90)
    assert [entry.gateway for entry in again] == [GATEWAY, second], "the other still holds, so it can be taken back"
    await service.lock()
    assert service.state.grants == again
    with pytest.raises(WalletError) as refused:
        await owner.grant_node(("serving",), 90)
    assert refused.value.problem is Problem.LOCKED
    resources = await owner.resources()
    assert resources.cpu_cores >= 1 and isinstance(resources, NodeResources)


async def test_a_demo_wallet_signs_for_no_other_chain(tmp_path: Path, desk: Any, until: Until) -> None:
    """Its profile pins the demo's id, and each key remembers it."""
    service, chain = desk.service, desk.chain
    demo = NetworkProfile(name="demo", title="Demo", endpoints=(chain.url,), chain_id="r3mes-devnet-1", demo=True)
    parts = replace(desk.parts, folder=tmp_path / "demo", network=lambda _: NetworkAccess(demo), events=HandEvents())
    other = WalletService(parts, lambda _: None)
    await other.start()
    try:
        other.follow_gateway(GATEWAY)
        await until(lambda: other.state.network.demo)
        entry = await other.restore("Demo", PASSWORD, PHRASE, "", "m/44'/118'/0'/0/0")
        chain.fund(entry.address, 5_000_000)
        with pytest.raises(WalletError) as refused:
            await other.plan(SendOrder(OTHER, 1_000_000))
        assert refused.value.problem is Problem.WRONG_CHAIN
        # The file itself, moved to the real wallet's folder, refuses too.
        path = tmp_path / "demo.r3mes"
        await other.export_file(entry.wallet_id, path, PASSWORD, "export password")
        await service.import_file(path, PASSWORD, "export password")
        planned = await service.plan(SendOrder(OTHER, 1_000_000))
        with pytest.raises(WalletError) as refused:
            await service.pay(planned.plan_id)
        assert refused.value.problem is Problem.WRONG_CHAIN and "demo" in refused.value.message
        assert chain.broadcasts == 0
    finally:
        await other.close()


async def test_a_vault_call_that_takes_too_long_is_an_error_and_goes_on(tmp_path: Path) -> None:
    release = threading.Event()
    thread = VaultThread(Vault(tmp_path / "vault", now=lambda: 0.0), timeout_s=0.05)
    try:
        with pytest.raises(WalletError) as refused:
            await thread.call(lambda _: release.wait(20))
        assert "0 seconds" in refused.value.message or "did not answer" in refused.value.message
    finally:
        release.set()
        await asyncio.to_thread(thread.close)


async def test_a_registration_wants_roles_that_go_together(desk: Any, until: Until) -> None:
    service, chain = desk.service, desk.chain
    await until(lambda: service.state.network.title)
    entry = await service.restore("Old", PASSWORD, PHRASE, "", "m/44'/118'/0'/0/0")
    chain.fund(entry.address, 5_000_000)
    with pytest.raises(WalletError) as refused:
        await service.plan(RegisterOrder(("proposer",), NodeResources()))
    assert "validator" in refused.value.message
    planned = await service.plan(RegisterOrder(("serving",), NodeResources(cpu_cores=4)))
    assert planned.confirmation.cards[0].title == "Register as serving"
