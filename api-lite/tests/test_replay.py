"""Decisions of a real run, replayed against other policies and other thresholds."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.adapter_choice.cascade import RouterCascade, Thresholds
from r3mes_api.adapter_choice.decision import AdapterRoute, Verdict
from r3mes_api.adapter_choice.keyword_router import KeywordRouter
from r3mes_api.adapter_choice.topics import bundled_topics
from r3mes_api.routing.decision import Decision
from r3mes_api.routing.replay import POLICIES, BadRecord, main, replay, replay_cascade
from r3mes_protocol.messages import AdapterOffer, Residency

PROMPTS = (
    "Why does this python stack trace end in a segfault?",
    "an error in the contract",
    "Good morning!",
    "What does the court say of my lawsuit?",
)
TOPICS = bundled_topics()
KEYWORDS = KeywordRouter(TOPICS)


async def test_a_run_can_be_replayed_against_any_policy(
    start_gateway: Any,
    start_node: Any,
    client: httpx.AsyncClient,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    until: Any,
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", adapter_plan_s=0.05)
    gpu, disk = (AdapterOffer(name="coder", residency=where) for where in (Residency.GPU, Residency.DISK))
    law = AdapterOffer(name="law", residency=Residency.CPU)
    for number in range(6):
        await start_node(gateway, name=f"n{number}", adapters=(gpu if number == 0 else disk, law))

    async def ask(prompt: str) -> str:
        body = {"model": "auto", "messages": [{"role": "user", "content": prompt}]}
        answer = await client.post(f"{gateway.url}/v1/chat/completions", json=body)
        assert answer.status_code == 200
        return answer.headers["x-request-id"]

    async def placed() -> bool:
        adapters = (await client.get(f"{gateway.url}/v1/adapters")).json()["data"]
        return all(adapter["homes"] for adapter in adapters)

    ids = list(await asyncio.gather(*(ask(prompt) for prompt in PROMPTS)))
    await until(placed, "both adapters have a home")
    ids += await asyncio.gather(*(ask(prompt) for prompt in PROMPTS * 5))
    records = [(await client.get(f"{gateway.url}/v1/requests/{request}")).json() for request in ids]
    file = tmp_path / "records.jsonl"
    file.write_text("\n".join(map(json.dumps, records)))

    taken = [option for one in records for option in one["tries"][0]["options"]]
    assert {option["cold_ms"] for option in taken} >= {0.0, 3000.0}
    assert any(option["place_ms"] for option in taken), "placement counts in the cost"
    for option in taken:
        terms = ("first_ms", "queue_ms", "cold_ms", "health_ms", "hop_ms", "place_ms")
        assert option["cost_ms"] == pytest.approx(sum(option[term] for term in terms), abs=0.01)
    for name, policy in POLICIES.items():
        found = replay(records, policy)
        assert found.choices == len(ids), name
        assert main([str(file), "--policy", name]) == 0
        assert capsys.readouterr().out.startswith(f"{len(ids)} choices, {found.same} the same\n")
    cost, blind = replay(records, POLICIES["cost"]), replay(records, POLICIES["without-residency"])
    assert cost.policy_cost_ms < replay(records, POLICIES["random"]).policy_cost_ms
    assert cost.policy_cost_ms <= blind.policy_cost_ms, "who does not look at where adapters lie pays for it"

    assert main([str(file), "--thresholds", "0.85,0.45,0.4"]) == 0
    assert f"{len(ids)} prompts whose adapter was chosen, {len(ids)} to the same topic, 0" in capsys.readouterr().out
    deaf = replay_cascade(records, Thresholds(keyword=1.0))
    assert (deaf.prompts, deaf.same) == (len(ids), sum(1 for one in records if one["router"]["topic"] == "default"))
    for wrong in ("1,2", "a,b,c", "0,0,7"):
        with pytest.raises(SystemExit):
            main([str(file), "--thresholds", wrong])
    capsys.readouterr()
    with pytest.raises(BadRecord):
        replay_cascade([{"router": {"steps": [{"router": "keyword"}]}}], Thresholds())


class Says:
    name = "semantic"

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict

    async def verdict(self, prompt: str) -> Verdict:
        return self._verdict


SHARES = st.floats(0.01, 1)
THRESHOLDS = st.builds(Thresholds, SHARES, SHARES, SHARES)
VERDICTS = st.just(Verdict(None, 0.0)) | st.builds(Verdict, st.sampled_from([t.id for t in TOPICS.topics]), SHARES)


@given(st.sampled_from(PROMPTS), VERDICTS, THRESHOLDS, THRESHOLDS)
def test_a_cascade_replays_as_it_would_have_run(
    prompt: str, semantic: Verdict, recorded: Thresholds, other: Thresholds
) -> None:
    def run(thresholds: Thresholds) -> AdapterRoute:
        cascade = RouterCascade(TOPICS, KEYWORDS, Says(semantic), thresholds)
        found = asyncio.run(cascade.choose(prompt, ()))
        return AdapterRoute(found.adapter, found.topic, found.confidence, list(found.steps), semantic=True)

    first, second = run(recorded), run(other)
    document = json.loads(json.dumps(Decision("c", 1, None, None, route=first).document()))
    again = replay_cascade([document], recorded)
    assert (again.prompts, again.same, again.unknown) == (1, 1, 0)
    found = replay_cascade([document], other)
    if not found.unknown:
        assert found.same == (named(first) == named(second))


def named(route: AdapterRoute) -> str | None:
    """The topic on which the routers settled, before the default stepped in."""
    outcomes = [step.outcome for step in route.steps if step.router in ("keyword", "semantic")]
    return next((outcome for outcome in reversed(outcomes) if outcome not in ("no_match", "unsure")), None)
