"""Traces of requests by OpenTelemetry, for gateways whose operator wants them.

Spans are made when a request has ended, from what was noted of it anyway: so nothing is done for them while tokens
pass, and nothing at all without them. No span holds a prompt, an answer, a key or a client's address.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from r3mes_api.asgi import Exchange
from r3mes_api.lifecycle import CannotStart
from r3mes_protocol import __version__

Attribute: TypeAlias = str | int | float | bool

UNTRACED = ("/health", "/health/live", "/health/ready", "/metrics")
"""Asked every few seconds by machines."""

LAST_SPANS_S = 2.0
"""For what is still to be sent when the gateway ends."""

EXTRA_MISSING = "Traces need an extra; run: pip install 'r3mes[otel]'. Or set R3MES_TRACES=off."


@dataclass(frozen=True, slots=True)
class SpanPlan:
    """A span to be; times are seconds on the gateway's clock."""

    name: str
    start: float
    end: float
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    error: str | None = None
    first_token_at: float | None = None
    goes_out: bool = False
    """To a node; otherwise it happens here."""


def plan_request(exchange: Exchange, route: str, now: float) -> SpanPlan:
    """The whole request."""
    method = exchange.scope["method"]
    status = exchange.status or 499
    attributes: dict[str, Attribute] = {
        "http.request.method": method if len(method) <= 10 else "_OTHER",
        "http.route": route,
        "http.response.status_code": status,
        "http.response.body.size": exchange.bytes_sent,
    }
    error = f"HTTP {status}" if status >= 500 else None
    answer = exchange.answer
    if answer is None:
        return SpanPlan(f"{attributes['http.request.method']} {route}", exchange.received_at, now, attributes, error)
    attributes |= {
        "r3mes.request_id": answer.request_id,
        "r3mes.outcome": answer.outcome,
        "gen_ai.usage.input_tokens": answer.prompt_tokens,
        "gen_ai.usage.output_tokens": answer.completion_tokens,
    }
    if answer.outcome not in ("completed", "abandoned"):
        error = answer.outcome
    name = f"{attributes['http.request.method']} {route}"
    return SpanPlan(name, exchange.received_at, now, attributes, error, answer.first_token_at)


def plan_tries(decision: Mapping[str, Any], received_at: float, now: float) -> list[SpanPlan]:
    """For each try the choice, with the waiting for room before it, and the attempt, from a request's record."""
    plans: list[SpanPlan] = []
    free_at = received_at
    for number, one in enumerate(decision["tries"], 1):
        asked_at = min(now, max(free_at, received_at + one["after_ms"] / 1000))
        took_ms = one["took_ms"]
        ended_at = now if took_ms is None else min(now, asked_at + took_ms / 1000)
        best = next((option for option in one["options"] if option["node_id"] == one["node"]), None)
        choice: dict[str, Attribute] = {"r3mes.try": number, "r3mes.candidates": one["candidates"]}
        if best is not None:
            choice |= {"r3mes.cost_ms": best["cost_ms"], "r3mes.load": best["load"], "r3mes.hop_ms": best["hop_ms"]}
            choice |= {"gen_ai.request.model": best["model"]}
            if best["adapter"] is not None:
                choice["r3mes.adapter"] = best["adapter"]
        plans.append(SpanPlan("choose node", free_at, asked_at, choice))
        # A node's own words may quote the prompt; what stands before the colon is of our own list.
        outcome = str(one["outcome"]).partition(":")[0]
        attempt: dict[str, Attribute] = {
            "r3mes.try": number,
            "r3mes.node": one["node"],
            "r3mes.outcome": outcome,
            "r3mes.continues": bool(one["continues"]),
        }
        failed = outcome if outcome not in ("done", "running") else None
        plans.append(SpanPlan("ask node", asked_at, ended_at, attempt, failed, goes_out=True))
        free_at = ended_at
    return plans


class Tracing:
    """Hears of each exchange at its end. `provider` is an OpenTelemetry `TracerProvider`."""

    def __init__(
        self, provider: Any, decision: Callable[[str], Mapping[str, Any] | None], clock: Callable[[], float]
    ) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("r3mes_api", __version__)
        self._decision = decision
        self._clock = clock
        trace = importlib.import_module("opentelemetry.trace")
        self._kinds = trace.SpanKind
        self._status = importlib.import_module("opentelemetry.trace.status")
        self._with_span = trace.set_span_in_context
        propagation = importlib.import_module("opentelemetry.trace.propagation.tracecontext")
        self._propagator = propagation.TraceContextTextMapPropagator()

    def finished(self, exchange: Exchange, route: str) -> None:
        if route in UNTRACED:
            return
        now = self._clock()
        carrier = {
            name: value
            for name in ("traceparent", "tracestate")
            if (value := exchange.header(name.encode())) is not None
        }
        caller = self._propagator.extract(carrier) if carrier else None
        unix_ns = time.time_ns()
        request = plan_request(exchange, route, now)
        span = self._begin(request, self._kinds.SERVER, caller, now, unix_ns)
        if span.is_recording() and exchange.answer is not None:
            decision = self._decision(exchange.answer.request_id)
            if decision is not None:
                inside = self._with_span(span)
                for plan in plan_tries(decision, exchange.received_at, now):
                    kind = self._kinds.CLIENT if plan.goes_out else self._kinds.INTERNAL
                    child = self._begin(plan, kind, inside, now, unix_ns)
                    child.end(_ns(plan.end, now, unix_ns))
        span.end(_ns(request.end, now, unix_ns))

    def _begin(self, plan: SpanPlan, kind: Any, context: Any, now: float, unix_ns: int) -> Any:
        span = self._tracer.start_span(
            plan.name,
            context=context,
            kind=kind,
            attributes=dict(plan.attributes),
            start_time=_ns(plan.start, now, unix_ns),
            record_exception=False,
        )
        if plan.first_token_at is not None:
            span.add_event("first token", timestamp=_ns(plan.first_token_at, now, unix_ns))
        if plan.error is not None:
            span.set_status(self._status.Status(self._status.StatusCode.ERROR, plan.error))
        return span

    async def close(self, *, hurry: bool) -> None:
        """Sends what waits, within a bound, unless there is no time for it."""
        if hurry:
            return
        loop = asyncio.get_running_loop()
        sent = loop.create_future()

        def tell() -> None:
            if not sent.done():
                sent.set_result(None)

        def send() -> None:
            self._provider.shutdown()
            with suppress(RuntimeError):  # the loop is closed already
                loop.call_soon_threadsafe(tell)

        # A thread that the process's end does not wait for: the collector may be away.
        threading.Thread(target=send, name="last spans", daemon=True).start()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SPANS_S):
                await sent


def open_tracing(decision: Callable[[str], Mapping[str, Any] | None], clock: Callable[[], float]) -> Tracing:
    """Sampler, exporter, service name and the rest come from OpenTelemetry's own variables (`OTEL_…`).

    Raises CannotStart where the extra is not installed.
    """
    try:
        sdk = importlib.import_module("opentelemetry.sdk.trace")
        export = importlib.import_module("opentelemetry.sdk.trace.export")
        resources = importlib.import_module("opentelemetry.sdk.resources")
        exporter = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ImportError:
        raise CannotStart(EXTRA_MISSING) from None
    # What the environment says takes precedence over this name.
    resource = resources.Resource.create({"service.version": __version__})
    if resource.attributes.get("service.name", "").startswith("unknown_service"):
        resource = resource.merge(resources.Resource({"service.name": "r3mes-api"}))
    provider = sdk.TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(export.BatchSpanProcessor(exporter.OTLPSpanExporter()))
    return Tracing(provider, decision, clock)


def _ns(moment: float, now: float, unix_ns: int) -> int:
    return unix_ns - int((now - moment) * 1e9)
