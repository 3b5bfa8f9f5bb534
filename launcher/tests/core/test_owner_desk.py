"""The owner takes back what this computer's node was granted: here and at the gateway, or not at all."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from r3mes_launcher.core import owner_desk
from r3mes_launcher.core.node_grant import GrantFile
from r3mes_launcher.core.owner_desk import OwnerDesk
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_protocol.grants import Grant, Role, SignedGrant
from r3mes_protocol.revocations import Revocation, SignedRevocation

OWNER = "remes1" + "q" * 38
GRANT = SignedGrant(
    grant=Grant(
        network="net",
        owner=OWNER,
        node_public_key="ab" * 32,
        roles=(Role.SERVING,),
        gateway="https://gateway.example",
        not_before=1,
        not_after=10**9,
    ),
    public_key="A" * 44,
    signature="A" * 86 + "==",
)


class Wallet:
    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []

    def active_record(self) -> Any:
        return SimpleNamespace(wallet_id="one", address=OWNER)

    async def with_vault(self, work: Any) -> SignedRevocation:
        vault = SimpleNamespace(
            sign_revocation=lambda wallet_id, revocation: SignedRevocation(
                revocation=revocation, public_key="A" * 44, signature="A" * 86 + "=="
            )
        )
        signed: SignedRevocation = work(vault)
        return signed

    def show(self, **changes: Any) -> None:
        self.shown.append(changes)


def desk(wallet: Wallet, folder: Path) -> OwnerDesk:
    clock: Any = SimpleNamespace(now=lambda: 5000.5)
    door: Any = wallet
    return OwnerDesk(door, GrantFile(folder / "grant.json"), folder, clock, lambda: None, lambda signed: None)  # type: ignore[arg-type, return-value]


async def test_a_grant_is_taken_back_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Revocation] = []

    async def deliver(signed: SignedRevocation) -> bool:
        sent.append(signed.revocation)
        return True

    monkeypatch.setattr(owner_desk, "deliver", deliver)
    file, wallet = GrantFile(tmp_path / "grant.json"), Wallet()
    file.write([GRANT])
    assert await desk(wallet, tmp_path).revoke_grants() is True
    assert sent[0].node_public_key == "ab" * 32 and sent[0].gateway == "https://gateway.example"
    assert sent[0].revoked_at == 5000 and sent[0].owner == OWNER
    assert file.read() == () and wallet.shown == [{"grants": ()}]
    with pytest.raises(WalletError, match="no grant"):
        await desk(wallet, tmp_path).revoke_grants()


async def test_a_gateway_that_is_away_leaves_the_grant_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deliver(signed: SignedRevocation) -> bool:
        raise WalletError(Problem.OFFLINE, "The gateway can't be reached.")

    monkeypatch.setattr(owner_desk, "deliver", deliver)
    file, wallet = GrantFile(tmp_path / "grant.json"), Wallet()
    file.write([GRANT])
    with pytest.raises(WalletError, match="reached"):
        await desk(wallet, tmp_path).revoke_grants()
    assert file.read() == (GRANT,) and wallet.shown == []


async def test_what_one_gateway_does_not_hear_stays_and_the_others_are_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = GRANT.model_copy(update={"grant": GRANT.grant.model_copy(update={"gateway": "https://away.example"})})

    async def deliver(signed: SignedRevocation) -> bool:
        if signed.revocation.gateway == "https://away.example":
            raise WalletError(Problem.OFFLINE, "The gateway can't be reached.")
        return True

    monkeypatch.setattr(owner_desk, "deliver", deliver)
    file, wallet = GrantFile(tmp_path / "grant.json"), Wallet()
    file.write([away, GRANT])
    with pytest.raises(WalletError, match="reached"):
        await desk(wallet, tmp_path).revoke_grants()
    assert file.read() == (away,) and [entry.gateway for entry in wallet.shown[0]["grants"]] == ["https://away.example"]


def test_the_file_of_an_older_launcher_holds_one_grant_and_a_damaged_line_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "grant.json"
    path.write_text(GRANT.to_json() + "\n", "utf-8")
    assert GrantFile(path).read() == (GRANT,)
    path.write_text("{nonsense\n" + GRANT.to_json() + "\n", "utf-8")
    assert GrantFile(path).read() == (GRANT,)
    assert GrantFile(tmp_path / "missing.json").read() == ()
