"""The arguments of `r3mes-engine models`; following them is in model_commands."""

from __future__ import annotations

import argparse
from pathlib import Path

from r3mes_engine.store.catalogue import OWN_CATALOGUE


def add_models_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    models = commands.add_parser(
        "models", help="download models and adapters, and look after them", description=_DESCRIPTION
    )
    actions = models.add_subparsers(dest="action", required=True)
    for action, text in _ACTIONS.items():
        parser = actions.add_parser(action, help=text, description=text[0].upper() + text[1:] + ".")
        parser.add_argument(
            "--state-dir", type=Path, required=True, metavar="DIR", help="the engine's; what is downloaded lies in it"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object a line instead of sentences")
        add_catalogue_argument(parser)
        if action == "add":
            _add_arguments(parser)
        elif action != "list":
            parser.add_argument("name", metavar="NAME", help="as `models list` shows it")
        if action in ("download", "repair", "add"):
            parser.add_argument(
                "--token-stdin",
                action="store_true",
                help="read the hub's token from the first line of stdin; only the hub itself gets to see it",
            )


def add_catalogue_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--catalogue",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help=f"a catalogue besides R3MES's and the {OWN_CATALOGUE} of the state folder; may be repeated",
    )


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", nargs="+", metavar="URL", help="of a GGUF file, or of all files of a model or adapter")
    parser.add_argument("--name", help="what it shall be called; else its file's name")
    parser.add_argument("--licence", default="unknown", help="its licence (%(default)s)")
    parser.add_argument("--context-tokens", type=int, metavar="N", help="the longest conversation that it can hold")


_ACTIONS = {
    "list": "show what can be downloaded, and what is there",
    "download": "download a model or an adapter; an interrupted download goes on where it stopped",
    "verify": "read a downloaded model and compare it with its hashes",
    "repair": "download what is damaged again, and nothing else",
    "remove": "delete a downloaded model, or what there is of it",
    "add": "download what no catalogue has, and write it into the own catalogue with the hashes that it has",
}

_DESCRIPTION = (
    "Only safetensors and GGUF files are downloaded, by https, and each is compared with its hash before it counts. "
    "Ctrl-C pauses a download. A downloaded model is served with `serve --model NAME`."
)
