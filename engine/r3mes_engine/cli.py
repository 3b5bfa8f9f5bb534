"""`r3mes-engine serve | check | bench | health | key | models`: the arguments. Each command has a module of its own."""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from r3mes_engine.backends.scripted import DEFAULT_TOKENS, DEFAULT_TOKENS_PER_SECOND
from r3mes_engine.model_arguments import add_catalogue_argument, add_models_parser
from r3mes_engine.settings import MAX_CONCURRENCY, ServeSettings, UpstreamSettings
from r3mes_engine.upstream.address import parse_base
from r3mes_engine.upstream.command import LocalServer
from r3mes_protocol import __version__
from r3mes_protocol.origin import gateway_origin
from r3mes_protocol.wire import GatewayOrigin


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Returns the exit code; argparse itself exits with 2 for a usage it does not know."""
    parser = _parser()
    options = parser.parse_args(arguments)
    other = _OTHER_COMMANDS.get(options.command)
    if other is not None:
        return other(options)
    problem = _upstream_problem(options)
    if problem:
        parser.error(problem)
    if options.restart == "on-failure":
        if options.control is not None:
            parser.error("--restart goes without --control: whoever holds that channel starts the engine again")
        from r3mes_engine.restart_policy import RestartPolicy
        from r3mes_engine.supervision import supervised

        own = sys.argv[1:] if arguments is None else arguments
        return supervised(own, options.state_dir, RestartPolicy(random.uniform))
    from r3mes_engine.serve import serve

    return serve(
        ServeSettings(
            gateways=tuple(options.gateway),
            model=options.model,
            catalogues=tuple(options.catalogue),
            device=options.device,
            gpus=tuple(options.gpu),
            state_dir=options.state_dir,
            backend=options.backend,
            control_on_stdin=options.control == "stdio",
            asks_for_token=options.ask_for_token and options.control == "stdio",
            grants=tuple(options.grant),
            max_concurrency=options.max_concurrency,
            adapters=options.adapters,
            adapter_memory_mb=options.adapter_memory_mb,
            quantisation=options.quantisation,
            scripted_tokens=options.scripted_tokens,
            scripted_tokens_per_second=options.scripted_tokens_per_second,
            upstream=_upstream(options),
            cuda_graphs=options.cuda_graphs,
            embedding_model=options.embedding_model,
            endpoint=options.endpoint,
        )
    )


# Each command imports what it needs: checking does not wait for the event loop and the node.


def _check(options: argparse.Namespace) -> int:
    from r3mes_engine.check_command import run_check

    return run_check(options)


def _bench(options: argparse.Namespace) -> int:
    from r3mes_engine.bench_command import run_bench

    return run_bench(options)


def _health(options: argparse.Namespace) -> int:
    from r3mes_engine.health_command import run_health

    return run_health(options)


def _key(options: argparse.Namespace) -> int:
    from r3mes_engine.key_command import run_key

    return run_key(options)


def _models(options: argparse.Namespace) -> int:
    from r3mes_engine.model_commands import run_models_command

    return run_models_command(options)


_OTHER_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "check": _check,
    "bench": _bench,
    "health": _health,
    "key": _key,
    "models": _models,
}


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
    _add_device(serve)
    serve.add_argument("--state-dir", type=Path, required=True, metavar="DIR", help="node key and converted models")
    serve.add_argument("--backend", choices=("transformers", "upstream", "scripted"), default="transformers")
    serve.add_argument(
        "--control",
        choices=("stdio",),
        help="take commands on stdin and end with it; without this, stdin is left alone",
    )
    serve.add_argument(
        "--restart",
        choices=("no", "on-failure"),
        default="no",
        help="on-failure: start again after exit codes 14 and 70 and crashes, with growing pauses; for containers",
    )
    serve.add_argument(
        "--ask-for-token",
        action="store_true",
        help="with --control: a gated model waits for a `download` command with its hub's token, instead of ending",
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
    serve.add_argument(
        "--embedding-model",
        type=Path,
        metavar="DIR",
        help="the folder of a sentence-transformers model, for /v1/embeddings on loopback and through the gateway",
    )
    serve.add_argument("--quantisation", choices=_QUANTISATIONS, default="auto", help=_QUANTISATION_HELP)
    _add_cuda_graphs(serve)
    serve.add_argument("--scripted-tokens", type=_between(1, 100_000), default=DEFAULT_TOKENS, metavar="N")
    serve.add_argument(
        "--scripted-tokens-per-second", type=_pace, default=DEFAULT_TOKENS_PER_SECOND, metavar="X", help="0: no pause"
    )
    _add_upstream(serve)
    _add_check(commands)
    _add_bench(commands)
    health = commands.add_parser("health", help="ask a running engine whether it answers (exit code 0)")
    _add_state_dir(health, required=True)
    _add_json(health)
    health.add_argument("--timeout", type=_seconds, default=4.0, metavar="S", help="for its answer (%(default)s)")
    key = commands.add_parser("key", help="show the node's public key, which a grant is made for; made where missing")
    _add_state_dir(key, required=True)
    _add_json(key)
    add_models_parser(commands)
    return parser


_Commands = argparse._SubParsersAction


def _add_check(commands: _Commands[argparse.ArgumentParser]) -> None:
    check = commands.add_parser("check", help="tell which GPUs can be used, and how a model would fit")
    _add_json(check)
    check.add_argument(
        "--model", metavar="builtin|PATH|NAME", help="also tell how a model would fit; names are the catalogue's"
    )
    add_catalogue_argument(check)
    check.add_argument("--quantisation", choices=_QUANTISATIONS, default="auto", help=_QUANTISATION_HELP)
    _add_gpu(check)
    _add_state_dir(check, required=False)


def _add_bench(commands: _Commands[argparse.ArgumentParser]) -> None:
    bench = commands.add_parser(
        "bench", help="measure a model on this computer and keep the figures", description=_BENCH
    )
    _add_json(bench)
    bench.add_argument("--model", default="builtin", metavar="builtin|PATH|NAME")
    add_catalogue_argument(bench)
    bench.add_argument("--quantisation", choices=_QUANTISATIONS, default="auto", help=_QUANTISATION_HELP)
    _add_cuda_graphs(bench)
    _add_device(bench)
    _add_state_dir(bench, required=True)
    bench.add_argument(
        "--batches", type=_batches, default=(1, 4, 16), metavar="N,N", help="answers at once (1,4,16), each measured"
    )
    bench.add_argument(
        "--prompt-tokens",
        type=_between(1, 100_000),
        metavar="N",
        help="of each prompt, about (128 on a CPU, 512 on a GPU)",
    )
    bench.add_argument(
        "--tokens", type=_between(2, 10_000), default=64, metavar="N", help="of each answer (%(default)s)"
    )
    bench.add_argument("--backend", choices=("transformers", "scripted"), default="transformers")


def _add_device(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--device",
        choices=("auto", "cuda", "cpu"),
        default="auto",
        help="auto and cuda need a GPU; cpu is slow and meant for testers (%(default)s)",
    )
    _add_gpu(command)


def _add_gpu(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--gpu",
        type=_gpu_uuid,
        action="append",
        default=[],
        metavar="UUID",
        help="use this GPU, or the best of several (`r3mes-engine check` shows them); may be repeated",
    )


def _add_cuda_graphs(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--cuda-graphs",
        action="store_true",
        help="record steps without adapters on the GPU and play them back; whether it pays, `bench` tells",
    )


def _add_state_dir(command: argparse.ArgumentParser, *, required: bool) -> None:
    command.add_argument("--state-dir", type=Path, required=required, metavar="DIR", help="the engine's")


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="JSON instead of sentences")


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

_BENCH = (
    "Loads the model and measures how fast prompts are read and answers are made. The figures lie in the state folder; "
    "until the node has real ones, its heartbeats tell them. Ctrl-C ends it and keeps nothing."
)

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


_UUID = re.compile(r"(?i)(GPU-|MIG-)?[0-9a-f][0-9a-f-]{3,}(/[0-9/]+)?")


def _gpu_uuid(text: str) -> str:
    if _UUID.fullmatch(text) is None or len(text) > 100:
        raise argparse.ArgumentTypeError(f"{text[:100]!r} is no UUID of a GPU; `nvidia-smi -L` shows them")
    has_kind = text[:4].upper() in ("GPU-", "MIG-")
    return f"{text[:4].upper()}{text[4:]}" if has_kind else f"GPU-{text}"


def _batches(text: str) -> tuple[int, ...]:
    return tuple(_between(1, MAX_CONCURRENCY)(part) for part in text.split(","))


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 3600")
    return seconds


def _pace(text: str) -> float:
    try:
        pace = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not 0 <= pace <= 100_000:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100000")
    return pace
