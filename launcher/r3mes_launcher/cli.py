"""`r3mes`: the launcher's core on the command line, without Qt.

Exit codes: 0 done (for `run` also: ended by Ctrl-C or SIGTERM) · 1 failed · 2 usage · 3 `status`: nothing runs ·
130 interrupted before there was an answer · otherwise the engine's own code, such as 10 for no usable GPU.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from r3mes_launcher.roles import run_role

if TYPE_CHECKING:
    from r3mes_launcher.core.interface import Core
    from r3mes_launcher.terminal.chat_command import Chat
    from r3mes_launcher.terminal.control_commands import Place, Terminal
    from r3mes_launcher.terminal.interrupts import Interrupts
    from r3mes_launcher.terminal.printer import Printer

DEVICES = ("auto", "cpu")


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    role = run_role(given)
    if role is not None:
        return role
    if given[:1] == ["wallet"]:
        # It has many sub-commands and libraries of its own, which the other commands need not wait for.
        from r3mes_launcher.wallet import cli as wallet

        return wallet.main(given[1:])
    options = parser().parse_args(given)
    if options.command == "status":
        return _status(options)
    if options.command in _STEERING:
        work = _steer(options)
    else:
        work = _doctor(options) if options.command == "doctor" else _start(options)
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        # Before or after the loop's own handler was in place.
        return 130


def parser() -> argparse.ArgumentParser:
    from r3mes_protocol import __version__

    whole = argparse.ArgumentParser(prog="r3mes", description="A node of the R3MES network, on the command line.")
    whole.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = whole.add_subparsers(dest="command", required=True)

    run = commands.add_parser("run", help="run the launcher in the foreground until Ctrl-C")
    _add_common(run)
    run.add_argument("--serve", action="store_true", help=_SERVE_HELP)
    run.set_defaults(verb="run")

    chat = commands.add_parser("chat", help="ask a model; a conversation on a terminal, otherwise one exchange")
    _add_common(chat)
    chat.add_argument("--serve", action="store_true", help="serve first, then ask one's own node. " + _SERVE_HELP)
    chat.add_argument("--prompt", default=None, metavar="TEXT", help="ask this one thing and end")
    chat.set_defaults(verb="chat")

    status = commands.add_parser("status", help="tell what the launcher that runs now does")
    status.add_argument("--json", action="store_true", help="for scripts")
    doctor = commands.add_parser("doctor", help="look whether this computer can be a node, and what to do")
    doctor.add_argument("--json", action="store_true", help="for scripts")
    doctor.add_argument("--demo", action="store_true", help="look at the demo")
    _add_steering(commands)
    commands.add_parser("wallet", help="keys, payments and stakes; JSON on standard input and output", add_help=False)
    return whole


_STEERING = ("start", "stop", "drain", "pause", "resume", "download", "logs", "earnings", "bundle", "settings")
_MOST_LINES = 1_000_000
_PAUSES = ("15m", "1h", "until-restart", "until-resumed")


def _add_steering(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """What is told to the launcher that runs."""

    def add(name: str, words: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=words)
        command.add_argument("--demo", action="store_true", help="of the demo")
        return command

    add("start", "switch Serving on; where no launcher runs, this one runs until Ctrl-C")
    add("stop", "switch Serving off; running requests are finished first")
    add("drain", "switch Serving off and wait until the last request and the engine have ended")
    pause = add("pause", "do not serve for a while; the switch stays on")
    pause.add_argument("length", nargs="?", choices=_PAUSES, default="until-resumed")
    resume = add("resume", "end the pause")
    manner = resume.add_mutually_exclusive_group()
    manner.add_argument(
        "--anyway", action="store_true", help="also set aside what holds now and may be set aside without harm"
    )
    manner.add_argument("--by-the-rules", action="store_true", help="take --anyway back; a pause stays")
    download = add("download", "the model that is being downloaded, and the token of its hub")
    steps = download.add_subparsers(dest="action", required=True)
    for name, purpose in (
        ("pause", "hold it; what came stays"),
        ("resume", "go on with it"),
        ("cancel", "throw away what came, and switch Serving off"),
        ("token", "keep an access token for gated models in the system's keyring; it is read from standard input"),
        ("forget-token", "take the token out of the keyring"),
    ):
        step = steps.add_parser(name, help=purpose)
        step.add_argument("--demo", action="store_true", default=argparse.SUPPRESS, help="of the demo")
    logs = add("logs", "show the log of the launcher that runs, and of its engine and gateway")
    logs.add_argument("--follow", "-f", action="store_true", help="go on until Ctrl-C")
    logs.add_argument("--level", choices=("debug", "info", "warning", "error"), default="debug", help="this or worse")
    logs.add_argument("--process", default="", metavar="NAME", help="launcher, engine or gateway")
    logs.add_argument("--search", default="", metavar="TEXT", help="lines with this text, in capitals or not")
    logs.add_argument("--lines", "-n", type=_lines, default=0, metavar="N", help="the newest N (default: all)")
    logs.add_argument("--json", action="store_true", help="one object a line")
    earnings = add("earnings", "what this computer's node earned, and what is left after its electricity")
    form = earnings.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for scripts")
    form.add_argument("--csv", action="store_true", help="for spreadsheets")
    earnings.add_argument(
        "--days", type=_days, default=30, metavar="N", help="the last N days (default: 30, at most 90)"
    )
    earnings.add_argument(
        "--sign-in",
        action="store_true",
        help="let the wallet sign in at the gateway; its password comes from the terminal or the standard input",
    )
    bundle = add("bundle", "diagnostics for somebody who helps, without secrets, as a zip")
    bundle.add_argument("--output", "-o", default="", metavar="FILE", help="default: r3mes-diagnostics-….zip here")
    bundle.add_argument("--preview", action="store_true", help="print all that would be in it, and write nothing")
    settings = add("settings", "read and change the settings")
    actions = settings.add_subparsers(dest="action", required=True)
    for name, words, what in (
        ("list", (), "all of them"),
        ("get", ("NAME",), "one"),
        ("set", ("NAME", "VALUE"), "change one; it takes effect at once"),
        ("export", ("FILE",), "write them for another computer; - is standard output"),
        ("import", ("FILE",), "take over exported ones; - is standard input"),
    ):
        action = actions.add_parser(name, help=what)
        action.add_argument("--demo", action="store_true", default=argparse.SUPPRESS, help="of the demo")
        if words:
            action.add_argument("words", nargs=len(words), metavar=words)
        action.set_defaults(words=[])


def _days(text: str) -> int:
    from r3mes_launcher.core.earnings.overview import MAX_DAYS

    return _whole(text, 1, MAX_DAYS)


def _lines(text: str) -> int:
    return _whole(text, 0, _MOST_LINES)


def _whole(text: str, least: int, most: int) -> int:
    """Raises ArgumentTypeError with what is wrong about it."""
    if text.isascii() and text.isdecimal() and len(text) <= len(str(most)) + 10 and least <= int(text) <= most:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a whole number from {least} to {most}")


_SERVE_HELP = (
    "switch Serving on for this run, with the embedded model unless another one is chosen; "
    "where there is no usable GPU the CPU is used, and it is said"
)


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--demo", action="store_true", help="offline, with a recorded day and a mock gateway")
    command.add_argument("--device", choices=DEVICES, default=None, help="for this run (default: as chosen before)")
    command.add_argument("--gateway", default="", metavar="URL", help="a remote gateway, for this run")
    command.add_argument(
        "--model", default="", metavar="MODEL", help="`builtin`, a folder, a GGUF file, or a name of the catalogue"
    )
    command.add_argument("--verbose", "-v", action="store_true", help="print all of the log")


def _status(options: argparse.Namespace) -> int:
    from r3mes_launcher.core.data_folder import DataFolder, data_home
    from r3mes_launcher.terminal.status_command import status

    home = data_home(os.environ)
    text, code = status((DataFolder.under(home, False), DataFolder.under(home, True)), options.json)
    print(text)
    return code


def _complain(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _file_words(error: OSError) -> str:
    from r3mes_launcher.system_cause import system_cause

    cause = system_cause(error)
    if not isinstance(error.filename, str):
        return f"The system refused it: {cause}."
    return f"{error.filename} can't be used: {cause}. Name a file in a folder that is there and that is yours."


def _place(options: argparse.Namespace) -> Place:
    from r3mes_launcher.composition import CompositionOptions, compose
    from r3mes_launcher.core.data_folder import DataFolder, data_home
    from r3mes_launcher.terminal.control_commands import Place

    folder = DataFolder.under(data_home(os.environ), options.demo)
    return Place(folder, lambda: compose(CompositionOptions(demo=options.demo)))


async def _doctor(options: argparse.Namespace) -> int:
    from r3mes_launcher.terminal.doctor_command import doctor

    place = _place(options)
    try:
        return await doctor(place.folder, place.compose, options.json, print, _complain)
    except ValueError as error:
        _complain(f"r3mes: {error}")
        return 1


async def _steer(options: argparse.Namespace) -> int:
    from r3mes_launcher.core.control.messages import BadMessage, ControlError
    from r3mes_launcher.core.interface import StartRefused
    from r3mes_launcher.terminal import control_commands as commands
    from r3mes_launcher.terminal.exit_status import ExitStatus
    from r3mes_launcher.terminal.running import NotRunning

    place, terminal = _place(options), commands.Terminal(_print_now, _complain)
    try:
        match options.command:
            case "start":
                return await _switch_on(options, place, terminal)
            case "stop" | "drain" as verb:
                return await commands.switch_off(place, terminal, verb)
            case "pause":
                arguments = {"choice": commands.PAUSES[options.length].value}
                return await commands.told(place, terminal, "pause", arguments)
            case "resume":
                return await commands.told(
                    place, terminal, "resume", {"anyway": options.anyway, "by_the_rules": options.by_the_rules}
                )
            case "logs":
                wish = {name: getattr(options, name) for name in ("follow", "level", "process", "search", "lines")}
                return await commands.logs(place, terminal, wish, options.json)
            case "earnings":
                from r3mes_launcher.terminal.earnings_command import earnings

                form = "json" if options.json else "csv" if options.csv else "text"
                return await earnings(place, terminal, options.days, form, options.sign_in)
            case "bundle":
                from r3mes_launcher.terminal.bundle_command import bundle

                return await bundle(place, terminal, options.output, options.preview)
            case "download":
                from r3mes_launcher.terminal.download_command import download

                return await download(place, terminal, options.action)
            case "settings":
                return await commands.settings(place, terminal, options.action, options.words)
            case _:
                return await commands.told(place, terminal, options.command)
    except (StartRefused, ControlError, BadMessage, ValueError) as error:
        _complain(f"r3mes: {error}")
        return ExitStatus.FAILED
    except OSError as error:
        _complain(f"r3mes: {_file_words(error)}")
        return ExitStatus.FAILED
    except NotRunning:
        _complain("r3mes: The launcher ended meanwhile.")
        return ExitStatus.FAILED


async def _switch_on(options: argparse.Namespace, place: Place, terminal: Terminal) -> int:
    """Asks the launcher that runs; where none does, this process becomes it."""
    from r3mes_launcher.terminal.control_commands import told
    from r3mes_launcher.terminal.running import running_or_at_rest

    answer = await running_or_at_rest(place.folder, place.compose, "status")
    if isinstance(answer, dict):
        return await told(place, terminal, "start")
    try:
        await answer.change_settings({"desired": "serving"})
    finally:
        # Whoever starts first now reads the wish; the other one asks it.
        await answer.close()
    return await _start(parser().parse_args(["run", *(["--demo"] if options.demo else [])]))


def _print_now(words: str) -> None:
    print(words, flush=True)


async def _start(options: argparse.Namespace) -> int:
    from r3mes_launcher.composition import CompositionOptions, compose
    from r3mes_launcher.core.interface import StartRefused
    from r3mes_launcher.core.state import DeviceChoice
    from r3mes_launcher.terminal.exit_status import ExitStatus
    from r3mes_launcher.terminal.interrupts import watch_interrupts
    from r3mes_launcher.terminal.printer import Printer

    chatting = options.verb == "chat"
    # Only an answer belongs on the stdout of `chat`.
    printer = Printer(
        sys.stderr if chatting else sys.stdout, verbose=options.verbose, node=options.serve or not chatting
    )
    try:
        core = compose(
            CompositionOptions(
                demo=options.demo,
                serve=options.serve,
                gateway_url=options.gateway,
                device=None if options.device is None else DeviceChoice(options.device),
                model=options.model,
            )
        )
    except ValueError as error:
        print(f"r3mes: --gateway: {error}", file=sys.stderr)
        return ExitStatus.USAGE
    with watch_interrupts() as interrupts:
        unsubscribe = core.subscribe(printer)
        # Nobody looks at charts here.
        core.attend(False)
        try:
            await core.start()
            if chatting:
                return await _chat(core, options, interrupts, printer)
            from r3mes_launcher.terminal.run_command import run

            return await run(core, interrupts, printer)
        except StartRefused as error:
            if not chatting or options.serve or options.gateway:
                print(f"r3mes: {error}", file=sys.stderr)
                return ExitStatus.FAILED
            return await _chat_with_running(options, interrupts, printer, str(error))
        finally:
            await _close(core, interrupts)
            unsubscribe()
            printer.close()


async def _close(core: Core, interrupts: Interrupts) -> None:
    """In order; or at once after another Ctrl-C: the loop's end then kills what is left."""
    interrupts.arrived.clear()
    closing = asyncio.ensure_future(core.close())
    hurry = asyncio.ensure_future(interrupts.arrived.wait())
    await asyncio.wait({closing, hurry}, return_when=asyncio.FIRST_COMPLETED)
    hurry.cancel()
    if closing.done():
        closing.result()


async def _chat(core: Core, options: argparse.Namespace, interrupts: Interrupts, printer: Printer) -> int:
    from r3mes_launcher.terminal.chat_command import wait_for_node

    if options.serve and not options.demo:
        code = await wait_for_node(core, interrupts)
        if code:
            return code
    return await _converse(core, options, interrupts, printer)


async def _chat_with_running(
    options: argparse.Namespace, interrupts: Interrupts, printer: Printer, refusal: str
) -> int:
    """Another launcher has the folder: its gateway answers as well."""
    from r3mes_launcher.core.data_folder import DataFolder, data_home
    from r3mes_launcher.core.status_file import running_launcher
    from r3mes_launcher.terminal.chat_command import GatewayChat
    from r3mes_launcher.terminal.exit_status import ExitStatus

    running = running_launcher(DataFolder.under(data_home(os.environ), options.demo))
    if running is None or not running.gateway_url:
        print(f"r3mes: {refusal}", file=sys.stderr)
        return ExitStatus.FAILED
    printer.say(f"Asking through the launcher that runs already (pid {running.pid}, {running.gateway_url}).")
    chat = GatewayChat(running.gateway_url)
    try:
        return await _converse(chat, options, interrupts, printer)
    finally:
        await chat.close()


async def _converse(chat: Chat, options: argparse.Namespace, interrupts: Interrupts, printer: Printer) -> int:
    from r3mes_launcher.terminal.chat_command import DEFAULT_PROMPT, Conversation
    from r3mes_launcher.terminal.line_reader import LineReader

    conversation = Conversation(chat, interrupts, printer, sys.stdout)
    if options.prompt is not None:
        return await conversation.once(options.prompt)
    if sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty():
        return await conversation.loop(LineReader(sys.stdin.fileno()))
    return await conversation.once(DEFAULT_PROMPT)


if __name__ == "__main__":
    sys.exit(main())
