"""What people and their tools look at: the status page, metrics, request logs, the description of the API."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.modes.interface import AdapterCard, ModelCard
from r3mes_api.nodes.node import Node
from r3mes_api.routes.interop import REFUSED_WRITES
from r3mes_api.routing.breaker import Breaker
from r3mes_api.routing.pace import Pace
from r3mes_api.setting_kinds import InferenceMode
from r3mes_api.web.measurements import RECENT_MINUTES, PerMinute
from r3mes_api.web.metrics import MAX_SERIES, Counter, Gauge, Histogram, exposition
from r3mes_api.web.status_page import MAX_ROWS, PageView, render
from r3mes_protocol.grants import Role
from r3mes_protocol.messages import AdapterOffer, Device, Residency, Telemetry

SAMPLE = re.compile(r'([a-z_0-9]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[0-9.e+-]+|\+Inf)')


def samples(text: str) -> dict[str, float]:
    """Every sample of an exposition; fails for a line that Prometheus could not read."""
    found: dict[str, float] = {}
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP [a-z_0-9]+ .+|TYPE [a-z_0-9]+ (counter|gauge|histogram))", line), line
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        key = line.rpartition(" ")[0]
        assert key not in found, f"twice: {key}"
        found[key] = float(match[3])
    return found


# --- metrics ---


@given(st.lists(st.floats(0, 1000), max_size=50))
def test_a_histogram_counts_everything_once_and_cumulates(values: list[float]) -> None:
    histogram = Histogram("h", "Help.", (0.1, 1.0, 10.0))
    for value in values:
        histogram.observe(value)
    found = samples(exposition([histogram]).decode())
    for bound in ("0.1", "1", "10", "+Inf"):
        assert found[f'h_bucket{{le="{bound}"}}'] == sum(1 for value in values if value <= float(bound))
    assert found["h_count"] == len(values) == histogram.count
    assert found["h_sum"] == pytest.approx(sum(values))


@given(st.text(), st.text())
def test_labels_can_hold_anything(first: str, second: str) -> None:
    counter = Counter("c_total", "Help.", "a", "b")
    counter.series(first, second).amount += 2
    counter.series(first, second).amount += 3
    lines = exposition([counter]).decode().split("\n")
    assert len(lines) == 4 and lines[2].endswith(" 5")
    gauge = Gauge("g", "Help.", ("a",), {(first,): 1})
    assert len(exposition([gauge]).decode().split("\n")) == 4


def test_a_counter_has_a_bound_on_its_series() -> None:
    counter = Counter("c_total", "Help.", "a")
    for number in range(MAX_SERIES * 2):
        counter.series(str(number)).amount += 1
    assert len(list(counter.lines())) == MAX_SERIES + 2 and counter.value("0") == 1
    assert counter.value(str(MAX_SERIES)) == 0


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 1000)), max_size=50))
def test_the_last_hour_is_the_sum_of_its_minutes(steps: list[tuple[int, int]]) -> None:
    per_minute = PerMinute()
    told: list[tuple[float, int]] = []
    now = 1000.0 * 60
    for seconds, amount in steps:
        now += seconds
        per_minute.add(amount, now)
        told.append((now, amount))
    current = now // 60
    expected = sum(amount for when, amount in told if when // 60 > current - RECENT_MINUTES)
    assert per_minute.last_hour(now) == expected
    assert len(per_minute.series(now)) == RECENT_MINUTES
    assert sum(per_minute.series(now + 60)) == expected


async def test_metrics_tell_how_prompts_went(
    start_gateway: Any, start_node: Any, client: httpx.AsyncClient, ask: Any, chat_prompt: Any, until: Any
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", log_format="json", request_log="on")
    refused = await client.post(f"{gateway.url}/v1/chat/completions", json=chat_prompt())
    assert refused.status_code == 503
    await start_node(gateway)
    answer = await ask(gateway, chat_prompt("my secret prompt"))
    assert answer.done
    whole = await client.post(f"{gateway.url}/v1/chat/completions", json=chat_prompt())
    assert whole.status_code == 200
    with pytest.raises(httpx.ReadTimeout):
        async with client.stream(
            "POST", f"{gateway.url}/chat", json={"message": "x"}, timeout=0.0001
        ) as response:  # leaves at once
            await response.aread()
    for path in ("/nope", "/nope2", "/v1/nodes/abc"):
        await client.get(gateway.url + path)

    async def scraped() -> dict[str, float]:
        response = await client.get(f"{gateway.url}/metrics")
        assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
        return samples(response.text)

    found = await until(
        _when(
            scraped,
            lambda all_of_them: (
                sum(amount for name, amount in all_of_them.items() if name.startswith("r3mes_answers_total")) >= 2
            ),
        ),
        "two answers",
    )
    assert found['r3mes_answers_total{outcome="completed"}'] >= 2
    assert found['r3mes_http_requests_total{route="other",method="GET",status="404"}'] == 2
    assert found['r3mes_http_requests_total{route="/v1/nodes/{node_id}",method="GET",status="404"}'] == 1
    assert found['r3mes_http_requests_total{route="/v1/chat/completions",method="POST",status="503"}'] == 1
    assert found['r3mes_nodes{status="serving"}'] == 1 and found["r3mes_node_places"] == 8
    assert found['r3mes_tokens_total{kind="completion"}'] >= 8
    assert found["r3mes_first_token_seconds_count"] >= 2
    assert found["r3mes_http_response_bytes_total"] > 500 and found["r3mes_http_request_bytes_total"] > 100
    if Path("/proc/self/statm").exists():
        assert 10e6 < found["process_resident_memory_bytes"] < 500e6

    gateway.terminate()
    assert await gateway.ended() == 0
    lines = [json.loads(line) for line in gateway.log_text().splitlines()]
    requests = [line for line in lines if line["logger"] == "r3mes_api.requests"]
    prompts = [line for line in requests if line["route"] == "/v1/chat/completions" and line["status"] == 200]
    assert len(prompts) == 2
    for line in prompts:
        assert line["request_id"].startswith("chatcmpl-") and line["outcome"] == "completed"
        assert line["duration_ms"] > 0 and line["bytes"] > 0 and line["completion_tokens"] == 4
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert "my secret prompt" not in gateway.log_text() and "Hello from" not in gateway.log_text()


def _when(read: Any, holds: Any) -> Any:
    async def condition() -> Any:
        value = await read()
        return value if holds(value) else None

    return condition


async def test_metrics_can_be_switched_off(start_gateway: Any, client: httpx.AsyncClient) -> None:
    gateway = start_gateway(inference_mode="mock", metrics="off")
    response = await client.get(f"{gateway.url}/metrics")
    assert response.status_code == 404 and "R3MES_METRICS=on" in response.json()["error"]["message"]


# --- the status page ---


class Seen(HTMLParser):
    """A page as a browser would take it: its elements and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def node(number: int = 1, text: str = "SmolLM2", **changes: Any) -> Node:
    fields: dict[str, Any] = {
        "node_id": f"{number:064x}",
        "session_id": "s",
        "generation": number,
        "owner": None,
        "models": {text: 2048},
        "adapters": {text: AdapterOffer(name="a").model_copy(update={"name": text})},
        "roles": (Role.SERVING,),
        "device": Device(kind="cuda", name="d", memory_mb=24576).model_copy(update={"name": text}),
        "engine_version": "0.1",
        "max_concurrency": 8,
        "max_jobs": 64,
        "connected_at": 0.0,
        "last_heard": 0.0,
        "telemetry": Telemetry(tokens_per_second=1e300),
        "breaker": Breaker(),
        "pace": Pace(),
    }
    return Node(**{**fields, **changes})


def view(**changes: Any) -> PageView:
    fields: dict[str, Any] = {
        "mode": InferenceMode.REMOTE,
        "version": "0.1.0",
        "accepting": True,
        "uptime_s": 90_061.0,
        "unix": 1_790_000_000.0,
        "network": "r3mes-testnet-1",
        "nodes": [],
        "models": [],
        "adapters": [],
        "running": 0,
        "tokens_per_minute": [0] * RECENT_MINUTES,
        "tokens_last_hour": 0,
        "answers_last_hour": 0,
        "now": 100.0,
    }
    return PageView(**{**fields, **changes})


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80))
def test_text_from_the_network_stays_text(text: str) -> None:
    plain, hostile = "x", f"</td><script>alert(1)</script><img src=x onerror=y>'\"{text}"
    pages = [
        Seen(
            render(
                view(
                    nodes=[node(1, words)],
                    models=[ModelCard(words, 1)],
                    adapters=[AdapterCard(words, words, 3, gpu=1, disk=2, homes=1, heat=0.5)],
                    network=words,
                )
            )
        )
        for words in (plain, hostile)
    ]
    assert pages[0].elements == pages[1].elements
    assert [name for name, _ in pages[0].attributes] == [name for name, _ in pages[1].attributes]
    assert "<script>alert(1)</script>" in pages[1].text


@given(st.integers(0, 300), st.lists(st.integers(0, 10**9), min_size=60, max_size=60))
def test_a_page_is_bounded_however_large_the_network_is(count: int, amounts: list[int]) -> None:
    nodes = [node(number) for number in range(count)]
    adapters = [AdapterCard(f"a{number}", "m", 1, disk=1) for number in range(count)]
    page = render(view(nodes=nodes, adapters=adapters, tokens_per_minute=amounts))
    assert page.count("<tr>") - 2 <= 2 * MAX_ROWS and len(page) < 200_000
    if count > MAX_ROWS:
        assert f"{MAX_ROWS} of {count} are shown." in page
    heights = [int(height) for height in re.findall(r'height="(\d+)" rx', page.split("</figure>")[0])]
    assert all(1 < height <= 100 for height in heights)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "No nodes"),
        ({"nodes": [node()]}, "1 node answers prompts."),
        ({"nodes": [node(1), node(2)]}, "2 nodes answer prompts."),
        ({"nodes": [node(draining=True)]}, "No nodes"),
        ({"accepting": False, "nodes": [node()]}, "Shutting down"),
        ({"mode": InferenceMode.MOCK}, "made up"),
        ({"mode": InferenceMode.DISABLED}, "disabled"),
        ({"tokens_last_hour": 5}, "the chart begins with the next one"),
        ({}, "No answer was completed"),
        ({"adapters": [AdapterCard("a", "m", 4, gpu=1, cpu=1, disk=2)]}, "1 on a GPU, 1 in memory, 2 on disk"),
        ({"adapters": [AdapterCard("a", "m", 1, disk=1, heat=0.05)]}, "now and then"),
    ],
)
def test_the_page_says_how_things_are(changes: dict[str, Any], word: str) -> None:
    assert word in Seen(render(view(**changes))).text


async def test_the_page_forbids_all_that_it_does_not_need(
    start_gateway: Any, start_node: Any, client: httpx.AsyncClient
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open")
    await start_node(gateway, models=("<b>bold</b>",))
    response = await client.get(gateway.url)
    assert response.status_code == 200 and response.headers["content-type"] == "text/html; charset=utf-8"
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "&lt;b&gt;bold&lt;/b&gt;" in response.text and "<b>bold" not in response.text
    page = Seen(response.text)
    assert "script" not in page.elements and not any(name.startswith("on") for name, _ in page.attributes)
    assert "style" not in {name for name, _ in page.attributes}, "the policy would ignore it"


BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here (Debian: apt install chromium)")
async def test_a_browser_shows_the_page(start_gateway: Any, start_node: Any, tmp_path: Path) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open")
    await start_node(gateway, name="<i>x</i>", models=("<script>document.title='hacked'</script>",))
    assert BROWSER is not None
    process = await asyncio.create_subprocess_exec(
        BROWSER,
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
        *("--disable-background-networking", "--disable-component-update", "--enable-logging=stderr", "--dump-dom"),
        f"--user-data-dir={tmp_path / 'profile'}",
        gateway.url,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        document, log = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    page = Seen(document.decode())
    assert "1 node answers prompts." in page.text and "<title>Serving · R3MES gateway</title>" in document.decode()
    assert "document.title='hacked'" in page.text and "script" not in page.elements
    # The browser tells on its console what the page's policy made it refuse.
    assert b"Content Security Policy" not in log and b"CONSOLE" not in log, log.decode()


# --- the description of the API ---


async def test_the_description_has_every_address_and_no_loose_end(
    start_process: Any, client: httpx.AsyncClient
) -> None:
    gateway = start_process({"R3MES_INFERENCE_MODE": "mock", "R3MES_MOCK_TOKENS_PER_SECOND": "10000"})
    document = (await client.get(f"{gateway.url}/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    for path in (
        "/",
        "/chat",
        "/v1/chat/completions",
        "/v1/models",
        "/v1/nodes/{node_id}",
        "/metrics",
        "/network/stats",
    ):
        assert path in document["paths"]
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] for operation in operations)
    text = json.dumps(document)
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', text)):
        target: Any = document
        for step in reference.split("/"):
            target = target[step]
        assert isinstance(target, dict)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method == "get" and "{" not in path and path != "/v1/nodes/session":
                response = await client.get(gateway.url + path)
                assert response.status_code == 200, path
                assert response.headers["content-type"].partition(";")[0] in operation["responses"]["200"]["content"]


async def test_a_wrong_method_names_the_right_ones(start_process: Any, client: httpx.AsyncClient) -> None:
    gateway = start_process({"R3MES_INFERENCE_MODE": "mock"})
    assert (await client.delete(f"{gateway.url}/chat")).headers["allow"] == "POST"
    assert (await client.put(f"{gateway.url}/v1/nodes/abc")).headers["allow"] == "GET, HEAD"


# --- the public network's addresses ---


async def test_dashboards_of_the_public_network_find_their_lists(
    start_gateway: Any, start_node: Any, client: httpx.AsyncClient
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open")
    offers = (AdapterOffer(name="coder_adapter"),)
    coder = await start_node(gateway, adapters=offers)
    await start_node(gateway, name="plain")

    async def read(path: str) -> Any:
        response = await client.get(gateway.url + path)
        assert response.status_code == 200
        return response.json()

    everybody = await read("/api/serving-node/list")
    assert len(everybody) == 2
    (found,) = await read("/api/serving-node/list?lora=coder_adapter&max_age_seconds=60")
    assert found["node_id"] == coder.node_id and found["available_lora_list"] == ["coder_adapter"]
    assert found["status"] == "active" and found["endpoint_url"] is None and found["last_heartbeat"].endswith("+00:00")
    assert await read("/api/serving-node/list?lora=none") == []
    (adapter,) = await read("/api/lora/list?active_only=true")
    assert adapter["name"] == "coder_adapter" and adapter["nodes"] == 1
    stats = await read("/network/stats")
    assert stats["serving_nodes"] == 2 and stats["active_miners"] == 0 and stats["block_height"] is None
    clock = await read("/system/time")
    assert clock["server_time"] == clock["unix"] and clock["timezone"] == "UTC"
    assert await read("/api/serving-node/list?max_age_seconds=0") == []
    nonsense = await client.get(f"{gateway.url}/api/serving-node/list?max_age_seconds=soon")
    assert nonsense.status_code == 400 and nonsense.json()["error"]["param"] == "max_age_seconds"
    version = await read("/system/version")
    assert version["update_required"] is False and version["current_version"] == version["version"]
    for path in REFUSED_WRITES:
        refused = await client.post(gateway.url + path, json={"wallet_address": "remes1x", "endpoint_url": "http://x"})
        assert refused.status_code == 403 and "nobody's word" in refused.json()["error"]["message"]
    assert len(await read("/api/serving-node/list")) == 2


async def test_programs_find_adapters_and_totals(
    start_gateway: Any, start_node: Any, client: httpx.AsyncClient
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", network="r3mes-testnet-1")
    disk, gpu = (AdapterOffer(name="coder", residency=where) for where in (Residency.DISK, Residency.GPU))
    await start_node(gateway, adapters=(disk, AdapterOffer(name="law")), max_concurrency=3)
    await start_node(gateway, adapters=(gpu,), max_concurrency=2)
    coder, law = (await client.get(f"{gateway.url}/v1/adapters")).json()["data"]
    assert coder["residency"] == {"gpu": 1, "cpu": 0, "disk": 1} and coder["nodes"] == 2
    assert (law["id"], law["base_model"], law["heat"]) == ("law", "test-model", 0.0)
    figures = samples((await client.get(f"{gateway.url}/metrics")).text)
    assert [figures[f'r3mes_adapter_replicas{{residency="{where}"}}'] for where in ("gpu", "cpu", "disk")] == [1, 0, 2]
    answer = await client.post(f"{gateway.url}/chat", json={"message": "hello", "adapter": "law"})
    assert answer.status_code == 200
    network = (await client.get(f"{gateway.url}/v1/network")).json()
    assert network["network"] == "r3mes-testnet-1" and network["places"] == 5 and network["serving_nodes"] == 2
    assert (network["models"], network["adapters"], network["answers_last_hour"]) == (1, 2, 1)
    assert len(network["tokens_per_minute"]) == RECENT_MINUTES and network["tokens_last_hour"] == 4


async def test_the_first_gateways_inference_requests_are_answered(
    start_gateway: Any, start_node: Any, client: httpx.AsyncClient
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open")

    async def multiline(job: Any) -> None:
        await job.answer("one\ntwo", "\r\nthree")

    node = await start_node(gateway, multiline, adapters=(AdapterOffer(name="coding"), AdapterOffer(name="law")))
    url = f"{gateway.url}/api/inference/generate"
    body = {"prompt": "Why does this python stack trace end in a segfault?", "max_tokens": 7, "top_k": 50}
    answer = (await client.post(url, json=body)).json()
    assert answer["text"] == "one\ntwo\r\nthree" and answer["tokens_generated"] == 2
    assert answer["experts_used"] == [{"id": "coding", "weight": 1.0}] and answer["model_version"] == "test-model"
    assert node.jobs[-1].job.body["max_tokens"] == 7 and "top_k" not in node.jobs[-1].job.body
    forced = (await client.post(url, json={**body, "force_experts": ["legal_dora"]})).json()
    assert forced["experts_used"] == [{"id": "law", "weight": 1.0}]
    streamed = await client.post(f"{url}/stream", json=body)
    assert streamed.headers["content-type"].startswith("text/event-stream")
    # Pieces that came together are one event; a line break is a further line of data.
    *events, done, nothing = streamed.text.split("\n\n")
    words = ["\n".join(line.removeprefix("data: ") for line in event.split("\n")) for event in events]
    assert ("".join(words), done, nothing) == ("one\ntwo\nthree", "data: [DONE]", "")
    for wrong in ({}, {"prompt": "  "}, {**body, "max_tokens": 0}, {**body, "temperature": "hot"}):
        refused = await client.post(url, json=wrong)
        assert refused.status_code == 400 and refused.json()["error"]["code"] == "INVALID_REQUEST"
