"""Who gets in at the node port, and what happens to whom does not behave there."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx
import pytest
import websockets
from nacl.signing import SigningKey
from websockets.asyncio.client import connect

from r3mes_protocol import NODE_SUBPROTOCOL
from r3mes_protocol.grants import Role
from r3mes_protocol.limits import MAX_CONTROL_BYTES, MAX_UNREGISTERED_BYTES
from r3mes_protocol.messages import CloseCode, FailureCode, Heartbeat, Registered, RejectCode, Rejected
from r3mes_protocol.origin import session_url
from r3mes_protocol.session_signature import sign_registration

PUBLIC_URL = "https://gateway.example.org"


async def _refused(node: Any) -> Rejected:
    answer = await node.receive()
    assert isinstance(answer, Rejected), answer
    assert answer.message.endswith(".")
    return answer


async def _rejected_with(node: Any, code: RejectCode, close: CloseCode = CloseCode.REJECTED) -> None:
    assert (await _refused(node)).code is code
    assert await node.close_code() == close


async def _nodes(client: httpx.AsyncClient, gateway: Any) -> list[str]:
    listed = (await client.get(f"{gateway.url}/v1/nodes")).json()["data"]
    return [node["id"] for node in listed]


# --- grants ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def strict_gateway(start_process: Any) -> Any:
    """In its default: only nodes with a grant."""
    return start_process({"R3MES_INFERENCE_MODE": "remote", "R3MES_NETWORK": "test-net"})


async def test_a_node_with_its_owners_grant_gets_in(
    strict_gateway: Any, start_node: Any, owner: Any, client: httpx.AsyncClient, ask: Any
) -> None:
    key = SigningKey.generate()
    grant = owner.grant(bytes(key.verify_key).hex(), strict_gateway.url)
    node = await start_node(strict_gateway, key=key, grant=grant)
    assert node.registered is not None and node.registered.generation >= 1
    shown = (await client.get(f"{strict_gateway.url}/v1/nodes/{node.node_id}")).json()
    assert shown["owner"] == owner.address
    assert (await ask(strict_gateway)).text == "Hello from node"


NOW = int(time.time())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"not_after": NOW - 10}, RejectCode.GRANT_EXPIRED),
        ({"not_before": NOW + 86_400}, RejectCode.GRANT_INVALID),
        ({"gateway": "https://elsewhere.example.org"}, RejectCode.GRANT_INVALID),
        ({"network": "another-net"}, RejectCode.GRANT_INVALID),
        ({"roles": (Role.MINING,)}, RejectCode.ROLE_NOT_GRANTED),
        ({"node_public_key": "ab" * 32}, RejectCode.GRANT_INVALID),
    ],
    ids=["expired", "not-yet", "other-gateway", "other-network", "other-role", "other-node"],
)
async def test_a_grant_that_does_not_hold_is_refused(
    strict_gateway: Any, start_node: Any, owner: Any, changes: dict[str, Any], code: RejectCode
) -> None:
    key = SigningKey.generate()
    grant = owner.grant(bytes(key.verify_key).hex(), strict_gateway.url, **changes)
    node = await start_node(strict_gateway, key=key, grant=grant)
    assert node.rejected is not None and node.rejected.code is code
    assert await node.close_code() == CloseCode.REJECTED


async def test_without_a_grant_nobody_gets_in(strict_gateway: Any, start_node: Any) -> None:
    node = await start_node(strict_gateway)
    assert node.rejected.code is RejectCode.GRANT_MISSING


async def test_a_grant_for_two_roles_needs_both(strict_gateway: Any, start_node: Any, owner: Any) -> None:
    key = SigningKey.generate()
    grant = owner.grant(bytes(key.verify_key).hex(), strict_gateway.url)
    node = await start_node(strict_gateway, key=key, grant=grant, roles=(Role.SERVING, Role.MINING))
    assert node.rejected.code is RejectCode.ROLE_NOT_GRANTED


async def test_a_foreign_owners_name_is_not_enough(
    strict_gateway: Any, start_node: Any, owner: Any, make_owner: Any
) -> None:
    """A thief signs with his own key a grant in the victim's name, and shows his own key or the victim's."""
    thief = make_owner(b"\x09" * 32)
    key = SigningKey.generate()
    forged = thief.grant(bytes(key.verify_key).hex(), strict_gateway.url, owner=owner.address)
    for grant in (forged, forged.model_copy(update={"public_key": owner.grant("ab" * 32, PUBLIC_URL).public_key})):
        node = await start_node(strict_gateway, key=key, grant=grant)
        assert node.rejected.code is RejectCode.GRANT_INVALID


async def test_a_grant_changed_after_signing_is_refused(strict_gateway: Any, start_node: Any, owner: Any) -> None:
    key = SigningKey.generate()
    signed = owner.grant(bytes(key.verify_key).hex(), strict_gateway.url)
    longer = signed.model_copy(update={"grant": signed.grant.model_copy(update={"not_after": NOW + 10**8})})
    node = await start_node(strict_gateway, key=key, grant=longer)
    assert node.rejected.code is RejectCode.GRANT_INVALID


# --- the session's signature -----------------------------------------------------------------------------------


async def test_a_signature_for_another_session_is_refused(remote_gateway: Any, start_node: Any) -> None:
    """A recorded registration is sent again on a new socket."""
    first = await start_node(remote_gateway, register=False)
    await first.dial()
    recorded = first.registration()
    second = await start_node(remote_gateway, register=False, key=first.key)
    await second.dial()
    await second.send(recorded)
    await _rejected_with(second, RejectCode.SIGNATURE_INVALID)
    await first.send(recorded)
    assert isinstance(await first.receive(), Registered)


async def test_a_signature_for_another_gateway_is_refused(remote_gateway: Any, start_node: Any) -> None:
    """A relay shows the node its own address and hands the signature on."""
    node = await start_node(remote_gateway, register=False)
    hello = await node.dial()
    relayed = sign_registration(
        node.key, nonce=hello.nonce, session_id=hello.session_id, gateway="https://relay.example.org"
    )
    await node.send(node.registration(signature=relayed))
    await _rejected_with(node, RejectCode.SIGNATURE_INVALID)


async def test_a_foreign_node_id_is_refused(remote_gateway: Any, start_node: Any) -> None:
    victim = await start_node(remote_gateway)
    thief = await start_node(remote_gateway, register=False)
    await thief.dial()
    await thief.send(thief.registration(node_id=victim.node_id))
    await _rejected_with(thief, RejectCode.SIGNATURE_INVALID)
    assert victim.bye is None


async def test_the_hello_names_the_address_that_was_dialled(remote_gateway: Any, start_node: Any) -> None:
    node = await start_node(remote_gateway, register=False)
    hello = await node.dial()
    assert hello.gateway == remote_gateway.url
    again = await start_node(remote_gateway, register=False)
    assert (await again.dial()).nonce != hello.nonce


async def test_a_set_public_url_is_the_only_name(start_gateway: Any, start_node: Any) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", public_url=PUBLIC_URL + "/")
    node = await start_node(gateway, register=False)
    assert (await node.dial()).gateway == PUBLIC_URL
    await node.send(node.registration())  # it signs for the address that it dialled
    await _rejected_with(node, RejectCode.SIGNATURE_INVALID)


# --- frames before the registration ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", RejectCode.MALFORMED),
        ("{", RejectCode.MALFORMED),
        ("[1]", RejectCode.MALFORMED),
        ("null", RejectCode.MALFORMED),
        ('{"type":"register"}', RejectCode.MALFORMED),
        ('{"type":"hello"}', RejectCode.MALFORMED),
        ("[" * 8000, RejectCode.MALFORMED),
        ('{"type":"register","protocol":2,"news":true}', RejectCode.UNSUPPORTED_PROTOCOL),
        (Heartbeat(active=0, queued=0).to_json(), RejectCode.REGISTER_FIRST),
        (b"\x00" * 20, RejectCode.REGISTER_FIRST),
        (b"", RejectCode.REGISTER_FIRST),
        ("x" * (MAX_UNREGISTERED_BYTES + 1), RejectCode.FRAME_TOO_LARGE),
    ],
)
async def test_a_first_frame_that_is_no_registration(
    remote_gateway: Any, start_node: Any, frame: str | bytes, code: RejectCode
) -> None:
    node = await start_node(remote_gateway, register=False)
    await node.dial()
    await (node.send_bytes(frame) if isinstance(frame, bytes) else node.send_text(frame))
    await _rejected_with(node, code)


async def test_a_frame_beyond_all_bounds_ends_the_socket(remote_gateway: Any, start_node: Any, ask: Any) -> None:
    node = await start_node(remote_gateway, register=False)
    await node.dial()
    await node.send_text("x" * 1_000_000)
    assert await node.close_code() == 1009


async def test_an_endpoint_is_refused(remote_gateway: Any, start_node: Any) -> None:
    node = await start_node(remote_gateway, register=False)
    await node.dial()
    await node.send(node.registration(endpoint="http://169.254.169.254/"))
    await _rejected_with(node, RejectCode.ENDPOINT_REFUSED)


async def test_a_socket_that_says_nothing_is_closed(start_gateway: Any, start_node: Any) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", register_timeout_s=0.3)
    node = await start_node(gateway, register=False)
    await node.dial()
    await _rejected_with(node, RejectCode.REGISTER_TIMEOUT)


async def test_unregistered_sockets_are_bounded(start_gateway: Any, start_node: Any) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", max_unregistered_sockets=2)
    waiting = [await start_node(gateway, register=False) for _ in range(2)]
    for node in waiting:
        await node.dial()
    third = await start_node(gateway, register=False)
    with pytest.raises(websockets.InvalidStatus) as refused:
        await third.dial()
    assert refused.value.response.status_code == 503
    assert json.loads(refused.value.response.body or b"")["error"]["code"] == "NETWORK_BUSY"
    await waiting[0].send(waiting[0].registration())
    assert isinstance(await waiting[0].receive(), Registered)
    await third.connect()
    assert third.registered is not None


async def test_registrations_of_one_key_are_bounded(start_gateway: Any, start_node: Any) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", registrations_per_minute=3)
    key = SigningKey.generate()
    nodes = [await start_node(gateway, key=key) for _ in range(4)]
    assert nodes[3].rejected.code is RejectCode.TOO_MANY_REGISTRATIONS
    assert (await start_node(gateway)).registered is not None


async def test_a_full_gateway_says_so(start_gateway: Any, start_node: Any) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", max_nodes=1)
    first = await start_node(gateway)
    assert (await start_node(gateway)).rejected.code is RejectCode.GATEWAY_FULL
    assert (await start_node(gateway, key=first.key)).registered is not None


@pytest.mark.parametrize("subprotocols", [None, ["r3mes.node.v2"]])
async def test_another_subprotocol_is_refused(remote_gateway: Any, subprotocols: Any) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await connect(session_url(remote_gateway.url), subprotocols=subprotocols)
    assert refused.value.response.status_code == 400
    assert NODE_SUBPROTOCOL in (refused.value.response.body or b"").decode()


@pytest.mark.parametrize("mode", ["disabled", "mock"])
async def test_other_modes_take_no_nodes(start_gateway: Any, start_node: Any, mode: str) -> None:
    gateway = start_gateway(inference_mode=mode)
    node = await start_node(gateway, register=False)
    with pytest.raises(websockets.InvalidStatus) as refused:
        await node.dial()
    assert refused.value.response.status_code == 503
    assert mode in json.loads(refused.value.response.body or b"")["error"]["message"]


# --- frames after it -------------------------------------------------------------------------------------------


async def test_a_second_registration_on_a_socket_is_refused(
    remote_gateway: Any, start_node: Any, until: Any, client: httpx.AsyncClient
) -> None:
    node = await start_node(remote_gateway)
    await node.send(node.registration())
    assert await node.close_code() == CloseCode.PROTOCOL
    await until(lambda: node.rejected, "the refusal was read")
    assert node.rejected.code is RejectCode.MALFORMED
    assert node.node_id not in await _nodes(client, remote_gateway)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", RejectCode.MALFORMED),
        ('{"type":"job"}', RejectCode.MALFORMED),
        ('{"type":"heartbeat","active":-1,"queued":0}', RejectCode.MALFORMED),
        ('{"type":"heartbeat","active":0,"queued":0,"x":1}', RejectCode.MALFORMED),
        ("x" * (MAX_CONTROL_BYTES + 1), RejectCode.MALFORMED),
        (b"short", RejectCode.MALFORMED),
        (b"\x01" * 8 + b"\x09data", RejectCode.MALFORMED),
        (b"\x01" * 8 + b"\x01" + b"x" * 70_000, RejectCode.FRAME_TOO_LARGE),
    ],
)
async def test_a_registered_node_that_breaks_the_protocol_is_closed(
    remote_gateway: Any, start_node: Any, until: Any, frame: str | bytes, code: RejectCode
) -> None:
    node = await start_node(remote_gateway)
    await (node.send_bytes(frame) if isinstance(frame, bytes) else node.send_text(frame))
    assert await node.close_code() == CloseCode.PROTOCOL
    await until(lambda: node.rejected, "the refusal was read")
    assert node.rejected.code is code


async def test_text_that_is_no_utf_8_ends_the_socket(
    remote_gateway: Any, start_node: Any, client: httpx.AsyncClient
) -> None:
    """The log of a gateway that printed a traceback for it would fail this test."""
    for register in (False, True):
        node = await start_node(remote_gateway, register=register)
        if not register:
            await node.dial()
        await node.socket.send(b"\xff\xfe", text=True)
        assert await node.close_code() == 1007
    assert node.node_id not in await _nodes(client, remote_gateway)


async def test_a_few_frames_for_no_job_are_forgiven_and_many_are_not(
    remote_gateway: Any, start_node: Any, ask: Any
) -> None:
    node = await start_node(remote_gateway)
    for _ in range(10):
        await node.send_bytes(b"\x01" * 8 + b"\x01data: x\n\n")
    assert (await ask(remote_gateway)).text == "Hello from node"
    for _ in range(100):
        await node.send_bytes(b"\x01" * 8 + b"\x01data: x\n\n")
    assert await node.close_code() == CloseCode.PROTOCOL


async def test_a_second_terminal_changes_nothing(remote_gateway: Any, start_node: Any, ask: Any) -> None:
    async def twice(job: Any) -> None:
        await job.answer("once")
        await job.fail(FailureCode.ENGINE_ERROR)

    await start_node(remote_gateway, twice)
    for _ in range(3):
        answer = await ask(remote_gateway)
        assert (answer.text, answer.done, answer.error) == ("once", True, None)


async def test_a_node_can_not_speak_for_anothers_job(remote_gateway: Any, start_node: Any, ask: Any) -> None:
    entered = asyncio.Event()
    go_on = asyncio.Event()

    async def waits(job: Any) -> None:
        await job.say("mine")
        entered.set()
        await go_on.wait()
        await job.done()

    honest = await start_node(remote_gateway, waits)
    asking = asyncio.create_task(ask(remote_gateway))
    await asyncio.wait_for(entered.wait(), 60)
    thief = await start_node(remote_gateway)
    job = honest.jobs[0]
    stolen = bytes.fromhex(job.job_id) + b"\x01" + job.event(" stolen")
    await thief.send_bytes(stolen)
    await thief.send_text(
        json.dumps({"type": "failed", "job_id": job.job_id, "code": "engine_error", "message": "", "retryable": True})
    )
    await ask(remote_gateway)  # the thief's frames have been read by now
    go_on.set()
    answer = await asking
    assert (answer.text, answer.error) == ("mine", None)


# --- one session for a node, and signs of life -----------------------------------------------------------------


async def test_a_newer_session_replaces_the_older(
    remote_gateway: Any, start_node: Any, client: httpx.AsyncClient, ask: Any, until: Any
) -> None:
    older = await start_node(remote_gateway, name="older")
    newer = await start_node(remote_gateway, name="newer", key=older.key)
    assert newer.registered.generation > older.registered.generation
    assert await older.close_code() == CloseCode.REPLACED
    await until(lambda: older.bye, "the older was told")
    # The late close of the older one has been handled, and the newer one is still there.
    assert await _nodes(client, remote_gateway) == [newer.node_id]
    assert (await ask(remote_gateway)).text == "Hello from newer"


async def test_a_replaced_sessions_jobs_move(remote_gateway: Any, start_node: Any, ask: Any, until: Any) -> None:
    async def silent(job: Any) -> None:
        await asyncio.sleep(60)

    older = await start_node(remote_gateway, silent)
    asking = asyncio.create_task(ask(remote_gateway))
    await until(lambda: older.jobs, "the job came")
    await start_node(remote_gateway, name="other", models=("test-model",))
    await start_node(remote_gateway, name="newer", key=older.key)
    answer = await asking
    assert answer.error is None and answer.text == "Hello from other"


async def test_a_silent_node_is_taken_for_dead_and_a_busy_one_is_not(
    start_gateway: Any, start_node: Any, client: httpx.AsyncClient, ask: Any
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", heartbeat_s=0.25)

    async def busy(job: Any) -> None:
        for _ in range(20):
            await job.say("x")
            await asyncio.sleep(0.1)
        await job.done()

    silent = await start_node(gateway, beats=False, models=("other",))
    working = await start_node(gateway, busy, beats=False)
    # It never beats, but tokens flow for two seconds: four times the time after which silence means death.
    answer = await ask(gateway)
    assert (answer.text, answer.error) == ("x" * 20, None)
    assert await silent.close_code() == CloseCode.SILENT
    assert silent.node_id not in await _nodes(client, gateway)
    assert await working.close_code() == CloseCode.SILENT


async def test_a_draining_node_gets_nothing_new(
    remote_gateway: Any, start_node: Any, ask: Any, until: Any, client: httpx.AsyncClient
) -> None:
    leaving = await start_node(remote_gateway, name="leaving")
    await start_node(remote_gateway, name="staying")
    await leaving.heartbeat(draining=True)

    async def seen() -> bool:
        shown = (await client.get(f"{remote_gateway.url}/v1/nodes/{leaving.node_id}")).json()
        return bool(shown["status"] == "draining")

    await until(seen, "the drain is known")
    answers = await asyncio.gather(*(ask(remote_gateway) for _ in range(6)))
    assert {answer.text for answer in answers} == {"Hello from staying"}
