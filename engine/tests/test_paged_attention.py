"""Attention over the paged cache beside the plain formula, for any mixture of requests."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import Gemma2Config, LlamaConfig, MistralConfig, Qwen2Config
from transformers.generation.continuous_batching.cache_allocators import CachePool, FullAttentionCacheAllocator

from r3mes_engine.backends.paged_attention import AttentionStep, supports

PAGE = 4
HEADS, CACHED_HEADS, SIZE, LAYERS = 6, 2, 8, 2
SCALE = 0.3

requests = st.lists(st.tuples(st.integers(0, 30), st.one_of(st.just(1), st.integers(1, 12))), min_size=1, max_size=7)
"""How many tokens of each are in the cache, and how many are new."""


def cache_of(blocks: int) -> Any:
    """The library's own storage, full of numbers that nobody may look at."""
    config = LlamaConfig(hidden_size=HEADS * SIZE, num_attention_heads=HEADS, num_key_value_heads=CACHED_HEADS)
    allocator = FullAttentionCacheAllocator(0, config, CACHED_HEADS, torch.float32, PAGE, list(range(LAYERS)), False)
    sector = allocator.bytes_per_block
    storage = torch.full(((blocks + 2) * sector // 4,), torch.nan).view(torch.uint8)
    allocator.register_cache_tensor(sector, blocks * sector, storage, CachePool(blocks, 1))
    return SimpleNamespace(cache_allocators={"full_attention": allocator})


def plain(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, past: int) -> torch.Tensor:
    """softmax(q k / …) v of one request with repeated heads. Query of shape [heads, tokens, size]."""
    keys, values = (part.repeat_interleave(HEADS // CACHED_HEADS, 0) for part in (keys, values))
    scores = query @ keys.transpose(1, 2) * SCALE
    places = torch.arange(keys.shape[1])
    scores.masked_fill_(places > past + torch.arange(query.shape[1]).unsqueeze(1), -torch.inf)
    return torch.softmax(scores, -1) @ values


@given(requests=requests, seed=st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_each_request_sees_its_own_past_and_nothing_else(requests: list[tuple[int, int]], seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    needed = [-(-(past + new) // PAGE) for past, new in requests]
    cache = cache_of(sum(needed))
    (allocator,) = cache.cache_allocators.values()
    # Blocks in no order, as in a cache that has been used for a while.
    free = (torch.randperm(sum(needed), generator=random) + 2).tolist()
    states, known, write, layer = [], [], [], LAYERS - 1
    key_rows, value_rows = allocator._kv_token_views[layer]
    for number, ((past, new), blocks) in enumerate(zip(requests, needed, strict=True)):
        allocator.block_table[str(number)] = [free.pop() for _ in range(blocks)]
        whole = torch.randn(2, past + new, CACHED_HEADS, SIZE, generator=random)
        rows = allocator.get_read_indices(str(number), past, new)
        key_rows[rows[:past]], value_rows[rows[:past]] = whole[0, :past], whole[1, :past]
        write += rows[past:]
        known.append(whole)
        state = SimpleNamespace(request_id=str(number), position_offset=past + new)
        states.append(SimpleNamespace(state=state, query_length=new))
    query = torch.randn(1, HEADS, sum(new for _, new in requests), SIZE, generator=random)
    keys, values = (
        torch.cat([whole[half, past:] for whole, (past, _) in zip(known, requests, strict=True)])
        .transpose(0, 1)
        .unsqueeze(0)
        for half in (0, 1)
    )
    step = AttentionStep(cache, states, torch.float32)
    made = step.attend(layer, query, keys, values, SCALE, torch.tensor(write))
    begin = 0
    for whole, (past, new) in zip(known, requests, strict=True):
        own = query[0, :, begin : begin + new]
        expected = plain(own, whole[0].transpose(0, 1), whole[1].transpose(0, 1), past)
        torch.testing.assert_close(made[0, begin : begin + new].transpose(0, 1), expected, atol=1e-5, rtol=1e-5)
        begin += new


def test_requests_of_very_different_lengths_are_not_padded_to_the_longest() -> None:
    cache = cache_of(300)
    (allocator,) = cache.cache_allocators.values()
    states = []
    for number, length in enumerate((5, 1000, 7, 6, 900)):
        allocator.block_table[str(number)] = list(range(-(-length // PAGE)))
        state = SimpleNamespace(request_id=str(number), position_offset=length)
        states.append(SimpleNamespace(state=state, query_length=1))
    groups = AttentionStep(cache, states, torch.float32)._singles
    assert [(group.longest, group.tokens.tolist()) for group in groups] == [(1000, [1, 4]), (7, [2, 3, 0])]


@pytest.mark.parametrize(
    ("config", "supported"),
    [
        (LlamaConfig(), True),
        (Qwen2Config(), True),
        (MistralConfig(sliding_window=None), True),
        # Its window is for the library's own cache of such layers.
        (MistralConfig(sliding_window=4096), False),
        # It caps its scores.
        (Gemma2Config(layer_types=["full_attention"] * 26), False),
    ],
)
def test_other_kinds_of_attention_are_left_to_the_library(config: Any, supported: bool) -> None:
    assert supports(config) is supported
