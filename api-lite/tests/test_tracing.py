"""Traces: what a request left behind, as spans in memory; and the gateway with a collector of our own."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from r3mes_api.asgi import AnswerRecord, Exchange
from r3mes_api.tracing import EXTRA_MISSING, Tracing
from r3mes_protocol.messages import FailureCode

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"


def exchange_of(path: str, *, status: int, headers: list[tuple[bytes, bytes]] | None = None) -> Exchange:
    async def nothing(*_: Any) -> Any:
        return None

    exchange = Exchange(
        {"type": "http", "method": "POST", "path": path, "headers": headers or []}, nothing, nothing, time.monotonic
    )
    exchange.received_at, exchange.status = 100.0, status
    return exchange


def option(node: str) -> dict[str, Any]:
    return {"node_id": node, "model": "m", "adapter": "a", "cost_ms": 12.5, "load": 0.25, "hop_ms": 1.0}


DECISION = {
    "tries": [
        {"node": "n1", "after_ms": 10.0, "took_ms": 40.0, "outcome": "engine_error: Secret prompt", "continues": False,
         "candidates": 2, "options": [option("n1"), option("n2")]},
        {"node": "n2", "after_ms": 60.0, "took_ms": None, "outcome": "done", "continues": False, "candidates": 1,
         "options": [option("n2")]},
    ]
}  # fmt: skip


async def test_a_request_its_choices_and_its_attempts_are_one_trace_of_the_caller() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing = Tracing(provider, {"chatcmpl-1": DECISION}.get, lambda: 101.0)
    headers = [(b"traceparent", f"00-{TRACE_ID}-{CALLER}-01".encode()), (b"authorization", b"Bearer r3mes_secret")]
    exchange = exchange_of("/v1/chat/completions", status=200, headers=headers)
    exchange.answer = AnswerRecord("chatcmpl-1", "completed", 100.25, 3, 4)
    tracing.finished(exchange, "/v1/chat/completions")
    *inner, request = exporter.get_finished_spans()
    assert request.name == "POST /v1/chat/completions" and request.kind is SpanKind.SERVER
    assert f"{request.context.trace_id:032x}" == TRACE_ID and f"{request.parent.span_id:016x}" == CALLER
    assert request.end_time - request.start_time == 1_000_000_000
    (first_token,) = request.events
    assert first_token.timestamp - request.start_time == 250_000_000
    assert request.attributes["gen_ai.usage.output_tokens"] == 4 and request.status.status_code is StatusCode.UNSET
    assert [span.name for span in inner] == ["choose node", "ask node"] * 2
    assert {span.parent.span_id for span in inner} == {request.context.span_id}
    since = [
        ((s.start_time - request.start_time) // 1000000, (s.end_time - request.start_time) // 1000000) for s in inner
    ]
    assert since == [(0, 10), (10, 50), (50, 60), (60, 1000)]
    assert inner[1].status.description == "engine_error" and inner[3].status.status_code is StatusCode.UNSET
    assert inner[0].attributes["r3mes.cost_ms"] == 12.5 and inner[0].attributes["r3mes.candidates"] == 2
    told = "".join(span.to_json() for span in (*inner, request))
    assert "ecret" not in told


async def test_a_malformed_caller_begins_a_trace_and_machines_leave_none() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing = Tracing(provider, lambda _: None, lambda: 101.0)
    tracing.finished(exchange_of("/health/ready", status=200), "/health/ready")
    assert exporter.get_finished_spans() == ()
    exchange = exchange_of("/chat", status=503, headers=[(b"traceparent", b"00-zz-zz-01")])
    exchange.answer = AnswerRecord("chatcmpl-2", "NO_SERVING_NODES")
    tracing.finished(exchange, "/chat")
    (span,) = exporter.get_finished_spans()
    assert span.parent is None and span.status.description == "NO_SERVING_NODES"


class Collector:
    """Takes spans over HTTP as an OpenTelemetry collector does."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.names: set[str] = set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    for attribute in resource.resource.attributes:
                        if attribute.key == "service.name":
                            collector.names.add(attribute.value.string_value)
                    for scope in resource.scope_spans:
                        collector.spans += scope.spans
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    opened = Collector()
    yield opened
    opened.close()


async def test_a_gateway_sends_its_traces_where_the_usual_variables_say(
    start_gateway: Any, start_node: Any, client: httpx.AsyncClient, chat_prompt: Any, collector: Collector
) -> None:
    failed = asyncio.Event()

    async def fails_once(job: Any) -> None:
        if failed.is_set():
            await job.answer("Hello")
        else:
            failed.set()
            await job.fail(FailureCode.ENGINE_ERROR, "the prompt was: xyzzy")

    gateway = start_gateway(
        inference_mode="remote",
        node_auth="open",
        traces="on",
        environment={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "60000"},
    )
    for _ in range(2):
        await start_node(gateway, fails_once)
    answer = await client.post(
        f"{gateway.url}/v1/chat/completions",
        json=chat_prompt("xyzzy"),
        headers={"traceparent": f"00-{TRACE_ID}-{CALLER}-01"},
    )
    assert answer.json()["choices"][0]["message"]["content"] == "Hello"
    # What waits for its turn is sent at the end.
    gateway.terminate()
    assert await gateway.ended() == 0
    assert collector.names == {"r3mes-api"}
    assert sorted(span.name for span in collector.spans) == [
        "POST /v1/chat/completions", "ask node", "ask node", "choose node", "choose node",
    ]  # fmt: skip
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE_ID}
    assert not any("xyzzy" in str(span) for span in collector.spans)


async def test_a_collector_that_is_away_delays_neither_answers_nor_the_end(
    start_gateway: Any, client: httpx.AsyncClient
) -> None:
    gateway = start_gateway(
        inference_mode="mock", traces="on", mock_tokens_per_second=1000,
        environment={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
    )  # fmt: skip
    assert (await client.post(f"{gateway.url}/chat", json={"message": "Hello?"})).status_code == 200
    gateway.terminate()
    assert await gateway.ended(10) == 0


def test_without_traces_nothing_of_opentelemetry_is_loaded() -> None:
    import subprocess
    import sys

    code = (
        "import sys, json; import r3mes_api.application, r3mes_api.server;"
        "print(json.dumps([name for name in sys.modules if name.startswith('opentelemetry')]))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert json.loads(loaded) == [] and "pip install" in EXTRA_MISSING
