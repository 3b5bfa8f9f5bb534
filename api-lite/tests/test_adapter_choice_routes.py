"""`model: "auto"` and `/chat` without an adapter, at real gateways."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx

from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import AdapterOffer, FailureCode

CODE = "Why does this python stack trace end in a segfault?"
SMALL_TALK = "Good morning!"


def offers(*names: str) -> tuple[AdapterOffer, ...]:
    return tuple(AdapterOffer(name=name) for name in names)


async def ask_auto(client: httpx.AsyncClient, gateway: Any, text: str, **changes: Any) -> httpx.Response:
    body = {"model": "auto", "messages": [{"role": "user", "content": text}], **changes}
    return await client.post(f"{gateway.url}/v1/chat/completions", json=body)


async def test_auto_goes_to_the_adapter_of_the_topic_by_the_name_that_nodes_give_it(
    remote_gateway: Any, start_node: Any, client: httpx.AsyncClient
) -> None:
    coder = await start_node(remote_gateway, name="coder", adapters=offers("coding", "general_dora"))
    answer = await ask_auto(client, remote_gateway, CODE)
    assert answer.status_code == 200 and coder.jobs[-1].job.body["adapter"] == "coding"
    assert answer.headers["x-r3mes-adapter"] == "coding"
    cascade = answer.headers["x-r3mes-router"]
    assert cascade.startswith("keyword:coder:0.")
    record = (await client.get(f"{remote_gateway.url}/v1/requests/{answer.headers['x-request-id']}")).json()
    assert record["router"]["cascade"] == cascade and record["router"]["adapter"] == "coding"
    assert record["tries"][0]["options"][0]["adapter"] == "coding"

    streamed = await ask_auto(client, remote_gateway, SMALL_TALK, stream=True)
    assert streamed.headers["x-r3mes-adapter"] == coder.jobs[-1].job.body["adapter"] == "general_dora"
    assert streamed.headers["x-r3mes-router"] == "keyword:no_match, default:default"

    plain = await client.post(f"{remote_gateway.url}/chat", json={"message": CODE})
    assert plain.status_code == 200 and plain.text == "Hello from coder"
    assert plain.headers["x-r3mes-adapter"] == coder.jobs[-1].job.body["adapter"] == "coding"

    named = await client.post(f"{remote_gateway.url}/chat", json={"message": SMALL_TALK, "adapter": "coder_adapter"})
    assert named.status_code == 200 and coder.jobs[-1].job.body["adapter"] == "coding"
    assert "x-r3mes-router" not in named.headers
    by_model = await ask_auto(client, remote_gateway, SMALL_TALK, model="coding_dora")
    assert by_model.status_code == 200 and coder.jobs[-1].job.body["adapter"] == "coding"
    both = await ask_auto(client, remote_gateway, CODE, adapter="general")
    assert both.status_code == 200 and coder.jobs[-1].job.body["adapter"] == "general_dora"
    model_only = await ask_auto(client, remote_gateway, CODE, model="test-model")
    assert model_only.status_code == 200 and coder.jobs[-1].job.body["adapter"] is None


async def test_without_an_adapter_on_the_network_the_base_model_answers(
    remote_gateway: Any, start_node: Any, client: httpx.AsyncClient
) -> None:
    assert (await client.get(f"{remote_gateway.url}/v1/models")).json()["data"] == []
    node = await start_node(remote_gateway)
    answer = await ask_auto(client, remote_gateway, CODE)
    assert answer.status_code == 200 and node.jobs[-1].job.body["adapter"] is None
    assert "x-r3mes-adapter" not in answer.headers
    assert answer.headers["x-r3mes-router"].endswith("network:absent, default:default")
    unknown = await ask_auto(client, remote_gateway, CODE, adapter="coder_adapter")
    assert unknown.status_code == 404 and unknown.json()["error"]["code"] == "ADAPTER_NOT_FOUND"
    models = [card["id"] for card in (await client.get(f"{remote_gateway.url}/v1/models")).json()["data"]]
    assert models == ["test-model", "auto"]


async def test_a_name_that_a_header_can_not_hold_is_encoded(
    remote_gateway: Any, start_node: Any, client: httpx.AsyncClient, start_gateway: Any
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", default_adapter="şiir, ağıt")
    node = await start_node(gateway, adapters=offers("şiir, ağıt"))
    answer = await ask_auto(client, gateway, SMALL_TALK)
    assert unquote(answer.headers["x-r3mes-adapter"]) == node.jobs[-1].job.body["adapter"] == "şiir, ağıt"


async def test_when_the_chosen_adapter_is_out_of_reach_the_default_answers(
    start_gateway: Any, start_node: Any, client: httpx.AsyncClient, until: Any
) -> None:
    gateway = start_gateway(
        inference_mode="remote", node_auth="open", room_wait_s=0.2, refusal_memory_s=0.1, keyword_certain=0.5
    )
    release = asyncio.Event()

    async def hold(job: Any) -> None:
        await job.preamble()
        await release.wait()
        await job.answer("late")

    async def refuse(job: Any) -> None:
        await job.fail(FailureCode.CAPACITY)

    busy = await start_node(gateway, hold, name="busy", adapters=offers("coder"), max_concurrency=1)
    other = await start_node(gateway, name="other", adapters=offers("general"))
    first = asyncio.create_task(ask_auto(client, gateway, CODE))
    await until(lambda: busy.jobs, "the coder is busy")
    answer = await ask_auto(client, gateway, CODE)
    assert answer.status_code == 200 and other.jobs[-1].job.body["adapter"] == "general"
    assert answer.headers["x-r3mes-router"].endswith("network:unavailable, default:general")
    assert answer.headers["x-r3mes-adapter"] == "general"
    named = await ask_auto(client, gateway, CODE, adapter="coder")
    assert named.status_code == 503, "who names an adapter gets that one or none"
    release.set()
    assert (await first).status_code == 200


async def test_an_operator_puts_own_topics_in_their_place(
    start_gateway: Any, start_node: Any, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    topics = {
        "version": 1,
        "default": "rest",
        "topics": [
            {"id": "rest", "adapter": "talk"},
            {"id": "sea", "adapter": "sailor", "keywords": {"en": {"strong": ["anchor*", "mast*"]}}},
        ],
    }
    file = tmp_path / "topics.json"
    file.write_text(json.dumps(topics))
    gateway = start_gateway(inference_mode="remote", node_auth="open", adapter_topics=file)
    node = await start_node(gateway, adapters=offers("sailor", "talk", "coder"))
    for text, adapter in (("Weigh the anchors!", "sailor"), (CODE, "talk")):
        answer = await ask_auto(client, gateway, text)
        assert answer.status_code == 200 and node.jobs[-1].job.body["adapter"] == adapter

    file.write_text(json.dumps({**topics, "default": "nowhere"}))
    refused = start_gateway(inference_mode="remote", adapter_topics=file, wait=False)
    assert await refused.ended() == ExitCode.CONFIGURATION
    said = refused.log_text()
    assert "default topic 'nowhere' is not in the list" in said and "R3MES_ADAPTER_TOPICS" in said


async def test_the_router_can_be_off_and_the_default_none(
    start_gateway: Any, start_node: Any, client: httpx.AsyncClient
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", adapter_router="off", default_adapter="none")
    node = await start_node(gateway, adapters=offers("coder", "general"))
    answer = await ask_auto(client, gateway, CODE)
    assert answer.status_code == 200 and node.jobs[-1].job.body["adapter"] is None
    assert answer.headers["x-r3mes-router"] == "default:default"


async def test_the_mock_tells_what_the_router_thinks(start_gateway: Any, client: httpx.AsyncClient) -> None:
    gateway = start_gateway(inference_mode="mock", mock_first_token_s=0, mock_tokens_per_second=10_000)
    answer = await client.post(f"{gateway.url}/chat", json={"message": CODE})
    assert answer.headers["x-r3mes-router"].startswith("keyword:coder:0.")
    models = [card["id"] for card in (await client.get(f"{gateway.url}/v1/models")).json()["data"]]
    assert models == ["r3mes-mock", "auto"]


FAKE_LIBRARY = """
class Matrix(list):
    def __matmul__(self, vector):
        return Matrix(sum(a * b for a, b in zip(row, vector)) for row in self)
    def tolist(self):
        return list(self)

class SentenceTransformer:
    def __init__(self, folder, device, local_files_only):
        assert device == "cpu" and local_files_only
    def encode(self, texts, **options):
        return Matrix([float("wave" in text), float("salt" not in text and "wave" not in text)] for text in texts)
"""


async def test_the_meaning_is_asked_where_the_operator_wants_it(
    start_process: Any, start_node: Any, client: httpx.AsyncClient, tmp_path: Path, until: Any
) -> None:
    library, model, topics = tmp_path / "sentence_transformers", tmp_path / "model", tmp_path / "topics.json"
    library.mkdir()
    (library / "__init__.py").write_text(FAKE_LIBRARY)
    model.mkdir()
    (model / "config.json").write_text("{}")
    topics.write_text(
        json.dumps(
            {
                "version": 1,
                "default": "rest",
                "topics": [
                    {"id": "rest", "adapter": "talk", "examples": ["a day", "a night"]},
                    {"id": "sea", "adapter": "sailor", "examples": ["a wave", "waves"]},
                ],
            }
        )
    )
    environment = {
        "R3MES_INFERENCE_MODE": "remote",
        "R3MES_NODE_AUTH": "open",
        "R3MES_ADAPTER_ROUTER": "Semantic",
        "R3MES_ADAPTER_TOPICS": str(topics),
        "R3MES_SENTENCE_MODEL": str(model),
        "PYTHONPATH": str(tmp_path),
    }
    gateway = start_process(environment)
    node = await start_node(gateway, adapters=offers("sailor", "talk"))
    await until(lambda: "chosen by meaning" in gateway.log_text(), "the model is loaded")
    answer = await ask_auto(client, gateway, "the wave came")
    assert node.jobs[-1].job.body["adapter"] == "sailor"
    assert answer.headers["x-r3mes-router"].startswith("keyword:no_match, semantic:sea:0.9") or answer.headers[
        "x-r3mes-router"
    ].startswith("keyword:no_match, semantic:sea:1.00")
    gateway.terminate()
    assert await gateway.ended() == 0

    plain = start_process({**environment, "R3MES_SENTENCE_MODEL": str(tmp_path / "gone")})
    await until(lambda: "keywords only" in plain.log_text(), "the fallback is said")
    assert plain.log_text().count("WARNING") == 1
