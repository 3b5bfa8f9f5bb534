"""`r3mes-engine serve | check | models`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import psutil

from r3mes_engine.backends.scripted import DEFAULT_TOKENS, DEFAULT_TOKENS_PER_SECOND
from r3mes_engine.device import GpuSurvey, survey_gpus
from r3mes_engine.errors import EngineExit, ModelUnusable
from r3mes_engine.model_arguments import add_catalogue_argument, add_models_parser
from r3mes_engine.models.memory_plan import Plan, QuantisationChoice, memory_plan
from r3mes_engine.models.shape import model_shape
from r3mes_engine.models.source import checked_model
from r3mes_engine.settings import (
    DEFAULT_ADAPTER_MB,
    DEFAULT_CONCURRENCY,
    MAX_CONCURRENCY,
    ServeSettings,
    UpstreamSettings,
)
from r3mes_engine.upstream.address import parse_base
from r3mes_engine.upstream.command import LocalServer
from r3mes_protocol import __version__
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.origin import gateway_origin
from r3mes_protocol.wire import GatewayOrigin


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Returns the exit code; argparse itself exits with 2 for a usage it does not know."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "check":
        return _check(options.model, options.quantisation, as_json=options.json)
    # Each command imports what it needs: checking does not wait for the event loop and the node.
    if options.command == "models":
        from r3mes_engine.model_commands import run_models_command

        return run_models_command(options)
    problem = _upstream_problem(options)
    if problem:
        parser.error(problem)
    from r3mes_engine.serve import serve

    return serve(
        ServeSettings(
            gateways=tuple(options.gateway),
            model=options.model,
            catalogues=tuple(options.catalogue),
            device=options.device,
            state_dir=options.state_dir,
            backend=options.backend,
            control_on_stdin=options.control == "stdio",
            grants=tuple(options.grant),
            max_concurrency=options.max_concurrency,
            adapters=options.adapters,
            adapter_memory_mb=options.adapter_memory_mb,
            quantisation=options.quantisation,
            scripted_tokens=options.scripted_tokens,
            scripted_tokens_per_second=options.scripted_tokens_per_second,
            upstream=_upstream(options),
            endpoint=options.endpoint,
        )
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="r3mes-engine", description="Serves models as a node of the R3MES network.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer requests that a gateway sends", description=_SERVE)
    serve.add_argument(
        "--gateway",
        type=_gateway,
        required=True,
        action="append",
        metavar="URL",
        help="the gateway to register with; may be repeated, in the order of preference",
    )
    serve.add_argument(
        "--model",
        default="builtin",
        metavar="builtin|PATH|NAME",
        help="a Hugging Face folder, a GGUF file, or a name of the catalogue, which is downloaded first (%(default)s)",
    )
    add_catalogue_argument(serve)
    serve.add_argument(
        "--device",
        choices=("auto", "cuda", "cpu"),
        default="auto",
        help="auto and cuda need a GPU; cpu is slow and meant for testers (%(default)s)",
    )
    serve.add_argument("--state-dir", type=Path, required=True, metavar="DIR", help="node key and converted models")
    serve.add_argument("--backend", choices=("transformers", "upstream", "scripted"), default="transformers")
    serve.add_argument(
        "--control",
        choices=("stdio",),
        help="take commands on stdin and end with it; without this, stdin is left alone",
    )
    serve.add_argument(
        "--grant",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="the owner's signed grant for this node; may be repeated, one for each gateway",
    )
    serve.add_argument(
        "--max-concurrency",
        type=_between(1, MAX_CONCURRENCY),
        metavar="N",
        help="answers at once (4 on a CPU, 16 on a GPU)",
    )
    serve.add_argument(
        "--adapters",
        type=Path,
        metavar="DIR",
        help="a folder of LoRA adapters in PEFT's format, each in its own folder",
    )
    serve.add_argument(
        "--adapter-memory-mb",
        type=_between(1, 1_000_000),
        metavar="N",
        help="MiB for loaded adapters; the longest unused leave (256 on a CPU, 1024 on a GPU)",
    )
    serve.add_argument("--quantisation", choices=_QUANTISATIONS, default="auto", help=_QUANTISATION_HELP)
    serve.add_argument("--scripted-tokens", type=_between(1, 100_000), default=DEFAULT_TOKENS, metavar="N")
    serve.add_argument(
        "--scripted-tokens-per-second", type=_pace, default=DEFAULT_TOKENS_PER_SECOND, metavar="X", help="0: no pause"
    )
    _add_upstream(serve)
    check = commands.add_parser("check", help="tell which GPUs can be used")
    check.add_argument("--json", action="store_true", help="one JSON object instead of sentences")
    check.add_argument("--model", metavar="DIR", help="also tell how a Hugging Face folder would fit")
    check.add_argument("--quantisation", choices=_QUANTISATIONS, default="auto", help=_QUANTISATION_HELP)
    add_models_parser(commands)
    return parser


def _add_upstream(serve: argparse.ArgumentParser) -> None:
    group = serve.add_argument_group("backend upstream", "another OpenAI-compatible server makes the text")
    group.add_argument(
        "--upstream", type=_base, metavar="URL", help="a server that is there, such as http://host:8000/v1"
    )
    group.add_argument("--upstream-key-file", type=Path, metavar="FILE", help="its API key, in the file's first line")
    group.add_argument("--upstream-model", metavar="NAME", help="which of its models (the first)")
    group.add_argument(
        "--upstream-context",
        type=_between(1, 10_000_000),
        metavar="N",
        help="tokens that fit, if the server won't tell",
    )
    group.add_argument(
        "--upstream-server", choices=("vllm", "llama-server"), help="run such a server with --model and watch over it"
    )
    group.add_argument(
        "--upstream-program",
        metavar="PATH",
        help="a Python that has vLLM (the engine's own), or llama-server's program",
    )
    group.add_argument("--tensor-parallel", type=_between(1, 1024), default=1, metavar="N", help="vLLM: GPUs per layer")
    group.add_argument(
        "--pipeline-parallel", type=_between(1, 1024), default=1, metavar="N", help="vLLM: groups of layers"
    )
    group.add_argument(
        "--ray", metavar="ADDRESS", help="vLLM: a Ray cluster that is there (worker processes without it)"
    )
    group.add_argument(
        "--upstream-option",
        action="append",
        default=[],
        metavar="OPTION",
        help="handed to the server as it is, such as --upstream-option=--gpu-memory-utilization=0.8; may be repeated",
    )
    group.add_argument(
        "--endpoint",
        type=_base,
        metavar="URL",
        help="offer gateways this address of the same server, to call it directly",
    )


def _upstream(options: argparse.Namespace) -> UpstreamSettings:
    local = None
    if options.upstream_server is not None:
        own = sys.executable if options.upstream_server == "vllm" else "llama-server"
        local = LocalServer(
            options.upstream_server,
            options.upstream_program or own,
            options.tensor_parallel,
            options.pipeline_parallel,
            options.ray,
            tuple(options.upstream_option),
        )
    return UpstreamSettings(
        options.upstream, options.upstream_key_file, options.upstream_model, options.upstream_context, local
    )


def _upstream_problem(options: argparse.Namespace) -> str:
    given = (options.upstream, options.upstream_server)
    if options.backend != "upstream":
        return (
            "--upstream, --upstream-server and --endpoint go with --backend upstream"
            if any((*given, options.endpoint))
            else ""
        )
    if (given[0] is None) == (given[1] is None):
        return "--backend upstream needs either --upstream or --upstream-server"
    return ""


def _base(text: str) -> str:
    try:
        return parse_base(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


_QUANTISATIONS = ("auto", "fp32", "bf16", "int8", "nf4")
_QUANTISATION_HELP = "how weights are kept; auto takes the first that fits, the most exact first (%(default)s)"

_SERVE = (
    "Loads a model, registers with a gateway and answers its requests. Events are printed on stdout, one JSON object a "
    "line; logs go to stderr. A request without temperature and top_p gets what the model's makers recommend, or "
    "OpenAI's 1.0 where they recommend nothing."
)


def _gateway(text: str) -> GatewayOrigin:
    try:
        return gateway_origin(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _between(low: int, high: int) -> _Between:
    return _Between(low, high)


class _Between:
    def __init__(self, low: int, high: int) -> None:
        self._low = low
        self._high = high

    def __call__(self, text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None
        if not self._low <= number <= self._high:
            raise argparse.ArgumentTypeError(f"{number} is not between {self._low} and {self._high}")
        return number


def _pace(text: str) -> float:
    try:
        pace = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not 0 <= pace <= 100_000:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100000")
    return pace


def _check(model: str | None, quantisation: QuantisationChoice, *, as_json: bool) -> int:
    survey = survey_gpus()
    usable = survey.best is not None
    plan = None
    if model is not None:
        try:
            plan = _plan(model, quantisation, survey)
        except EngineExit as problem:
            print(f"{problem.message} {problem.hint}".strip(), file=sys.stderr)
            return problem.exit_code
    if as_json:
        verdict = {
            "usable": usable,
            "problem": survey.problem,
            "hint": survey.hint,
            "driver_version": survey.driver_version,
            "gpus": [asdict(gpu) for gpu in survey.gpus],
            **({} if plan is None else {"plan": asdict(plan)}),
        }
        print(json.dumps(verdict, ensure_ascii=False))
    else:
        _print_survey(survey)
        if plan is not None:
            print(plan.sentence)
    if plan is not None and not plan.fits:
        return ExitCode.OUT_OF_MEMORY
    return ExitCode.OK if usable else ExitCode.NO_USABLE_GPU


def _plan(model: str, quantisation: QuantisationChoice, survey: GpuSurvey) -> Plan:
    """For the best GPU, or for the computer's own memory where there is none. Raises EngineExit."""
    source = checked_model(model)
    if source.kind != "folder":
        raise ModelUnusable(
            "A GGUF file is converted when the engine first serves it, and planned then.", "Give --model a folder."
        )
    best, kind = survey.best, "cpu" if survey.best is None else "cuda"
    return memory_plan(
        model_shape(source.path),
        memory=psutil.virtual_memory().available if best is None else best.memory_free_mb * 2**20,
        device="cpu" if best is None else "cuda",
        # Without torch nobody knows how a processor multiplies; float32 is the larger of the two.
        native="fp32" if best is None else "bf16",
        wanted=quantisation,
        concurrency=DEFAULT_CONCURRENCY[kind],
        adapters=DEFAULT_ADAPTER_MB[kind] * 2**20,
    )


def _print_survey(survey: GpuSurvey) -> None:
    for gpu in survey.gpus:
        print(f"GPU {gpu.index}: {gpu.name}, {gpu.memory_free_mb} of {gpu.memory_total_mb} MiB free: {gpu.reason}")
    if survey.best is not None:
        print(f"The engine would use {survey.best.name}.")
    else:
        print(f"{survey.problem} {survey.hint}".strip(), file=sys.stderr)
