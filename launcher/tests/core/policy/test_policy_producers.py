"""Who tells the policy of the stake and of an update: the wallet's state, and what lies on the disk."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from r3mes_launcher.core.policy.decision import PolicyState, decide
from r3mes_launcher.core.policy.observations import Observations, StakeObservation
from r3mes_launcher.core.policy.policy_settings import PolicySettings, WalletRule
from r3mes_launcher.core.policy.stake_seen import stake_seen
from r3mes_launcher.core.wallet_state import GrantEntry, NetworkView, RoleEntry, WalletState
from r3mes_launcher.ports.program_update import ProgramUpdate, UpdateReading
from r3mes_launcher.wallet.chain_shapes import Portfolio

UNIT = 1_000_000
SERVING = RoleEntry("serving", 1000 * UNIT, 1000 * UNIT, (), 250 * UNIT, 750 * UNIT, True, False)
KNOWN = WalletState(
    network=NetworkView(reachable=True, read_at=1.0),
    holdings=Portfolio(),
    roles=(SERVING,),
    grants=(GrantEntry("node", "https://gateway.example", ("serving",), 2e9),),
)


def test_the_stake_counts_at_a_gateway_of_the_network() -> None:
    assert stake_seen(KNOWN, gateway_remote=True) == StakeObservation(250, 1000, "REMES")
    half = replace(SERVING, staked=UNIT // 2)
    assert stake_seen(replace(KNOWN, roles=(half,)), gateway_remote=True) == StakeObservation(0.5, 1000, "REMES")


@pytest.mark.parametrize(
    "wallet",
    [
        replace(KNOWN, grants=()),
        replace(KNOWN, grants=(GrantEntry("node", "https://gateway.example", ("mining",), 2e9),)),
        replace(KNOWN, roles=()),
        replace(KNOWN, holdings=None),
        replace(KNOWN, network=NetworkView(reachable=False, read_at=1.0)),
        replace(KNOWN, network=NetworkView(reachable=True, read_at=1.0, mismatch="another chain")),
        WalletState(),
    ],
)
def test_what_is_not_known_is_no_reason(wallet: WalletState) -> None:
    assert stake_seen(wallet, gateway_remote=True) is None


def test_the_gateway_of_this_computer_asks_for_no_stake() -> None:
    assert stake_seen(KNOWN, gateway_remote=False) is None


def reasons(seen: Observations, settings: PolicySettings | None = None) -> list[str]:
    state = decide(settings or PolicySettings(), replace(seen, local_time=datetime(2026, 1, 5)), PolicyState(), 1000.0)
    return [active.sentence for active in state.reasons]


def test_too_little_stake_suspends_and_the_rule_can_be_switched_off() -> None:
    seen = Observations(gateway_remote=True, stake=stake_seen(KNOWN, gateway_remote=True))
    assert reasons(seen) == ["The stake is too low: 250 of 1000 REMES."]
    assert reasons(seen, PolicySettings(wallet=WalletRule(needs_stake=False))) == []
    enough = replace(KNOWN, roles=(replace(SERVING, staked=1000 * UNIT),))
    assert reasons(replace(seen, stake=stake_seen(enough, gateway_remote=True))) == []


def test_an_update_suspends_while_it_is_installed_and_until_the_new_start() -> None:
    assert reasons(Observations(updating=True)) == ["An update is being installed."]
    assert reasons(Observations(updating=True, newer_version="2.0")) == ["An update is being installed."]
    assert reasons(Observations(newer_version="2.0")) == [
        "R3MES was updated to 2.0. Start it again, and serving goes on."
    ]
    assert reasons(Observations()) == []


def test_another_version_on_the_disk_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "__init__.py"
    source = ProgramUpdate(tmp_path, file, running="1.0.0")
    assert source.read() == UpdateReading(), "a file that is just being replaced says nothing"
    file.write_text('"""Docs."""\n\n__version__ = "1.0.0"\n')
    assert source.read() == UpdateReading()
    file.write_text('__version__ = "1.1.0"\n')
    assert source.read() == UpdateReading(version="1.1.0")
    file.write_text("\x00nonsense")
    assert source.read() == UpdateReading()


def test_this_program_is_its_own_version(tmp_path: Path) -> None:
    assert ProgramUpdate(tmp_path / "nowhere").read() == UpdateReading()


HOLDER = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from r3mes_installer.cancellation import Cancellation
from r3mes_installer.exclusive import exclusive
with exclusive(Path(sys.argv[1]), Cancellation(), lambda: None):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_an_installer_at_work_is_seen_and_its_death_too(tmp_path: Path) -> None:
    installer = Path(__file__).resolve().parents[4] / "installer"
    lock = tmp_path / "launcher-abc.lock"
    source = ProgramUpdate(tmp_path)
    assert source.read() == UpdateReading()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock), str(installer)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        assert source.read() == UpdateReading(installing=True)
        holder.kill()
    assert source.read() == UpdateReading(), "the lock file stays, and nobody holds it"
