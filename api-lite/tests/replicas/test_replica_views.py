"""Replicas that register nodes, lose them, fall silent and come back, in any order: all end with one view."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from r3mes_api.nodes.deadlines import Deadlines
from r3mes_api.nodes.inbox import JobInbox
from r3mes_api.nodes.places import Reservation
from r3mes_api.nodes.registry import NodeRegistry, RegistryLimits
from r3mes_api.nodes.writer import SessionWriter
from r3mes_api.replicas.directory import NodeEntry, ReplicaHead
from r3mes_api.replicas.entries import described, mark_of, node_elsewhere
from r3mes_api.replicas.link import ReplicaLink
from r3mes_api.replicas.memory_directory import MemoryDirectory
from r3mes_api.replicas.views import ReplicaViews
from r3mes_api.replicas.wire import (
    Beat,
    Forward,
    Role,
    decode_piece,
    encode_forward,
    encode_piece,
    encode_terminal,
    proof_of,
    read_dialler,
    read_terminal,
)
from r3mes_api.routing.breaker import FAILURES_TO_OPEN
from r3mes_api.routing.choice import NoChoice, Wanted
from r3mes_api.routing.ledger import Lost, Violation
from r3mes_api.settings_loading import load_settings
from r3mes_protocol import grants
from r3mes_protocol.frames import FrameKind
from r3mes_protocol.messages import (
    AdapterOffer,
    Capacity,
    Device,
    Done,
    Failed,
    FailureCode,
    ModelOffer,
    Register,
    Usage,
)
from r3mes_protocol.wire import GatewayOrigin, JobId, NodeId, ProtocolError, SessionId

TTL_S = 3.0
LIMITS = RegistryLimits(
    heartbeat_s=10,
    max_nodes=3,
    max_jobs_per_node=64,
    registrations_per_minute=99,
    failure_memory_s=10,
    refusal_memory_s=1,
)
GATEWAY = GatewayOrigin("https://gateway.example.org")


def entry(node: int, claim: int, **changes: Any) -> NodeEntry:
    fields: dict[str, Any] = {
        "node_id": f"{node:064x}", "session_id": f"{claim:032x}", "gateway": GATEWAY, "claim": claim, "generation": 1,
        "owner": None, "models": (ModelOffer(name="m", context_tokens=10),), "adapters": (AdapterOffer(name="a"),),
        "roles": (grants.Role.SERVING,), "device": Device(kind="cpu", name="c", memory_mb=1), "engine_version": "1",
        "max_concurrency": 2, "max_jobs": 64, "endpoint": False, "continues": False, "loads_adapters": False,
        "draining": False,
        "active": 0, "queued": 0, "jobs": 0, "free_vram_mb": None, "free_adapter_slots": None, "telemetry": None,
        "connected_at": 1, "pace": None, "rest_ms": 0,
    }  # fmt: skip
    return NodeEntry(**{**fields, **changes})


class ViewsMachine(RuleBasedStateMachine):
    """Three replicas tell; a fourth one reads. A plain model says what it must see."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.directory = MemoryDirectory(lambda: self.now)
        self.views = ReplicaViews(forget_after_s=TTL_S)
        self.held: dict[int, dict[NodeId, NodeEntry]] = {number: {} for number in range(3)}
        self.numbers = dict.fromkeys(range(3), 0)
        self.draining: set[int] = set()
        self.reachable: set[int] = set()
        self.changed: set[NodeId] = set()
        self.shown: dict[NodeId, Any] = {}

    def _run(self, work: Any) -> Any:
        # The directory in memory waits for nothing.
        try:
            work.send(None)
        except StopIteration as ended:
            return ended.value
        raise AssertionError("it waited")

    def _head(self, replica: int) -> ReplicaHead:
        return ReplicaHead(
            replica_id=f"{replica:032x}", url="http://r", draining=replica in self.draining,
            whole_number=self.numbers[replica],
        )  # fmt: skip

    def _tell(self, replica: int, entries: dict[NodeId, NodeEntry | None]) -> None:
        if not self._run(self.directory.publish(self._head(replica), entries, whole=False, ttl_s=TTL_S)):
            self.numbers[replica] += 1
            whole = dict(self.held[replica])
            assert self._run(self.directory.publish(self._head(replica), whole, whole=True, ttl_s=TTL_S))

    @rule(replica=st.integers(0, 2), node=st.integers(0, 3))
    def a_node_registers(self, replica: int, node: int) -> None:
        (claim,) = self._run(self.directory.claim(1))
        told = entry(node, claim)
        self.held[replica][NodeId(told.node_id)] = told
        self._tell(replica, {NodeId(told.node_id): told})

    @rule(replica=st.integers(0, 2), node=st.integers(0, 3))
    def a_node_leaves(self, replica: int, node: int) -> None:
        node_id = NodeId(f"{node:064x}")
        if self.held[replica].pop(node_id, None) is not None:
            self._tell(replica, {node_id: None})

    @rule(replica=st.integers(0, 2))
    def a_replica_drains_or_not(self, replica: int) -> None:
        self.draining ^= {replica}
        self._tell(replica, {})

    @rule(replica=st.integers(0, 2))
    def a_replica_says_that_it_is_alive(self, replica: int) -> None:
        self._tell(replica, {})

    @rule(replica=st.integers(0, 2))
    def a_replica_tells_all_anew(self, replica: int) -> None:
        self.numbers[replica] += 1
        self._run(self.directory.publish(self._head(replica), dict(self.held[replica]), whole=True, ttl_s=TTL_S))

    @rule(replica=st.integers(0, 2))
    def a_replica_withdraws(self, replica: int) -> None:
        self._run(self.directory.withdraw(self._head(replica).replica_id))

    @rule(seconds=st.floats(0.1, 4))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def it_reads(self) -> None:
        news = self._run(self.directory.read(f"{9:032x}", self.views.seen()))
        self.changed |= self.views.learn(news, self.now)
        known = {int(head.replica_id, 16) for head in self.views.heads()}
        self.reachable &= known
        alive = {int(one.head.replica_id, 16) for one in news}
        assert alive <= known
        for replica in alive:
            for node_id, told in self.held[replica].items():
                newest = self.views.newest(node_id)
                assert newest is not None and newest.entry.claim >= told.claim
        # One that is neither listed nor connected is forgotten at once.
        assert known - alive <= self.reachable

    @rule(replica=st.integers(0, 2), up=st.booleans())
    def a_connection_changes(self, replica: int, up: bool) -> None:
        if any(head.replica_id == f"{replica:032x}" for head in self.views.heads()):
            self.changed |= self.views.reach(f"{replica:032x}", up)
            (self.reachable.add if up else self.reachable.discard)(replica)

    @invariant()
    def only_what_was_said_to_be_different_is_different(self) -> None:
        for node in range(4):
            node_id = NodeId(f"{node:064x}")
            usable = self.views.usable(node_id)
            if node_id in self.changed:
                self.shown[node_id] = usable
            assert self.shown.get(node_id) == usable
            assert usable is None or int(usable.replica_id, 16) in self.reachable
        self.changed.clear()


TestReplicaViews = ViewsMachine.TestCase
TestReplicaViews.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


# --- nodes elsewhere in the registry ---


def registration(node: int) -> Register:
    return Register(
        node_id=f"{node:064x}", models=(ModelOffer(name="m", context_tokens=10),), roles=(grants.Role.SERVING,),
        max_concurrency=2, device=Device(kind="cpu", name="c", memory_mb=1), engine_version="1", signature="0" * 128,
    )  # fmt: skip


def put(registry: NodeRegistry, told: NodeEntry, now: float = 0.0, replica: str = "there") -> None:
    registry.put_elsewhere(node_elsewhere(told, replica, 1.0, now, 1.0), now)


def test_a_node_elsewhere_is_chosen_and_keeps_its_reservations_when_news_come() -> None:
    registry = NodeRegistry(LIMITS)
    put(registry, entry(1, 1))
    first = registry.places.reserve(JobId("0" * 16), Wanted("m"), 0.0)
    assert isinstance(first, Reservation) and first.replica == "there"
    put(registry, entry(1, 1, jobs=1))
    assert isinstance(registry.places.reserve(JobId("1" * 16), Wanted("m"), 0.0), Reservation)
    assert registry.places.reserve(JobId("2" * 16), Wanted("m"), 0.0) is NoChoice.FULL
    assert registry.places.release(JobId("0" * 16)) and registry.places.release(JobId("1" * 16))
    put(registry, entry(1, 1, jobs=2))
    assert registry.places.reserve(JobId("3" * 16), Wanted("m"), 0.0) is NoChoice.FULL, "others have its places"
    put(registry, entry(1, 1, rest_ms=500), now=1.0)
    assert registry.places.reserve(JobId("4" * 16), Wanted("m"), 1.4) is NoChoice.FULL, "its breaker is open there"
    assert isinstance(registry.places.reserve(JobId("4" * 16), Wanted("m"), 1.6), Reservation)
    registry.drop_elsewhere(NodeId(entry(1, 1).node_id), "another", 2.0)
    assert len(registry) == 1
    registry.drop_elsewhere(NodeId(entry(1, 1).node_id), "there", 2.0)
    assert len(registry) == registry.places.taken == 0
    assert registry.dead(1e9) == []


def test_a_node_that_is_here_is_never_displaced_and_one_that_comes_here_displaces() -> None:
    registry = NodeRegistry(LIMITS)
    put(registry, entry(1, 1))
    admission = registry.register(SessionId("5" * 32), registration(1), None, 0.0)
    assert getattr(admission, "replaced", 0) is None
    put(registry, entry(1, 9))
    node = registry.node(f"{1:064x}")
    assert node is not None and node.replica is None
    # Nodes elsewhere take no place of those that may register here.
    for number in range(10, 20):
        put(registry, entry(number, 1))
    assert hasattr(registry.register(SessionId("6" * 32), registration(2), None, 0.0), "generation")


def test_the_replica_that_holds_a_node_decides() -> None:
    registry = NodeRegistry(LIMITS)
    node_id = NodeId(f"{1:064x}")
    assert registry.places.reserve_on(JobId("0" * 16), node_id, 0.0) is None
    put(registry, entry(1, 1))
    assert registry.places.reserve_on(JobId("0" * 16), node_id, 0.0) is None, "not held here"
    registry.register(SessionId("5" * 32), registration(1), None, 0.0)
    assert registry.places.reserve_on(JobId("0" * 16), node_id, 0.0) == "5" * 32
    assert registry.places.reserve_on(JobId("0" * 16), node_id, 0.0) is None, "an id that is in use"
    assert registry.places.reserve_on(JobId("1" * 16), node_id, 0.0) is not None
    assert registry.places.reserve_on(JobId("2" * 16), node_id, 0.0) is None, "full"
    registry.places.release(JobId("1" * 16))
    for _ in range(FAILURES_TO_OPEN):
        registry.memory.failed(node_id, 0.0)
    assert registry.places.reserve_on(JobId("2" * 16), node_id, 0.5) is None, "it rests"
    registry.drain(SessionId("5" * 32))
    assert registry.places.reserve_on(JobId("2" * 16), node_id, 60.0) is None, "it drains"


def test_a_node_arrives_as_it_was_told_of() -> None:
    registry = NodeRegistry(LIMITS)
    registry.register(SessionId("5" * 32), registration(1), "remes1owner", 10.0)
    registry.places.reserve_on(JobId("0" * 16), NodeId(f"{1:064x}"), 10.0)
    (node,) = registry
    told = described(node, GATEWAY, 7, now=12.0, unix=1000.0)
    seen = node_elsewhere(NodeEntry.model_validate_json(told.to_json()), "there", 2.5, now=50.0, unix=1003.0)
    assert (seen.models, seen.adapters, seen.owner, seen.places) == (node.models, {}, "remes1owner", 2)
    assert (seen.load(), seen.connected_at, seen.hop_ms, told.pace) == (0.5, 45.0, 2.5, None)
    before = mark_of(node, 12.0)
    assert mark_of(node, 99.0) == before
    node.pace.answered(0, 0.1, 0.5, 11, 0.1)
    assert mark_of(node, 12.0) != before
    again = described(node, GATEWAY, 7, now=12.0, unix=1000.0)
    assert again.pace is not None and (again.pace.first_s, again.pace.token_s) == (0.1, 0.05)


# --- the wire between replicas ---

JOB = JobId("0123456789abcdef")


@given(st.text(), st.integers(0, 10_000))
def test_a_job_crosses_as_it_is(job: str, deadline_ms: int) -> None:
    message, rest = read_dialler(encode_forward(JOB, "a" * 64, deadline_ms, job))
    assert message == Forward(job_id=JOB, node_id="a" * 64, deadline_ms=deadline_ms) and rest == job


@given(st.sampled_from(FrameKind), st.binary(min_size=1, max_size=300_000))
def test_a_piece_crosses_as_it_is(kind: FrameKind, payload: bytes) -> None:
    assert decode_piece(encode_piece(JOB, kind, payload)) == (JOB, kind, payload)


@pytest.mark.parametrize(
    "terminal",
    [
        *Lost, *Violation,
        Done(job_id=JOB, finish_reason="stop", usage=Usage(prompt_tokens=1, completion_tokens=2)),
        Failed(job_id=JOB, code=FailureCode.CAPACITY, message="full", retryable=True,
               capacity=Capacity(active=1, queued=2, max_concurrency=3)),
    ],
)  # fmt: skip
def test_every_terminal_crosses(terminal: Any) -> None:
    assert read_terminal(encode_terminal(JOB, terminal)) == (JOB, terminal)


def test_a_reason_of_a_newer_replica_is_a_lost_connection() -> None:
    assert read_terminal('{"type":"ended","job_id":"0123456789abcdef","why":"NEWER"}') == (JOB, Lost.DISCONNECTED)


@given(st.text(max_size=200) | st.from_regex(r'\{"type": ?"(beat|window|forward|cancel)".*', fullmatch=True))
def test_nothing_else_is_understood(text: str) -> None:
    try:
        message, _ = read_dialler(text)
    except ProtocolError:
        return
    assert message == Beat() or '"job_id"' in text


@pytest.mark.parametrize("data", [b"", b"12345678", b"12345678\x00", b"12345678\x03x"])
def test_malformed_pieces_are_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_piece(data)


def test_a_proof_is_good_for_its_end_its_names_and_its_nonces_alone() -> None:
    names = {"dialler": "1", "dialler_nonce": "2", "host": "3", "host_nonce": "4"}
    proofs = {proof_of(role, secret, **names) for role in Role for secret in ("s", "t")}
    proofs |= {proof_of(Role.HOST, "s", **{**names, name: "5"}) for name in names}
    assert len(proofs) == 8 and all(len(proof) == 64 for proof in proofs)


def test_a_gateway_that_stands_alone_loads_nothing_of_it() -> None:
    code = """
import asyncio, sys
from r3mes_api.accounts.opening import FrontDesk
from r3mes_api.application import build_gateway
from r3mes_api.settings_loading import load_settings
async def build():
    settings = load_settings({"R3MES_INFERENCE_MODE": "remote"})
    build_gateway(settings, asyncio.get_running_loop().time, FrontDesk())
asyncio.run(build())
print([name for name in sys.modules if name.startswith(("r3mes_api.replicas", "redis", "websockets.asyncio"))])
"""
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert loaded.strip() == "[]"


# --- a way that is busy ---


class NobodyWatches:
    def link_changed(self, replica_id: str) -> None: ...

    def room_changed(self) -> None: ...


async def test_jobs_that_the_way_has_no_room_for_are_refused_and_harm_no_other() -> None:
    settings_ = load_settings(
        {"R3MES_REPLICA_SECRET": "s" * 32, "R3MES_SESSION_QUEUE_BYTES": str(4 * 1024 * 1024), "R3MES_MAX_NODES": "9"}
    )
    loop = asyncio.get_running_loop()
    registry = NodeRegistry(LIMITS)
    head = ReplicaHead(replica_id="1" * 32, url="http://10.0.0.2:8000")
    link = ReplicaLink(head, "2" * 32, settings=settings_, registry=registry, observer=NobodyWatches(), clock=loop.time)
    put(registry, entry(1, 1, max_concurrency=64), now=loop.time())

    async def never(_: Any) -> None: ...

    # Nobody runs the writer: what is put stays.
    link._writer = SessionWriter(never, max_bytes=settings_.session_queue_bytes, timeout_s=1)
    inboxes = []
    for number in range(4):
        job_id = JobId(f"{number:016x}")
        registry.places.reserve(job_id, Wanted("m"), loop.time())
        inboxes.append(JobInbox(job_id, link.window, loop, Deadlines(loop)))
        link.start(inboxes[-1], NodeId(f"{1:064x}"), "x" * 900_000)
    terminals = [inbox.ledger.terminal for inbox in inboxes]
    assert terminals[:2] == [None, None]
    assert all(isinstance(one, Failed) and one.code is FailureCode.CAPACITY for one in terminals[2:])
    assert registry.places.taken == 2
    for inbox in inboxes:
        link.give_credit(inbox, 100)
        link.leave_job(inbox)
    assert registry.places.taken == 0 and link._writer.waiting_bytes < settings_.session_queue_bytes
