"""llama.cpp's server and vLLM, run by the engine itself: adapters, numbers, a dead server, a drain.

What every backend keeps is in test_backend_contract.py, which runs against both as well. Command and installation:
docs/development.md.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from r3mes_protocol.messages import Done, Failed, FailureCode

pytestmark = [pytest.mark.slow, pytest.mark.model, pytest.mark.timeout(1800)]

STARTS_S = 800.0
# Adapters cost vLLM two thirds of its pace on a processor, and other programs may want that as well.
PATIENT = {"deadline_s": 600, "first_token_s": 600}
STORY = [{"role": "user", "content": "Write a long story about a fox who wants to learn to count to one hundred."}]


@pytest.fixture
def start_real(
    start_engine: Any, gateway: Any, server_arguments: Callable[[str], list[str]]
) -> Iterator[Callable[..., Any]]:
    def start(kind: str, *more: str) -> Any:
        engine = start_engine(*server_arguments(kind), *more, backend="upstream", gateway=gateway.url)
        engine.event("ready", timeout=STARTS_S)
        return engine

    yield start


def family(engine: Any) -> list[psutil.Process]:
    return psutil.Process(engine.process.pid).children(recursive=True)


def done(session: Any, job: str) -> Done:
    terminal = session.terminal(job, timeout=600)
    assert isinstance(terminal, Done), terminal
    return terminal


def test_adapters_of_vllm_by_digest(start_real: Any, gateway: Any, make_adapter: Any, tmp_path: Path) -> None:
    sizes = {
        f"model.layers.{layer}.self_attn.{name}": SimpleNamespace(inputs=576, outputs=outputs)
        for layer in range(30)
        for name, outputs in (("q_proj", 576), ("v_proj", 192))
    }
    for number, name in enumerate(("fox", "owl")):
        folder = tmp_path / "adapters" / name
        make_adapter(folder, sizes, seed=number, rank=8, strength=2.0, targets=("q_proj", "v_proj"))
    engine = start_real("vllm", "--adapters", str(tmp_path / "adapters"))
    session = gateway.session()
    offers = {offer.name: offer for offer in session.register.available_loras}
    assert {name: offer.residency for name, offer in offers.items()} == {"fox": "disk", "owl": "disk"}
    asked = {"messages": STORY, "max_tokens": 8, "temperature": 0, **PATIENT}
    jobs = {name: session.job(**asked, **({"adapter": name} if name else {})) for name in ("", "fox", "owl")}
    by_digest = session.job(**asked, adapter=offers["fox"].digest)
    unknown = session.job(**asked, adapter="nobody")
    for job in (*jobs.values(), by_digest):
        done(session, job)
    assert session.terminal(unknown).code is FailureCode.ADAPTER_NOT_FOUND
    texts = {name: session.text(job) for name, job in jobs.items()}
    assert len(set(texts.values())) == 3, texts
    assert session.text(by_digest) == texts["fox"]
    # A load while another answer goes on.
    story = session.job(messages=STORY, max_tokens=24, temperature=0, ignore_eos=True, **PATIENT)
    session.wait(lambda: bool(session.text(story)), "text", 300)
    make_adapter(tmp_path / "elk", sizes, seed=7, rank=8, strength=2.0, targets=("q_proj", "v_proj"))
    asked_at = time.monotonic()
    engine.command(cmd="load_adapter", name="elk", path=str(tmp_path / "elk"))
    assert engine.event("adapter", 1, timeout=120).offer.residency == "gpu"
    print(f"an adapter was loaded in {time.monotonic() - asked_at:.3f} s beside an answer")
    done(session, session.job(**asked, adapter="elk"))
    done(session, story)
    engine.command(cmd="unload_adapter", name="fox")
    assert engine.event("adapter", 2).offer is None
    assert session.terminal(session.job(**asked, adapter="fox")).code is FailureCode.ADAPTER_NOT_FOUND
    # A server that is started again has nothing of what was loaded; the next request loads it.
    kill_server(engine, "vllm")
    wait_until_it_answers(session, asked | {"adapter": "owl"})
    again = session.job(**asked, adapter="owl")
    done(session, again)
    assert session.text(again) == texts["owl"]


def kill_server(engine: Any, word: str) -> None:
    (server,) = [
        one
        for one in family(engine)
        if word in " ".join(one.cmdline()) and "r3mes_engine.upstream.guard" not in one.cmdline()
        and "multiprocessing" not in " ".join(one.cmdline())
    ]  # fmt: skip
    before = family(engine)
    os.kill(server.pid, signal.SIGKILL)
    _, left = psutil.wait_procs([one for one in before if one.pid != server.pid], 20)
    assert not left, "workers of the dead server go on"


def wait_until_it_answers(session: Any, asked: dict[str, Any]) -> float:
    began = time.monotonic()
    while True:
        terminal = session.terminal(session.job(**asked), timeout=STARTS_S)
        if isinstance(terminal, Done):
            return time.monotonic() - began
        assert terminal.code in (FailureCode.ENGINE_ERROR, FailureCode.CAPACITY), terminal
        assert time.monotonic() - began < STARTS_S
        time.sleep(0.5)


@pytest.mark.parametrize("kind", ["llama-server", "vllm", "vllm-pipeline"])
def test_a_killed_server_comes_back_and_a_drain_lets_answers_end(kind: str, start_real: Any, gateway: Any) -> None:
    engine = start_real(kind)
    session = gateway.session()
    running = session.job(messages=STORY, max_tokens=400, temperature=0, ignore_eos=True, **PATIENT)
    session.wait(lambda: bool(session.text(running)), "text", 120)
    session.wait(lambda: session.heartbeats[-1][1].active == 1, "busy heartbeat")
    kill_server(engine, "llama" if kind == "llama-server" else "vllm")
    failed = session.terminal(running)
    assert isinstance(failed, Failed) and failed.code is FailureCode.ENGINE_ERROR and failed.retryable
    with engine.client() as http:
        assert http.get("/health").status_code == 503
    took = wait_until_it_answers(session, {"max_tokens": 2, **PATIENT})
    print(f"{kind} answers again after {took:.1f} s")
    last = session.job(messages=STORY, max_tokens=40, temperature=0, ignore_eos=True, **PATIENT)
    session.wait(lambda: bool(session.text(last)), "text", 120)
    processes = family(engine)
    engine.command(cmd="drain")
    engine.event("draining")
    assert done(session, last).usage.completion_tokens == 40
    assert engine.exit_code(timeout=60) == 0
    _, left = psutil.wait_procs(processes, 20)
    assert not left, "the server outlived its engine"
