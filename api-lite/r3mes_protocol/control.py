"""Control channel between the launcher and a child: one JSON object a line, commands in, events out.

The engine speaks all of it; api-lite prints `ready` with its `url` and ends when its stdin does.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from r3mes_protocol import PROTOCOL_VERSION
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.grants import SignedGrant
from r3mes_protocol.limits import MAX_CONTROL_LINE_BYTES
from r3mes_protocol.messages import AdapterOffer, Count, Device
from r3mes_protocol.wire import DEFERRED, Hex64, Name, Origin, Sentence, WireModel, parse_json

# --- commands: launcher → engine -------------------------------------------------------------------------------


class DrainCommand(WireModel):
    """Finish what runs, take nothing new, then stop."""

    cmd: Literal["drain"] = "drain"


class StopCommand(WireModel):
    """Cancel what runs and stop."""

    cmd: Literal["stop"] = "stop"


class PingCommand(WireModel):
    cmd: Literal["ping"] = "ping"
    id: Count = 0


class LoadAdapterCommand(WireModel):
    cmd: Literal["load_adapter"] = "load_adapter"
    name: Name
    path: Annotated[str, Field(min_length=1, max_length=4096)]


class UnloadAdapterCommand(WireModel):
    cmd: Literal["unload_adapter"] = "unload_adapter"
    name: Name


class DownloadCommand(WireModel):
    """Download a model or an adapter that the engine's catalogue has."""

    cmd: Literal["download"] = "download"
    name: Name
    token: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[!-~]+$")] | None = Field(None, repr=False)
    """For a gated one. It is shown to the hub alone and kept nowhere."""


class PauseDownloadCommand(WireModel):
    cmd: Literal["pause_download"] = "pause_download"
    name: Name


class ResumeDownloadCommand(WireModel):
    cmd: Literal["resume_download"] = "resume_download"
    name: Name


class CancelDownloadCommand(WireModel):
    """End it, and throw away what came of it."""

    cmd: Literal["cancel_download"] = "cancel_download"
    name: Name


class GrantCommand(WireModel):
    """Hands the engine its grant, so that it needs no file."""

    cmd: Literal["grant"] = "grant"
    grant: SignedGrant


Command: TypeAlias = Annotated[
    DrainCommand
    | StopCommand
    | PingCommand
    | LoadAdapterCommand
    | UnloadAdapterCommand
    | DownloadCommand
    | PauseDownloadCommand
    | ResumeDownloadCommand
    | CancelDownloadCommand
    | GrantCommand,
    Field(discriminator="cmd"),
]

# --- events: engine → launcher ---------------------------------------------------------------------------------


class StartingEvent(WireModel):
    event: Literal["starting"] = "starting"
    protocol: Annotated[int, Field(ge=1)] = PROTOCOL_VERSION
    version: Name
    pid: Count


class LoadingEvent(WireModel):
    """Progress of the way to `ready`. `fraction` is 0 to 1, or null where nobody can know."""

    event: Literal["loading"] = "loading"
    stage: Name
    fraction: Annotated[float, Field(ge=0, le=1)] | None = None


class GpuEvent(WireModel):
    """What the engine found of one GPU when it looked for one to use; before `ready`. Cards that it did not try are not
    told."""

    event: Literal["gpu"] = "gpu"
    uuid: Name
    name: Name
    verdict: Literal["ok", "degraded", "unusable"]
    code: Name
    """One word for programs; `ok` where nothing is wrong."""
    reason: Sentence = ""
    hint: Sentence = ""


class ReadyEvent(WireModel):
    """The engine answers on `http://127.0.0.1:{port}` to whoever shows `token` as bearer.

    `token` is null where nobody reads the control channel: it lies in the state folder's `http_token` then.
    """

    event: Literal["ready"] = "ready"
    protocol: Annotated[int, Field(ge=1)] = PROTOCOL_VERSION
    port: Annotated[int, Field(ge=1, le=65535)]
    token: Name | None = Field(repr=False)
    model: Name
    device: Device
    node_id: Hex64


class RegisteredEvent(WireModel):
    event: Literal["registered"] = "registered"
    gateway: Origin
    session_id: Name
    generation: Annotated[int, Field(ge=1)]


class DisconnectedEvent(WireModel):
    """The session to the gateway is gone; the engine keeps trying on its own."""

    event: Literal["disconnected"] = "disconnected"
    gateway: Origin
    reason: Sentence
    retry_in_s: Annotated[float, Field(ge=0)]


class StatsEvent(WireModel):
    event: Literal["stats"] = "stats"
    active: Count
    queued: Count
    requests: Count
    completion_tokens: Count
    tokens_per_second: Annotated[float, Field(ge=0)]
    memory_mb: Count
    free_vram_mb: Count | None = None


class RequestEvent(WireModel):
    """One job that ended. It holds no prompt and no answer."""

    event: Literal["request"] = "request"
    job_id: Name
    outcome: Name
    prompt_tokens: Count
    completion_tokens: Count
    first_token_ms: Count | None
    duration_ms: Count
    adapter: Name | None = None
    """As it was asked for, by name or digest; null for the base model and for what was refused."""


class AdapterEvent(WireModel):
    """A command about an adapter was followed."""

    event: Literal["adapter"] = "adapter"
    name: Name
    offer: AdapterOffer | None
    """What the engine offers under this name now; null where it was unloaded."""


class DownloadEvent(WireModel):
    """How far a download is: of a model that the engine waits for, or of what a command asked for."""

    event: Literal["download"] = "download"
    name: Name
    kind: Literal["model", "adapter"]
    state: Literal["waiting", "token_needed", "downloading", "paused", "checking", "done", "cancelled"]
    """Waiting: another process downloads the same. Token needed: its hub gives it to people with an account alone, and
    the start waits for a `download` command with a token. A download that failed ends in an `error` instead."""
    message: Sentence = ""
    """Why a token is needed."""
    file: Annotated[str, Field(max_length=300)] = ""
    done_bytes: Count = 0
    total_bytes: Count = 0
    bytes_per_second: Count = 0
    seconds_left: Count | None = None
    path: Annotated[str, Field(max_length=4096)] | None = None
    """Where it lies, once it is done."""


class DrainingEvent(WireModel):
    event: Literal["draining"] = "draining"
    active: Count
    reason: Sentence = ""


class PongEvent(WireModel):
    event: Literal["pong"] = "pong"
    id: Count = 0


class StoppedEvent(WireModel):
    """The last event of an engine that ended on purpose."""

    event: Literal["stopped"] = "stopped"
    exit_code: ExitCode
    reason: Sentence = ""


class ErrorEvent(WireModel):
    """What went wrong, in a sentence, and what to do. With `exit_code` the process ends next."""

    event: Literal["error"] = "error"
    code: Name
    message: Sentence
    hint: Sentence = ""
    exit_code: ExitCode | None = None


Event: TypeAlias = Annotated[
    StartingEvent
    | LoadingEvent
    | GpuEvent
    | ReadyEvent
    | RegisteredEvent
    | DisconnectedEvent
    | StatsEvent
    | RequestEvent
    | AdapterEvent
    | DownloadEvent
    | DrainingEvent
    | PongEvent
    | StoppedEvent
    | ErrorEvent,
    Field(discriminator="event"),
]

_COMMAND: TypeAdapter[Command] = TypeAdapter(Command, config=DEFERRED)
_EVENT: TypeAdapter[Event] = TypeAdapter(Event, config=DEFERRED)


def parse_command(line: str | bytes) -> Command:
    """Raises ProtocolError for anything but one known command."""
    return parse_json(_COMMAND, line, MAX_CONTROL_LINE_BYTES)


def parse_event(line: str | bytes) -> Event:
    """Raises ProtocolError for anything but one known event."""
    return parse_json(_EVENT, line, MAX_CONTROL_LINE_BYTES)


class ApiReadyEvent(WireModel):
    """The line that `r3mes-api` prints when it answers."""

    event: Literal["ready"] = "ready"
    protocol: Annotated[int, Field(ge=1)] = PROTOCOL_VERSION
    url: Annotated[str, Field(max_length=300)]
    mode: Name
    pid: Count


_API_READY = TypeAdapter(ApiReadyEvent)


def parse_api_ready(line: str | bytes) -> ApiReadyEvent:
    """Raises ProtocolError for anything but the gateway's ready line."""
    return parse_json(_API_READY, line, MAX_CONTROL_LINE_BYTES)


def command_line(command: WireModel) -> bytes:
    """A command or event as one line."""
    return command.to_json().encode() + b"\n"
