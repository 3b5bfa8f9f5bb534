from __future__ import annotations

import json
import os
import stat
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r3mes_launcher.wallet import sealed_file
from r3mes_launcher.wallet.addresses import encode_address
from r3mes_launcher.wallet.amounts import Coin
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.keys import PrivateKey, account_path
from r3mes_launcher.wallet.message_kinds import message_from_json
from r3mes_launcher.wallet.mnemonic import entropy_of_phrase, new_entropy, passphrase_bytes
from r3mes_launcher.wallet.secret import Secret
from r3mes_launcher.wallet.transactions import FeeOffer, UnsignedTransaction, build_transaction
from r3mes_launcher.wallet.vault import Vault
from r3mes_launcher.wallet.wallet_record import WalletKind, WalletRecord
from r3mes_protocol.canonical import canonical_json
from r3mes_protocol.grants import Grant, Role

PASSWORD = "correct horse battery"
OTHER_PASSWORD = "yeni parola çok iyi"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """A new, unlocked, empty vault with the cheapest parameters that are allowed."""
    made = Vault(tmp_path / "profile" / "vault", now=lambda: 1_700_000_000.0, parameters=sealed_file.FLOOR)
    made.create(PASSWORD)
    return made


def again(vault: Vault) -> Vault:
    """The same file, as another process would see it."""
    return Vault(vault.path, now=lambda: 1_700_000_100.0, parameters=sealed_file.FLOOR)


def add(vault: Vault, phrase: str, index: int = 0, **more: Any) -> WalletRecord:
    return vault.add_phrase(
        f"Wallet {index}", entropy_of_phrase(phrase), passphrase_bytes(""), account_path(index=index), "remes", **more
    )


def payment(record: WalletRecord, chain_id: str = "r3mes-testnet-1") -> UnsignedTransaction:
    document = {
        "@type": "/cosmos.bank.v1beta1.MsgSend",
        "from_address": record.address,
        "to_address": record.address,
        "amount": [{"denom": "ur3mes", "amount": "5"}],
    }
    return build_transaction(
        [message_from_json(document)],
        prefix="remes",
        public_key=bytes.fromhex(record.public_key),
        chain_id=chain_id,
        account_number=1,
        sequence=0,
        fee=FeeOffer((Coin("ur3mes", 5000),), 200_000),
    )


def problem_of(action: Callable[[], object]) -> Problem:
    with pytest.raises(WalletError) as caught:
        action()
    assert caught.value.message
    return caught.value.problem


def test_a_vault_lives_on_and_is_private(vault: Vault, phrase: str, vectors: dict[str, Any]) -> None:
    record = add(vault, phrase)
    assert record.address == vectors["keys"][0]["address"]
    second = vault.add_phrase("Two", new_entropy(24), passphrase_bytes(" x "), account_path(9999, 1, 2), "remes")
    reopened = again(vault)
    assert reopened.is_locked and problem_of(reopened.wallets) is Problem.LOCKED
    assert problem_of(lambda: reopened.unlock("wrong password")) is Problem.WRONG_PASSWORD
    reopened.unlock(PASSWORD)
    assert reopened.wallets() == (record, second)
    assert reopened.reveal_words(record.wallet_id, PASSWORD) == tuple(phrase.split())
    assert problem_of(lambda: reopened.reveal_words(record.wallet_id, "wrong password")) is Problem.WRONG_PASSWORD
    if sys.platform != "win32":
        for file in vault.path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        assert stat.S_IMODE(vault.path.parent.stat().st_mode) == 0o700


def test_the_standard_parameters_are_the_promised_ones(tmp_path: Path) -> None:
    """256 MiB, three passes: this test alone pays for them."""
    vault = Vault(tmp_path / "vault", now=lambda: 0.0)
    vault.create(PASSWORD)
    sealed = sealed_file.read_sealed(vault.path.read_bytes(), sealed_file.SealedKind.VAULT)
    assert sealed.source.parameters == (262_144, 3)


def test_a_vault_is_never_overwritten(vault: Vault) -> None:
    before = vault.path.read_bytes()
    assert problem_of(lambda: again(vault).create(PASSWORD)) is Problem.VAULT_EXISTS
    assert vault.path.read_bytes() == before
    vault.path.rename(vault.path.with_name("vault.backup"))
    assert problem_of(lambda: again(vault).create(PASSWORD)) is Problem.VAULT_EXISTS


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaa", "abababababab"])
def test_weak_passwords_are_refused(tmp_path: Path, password: str) -> None:
    vault = Vault(tmp_path / "vault", now=lambda: 0.0, parameters=sealed_file.FLOOR)
    assert problem_of(lambda: vault.create(password)) is Problem.WEAK_PASSWORD
    assert not vault.exists()


def test_a_password_is_the_same_in_both_unicode_spellings(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault", now=lambda: 0.0, parameters=sealed_file.FLOOR)
    vault.create("şifre café")
    again(vault).unlock("s\u0327ifre cafe\u0301")


def test_changing_the_password_also_changes_the_backup(vault: Vault, phrase: str) -> None:
    record = add(vault, phrase)
    assert problem_of(lambda: vault.change_password("wrong password", OTHER_PASSWORD)) is Problem.WRONG_PASSWORD
    other = again(vault)
    other.unlock(PASSWORD)
    vault.change_password(PASSWORD, OTHER_PASSWORD)
    assert vault.wallets() == (record,)
    assert problem_of(other.wallets) is Problem.VAULT_CHANGED and other.is_locked
    assert problem_of(lambda: other.unlock(PASSWORD)) is Problem.WRONG_PASSWORD
    vault.path.unlink()
    other.restore_backup()
    assert problem_of(lambda: other.unlock(PASSWORD)) is Problem.WRONG_PASSWORD
    other.unlock(OTHER_PASSWORD)


def test_two_launchers_never_lose_each_others_wallets(vault: Vault, phrase: str) -> None:
    other = again(vault)
    other.unlock(PASSWORD)
    add(vault, phrase, 0)
    add(other, phrase, 1)
    add(vault, phrase, 2)
    assert [record.name for record in other.wallets()] == ["Wallet 0", "Wallet 1", "Wallet 2"]


def test_duplicates_watching_and_removing(vault: Vault, phrase: str) -> None:
    record = add(vault, phrase)
    assert problem_of(lambda: add(vault, phrase)) is Problem.DUPLICATE_WALLET
    with pytest.raises(WalletError, match="is only watched"):
        watched = vault.add_watch("Cold", "remes", address=encode_address(bytes(20), "remes"))
        vault.sign_message(watched.wallet_id, b"hello")
    by_key = vault.add_watch("By key", "remes", public_key=add_key_bytes(phrase, 3))
    assert by_key.kind is WalletKind.WATCH and by_key.public_key
    with pytest.raises(WalletError, match="not made from words"):
        vault.reveal_words(watched.wallet_id, PASSWORD)
    full = add(vault, phrase, 3)
    assert [wallet.kind for wallet in vault.wallets() if wallet.address == by_key.address] == [WalletKind.PHRASE]
    assert problem_of(lambda: vault.remove(full.wallet_id, "wrong password")) is Problem.WRONG_PASSWORD
    vault.remove(full.wallet_id, PASSWORD)
    assert problem_of(lambda: vault.wallet(full.wallet_id)) is Problem.NO_SUCH_WALLET
    assert vault.rename(record.wallet_id, "  New   name ").name == "New name"
    for name in ("", "  ", "x" * 65, "a\x00b", "a\u202eb"):
        assert problem_of(lambda name=name: vault.rename(record.wallet_id, name)) is Problem.BAD_INPUT


def add_key_bytes(phrase: str, index: int) -> bytes:
    with PrivateKey.derive(entropy_of_phrase(phrase), passphrase_bytes(""), account_path(index=index)) as key:
        return key.public_key


def test_a_wallet_is_not_backed_up_until_the_quiz_is_passed(vault: Vault, phrase: str) -> None:
    record = add(vault, phrase)
    assert not record.backed_up
    assert not vault.confirm_backup(record.wallet_id, (1, 2, 12), ("abandon", "abandon", "abandon"))
    assert not vault.wallet(record.wallet_id).backed_up
    assert vault.confirm_backup(record.wallet_id, (1, 2, 12), ("abandon", "abandon", "about"))
    assert again_unlocked(vault).wallet(record.wallet_id).backed_up


def again_unlocked(vault: Vault) -> Vault:
    opened = again(vault)
    opened.unlock(PASSWORD)
    return opened


def test_signing(vault: Vault, phrase: str) -> None:
    record = add(vault, phrase)
    assert vault.sign_transaction(record.wallet_id, payment(record)).tx_hash
    assert vault.sign_message(record.wallet_id, b"hello").signer == record.address
    vault.lock()
    assert problem_of(lambda: vault.sign_transaction(record.wallet_id, payment(record))) is Problem.LOCKED


def test_a_demo_wallet_signs_for_the_demo_only(vault: Vault, phrase: str) -> None:
    record = add(vault, phrase, only_chain_id="r3mes-demo-1")
    assert vault.sign_transaction(record.wallet_id, payment(record, "r3mes-demo-1"))
    assert problem_of(lambda: vault.sign_transaction(record.wallet_id, payment(record))) is Problem.WRONG_CHAIN
    grant = Grant(
        network="r3mes-testnet-1",
        owner=record.address,
        node_public_key="ab" * 32,
        roles=(Role.SERVING,),
        gateway="http://127.0.0.1:1",
        not_before=1,
        not_after=2,
    )
    assert problem_of(lambda: vault.sign_grant(record.wallet_id, grant)) is Problem.WRONG_CHAIN
    assert vault.sign_grant(record.wallet_id, grant.model_copy(update={"network": "r3mes-demo-1"}))


def test_the_keyrings_key_unlocks_until_the_password_changes(vault: Vault, phrase: str) -> None:
    add(vault, phrase)
    kept = bytes(vault.unlock_key().view())
    other = again(vault)
    other.unlock_with_key(Secret(bytearray(kept)))
    assert len(other.wallets()) == 1
    vault.change_password(PASSWORD, OTHER_PASSWORD)
    assert problem_of(lambda: again(vault).unlock_with_key(Secret(bytearray(kept)))) is Problem.WRONG_PASSWORD
    assert problem_of(lambda: again(vault).unlock_with_key(Secret(bytearray(b"short")))) is Problem.WRONG_PASSWORD


def test_exports_open_on_another_computer(vault: Vault, phrase: str, tmp_path: Path) -> None:
    record = vault.add_phrase("Ana cüzdan", entropy_of_phrase(phrase), passphrase_bytes(" x "), account_path(), "remes")
    data = vault.export(record.wallet_id, PASSWORD, OTHER_PASSWORD)
    elsewhere = Vault(tmp_path / "elsewhere" / "vault", now=lambda: 0.0, parameters=sealed_file.FLOOR)
    elsewhere.create("third password")
    assert problem_of(lambda: elsewhere.import_export(data, PASSWORD)) is Problem.WRONG_PASSWORD
    imported = elsewhere.import_export(data, OTHER_PASSWORD)
    assert imported.address == record.address and imported.name == record.name
    assert elsewhere.sign_transaction(imported.wallet_id, payment(imported)) == vault.sign_transaction(
        record.wallet_id, payment(record)
    )
    assert problem_of(lambda: elsewhere.import_export(data, OTHER_PASSWORD)) is Problem.DUPLICATE_WALLET
    assert problem_of(lambda: elsewhere.import_export(vault.path.read_bytes(), PASSWORD)) is Problem.VAULT_REFUSED
    vault.path.write_bytes(data)
    assert problem_of(lambda: again(vault).unlock(OTHER_PASSWORD)) is Problem.VAULT_REFUSED


def test_contacts(vault: Vault) -> None:
    address = encode_address(bytes(20), "remes")
    vault.set_contact("Ayşe", address, "remes", "rent")
    vault.set_contact("Ayşe Y.", address, "remes")
    assert [(contact.name, contact.note) for contact in again_unlocked(vault).contacts()] == [("Ayşe Y.", "")]
    assert problem_of(lambda: vault.set_contact("X", address[:-1], "remes")) is Problem.BAD_ADDRESS
    vault.remove_contact(address)
    assert vault.contacts() == ()


# Damage


def test_a_damaged_vault_comes_back_from_its_backup(vault: Vault, phrase: str) -> None:
    add(vault, phrase, 0)
    add(vault, phrase, 1)
    vault.path.write_bytes(vault.path.read_bytes()[:-50])
    broken = again(vault)
    assert problem_of(lambda: broken.unlock(PASSWORD)) is Problem.VAULT_DAMAGED
    kept = broken.restore_backup()
    assert kept is not None and kept.exists()
    broken.unlock(PASSWORD)
    assert [record.name for record in broken.wallets()] == ["Wallet 0"]


def test_no_vault_is_a_clear_answer(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "none", now=lambda: 0.0)
    assert problem_of(lambda: vault.unlock(PASSWORD)) is Problem.VAULT_MISSING
    assert problem_of(vault.restore_backup) is Problem.VAULT_MISSING


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_loses_nothing(vault: Vault, phrase: str) -> None:
    before = vault.path.read_bytes()
    vault.path.parent.chmod(0o500)
    try:
        assert problem_of(lambda: add(vault, phrase)) is Problem.VAULT_UNWRITABLE
    finally:
        vault.path.parent.chmod(0o700)
    assert vault.path.read_bytes() == before


def test_a_full_disk_loses_nothing(vault: Vault, phrase: str) -> None:
    before = vault.path.read_bytes()

    def full(step: str) -> None:
        if step == "new file half written":
            raise OSError(28, "No space left on device")

    crippled = Vault(vault.path, now=lambda: 0.0, parameters=sealed_file.FLOOR, step=full)
    crippled.unlock(PASSWORD)
    with pytest.raises(WalletError, match="no space left on device") as caught:
        add(crippled, phrase)
    assert caught.value.problem is Problem.VAULT_UNWRITABLE
    assert vault.path.read_bytes() == before
    assert not list(vault.path.parent.glob("*.new-*"))


def reseal(data: bytes, **changes: Any) -> bytes:
    """The file with another header and a right digest."""
    start = len(sealed_file.MAGIC) + 4
    (length,) = struct.unpack_from(">I", data, start - 4)
    header = json.loads(data[start : start + length])
    header["kdf"].update({name: value for name, value in changes.items() if name in header["kdf"]})
    header.update({name: value for name, value in changes.items() if name not in header["kdf"]})
    text = canonical_json(header)
    body = sealed_file.MAGIC + struct.pack(">I", len(text)) + text + data[start + length : -32]
    return body + sealed_file.hashlib.sha256(body).digest()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"memory_kib": 1024 * 1024 + 1}, Problem.VAULT_REFUSED),
        ({"memory_kib": 2**40}, Problem.VAULT_REFUSED),
        ({"memory_kib": 8}, Problem.VAULT_REFUSED),
        ({"memory_kib": "19456"}, Problem.VAULT_REFUSED),
        ({"memory_kib": -1}, Problem.VAULT_REFUSED),
        ({"memory_kib": 1e9}, Problem.VAULT_REFUSED),
        ({"memory_kib": 1024 * 1024, "passes": 5}, Problem.VAULT_REFUSED),
        ({"passes": 1}, Problem.VAULT_REFUSED),
        ({"passes": 2**31}, Problem.VAULT_REFUSED),
        ({"salt": ""}, Problem.VAULT_REFUSED),
        ({"name": "pbkdf2"}, Problem.VAULT_REFUSED),
        ({"nonce": "AAAA"}, Problem.VAULT_REFUSED),
        ({"cipher": "none"}, Problem.VAULT_REFUSED),
        ({"extra": 1}, Problem.VAULT_REFUSED),
        ({"extra": "x" * 3000}, Problem.VAULT_DAMAGED),
        ({"v": 2}, Problem.VAULT_TOO_NEW),
        ({"v": True}, Problem.VAULT_REFUSED),
        ({"passes": 3}, Problem.WRONG_PASSWORD),
    ],
)
def test_hostile_headers_are_refused(vault: Vault, changes: dict[str, Any], problem: Problem) -> None:
    vault.path.write_bytes(reseal(vault.path.read_bytes(), **changes))
    assert problem_of(lambda: again(vault).unlock(PASSWORD)) is problem


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_flipped_bit_or_cut_is_noticed_cheaply(vault: Vault, data: st.DataObject) -> None:
    whole = vault.path.read_bytes()
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(whole) * 8 - 1))
        spoiled = bytearray(whole)
        spoiled[place // 8] ^= 1 << (place % 8)
    else:
        spoiled = bytearray(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(WalletError) as caught:
        sealed_file.read_sealed(bytes(spoiled), sealed_file.SealedKind.VAULT)
    assert caught.value.problem is Problem.VAULT_DAMAGED


def test_a_changed_content_with_a_right_digest_is_not_opened(vault: Vault) -> None:
    whole = bytearray(vault.path.read_bytes())
    whole[-60] ^= 1
    whole[-32:] = sealed_file.hashlib.sha256(whole[:-32]).digest()
    vault.path.write_bytes(whole)
    assert problem_of(lambda: again(vault).unlock(PASSWORD)) is Problem.WRONG_PASSWORD


@pytest.mark.parametrize("data", [b"", b"R3MES-WALLET\n", b"R3MES-WALLET\n\xff\xff\xff\xff", b"{}", b"\0" * 100])
def test_other_files_are_no_vaults(vault: Vault, data: bytes) -> None:
    vault.path.write_bytes(data)
    assert problem_of(lambda: again(vault).unlock(PASSWORD)) is Problem.VAULT_DAMAGED


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/zero and RLIMIT_AS")
def test_an_endless_file_is_refused_in_bounded_memory(tmp_path: Path, wallet_child: Any) -> None:
    (tmp_path / "vault").symlink_to("/dev/zero")
    answer = wallet_child(
        "import resource\n"
        "from pathlib import Path\n"
        "from r3mes_launcher.wallet.vault import Vault\n"
        "from r3mes_launcher.wallet.errors import WalletError\n"
        "used = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 48 * 2**20,) * 2)\n"
        "try:\n"
        "    Vault(Path('vault'), now=float).unlock('password')\n"
        "except WalletError as error:\n"
        "    print(error.problem)\n"
    )
    assert answer.stdout.strip() == Problem.VAULT_DAMAGED


@pytest.mark.skipif(sys.platform != "linux", reason="needs RLIMIT_AS")
def test_too_little_memory_is_said_so(vault: Vault, wallet_child: Any) -> None:
    vault.path.write_bytes(reseal(vault.path.read_bytes(), memory_kib=512 * 1024))
    answer = wallet_child(
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from r3mes_launcher.wallet.vault import Vault\n"
        "from r3mes_launcher.wallet.errors import WalletError\n"
        "used = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 64 * 2**20,) * 2)\n"
        "try:\n"
        f"    Vault(Path({str(vault.path)!r}), now=float).unlock('password')\n"
        "except WalletError as error:\n"
        "    print(error.problem)\n"
    )
    assert answer.stdout.strip() == Problem.NOT_ENOUGH_MEMORY


# kill -9 at every step

WRITER = """
import itertools, json, os, shutil, signal, sys
from pathlib import Path
from r3mes_launcher.wallet import sealed_file
from r3mes_launcher.wallet.keys import account_path
from r3mes_launcher.wallet.mnemonic import entropy_of_phrase, passphrase_bytes
from r3mes_launcher.wallet.vault import Vault

source, root, action = Path(os.environ["SOURCE"]), Path(os.environ["ROOT"]), os.environ["ACTION"]

def write(folder, kill_at, say):
    done = 0

    def step(name):
        nonlocal done
        done += 1
        if done == kill_at:
            os.write(say, name.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    vault = Vault(folder / "vault", now=lambda: 0.0, parameters=sealed_file.FLOOR, step=step)
    if action == "create":
        vault.create("correct horse battery")
        return
    vault.unlock("correct horse battery")
    if action == "add":
        phrase = "abandon " * 11 + "about"
        vault.add_phrase("New", entropy_of_phrase(phrase), passphrase_bytes(""), account_path(index=7), "remes")
    else:
        vault.change_password("correct horse battery", "another password")

steps = []
for kill_at in itertools.count(1):
    folder = root / str(kill_at)
    folder.mkdir(parents=True)
    for name in ("vault", "vault.backup") if action != "create" else ():
        shutil.copy(source / name, folder / name)
    hear, say = os.pipe()
    child = os.fork()  # a process of its own for each step, without paying for the imports again
    if child == 0:
        try:
            write(folder, kill_at, say)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    os.close(say)
    name, status = os.read(hear, 100).decode(), os.waitpid(child, 0)[1]
    os.close(hear)
    if status == 0:
        break
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, status
    steps.append(name)
print(json.dumps(steps))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX signal")
@pytest.mark.parametrize("action", ["create", "add", "change"])
def test_kill_9_at_each_step_loses_no_wallet(
    action: str, vault: Vault, phrase: str, tmp_path: Path, wallet_child: Any
) -> None:
    add(vault, phrase, 0)
    add(vault, phrase, 1)
    answer = wallet_child(WRITER, SOURCE=str(vault.path.parent), ROOT=str(tmp_path / "killed"), ACTION=action)
    steps = json.loads(answer.stdout)
    for kill_at in range(1, len(steps) + 1):
        survivor = Vault(tmp_path / "killed" / str(kill_at) / "vault", now=lambda: 0.0, parameters=sealed_file.FLOOR)
        if action == "create" and not survivor.exists():
            # Nothing was promised yet; creating again has to work.
            survivor.create(PASSWORD)
            continue
        try:
            survivor.unlock(PASSWORD)
        except WalletError as error:
            assert error.problem is Problem.WRONG_PASSWORD and action == "change"
            survivor.unlock("another password")
        names = [record.name for record in survivor.wallets()]
        both = ["Wallet 0", "Wallet 1"]
        assert names in {"create": [[]], "add": [both, [*both, "New"]], "change": [both]}[action]
        survivor.add_watch("After", "remes", address=encode_address(bytes(20), "remes"))
        assert not list(survivor.path.parent.glob("*.new-*")), "a killed writer's leavings are swept"
    assert {"new file half written", "new file synced", "file in place"} <= set(steps)
    assert action != "add" or {"backup made", "backup in place"} <= set(steps)
    assert action != "change" or "backup renewed" in steps
