"""Commands on the vault alone."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from r3mes_launcher.wallet.account_discovery import previews
from r3mes_launcher.wallet.addresses import in_groups
from r3mes_launcher.wallet.cosmos_armor import export_armor, import_armor
from r3mes_launcher.wallet.json_input import Fields, bad
from r3mes_launcher.wallet.keys import account_path
from r3mes_launcher.wallet.mnemonic import (
    entropy_of_phrase,
    new_entropy,
    passphrase_bytes,
    phrase_words,
    quiz_positions,
)
from r3mes_launcher.wallet.secret import Secret
from r3mes_launcher.wallet.wallet_record import WalletRecord
from r3mes_launcher.wallet.wallet_session import WalletSession

Answer = dict[str, Any]


def create(session: WalletSession, fields: Fields) -> Answer:
    """A new wallet; its words are in the answer, once."""
    password, words = fields.text("password"), fields.count("words", 24)
    entropy = new_entropy(words)
    shown = phrase_words(entropy)
    record = _add_phrase(session, fields, password, entropy)
    return {**public(record), "words": list(shown)}


def restore(session: WalletSession, fields: Fields) -> Answer:
    password, mnemonic = fields.text("password"), fields.text("mnemonic")
    return public(_add_phrase(session, fields, password, entropy_of_phrase(mnemonic), backed_up=True))


def _add_phrase(
    session: WalletSession, fields: Fields, password: str, entropy: Secret, *, backed_up: bool = False
) -> WalletRecord:
    profile = session.profile()
    name, passphrase = fields.text("name", "Wallet"), passphrase_bytes(fields.text("passphrase", ""))
    path = account_path(
        fields.count("coin_type", profile.coin_type),
        fields.count("account", 0),
        fields.count("index", 0),
    )
    fields.done()
    session.open_or_create(password)
    only = profile.chain_id if profile.demo else ""
    return session.vault.add_phrase(
        name, entropy, passphrase, path, profile.prefix, backed_up=backed_up, only_chain_id=only
    )


def watch(session: WalletSession, fields: Fields) -> Answer:
    password, name, address = fields.text("password"), fields.text("name", "Watched"), fields.text("address", "")
    public_key = fields.text("public_key", "")
    fields.done()
    try:
        key = bytes.fromhex(public_key)
    except ValueError:
        raise bad("“public_key” is not hex.") from None
    if not address and not key:
        raise bad("Give an “address” or a “public_key”.")
    session.open_or_create(password)
    return public(session.vault.add_watch(name, session.profile().prefix, address=address, public_key=key))


def preview(session: WalletSession, fields: Fields) -> Answer:
    """The addresses that a phrase has at the usual places, before it is restored."""
    profile = session.profile()
    with (
        entropy_of_phrase(fields.text("mnemonic")) as entropy,
        passphrase_bytes(fields.text("passphrase", "")) as extra,
    ):
        fields.done()
        found = previews(entropy, extra, profile.prefix, profile.coin_type)
    return {
        "addresses": [
            {"path": str(item.path), "coin_type": item.coin_type, "index": item.index, "address": item.address}
            for item in found
        ]
    }


def list_wallets(session: WalletSession, fields: Fields) -> Answer:
    _unlocked(session, fields)
    fields.done()
    return {"wallets": [public(record) for record in session.vault.wallets()]}


def receive(session: WalletSession, fields: Fields) -> Answer:
    _unlocked(session, fields)
    record = session.choose(fields.text("wallet", ""))
    fields.done()
    return {"address": record.address, "groups": " ".join(in_groups(record.address))}


def words(session: WalletSession, fields: Fields) -> Answer:
    """The words of a wallet that was made here, to write them down."""
    password = _unlocked(session, fields)
    record = session.choose(fields.text("wallet", ""))
    fields.done()
    return {"address": record.address, "words": list(session.vault.reveal_words(record.wallet_id, password))}


def check_backup(session: WalletSession, fields: Fields) -> Answer:
    """Without “answers” asks for three words by their place; with them, checks what was written down."""
    password = _unlocked(session, fields)
    record = session.choose(fields.text("wallet", ""))
    if not fields.has("answers"):
        fields.done()
        count = len(session.vault.reveal_words(record.wallet_id, password))
        return {"positions": list(quiz_positions(count)), "backed_up": record.backed_up}
    answers = fields.object("answers")
    fields.done()
    try:
        positions = tuple(int(place) for place in answers)
    except ValueError:
        raise bad('“answers” names the place of each word: {"3": "…", …}.') from None
    given = tuple(str(word) for word in answers.values())
    return {"backed_up": session.vault.confirm_backup(record.wallet_id, positions, given)}


def rename(session: WalletSession, fields: Fields) -> Answer:
    _unlocked(session, fields)
    record, name = session.choose(fields.text("wallet", "")), fields.text("name")
    fields.done()
    return public(session.vault.rename(record.wallet_id, name))


def remove(session: WalletSession, fields: Fields) -> Answer:
    """Takes one wallet out of the vault. Its words open it again, if they were written down."""
    password = _unlocked(session, fields)
    record, confirm = session.choose(fields.text("wallet")), fields.flag("confirm")
    fields.done()
    if confirm:
        session.vault.remove(record.wallet_id, password)
    return {"removed": confirm, "address": record.address, "backed_up": record.backed_up}


def contacts(session: WalletSession, fields: Fields) -> Answer:
    _unlocked(session, fields)
    fields.done()
    return {"contacts": [contact.model_dump(mode="json") for contact in session.vault.contacts()]}


def set_contact(session: WalletSession, fields: Fields) -> Answer:
    _unlocked(session, fields)
    name, address, note = fields.text("name"), fields.text("address"), fields.text("note", "")
    fields.done()
    session.vault.set_contact(name, address, session.profile().prefix, note)
    return {"contacts": [contact.model_dump(mode="json") for contact in session.vault.contacts()]}


def forget_contact(session: WalletSession, fields: Fields) -> Answer:
    _unlocked(session, fields)
    address = fields.text("address")
    fields.done()
    session.vault.remove_contact(address)
    return {"contacts": [contact.model_dump(mode="json") for contact in session.vault.contacts()]}


def change_password(session: WalletSession, fields: Fields) -> Answer:
    old, new = fields.text("password"), fields.text("new_password")
    fields.done()
    session.vault.change_password(old, new)
    return {"changed": True}


def export(session: WalletSession, fields: Fields) -> Answer:
    """One wallet as an encrypted file, in base64."""
    password, export_password = _unlocked(session, fields), fields.text("export_password")
    record = session.choose(fields.text("wallet", ""))
    fields.done()
    data = session.vault.export(record.wallet_id, password, export_password)
    return {"export": base64.b64encode(data).decode(), "address": record.address}


def import_wallet(session: WalletSession, fields: Fields) -> Answer:
    password, data, export_password = fields.text("password"), fields.base64("export"), fields.text("export_password")
    fields.done()
    session.open_or_create(password)
    return public(session.vault.import_export(data, export_password))


def export_key(session: WalletSession, fields: Fields) -> Answer:
    """The private key in the armor of Cosmos daemons."""
    password, export_password = _unlocked(session, fields), fields.text("export_password")
    record = session.choose(fields.text("wallet", ""))
    fields.done()
    with session.vault.private_key(record.wallet_id, password) as key:
        return {"armor": export_armor(key, export_password), "address": record.address}


def import_key(session: WalletSession, fields: Fields) -> Answer:
    password, armor, export_password = fields.text("password"), fields.text("armor"), fields.text("export_password")
    name = fields.text("name", "Imported")
    fields.done()
    with import_armor(armor, export_password) as key:
        session.open_or_create(password)
        profile = session.profile()
        only = profile.chain_id if profile.demo else ""
        return public(session.vault.add_key(name, key, profile.prefix, only_chain_id=only))


VAULT_COMMANDS: Mapping[str, tuple[Callable[[WalletSession, Fields], Answer], str]] = {
    "create": (create, "make a new wallet; its words are shown once"),
    "restore": (restore, "restore a wallet from its words"),
    "preview": (preview, "the addresses that a phrase opens"),
    "watch": (watch, "watch an address without its key"),
    "list": (list_wallets, "the wallets of the vault"),
    "receive": (receive, "the address to be paid at"),
    "words": (words, "a wallet's words again, to write them down"),
    "check-backup": (check_backup, "whether the words were written down right"),
    "rename": (rename, "give a wallet another name"),
    "remove": (remove, "take a wallet out of the vault"),
    "contacts": (contacts, "the address book"),
    "contact": (set_contact, "put an address into the book"),
    "forget-contact": (forget_contact, "take one out"),
    "change-password": (change_password, "change the vault's password"),
    "export": (export, "one wallet as an encrypted file"),
    "import": (import_wallet, "add a wallet from such a file"),
    "export-key": (export_key, "a private key as Cosmos daemons export it"),
    "import-key": (import_key, "add a key that a Cosmos daemon exported"),
}


def _unlocked(session: WalletSession, fields: Fields) -> str:
    """The password; empty where the keyring has opened the vault, which is not enough to take secrets out."""
    password = fields.text("password", None if session.vault.is_locked else "")
    session.unlock(password)
    return password


def public(record: WalletRecord) -> Answer:
    return record.model_dump(mode="json")
