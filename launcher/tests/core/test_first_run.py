from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.first_run import (
    Answers,
    Facts,
    Missing,
    Purpose,
    Screen,
    WalletChoice,
    after,
    before,
    facts_of,
    missing,
    plan,
    screens,
)
from r3mes_launcher.core.state import (
    Actual,
    DeviceChoice,
    GatewayKind,
    GpuDriver,
    GpuReport,
    GpuSample,
    LauncherState,
    NodeState,
)
from r3mes_launcher.core.wallet_state import VaultState, WalletState

GPU = Facts(driver=GpuDriver.OK, gpus=("Card",))
SERVE = Answers(purpose=Purpose.SERVE)

answers = st.builds(
    Answers,
    purpose=st.sampled_from(Purpose),
    device=st.sampled_from(DeviceChoice),
    wallet=st.sampled_from(WalletChoice),
    gateway_kind=st.sampled_from(GatewayKind),
    gateway_url=st.sampled_from(["", "nonsense", "https://gateway.example.org", "http://127.0.0.1:8080"]),
)
facts = st.builds(
    Facts,
    driver=st.sampled_from(GpuDriver),
    gpus=st.sampled_from([(), ("Card",)]),
    has_wallet=st.booleans(),
    engine_installed=st.booleans(),
)


def walk(given_answers: Answers, known: Facts) -> list[Screen]:
    way = [Screen.WELCOME]
    while (following := after(way[-1], given_answers, known)) is not None and following is not way[-1]:
        way.append(following)
    return way


def test_a_computer_with_a_gpu_is_six_screens_from_serving() -> None:
    assert walk(SERVE, GPU) == list(Screen)
    assert len(walk(SERVE, GPU)) <= 6


def test_the_demo_is_one_click_away() -> None:
    assert after(Screen.WELCOME, Answers(purpose=Purpose.DEMO), Facts()) is None


@given(answers, facts)
def test_every_way_is_short_ends_and_goes_back_as_it_came(given_answers: Answers, known: Facts) -> None:
    way = walk(given_answers, known)
    assert len(way) <= 6 and len(set(way)) == len(way)
    for earlier, later in pairwise(way):
        assert before(later, given_answers, known) is earlier
    assert before(Screen.WELCOME, given_answers, known) is None


@given(answers, facts)
def test_whoever_reaches_the_end_has_a_plan_and_nobody_else(given_answers: Answers, known: Facts) -> None:
    end = walk(given_answers, known)[-1]
    if end is Screen.REVIEW:
        made = plan(given_answers, known)
        assert made.device is DeviceChoice.CPU or known.usable_gpu
        assert (made.gateway_url != "") is (made.gateway_kind is GatewayKind.REMOTE)
        assert not (known.has_wallet and made.open_wallet is not WalletChoice.LATER)
    else:
        with pytest.raises(ValueError):
            plan(given_answers, known)


def test_without_a_gpu_only_the_explicit_cpu_goes_on() -> None:
    bare = Facts(driver=GpuDriver.NO_DRIVER)
    assert missing(Screen.HARDWARE, SERVE, bare) is Missing.DEVICE
    assert after(Screen.HARDWARE, SERVE, bare) is Screen.HARDWARE
    assert after(Screen.HARDWARE, replace(SERVE, device=DeviceChoice.CPU), bare) is Screen.ENGINE


def test_a_wallet_that_exists_is_not_asked_for() -> None:
    assert Screen.WALLET not in screens(SERVE, replace(GPU, has_wallet=True))


def test_facts_are_read_from_the_state() -> None:
    state = LauncherState(
        node=NodeState(actual=Actual.UNPROVISIONED, provision_bytes=7), wallet=WalletState(vault=VaultState.LOCKED)
    )
    report = GpuReport(1.0, GpuDriver.OK, gpus=(GpuSample("a", "Good"), GpuSample("b", "Gone", lost=True)))
    assert facts_of(state, report) == Facts(GpuDriver.OK, ("Good",), True, False, 7)
