"""The composition root: the gateway's parts are made here, once, and handed to each other."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from r3mes_api.accounts.opening import FrontDesk
from r3mes_api.adapter_choice.cascade import Thresholds
from r3mes_api.adapter_choice.chooser import AdapterChooser, RouterPlan
from r3mes_api.adapter_choice.topics import bundled_topics, load_topics
from r3mes_api.asgi import Exchange, Receive, Scope, Send
from r3mes_api.cors import Cors
from r3mes_api.gateway import Gateway
from r3mes_api.lifecycle import Lifecycle
from r3mes_api.modes.interface import Mode
from r3mes_api.modes.opening import open_grant_book, open_mode
from r3mes_api.routes.chat import ChatRoutes
from r3mes_api.routes.generate import GenerateRoutes
from r3mes_api.routes.interop import REFUSED_WRITES, InteropRoutes
from r3mes_api.routes.network import NetworkRoutes
from r3mes_api.routes.router import Router
from r3mes_api.routes.status import StatusRoutes
from r3mes_api.routes.web import WebRoutes
from r3mes_api.setting_kinds import InferenceMode, Switch
from r3mes_api.settings import Settings
from r3mes_api.storage.store_checks import StoreChecks
from r3mes_api.tracing import open_tracing
from r3mes_api.web.measurements import Measurements
from r3mes_api.web.openapi import NODE_SESSION_PATH
from r3mes_protocol.errors import ApiError, ErrorCode

if TYPE_CHECKING:
    from r3mes_api.accounts.services import Accounts
    from r3mes_api.devnet.service import Devnet
    from r3mes_api.nodes.grant_book import GrantBook
    from r3mes_api.replicas.group import ReplicaGroup
    from r3mes_api.routes.grants import GrantRoutes

logger = logging.getLogger(__name__)


def build_gateway(settings: Settings, clock: Callable[[], float], desk: FrontDesk) -> Gateway:
    """`clock` is monotonic and that of the event loop, which must be running."""
    grants = open_grant_book(settings)
    mode = open_mode(settings, clock, grants)
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
    router.add("POST", "/v1/embeddings", chat.embeddings)
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

    def http(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return router(Exchange(scope, receive, send, clock))

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


def _grant_routes(mode: Mode, grants: GrantBook, settings: Settings) -> GrantRoutes:
    from r3mes_api.modes.remote import RemoteMode
    from r3mes_api.routes.grants import GrantRoutes

    assert isinstance(mode, RemoteMode)
    return GrantRoutes(mode.sessions, grants, settings)


def _replicas(mode: Mode, lifecycle: Lifecycle, settings: Settings, clock: Callable[[], float]) -> ReplicaGroup | None:
    """Raises CannotStart."""
    if settings.replica_url is None or settings.inference_mode is not InferenceMode.REMOTE:
        return None
    # A gateway that stands alone needs none of it.
    from r3mes_api.modes.remote import RemoteMode
    from r3mes_api.replicas.group import open_replica_group

    assert isinstance(mode, RemoteMode)
    return open_replica_group(mode.sessions, lifecycle, settings, clock)


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
