"""`r3mes-api config check` and `r3mes-api config docs`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r3mes_api.settings import Settings
from r3mes_api.settings_loading import SettingsError, check_files, load_settings
from r3mes_api.settings_report import (
    EnvFileError,
    effective,
    env_example,
    notes,
    read_env_file,
    table,
    unknown_names,
    with_table,
)
from r3mes_protocol.exit_codes import ExitCode


def add_parser(commands: Any) -> None:
    config = commands.add_parser("config", help="check or describe the settings")
    actions = config.add_subparsers(dest="action", required=True)
    check = actions.add_parser("check", help="say whether the gateway would start with these settings")
    check.add_argument("--env-file", type=Path, help="read this file instead of the environment")
    docs = actions.add_parser("docs", help="print the table of all settings")
    docs.add_argument("--env", action="store_true", help="print a .env file instead of the table")
    docs.add_argument("--write", type=Path, metavar="FILE", help="write it into this file instead")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Returns the exit code; prints on stdout, and problems on stderr."""
    if arguments.action == "check":
        return _check(arguments.env_file, environ)
    return _docs(arguments.env, arguments.write)


def _check(env_file: Path | None, environ: Mapping[str, str]) -> int:
    given = environ
    try:
        if env_file is not None:
            given = read_env_file(env_file.read_text(encoding="utf-8"))
        settings = load_settings(given)
        check_files(settings)
    except (EnvFileError, SettingsError) as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.writelines(f"Note: {note}.\n" for note in unknown_names(given))
        return ExitCode.CONFIGURATION
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{env_file} can't be read: {getattr(error, 'strerror', None) or 'it is no text'}.\n")
        return ExitCode.CONFIGURATION
    sys.stdout.write(_verdict(settings, given))
    return ExitCode.OK


def _verdict(settings: Settings, environ: Mapping[str, str]) -> str:
    changed = list(effective(settings))
    lines = ["The gateway would start with these settings."]
    lines += [f"  {line}" for line in changed] or ["  (all at their defaults)"]
    lines += [f"Note: {note}." for note in notes(settings, environ)]
    return "\n".join(lines) + "\n"


def _docs(env: bool, write: Path | None) -> int:
    if write is None:
        sys.stdout.write(env_example() if env else table() + "\n")
        return ExitCode.OK
    try:
        text = env_example() if env else with_table(write.read_text(encoding="utf-8"))
        write.write_text(text, encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{write} can't be written: {error}.\n")
        return ExitCode.CONFIGURATION
    return ExitCode.OK
