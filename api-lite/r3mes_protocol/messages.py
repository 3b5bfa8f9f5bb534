"""Control messages of the node session: JSON text frames, one `type` each.

`GatewayMessage` is what a gateway may say, `NodeMessage` what a node may say; answers travel in binary frames
(`r3mes_protocol.frames`).
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter
from pydantic_core import to_json

from r3mes_protocol import PROTOCOL_VERSION
from r3mes_protocol.grants import Role, SignedGrant, UnixSeconds
from r3mes_protocol.limits import (
    INITIAL_WINDOW_BYTES,
    MAX_ADAPTERS,
    MAX_ADAPTERS_PER_NODE,
    MAX_CONTROL_BYTES,
    MAX_FRAME_BYTES,
    MAX_JOB_BYTES,
    MAX_MODELS,
    MAX_RESUMED_JOBS,
)
from r3mes_protocol.usage import SignedUsage
from r3mes_protocol.wire import (
    DEFERRED,
    Hex16,
    Hex32,
    Hex64,
    Hex128,
    JobId,
    Name,
    Origin,
    ProtocolError,
    Sentence,
    WireModel,
    is_finite,
    parse_json,
)

Count = Annotated[int, Field(ge=0, le=2**53)]
Milliseconds = Annotated[int, Field(ge=0, le=24 * 3600 * 1000)]


class CloseCode(IntEnum):
    """WebSocket close codes of the node session."""

    GOING_AWAY = 1001
    REJECTED = 4001
    REPLACED = 4002
    SILENT = 4003
    PROTOCOL = 4004


class RejectCode(StrEnum):
    UNSUPPORTED_PROTOCOL = "unsupported_protocol"
    MALFORMED = "malformed"
    REGISTER_FIRST = "register_first"
    REGISTER_TIMEOUT = "register_timeout"
    FRAME_TOO_LARGE = "frame_too_large"
    SIGNATURE_INVALID = "signature_invalid"
    GRANT_MISSING = "grant_missing"
    GRANT_INVALID = "grant_invalid"
    GRANT_EXPIRED = "grant_expired"
    GRANT_REVOKED = "grant_revoked"
    ROLE_NOT_GRANTED = "role_not_granted"
    STAKE_INSUFFICIENT = "stake_insufficient"
    STAKE_UNKNOWN = "stake_unknown"
    """The chain that the gateway would ask is away."""
    ENDPOINT_REFUSED = "endpoint_refused"
    TOO_MANY_REGISTRATIONS = "too_many_registrations"
    GATEWAY_FULL = "gateway_full"
    SHUTTING_DOWN = "shutting_down"

    @property
    def worth_retrying(self) -> bool:
        """Whether the same registration may be accepted later without a change by a person."""
        return self in (
            RejectCode.REGISTER_TIMEOUT,
            RejectCode.STAKE_UNKNOWN,
            RejectCode.TOO_MANY_REGISTRATIONS,
            RejectCode.GATEWAY_FULL,
            RejectCode.SHUTTING_DOWN,
        )


class FailureCode(StrEnum):
    """Why a node did not finish a job."""

    CAPACITY = "capacity"
    DRAINING = "draining"
    MODEL_NOT_FOUND = "model_not_found"
    ADAPTER_NOT_FOUND = "adapter_not_found"
    INVALID_REQUEST = "invalid_request"
    CONTEXT_TOO_LONG = "context_too_long"
    DEADLINE = "deadline"
    CANCELLED = "cancelled"
    OUT_OF_MEMORY = "out_of_memory"
    ENGINE_ERROR = "engine_error"


class Residency(StrEnum):
    GPU = "gpu"
    CPU = "cpu"
    DISK = "disk"


class AdapterOffer(WireModel):
    name: Name
    digest: Hex64 | None = None
    base_model: Name | None = None
    residency: Residency = Residency.DISK


class ModelOffer(WireModel):
    name: Name
    context_tokens: Count
    digest: Hex64 | None = None


class EmbeddingOffer(WireModel):
    """A model that turns texts into vectors of `dimensions` numbers; a text has `context_tokens` at most."""

    name: Name
    dimensions: Annotated[int, Field(ge=1, le=2**16)]
    context_tokens: Count


class Device(WireModel):
    kind: Literal["cuda", "cpu"]
    name: Name
    memory_mb: Count
    gpu_uuids: Annotated[tuple[Name, ...], Field(max_length=16)] = ()


class Capacity(WireModel):
    active: Count
    queued: Count
    max_concurrency: Annotated[int, Field(ge=1, le=4096)]


class Usage(WireModel):
    prompt_tokens: Count
    completion_tokens: Count


class Telemetry(WireModel):
    """What the node measured of itself. It is information, never proof: nothing that pays may rest on it."""

    tokens_per_second: Annotated[float, Field(ge=0)] | None = None
    temperature_c: Annotated[float, Field(ge=-273, le=1000)] | None = None
    power_w: Annotated[float, Field(ge=0)] | None = None
    gpu_utilisation_percent: Annotated[float, Field(ge=0, le=100)] | None = None


def _is_absent(value: object) -> bool:
    return value is None


def _newer_field() -> Any:
    """A field that a peer of an older release does not know: it is on the wire only where it says something."""
    return Field(default=None, exclude_if=_is_absent)


class ResumableJob(WireModel):
    """A job that the node can go on with. Offsets count the payload bytes of the job's binary frames."""

    job_id: Hex16
    kept: Count
    """From here on the node still has every frame."""
    sent: Count
    """So far the node has made the answer."""


class Resume(WireModel):
    """The node's unfinished jobs of a session whose socket was lost."""

    session_id: Hex32
    jobs: Annotated[tuple[ResumableJob, ...], Field(max_length=MAX_RESUMED_JOBS)]


class ResumedJob(WireModel):
    """The node sends this job's frames again from `received` on; in all it may send `granted` payload bytes."""

    job_id: Hex16
    received: Count
    granted: Count


class Limits(WireModel):
    max_frame_bytes: Annotated[int, Field(ge=1024, le=MAX_FRAME_BYTES)] = MAX_FRAME_BYTES
    initial_window_bytes: Annotated[int, Field(ge=1024, le=2**31)] = INITIAL_WINDOW_BYTES
    max_jobs: Annotated[int, Field(ge=1, le=4096)]
    max_adapters: Annotated[int, Field(ge=0, le=2**16)] = MAX_ADAPTERS_PER_NODE
    """Of those that a node has, it offers so many; more cost it the session."""


# --- what the gateway says -------------------------------------------------------------------------------------


class Hello(WireModel):
    """First frame after the socket is accepted."""

    type: Literal["hello"] = "hello"
    protocol: Annotated[int, Field(ge=1)] = PROTOCOL_VERSION
    session_id: Hex32
    nonce: Hex64
    gateway: Origin
    heartbeat_s: Annotated[float, Field(ge=0.01, le=3600)]
    """A gateway must not make its nodes beat without a pause."""
    server_time: UnixSeconds


class Registered(WireModel):
    type: Literal["registered"] = "registered"
    generation: Annotated[int, Field(ge=1)]
    limits: Limits
    resume_grace_s: Annotated[float, Field(gt=0, le=3600)] | None = _newer_field()
    """A node that is back within so many seconds of a lost socket may go on with its jobs. Only said to a node that
    offered RESUME_SUBPROTOCOL."""
    resumed: Annotated[tuple[ResumedJob, ...], Field(max_length=MAX_RESUMED_JOBS)] | None = _newer_field()
    """The answer to `resume`: these jobs go on, all others of the node are over."""


class Rejected(WireModel):
    """The gateway closes the socket after this."""

    type: Literal["rejected"] = "rejected"
    code: RejectCode
    message: Sentence


def _finite(body: dict[str, Any]) -> dict[str, Any]:
    if not is_finite(body):
        raise ValueError("a number is too large")
    return body


JobKind = Literal["chat", "embeddings"]
"""What is asked for. The answer to `chat` are the chunks of OpenAI's stream, that to `embeddings` vectors
(`r3mes_protocol.embeddings`)."""


class Job(WireModel):
    """One request for the node. `body` is the OpenAI request plus `adapter` (a name or null)."""

    type: Literal["job"] = "job"
    job_id: Hex16
    kind: JobKind = "chat"
    """Another one than `chat` only for nodes that offered a model for it."""
    completion_id: Name
    """The `id` of every chunk, chosen by the gateway so that another node may go on under the same one."""
    body: Annotated[dict[str, Any], AfterValidator(_finite)]
    first_token_deadline_ms: Milliseconds
    """Time left until the first content token, counted from the receipt of this frame."""
    deadline_ms: Milliseconds


def encode_job(
    job_id: JobId,
    completion_id: str,
    body: dict[str, Any],
    first_token_deadline_ms: int,
    deadline_ms: int,
    kind: JobKind = "chat",
) -> str:
    """The frame of a `Job` whose parts are known to be sound: the ids are the gateway's own, the body was parsed from
    JSON. Many times cheaper than making the model and dumping it."""
    text = to_json(body, inf_nan_mode="null").decode()
    return (
        f'{{"type":"job","job_id":"{job_id}","kind":"{kind}","completion_id":"{completion_id}","body":{text},'
        f'"first_token_deadline_ms":{first_token_deadline_ms},"deadline_ms":{deadline_ms}}}'
    )


class Window(WireModel):
    """More credit: the node may send `bytes` more payload bytes for this job."""

    type: Literal["window"] = "window"
    job_id: Hex16
    bytes: Annotated[int, Field(ge=1, le=2**31)]


class Cancel(WireModel):
    """Nobody waits for this job any more; the node stops within one token."""

    type: Literal["cancel"] = "cancel"
    job_id: Hex16


class LoadAdapter(WireModel):
    """A hint: requests for this adapter are to be expected here, so it should be loaded now rather than for the first
    of them. The node may pass over it and answers nothing; its next `adapters` message shows what it did. Sent only to
    nodes that registered with `loads_adapters`."""

    type: Literal["load_adapter"] = "load_adapter"
    name: Name
    digest: Hex64 | None = None
    """Where it is given, only the adapter with this digest is meant."""


class Acknowledged(WireModel):
    """The terminals of these jobs have arrived; the node need not keep them for a resume. Only said to a node that
    offered RESUME_SUBPROTOCOL."""

    type: Literal["acknowledged"] = "acknowledged"
    job_ids: Annotated[tuple[Hex16, ...], Field(min_length=1, max_length=MAX_RESUMED_JOBS)]


# --- what the node says ----------------------------------------------------------------------------------------


class Register(WireModel):
    type: Literal["register"] = "register"
    protocol: Annotated[int, Field(ge=1)] = PROTOCOL_VERSION
    node_id: Hex64
    endpoint: Annotated[str, StringConstraints(max_length=300)] | None = None
    """URL of an OpenAI-compatible server that the gateway may call directly; null for a tunnelled node."""
    available_loras: Annotated[tuple[AdapterOffer, ...], Field(max_length=MAX_ADAPTERS)] = ()
    """As many as fit before registration; the others follow in `adapters` messages."""
    models: Annotated[tuple[ModelOffer, ...], Field(max_length=MAX_MODELS)]
    roles: Annotated[tuple[Role, ...], Field(min_length=1, max_length=4)]
    max_concurrency: Annotated[int, Field(ge=1, le=4096)]
    device: Device
    engine_version: Name
    continues_answers: bool = False
    """The engine goes on with an answer that another node began: a job whose last message is the assistant's text so
    far and whose body says `continue_final_message: true` and `add_generation_prompt: false`, as vLLM reads them."""
    loads_adapters: bool = False
    """The engine understands `load_adapter`."""
    embedding_models: Annotated[tuple[EmbeddingOffer, ...], Field(max_length=MAX_MODELS)] | None = _newer_field()
    """Of a tunnelled node that takes jobs of the kind `embeddings`."""
    grant: SignedGrant | None = None
    resume: Resume | None = _newer_field()
    """Only where the session before said `resume_grace_s`; the signature covers it."""
    signature: Hex128


class Adapters(WireModel):
    """What changed in the adapters that the node offers since it last said so in this session."""

    type: Literal["adapters"] = "adapters"
    changed: Annotated[tuple[AdapterOffer, ...], Field(max_length=MAX_ADAPTERS)] = ()
    """New ones, and those that lie elsewhere now."""
    removed: Annotated[tuple[Name, ...], Field(max_length=MAX_ADAPTERS)] = ()


class Heartbeat(WireModel):
    """Sent every `heartbeat_s`. Busy is a load, never a reason to vanish from routing."""

    type: Literal["heartbeat"] = "heartbeat"
    active: Count
    queued: Count
    available_loras: Annotated[tuple[AdapterOffer, ...], Field(max_length=MAX_ADAPTERS)] | None = None
    """All that the node offers, in the place of what it offered before; null where nothing changed or `adapters`
    messages tell it."""
    free_vram_mb: Count | None = None
    free_adapter_slots: Count | None = None
    """Adapters that could be loaded onto the GPU without another one leaving it; null where the node can't tell."""
    draining: bool = False
    telemetry: Telemetry | None = None


class Done(WireModel):
    """The job's only terminal when it ended well."""

    type: Literal["done"] = "done"
    job_id: Hex16
    finish_reason: Literal["stop", "length", "tool_calls"]
    usage: Usage
    signed_usage: SignedUsage | None = None
    """The same under the node's signature, with what it sent. Without it a node is paid by the gateway's count."""


class Failed(WireModel):
    """The job's only terminal when it did not end well. A refusal for capacity carries the true capacity."""

    type: Literal["failed"] = "failed"
    job_id: Hex16
    code: FailureCode
    message: Sentence
    retryable: bool
    capacity: Capacity | None = None


# --- what both say ---------------------------------------------------------------------------------------------


class Drain(WireModel):
    """Finish what runs, take nothing new."""

    type: Literal["drain"] = "drain"
    reason: Sentence = ""


class Bye(WireModel):
    """The sender closes the socket next, on purpose."""

    type: Literal["bye"] = "bye"
    reason: Sentence = ""


GatewayMessage: TypeAlias = Annotated[
    Hello | Registered | Rejected | Job | Window | Cancel | LoadAdapter | Acknowledged | Drain | Bye,
    Field(discriminator="type"),
]
NodeMessage: TypeAlias = Annotated[
    Register | Adapters | Heartbeat | Done | Failed | Drain | Bye, Field(discriminator="type")
]

_GATEWAY_MESSAGE: TypeAdapter[GatewayMessage] = TypeAdapter(GatewayMessage, config=DEFERRED)
_NODE_MESSAGE: TypeAdapter[NodeMessage] = TypeAdapter(NodeMessage, config=DEFERRED)


def parse_gateway_message(data: str | bytes, max_bytes: int = MAX_JOB_BYTES) -> GatewayMessage:
    """Raises ProtocolError for an unknown kind, an unknown field, a wrong type or an oversized frame."""
    return parse_json(_GATEWAY_MESSAGE, data, max_bytes)


def parse_node_message(data: str | bytes, max_bytes: int = MAX_CONTROL_BYTES) -> NodeMessage:
    """Raises ProtocolError for an unknown kind, an unknown field, a wrong type or an oversized frame."""
    return parse_json(_NODE_MESSAGE, data, max_bytes)


__all__ = [
    "Acknowledged", "AdapterOffer", "Adapters", "Bye", "Cancel", "Capacity", "CloseCode", "Device", "Done",
    "Drain", "EmbeddingOffer", "Failed", "FailureCode", "GatewayMessage", "Heartbeat", "Hello", "Job", "JobKind",
    "Limits", "LoadAdapter", "ModelOffer", "NodeMessage", "ProtocolError", "Register", "Registered", "RejectCode",
    "Rejected",
    "Residency", "ResumableJob", "Resume", "ResumedJob", "Role", "SignedGrant", "Telemetry", "Usage", "Window",
    "encode_job", "parse_gateway_message", "parse_node_message",
]  # fmt: skip
