"""Choosing the next token of many requests at once, each by its own rules.

Rules apply in the order of the transformers library: penalties and biases, grammar, temperature, `top_k`, `top_p`,
`min_p`. Rows of one batch are drawn together; only what few requests use (penalties, grammars) is done row by row.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from r3mes_engine.backends.protocol import Sampling

log = logging.getLogger(__name__)

CANDIDATES = 256
"""Tokens that are looked at first where `top_p` or `min_p` cut the distribution: nearly always they hold all that is
kept, and sorting a whole vocabulary takes milliseconds for each row."""


class Grammar(Protocol):
    """What an answer must look like."""

    def follow(self, made: Sequence[int]) -> None:
        """Goes to the state after these tokens, from any other state."""
        ...

    def forbid(self, scores: torch.Tensor) -> None:
        """Sets the scores of what may not come next to minus infinity. Shape [vocabulary]. Raises ValueError."""
        ...


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """Natural logarithms of the model's own probabilities, before temperature and penalties."""

    token: int
    logprob: float
    top: tuple[tuple[int, float], ...]
    """The most likely tokens, best first."""


class RequestRow:
    """The rules of one request, and what they need to know of its tokens. Used by the token loop's thread alone, but
    for `taken`, `failure` and what the constructor gets.

    A token may be asked for twice, when a request was paused or moved; the same position then gives the same token.
    """

    def __init__(
        self,
        sampling: Sampling,
        prompt: Sequence[int],
        *,
        seed: int,
        logprobs: int | None = None,
        grammar: Grammar | None = None,
    ) -> None:
        """`sampling` has a temperature and a top_p. `logprobs` is how many alternatives to tell; None: not even one."""
        assert sampling.temperature is not None and sampling.top_p is not None
        self.temperature = sampling.temperature
        self.top_p = sampling.top_p
        self.top_k = sampling.top_k
        self.min_p = sampling.min_p
        self.logprobs = logprobs
        self.failure = ""
        """Why this request can't go on; it takes no other request with it."""
        self._sampling = sampling
        self._prompt = prompt
        self._seed = seed.to_bytes(16, "little", signed=True)
        self._grammar = grammar
        self._position = 0
        self._made: list[int] = []
        self._counts: torch.Tensor | None = None
        """How often each token was made, shape [vocabulary]."""
        self._seen: torch.Tensor | None = None
        """Whether each token is in the prompt or was made, shape [vocabulary]."""
        self._told: dict[int, TokenLogprob] = {}
        self._penalised = bool(sampling.presence_penalty or sampling.frequency_penalty)
        self._keeps_tokens = self._penalised or sampling.repetition_penalty != 1 or grammar is not None
        self.shaped = self._keeps_tokens or bool(sampling.logit_bias)

    def __deepcopy__(self, memo: dict[int, Any]) -> RequestRow:
        # The library copies a request's settings when it moves the request; the row stays the same.
        return self

    @property
    def greedy(self) -> bool:
        return self.temperature == 0

    @property
    def filtered(self) -> bool:
        return self.top_p < 1 or self.top_k > 0 or self.min_p > 0

    def see(self, initial: Sequence[int], generated: Sequence[int]) -> None:
        """Before each step: the prompt, perhaps with tokens of earlier parts, and the tokens of this part."""
        self._position = len(initial) + len(generated) - len(self._prompt)
        if not self._keeps_tokens:
            return
        if self._position == len(self._made) + 1:
            self._count(generated[-1] if generated else initial[-1])
        elif self._position != len(self._made):
            self._counts = self._seen = None
            self._made = [*initial, *generated][len(self._prompt) :]

    def _count(self, token: int) -> None:
        self._made.append(token)
        if self._counts is not None:
            self._counts[token] += 1
        if self._seen is not None:
            self._seen[token] = True

    def uniform(self) -> float:
        """From 0 to below 1, by seed and position alone."""
        digest = hashlib.blake2b(self._position.to_bytes(8, "little"), digest_size=8, key=self._seed).digest()
        # As many bits as a double holds.
        return (int.from_bytes(digest, "little") >> 11) / 2**53

    def shape(self, scores: torch.Tensor) -> None:
        """Penalties, biases and grammar, in place. Scores of shape [vocabulary]. Raises ValueError."""
        sampling = self._sampling
        if sampling.repetition_penalty != 1:
            seen = self._seen_tokens(scores)
            penalty = sampling.repetition_penalty
            scores.copy_(torch.where(seen, torch.where(scores > 0, scores / penalty, scores * penalty), scores))
        if self._penalised:
            counts = self._made_counts(scores)
            scores -= sampling.frequency_penalty * counts + sampling.presence_penalty * (counts > 0)
        if sampling.logit_bias:
            tokens, biases = zip(*sampling.logit_bias, strict=True)
            if max(tokens) >= len(scores):
                raise ValueError(f"logit_bias: this model has {len(scores)} tokens")
            scores[torch.tensor(tokens, device=scores.device)] += torch.tensor(biases, device=scores.device)
        if self._grammar is not None:
            self._grammar.follow(self._made)
            self._grammar.forbid(scores)

    def _made_counts(self, scores: torch.Tensor) -> torch.Tensor:
        if self._counts is None:
            made = torch.tensor(self._made, dtype=torch.int64, device=scores.device)
            self._counts = torch.bincount(made, minlength=len(scores)).to(scores.dtype)
        return self._counts

    def _seen_tokens(self, scores: torch.Tensor) -> torch.Tensor:
        if self._seen is None:
            self._seen = torch.zeros(len(scores), dtype=torch.bool, device=scores.device)
            self._seen[torch.tensor([*self._prompt, *self._made], dtype=torch.int64, device=scores.device)] = True
        return self._seen

    def tell(self, logprob: TokenLogprob) -> None:
        self._told[self._position] = logprob

    def taken(self, position: int) -> TokenLogprob | None:
        """The log-probability of the answer's so-manieth token, once."""
        return self._told.pop(position, None)


def choose(scores: torch.Tensor, rows: Sequence[RequestRow]) -> torch.Tensor:
    """Scores of shape [requests, vocabulary] in float32, changed in place so that the chosen token is the highest."""
    told = [index for index, row in enumerate(rows) if row.logprobs is not None]
    own = torch.log_softmax(scores[told], dim=-1) if told else None
    for index, row in enumerate(rows):
        if row.shaped and not row.failure:
            try:
                row.shape(scores[index])
            except ValueError as error:
                row.failure = str(error)
    for filtered in (False, True):
        drawn = [i for i, row in enumerate(rows) if not row.greedy and row.filtered is filtered]
        if drawn:
            chosen = [rows[index] for index in drawn]
            part = scores if len(drawn) == len(rows) else scores[drawn]
            tokens = _drawn_filtered(part, chosen) if filtered else _drawn(part, chosen)
            scores[torch.tensor(drawn, device=scores.device), tokens] = torch.inf
    if own is not None:
        _tell(own, scores[told].argmax(-1), [rows[index] for index in told])
    return scores


def _column(values: Sequence[float], like: torch.Tensor) -> torch.Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device).unsqueeze(-1)


def _drawn(scores: torch.Tensor, rows: Sequence[RequestRow]) -> torch.Tensor:
    """From the whole distribution; shape [rows]."""
    probabilities = torch.softmax(scores / _column([row.temperature for row in rows], scores), dim=-1)
    return _by_uniform(probabilities, rows)


def _drawn_filtered(scores: torch.Tensor, rows: Sequence[RequestRow], candidates: int = CANDIDATES) -> torch.Tensor:
    """From what `top_k`, `top_p` and `min_p` leave of the distribution; shape [rows]."""
    vocabulary = scores.shape[-1]
    logits = scores / _column([row.temperature for row in rows], scores)
    limits = [row.top_k if 0 < row.top_k < vocabulary else vocabulary for row in rows]
    size = min(vocabulary, max([candidates, *(limit for limit in limits if limit < vocabulary)]))
    values, tokens = logits.topk(size, dim=-1)
    kept = torch.exp(values - logits.logsumexp(-1, keepdim=True))
    inside = torch.arange(size, device=scores.device) < torch.tensor(limits, device=scores.device).unsqueeze(-1)
    kept = kept * inside
    top_k = torch.tensor([limit < vocabulary for limit in limits], device=scores.device).unsqueeze(-1)
    kept = torch.where(top_k, kept / kept.sum(-1, keepdim=True), kept)
    top_p, min_p = _column([row.top_p for row in rows], kept), _column([row.min_p for row in rows], kept)
    before = kept.cumsum(-1)
    # The token that crosses the line belongs to the nucleus, so at least one always does. Rounding must not cut a
    # distribution that is to stay whole.
    nucleus = (before - kept < top_p) | (top_p >= 1)
    likely = kept >= min_p * kept[:, :1]
    if size < vocabulary:
        whole = top_k | ~nucleus[:, -1:] | ((min_p > 0) & ~likely[:, -1:])
        if not bool(whole.all()):
            return _drawn_filtered(scores, rows, vocabulary)
    place = _by_uniform(kept * nucleus * likely, rows)
    return tokens.gather(-1, place.unsqueeze(-1)).squeeze(-1)


def _by_uniform(weights: torch.Tensor, rows: Sequence[RequestRow]) -> torch.Tensor:
    """The index at which the running sum passes each row's own random number; shape [rows]."""
    sums = weights.double().cumsum(-1)
    total = sums[:, -1:]
    uniform = torch.tensor([row.uniform() for row in rows], dtype=torch.float64, device=weights.device).unsqueeze(-1)
    # Below the total in any rounding: beyond it there is nothing but tokens that may not be drawn.
    target = torch.minimum(uniform * total, torch.nextafter(total, torch.zeros_like(total)))
    return torch.searchsorted(sums, target, right=True).squeeze(-1).clamp_(max=weights.shape[-1] - 1)


def _tell(own: torch.Tensor, tokens: torch.Tensor, rows: Sequence[RequestRow]) -> None:
    most = max(row.logprobs or 0 for row in rows)
    chosen = own.gather(-1, tokens.unsqueeze(-1)).squeeze(-1).tolist()
    best = own.topk(most, dim=-1) if most else None
    values, places = (best.values.tolist(), best.indices.tolist()) if best is not None else ([], [])
    for index, (row, token) in enumerate(zip(rows, tokens.tolist(), strict=True)):
        wanted = row.logprobs or 0
        top = tuple(zip(places[index][:wanted], values[index][:wanted], strict=True)) if wanted else ()
        row.tell(TokenLogprob(token, chosen[index], top))
