"""Grants, session signatures and the canonical JSON that both are signed over."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from r3mes_protocol.canonical import canonical_json
from r3mes_protocol.grants import (
    CLOCK_SKEW_S,
    Grant,
    GrantProblem,
    Role,
    SignedGrant,
    adr36_sign_bytes,
    check_grant,
    grant_sign_bytes,
    parse_signed_grant,
)
from r3mes_protocol.session_signature import node_id_of, registration_is_signed, sign_registration
from r3mes_protocol.wire import GatewayOrigin, NodeId, ProtocolError, SessionId

many = settings(deadline=None)
NODE = NodeId("ab" * 32)
GATEWAY = GatewayOrigin("https://gateway.example")
OWNER = "remes1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"
PUBLIC_KEY = base64.b64encode(b"\x02" + bytes(32)).decode()
SIGNATURE = base64.b64encode(bytes(64)).decode()


def grant(**changes: Any) -> SignedGrant:
    signed = {name: changes.pop(name) for name in ("public_key", "signature") if name in changes}
    fields: dict[str, Any] = {
        "network": "remes-1",
        "owner": OWNER,
        "node_public_key": NODE,
        "roles": (Role.SERVING,),
        "gateway": GATEWAY,
        "not_before": 1000,
        "not_after": 2000,
    }
    return SignedGrant(grant=Grant(**fields | changes), **{"public_key": PUBLIC_KEY, "signature": SIGNATURE} | signed)


class Verifier:
    """Stands for the owner's key: says yes, and remembers what it was asked."""

    def __init__(self, answer: bool = True) -> None:
        self.answer = answer
        self.asked: list[tuple[bytes, bytes, bytes, str]] = []

    def __call__(self, public_key: bytes, message: bytes, signature: bytes, owner: str) -> bool:
        self.asked.append((public_key, message, signature, owner))
        return self.answer


def check(signed: SignedGrant, verifier: Verifier, *, now: float = 1500, network: str | None = "remes-1") -> Any:
    return check_grant(
        signed, node_id=NODE, gateway=GATEWAY, role=Role.SERVING, now=now, verify_owner=verifier, network=network
    )


# --- the checks --------------------------------------------------------------------------------------------------


def test_a_grant_that_holds_is_checked_over_its_own_sign_bytes() -> None:
    verifier = Verifier()
    signed = grant()
    assert check(signed, verifier) is None
    assert verifier.asked == [(b"\x02" + bytes(32), grant_sign_bytes(signed.grant), bytes(64), OWNER)]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"node_public_key": "cd" * 32}, GrantProblem.WRONG_NODE),
        ({"gateway": "https://other.example"}, GrantProblem.WRONG_GATEWAY),
        ({"gateway": "http://gateway.example"}, GrantProblem.WRONG_GATEWAY),
        ({"network": "remes-2"}, GrantProblem.WRONG_NETWORK),
        ({"roles": (Role.MINING, Role.VALIDATOR)}, GrantProblem.WRONG_ROLE),
        ({"not_before": 1801}, GrantProblem.NOT_YET_VALID),
        ({"not_after": 1500}, GrantProblem.EXPIRED),
        ({"not_before": 1801, "not_after": 1400}, GrantProblem.NOT_YET_VALID),
    ],
)
def test_cheap_checks_come_before_the_signature(changes: dict[str, Any], problem: GrantProblem) -> None:
    verifier = Verifier()
    assert check(grant(**changes), verifier) is problem
    assert verifier.asked == []


ORDER = [
    ({"node_public_key": "cd" * 32}, GrantProblem.WRONG_NODE),
    ({"gateway": "https://other.example"}, GrantProblem.WRONG_GATEWAY),
    ({"network": "remes-2"}, GrantProblem.WRONG_NETWORK),
    ({"roles": (Role.MINING,)}, GrantProblem.WRONG_ROLE),
    ({"not_after": 1400}, GrantProblem.EXPIRED),
]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_of_many_problems_the_first_is_told(first: int) -> None:
    changes: dict[str, Any] = {}
    for change, _ in ORDER[first:]:
        changes |= change
    assert check(grant(**changes), Verifier(False)) is ORDER[first][1]


@many
@given(not_before=st.integers(0, 4000), not_after=st.integers(0, 4000), now=st.floats(0, 4000))
def test_a_grant_holds_from_its_first_second_by_a_clock_that_is_ahead_to_before_its_last(
    not_before: int, not_after: int, now: float
) -> None:
    problem = check(grant(not_before=not_before, not_after=not_after), Verifier(), now=now)
    assert (problem is None) == (not_before - CLOCK_SKEW_S <= now < not_after)


def test_time_edges() -> None:
    signed = grant(not_before=1000, not_after=2000)
    # A computer whose clock is ahead makes grants from the near future.
    assert check(signed, Verifier(), now=math.nextafter(700, 0)) is GrantProblem.NOT_YET_VALID
    assert check(signed, Verifier(), now=700) is None
    assert check(signed, Verifier(), now=math.nextafter(2000, 0)) is None
    assert check(signed, Verifier(), now=2000) is GrantProblem.EXPIRED
    assert check(signed, Verifier(), now=math.nan) is not None


def test_a_gateway_without_a_network_takes_any() -> None:
    assert check(grant(network="another"), Verifier(), network=None) is None


def test_another_owners_signature_is_refused() -> None:
    assert check(grant(), Verifier(False)) is GrantProblem.BAD_SIGNATURE


@pytest.mark.parametrize(
    "changes",
    [
        {"public_key": base64.b64encode(bytes(32)).decode()},
        {"public_key": base64.b64encode(bytes(65)).decode()},
        {"public_key": PUBLIC_KEY[:-1]},
        {"public_key": PUBLIC_KEY + "="},
        {"signature": base64.b64encode(bytes(63)).decode()},
        {"signature": base64.b64encode(bytes(65)).decode()},
        {"signature": SIGNATURE[:-1]},
        {"signature": SIGNATURE[:-3] + "B=="},
    ],
)
def test_a_signature_of_another_size_or_spelling_never_reaches_the_verifier(changes: dict[str, Any]) -> None:
    verifier = Verifier()
    assert check(grant(**changes), verifier) is GrantProblem.BAD_SIGNATURE
    assert verifier.asked == []


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "network": st.sampled_from(["remes-1", "remes-2", "a<b>&c"]),
    "owner": st.sampled_from([OWNER, OWNER[:-1] + "p"]),
    "node_public_key": st.binary(min_size=32, max_size=32).map(bytes.hex),
    "roles": st.lists(st.sampled_from(Role), min_size=1, max_size=4).map(tuple),
    "gateway": st.sampled_from([GATEWAY, "http://gateway.example", "https://gateway.example:8443"]),
    "not_before": st.integers(0, 5),
    "not_after": st.integers(0, 5),
}
GRANTS = st.fixed_dictionaries(FIELDS).map(lambda fields: Grant(**fields))


@many
@given(one=GRANTS, other=GRANTS)
def test_different_grants_have_different_sign_bytes(one: Grant, other: Grant) -> None:
    assert (grant_sign_bytes(one) == grant_sign_bytes(other)) == (one == other)


@many
@given(one=GRANTS)
def test_sign_bytes_survive_the_wire_and_are_an_adr_36_document(one: Grant) -> None:
    signed = SignedGrant(grant=one, public_key=PUBLIC_KEY, signature=SIGNATURE)
    received = parse_signed_grant(signed.to_json())
    assert grant_sign_bytes(received.grant) == grant_sign_bytes(one)
    document = json.loads(grant_sign_bytes(one))
    assert document["chain_id"] == "" and document["account_number"] == "0" and document["memo"] == ""
    value = document["msgs"][0]["value"]
    assert value["signer"] == one.owner
    assert json.loads(base64.b64decode(value["data"])) == json.loads(one.to_json())


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"roles": []},
        {"roles": ["owner"]},
        {"gateway": "https://gateway.example/path"},
        {"gateway": "*"},
        {"owner": "REMES1QQQQQQQ"},
        {"owner": "remes1"},
        {"node_public_key": "AB" * 32},
        {"not_before": -1},
        {"not_after": 1e9},
        {"not_after": 253_402_300_800},
        {"network": "a\u2028b"},
        {"more": 1},
    ],
)
def test_a_document_that_is_no_grant_is_refused(changes: dict[str, Any]) -> None:
    document = json.loads(grant().to_json())
    document["grant"] |= changes
    with pytest.raises(ProtocolError):
        parse_signed_grant(json.dumps(document))


# --- the node's signature over a session -------------------------------------------------------------------------

KEY = SigningKey(bytes(range(32)))
SESSION: dict[str, Any] = {
    "nonce": "11" * 32,
    "session_id": SessionId("22" * 16),
    "gateway": GATEWAY,
}


def is_signed(**changes: Any) -> bool:
    signature = sign_registration(KEY, **SESSION)
    return registration_is_signed(**{"signature": signature, "node_id": node_id_of(KEY), **SESSION} | changes)


def test_a_registration_is_signed_by_its_node_for_its_session() -> None:
    assert is_signed()


@many
@given(
    nonce=st.binary(min_size=32, max_size=32).map(bytes.hex),
    session_id=st.binary(min_size=16, max_size=16).map(bytes.hex),
    gateway=st.sampled_from([GATEWAY, "http://gateway.example", "https://gateway.example:8443"]),
    seed=st.binary(min_size=32, max_size=32),
)
def test_each_session_and_each_key_has_its_own_signature(
    nonce: str, session_id: str, gateway: str, seed: bytes
) -> None:
    key = SigningKey(seed)
    other: dict[str, Any] = {"nonce": nonce, "session_id": session_id, "gateway": gateway}
    signature = sign_registration(key, **other)
    assert registration_is_signed(signature, node_id=node_id_of(key), **other)
    assert registration_is_signed(signature, node_id=node_id_of(key), **SESSION) == (other == SESSION)
    assert registration_is_signed(signature, node_id=node_id_of(KEY), **other) == (key == KEY)


@many
@given(
    field=st.sampled_from(["nonce", "session_id", "gateway", "node_id", "signature"]),
    place=st.integers(0, 200),
    flip=st.integers(1, 127),
)
def test_a_change_of_any_field_voids_the_signature(field: str, place: int, flip: int) -> None:
    values = {"signature": sign_registration(KEY, **SESSION), "node_id": node_id_of(KEY), **SESSION}
    text = values[field]
    place %= len(text)
    changed = text[:place] + chr(ord(text[place]) ^ flip) + text[place + 1 :]
    assert not is_signed(**{field: changed})


@many
@given(
    field=st.sampled_from(["nonce", "session_id", "gateway", "node_id", "signature"]),
    junk=st.text(st.characters(), max_size=130) | st.binary(max_size=70).map(bytes.hex),
)
def test_junk_is_never_signed_and_never_raises(field: str, junk: str) -> None:
    assert not is_signed(**{field: junk})


def test_one_signature_has_one_spelling() -> None:
    signature, node_id = sign_registration(KEY, **SESSION), node_id_of(KEY)
    assert not is_signed(signature=signature.upper())
    assert not is_signed(signature=f" {signature}")
    assert not is_signed(signature=signature + "\n")
    assert not is_signed(node_id=node_id.upper())
    assert not is_signed(node_id="00" * 32, signature="00" * 64), "a key of small order signs everything"


# --- canonical JSON ----------------------------------------------------------------------------------------------

DOCUMENTS = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=6),
    st.integers() | st.text(st.characters(codec="utf-8"), max_size=12) | st.lists(st.integers(), max_size=3),
    max_size=5,
)


@many
@given(document=DOCUMENTS, order=st.randoms(use_true_random=False))
def test_one_document_has_one_byte_string(document: dict[str, Any], order: Any) -> None:
    keys = list(document)
    order.shuffle(keys)
    data = canonical_json({key: document[key] for key in keys})
    assert data == canonical_json(document)
    assert json.loads(data) == document
    assert not set(data) & set(b"<>&\n")


@pytest.mark.parametrize("document", [{"a": math.nan}, {"a": math.inf}, {"a": "\ud800"}, {"\udfff": 1}])
def test_what_can_not_be_written_is_a_value_error(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        canonical_json(document)


def test_html_characters_are_escaped_as_cosmos_does() -> None:
    assert adr36_sign_bytes(b"hi", "a<b>&") == (
        b'{"account_number":"0","chain_id":"","fee":{"amount":[],"gas":"0"},"memo":"","msgs":[{"type":'
        b'"sign/MsgSignData","value":{"data":"aGk=","signer":"a\\u003cb\\u003e\\u0026"}}],"sequence":"0"}'
    )
