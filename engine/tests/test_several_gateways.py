"""One node, several gateways in the order of preference."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_engine.node.reconnect import FAST_TRIES, STABLE_AFTER_S, GatewayOrder, ReconnectPolicy
from r3mes_protocol.messages import Bye, Done, RejectCode
from r3mes_protocol.wire import GatewayOrigin

A, B, C = (GatewayOrigin(f"https://{name}.example") for name in "abc")


def middle(low: float, high: float) -> float:
    return (low + high) / 2


def order(*gateways: GatewayOrigin) -> GatewayOrder:
    return GatewayOrder(gateways, ReconnectPolicy(middle))


def test_each_gateway_gets_its_fast_tries_and_then_rounds_follow() -> None:
    gateways = order(A, B)
    dialled = [gateways.current]
    delays = []
    for now in range(12):
        delays.append(round(gateways.lost(now), 6))
        dialled.append(gateways.current)
    # The first dial, three fast tries, the next gateway; then both in turn, with a growing pause before each round.
    assert dialled[:7] == [A, A, A, A, B, B, B]
    assert dialled[7:] == [A, B, A, B, A, B]
    assert delays == [0.2] * 6 + [1, 0.2, 2, 0.2, 4, 0.2]


def test_a_good_session_is_the_first_to_come_back_to() -> None:
    gateways = order(A, B)
    for now in range(4):
        gateways.lost(now)
    assert gateways.current == B
    gateways.registered(10)
    gateways.lost(10 + STABLE_AFTER_S)
    assert gateways.current == B, "a cable that blinked is no reason to leave"
    for now in range(3):
        gateways.lost(30 + now)
    assert gateways.current == A, "but one that stays away is"


def test_a_gateway_that_leaves_or_refuses_is_left_at_once() -> None:
    gateways = order(A, B, C)
    gateways.registered(0)
    gateways.leaves()
    gateways.lost(STABLE_AFTER_S)
    assert gateways.current == B
    assert gateways.refused()
    gateways.lost(STABLE_AFTER_S + 1)
    assert gateways.current == C
    gateways.registered(30)
    gateways.leaves()
    gateways.lost(30 + STABLE_AFTER_S)
    assert gateways.current == A
    assert gateways.refused()
    gateways.lost(60)
    assert gateways.current == C
    assert not gateways.refused(), "the last one is kept, so that its reason is told"
    gateways.leaves()
    gateways.lost(61)
    assert gateways.current == C


@given(st.integers(1, 5), st.lists(st.sampled_from(["lost", "good", "short", "leaves"]), max_size=80))
def test_no_gateway_is_forgotten_and_delays_keep_their_bounds(count: int, events: list[str]) -> None:
    all_of_them = [GatewayOrigin(f"https://g{number}.example") for number in range(count)]
    gateways = GatewayOrder(all_of_them, ReconnectPolicy(middle))
    now = 0.0
    for event in events:
        now += 1
        if event in ("good", "short"):
            gateways.registered(now)
            now += STABLE_AFTER_S if event == "good" else 0
        if event == "leaves":
            before = gateways.current
            gateways.leaves()
        assert 0 < gateways.lost(now) <= 60
        if event == "leaves" and count > 1:
            assert gateways.current != before
    # Whatever came before: when all are away, each is dialled.
    dialled = set()
    for _ in range((FAST_TRIES + 1) * count + count):
        now += 1
        gateways.lost(now)
        dialled.add(gateways.current)
    assert dialled == set(all_of_them)


# --- with real processes -----------------------------------------------------------------------------------------


def test_the_next_gateway_serves_while_the_preferred_one_is_away(start_gateway: Any, start_engine: Any) -> None:
    second = start_gateway()
    engine = start_engine("--gateway", second.url)  # the first is a port where nobody listens
    assert engine.event("registered").gateway == second.url
    assert {event.gateway for event in engine.all("disconnected")} == {"http://127.0.0.1:9"}
    session = second.session()
    assert isinstance(session.terminal(session.job()), Done)


def test_a_gateway_that_drains_is_left_after_the_jobs(start_gateway: Any, start_engine: Any) -> None:
    first, second = start_gateway(), start_gateway()
    engine = start_engine(
        *("--gateway", second.url, "--scripted-tokens", "40", "--scripted-tokens-per-second", "40"), gateway=first.url
    )
    session = first.session()
    job = session.job()
    session.wait(lambda: len(session.frames.get(job, ())) > 3, "the answer is under way")
    session.drain()
    assert isinstance(session.terminal(job), Done)
    assert len(session.text(job).split()) == 40
    # A request that the gateway let in before may still come.
    late = session.job(max_tokens=3)
    assert isinstance(session.terminal(late), Done)
    assert engine.event("registered", 2).gateway == second.url
    assert isinstance(session.others[-1], Bye)
    moved = second.session()
    assert isinstance(moved.terminal(moved.job(max_tokens=3)), Done)


def test_one_gateway_stays_with_its_nodes_while_it_drains(start_gateway: Any, start_engine: Any) -> None:
    gateway = start_gateway()
    start_engine("--scripted-tokens-per-second", "0", gateway=gateway.url)
    session = gateway.session()
    session.drain()
    assert isinstance(session.terminal(session.job()), Done)
    beats = len(session.heartbeats)
    session.wait(lambda: len(session.heartbeats) > beats + 7, "it beats on")
    assert not session.closed


@pytest.mark.parametrize("code", [RejectCode.GRANT_INVALID, RejectCode.ROLE_NOT_GRANTED])
def test_a_gateway_that_refuses_for_good_is_passed_over(
    start_gateway: Any, start_engine: Any, code: RejectCode
) -> None:
    first, second = start_gateway(reject=code), start_gateway()
    engine = start_engine("--gateway", second.url, gateway=first.url)
    assert engine.event("registered").gateway == second.url
    error = engine.event("error")
    assert (error.code, error.exit_code) == (code.value, None)
    assert first.url in error.message
