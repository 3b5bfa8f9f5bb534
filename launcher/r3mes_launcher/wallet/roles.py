"""Roles in the network: what each needs, what is missing, how it is registered, and what the chain made of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from r3mes_launcher.sentence import Sentence, as_sentence, joined, phrase
from r3mes_launcher.wallet.amounts import Coin, format_amount, parse_coin, parse_integer
from r3mes_launcher.wallet.chain_shapes import Registration
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.message_kinds import ChainMessage
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire
from r3mes_launcher.wallet.profiles import NetworkProfile
from r3mes_protocol.grants import Role

NODE_TYPES: Mapping[Role, wire.NodeType] = {
    Role.MINING: wire.NODE_TYPE_MINING,
    Role.SERVING: wire.NODE_TYPE_SERVING,
    Role.VALIDATOR: wire.NODE_TYPE_VALIDATOR,
    Role.PROPOSER: wire.NODE_TYPE_PROPOSER,
}
ROLE_OF_NAME = {wire.NodeType.Name(number): role for role, number in NODE_TYPES.items()}
ALSO_NEEDED: Mapping[Role, tuple[Role, ...]] = {Role.PROPOSER: (Role.VALIDATOR,)}

_ROLE_WORDS: Mapping[str, str] = {
    "NODE_TYPE_MINING": phrase("mining"),
    "NODE_TYPE_SERVING": phrase("serving"),
    "NODE_TYPE_VALIDATOR": phrase("validator"),
    "NODE_TYPE_PROPOSER": phrase("proposer"),
}

NOT_ENFORCED = phrase(
    "Registering locks no coins. Your stake is what you have delegated to a validator, and gateways look at that."
)


@dataclass(frozen=True)
class Requirement:
    """The stake for one role, in base units, with what it stands on."""

    role: Role
    own_minimum: int
    total: int
    """With the roles that it needs beside it."""
    also_needed: tuple[Role, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RoleStatus:
    requirement: Requirement
    staked: int
    registered: bool
    also_missing: tuple[Role, ...]

    @property
    def missing(self) -> int:
        return max(0, self.requirement.total - self.staked)

    @property
    def ready(self) -> bool:
        return self.missing == 0 and self.registered and not self.also_missing


@dataclass(frozen=True)
class Resources:
    """What a node declares. Whole gigabytes and megabits."""

    cpu_cores: int = 0
    memory_gb: int = 0
    gpu_count: int = 0
    gpu_memory_gb: int = 0
    storage_gb: int = 0
    network_bandwidth_mbps: int = 0

    def __post_init__(self) -> None:
        if any(not 0 <= value < 2**32 for value in vars(self).values()):
            raise ValueError("each resource lies between 0 and 4294967295")


def requirements(profile: NetworkProfile, params: Mapping[str, Any], bond_denom: str) -> dict[Role, Requirement]:
    """From the profile and the chain's own parameters; the larger counts.

    A parameter in a coin that the network does not stake says nothing about stakes, and is reported instead.
    """
    floor, notes = _chain_minimum(params, bond_denom)
    own = {role: max(profile.role_minimums.get(role, 0), floor) for role in Role}
    return {
        role: Requirement(
            role,
            own[role],
            own[role] + sum(own[other] for other in ALSO_NEEDED.get(role, ())),
            ALSO_NEEDED.get(role, ()),
            notes,
        )
        for role in Role
    }


def _chain_minimum(params: Mapping[str, Any], bond_denom: str) -> tuple[int, tuple[str, ...]]:
    if "min_stake" not in params:
        return 0, (phrase("The chain names no minimum stake of its own; these are the network profile's."),)
    try:
        minimum = parse_integer(str(params["min_stake"]))
    except WalletError:
        return 0, (phrase("The chain's minimum stake is not a number; these are the network profile's."),)
    denom = str(params.get("stake_denom") or bond_denom)
    if denom != bond_denom:
        return 0, (
            Sentence(
                "The chain's parameter asks for {minimum} {denom}, a coin that this network does not "
                "stake; these are the network profile's.",
                minimum=minimum,
                denom=denom[:40],
            ),
        )
    return minimum, ()


def status(role: Role, requirement: Requirement, staked: int, registration: Registration | None) -> RoleStatus:
    held = registered_roles(registration)
    return RoleStatus(
        requirement, staked, role in held, tuple(other for other in requirement.also_needed if other not in held)
    )


def role_words(name: str) -> str:
    """A node type as the chain names it, in words; one of a newer chain in its own."""
    return _ROLE_WORDS.get(name, name.removeprefix("NODE_TYPE_").lower())


def total_for(roles: Iterable[Role], needed: Mapping[Role, Requirement]) -> int:
    """The stake for several roles at once: each role's own, counted once."""
    wanted = set(roles)
    for role in tuple(wanted):
        wanted.update(ALSO_NEEDED.get(role, ()))
    return sum(needed[role].own_minimum for role in wanted)


def registered_roles(registration: Registration | None) -> frozenset[Role]:
    """The roles that the chain recorded. Some chains keep the node type only."""
    if registration is None:
        return frozenset()
    names = registration.roles or (registration.node_type,)
    return frozenset(ROLE_OF_NAME[name] for name in names if name in ROLE_OF_NAME)


# Messages


def register_message(
    owner: str,
    roles: Sequence[Role],
    resources: Resources,
    declared: Coin,
    *,
    held: frozenset[Role] = frozenset(),
    proof: str = "",
) -> ChainMessage:
    """The registration for these roles; the first is the one the chain keys on.

    Raises STAKING_RULE when a role lacks another that it needs, neither held nor registered with it.
    """
    _check_roles(roles, held)
    body = wire.MsgRegisterNode(
        node_address=owner,
        node_type=NODE_TYPES[roles[0]],
        resources=_spec(resources),
        stake=str(declared),
        roles=[NODE_TYPES[role] for role in roles],
        role_allocations=_allocations(roles, resources),
        resource_proof_ipfs_hash=proof,
    )
    return ChainMessage("/remes.remes.v1.MsgRegisterNode", body)


def update_message(
    owner: str, roles: Sequence[Role], resources: Resources, *, held: frozenset[Role] = frozenset(), proof: str = ""
) -> ChainMessage:
    _check_roles(roles, held)
    body = wire.MsgUpdateNodeRegistration(
        node_address=owner,
        resources=_spec(resources),
        roles=[NODE_TYPES[role] for role in roles],
        role_allocations=_allocations(roles, resources),
        resource_proof_ipfs_hash=proof,
    )
    return ChainMessage("/remes.remes.v1.MsgUpdateNodeRegistration", body)


def _check_roles(roles: Sequence[Role], held: frozenset[Role]) -> None:
    if not roles or len(set(roles)) != len(roles):
        raise WalletError(Problem.STAKING_RULE, "Choose at least one role, each once.")
    for role in roles:
        for other in ALSO_NEEDED.get(role, ()):
            if other not in roles and other not in held:
                raise WalletError(
                    Problem.STAKING_RULE,
                    Sentence(
                        "A {value} also has to be a {value2}.", value=_role_figure(role), value2=_role_figure(other)
                    ),
                    "Register both roles.",
                )


def _role_figure(role: Role) -> Sentence:
    return as_sentence(role_words(wire.NodeType.Name(NODE_TYPES[role])))


def _spec(resources: Resources) -> wire.ResourceSpec:
    return wire.ResourceSpec(**vars(resources))


def _allocations(roles: Sequence[Role], resources: Resources) -> list[wire.RoleAllocation]:
    """Every role an equal share of what can be shared, the first the rest; the GPU memory is that of each GPU."""
    shares = []
    for place, role in enumerate(roles):
        count = len(roles)
        cores, memory, gpus = (
            value // count + (value % count if place == 0 else 0)
            for value in (resources.cpu_cores, resources.memory_gb, resources.gpu_count)
        )
        quota = wire.ResourceQuota(
            role=NODE_TYPES[role],
            cpu_cores=cores,
            memory_gb=memory,
            gpu_count=gpus,
            gpu_memory_gb=resources.gpu_memory_gb if gpus else 0,
        )
        shares.append(wire.RoleAllocation(role=NODE_TYPES[role], quota=quota))
    return shares


# Reading back


@dataclass(frozen=True)
class RegistrationReport:
    recorded: bool
    sentences: tuple[str, ...]


def registration_report(
    wanted: wire.MsgRegisterNode, found: Registration | None, profile: NetworkProfile, bond_denom: str
) -> RegistrationReport:
    """What the chain really keeps of a registration, in plain words."""
    if found is None:
        return RegistrationReport(
            False, (phrase("The chain has no registration for this node, although the transaction was included."),)
        )
    kept: list[str] = []
    dropped: list[str] = []
    node_type = wire.NodeType.Name(wanted.node_type)
    (kept if found.node_type == node_type else dropped).append(
        Sentence("node type {node_type}", node_type=as_sentence(role_words(node_type)))
    )
    (kept if found.stake == wanted.stake else dropped).append(
        Sentence("declared stake {declared}", declared=_stake(wanted.stake, profile, bond_denom))
    )
    names = tuple(wire.NodeType.Name(role) for role in wanted.roles)
    (kept if found.roles == names else dropped).append(
        Sentence("roles {roles}", roles=as_sentence(joined(*map(role_words, names), between=", ")))
    )
    sentences = [
        Sentence("The chain recorded: {names}.", names=joined(*kept, between="; "))
        if kept
        else phrase("The chain recorded nothing of it.")
    ]
    if dropped:
        sentences.append(Sentence("It did not record: {names}.", names=joined(*dropped, between="; ")))
    sentences.append(NOT_ENFORCED)
    return RegistrationReport(found.node_type == node_type, tuple(sentences))


def _stake(text: str, profile: NetworkProfile, bond_denom: str) -> str:
    coin = parse_coin(text)
    if coin.denom != bond_denom:
        return text
    return format_amount(coin.amount, profile.decimals, profile.display)
