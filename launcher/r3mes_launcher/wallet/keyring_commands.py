"""Commands about the system's keyring, which may keep the vault's unlock key if its owner says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from r3mes_launcher.wallet.command_steps import Answer
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.json_input import Fields
from r3mes_launcher.wallet.os_keyring import ADVICE, KeyringState, SystemKeyring
from r3mes_launcher.wallet.wallet_session import WalletSession


async def remember(session: WalletSession, fields: Fields) -> Answer:
    """Lets the keyring keep the unlock key; then “--keyring” opens the vault without its password."""
    session.unlock(fields.text("password"))
    fields.done()
    vault = session.vault
    with vault.unlock_key() as key:
        state = await SystemKeyring().store(vault.keyring_name(), key)
    _require_ready(state)
    return {"remembered": True, "says": ADVICE[state].message}


async def forget(session: WalletSession, fields: Fields) -> Answer:
    """Takes the key out of the keyring again. Needs no password: whoever can read it can also delete it."""
    fields.done()
    _require_ready(await SystemKeyring().forget(session.vault.keyring_name()))
    return {"remembered": False}


async def unlock_by_keyring(session: WalletSession) -> None:
    """Raises KEYRING with what is wrong and what to do."""
    fetched = await SystemKeyring().fetch(session.vault.keyring_name())
    if fetched.key is None:
        _require_ready(fetched.state)
    else:
        session.vault.unlock_with_key(fetched.key)


def _require_ready(state: KeyringState) -> None:
    if state is not KeyringState.READY:
        raise WalletError(Problem.KEYRING, *ADVICE[state])


KEYRING_COMMANDS: Mapping[str, tuple[Callable[[WalletSession, Fields], Awaitable[Answer]], str]] = {
    "remember": (remember, "let the system's keyring open the vault"),
    "forget": (forget, "end that"),
}
