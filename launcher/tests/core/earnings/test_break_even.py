"""Whether serving pays: measured over hours of serving, at today's prices, with a new trial after a stop."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.earnings.break_even import HOUR_S, BreakEven, Piece, Trial, after_stop, break_even, measured
from r3mes_launcher.core.policy.decision import PolicyState, decide
from r3mes_launcher.core.policy.observations import BreakEvenObservation, Observations
from r3mes_launcher.core.policy.policy_settings import BreakEvenRule, PolicySettings
from r3mes_launcher.core.policy.reasons import SuspendReason
from r3mes_launcher.core.policy.rules import BREAK_EVEN_HOLD_S

WINDOW_S = 6 * HOUR_S
KWH = 3_600_000_000
"""Millijoules."""
ON = PolicySettings(break_even=BreakEvenRule(enabled=True))

pieces = st.builds(Piece, st.floats(0, 40_000), st.integers(0, 10**11), st.integers(0, 10**9))


def of(*some: Piece) -> Trial:
    trial = Trial()
    for piece in some:
        trial = measured(trial, piece, WINDOW_S)
    return trial


def test_six_hours_of_a_kilowatt_and_one_coin_an_hour() -> None:
    trial = of(*(Piece(HOUR_S, KWH, 1_000_000) for _ in range(6)))
    seen = break_even(trial, WINDOW_S, Decimal("0.25"), Decimal("0.30"), "EUR", 6)
    assert seen == BreakEven(Decimal("0.25"), Decimal("0.30"), "EUR", WINDOW_S)
    cheaper = break_even(trial, WINDOW_S, Decimal("0.25"), Decimal("0.10"), "EUR", 6)
    assert cheaper.income == Decimal("0.25") and cheaper.cost == Decimal("0.10")


def test_too_little_and_missing_prices_say_nothing() -> None:
    short = of(*(Piece(HOUR_S, KWH, 1) for _ in range(5)))
    assert not break_even(short, WINDOW_S, Decimal(1), Decimal(1), "", 6).is_known
    whole = of(*(Piece(HOUR_S, KWH, 1) for _ in range(6)))
    assert not break_even(whole, WINDOW_S, None, Decimal(1), "", 6).is_known
    assert not break_even(whole, WINDOW_S, Decimal(1), None, "", 6).is_known


@given(st.lists(pieces, max_size=30))
def test_the_window_is_full_and_no_older_than_it_needs(some: list[Piece]) -> None:
    trial = of(*some)
    real = [piece for piece in some if piece.seconds > 0]
    kept = list(trial.pieces)
    assert kept == real[len(real) - len(kept) :], "the newest, in order"
    total = sum(piece.seconds for piece in real)
    assert trial.seconds >= min(total, WINDOW_S) * (1 - 1e-9)
    if kept:
        assert trial.seconds - kept[0].seconds < WINDOW_S * (1 + 1e-9)


@given(st.lists(pieces, min_size=1, max_size=20), st.decimals(0, 100, places=4), st.decimals(0, 100, places=4))
def test_both_sides_are_in_proportion_to_their_prices(some: list[Piece], coin: Decimal, kwh: Decimal) -> None:
    trial = of(*some)
    once = break_even(trial, 0.0, coin, kwh, "EUR", 6)
    twice = break_even(trial, 0.0, 2 * coin, 2 * kwh, "EUR", 6)
    if round(trial.seconds * 1000) == 0:
        assert not once.is_known
        return
    assert once.income is not None and once.cost is not None and twice.income is not None and twice.cost is not None
    assert abs(twice.income - 2 * once.income) <= Decimal("1e-12") * (1 + once.income)
    assert abs(twice.cost - 2 * once.cost) <= Decimal("1e-12") * (1 + once.cost)


def test_after_a_stop_it_is_tried_anew() -> None:
    trial = of(*(Piece(HOUR_S, KWH, 0) for _ in range(6)))
    stopped = after_stop(trial, True, 1000.0, 100.0)
    assert stopped.stopped_since == 1000.0 and stopped.pieces == trial.pieces
    assert after_stop(stopped, True, 1099.0, 100.0) == stopped
    assert after_stop(stopped, True, 1100.0, 100.0) == Trial()
    assert after_stop(stopped, False, 1099.0, 100.0) == trial, "somebody served anyway"


# --- as a rule of the policy -----------------------------------------------------------------------------------------


def balance(income: str, cost: str, retry_s: float | None = None) -> Observations:
    return Observations(break_even=BreakEvenObservation(Decimal(income), Decimal(cost), "EUR", retry_s))


def test_it_is_off_by_default_and_stops_with_a_sentence() -> None:
    loss = balance("0.0123", "0.30", 3600.0)
    assert decide(PolicySettings(), loss, PolicyState(), 0.0).reasons == ()
    [reason] = decide(ON, loss, PolicyState(), 0.0).reasons
    assert reason.reason is SuspendReason.BREAK_EVEN and reason.overridable and reason.until == 3600.0
    assert reason.sentence == "Serving brings 0.012 EUR an hour, its electricity costs 0.30 EUR."


def test_it_goes_on_only_where_it_is_worth_it() -> None:
    state = decide(ON, balance("1", "2"), PolicyState(), 0.0)
    later = BREAK_EVEN_HOLD_S + 1
    assert decide(ON, balance("2.1", "2"), state, later).reasons, "a little more is no reason to start"
    assert not decide(ON, balance("2.2", "2"), state, later).reasons
    assert decide(ON, balance("2.2", "2"), state, 10.0).reasons, "and not at once"
    assert not decide(ON, Observations(), state, later).reasons, "a new trial"


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(1, 2000)), max_size=40))
def test_it_never_flutters(steps: list[tuple[int, int, int]]) -> None:
    state, now, since = PolicyState(), 0.0, None
    for income, cost, wait in steps:
        now += wait
        state = decide(ON, balance(str(income), str(cost)), state, now)
        holds = bool(state.reasons)
        if income < cost:
            assert holds
        if holds and since is None:
            since = now
        elif not holds and since is not None:
            assert now - since >= BREAK_EVEN_HOLD_S and income * 10 >= cost * 11
            since = None


@pytest.mark.parametrize("wrong", [{"hours": 0}, {"retry_hours": 0}, {"hours": float("nan")}])
def test_times_that_can_not_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"hours"):
        BreakEvenRule.model_validate(wrong)
