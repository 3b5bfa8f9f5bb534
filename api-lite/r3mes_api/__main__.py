"""`python -m r3mes_api`, also `r3mes-api`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable, Sequence

from r3mes_protocol import __version__
from r3mes_protocol.exit_codes import ExitCode


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code. stdout carries the ready line alone; logs go to stderr."""
    arguments = _parser().parse_args(argv)
    if arguments.command == "config":
        from r3mes_api.config_command import run

        return run(arguments, os.environ)
    if arguments.command == "credits":
        from r3mes_api.accounts.credits_command import run as run_credits

        return run_credits(arguments, os.environ)
    from r3mes_api.settings_loading import SettingsError, check_files, load_settings

    try:
        settings = load_settings(os.environ)
        check_files(settings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return ExitCode.CONFIGURATION
    from r3mes_api.log_format import configure_logging

    # A launcher stamps each line with its time.
    configure_logging(settings.log_level, settings.log_format, stamped=arguments.control != "stdio")
    if settings.log_level != "debug":
        # It tells of every connection.
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        # It tells of each of its own parts.
        logging.getLogger("alembic").setLevel(logging.WARNING)
    from r3mes_api.lifecycle import CannotStart
    from r3mes_api.server import CannotListen, bind, serve

    try:
        listener = bind(arguments.host, arguments.port, settings.client_stall_s)
    except CannotListen as error:
        print(error, file=sys.stderr)
        return ExitCode.CONFIGURATION
    with listener, asyncio.Runner(loop_factory=_loop_factory()) as runner:
        try:
            runner.run(serve(settings, listener, watch_stdin=arguments.control == "stdio", announce=_announce))
        except CannotStart as error:
            print(error, file=sys.stderr)
            return error.exit_code
        except Exception:
            logging.getLogger(__name__).exception("The gateway ended because of a fault in itself.")
            return ExitCode.INTERNAL
    return ExitCode.OK


def _parser() -> argparse.ArgumentParser:
    from r3mes_api.accounts.credits_command import add_parser as add_credits_parser
    from r3mes_api.config_command import add_parser as add_config_parser

    parser = argparse.ArgumentParser(
        prog="r3mes-api",
        description="The gateway of the R3MES network: an OpenAI-compatible API that needs no GPU.",
        epilog="Without a command the gateway runs. Everything else is set by environment variables, such as "
        "R3MES_INFERENCE_MODE=disabled|mock|remote|local; `r3mes-api config docs` lists them.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=8000, help="port, 0 for a free one (default: %(default)s)")
    parser.add_argument(
        "--control", choices=["stdio"], help="end when stdin does; for a launcher that starts this program"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    add_config_parser(commands)
    add_credits_parser(commands)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop  # type: ignore[no-any-return]


def _announce(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
