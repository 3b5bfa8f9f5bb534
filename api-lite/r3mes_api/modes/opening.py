"""From the settings to the mode: what answers prompts, with all that it needs."""

from __future__ import annotations

import logging
import os
import random
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from r3mes_api.lifecycle import CannotStart
from r3mes_api.modes.disabled import DisabledMode
from r3mes_api.modes.interface import Mode
from r3mes_api.modes.mock import MockMode
from r3mes_api.setting_kinds import InferenceMode, NodeAuth, StakePolicy, Switch
from r3mes_api.settings import Settings
from r3mes_protocol.wire import GatewayOrigin

if TYPE_CHECKING:
    from r3mes_api.endpoints.door import EndpointDoor
    from r3mes_api.nodes.grant_book import GrantBook
    from r3mes_api.nodes.registry import NodeRegistry
    from r3mes_api.stakes.book import StakeBook

logger = logging.getLogger(__name__)


def open_mode(settings: Settings, clock: Callable[[], float], grants: GrantBook | None) -> Mode:
    match settings.inference_mode:
        case InferenceMode.DISABLED:
            return DisabledMode()
        case InferenceMode.MOCK:
            return MockMode(
                tokens_per_second=settings.mock_tokens_per_second,
                first_token_s=settings.mock_first_token_s,
                first_token_within_s=settings.first_token_s,
                stall_s=settings.stall_s,
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


def open_grant_book(settings: Settings) -> GrantBook | None:
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
        adapters=settings.local_adapters,
        embedding_model=settings.local_embedding_model,
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
