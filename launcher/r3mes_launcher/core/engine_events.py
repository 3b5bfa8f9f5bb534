"""Reads what an engine says on its control channel and tells it in the machine's and the log's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from r3mes_launcher.core.doctor.report import GpuFlaw
from r3mes_launcher.core.engine_watch import EngineWatch
from r3mes_launcher.core.engine_words import engine_sentence
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.node_events import (
    EngineComplained,
    EngineDisconnected,
    EngineLoading,
    EngineReady,
    EngineRegistered,
    EngineUnfit,
    Event,
)
from r3mes_launcher.core.state import Fault, LogLevel, Progress
from r3mes_launcher.sentence import Sentence, phrase
from r3mes_protocol import PROTOCOL_VERSION, control
from r3mes_protocol.limits import MAX_CONTROL_LINE_BYTES
from r3mes_protocol.wire import ProtocolError

SOURCE = "engine"

TellGpu: TypeAlias = Callable[[str, GpuFlaw | None], None]

MAX_STRAY_LINES = 20
"""Lines on stdout that are no events and that are reported; a library that prints there must not fill the log."""


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What a running engine said of itself."""

    node_id: str = ""
    model: str = ""
    device: str = ""
    active_requests: int = 0
    total_requests: int = 0
    tokens_per_second: float = 0.0
    total_tokens: int = 0
    gpu_uuids: tuple[str, ...] = ()
    computes_on_gpu: bool = False
    gateway: str = ""
    """Origin of the one that it is registered with; empty for none."""


class EngineEvents:
    """The listener of one engine's life."""

    def __init__(
        self,
        logs: LogHub,
        dispatch: Callable[[Event], None],
        tell_facts: Callable[[EngineFacts], None],
        tell_request: Callable[[control.RequestEvent, str], None] = lambda event, model: None,
        watch: EngineWatch | None = None,
        tell_download: Callable[[control.DownloadEvent], None] = lambda event: None,
        tell_gpu: TellGpu = lambda uuid, flaw: None,
    ) -> None:
        """`tell_request` hears of every request that ended, with the model's name; `watch` of all signs of life;
        `tell_gpu` of each GPU that the engine tried, and what is wrong with it."""
        self._logs = logs
        self._dispatch = dispatch
        self._tell_facts = tell_facts
        self._tell_request = tell_request
        self._watch = watch or EngineWatch(lambda: 0.0)
        self._tell_download = tell_download
        self._tell_gpu = tell_gpu
        self._facts = EngineFacts()
        self._strays = 0

    def on_log(self, lines: Sequence[str]) -> None:
        self._watch.logged(lines)
        self._logs.add(SOURCE, lines)

    def on_oversized_output(self) -> None:
        self._stray(f"a line of more than {MAX_CONTROL_LINE_BYTES} bytes")

    def on_output(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            event = control.parse_event(line)
        except ProtocolError as error:
            self._stray(error.reason)
            return
        self._take(event)

    def _stray(self, reason: str) -> None:
        self._strays += 1
        if self._strays <= MAX_STRAY_LINES:
            self._logs.add(
                SOURCE, [f"Ignored what the engine wrote to its control channel: {reason}"], LogLevel.WARNING
            )
        if self._strays == MAX_STRAY_LINES:
            self._logs.add(SOURCE, ["More of this kind is ignored without a line here."], LogLevel.WARNING)

    def _take(self, event: control.Event) -> None:
        match event:
            case control.StartingEvent():
                self._check_protocol(event.protocol, event.version)
            case control.LoadingEvent():
                total = 0 if event.fraction is None else 100
                done = 0 if event.fraction is None else round(event.fraction * 100)
                self._dispatch(EngineLoading(Progress(engine_sentence(event.stage), done, total, "%")))
            case control.GpuEvent():
                self._gpu(event)
            case control.DownloadEvent():
                self._download(event)
            case control.ReadyEvent():
                if self._check_protocol(event.protocol, ""):
                    device = event.device
                    self._note(
                        EngineFacts(
                            node_id=event.node_id,
                            model=event.model,
                            device=device.name,
                            gpu_uuids=tuple(device.gpu_uuids),
                            computes_on_gpu=device.kind == "cuda",
                        )
                    )
                    self._watch.ready()
                    self._dispatch(EngineReady())
            case control.RegisteredEvent():
                self._note(replace(self._facts, gateway=event.gateway))
                self._dispatch(EngineRegistered())
            case control.DisconnectedEvent():
                self._note(replace(self._facts, gateway=""))
                self._dispatch(
                    EngineDisconnected(engine_sentence(event.reason.rstrip(".")) or phrase("the connection broke"))
                )
            case control.StatsEvent():
                self._watch.told(event.active, event.requests, event.completion_tokens)
                self._note(
                    replace(
                        self._facts,
                        active_requests=event.active,
                        total_requests=event.requests,
                        tokens_per_second=event.tokens_per_second,
                        total_tokens=event.completion_tokens,
                    )
                )
            case control.RequestEvent():
                took = f"{event.completion_tokens} tokens in {event.duration_ms} ms"
                self._logs.add(SOURCE, [f"Request {event.job_id}: {event.outcome}, {took}."], LogLevel.INFO)
                self._watch.request_ended(event.outcome)
                self._tell_request(event, self._facts.model)
            case control.AdapterEvent():
                where = "unloaded" if event.offer is None else f"loaded ({event.offer.residency.value})"
                self._logs.add(SOURCE, [f"Adapter {event.name}: {where}."], LogLevel.INFO)
            case control.DrainingEvent():
                self._logs.add(SOURCE, [f"Draining: {event.active} requests run."], LogLevel.INFO)
            case control.StoppedEvent():
                self._logs.add(SOURCE, [f"Stopped. {event.reason}"], LogLevel.INFO)
            case control.ErrorEvent():
                if event.exit_code is None:
                    self._logs.add(SOURCE, [f"{event.message} {event.hint}"], LogLevel.ERROR)
                # Otherwise it ends next, and its last words become the node's reason or fault, which the log gets.
                message, hint = engine_sentence(event.message), engine_sentence(event.hint)
                self._dispatch(EngineComplained(Fault(event.code, message, hint)))
            case control.PongEvent():
                self._watch.answered()

    def _gpu(self, event: control.GpuEvent) -> None:
        if event.verdict == "ok":
            self._tell_gpu(event.uuid, None)
            return
        works = "works, with a flaw" if event.verdict == "degraded" else "can't be used"
        self._logs.add(SOURCE, [f"The GPU {event.name} {works}: {event.reason}. {event.hint}"], LogLevel.WARNING)
        reason, hint = engine_sentence(event.reason), engine_sentence(event.hint)
        self._tell_gpu(event.uuid, GpuFlaw(event.uuid, event.verdict == "degraded", reason, hint))

    def _download(self, event: control.DownloadEvent) -> None:
        """The machine passes over it while the engine serves: then it is something beside."""
        words = {
            "waiting": Sentence("Another process downloads {name}", name=event.name),
            "token_needed": Sentence("{name} needs an access token of its hub", name=event.name),
            "downloading": Sentence("Downloading {name}", name=event.name),
            "paused": Sentence("The download of {name} is paused", name=event.name),
            "checking": Sentence("Checking {name}", name=event.name),
        }
        if event.state in words:
            self._dispatch(EngineLoading(Progress(words[event.state], event.done_bytes, event.total_bytes)))
        else:
            self._logs.add(SOURCE, [f"Download of {event.name}: {event.state}."], LogLevel.INFO)
        self._tell_download(event)

    def _check_protocol(self, protocol: int, version: str) -> bool:
        if protocol == PROTOCOL_VERSION:
            return True
        sentence = Sentence(
            "The engine {version} speaks version {its} of the control channel, this launcher version {ours}.",
            version=version or "?",
            its=protocol,
            ours=PROTOCOL_VERSION,
        )
        hint = "Install the engine again, or update the launcher."
        self._dispatch(EngineUnfit(Fault("engine_protocol_mismatch", sentence, hint)))
        return False

    def _note(self, facts: EngineFacts) -> None:
        self._facts = facts
        self._tell_facts(facts)
