"""What two replicas say to one another, and how each proves that it knows their secret.

One of them dials: its requests run on the other's nodes. Answers come as binary frames, as a node sends them, but as
large as the job's credit allows. A job travels as two lines of one text frame: a `Forward`, then the node's `job`
frame, which the other passes on as it is.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import Enum
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from r3mes_api.routing.ledger import Lost, Terminal, Violation
from r3mes_protocol.frames import HEADER_BYTES, JOB_ID_BYTES, FrameKind
from r3mes_protocol.limits import MAX_CONTROL_BYTES, MAX_JOB_BYTES
from r3mes_protocol.messages import Cancel, Done, Failed, Milliseconds, Window
from r3mes_protocol.wire import Hex16, Hex32, Hex64, JobId, ProtocolError, WireModel, parse_json

REPLICA_SUBPROTOCOL = "r3mes.replica.v1"

MAX_HANDSHAKE_BYTES = 4096
MAX_TEXT_BYTES = MAX_JOB_BYTES + MAX_CONTROL_BYTES

_KINDS = tuple(FrameKind)


class Role(Enum):
    DIALLER = "dialler"
    HOST = "host"


class HostHello(WireModel):
    """First frame after the socket is accepted."""

    type: Literal["hello"] = "hello"
    replica_id: Hex32
    nonce: Hex64


class Join(WireModel):
    type: Literal["join"] = "join"
    replica_id: Hex32
    nonce: Hex64
    proof: Hex64


class Welcome(WireModel):
    type: Literal["welcome"] = "welcome"
    proof: Hex64
    window_bytes: Annotated[int, Field(ge=1024, le=2**31)]
    """Credit of each job at its start: what the node was given."""


class Forward(WireModel):
    """The first line of a job's frame."""

    type: Literal["forward"] = "forward"
    job_id: Hex16
    node_id: Hex64
    deadline_ms: Milliseconds


class Beat(WireModel):
    """The dialler is alive. The host's own life shows in the answers to pings."""

    type: Literal["beat"] = "beat"


class Ended(WireModel):
    """The job's terminal where its node said none."""

    type: Literal["ended"] = "ended"
    job_id: Hex16
    why: str


DiallerMessage: TypeAlias = Annotated[Forward | Window | Cancel | Beat, Field(discriminator="type")]
HostMessage: TypeAlias = Annotated[Done | Failed | Ended, Field(discriminator="type")]
_DIALLER_MESSAGE: TypeAdapter[DiallerMessage] = TypeAdapter(DiallerMessage)
_HOST_MESSAGE: TypeAdapter[HostMessage] = TypeAdapter(HostMessage)
_HELLO, _JOIN, _WELCOME = TypeAdapter(HostHello), TypeAdapter(Join), TypeAdapter(Welcome)


def read_hello(data: str | bytes) -> HostHello:
    """Raises ProtocolError, as the two below."""
    return parse_json(_HELLO, data, MAX_HANDSHAKE_BYTES)


def read_join(data: str | bytes) -> Join:
    return parse_json(_JOIN, data, MAX_HANDSHAKE_BYTES)


def read_welcome(data: str | bytes) -> Welcome:
    return parse_json(_WELCOME, data, MAX_HANDSHAKE_BYTES)


def proof_of(role: Role, secret: str, *, dialler: str, dialler_nonce: str, host: str, host_nonce: str) -> str:
    """HMAC-SHA256 over both ends' names and nonces. The role keeps one end's proof from serving as the other's."""
    said = "\n".join((REPLICA_SUBPROTOCOL, role.value, dialler, dialler_nonce, host, host_nonce))
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()


def is_proof(given: str, expected: str) -> bool:
    return hmac.compare_digest(given, expected)


def encode_forward(job_id: JobId, node_id: str, deadline_ms: int, job: str) -> str:
    return f"{Forward(job_id=job_id, node_id=node_id, deadline_ms=deadline_ms).to_json()}\n{job}"


def read_dialler(text: str) -> tuple[DiallerMessage, str]:
    """The message, and for a `Forward` the job's frame. Raises ProtocolError."""
    head, _, job = text.partition("\n")
    return parse_json(_DIALLER_MESSAGE, head, MAX_HANDSHAKE_BYTES), job


def encode_piece(job_id: JobId, kind: FrameKind, payload: bytes) -> bytes:
    return bytes.fromhex(job_id) + bytes((kind,)) + payload


def decode_piece(data: bytes) -> tuple[JobId, FrameKind, bytes]:
    """Raises ProtocolError."""
    if len(data) <= HEADER_BYTES or data[JOB_ID_BYTES] >= len(_KINDS):
        raise ProtocolError("a replica's binary frame is malformed")
    return JobId(data[:JOB_ID_BYTES].hex()), _KINDS[data[JOB_ID_BYTES]], data[HEADER_BYTES:]


def encode_terminal(job_id: JobId, terminal: Terminal) -> str:
    if isinstance(terminal, Done | Failed):
        return terminal.to_json()
    return Ended(job_id=job_id, why=terminal.name).to_json()


def read_terminal(text: str) -> tuple[JobId, Terminal]:
    """A reason that is not known here counts as a lost connection. Raises ProtocolError."""
    message = parse_json(_HOST_MESSAGE, text, MAX_CONTROL_BYTES)
    if not isinstance(message, Ended):
        return JobId(message.job_id), message
    for kinds in (Lost, Violation):
        if message.why in kinds.__members__:
            return JobId(message.job_id), kinds[message.why]
    return JobId(message.job_id), Lost.DISCONNECTED
