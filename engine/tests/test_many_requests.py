"""A great many short requests, with adapters, bad ones and cancels among them, leave the engine as it was.

The whole campaign: `python3 installer test -- -m slow -s -k many_requests`; R3MES_CAMPAIGN_REQUESTS is its size. The
backend, its batch, its cache and its adapters are the real ones with a model of two layers; the embedded model, which
takes a hundred times as long, gets a fifth of the requests.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from r3mes_protocol.messages import Done, Failed, FailureCode

WORDS = ("fox", "count", "river", "seven", "lamp", "Paris", "quickly", "green", "because", "song", "winter", "cloud")
REQUESTS = int(os.environ.get("R3MES_CAMPAIGN_REQUESTS", "10000"))
AT_ONCE = 8
ADAPTERS_AT_ONCE, ADAPTERS_CHANGE = 4, 50
ANSWER_S = 120.0
# On a machine that does much else, a real model takes a minute for what it does in a second alone.
PATIENT = {"deadline_s": 600, "first_token_s": 600}


@dataclass
class Open:
    """A request under way."""

    job_id: str
    expects: FailureCode | None
    cancel_after: int | None
    """Frames after which it is cancelled; None: never."""
    cancelled: bool = False
    for_guest: bool = False
    """It asks for an adapter that may be unloaded before the request arrives."""


@dataclass
class Campaign:
    """Sends random requests, so many at once, and notes how each ends."""

    session: Any
    adapters: Sequence[str]
    dice: random.Random
    outcomes: Counter[str] = field(default_factory=Counter)
    jobs: list[str] = field(default_factory=list)
    guest: str | None = None
    """An adapter that is here for a while."""

    def run(self, count: int, at_once: int, visit: Visit | None = None) -> None:
        """`visit`: an adapter that is loaded and unloaded meanwhile, while requests run."""
        running: list[Open] = []
        started = 0
        while started < count or running:
            while started < count and len(running) < at_once:
                if visit is not None and started == count // 4:
                    self.guest = visit.comes()
                elif visit is not None and started == count * 3 // 4:
                    self.guest = visit.goes()
                running.append(self._start())
                started += 1
            self._wait(running)
            running = [one for one in running if not self._look(one)]

    def _wait(self, running: Sequence[Open]) -> None:
        self.session.wait(lambda: any(self._is_news(one) for one in running), "a request's end", ANSWER_S)

    def _start(self) -> Open:
        dice = self.dice
        body: dict[str, Any] = {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": " ".join(dice.choices(WORDS, k=dice.choice((1, 2, 4, 8, 40))))},
            ],
            "max_tokens": dice.choice((1, 1, 2, 3, 5, 12)),
            "temperature": dice.choice((0, 0.7, 1.3)),
        }
        if dice.random() < 0.2:
            body |= {"seed": dice.randint(0, 9), "top_p": 0.9, "stop": ["a", "e"], "ignore_eos": True}
        expects = None
        for_guest = self.guest is not None and dice.random() < 0.1
        kind = dice.random()
        if for_guest:
            body["adapter"] = self.guest
        elif kind < 0.5:
            if self.adapters:
                body["adapter"] = dice.choice(self._wanted_now())
        elif kind < 0.53:
            body["adapter"], expects = "nobody-has-this", FailureCode.ADAPTER_NOT_FOUND
        elif kind < 0.55:
            body["logit_bias"], expects = {"no-number": 1}, FailureCode.INVALID_REQUEST
        cancel_after = dice.choice((0, 0, 1, 2, 4)) if expects is None and dice.random() < 0.35 else None
        job_id = self.session.job(**body, **PATIENT)
        self.jobs.append(job_id)
        return Open(job_id, expects, cancel_after, for_guest=for_guest)

    def tell(self, held: Held) -> None:
        said = f"{held.memory / 2**20:.1f} MiB, {held.threads} threads, {held.files} files"
        print(f"{len(self.jobs)} requests: {said}", flush=True)

    def _wanted_now(self) -> Sequence[str]:
        """A few of the adapters, and others after fifty requests, so that they push each other out."""
        first = len(self.jobs) // ADAPTERS_CHANGE * ADAPTERS_AT_ONCE
        names = [self.adapters[(first + place) % len(self.adapters)] for place in range(ADAPTERS_AT_ONCE)]
        return sorted(set(names))

    def _is_news(self, one: Open) -> bool:
        return ended(self.session, [one.job_id]) or self._is_to_be_cancelled(one)

    def _is_to_be_cancelled(self, one: Open) -> bool:
        frames = len(self.session.frames.get(one.job_id, ()))
        return one.cancel_after is not None and not one.cancelled and frames >= one.cancel_after

    def _look(self, one: Open) -> bool:
        """Whether it has ended."""
        if ended(self.session, [one.job_id]):
            terminal = self.session.terminals[one.job_id][0]
            if isinstance(terminal, Done):
                assert one.expects is None, terminal
                self.outcomes[terminal.finish_reason] += 1
            else:
                assert isinstance(terminal, Failed)
                if not (one.for_guest and terminal.code is FailureCode.ADAPTER_NOT_FOUND):
                    assert terminal.code is (one.expects or FailureCode.CANCELLED), terminal
                    assert one.expects is not None or one.cancelled, terminal
                self.outcomes[terminal.code.value] += 1
            if self.dice.random() < 0.05:
                # Too late: it changes nothing.
                self.session.cancel(one.job_id)
            return True
        if self._is_to_be_cancelled(one):
            one.cancelled = True
            self.session.cancel(one.job_id)
        return False


@dataclass(frozen=True)
class Visit:
    """An adapter that comes and goes by commands of the control channel."""

    engine: Any
    folder: Path

    def comes(self) -> str:
        told = len(self.engine.all("adapter"))
        self.engine.command(cmd="load_adapter", name="guest", path=str(self.folder))
        assert self.engine.event("adapter", told + 1, timeout=ANSWER_S).offer is not None
        return "guest"

    def goes(self) -> None:
        """Answers that use it go on to their end."""
        self.engine.command(cmd="unload_adapter", name="guest")


@dataclass(frozen=True)
class Held:
    """What an idle engine holds."""

    memory: int
    threads: int
    files: int


def held_by(engine: Any, session: Any) -> Held:
    wait_idle(session)
    process = psutil.Process(engine.process.pid)
    return Held(process.memory_info().rss, process.num_threads(), process.num_fds() if os.name == "posix" else 0)


def wait_idle(session: Any) -> None:
    beats = len(session.heartbeats)

    def idle() -> bool:
        new = session.heartbeats[beats:]
        return bool(new) and (new[-1][1].active, new[-1][1].queued) == (0, 0)

    session.wait(idle, "heartbeat of an idle engine")


def check_ends(campaign: Campaign) -> None:
    session = campaign.session
    wait_idle(session)
    assert all(len(session.terminals[job_id]) == 1 for job_id in campaign.jobs)
    assert session.frames_after_terminal == 0
    assert campaign.outcomes["length"] and campaign.outcomes["cancelled"], campaign.outcomes


def check_slots(session: Any, places: int) -> None:
    """Every place still takes a request."""
    jobs = [
        session.job(messages=[{"role": "user", "content": "Count."}], max_tokens=8, **PATIENT) for _ in range(places)
    ]
    beats = len(session.heartbeats)
    session.wait(
        lambda: any(beat.active == places for _, beat in session.heartbeats[beats:]) or ended(session, jobs),
        "heartbeat with all places taken",
        ANSWER_S,
    )
    session.wait(lambda: ended(session, jobs), "end of the last requests", ANSWER_S)
    assert all(isinstance(session.terminals[job_id][0], Done) for job_id in jobs)


def ended(session: Any, jobs: Sequence[str]) -> bool:
    return all(session.terminals.get(job_id) for job_id in jobs)


@pytest.fixture
def session(model_engine: Any, model_gateway: Any) -> Iterator[Any]:
    yield model_gateway.session()


def test_many_requests_leave_nothing_behind(start_engine: Any, gateway: Any) -> None:
    engine = start_engine("--scripted-tokens-per-second", "2000", "--max-concurrency", "8", gateway=gateway.url)
    session = gateway.session()
    campaign = Campaign(session, (), random.Random(1))
    campaign.run(100, AT_ONCE)
    before = held_by(engine, session)
    campaign.run(400, AT_ONCE)
    check_ends(campaign)
    after = held_by(engine, session)
    assert abs(after.memory - before.memory) <= 0.05 * before.memory, (before, after)
    assert after.files <= before.files and after.threads <= before.threads, (before, after)
    check_slots(session, 8)


@pytest.mark.model
def test_many_requests_to_a_real_model(model_engine: Any, session: Any) -> None:
    campaign = Campaign(session, [offer.name for offer in session.register.available_loras], random.Random(2))
    campaign.run(16, 4)
    check_ends(campaign)
    check_slots(session, 4)
    assert "Traceback" not in model_engine.stderr


def check_pages(session: Any) -> None:
    """No page of the cache is lost: a request that needs all of them is answered."""
    context = session.register.models[0].context_tokens

    def words(count: int, **more: Any) -> Any:
        text = " a" * count
        job_id = session.job(messages=[{"role": "user", "content": text}], temperature=0, **PATIENT, **more)
        return session.terminal(job_id, ANSWER_S)

    extra = words(100, max_tokens=1).usage.prompt_tokens - 100
    assert words(200, max_tokens=1).usage.prompt_tokens == 200 + extra
    whole = words(context - extra - 2, max_tokens=2, ignore_eos=True)
    assert isinstance(whole, Done) and whole.usage.prompt_tokens + whole.usage.completion_tokens == context, whole


@pytest.fixture
def tiny_campaign(
    tiny_model: Any, make_adapter: Any, start_engine: Any, gateway: Any, tmp_path: Path
) -> tuple[Campaign, Any, Visit]:
    """An engine with the tiny model and more adapters than its memory holds."""
    names = tuple(f"adapter-{number:02}" for number in range(12))
    for number, name in enumerate((*names, "guest")):
        # An eighth of a megabyte each, of which there is one: so many are in use at once, and no more.
        place = tmp_path / ("guests" if name == "guest" else "adapters") / name
        make_adapter(place, tiny_model.sizes, seed=number, rank=16)
    engine = start_engine(
        *("--model", str(tiny_model.folder), "--max-concurrency", str(AT_ONCE)),
        *("--adapters", str(tmp_path / "adapters"), "--adapter-memory-mb", "1"),
        backend="transformers",
        gateway=gateway.url,
    )
    engine.event("ready", timeout=240)
    return (
        Campaign(gateway.session(), names, random.Random(5)),
        engine,
        Visit(engine, tmp_path / "guests" / "guest"),
    )


@pytest.mark.model
def test_many_requests_to_a_tiny_model(tiny_campaign: tuple[Campaign, Any, Visit]) -> None:
    campaign, engine, visit = tiny_campaign
    campaign.run(200, AT_ONCE, visit)
    check_ends(campaign)
    check_pages(campaign.session)
    check_slots(campaign.session, AT_ONCE)
    assert "Traceback" not in engine.stderr


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_campaign_of_many_requests_to_a_tiny_model(tiny_campaign: tuple[Campaign, Any, Visit]) -> None:
    """All of the engine but the size of its products."""
    campaign, engine, visit = tiny_campaign
    run_whole(campaign, engine, REQUESTS, first=REQUESTS // 4, visit=visit)
    check_pages(campaign.session)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_campaign_of_many_scripted_requests(start_engine: Any, gateway: Any) -> None:
    """All but the model: the session, its credit, the queue and the answers."""
    engine = start_engine("--scripted-tokens-per-second", "0", "--max-concurrency", str(AT_ONCE), gateway=gateway.url)
    # Without a model the process is so small that what the allocators keep of the first thousands is 2 % of it.
    run_whole(Campaign(gateway.session(), (), random.Random(4)), engine, REQUESTS, first=REQUESTS // 3)


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(6 * 3600)
def test_a_campaign_of_many_requests(
    start_engine: Any, start_gateway: Any, make_adapter: Any, tmp_path: Path, models_state_dir: Path
) -> None:
    sizes = {
        f"model.layers.{layer}.self_attn.{name}": SimpleNamespace(inputs=576, outputs=outputs)
        for layer in range(30)
        for name, outputs in (("q_proj", 576), ("v_proj", 192))
    }
    for number, name in enumerate(("fox", "owl", "elk")):
        make_adapter(tmp_path / "adapters" / name, sizes, seed=number, rank=8, targets=("q_proj", "v_proj"))
    gateway = start_gateway(heartbeat_s=1.0)
    engine = start_engine(
        *("--adapters", str(tmp_path / "adapters"), "--max-concurrency", str(AT_ONCE)),
        backend="transformers",
        gateway=gateway.url,
        state_dir=models_state_dir,
    )
    engine.event("ready", timeout=300)
    campaign = Campaign(gateway.session(), ("fox", "owl", "elk"), random.Random(3))
    # The first hundreds take the cache's memory page by page, up to an eighth of it for kept prefixes and what is under
    # way at once (some 80 MiB here), and those shapes of products that come up; then it stands still.
    run_whole(campaign, engine, REQUESTS // 5, first=max(200, REQUESTS // 20))


def run_whole(campaign: Campaign, engine: Any, count: int, first: int, visit: Visit | None = None) -> None:
    """Memory is compared with what was held after the `first` requests."""
    session = campaign.session
    began = time.monotonic()
    campaign.run(first, AT_ONCE, visit)
    before = held_by(engine, session)
    campaign.tell(before)
    while (done := len(campaign.jobs)) < count:
        campaign.run(min(count - done, max(1, count // 20)), AT_ONCE, visit)
        campaign.tell(held_by(engine, session))
    check_ends(campaign)
    after = held_by(engine, session)
    check_slots(session, AT_ONCE)
    change = after.memory / before.memory - 1
    print(
        f"{len(campaign.jobs)} requests in {time.monotonic() - began:.0f} s: {dict(campaign.outcomes)}; memory "
        f"{before.memory / 2**20:.1f} MiB before, {after.memory / 2**20:.1f} MiB after ({change:+.2%})"
    )
    assert abs(change) <= 0.02, (before, after)
    assert after.files <= before.files and after.threads <= before.threads, (before, after)
    assert "Traceback" not in engine.stderr
