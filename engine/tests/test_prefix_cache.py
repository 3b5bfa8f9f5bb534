"""What the batch keeps of ended requests, and the memory that its cache takes."""

from __future__ import annotations

from typing import Any

import psutil
import torch
from transformers import LlamaConfig
from transformers.generation import ContinuousBatchingConfig
from transformers.generation.continuous_batching.cache import PagedAttentionCache
from transformers.generation.continuous_batching.distributed import DistributedHelper
from transformers.generation.continuous_batching.requests import RequestState

from r3mes_engine.backends.prefix_cache import cache_bytes_per_token, take_memory_as_used, trim_kept

MIB = 2**20


def made(tokens: int, page: int = 16) -> Any:
    config = LlamaConfig(hidden_size=256, num_attention_heads=4, num_key_value_heads=4, num_hidden_layers=8)
    settings = ContinuousBatchingConfig(
        page_size=page, num_blocks=tokens // page, max_batch_tokens=64, max_memory_percent=0.5, cpu_offload_space=0.0
    )
    helper = DistributedHelper(device_mesh=None, cpu_group_timeout=None, tp_plan={})
    return PagedAttentionCache(config, settings, torch.device("cpu"), helper, torch.float32), config


def test_memory_of_the_cache_is_taken_as_it_is_used() -> None:
    cache, config = made(16 * 1024)
    size = 16 * 1024 * cache_bytes_per_token(config, 4)
    assert size > 200 * MIB
    take_memory_as_used(cache)
    process = psutil.Process()
    before = process.memory_info().rss
    assert not cache.cache_tensor[:: 64 * MIB].any()
    (allocator,) = cache.cache_allocators.values()
    keys, _ = allocator._kv_token_views[7]
    allocator.block_table["one"] = [5, 6]
    keys[allocator.get_write_indices("one", 0, 20)] = 1.0
    assert keys[allocator.get_read_indices("one", 0, 20)].min() == 1.0
    assert process.memory_info().rss - before < 40 * MIB


def test_of_ended_requests_the_oldest_are_given_back() -> None:
    cache, _ = made(64 * 16)
    everything = cache.compute_free_capacity()
    for number in range(6):
        state = RequestState(request_id=str(number), initial_tokens=[number * 100 + token for token in range(40)])
        assert cache.can_store_request_tokens(state, 40)
        cache.mark_complete_blocks(state, {"full_attention": 2})
        cache.free_blocks(state.request_id)
    (allocator,) = cache.cache_allocators.values()
    assert len(allocator.ledger.cached_blocks) == 12
    trim_kept(cache, 16 * 5)
    assert len(allocator.ledger.cached_blocks) == 5
    assert len(allocator.ledger.hash_to_block) == len(allocator.ledger.block_to_hash) == 5
    found = [
        cache.search_prefix_match(f"again {number}", [number * 100 + token for token in range(40)])
        for number in range(6)
    ]
    assert found == [0, 0, 0, 0, 32, 32]
    trim_kept(cache, 0)
    for number in range(6):
        cache.free_blocks(f"again {number}")
    trim_kept(cache, 0)
    cache.pool.try_to_free_sectors()
    assert cache.compute_free_capacity() == everything
