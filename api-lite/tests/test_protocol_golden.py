"""The wire, byte by byte: `golden/protocol_v1.json` holds what every release since the first has said.

A test that fails here says that older nodes or gateways will not understand this code. Where a change is meant and
older peers can live with it, write the file anew with `python api-lite/tests/test_protocol_golden.py`; where they
can't, raise PROTOCOL_VERSION too.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, get_args

import pytest
from nacl.signing import SigningKey

from r3mes_protocol import (
    NODE_SUBPROTOCOL,
    PROTOCOL_VERSION,
    RESUME_SUBPROTOCOL,
    control,
    frames,
    grants,
    limits,
    messages,
)
from r3mes_protocol.canonical import canonical_json
from r3mes_protocol.chat import chunk, usage_chunk
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.session_signature import node_id_of, registration_bytes, sign_registration
from r3mes_protocol.sse import DONE, KEEP_ALIVE, encode_event
from r3mes_protocol.usage import UsageStatement, sign_usage
from r3mes_protocol.wire import GatewayOrigin, JobId, SessionId, WireModel

GOLDEN = Path(__file__).with_name("golden") / "protocol_v1.json"

KEY = SigningKey(bytes(range(32)))
GATEWAY = GatewayOrigin("https://gateway.example")
SESSION = SessionId("5e" * 16)
NONCE = "0f" * 32
JOB = JobId("0011223344556677")
USAGE = messages.Usage(prompt_tokens=12, completion_tokens=34)
GRANT = grants.SignedGrant(
    grant=grants.Grant(
        network="remes <test> & more",
        owner="remes1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
        node_public_key=node_id_of(KEY),
        roles=(grants.Role.SERVING, grants.Role.MINING),
        gateway=GATEWAY,
        not_before=1_700_000_000,
        not_after=1_800_000_000,
    ),
    public_key=base64.b64encode(b"\x02" + bytes(range(32))).decode(),
    signature=base64.b64encode(bytes(range(64))).decode(),
)
SIGNED_USAGE = sign_usage(
    KEY,
    UsageStatement(
        gateway=GATEWAY,
        job_id=JOB,
        completion_id="chatcmpl-1",
        node_id=node_id_of(KEY),
        model="Model",
        adapter=None,
        prompt_tokens=12,
        completion_tokens=34,
        response_bytes=5678,
        response_sha256="ab" * 32,
    ),
)
DEVICE = messages.Device(kind="cuda", name="NVIDIA Test GPU", memory_mb=24576, gpu_uuids=("GPU-0",))
ADAPTER = messages.AdapterOffer(name="ipek", digest="da" * 32, base_model="Model", residency=messages.Residency.GPU)

GATEWAY_SAYS: list[WireModel] = [
    messages.Hello(session_id=SESSION, nonce=NONCE, gateway=GATEWAY, heartbeat_s=10, server_time=1_700_000_000),
    messages.Registered(generation=7, limits=messages.Limits(max_jobs=4)),
    messages.Rejected(code=messages.RejectCode.GRANT_EXPIRED, message="The grant has expired."),
    messages.Job(
        job_id=JOB,
        completion_id="chatcmpl-1",
        body={"model": "Model", "messages": [{"role": "user", "content": "Merhaba, dünya 🌍"}], "adapter": None},
        first_token_deadline_ms=10_000,
        deadline_ms=60_000,
    ),
    messages.Window(job_id=JOB, bytes=65536),
    messages.LoadAdapter(name="ipek", digest="da" * 32),
    messages.LoadAdapter(name="ipek"),
    messages.Cancel(job_id=JOB),
    messages.Registered(
        generation=8,
        limits=messages.Limits(max_jobs=4),
        resume_grace_s=1.5,
        resumed=(messages.ResumedJob(job_id=JOB, received=300, granted=200_000),),
    ),
    messages.Acknowledged(job_ids=(JOB,)),
    messages.Drain(reason="This gateway is shutting down."),
    messages.Bye(),
]
RESUME = messages.Resume(session_id="0d" * 16, jobs=(messages.ResumableJob(job_id=JOB, kept=100, sent=900),))
NODE_SAYS: list[WireModel] = [
    messages.Register(
        node_id=node_id_of(KEY),
        models=(messages.ModelOffer(name="Model", context_tokens=2048),),
        available_loras=(ADAPTER,),
        roles=(grants.Role.SERVING,),
        max_concurrency=4,
        device=DEVICE,
        engine_version="0.1.0",
        grant=GRANT,
        signature=sign_registration(KEY, nonce=NONCE, session_id=SESSION, gateway=GATEWAY),
    ),
    messages.Adapters(changed=(ADAPTER,), removed=("yün",)),
    messages.Register(
        node_id=node_id_of(KEY),
        models=(messages.ModelOffer(name="Model", context_tokens=2048),),
        roles=(grants.Role.SERVING,),
        max_concurrency=4,
        device=DEVICE,
        engine_version="0.1.0",
        resume=RESUME,
        signature=sign_registration(KEY, nonce=NONCE, session_id=SESSION, gateway=GATEWAY, resume=RESUME),
    ),
    messages.Heartbeat(active=1, queued=2),
    messages.Heartbeat(
        active=1,
        queued=0,
        available_loras=(ADAPTER,),
        free_vram_mb=2048,
        free_adapter_slots=3,
        draining=True,
        telemetry=messages.Telemetry(tokens_per_second=12.5, temperature_c=71, power_w=210.25),
    ),
    messages.Done(job_id=JOB, finish_reason="stop", usage=USAGE),
    messages.Done(job_id=JOB, finish_reason="stop", usage=USAGE, signed_usage=SIGNED_USAGE),
    messages.Failed(
        job_id=JOB,
        code=messages.FailureCode.CAPACITY,
        message="All places are taken.",
        retryable=True,
        capacity=messages.Capacity(active=4, queued=0, max_concurrency=4),
    ),
    messages.Drain(),
    messages.Bye(reason="The person switched Serving off."),
]
COMMANDS: list[WireModel] = [
    control.DrainCommand(),
    control.StopCommand(),
    control.PingCommand(id=3),
    control.LoadAdapterCommand(name="ipek", path="/data/ipek"),
    control.UnloadAdapterCommand(name="ipek"),
    control.GrantCommand(grant=GRANT),
    control.DownloadCommand(name="Model", token="token"),
    control.PauseDownloadCommand(name="Model"),
    control.ResumeDownloadCommand(name="Model"),
    control.CancelDownloadCommand(name="Model"),
]
EVENTS: list[WireModel] = [
    control.StartingEvent(version="0.1.0", pid=42),
    control.LoadingEvent(stage="weights", fraction=0.5),
    control.LoadingEvent(stage="warm-up"),
    control.GpuEvent(uuid="GPU-0", name="NVIDIA Test GPU", verdict="ok", code="ok", reason="usable"),
    control.GpuEvent(
        uuid="GPU-1",
        name="NVIDIA Test GPU",
        verdict="degraded",
        code="old_driver",
        reason="the driver is old",
        hint="Update it.",
    ),
    control.ReadyEvent(port=4711, token="token", model="Model", device=DEVICE, node_id=node_id_of(KEY)),
    control.RegisteredEvent(gateway=GATEWAY, session_id=SESSION, generation=7),
    control.DisconnectedEvent(gateway=GATEWAY, reason="The gateway closed the session.", retry_in_s=0.2),
    control.StatsEvent(
        active=1, queued=0, requests=9, completion_tokens=900, tokens_per_second=21.5, memory_mb=812, free_vram_mb=5
    ),
    control.RequestEvent(
        job_id=JOB,
        outcome="stop",
        prompt_tokens=12,
        completion_tokens=34,
        first_token_ms=80,
        duration_ms=900,
        adapter="ipek",
    ),
    control.DrainingEvent(active=1, reason="Asked to."),
    control.PongEvent(id=3),
    control.AdapterEvent(name="ipek", offer=ADAPTER),
    control.DownloadEvent(
        name="Model",
        kind="model",
        state="downloading",
        file="model.gguf",
        done_bytes=5,
        total_bytes=20,
        bytes_per_second=5,
        seconds_left=3,
    ),
    control.DownloadEvent(name="Model", kind="model", state="done", done_bytes=20, total_bytes=20, path="/data/Model"),
    control.StoppedEvent(exit_code=ExitCode.OK, reason="Drained."),
    control.ErrorEvent(
        code="no_usable_gpu",
        message="No usable GPU was found.",
        hint="Use --device cpu to try it without one.",
        exit_code=ExitCode.NO_USABLE_GPU,
    ),
    control.ErrorEvent(code="adapter", message="It can't be read."),
]
API_READY = control.ApiReadyEvent(url="http://127.0.0.1:8000", mode="mock", pid=42)


def names(kind: Any) -> dict[str, Any]:
    return {member.name: member.value for member in kind}


def document() -> dict[str, Any]:
    """All that is on the wire, as text, JSON or hexadecimal digits."""
    return {
        "protocol": PROTOCOL_VERSION,
        "subprotocol": NODE_SUBPROTOCOL,
        "resume_subprotocol": RESUME_SUBPROTOCOL,
        "gateway_messages": [message.to_json() for message in GATEWAY_SAYS],
        "node_messages": [message.to_json() for message in NODE_SAYS],
        "commands": [message.to_json() for message in COMMANDS],
        "events": [message.to_json() for message in EVENTS],
        "api_ready": API_READY.to_json(),
        "signed_grant": GRANT.to_json(),
        "frames": {
            kind.name: frames.encode_frame(JOB, kind, encode_event({"text": "ğ"})).hex() for kind in frames.FrameKind
        },
        "sse": {
            "done": DONE.decode(),
            "keep_alive": KEEP_ALIVE.decode(),
            "chunk": encode_event(chunk("chatcmpl-1", "Model", 1_700_000_000, content="ğ\n\u2028🌍")).decode(),
            "usage": encode_event(usage_chunk("chatcmpl-1", "Model", 1_700_000_000, USAGE)).decode(),
        },
        "error": ApiError(ErrorCode.MODEL_NOT_FOUND, "There is no such model.", param="model").to_json().decode(),
        "error_statuses": {code.value: ApiError(code, "").status for code in ErrorCode},
        "error_types": {code.value: ApiError(code, "").body()["error"]["type"] for code in ErrorCode},
        "canonical": canonical_json({"b": "<ğ&🌍>\u2028", "a": [1, None, True], "B": {"z": 0, "ä": -1}}).decode(),
        "grant_sign_bytes": grants.grant_sign_bytes(GRANT.grant).decode(),
        "registration_bytes": registration_bytes(NONCE, SESSION, GATEWAY, node_id_of(KEY)).decode(),
        "registration_bytes_with_resume": registration_bytes(NONCE, SESSION, GATEWAY, node_id_of(KEY), RESUME).decode(),
        "registration_signature": sign_registration(KEY, nonce=NONCE, session_id=SESSION, gateway=GATEWAY),
        "enumerations": {
            kind.__name__: names(kind)
            for kind in (
                ErrorCode,
                ExitCode,
                frames.FrameKind,
                grants.GrantProblem,
                grants.Role,
                messages.CloseCode,
                messages.FailureCode,
                messages.RejectCode,
                messages.Residency,
            )
        },
        "limits": {name: value for name, value in vars(limits).items() if name.isupper()},
    }


@pytest.mark.parametrize("part", sorted(document()))
def test_the_wire_has_not_changed(part: str) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert document()[part] == golden[part], __doc__
    assert golden.keys() == document().keys()


def test_what_was_once_said_is_still_understood() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert [messages.parse_gateway_message(text) for text in golden["gateway_messages"]] == GATEWAY_SAYS
    assert [messages.parse_node_message(text) for text in golden["node_messages"]] == NODE_SAYS
    assert [control.parse_command(text) for text in golden["commands"]] == COMMANDS
    assert [control.parse_event(text) for text in golden["events"]] == EVENTS
    assert control.parse_api_ready(golden["api_ready"]) == API_READY
    assert grants.parse_signed_grant(golden["signed_grant"]) == GRANT
    for name, data in golden["frames"].items():
        frame = frames.decode_frame(bytes.fromhex(data))
        assert (frame.job_id, frame.kind.name) == (JOB, name)


def test_every_kind_of_message_is_among_the_examples() -> None:
    for union, examples in (
        (messages.GatewayMessage, GATEWAY_SAYS),
        (messages.NodeMessage, NODE_SAYS),
        (control.Command, COMMANDS),
        (control.Event, EVENTS),
    ):
        assert set(get_args(get_args(union)[0])) == {type(example) for example in examples}


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(json.dumps(document(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {GOLDEN}")
