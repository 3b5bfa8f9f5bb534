"""What the library's cache of keys and values lacks: adapters, a bound for what is kept, and memory taken as it is
used.

It knows a prefix again by its tokens, keeps the blocks of ended requests until the cache is nearly full, and writes
zeros to all of it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy
import torch

from r3mes_engine.adapters.lora import LoadedAdapter


def key_by_adapter(cache: Any, adapters: Mapping[str, LoadedAdapter]) -> None:
    """Another adapter makes other keys and values of the same tokens, so its tokens are told to the cache under other
    numbers. `adapters` are those of the requests that have one, by the requests' ids."""
    search, mark = cache.search_prefix_match, cache.mark_complete_blocks

    def search_prefix_match(request_id: str, prompt_ids: list[int]) -> int:
        adapter = adapters.get(request_id)
        found: int = search(request_id, prompt_ids if adapter is None else adapter.salted(prompt_ids))
        return found

    def mark_complete_blocks(state: Any, complete_blocks: dict[str, int]) -> None:
        adapter = state.logit_processor_kwargs["adapter"]
        if adapter is None or not complete_blocks:
            mark(state, complete_blocks)
        else:
            salted = adapter.salted(state.initial_tokens + state.generated_tokens)
            mark(_SaltedState(state.request_id, state.status, salted), complete_blocks)

    cache.search_prefix_match, cache.mark_complete_blocks = search_prefix_match, mark_complete_blocks


class _SaltedState:
    """What the cache reads of a request when it notes its blocks."""

    def __init__(self, request_id: str, status: Any, tokens: list[int]) -> None:
        self.request_id = request_id
        self.status = status
        self.initial_tokens = tokens
        self.generated_tokens: list[int] = []


def take_memory_as_used(cache: Any) -> None:
    """Moves a cache that nobody has used to memory that the system gives page by page, at the first write. For caches
    in the computer's own memory; most engines never fill theirs."""
    size = cache.cache_tensor.numel()
    cache.cache_tensor = torch.from_numpy(numpy.zeros(size, numpy.uint8))
    for allocator in cache.cache_allocators.values():
        allocator.register_cache_tensor(
            cache.bytes_per_sector, size - 2 * cache.bytes_per_sector, cache.cache_tensor, cache.pool
        )


def trim_kept(cache: Any, tokens: int) -> None:
    """Gives back blocks of ended requests, oldest first, until at most so many tokens are kept. Between two steps."""
    for allocator in cache.cache_allocators.values():
        ledger = allocator.ledger
        over = len(ledger.cached_blocks) - tokens // allocator.tokens_per_page
        if over <= 0:
            continue
        oldest = list(ledger.cached_blocks)[:over]
        for block in oldest:
            del ledger.cached_blocks[block]
            del ledger.hash_to_block[ledger.block_to_hash.pop(block)]
        allocator.pool.free_blocks(allocator.index, oldest)


def cache_bytes_per_token(config: Any, number_bytes: int) -> int:
    """Keys and values of all layers for one token."""
    text = config.get_text_config()
    head_size = int(getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads)
    heads = int(getattr(text, "num_key_value_heads", None) or text.num_attention_heads)
    return 2 * int(text.num_hidden_layers) * heads * head_size * number_bytes
