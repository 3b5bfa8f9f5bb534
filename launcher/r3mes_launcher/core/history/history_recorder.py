"""Writes into the history what happens while the launcher runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import uuid4

from r3mes_launcher.core.history.history_store import HistoryStore
from r3mes_launcher.core.history.request_record import request_record
from r3mes_launcher.core.history.situation import Recording, observe
from r3mes_launcher.core.recording.recorded_past import RecordedPast
from r3mes_launcher.core.state import NodeState
from r3mes_launcher.ports.clock import Clock
from r3mes_protocol.control import RequestEvent


class HistoryRecorder:
    """Owned by the core's loop. Situations are recorded from `begin` to `end`."""

    def __init__(self, history: HistoryStore, clock: Clock) -> None:
        """`clock` tells the time that is recorded, in seconds since the epoch."""
        self._history = history
        self._clock = clock
        self._recording: Recording | None = None

    def begin(self) -> None:
        self._recording = Recording(uuid4().hex)

    def note_node(self, node: NodeState) -> None:
        """At each change, and now and then while nothing changes: a hole in the record is a sleep."""
        if self._recording is not None:
            self._recording, spans = observe(self._recording, node, self._clock.now())
            self._history.note_spans(spans)

    def note_request(self, event: RequestEvent, model: str) -> None:
        self._history.note_request(request_record(event, model, self._clock.now()))

    async def remember(self, recorded: Callable[[], RecordedPast]) -> None:
        """Takes over a past that was recorded elsewhere. `recorded` is called in a thread of its own."""
        past = await asyncio.to_thread(recorded)
        for record in past.requests:
            self._history.note_request(record)
        self._history.note_spans(past.spans)
        self._history.note_buckets(past.buckets)

    def end(self, node: NodeState) -> None:
        self.note_node(node)
        self._recording = None
