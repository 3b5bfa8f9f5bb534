"""What this gateway measures of its own work: each finished HTTP exchange is told here, once."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable

from r3mes_api.asgi import AnswerRecord, Exchange
from r3mes_api.web.metrics import Counter, Histogram, Series

request_logger = logging.getLogger("r3mes_api.requests")

KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

RECENT_MINUTES = 60
"""How far back the status page looks."""

_ANSWER_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)
_FIRST_TOKEN_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 90.0)
_PLAIN_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0)


class PerMinute:
    """Amounts of the last `RECENT_MINUTES` whole minutes and of the one that runs."""

    def __init__(self) -> None:
        self._over: deque[tuple[int, int]] = deque(maxlen=RECENT_MINUTES)
        """Minutes and their amounts, the one that runs not included."""
        self._amount = 0
        self._minute = 0
        self._ends_at = 0.0

    def add(self, amount: int, now: float) -> None:
        if now >= self._ends_at:
            self._over.append((self._minute, self._amount))
            self._amount, self._minute = 0, int(now // 60)
            self._ends_at = 60.0 * (self._minute + 1)
        self._amount += amount

    def series(self, now: float) -> list[int]:
        """`RECENT_MINUTES` amounts of whole minutes, the oldest first."""
        current = int(now // 60)
        amounts = {**dict(self._over), self._minute: self._amount}
        return [amounts.get(minute, 0) for minute in range(current - RECENT_MINUTES, current)]

    def last_hour(self, now: float) -> int:
        first = int(now // 60) - RECENT_MINUTES + 1
        running = self._amount if self._minute >= first else 0
        return running + sum(amount for minute, amount in self._over if minute >= first)


class Measurements:
    def __init__(self, clock: Callable[[], float], *, log_requests: bool) -> None:
        self._clock = clock
        self._log_requests = log_requests
        self.requests = Counter("r3mes_http_requests_total", "HTTP requests answered.", "route", "method", "status")
        self.request_bytes = Counter("r3mes_http_request_bytes_total", "Bytes of request bodies read.")
        self.response_bytes = Counter("r3mes_http_response_bytes_total", "Bytes of response bodies handed on.")
        self.plain_seconds = Histogram(
            "r3mes_http_plain_seconds", "Time of requests that are no prompts.", _PLAIN_SECONDS
        )
        self.answers = Counter("r3mes_answers_total", "Prompts by how they ended.", "outcome")
        self.tokens = Counter("r3mes_tokens_total", "Tokens of complete answers, as the nodes count them.", "kind")
        self.first_token_seconds = Histogram(
            "r3mes_first_token_seconds", "From a prompt's receipt to its first token.", _FIRST_TOKEN_SECONDS
        )
        self.answer_seconds = Histogram(
            "r3mes_answer_seconds", "From a prompt's receipt to the end of its answer.", _ANSWER_SECONDS
        )
        self.tokens_per_minute = PerMinute()
        self.answers_per_minute = PerMinute()
        # A series is looked up once, and then it is at hand.
        self._requests: dict[tuple[str, str, int], Series] = {}
        self._outcomes: dict[str, Series] = {}
        self._request_bytes = self.request_bytes.series()
        self._response_bytes = self.response_bytes.series()
        self._prompt_tokens = self.tokens.series("prompt")
        self._completion_tokens = self.tokens.series("completion")

    def all(self) -> tuple[Counter | Histogram, ...]:
        return (
            self.requests,
            self.request_bytes,
            self.response_bytes,
            self.plain_seconds,
            self.answers,
            self.tokens,
            self.first_token_seconds,
            self.answer_seconds,
        )

    def finished(self, exchange: Exchange, route: str) -> None:
        """`route` is the address as it was registered, so that strangers can't invent labels."""
        now = self._clock()
        seconds = now - exchange.received_at
        method = exchange.scope["method"]
        if method not in KNOWN_METHODS:
            method = "other"
        # 499 is nginx' word for a client that left before there was a status.
        status = exchange.status or 499
        requests = self._requests.get((route, method, status))
        if requests is None:
            requests = self._requests[route, method, status] = self.requests.series(route, method, str(status))
        requests.amount += 1
        self._request_bytes.amount += exchange.bytes_received
        self._response_bytes.amount += exchange.bytes_sent
        if exchange.answer is None:
            self.plain_seconds.observe(seconds)
        else:
            self._answered(exchange.answer, exchange.received_at, now)
        if self._log_requests and request_logger.isEnabledFor(logging.INFO):
            self._log(exchange, route, method, status, seconds)

    def _answered(self, answer: AnswerRecord, received_at: float, now: float) -> None:
        answers = self._outcomes.get(answer.outcome)
        if answers is None:
            answers = self._outcomes[answer.outcome] = self.answers.series(answer.outcome)
        answers.amount += 1
        self.answer_seconds.observe(now - received_at)
        if answer.first_token_at is not None:
            self.first_token_seconds.observe(answer.first_token_at - received_at)
        self._prompt_tokens.amount += answer.prompt_tokens
        self._completion_tokens.amount += answer.completion_tokens
        unix = time.time()
        self.answers_per_minute.add(1, unix)
        self.tokens_per_minute.add(answer.completion_tokens, unix)

    def _log(self, exchange: Exchange, route: str, method: str, status: int, seconds: float) -> None:
        fields: dict[str, object] = {
            "method": method,
            "route": route,
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
            "bytes": exchange.bytes_sent,
        }
        if exchange.answer is not None:
            fields["outcome"] = exchange.answer.outcome
            fields["request_id"] = exchange.answer.request_id
            fields["completion_tokens"] = exchange.answer.completion_tokens
        request_logger.info("request", extra=fields)
