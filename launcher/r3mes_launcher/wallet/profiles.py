"""Networks the wallet can talk to: what we bring along, what is signed, and what each chain says of itself."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
from importlib import resources
from typing import Annotated, Any
from urllib.parse import urlsplit

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from r3mes_launcher.sentence import Sentence
from r3mes_launcher.wallet.amounts import GasPrice
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_protocol.canonical import canonical_json
from r3mes_protocol.grants import Role

MAX_PROFILE_BYTES = 64 * 1024
DEFAULT_TIMEOUT_BLOCKS = 60
"""How long a transaction may wait for its block: five minutes at five seconds a block."""


def checked_endpoint(url: str) -> str:
    """A base URL without its last slash: https, or http on this computer. Raises ValueError."""
    parts = urlsplit(url)
    if parts.port is not None and not 0 < parts.port < 65_536:
        raise ValueError("an endpoint's port lies between 1 and 65535")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("an endpoint is written in ASCII")
    if parts.username or parts.password or parts.query or parts.fragment or not parts.hostname:
        raise ValueError("an endpoint is a plain address like https://rest.example")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ValueError("an endpoint uses https, unless it runs on this computer")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


Endpoint = Annotated[str, Field(max_length=300), AfterValidator(checked_endpoint)]


class NetworkProfile(BaseModel):
    """What we are told about a network before we talk to it. Empty facts are discovered, shown, and then pinned."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    title: Annotated[str, Field(min_length=1, max_length=80)]
    endpoints: Annotated[tuple[Endpoint, ...], Field(min_length=1, max_length=10)]
    prefix: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,29}$")] = "remes"
    coin_type: Annotated[int, Field(ge=0, lt=2**31)] = 118
    display: Annotated[str, Field(min_length=1, max_length=12)] = "REMES"
    decimals: Annotated[int, Field(ge=0, le=18)] = 6
    chain_id: Annotated[str, Field(max_length=50)] = ""
    bond_denom: Annotated[str, Field(max_length=128)] = ""
    max_fee: Annotated[int, Field(gt=0)] = 5_000_000
    """In base units; a node that asks for more is not paid."""
    timeout_blocks: Annotated[int, Field(ge=5, le=10_000)] = DEFAULT_TIMEOUT_BLOCKS
    role_minimums: dict[Role, Annotated[int, Field(ge=0)]] = Field(
        default_factory=lambda: {
            Role.MINING: 1_000_000_000,
            Role.SERVING: 1_000_000_000,
            Role.VALIDATOR: 100_000_000_000,
            Role.PROPOSER: 50_000_000_000,
        }
    )
    """In base units. The chain's own parameters win where they ask for more."""
    demo: bool = False
    """Its coins are worth nothing, and its wallets sign for its chain alone."""

    @model_validator(mode="after")
    def _demo_has_a_chain(self) -> NetworkProfile:
        if self.demo and not self.chain_id:
            raise ValueError("a demo's profile names its chain, so that its wallets sign for no other")
        return self


class NetworkFacts(BaseModel):
    """What a chain says of itself, once a person has seen it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chain_id: str
    bond_denom: str
    fee_denom: str
    gas_price_attos: int

    @property
    def gas_price(self) -> GasPrice:
        return GasPrice(self.fee_denom, self.gas_price_attos)


def built_in_profiles() -> tuple[NetworkProfile, ...]:
    text = resources.files("r3mes_launcher.wallet").joinpath("network_profiles.json").read_bytes()
    return tuple(parse_profile(json.dumps(item).encode()) for item in json.loads(text))


def parse_profile(data: bytes) -> NetworkProfile:
    """Raises BAD_PROFILE."""
    try:
        if len(data) > MAX_PROFILE_BYTES:
            raise ValueError
        return NetworkProfile.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise WalletError(
            Problem.BAD_PROFILE,
            Sentence("The network profile is wrong at “{place}”: {first}.", place=place, first=first["msg"]),
        ) from None
    except ValueError:
        raise WalletError(Problem.BAD_PROFILE, "The network profile is too large.") from None


def parse_signed_profile(data: bytes, trusted_key: bytes) -> NetworkProfile:
    """Reads `{"profile": …, "signature": base64}`; the Ed25519 signature covers the profile's canonical JSON.

    Raises UNTRUSTED_PROFILE when `trusted_key` has not signed exactly this.
    """
    untrusted = WalletError(
        Problem.UNTRUSTED_PROFILE,
        "The network profile is not signed by the network's own key, so it is not used.",
        "Get it from the project's own pages.",
    )
    try:
        document: Any = json.loads(data) if len(data) <= MAX_PROFILE_BYTES else None
        profile, signature = document["profile"], base64.b64decode(document["signature"], validate=True)
        VerifyKey(trusted_key).verify(canonical_json(profile), signature)
    except (BadSignatureError, binascii.Error, KeyError, TypeError, ValueError, RecursionError):
        raise untrusted from None
    return parse_profile(json.dumps(profile).encode())


def read_profile(data: bytes, network_key: str = "") -> NetworkProfile:
    """A profile's file: signed by `network_key` (an Ed25519 public key in base64) where one is given, plain otherwise.

    Raises UNTRUSTED_PROFILE where the file is not what the key has signed, and where it is signed and nobody says by
    whom; BAD_PROFILE where the key is none.
    """
    if network_key:
        try:
            key = base64.b64decode(network_key.strip(), validate=True)
            VerifyKey(key)
        except ValueError:  # binascii's error is one, and so is PyNaCl's
            raise WalletError(
                Problem.BAD_PROFILE,
                "The network's key is not an Ed25519 public key: 32 bytes in base64, 44 characters.",
            ) from None
        return parse_signed_profile(data, key)
    if _is_signed(data):
        raise WalletError(
            Problem.UNTRUSTED_PROFILE,
            "The network profile is signed, but nobody said whose signature to trust.",
            "Give the network's public key with --network-key.",
        )
    return parse_profile(data)


def _is_signed(data: bytes) -> bool:
    try:
        document = json.loads(data) if len(data) <= MAX_PROFILE_BYTES else None
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and "signature" in document


def mismatch(profile: NetworkProfile, pinned: NetworkFacts | None, found: NetworkFacts) -> str | None:
    """Why nothing may be signed for what this node says; None when it fits what we know.

    A gas price below the pinned one is no mismatch: the pinned one is what we would pay, and it is enough.
    """
    if profile.chain_id and found.chain_id != profile.chain_id:
        return Sentence(
            "The node says it belongs to {chain_id}, but this network is {expected}.",
            chain_id=found.chain_id,
            expected=profile.chain_id,
        )
    if profile.bond_denom and found.bond_denom != profile.bond_denom:
        return Sentence(
            "The node stakes {bond_denom}, but this network stakes {expected}.",
            bond_denom=found.bond_denom,
            expected=profile.bond_denom,
        )
    if pinned is None:
        return None
    for what, before, now in (
        ("chain id", pinned.chain_id, found.chain_id),
        ("staking coin", pinned.bond_denom, found.bond_denom),
        ("fee coin", pinned.fee_denom, found.fee_denom),
    ):
        if before != now:
            return Sentence(
                "The network's {what} was {before} until now; this node says {now}.", what=what, before=before, now=now
            )
    if found.gas_price_attos > pinned.gas_price_attos:
        return Sentence(
            "The price of gas was {gas_price} until now; this node asks for {asked}.",
            gas_price=pinned.gas_price,
            asked=found.gas_price,
        )
    return None
