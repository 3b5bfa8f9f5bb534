"""Remote: nodes that dialled in answer. A failed try moves to another node until the first content token."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Container, Coroutine
from socket import socket
from typing import Any

from r3mes_api.asgi import Receive, Scope, Send
from r3mes_api.modes.answering import Answering, no_serving_nodes
from r3mes_api.modes.decision_file import DecisionFile
from r3mes_api.modes.embedding import Embedding
from r3mes_api.modes.interface import AdapterCard, ModelCard
from r3mes_api.nodes.catalogue import Catalogue
from r3mes_api.nodes.node import Node
from r3mes_api.nodes.sessions import NodeSessions
from r3mes_api.placement.placer import Placer
from r3mes_api.routing.decision import Decision, DecisionLog
from r3mes_api.routing.question import Audience, Question
from r3mes_api.setting_kinds import InferenceMode
from r3mes_api.settings import Settings
from r3mes_api.web.metrics import Gauge
from r3mes_protocol.messages import Residency

CLOSE_NODES_S = 0.7
"""For the good-bye to the nodes. With `fast_drain_s` and uvicorn's own end this stays below 3 s."""


class RemoteMode:
    def __init__(self, sessions: NodeSessions, settings: Settings, clock: Callable[[], float]) -> None:
        self._sessions = sessions
        self._registry = sessions.registry
        self._catalogue = Catalogue(sessions.registry)
        self._placer = Placer(
            sessions.registry,
            sessions.hint,
            least=settings.adapter_nodes,
            hints_per_minute=settings.adapter_hints_per_minute,
        )
        self._settings = settings
        self._clock = clock
        self._decisions = DecisionLog(settings.decision_records)
        self._decision_file = DecisionFile(settings.decision_file) if settings.decision_file is not None else None

    @property
    def sessions(self) -> NodeSessions:
        return self._sessions

    @property
    def name(self) -> InferenceMode:
        return InferenceMode.REMOTE

    def check(self) -> None:
        if not self._registry.has_serving_nodes:
            raise no_serving_nodes()

    def check_ready(self) -> None:
        """Ready without nodes too: they could not dial in through a load balancer otherwise."""

    def gauges(self) -> list[Gauge]:
        return self._sessions.gauges()

    def listeners(self) -> list[socket]:
        return []

    async def started(self) -> None:
        pass

    def nodes(self) -> list[Node]:
        return list(self._registry)

    def knows(self, name: str) -> bool:
        return self._registry.knows(name)

    def adapters_offered(self) -> Container[str]:
        return self._registry.adapters_offered

    def models(self) -> list[ModelCard]:
        """What the serving nodes offer: base models first, then adapters, then models for embeddings, each by name."""
        adapters = (ModelCard(one.name, one.lies.total(), one.base_model) for one in self._catalogue.adapters)
        return [*self._catalogue.models, *adapters, *self._catalogue.embedding_models]

    def adapters(self) -> list[AdapterCard]:
        now, homes = self._clock(), self._registry.places.homes
        return [
            AdapterCard(
                one.name,
                one.base_model,
                one.lies.total(),
                one.lies[Residency.GPU],
                one.lies[Residency.CPU],
                one.lies[Residency.DISK],
                len(homes.get(one.name, ())),
                self._placer.heat(one.name, now),
            )
            for one in self._catalogue.adapters
        ]

    async def node_session(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._sessions.serve(scope, receive, send)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sessions.watch(), name="sessions")
            group.create_task(self._placer.run(self._clock, self._settings.adapter_plan_s), name="placement")
            if self._decision_file is not None:
                group.create_task(self._decision_file.run(), name="decisions")

    def drain(self) -> None:
        self._sessions.drain()

    async def close(self, *, hurry: bool) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_NODES_S):
                await self._sessions.close()
        if self._decision_file is not None:
            await self._decision_file.flush()

    # --- answering ---

    def answer(self, question: Question, to: Audience) -> Coroutine[Any, Any, None]:
        decision = Decision(
            question.completion_id,
            question.created,
            question.model,
            question.adapter,
            owner=question.owner,
            route=question.route,
        )
        self._decisions.add(decision)
        if self._decision_file is not None:
            self._decision_file.add(decision)
        way = Embedding if question.kind == "embeddings" else Answering
        return way(question, to, decision, self._sessions, self._settings, self._clock).run()

    def decision(self, completion_id: str) -> dict[str, Any] | None:
        found = self._decisions.get(completion_id)
        return found.document() if found is not None else None
