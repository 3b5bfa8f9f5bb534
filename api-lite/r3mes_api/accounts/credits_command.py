"""`r3mes-api credits`: what the operator does with the ledger by hand. It may run beside the gateway."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r3mes_api.settings import Settings
from r3mes_api.settings_loading import SettingsError, load_settings
from r3mes_api.settings_report import EnvFileError, read_env_file
from r3mes_protocol.exit_codes import ExitCode

if TYPE_CHECKING:
    from sqlalchemy import URL


class CreditsError(Exception):
    """It can't be done; the text says why and what to do."""


def add_parser(commands: Any) -> None:
    credit = commands.add_parser("credits", help="give credits to a wallet, look at a balance, check the ledger")
    credit.add_argument("--env-file", type=Path, help="read the settings from this file instead of the environment")
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
    file: Path | None = arguments.env_file
    try:
        given = environ if file is None else read_env_file(file.read_text(encoding="utf-8"))
        text, code = asyncio.run(_run(arguments, load_settings(given)))
    except (CreditsError, EnvFileError, SettingsError) as error:
        sys.stderr.write(f"{error}\n")
        return ExitCode.CONFIGURATION
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{file} can't be read: {getattr(error, 'strerror', None) or 'it is no text'}.\n")
        return ExitCode.CONFIGURATION
    sys.stdout.write(f"{text}\n")
    return code


async def _run(arguments: argparse.Namespace, settings: Settings) -> tuple[str, int]:
    from r3mes_api.accounts.ledger import Ledger
    from r3mes_api.storage.database import DatabaseUnavailable, open_database
    from r3mes_api.storage.database_url import DatabaseUrlError
    from r3mes_api.storage.migrate import SchemaTooNew, migrate

    if arguments.action != "check":
        _check_address(arguments.address, settings.address_prefix)
    try:
        database = open_database(_ledger_url(settings, made_here=arguments.action == "add"))
        try:
            await migrate(database)
            return await _act(arguments, Ledger(database), settings)
        finally:
            await database.close()
    except (DatabaseUrlError, DatabaseUnavailable, SchemaTooNew, OSError) as error:
        raise CreditsError(f"The ledger can't be opened. {error}") from None


def _ledger_url(settings: Settings, *, made_here: bool) -> URL:
    """Raises CreditsError, DatabaseUrlError."""
    from r3mes_api.storage.database_url import database_url, sqlite_file

    if settings.database_url is not None:
        url = database_url(settings.database_url)
    elif settings.data_folder is not None:
        url = sqlite_file(settings.data_folder / "gateway.db")
    else:
        raise CreditsError("Where is the ledger? Set DATABASE_URL or R3MES_DATA_FOLDER as for the gateway.")
    if not made_here and url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        # An empty ledger that is made here and now would be balanced, and hide the wrong folder.
        raise CreditsError(f"There is no ledger at {url.database}; the gateway makes it at its first start.")
    return url


async def _act(arguments: argparse.Namespace, ledger: Any, settings: Settings) -> tuple[str, int]:
    if arguments.action == "check":
        audit = await ledger.audit()
        verdict = "The ledger is balanced" if audit.is_balanced else "THE LEDGER IS NOT BALANCED"
        text = (
            f"{verdict}: {audit.unbalanced_entries} entries and {audit.wrong_balances} balances are wrong, "
            f"{audit.open_reservations} base units are set aside for running requests."
        )
        return text, ExitCode.OK if audit.is_balanced else ExitCode.INTERNAL
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
