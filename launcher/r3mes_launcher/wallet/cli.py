"""`r3mes wallet …`: one JSON object on standard input, one on standard output, sentences on standard error.

Secrets come by standard input only, never by arguments or the environment. On a terminal the password is asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from r3mes_launcher.wallet.chain_commands import CHAIN_COMMANDS
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.json_input import Fields, parse_document, read_text
from r3mes_launcher.wallet.keyring_commands import KEYRING_COMMANDS, unlock_by_keyring
from r3mes_launcher.wallet.offline_commands import OFFLINE_COMMANDS
from r3mes_launcher.wallet.permission_commands import PERMISSION_COMMANDS
from r3mes_launcher.wallet.process_guard import refuse_core_dumps
from r3mes_launcher.wallet.sealed_file import STANDARD, StretchParameters
from r3mes_launcher.wallet.vault_commands import VAULT_COMMANDS
from r3mes_launcher.wallet.wallet_session import WalletSession, default_home

EXIT_OK = 0
EXIT_REFUSED = 1
"""The input was fine, but the network, the vault or the computer said no."""
EXIT_BAD_INPUT = 2

ONLINE_COMMANDS = {**CHAIN_COMMANDS, **PERMISSION_COMMANDS}

NOT_THE_INPUT = frozenset(
    {
        Problem.OFFLINE,
        Problem.BAD_ANSWER,
        Problem.CHAIN_REFUSED,
        Problem.NOT_ENOUGH_FUNDS,
        Problem.FEE_TOO_HIGH,
        Problem.IN_FLIGHT,
        Problem.WRONG_CHAIN,
        Problem.STAKING_RULE,
        Problem.NOT_ENOUGH_MEMORY,
        Problem.VAULT_DAMAGED,
        Problem.VAULT_TOO_NEW,
        Problem.VAULT_CHANGED,
        Problem.VAULT_MISSING,
        Problem.VAULT_UNWRITABLE,
        Problem.KEYRING,
    }
)
PROMPTS = {"mnemonic": "Recovery phrase", "new_password": "New password", "export_password": "Password of the export"}
ASKED_FOR: dict[str, tuple[str, ...]] = {
    "preview": ("mnemonic",),
    "restore": ("password", "mnemonic"),
    "change-password": ("password", "new_password"),
    "export": ("password", "export_password"),
    "export-key": ("password", "export_password"),
    "validators": (),
    "forget": (),
    "resume": (),
    "close-unclear": (),
    "broadcast": (),
    "faucet": (),
    "network": (),
}
"""The secrets of each command that a terminal asks for; only the wallet's password for all others."""


def add_commands(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="wallet_command", required=True, metavar="COMMAND")
    for name, (_, help_text) in {**OFFLINE_COMMANDS, **VAULT_COMMANDS, **KEYRING_COMMANDS, **ONLINE_COMMANDS}.items():
        action = actions.add_parser(name, help=help_text)
        if name in OFFLINE_COMMANDS:
            continue
        action.add_argument("--home", type=Path, default=None, help="where the wallet lives (default: R3MES_HOME)")
        action.add_argument("--network", default="r3mes-testnet", help="a network's name, or a profile's file")
        action.add_argument("--network-key", default="", metavar="KEY", help="who must have signed the profile's file")
        action.add_argument("--endpoint", action="append", default=[], help="ask this node instead; may be repeated")
        action.add_argument("--keyring", action="store_true", help="open the vault by the system's keyring")
        action.add_argument("--set", action="append", default=[], metavar="NAME=TEXT", help="a field that is no secret")


def run(
    arguments: argparse.Namespace,
    source: BinaryIO | None = None,
    *,
    parameters: StretchParameters = STANDARD,
) -> int:
    """Does one command; answers an exit code. Whatever is refused leaves standard output empty.

    `source` stands for standard input; `parameters` are those of the files that will be written.
    """
    refuse_core_dumps()
    stream = source if source is not None else sys.stdin.buffer
    try:
        answer = _answer(arguments, stream, parameters, terminal=source is None and sys.stdin.isatty())
    except WalletError as error:
        print(str(error), file=sys.stderr)
        return EXIT_REFUSED if error.problem in NOT_THE_INPUT else EXIT_BAD_INPUT
    except KeyboardInterrupt:
        print("Stopped. What was signed goes on with “r3mes wallet resume”.", file=sys.stderr)
        return EXIT_REFUSED
    print(json.dumps(answer, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))
    return EXIT_OK


def _answer(
    arguments: argparse.Namespace, stream: BinaryIO, parameters: StretchParameters, *, terminal: bool
) -> dict[str, Any]:
    name = arguments.wallet_command
    if name in OFFLINE_COMMANDS:
        return OFFLINE_COMMANDS[name][0](read_text(stream))
    document: Any = {} if terminal else parse_document(read_text(stream).strip() or "{}")
    if isinstance(document, dict):
        document = {**_settings(arguments.set), **document}
        asked = ASKED_FOR.get(name, ("password",)) if terminal else ()
        for secret in asked:
            if secret == "password" and arguments.keyring:
                continue
            document[secret] = getpass.getpass(f"{PROMPTS.get(secret, 'Password of the wallet')}: ")
    fields = Fields(document)
    session = WalletSession(
        arguments.home or default_home(),
        arguments.network,
        tuple(arguments.endpoint),
        network_key=arguments.network_key,
        parameters=parameters,
    )
    try:
        if arguments.keyring:
            asyncio.run(unlock_by_keyring(session))
        if name in KEYRING_COMMANDS:
            return asyncio.run(_with_keyring(name, session, fields))
        if name in VAULT_COMMANDS:
            return VAULT_COMMANDS[name][0](session, fields)
        return asyncio.run(_online(name, session, fields))
    finally:
        session.vault.lock()


async def _with_keyring(name: str, session: WalletSession, fields: Fields) -> dict[str, Any]:
    return await KEYRING_COMMANDS[name][0](session, fields)


async def _online(name: str, session: WalletSession, fields: Fields) -> dict[str, Any]:
    async with session.online() as online:
        return await ONLINE_COMMANDS[name][0](session, online, fields)


LISTS = frozenset({"roles", "actions", "recipients", "validators"})
SECRET_FIELDS = frozenset(
    {"password", "new_password", "export_password", "mnemonic", "passphrase", "armor", "export", "answers"}
)


def _settings(pairs: Sequence[str]) -> dict[str, Any]:
    """`--set to=remes1…`: for people at a terminal. Secrets are refused here: others can read a command line."""
    settings: dict[str, Any] = {}
    for pair in pairs:
        name, separator, text = pair.partition("=")
        if not separator or not name:
            raise WalletError(Problem.BAD_INPUT, "“--set” takes NAME=TEXT.")
        if name in SECRET_FIELDS:
            raise WalletError(
                Problem.BAD_INPUT, f"“{name}” is a secret: give it on standard input, never on the command line."
            )
        settings[name] = _value(name, text)
    return settings


def _value(name: str, text: str) -> Any:
    if name in ("confirm", "accept", "csv", "included"):
        return text == "yes"
    return text.split(",") if name in LISTS else text


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="r3mes wallet", description=__doc__)
    add_commands(parser)
    return run(parser.parse_args(arguments))
