"""Attention over the library's paged cache on a processor, each request with its own keys alone.

The library packs the tokens of a step into one row and lets every token look at the keys of all requests, under a mask
that hides the others' and with the heads of the cache copied for each head of the query: with 16 requests 15 of 16
products are thrown away. Here the requests that make one token are a batch of their own, padded to the longest of
them, whose query heads share a head of the cache as rows of one product; a prompt looks at itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface
from transformers.generation.continuous_batching.cache import group_layers_by_attn_type

NAME = "r3mes_paged"

PLAIN_ATTENTION = frozenset({"granite", "llama", "mistral", "qwen2", "qwen3", "smollm3"})
"""Kinds of models whose attention is nothing but softmax(q k) v: no caps, sinks or biases of positions."""

PADDING = 1.5
"""Requests share a product while the longest has at most so many times the pages of the shortest, and one more: a
product of its own costs some tens of microseconds in each layer."""


def supports(config: Any) -> bool:
    """Whether `paged_attention` computes what this model's own attention would. `config` is of its text part."""
    return config.model_type in PLAIN_ATTENTION and set(group_layers_by_attn_type(config)) == {"full_attention"}


def register() -> None:
    """Makes the function known to the library under `NAME`; once more does no harm."""
    AttentionInterface.register(NAME, paged_attention)


def paged_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    scaling: float,
    attention_step: AttentionStep,
    write_index: Sequence[torch.Tensor],
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """What the library calls in each layer. Query of shape [1, heads, tokens, size], key and value with fewer heads;
    returns [1, tokens, heads, size]."""
    return attention_step.attend(module.layer_idx, query, key, value, scaling, write_index[0]), None


def hand_over_steps(processor: Any, dtype: torch.dtype) -> None:
    """From now on each step of the library's batch processor brings its `AttentionStep` to all layers."""
    batch = processor.inputs_and_outputs
    arguments = batch.get_model_kwargs

    def get_model_kwargs(use_padding: bool = False) -> dict[str, Any]:
        step = AttentionStep(processor.cache, batch.requests_in_batch, dtype)
        return {**arguments(use_padding), "attention_step": step}

    batch.get_model_kwargs = get_model_kwargs
    # Of the whole cache's length for each token of a batch, and filled anew before each step.
    batch.attention_mask = None


@dataclass(frozen=True, slots=True)
class _Singles:
    """Requests that make one token each."""

    tokens: torch.Tensor
    """Their places in the packed row, shape [requests]."""
    reads: torch.Tensor
    """Rows of the cache, padded with the request's own first one: what others left there may be no numbers. Shape
    [requests * longest]."""
    longest: int
    mask: torch.Tensor | None
    """0 or minus infinity, shape [requests, 1, 1, longest]; None where all have the same length."""


@dataclass(frozen=True, slots=True)
class _Prompt:
    """A request of which several tokens are read at once."""

    begin: int
    end: int
    reads: torch.Tensor | None
    """Rows of the cache, shape [length]; None where nothing of it is in the cache."""
    mask: torch.Tensor | None
    """0 or minus infinity, shape [tokens, length]; None where its own tokens are all there is."""


class AttentionStep:
    """Who looks at what in one step; made before it, the same for all layers."""

    def __init__(self, cache: Any, requests: Sequence[Any], dtype: torch.dtype) -> None:
        """`requests` are the library's FutureRequestStates in the order of their tokens, with room in the cache for
        their new ones."""
        (self._allocator,) = cache.cache_allocators.values()
        self._page_tokens: int = self._allocator.tokens_per_page
        singles: list[tuple[int, int, list[int]]] = []
        self._prompts: list[_Prompt] = []
        begin = 0
        for one in requests:
            blocks = self._allocator.block_table[one.state.request_id]
            length = one.state.position_offset
            if one.query_length == 1:
                singles.append((length, begin, blocks))
            else:
                self._prompts.append(self._prompt(begin, one.query_length, length, blocks, dtype))
            begin += one.query_length
        self._tokens = begin
        singles.sort(key=lambda single: single[0], reverse=True)
        self._singles = [self._group(group, dtype) for group in self._alike(singles)]

    def _alike(self, singles: Sequence[tuple[int, int, list[int]]]) -> list[list[tuple[int, int, list[int]]]]:
        groups: list[list[tuple[int, int, list[int]]]] = []
        for single in singles:
            if groups and self._pages(groups[-1][0][0]) <= PADDING * self._pages(single[0]) + 1:
                groups[-1].append(single)
            else:
                groups.append([single])
        return groups

    def _pages(self, length: int) -> int:
        return -(-length // self._page_tokens)

    def _group(self, singles: Sequence[tuple[int, int, list[int]]], dtype: torch.dtype) -> _Singles:
        longest = singles[0][0]
        reads = self._rows([blocks for _, _, blocks in singles], longest)
        mask = None
        if singles[-1][0] < longest:
            lengths = torch.tensor([length for length, _, _ in singles])
            beyond = torch.arange(longest) >= lengths.unsqueeze(1)
            reads = torch.where(beyond, reads[:, :1], reads)
            mask = torch.zeros(beyond.shape, dtype=dtype).masked_fill_(beyond, -torch.inf).view(-1, 1, 1, longest)
        begins = torch.tensor([begin for _, begin, _ in singles])
        return _Singles(begins, reads.flatten(), longest, mask)

    def _rows(self, blocks: Sequence[list[int]], length: int) -> torch.Tensor:
        """Where the tokens of requests are in the cache, shape [requests, length]; nonsense where one has fewer."""
        pages = self._pages(length)
        padded = torch.tensor([(one[:pages] + one[:1] * pages)[:pages] for one in blocks])
        first_rows = padded.unsqueeze(2) * self._allocator.block_physical_stride
        return (first_rows + torch.arange(self._page_tokens)).view(len(blocks), -1)[:, :length]

    def _prompt(self, begin: int, tokens: int, length: int, blocks: list[int], dtype: torch.dtype) -> _Prompt:
        if length == tokens:
            return _Prompt(begin, begin + tokens, None, None)
        mask = torch.full((tokens, length), -torch.inf, dtype=dtype).triu_(length - tokens + 1)
        return _Prompt(begin, begin + tokens, self._rows([blocks], length)[0], mask)

    def attend(
        self,
        layer: int,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        scaling: float,
        write_index: torch.Tensor,
    ) -> torch.Tensor:
        """Keeps keys and values of one layer and returns what its tokens see; shapes as in `paged_attention`."""
        _, heads, _, size = query.shape
        shared = heads // key.shape[1]
        key_rows, value_rows = self._allocator._kv_token_views[layer]
        key_rows.index_copy_(0, write_index, key[0].transpose(0, 1))
        value_rows.index_copy_(0, write_index, value[0].transpose(0, 1))
        made = query.new_empty(self._tokens, heads, size)
        rows = query[0].transpose(0, 1)
        for group in self._singles:
            keys, values = self._read(layer, group.reads, len(group.tokens))
            asked = rows.index_select(0, group.tokens).view(len(group.tokens), -1, shared, size)
            seen = scaled_dot_product_attention(asked, keys, values, attn_mask=group.mask, scale=scaling)
            made.index_copy_(0, group.tokens, seen.reshape(-1, heads, size))
        for prompt in self._prompts:
            part = slice(prompt.begin, prompt.end)
            if prompt.reads is None:
                keys, values = key[:, :, part], value[:, :, part]
            else:
                keys, values = self._read(layer, prompt.reads, 1)
            seen = scaled_dot_product_attention(
                query[:, :, part],
                keys,
                values,
                attn_mask=prompt.mask,
                is_causal=prompt.mask is None,
                scale=scaling,
                enable_gqa=shared > 1,
            )
            made[part] = seen[0].transpose(0, 1)
        return made.unsqueeze(0)

    def _read(self, layer: int, reads: torch.Tensor, requests: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values, each of shape [requests, heads, length, size]."""
        keys, values = (
            rows.index_select(0, reads).view(requests, -1, *rows.shape[1:]).transpose(1, 2)
            for rows in self._allocator._kv_token_views[layer]
        )
        return keys, values
