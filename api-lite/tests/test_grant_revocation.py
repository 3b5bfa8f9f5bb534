"""Owners take grants back: the pure book of them, and a running gateway that ends what was revoked."""

from __future__ import annotations

import base64
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from r3mes_api.nodes import grant_book
from r3mes_api.nodes.grant_book import GrantBook, GrantBookError
from r3mes_protocol.grants import Grant, GrantProblem, OwnerVerifier, Role
from r3mes_protocol.messages import CloseCode, RejectCode
from r3mes_protocol.revocations import Revocation, SignedRevocation, check_revocation, revocation_sign_bytes
from r3mes_protocol.wire import GatewayOrigin

GATEWAY = "https://gateway.example.org"
NODE = "ab" * 32


def signed(by: Any, for_node: str, for_gateway: str, **changes: Any) -> SignedRevocation:
    fields: dict[str, Any] = {
        "network": "test-net",
        "owner": by.address,
        "node_public_key": for_node,
        "gateway": for_gateway,
        "revoked_at": int(time.time()),
    }
    revocation = Revocation(**{**fields, **changes})
    return SignedRevocation(
        revocation=revocation,
        public_key=base64.b64encode(by.public_key).decode(),
        signature=base64.b64encode(by.sign(revocation_sign_bytes(revocation))).decode(),
    )


def grant_from(begin: int, owner: str = "remes1" + "q" * 38, node: str = NODE) -> Grant:
    return Grant(
        network="n",
        owner=owner,
        node_public_key=node,
        roles=(Role.SERVING,),
        gateway=GATEWAY,
        not_before=begin,
        not_after=begin + 1000,
    )


def revocation_at(second: int, owner: str = "remes1" + "q" * 38) -> Revocation:
    return Revocation(network="n", owner=owner, node_public_key=NODE, gateway=GATEWAY, revoked_at=second)


# --- the book ----------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 50)), max_size=20), st.integers(0, 60))
def test_only_what_is_newer_than_all_that_was_said_holds(said: list[tuple[bool, int]], begin: int) -> None:
    book = GrantBook(None)
    newest, revoked = 0, -1
    for is_revocation, second in said:
        if is_revocation:
            book.revoke(revocation_at(second))
            revoked = max(revoked, second)
        else:
            book.seen(grant_from(second))
            newest = max(newest, second)
    assert book.holds(grant_from(begin)) is (begin >= newest and begin > revoked)
    # Another owner, or another node, has nothing to do with it.
    assert book.holds(grant_from(begin, owner="remes1" + "p" * 38)) and book.holds(grant_from(begin, node="cd" * 32))


def test_the_book_outlives_its_gateway_and_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "data" / "grants.jsonl"
    book = GrantBook(path)
    book.seen(grant_from(10))
    book.revoke(revocation_at(20))
    with path.open("a") as file:
        file.write('{"v":1,"owner":"rem')
    again = GrantBook(path)
    assert not again.holds(grant_from(20)) and again.holds(grant_from(21))
    assert len(path.read_text().splitlines()) == 1


@pytest.mark.parametrize("text", ["nonsense\n", '{"v":2}\n', "[]\n", '{"v":1,"owner":"a","node":"b"}\n'])
def test_a_damaged_book_is_not_passed_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / "grants.jsonl"
    path.write_text(text)
    with pytest.raises(GrantBookError, match="damaged"):
        GrantBook(path)
    assert path.read_text() == text


def test_strangers_push_no_real_revocation_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(grant_book, "MAX_ENTRIES", 10)
    monkeypatch.setattr(grant_book, "SPARE_LINES", 5)
    path = tmp_path / "grants.jsonl"
    book = GrantBook(path)
    book.seen(grant_from(10))
    book.revoke(revocation_at(20))
    strangers = [f"remes1{letter}" + "q" * 37 for letter in "pzry9x8gf2tvdw0s3jn"]
    for owner in strangers:
        book.revoke(revocation_at(30, owner))
    assert len(book) == 10
    assert not book.holds(grant_from(15)), "it was let in here before and taken back"
    assert not book.holds(grant_from(15, strangers[-1])) and book.holds(grant_from(15, strangers[1]))
    # However often something changes, the file is no longer than what it says.
    for second in range(40):
        book.revoke(revocation_at(100 + second, strangers[-1]))
    assert len(path.read_text().splitlines()) <= 2 * 10 + 5 + 1
    again = GrantBook(path)
    assert len(again) == 10 and not again.holds(grant_from(15)) and not again.holds(grant_from(139, strangers[-1]))


OWNERS = [f"remes1{letter}" + "q" * 37 for letter in "pzr"]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(["seen", "revoke", "follow"]), st.integers(0, 40)), max_size=30
    )
)
def test_two_that_share_a_file_come_to_know_the_same(steps: list[tuple[int, str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        # So that each writes the file anew now and then.
        patch.setattr(grant_book, "SPARE_LINES", 0)
        path = Path(folder) / "grants.jsonl"
        books = [GrantBook(path), GrantBook(path)]
        alone = GrantBook(None)
        for which, what, second in steps:
            owner = OWNERS[second % len(OWNERS)]
            for book in (books[which], alone):
                if what == "seen":
                    book.seen(grant_from(second, owner))
                elif what == "revoke":
                    book.revoke(revocation_at(second, owner))
                else:
                    book.follow()
        for book in (*books, *books):
            book.follow()
        for book in (*books, GrantBook(path)):
            for owner in OWNERS:
                held = [book.holds(grant_from(begin, owner)) for begin in range(45)]
                assert held == [alone.holds(grant_from(begin, owner)) for begin in range(45)]


def test_what_another_wrote_over_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "grants.jsonl"
    here = GrantBook(path)
    here.revoke(revocation_at(20))
    # As when the other wrote the file anew just before this line was there.
    (tmp_path / "other").write_text("")
    (tmp_path / "other").replace(path)
    here.follow()
    assert not GrantBook(path).holds(grant_from(20))


# --- the revocation itself ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, None),
        ({"gateway": "https://elsewhere.example.org"}, GrantProblem.WRONG_GATEWAY),
        ({"network": "another-net"}, GrantProblem.WRONG_NETWORK),
        ({"revoked_at": int(time.time()) + 100_000}, GrantProblem.NOT_YET_VALID),
    ],
)
def test_a_revocation_holds_for_its_gateway_and_network(
    owner: Any, verify_owner: OwnerVerifier, changes: dict[str, Any], problem: GrantProblem | None
) -> None:
    document = signed(owner, NODE, GATEWAY, **changes)
    found = check_revocation(
        document, gateway=GatewayOrigin(GATEWAY), network="test-net", now=time.time(), verify_owner=verify_owner
    )
    assert found is problem


def test_nobody_revokes_in_anothers_name(owner: Any, make_owner: Any, verify_owner: OwnerVerifier) -> None:
    thief = make_owner(b"\x09" * 32)
    document = signed(thief, NODE, GATEWAY, owner=owner.address)
    found = check_revocation(document, gateway=None, network=None, now=time.time(), verify_owner=verify_owner)
    assert found is GrantProblem.BAD_SIGNATURE


# --- a running gateway -------------------------------------------------------------------------------------------


def of_folder(folder: Path) -> dict[str, str]:
    return {"R3MES_INFERENCE_MODE": "remote", "R3MES_NETWORK": "test-net", "R3MES_DATA_FOLDER": str(folder)}


async def test_a_revoked_node_leaves_and_stays_out_over_a_restart(
    start_gateway: Any, start_node: Any, owner: Any, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    environment = of_folder(tmp_path / "data")
    gateway = start_gateway(environment=environment)
    key = SigningKey.generate()
    node_id = bytes(key.verify_key).hex()
    node = await start_node(gateway, key=key, grant=owner.grant(node_id, gateway.url))
    assert node.registered is not None
    now = int(time.time())
    document = signed(owner, node_id, gateway.url, revoked_at=now - 30)
    address = f"{gateway.url}/v1/grants/revocations"
    forged = document.model_copy(update={"revocation": document.revocation.model_copy(update={"revoked_at": now})})
    assert (await client.post(address, content=forged.to_json())).status_code == 403
    assert (await client.post(address, content=b"{}")).status_code == 400

    answer = await client.post(address, content=document.to_json())
    assert answer.status_code == 200 and answer.json()["node_leaves"] is True
    assert await node.close_code() == CloseCode.REJECTED
    assert node.rejected is not None and node.rejected.code is RejectCode.GRANT_REVOKED
    again = await client.post(address, content=document.to_json())
    assert again.status_code == 200 and again.json()["node_leaves"] is False

    gateway.stop()
    restarted = start_gateway(environment=environment)
    old = await start_node(restarted, key=key, grant=owner.grant(node_id, restarted.url))
    assert old.rejected is not None and old.rejected.code is RejectCode.GRANT_REVOKED
    renewed = await start_node(restarted, key=key, grant=owner.grant(node_id, restarted.url, not_before=now))
    assert renewed.registered is not None
    # The newer grant has been seen, so that the one before it is over as well.
    older = await start_node(restarted, key=key, grant=owner.grant(node_id, restarted.url, not_before=now - 10))
    assert older.rejected is not None and older.rejected.code is RejectCode.GRANT_REVOKED


async def test_what_one_gateway_was_told_another_with_the_same_folder_knows(
    start_gateway: Any, start_node: Any, owner: Any, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    """As two replicas behind one proxy, which takes a wallet's word to either of them."""
    environment = of_folder(tmp_path / "data")
    here, there = start_gateway(environment=environment), start_gateway(environment=environment)
    key = SigningKey.generate()
    node_id = bytes(key.verify_key).hex()
    node = await start_node(here, key=key, grant=owner.grant(node_id, here.url))
    now = int(time.time())
    document = signed(owner, node_id, here.url, revoked_at=now - 30)
    answer = await client.post(f"{there.url}/v1/grants/revocations", content=document.to_json())
    assert answer.status_code == 200 and answer.json()["node_leaves"] is False
    assert await node.close_code() == CloseCode.REJECTED
    assert node.rejected is not None and node.rejected.code is RejectCode.GRANT_REVOKED
    renewed = await start_node(here, key=key, grant=owner.grant(node_id, here.url, not_before=now))
    assert renewed.registered is not None
    # The same word again is about the grant before this one.
    again = await client.post(f"{here.url}/v1/grants/revocations", content=document.to_json())
    assert again.status_code == 200 and again.json()["node_leaves"] is False


async def test_revocations_are_limited_by_address(start_gateway: Any, client: httpx.AsyncClient) -> None:
    gateway = start_gateway(environment={"R3MES_INFERENCE_MODE": "remote", "R3MES_LIMIT_LOOPBACK": "on"})
    address = f"{gateway.url}/v1/grants/revocations"
    statuses = [(await client.post(address, content=b"{}")).status_code for _ in range(65)]
    assert statuses[:60] == [400] * 60 and 429 in statuses
