"""`r3mes-api credits`: what the operator does with the ledger by hand. It may run beside the gateway."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping
from typing import Any

from r3mes_api.settings import Settings
from r3mes_api.settings_loading import SettingsError, load_settings
from r3mes_protocol.exit_codes import ExitCode


class CreditsError(Exception):
    """It can't be done; the text says why and what to do."""


def add_parser(commands: Any) -> None:
    credit = commands.add_parser("credits", help="give credits to a wallet, look at a balance, check the ledger")
    actions = credit.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add", help="give credits to a wallet")
    add.add_argument("address", help="the wallet's address")
    add.add_argument("amount", type=int, help="base units")
    add.add_argument(
        "--reference", required=True, help="what it is for, such as an invoice; the same reference counts once"
    )
    show = actions.add_parser("show", help="the balance of a wallet")
    show.add_argument("address", help="the wallet's address")
    actions.add_parser("check", help="add the whole ledger up; exit code 70 if it is not balanced")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Returns the exit code; prints on stdout, and problems on stderr."""
    try:
        text, code = asyncio.run(_run(arguments, load_settings(environ)))
    except (CreditsError, SettingsError) as error:
        sys.stderr.write(f"{error}\n")
        return ExitCode.CONFIGURATION
    sys.stdout.write(f"{text}\n")
    return code


async def _run(arguments: argparse.Namespace, settings: Settings) -> tuple[str, int]:
    from r3mes_api.accounts.ledger import Ledger
    from r3mes_api.storage.database import DatabaseUnavailable, open_database
    from r3mes_api.storage.database_url import DatabaseUrlError, database_url, sqlite_file
    from r3mes_api.storage.migrate import SchemaTooNew, migrate

    if settings.database_url is None and settings.data_folder is None:
        raise CreditsError("Where is the ledger? Set DATABASE_URL or R3MES_DATA_FOLDER as for the gateway.")
    try:
        if settings.database_url is not None:
            database = open_database(database_url(settings.database_url))
        else:
            assert settings.data_folder is not None
            database = open_database(sqlite_file(settings.data_folder / "gateway.db"))
        try:
            await migrate(database)
            return await _act(arguments, Ledger(database), settings)
        finally:
            await database.close()
    except (DatabaseUrlError, DatabaseUnavailable, SchemaTooNew, OSError) as error:
        raise CreditsError(f"The ledger can't be opened. {error}") from None


async def _act(arguments: argparse.Namespace, ledger: Any, settings: Settings) -> tuple[str, int]:
    if arguments.action == "check":
        audit = await ledger.audit()
        verdict = "The ledger is balanced" if audit.is_balanced else "THE LEDGER IS NOT BALANCED"
        text = (
            f"{verdict}: {audit.unbalanced_entries} entries and {audit.wrong_balances} balances are wrong, "
            f"{audit.open_reservations} base units are set aside for running requests."
        )
        return text, ExitCode.OK if audit.is_balanced else ExitCode.INTERNAL
    _check_address(arguments.address, settings.address_prefix)
    if arguments.action == "add":
        try:
            new = await ledger.deposit(
                arguments.address, arguments.amount, reference=arguments.reference, now=int(time.time())
            )
        except ValueError as error:
            raise CreditsError(f"Nothing was given: {error}.") from None
        said = f"{arguments.amount} base units were given."
        if not new:
            said = "This reference was used before: nothing was given."
    else:
        said = arguments.address
    balance = await ledger.balance(arguments.address)
    return f"{said}\navailable {balance.available}, set aside {balance.reserved}", ExitCode.OK


def _check_address(address: str, prefix: str | None) -> None:
    from r3mes_api.owner_signature import address_prefix

    found = address_prefix(address)
    if found is None or (prefix is not None and found != prefix):
        raise CreditsError(f"“{address[:100]}” is no wallet address of this network ({prefix or 'bech32'}).")
