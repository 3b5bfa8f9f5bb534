"""Base model and adapters in one running batch, on a tiny model of random numbers: exact, and in seconds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from r3mes_engine.adapters.folder import check_adapter
from r3mes_engine.adapters.lora import LoadedAdapter, LoraLayers, read_adapter
from r3mes_engine.adapters.shelf import AdapterShelf
from r3mes_engine.backends.continuous_batching import ContinuousBatching, is_out_of_memory
from r3mes_engine.backends.protocol import Sampling
from r3mes_engine.backends.step_watch import STUCK_S, StepWatch
from r3mes_engine.backends.token_choice import RequestRow, TokenLogprob
from r3mes_engine.errors import GenerationFailed
from r3mes_engine.hardware.gpu_faults import LOST, GpuFault
from r3mes_protocol.messages import FailureCode, Residency

VOCABULARY = 199
CPU = torch.device("cpu")


def tiny_model() -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=1024, tie_word_embeddings=False, initializer_range=0.2,
    )  # fmt: skip
    config._attn_implementation = "sdpa"
    return LlamaForCausalLM(config).eval()


class Bench:
    """A batch of the tiny model with adapters beside it."""

    def __init__(self, folder: Path, make_adapter: Any) -> None:
        self.model = tiny_model()
        self.layers = LoraLayers(self.model)
        self.batching = ContinuousBatching(self.model, self.layers, 1024, 8)
        self._folder = folder
        self._make_adapter = make_adapter
        self._number = 0

    def adapter_folder(self, name: str, seed: int, **options: Any) -> Path:
        made: Path = self._make_adapter(self._folder / name, self.layers.sizes, seed=seed, **options)
        return made

    def adapter(self, seed: int, **options: Any) -> LoadedAdapter:
        folder = self.adapter_folder(f"a{seed}", seed, **options)
        checked = check_adapter(folder, self.layers.sizes, "tiny")
        self.layers.swap(checked.ranks)
        return read_adapter(checked, CPU, torch.float32)

    def start(
        self, prompt: Sequence[int], adapter: LoadedAdapter | None, tokens: int = 10
    ) -> asyncio.Future[list[TokenLogprob]]:
        """Greedy tokens with their log-probabilities, once the request has ended; its error as an exception."""
        self._number += 1
        row = RequestRow(Sampling(0.0, 1.0), prompt, seed=1, logprobs=0)
        ended: asyncio.Future[list[TokenLogprob]] = asyncio.get_running_loop().create_future()

        def on_tokens(made: list[int], error: str | None, last: bool) -> None:
            if error is not None:
                ended.set_exception(RuntimeError(error))
            elif last:
                told = [row.taken(position) for position in range(len(made))]
                ended.set_result([one for one in told if one is not None])

        self.batching.add(
            f"r{self._number}", prompt, max_new_tokens=tokens, ends=(), row=row, adapter=adapter, on_tokens=on_tokens
        )
        return ended


@pytest.fixture
async def bench(tmp_path: Path, make_adapter: Any) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path, make_adapter)
    bench.batching.start()
    yield bench
    await asyncio.to_thread(bench.batching.close)


def merged(adapter: LoadedAdapter | None, prompt: Sequence[int], tokens: int = 10) -> list[TokenLogprob]:
    """The same by weights that hold the adapter already, W + scale * B A, one request alone, without any cache."""
    model = tiny_model()
    if adapter is not None:
        for path, (a, b) in adapter.halves.items():
            model.get_submodule(path).weight.data += (a @ b).T
    made: list[TokenLogprob] = []
    with torch.no_grad():
        for _ in range(tokens):
            ids = torch.tensor([[*prompt, *(one.token for one in made)]])
            scores = torch.log_softmax(model(ids).logits[0, -1], -1)
            token = int(scores.argmax())
            made.append(TokenLogprob(token, float(scores[token]), ()))
    return made


def same(one: Sequence[TokenLogprob], other: Sequence[TokenLogprob]) -> None:
    assert [step.token for step in one] == [step.token for step in other]
    assert [step.logprob for step in one] == pytest.approx([step.logprob for step in other], abs=2e-4)


def prompt(seed: int, length: int = 12) -> list[int]:
    return torch.randint(0, VOCABULARY, (length,), generator=torch.Generator().manual_seed(seed)).tolist()


async def test_a_mixed_batch_is_what_each_would_be_alone_with_merged_weights(bench: Bench) -> None:
    ranks = {1: 4, 2: 8, 3: 2}
    adapters = [None, *(bench.adapter(seed, rank=rank) for seed, rank in ranks.items())]
    partly = bench.adapter(4, targets=("q_proj", "down_proj"))
    requests = [(prompt(place, 5 + 7 * place), (*adapters, partly)[place % 5]) for place in range(8)]
    made = await asyncio.gather(*(bench.start(tokens, adapter) for tokens, adapter in requests))
    for (tokens, adapter), answer in zip(requests, made, strict=True):
        same(answer, merged(adapter, tokens))
    # They do differ, or this would prove nothing.
    alike = await asyncio.gather(*(bench.start(prompt(9), adapter) for adapter in adapters))
    assert len({tuple(step.token for step in answer) for answer in alike}) == 4


async def test_greedy_is_the_same_alone_and_in_a_batch(bench: Bench) -> None:
    alone = [await bench.start(prompt(seed, 30 + seed), None) for seed in range(6)]
    together = await asyncio.gather(*(bench.start(prompt(seed, 30 + seed), None) for seed in range(6)))
    for one, other in zip(alone, together, strict=True):
        same(one, other)


async def test_cached_prefixes_belong_to_one_adapter(bench: Bench) -> None:
    adapters = [bench.adapter(1), bench.adapter(2), None]
    long = prompt(5, 300)
    cache = bench.batching._manager.batch_processor.cache
    found: list[int] = []
    search = cache.search_prefix_match
    cache.search_prefix_match = lambda *given: found.append(search(*given)) or found[-1]
    for adapter in adapters:
        # One after the other, so that each would find what the one before left in the cache.
        same(await bench.start(long, adapter), merged(adapter, long))
    assert found == [0, 0, 0]
    for adapter in adapters:
        same(await bench.start(long, adapter), merged(adapter, long))
    # Each finds its own, so the cache is of use with adapters too.
    assert found[3:] == [288, 288, 288]


async def test_without_the_key_the_wrong_prefix_would_be_found(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoadedAdapter, "salted", lambda self, tokens: list(tokens))
    long = prompt(5, 300)
    first, second = bench.adapter(1), bench.adapter(2)
    same(await bench.start(long, first), merged(first, long))
    with pytest.raises(AssertionError):
        same(await bench.start(long, second), merged(second, long))


async def test_a_step_without_memory_costs_one_request(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = bench.batching._manager
    step = manager.batch_processor._generation_step
    steps = 0

    def tight(model: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == 6:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory")
        if steps == 9:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        step(model)

    monkeypatch.setattr(manager.batch_processor, "_generation_step", tight)
    adapter = bench.adapter(1)
    requests = [(prompt(seed, 10 + 10 * seed), adapter if seed % 2 else None) for seed in range(5)]
    ended = await asyncio.gather(*(bench.start(*one, 20) for one in requests), return_exceptions=True)
    lost = [place for place, end in enumerate(ended) if isinstance(end, Exception)]
    # Those with the most tokens, one each time.
    assert lost == [3, 4]
    assert all("out of memory" in str(ended[place]) for place in lost)
    for (tokens, one), end in zip(requests, ended, strict=True):
        if not isinstance(end, BaseException):
            same(end, merged(one, tokens, 20))
    assert bench.batching.alive and bench.batching._manager is manager
    same(await bench.start(prompt(1), None), merged(None, prompt(1)))


def test_a_lack_of_memory_is_known_by_its_words() -> None:
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("CUDA error: out of memory"))
    assert not is_out_of_memory(RuntimeError("shape mismatch"))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_thread_that_is_killed_is_replaced(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = bench.batching._manager

    def die(model: Any) -> None:
        # No Exception: the library's own handling never sees it.
        raise SystemExit

    running = bench.start(prompt(1), None, 500)
    monkeypatch.setattr(manager.batch_processor, "_generation_step", die)
    async with asyncio.timeout(60):
        while bench.batching.alive:
            await asyncio.sleep(0.01)
    assert not running.done() or running.exception() is not None
    bench.batching.ensure_alive()
    same(await bench.start(prompt(2), None), merged(None, prompt(2)))
    running.cancel()


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (MemoryError(), FailureCode.OUT_OF_MEMORY),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), FailureCode.OUT_OF_MEMORY),
        (RuntimeError("anything else"), FailureCode.ENGINE_ERROR),
    ],
)
async def test_a_loop_that_can_not_be_started_again_fails_the_request_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, problem: Exception, code: FailureCode
) -> None:
    def fail() -> None:
        raise problem

    with monkeypatch.context() as patched:
        patched.setattr(bench.batching, "start", fail)
        bench.batching.close()
        with pytest.raises(GenerationFailed) as refusal:
            bench.batching.ensure_alive()
        assert refusal.value.code is code and refusal.value.retryable
    bench.batching.ensure_alive()
    assert bench.batching.alive


async def test_a_step_that_never_ends_is_a_fault_of_the_gpu(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    batching, faults, go, route = bench.batching, list[GpuFault](), threading.Event(), bench.layers.route
    entered = threading.Event()

    def hang(spans: Any) -> None:
        entered.set()
        assert go.wait(60)
        route(spans)

    # As on a GPU.
    monkeypatch.setattr(batching, "_step_watch", StepWatch())
    monkeypatch.setattr(batching, "_on_device_fault", faults.append)
    same(await bench.start(prompt(1), None), merged(None, prompt(1)))
    monkeypatch.setattr(bench.layers, "route", hang)
    running = bench.start(prompt(2), None)
    while not entered.is_set():
        await asyncio.sleep(0.001)
    for now in range(0, int(STUCK_S), 2):
        batching.look(now)
    assert faults == []
    batching.look(STUCK_S)
    batching.look(STUCK_S + 2)
    assert faults == [LOST], "told once"
    with pytest.raises(GenerationFailed, match="GPU"):
        batching.ensure_alive()
    go.set()
    await running


# --- the shelf -------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf_of(bench: Bench) -> Callable[..., AdapterShelf]:
    def make(adapters: int, changes: list[int] | None = None, **options: Any) -> AdapterShelf:
        folder = bench._folder / "shelf"
        for seed in range(adapters):
            bench.adapter_folder(f"shelf/a{seed}", seed, **options)
        size = sum(4 * (one.inputs + one.outputs) * 4 for one in bench.layers.sizes.values())
        shelf = AdapterShelf(
            bench.layers, "tiny", CPU, torch.float32, device_bytes=2 * size, host_bytes=0,
            on_change=lambda: changes.append(1) if changes is not None else None,
        )  # fmt: skip
        assert shelf.discover(folder) == []
        return shelf

    return make


def places(shelf: AdapterShelf) -> dict[str, Residency]:
    return {offer.name: offer.residency for offer in shelf.offers}


async def test_the_least_recently_used_adapter_leaves(shelf_of: Any) -> None:
    changes: list[int] = []
    shelf = shelf_of(3, changes)
    assert set(places(shelf).values()) == {Residency.DISK} and shelf.free_places == 2
    for name in ("a0", "a1", "a0", "a2"):
        shelf.release((await shelf.lease(name)).digest)
    assert places(shelf) == {"a0": Residency.CPU, "a1": Residency.DISK, "a2": Residency.CPU}
    assert [offer.name for offer in shelf.offers] == ["a2", "a0", "a1"]
    assert len(changes) == 3 and shelf.free_places == 0


async def test_what_is_in_use_never_leaves(shelf_of: Any) -> None:
    shelf = shelf_of(3)
    first, second = await asyncio.gather(shelf.lease("a0"), shelf.lease("a1"))
    with pytest.raises(GenerationFailed) as refusal:
        await shelf.lease("a2")
    assert refusal.value.code is FailureCode.CAPACITY and refusal.value.retryable
    shelf.release(second.digest)
    third = await shelf.lease("a2")
    assert places(shelf)["a1"] is Residency.DISK
    assert {first.digest, third.digest} == {offer.digest for offer in shelf.offers if offer.residency is Residency.CPU}


async def test_an_unknown_adapter_is_not_found_and_a_digest_is_a_name(shelf_of: Any) -> None:
    shelf = shelf_of(1)
    with pytest.raises(GenerationFailed) as refusal:
        await shelf.lease("nobody")
    assert refusal.value.code is FailureCode.ADAPTER_NOT_FOUND
    (offer,) = shelf.offers
    assert (await shelf.lease(offer.digest)).digest == offer.digest


async def test_an_adapter_comes_and_goes_while_its_answers_go_on(bench: Bench, shelf_of: Any) -> None:
    shelf = shelf_of(1)
    leased = await shelf.lease("a0")
    neighbour = bench.start(prompt(3), None, 40)
    running = bench.start(prompt(4), leased, 40)
    added = await shelf.add(bench.adapter_folder("elsewhere", 7), "fox")
    assert places(shelf)["fox"] is Residency.CPU
    shelf.remove("a0")
    assert places(shelf) == {"fox": Residency.CPU}
    with pytest.raises(GenerationFailed):
        await shelf.lease("a0")
    same(await running, merged(leased, prompt(4), 40))
    same(await neighbour, merged(None, prompt(3), 40))
    shelf.release(leased.digest)
    assert shelf._near.keys == (added.digest,)


async def test_weights_that_are_no_numbers_are_not_served(bench: Bench, shelf_of: Any) -> None:
    shelf = shelf_of(2, strength=float("inf"))
    for name in ("a0", "a1"):
        with pytest.raises(GenerationFailed) as refusal:
            await shelf.lease(name)
        assert refusal.value.code is FailureCode.ADAPTER_NOT_FOUND
    assert shelf.offers == () and shelf._near.used == 0


async def test_adapters_that_can_not_be_used_are_named_and_passed_over(bench: Bench, tmp_path: Path) -> None:
    bench.adapter_folder("many/good", 1)
    bench.adapter_folder("many/foreign", 2, targets=("q_proj",), target_modules=["q_proj", "fc1"])
    bench.adapter_folder("many/large", 3, rank=64)
    (tmp_path / "many" / "empty").mkdir()
    shelf = AdapterShelf(
        bench.layers, "tiny", CPU, torch.float32, device_bytes=2**15, host_bytes=0, on_change=lambda: None
    )
    problems = shelf.discover(tmp_path / "many")
    assert [name for name in ("foreign", "large", "good", "empty") if any(name in one for one in problems)] == [
        "foreign", "large",
    ]  # fmt: skip
    assert [offer.name for offer in shelf.offers] == ["good"]


@pytest.fixture
def slow_reads(monkeypatch: pytest.MonkeyPatch) -> Callable[..., threading.Event]:
    """(shelf) → an event that reading on its thread waits for."""

    def hold(shelf: AdapterShelf) -> threading.Event:
        go, read = threading.Event(), shelf._read

        def held(*arguments: Any) -> LoadedAdapter:
            assert go.wait(30)
            return read(*arguments)

        monkeypatch.setattr(shelf, "_read", held)
        return go

    return hold


async def test_an_adapter_that_is_unloaded_while_it_is_read_is_not_here(shelf_of: Any, slow_reads: Any) -> None:
    shelf = shelf_of(2)
    go = slow_reads(shelf)
    leasing = asyncio.ensure_future(shelf.lease("a0"))
    while not shelf._near.keys:
        await asyncio.sleep(0)
    shelf.remove("a0")
    go.set()
    with pytest.raises(GenerationFailed) as refusal:
        await leasing
    assert refusal.value.code is FailureCode.ADAPTER_NOT_FOUND
    assert shelf._near.used == 0 and not shelf._loaded
    assert (await shelf.lease("a1")).digest == shelf._near.keys[0]


async def test_a_lease_that_is_given_up_while_it_is_read_leaves_no_trace(shelf_of: Any, slow_reads: Any) -> None:
    shelf = shelf_of(1)
    go = slow_reads(shelf)
    leasing = asyncio.ensure_future(shelf.lease("a0"))
    while not shelf._near.keys:
        await asyncio.sleep(0)
    leasing.cancel()
    await asyncio.gather(leasing, return_exceptions=True)
    go.set()
    assert shelf._near.used == 0 and places(shelf) == {"a0": Residency.DISK}
    shelf.release((await shelf.lease("a0")).digest)


async def test_what_leaves_a_gpu_is_not_served_from_the_computers_memory(
    bench: Bench, shelf_of: Any, slow_reads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = shelf_of(3)
    # The second memory of a GPU, on a processor.
    shelf._far.capacity = shelf._near.capacity
    for name in ("a0", "a1", "a2"):
        shelf.release((await shelf.lease(name)).digest)
    digests = {offer.name: offer.digest for offer in shelf.offers}
    assert places(shelf)["a0"] is Residency.CPU and set(shelf._kept) == {digests["a0"]}
    go = slow_reads(shelf)
    first = asyncio.ensure_future(shelf.lease("a0"))
    while digests["a0"] not in shelf._near:
        await asyncio.sleep(0)
    second = asyncio.ensure_future(shelf.lease("a0"))
    leaver = asyncio.ensure_future(shelf.lease("a1"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not second.done() and not leaver.done()
    go.set()
    assert await first is await second and (await leaver).digest == digests["a1"]
    assert set(shelf._kept) == {digests["a2"]}


async def test_files_that_are_written_anew_are_not_served_under_the_old_digest(bench: Bench, shelf_of: Any) -> None:
    shelf = shelf_of(2)
    digest = next(offer.digest for offer in shelf.offers if offer.name == "a0")
    bench.adapter_folder("shelf/a0", 99)
    with pytest.raises(GenerationFailed) as refusal:
        await shelf.lease(digest)
    assert refusal.value.code is FailureCode.ADAPTER_NOT_FOUND
    assert [offer.name for offer in shelf.offers] == ["a1"] and shelf._near.used == 0
    added = await shelf.add(bench._folder / "shelf" / "a0", "a0")
    assert added.digest != digest and places(shelf)["a0"] is Residency.CPU
