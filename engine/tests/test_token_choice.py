"""The choice of tokens against slow, obvious versions of the same rules. No model is needed."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from r3mes_engine.backends import token_choice
from r3mes_engine.backends.protocol import Sampling
from r3mes_engine.backends.token_choice import RequestRow, choose

VOCABULARY = 600


def row(prompt: tuple[int, ...] = (1, 2), seed: int = 5, logprobs: int | None = None, **sampling: Any) -> RequestRow:
    given = {"temperature": 1.0, "top_p": 1.0, **sampling}
    return RequestRow(Sampling(**given), prompt, seed=seed, logprobs=logprobs)


def scores(seed: int, rows: int = 1, spread: float = 3.0) -> torch.Tensor:
    return torch.randn(rows, VOCABULARY, generator=torch.Generator().manual_seed(seed)) * spread


def chosen(table: torch.Tensor, rows: list[RequestRow]) -> list[int]:
    return [int(token) for token in choose(table.clone(), rows).argmax(-1)]


def kept(one: torch.Tensor, sampling: Sampling) -> set[int]:
    """What may be drawn, by the transformers library's own rules."""
    from transformers import LogitsProcessorList, MinPLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    rules = LogitsProcessorList()
    if sampling.top_k:
        rules.append(TopKLogitsWarper(min(sampling.top_k, VOCABULARY)))
    if sampling.top_p is not None and sampling.top_p < 1:
        rules.append(TopPLogitsWarper(sampling.top_p))
    if sampling.min_p:
        rules.append(MinPLogitsWarper(sampling.min_p))
    assert sampling.temperature is not None
    left = rules(torch.zeros(1, 1, dtype=torch.int64), one.unsqueeze(0) / sampling.temperature)[0]
    return {int(token) for token in torch.isfinite(left).nonzero()}


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 999),
    spread=st.sampled_from([0.01, 1.0, 6.0]),
    top_k=st.sampled_from([0, 1, 5, 300, 10_000]),
    top_p=st.sampled_from([0.1, 0.9, 0.999, 1.0]),
    min_p=st.sampled_from([0.0, 0.05, 0.9]),
    temperature=st.sampled_from([0.2, 1.0, 2.0]),
)
def test_only_what_the_library_keeps_is_drawn(
    seed: int, spread: float, top_k: int, top_p: float, min_p: float, temperature: float
) -> None:
    table = scores(seed, spread=spread)
    sampling = Sampling(temperature, top_p, top_k=top_k, min_p=min_p)
    allowed = kept(table[0], sampling)
    drawn = {chosen(table, [RequestRow(sampling, (), seed=draw)])[0] for draw in range(12)}
    # At the very edge of a nucleus the two may round differently.
    assert len(drawn - allowed) <= 1 or drawn <= allowed
    if len(allowed) < 50:
        assert drawn <= allowed


def test_draws_follow_the_distribution() -> None:
    table = torch.full((1, VOCABULARY), -torch.inf)
    table[0, :3] = torch.log(torch.tensor([0.5, 0.3, 0.2]))
    for sampling in ({}, {"top_p": 0.99}, {"top_k": 3}):
        drawn = [chosen(table, [row(seed=seed, **sampling)])[0] for seed in range(2000)]
        shares = [drawn.count(token) / 2000 for token in range(3)]
        assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.04)
        assert set(drawn) == {0, 1, 2}


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 999))
def test_rows_do_not_touch_each_other(seed: int) -> None:
    def rows() -> list[RequestRow]:
        return [
            row(temperature=0.0), row(seed=seed), row(seed=seed, top_p=0.8), row(seed=1, top_k=4),
            row(temperature=0.0, frequency_penalty=1.0), row(seed=2, logit_bias=((7, 100.0),)), row(min_p=0.2),
        ]  # fmt: skip

    table = scores(seed, rows=7)
    together = chosen(table, rows())
    assert together == [chosen(table[index : index + 1], [one])[0] for index, one in enumerate(rows())]
    assert together[0] == int(table[0].argmax())
    assert together[5] == 7


def test_the_same_seed_and_place_draw_the_same_token_whatever_came_between() -> None:
    table = scores(3, spread=0.5)

    def at(one: RequestRow, made: list[int]) -> int:
        one.see((1, 2), made)
        return chosen(table, [one])[0]

    straight = row()
    first = [at(straight, []), at(straight, [9]), at(straight, [9, 9])]
    assert len(set(first)) > 1
    # Paused after a token that was never handed on, and asked again; then moved with its tokens as a longer prompt.
    again = row()
    at(again, []), at(again, [9])
    assert at(again, [9]) == first[1]
    again.see((1, 2, 9, 9), [])
    assert chosen(table, [again])[0] == first[2]
    assert [at(row(seed=6), [9] * made) for made in range(3)] != first


def test_penalties_count_what_openai_and_the_library_count() -> None:
    table = torch.zeros(1, VOCABULARY)
    table[0, 5], table[0, 6], table[0, 7] = 2.0, 1.5, 1.2
    # The prompt counts for the repetition penalty alone.
    assert chosen(table, [row((5,), temperature=0.0, presence_penalty=2, frequency_penalty=2)]) == [5]
    assert chosen(table, [row((5,), temperature=0.0, repetition_penalty=2.0)]) == [6]
    frequent = row((1,), temperature=0.0, frequency_penalty=0.3)
    frequent.see((1,), [5])
    assert chosen(table, [frequent]) == [5]
    frequent.see((1,), [5, 5])
    assert chosen(table, [frequent]) == [6]
    # A token that is taken back is forgotten again.
    frequent.see((1,), [5])
    assert chosen(table, [frequent]) == [5]
    present = row((1,), temperature=0.0, presence_penalty=0.6)
    present.see((1,), [5, 5, 5])
    assert chosen(table, [present]) == [6]


def test_logprobs_are_the_models_own() -> None:
    table = scores(4)
    one = row(temperature=0.0, logprobs=2, logit_bias=((11, 100.0),))
    assert chosen(table, [one]) == [11]
    told = one.taken(0)
    assert told is not None and told.token == 11
    expected = torch.log_softmax(table[0], -1)
    assert told.logprob == pytest.approx(float(expected[11]), abs=1e-5)
    best = expected.topk(2)
    assert [token for token, _ in told.top] == best.indices.tolist()
    assert [value for _, value in told.top] == pytest.approx(best.values.tolist(), abs=1e-5)
    assert one.taken(0) is None


def test_a_row_that_fails_fails_alone() -> None:
    table = scores(8, rows=2)
    bad, good = row(logit_bias=((VOCABULARY, 1.0),)), row(temperature=0.0)
    assert chosen(table, [bad, good])[1] == int(table[1].argmax())
    assert "logit_bias" in bad.failure and not good.failure


def test_a_flat_distribution_is_looked_at_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    drawn_filtered = token_choice._drawn_filtered

    def spy(table: torch.Tensor, rows: Any, candidates: int = token_choice.CANDIDATES) -> torch.Tensor:
        sizes.append(candidates)
        return drawn_filtered(table, rows, candidates)

    monkeypatch.setattr(token_choice, "_drawn_filtered", spy)
    flat = torch.zeros(1, VOCABULARY)
    drawn = {chosen(flat, [row(seed=seed, top_p=0.9)])[0] for seed in range(200)}
    assert sizes[:2] == [token_choice.CANDIDATES, VOCABULARY]
    assert len(drawn) > 100
    sizes.clear()
    steep = torch.linspace(0, 30, VOCABULARY).unsqueeze(0)
    chosen(steep, [row(top_p=0.9)])
    assert sizes == [token_choice.CANDIDATES]


def test_uniform_numbers_are_even() -> None:
    one = row()
    numbers = []
    for place in range(2000):
        one.see((1, 2), [0] * place)
        numbers.append(one.uniform())
    assert min(numbers) >= 0 and max(numbers) < 1
    assert math.fsum(numbers) / 2000 == pytest.approx(0.5, abs=0.03)
