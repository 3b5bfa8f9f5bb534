"""The composition root: the gateway's parts are made here, once, and handed to each other."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import socket
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from r3mes_api.accounts.opening import FrontDesk
from r3mes_api.adapter_choice.cascade import Thresholds
from r3mes_api.adapter_choice.chooser import AdapterChooser, RouterPlan
from r3mes_api.adapter_choice.topics import bundled_topics, load_topics
from r3mes_api.asgi import Application, Exchange, Receive, Scope, Send, error_headers
from r3mes_api.cors import Cors
from r3mes_api.lifecycle import CannotStart, Lifecycle
from r3mes_api.modes.disabled import DisabledMode
from r3mes_api.modes.interface import Mode
from r3mes_api.modes.mock import MockMode
from r3mes_api.routes.chat import ChatRoutes
from r3mes_api.routes.generate import GenerateRoutes
from r3mes_api.routes.interop import REFUSED_WRITES, InteropRoutes
from r3mes_api.routes.network import NetworkRoutes
from r3mes_api.routes.router import Router
from r3mes_api.routes.status import StatusRoutes
from r3mes_api.routes.web import WebRoutes
from r3mes_api.setting_kinds import InferenceMode, NodeAuth, StakePolicy, Switch
from r3mes_api.settings import Settings
from r3mes_api.storage.store_checks import StoreChecks
from r3mes_api.tracing import Tracing, open_tracing
from r3mes_api.web.measurements import Measurements
from r3mes_api.web.openapi import NODE_SESSION_PATH, REPLICA_SESSION_PATH
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.wire import GatewayOrigin

if TYPE_CHECKING:
    from r3mes_api.accounts.services import Accounts
    from r3mes_api.devnet.service import Devnet
    from r3mes_api.endpoints.door import EndpointDoor
    from r3mes_api.nodes.grant_book import GrantBook
    from r3mes_api.nodes.registry import NodeRegistry
    from r3mes_api.replicas.group import ReplicaGroup
    from r3mes_api.routes.grants import GrantRoutes
    from r3mes_api.stakes.book import StakeBook

logger = logging.getLogger(__name__)


class Gateway:
    """The ASGI application."""

    def __init__(
        self,
        mode: Mode,
        chooser: AdapterChooser,
        lifecycle: Lifecycle,
        http: Application,
        desk: FrontDesk,
        devnet: Devnet | None,
        replicas: ReplicaGroup | None,
        tracing: Tracing | None,
    ) -> None:
        self._tracing = tracing
        self._desk = desk
        self.mode = mode
        self._chooser = chooser
        self.lifecycle = lifecycle
        self._http = http
        self._devnet = devnet
        self._replicas = replicas

    async def run(self) -> None:
        """Background work, until cancelled or until a part of it fails."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.mode.run(), name="mode")
            group.create_task(self._chooser.run(), name="adapter chooser")
            group.create_task(self.lifecycle.watch(), name="requests")
            if self._devnet is not None:
                group.create_task(self._devnet.run(), name="devnet")
            if self._desk.accounts is not None:
                group.create_task(self._desk.accounts.sweep_for_ever(), name="accounts")
            if self._replicas is not None:
                group.create_task(self._replicas.run(), name="replicas")

    def drain(self) -> None:
        """Nothing new from now on; nodes and other replicas are told."""
        self.lifecycle.stop_accepting()
        if self._replicas is not None:
            self._replicas.drain()
        self.mode.drain()

    async def close(self, *, hurry: bool) -> None:
        """When no request runs any more."""
        if self._replicas is not None:
            await self._replicas.close()
        await self.mode.close(hurry=hurry)
        if self._tracing is not None:
            await self._tracing.close(hurry=hurry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            raise RuntimeError(f"unexpected ASGI scope {scope['type']}")

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (await receive())["type"] != "websocket.connect":
            return
        try:
            if scope["path"] == NODE_SESSION_PATH:
                await self.mode.node_session(scope, receive, send)
            elif self._replicas is not None and scope["path"] == REPLICA_SESSION_PATH:
                await self._replicas.serve(scope, receive, send)
            else:
                raise ApiError(ErrorCode.NOT_FOUND, "There is no WebSocket at this address.")
        except ApiError as error:
            body = error.to_json()
            headers = [(b"content-type", b"application/json"), *error_headers(error)]
            await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
            await send({"type": "websocket.http.response.body", "body": body})


def build_gateway(settings: Settings, clock: Callable[[], float], desk: FrontDesk) -> Gateway:
    """`clock` is monotonic and that of the event loop, which must be running."""
    grants = _grant_book(settings)
    mode = build_mode(settings, clock, grants)
    chooser = AdapterChooser(_router_plan(settings), logger)
    lifecycle = Lifecycle(settings.max_requests)
    replicas = _replicas(mode, lifecycle, settings, clock)
    chat = ChatRoutes(mode, chooser, lifecycle, settings, clock, desk)
    stores = StoreChecks(_store_probes(settings, desk, replicas), clock)
    status = StatusRoutes(mode, lifecycle, clock, desk, stores, replicas.state if replicas is not None else None)
    measurements = Measurements(clock, log_requests=settings.request_log is Switch.ON)
    tracing = open_tracing(mode.decision, clock) if settings.traces is Switch.ON else None
    router = Router(measurements.finished if tracing is None else _both(measurements.finished, tracing.finished))
    web = WebRoutes(mode, lifecycle, settings, measurements, router, clock)
    network = NetworkRoutes(mode, lifecycle, settings, measurements, clock)
    interop = InteropRoutes(mode, clock)
    router.add("GET", "/", web.page)
    router.add("GET", "/metrics", web.metrics)
    router.add("GET", "/openapi.json", web.openapi)
    router.add("POST", "/chat", chat.chat)
    router.add("POST", "/v1/chat/completions", chat.completions)
    generate = GenerateRoutes(chat, clock)
    router.add("POST", "/api/inference/generate", generate.whole)
    router.add("POST", "/api/inference/generate/stream", generate.stream)
    router.add("GET", "/v1/models", status.models)
    router.add("GET", "/v1/nodes", status.nodes)
    router.add("GET", "/v1/nodes/{node_id}", status.node)
    router.add("GET", "/v1/adapters", network.adapters)
    router.add("GET", "/v1/network", network.network)
    router.add("GET", "/v1/requests/{request_id}", status.request)
    router.add("GET", NODE_SESSION_PATH, _wants_websocket)
    router.add("GET", "/health", status.health)
    router.add("GET", "/health/live", status.live)
    router.add("GET", "/health/ready", status.ready)
    router.add("GET", "/system/version", status.version)
    router.add("GET", "/system/time", status.time)
    router.add("GET", "/api/serving-node/list", interop.serving_nodes)
    router.add("GET", "/api/lora/list", interop.adapters)
    router.add("GET", "/network/stats", interop.network)
    for path in REFUSED_WRITES:
        router.add("POST", path, interop.refuse)

    if grants is not None:
        router.add("POST", "/v1/grants/revocations", _grant_routes(mode, grants, settings).revoke)
    devnet = _devnet(settings)
    if devnet is not None:
        router.hand_over(devnet.owns, devnet.answer)
    if desk.accounts is not None:
        _add_account_routes(router, web, desk.accounts, settings)

    async def http(scope: Scope, receive: Receive, send: Send) -> None:
        await router(Exchange(scope, receive, send))

    origins = settings.cors_allowed_origins
    return Gateway(mode, chooser, lifecycle, Cors(http, origins) if origins else http, desk, devnet, replicas, tracing)


def _store_probes(
    settings: Settings, desk: FrontDesk, replicas: ReplicaGroup | None
) -> dict[str, Callable[[], Awaitable[bool]]]:
    probes: dict[str, Callable[[], Awaitable[bool]]] = {}
    if desk.accounts is not None:
        from r3mes_api.storage.database import answers

        probes["database"] = partial(answers, desk.accounts.database)
    state = desk.accounts.state if desk.accounts is not None else desk.state
    if replicas is not None:
        probes["redis"] = replicas.directory_answers
    elif settings.redis_url is not None and state is not None:
        probes["redis"] = state.answers
    return probes


def _both(
    first: Callable[[Exchange, str], None], second: Callable[[Exchange, str], None]
) -> Callable[[Exchange, str], None]:
    def finished(exchange: Exchange, route: str) -> None:
        first(exchange, route)
        second(exchange, route)

    return finished


def _router_plan(settings: Settings) -> RouterPlan:
    return RouterPlan(
        settings.adapter_router,
        bundled_topics() if settings.adapter_topics is None else load_topics(settings.adapter_topics),
        Thresholds(settings.keyword_certain, settings.keyword_enough, settings.semantic_enough),
        settings.default_adapter,
        settings.sentence_model,
        settings.sentence_model_s,
    )


def _add_account_routes(router: Router, web: WebRoutes, accounts: Accounts, settings: Settings) -> None:
    # FastAPI costs memory that a gateway without accounts need not hold.
    from r3mes_api.accounts.routes import ACCOUNT_PATHS, account_application, describe_accounts

    application = account_application(accounts, log=logging.getLogger("r3mes_api.accounts"))

    async def route(exchange: Exchange) -> None:
        await exchange.hand_to(application, settings.body_timeout_s)

    for path in ACCOUNT_PATHS:
        router.mount(path, route)
    web.describe_also(lambda: describe_accounts(application))


def build_mode(settings: Settings, clock: Callable[[], float], grants: GrantBook | None) -> Mode:
    match settings.inference_mode:
        case InferenceMode.DISABLED:
            return DisabledMode()
        case InferenceMode.MOCK:
            return MockMode(
                tokens_per_second=settings.mock_tokens_per_second, first_token_s=settings.mock_first_token_s
            )
        case InferenceMode.REMOTE:
            return _remote_mode(settings, clock, grants)
        case InferenceMode.LOCAL:
            return _local_mode(settings, clock)


def _remote_mode(settings: Settings, clock: Callable[[], float], grants: GrantBook | None) -> Mode:
    # Only this mode needs the signature libraries.
    from r3mes_api.modes.remote import RemoteMode
    from r3mes_api.nodes.admission import Admission
    from r3mes_api.nodes.entrance import NetworkEntrance
    from r3mes_api.nodes.grant_book import GrantBook
    from r3mes_api.nodes.sessions import NodeSessions
    from r3mes_api.owner_signature import make_owner_verifier

    admission = Admission(
        settings.node_auth, settings.network, make_owner_verifier(), GrantBook(None) if grants is None else grants
    )
    entrance = NetworkEntrance(admission, _endpoints(settings, clock), _stakes(settings, clock))
    return RemoteMode(NodeSessions(settings, _registry(settings), entrance, clock), settings, clock)


def _grant_book(settings: Settings) -> GrantBook | None:
    """None where no node shows a grant. Raises CannotStart."""
    if settings.inference_mode is not InferenceMode.REMOTE or settings.node_auth is not NodeAuth.GRANT:
        return None
    from r3mes_api.nodes.grant_book import GrantBook, GrantBookError

    path = settings.data_folder / "grants.jsonl" if settings.data_folder is not None else None
    if path is None:
        logger.info("R3MES_DATA_FOLDER is not set: revoked grants are remembered until this gateway ends")
    try:
        return GrantBook(path)
    except GrantBookError as error:
        raise CannotStart(str(error)) from None


def _grant_routes(mode: Mode, grants: GrantBook, settings: Settings) -> GrantRoutes:
    from r3mes_api.modes.remote import RemoteMode
    from r3mes_api.routes.grants import GrantRoutes

    assert isinstance(mode, RemoteMode)
    return GrantRoutes(mode.sessions, grants, settings)


def _endpoints(settings: Settings, clock: Callable[[], float]) -> EndpointDoor | None:
    from r3mes_api.accounts.client_address import parse_networks
    from r3mes_api.endpoints.door import EndpointDoor

    if settings.endpoint_nodes is Switch.OFF:
        return None
    return EndpointDoor(
        parse_networks(",".join(settings.endpoint_networks)),
        connect_s=settings.endpoint_connect_s,
        resolve_s=settings.endpoint_resolve_s,
        certificates=settings.endpoint_certificates,
        token_file=settings.endpoint_token_file,
        clock=clock,
    )


def _replicas(mode: Mode, lifecycle: Lifecycle, settings: Settings, clock: Callable[[], float]) -> ReplicaGroup | None:
    """Raises CannotStart."""
    if settings.replica_url is None or settings.inference_mode is not InferenceMode.REMOTE:
        return None
    # A gateway that stands alone needs none of it.
    from r3mes_api.modes.remote import RemoteMode
    from r3mes_api.replicas.group import open_replica_group

    assert isinstance(mode, RemoteMode)
    return open_replica_group(mode.sessions, lifecycle, settings, clock)


def _stakes(settings: Settings, clock: Callable[[], float]) -> StakeBook | None:
    if settings.stake_policy is StakePolicy.OFF:
        return None
    from r3mes_api.stakes.book import StakeBook
    from r3mes_api.stakes.chain_reader import ChainReader
    from r3mes_api.stakes.standing import BASE_UNITS
    from r3mes_protocol.grants import Role

    minimums = {
        Role.SERVING: settings.stake_serving * BASE_UNITS,
        Role.MINING: settings.stake_mining * BASE_UNITS,
        Role.VALIDATOR: settings.stake_validator * BASE_UNITS,
        Role.PROPOSER: settings.stake_proposer * BASE_UNITS,
    }

    def chain() -> ChainReader:
        return ChainReader(
            settings.chain_urls,
            denom=settings.stake_denom,
            network=settings.network,
            timeout_s=settings.stake_timeout_s,
        )

    return StakeBook(
        settings.stake_policy,
        minimums,
        chain,
        fresh_s=settings.stake_fresh_s,
        stale_s=settings.stake_stale_s,
        timeout_s=settings.stake_timeout_s,
        reads_at_once=settings.stake_reads,
        clock=clock,
    )


def _local_mode(settings: Settings, clock: Callable[[], float]) -> Mode:
    from r3mes_api.local.engine_command import EngineCommand, default_state_folder, engine_environment
    from r3mes_api.local.engine_keeper import EngineKeeper
    from r3mes_api.local.restart_policy import RestartPolicy
    from r3mes_api.modes.local import LocalMode, OwnEngine
    from r3mes_api.nodes.admission import Admission
    from r3mes_api.nodes.sessions import NodeSessions

    # The engine's own door: nobody from another machine reaches it, whatever the public address is.
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    door = GatewayOrigin(f"http://127.0.0.1:{listener.getsockname()[1]}")
    command = EngineCommand(
        python=settings.engine_python or sys.executable,
        model=settings.local_model,
        device=settings.local_device.value,
        backend=settings.local_backend.value,
        state_folder=settings.local_state_folder or default_state_folder(os.environ, Path.home(), sys.platform),
        max_concurrency=settings.local_concurrency,
    )
    keeper = EngineKeeper(
        command,
        door,
        engine_environment(os.environ),
        RestartPolicy(),
        start_s=settings.local_start_s,
        chance=random.random,
        clock=clock,
    )
    entrance = OwnEngine(Admission(NodeAuth.OPEN, None, lambda *_: False), keeper.node_id)
    behind_door = settings.model_copy(update={"public_url": door})
    sessions = NodeSessions(behind_door, _registry(settings), entrance, clock)
    return LocalMode(sessions, settings, clock, keeper, listener)


def _registry(settings: Settings) -> NodeRegistry:
    from r3mes_api.nodes.registry import NodeRegistry, RegistryLimits

    return NodeRegistry(
        RegistryLimits(
            heartbeat_s=settings.heartbeat_s,
            max_nodes=settings.max_nodes,
            max_jobs_per_node=settings.max_jobs_per_node,
            registrations_per_minute=settings.registrations_per_minute,
            failure_memory_s=settings.failure_memory_s,
            refusal_memory_s=settings.refusal_memory_s,
            max_adapters_per_node=settings.max_adapters_per_node,
        )
    )


def _devnet(settings: Settings) -> Devnet | None:
    """The emulated chain. Raises StorageError."""
    if not settings.devnet:
        return None
    # Only a gateway with a devnet needs it.
    from r3mes_api.devnet.parameters import ChainParameters
    from r3mes_api.devnet.service import Devnet

    parameters = ChainParameters(
        unbonding_s=settings.devnet_unbonding_s,
        role_records=settings.devnet_role_records,
        error_shape=settings.devnet_error_shape,
    )
    return Devnet(parameters, settings.devnet_file, settings.devnet_block_s)


async def _wants_websocket(exchange: Exchange) -> None:
    """The node session, over WebSocket."""
    raise ApiError(ErrorCode.INVALID_REQUEST, "This address speaks WebSocket; nodes connect here.")
