"""What the person chose, kept over restarts in one JSON file that heals itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from r3mes_launcher.core.data_folder import read_json_object, write_atomically
from r3mes_launcher.core.earnings.tariff import MAX_BANDS, CoinPrice, Price, Tariff, TariffBand
from r3mes_launcher.core.node_machine_state import READY_DEADLINE_S
from r3mes_launcher.core.policy.policy_settings import PolicySettings
from r3mes_launcher.core.policy.reasons import PauseChoice
from r3mes_launcher.core.state import Desired, DeviceChoice, GatewayKind, LogLevel
from r3mes_launcher.sentence import Sentence
from r3mes_launcher.system_cause import system_cause
from r3mes_launcher.wallet.auto_lock import DEFAULT_IDLE_S, MAX_IDLE_S, MIN_IDLE_S
from r3mes_protocol.origin import gateway_origin

SCHEMA = 1
BUILTIN_MODEL = "builtin"

# What belongs to this computer or this moment does not travel to another one.
STAYS_HERE = frozenset(
    {"desired", "wallet_active", "wallet_keyring", "pause", "earnings_gateway", "node_id", "schema_version"}
)

# It becomes a part of the engine's environment, where a comma or a blank would mean something.
GpuUuid = Annotated[str, Field(pattern=r"^(GPU|MIG)-[0-9A-Za-z-]{1,60}$")]

GatewayUrl = Annotated[str, Field(min_length=1, max_length=300)]
MOST_FALLBACKS = 8

HISTORY_DAYS = 90

SayLine = Callable[[str, LogLevel], None]


class KeptPause(BaseModel):
    """A pause that outlives the launcher. `since` is seconds since the epoch."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    choice: PauseChoice
    since: Annotated[float, Field(ge=0)]


class Settings(BaseModel):
    """Unknown keys are kept, so that an older launcher loses nothing of a newer one's file."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    schema_version: int = SCHEMA
    desired: Desired = Desired.OFF
    gateway_kind: GatewayKind = GatewayKind.LOCAL
    gateway_url: Annotated[str, Field(max_length=300)] = ""
    gateway_fallbacks: Annotated[tuple[GatewayUrl, ...], Field(max_length=MOST_FALLBACKS)] = ()
    """Gateways that the node uses, in this order, while the one before does not answer."""
    device: DeviceChoice = DeviceChoice.AUTO
    gpus: Annotated[tuple[GpuUuid, ...], Field(max_length=64)] = ()
    """The UUIDs of the GPUs that the node may use, as NVML tells them; none: the engine takes the best one."""
    model: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4096)] = BUILTIN_MODEL
    max_concurrency: Annotated[int, Field(ge=0, le=1024)] = 0
    """Requests that the engine answers at the same time, at most; 0: it decides by the model and the memory."""
    ready_deadline_s: Annotated[float, Field(ge=30, le=7200)] = READY_DEADLINE_S
    """How long an engine that shows no progress may take to be ready."""
    keep_requests: bool = True
    """Whether the list of requests is kept: times, tokens and outcome. Prompts and answers never are."""
    history_days: Annotated[int, Field(ge=1, le=3650)] = HISTORY_DAYS
    """How long the GPUs' figures and the node's timeline are kept."""
    wallet_keyring: bool = False
    """Whether the system's keyring keeps the vault's unlock key: only its owner switches that on."""
    wallet_idle_s: Annotated[float, Field(ge=MIN_IDLE_S, le=MAX_IDLE_S)] = DEFAULT_IDLE_S
    wallet_active: Annotated[str, Field(max_length=64)] = ""
    electricity_price: Price = Decimal(0)
    """For one kilowatt-hour; 0 while nobody said it."""
    electricity_currency: Annotated[str, Field(max_length=8, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    electricity_bands: Annotated[tuple[TariffBand, ...], Field(max_length=MAX_BANDS)] = ()
    """Other prices at some hours of the week; the first that contains a moment counts."""
    remes_price: CoinPrice = Decimal(0)
    """What its owner counts a REMES for, in the same currency; 0 while nobody said it."""
    earnings_gateway: Annotated[str, Field(max_length=300)] = ""
    """Where the owner agreed that the wallet signs in by itself, to read the earnings."""
    node_id: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    """Of this computer's node, as its engine told last."""
    keep_chats: bool = True
    """Whether conversations of the chat page are kept in the data folder."""
    policy: PolicySettings = PolicySettings()
    """When the node may run."""
    pause: KeptPause | None = None

    @property
    def tariff(self) -> Tariff:
        return Tariff(self.electricity_currency, self.electricity_price, self.electricity_bands)

    @field_validator("gateway_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        return gateway_origin(value) if value else value

    @field_validator("gateway_fallbacks")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(gateway_origin(url) for url in value))


class SettingsStore:
    """The settings of one data folder. `session` values hold for this run only and are never written."""

    def __init__(self, path: Path, say: SayLine, session: dict[str, Any] | None = None) -> None:
        self._path = path
        self._say = say
        self._session = dict(session or {})
        self._kept = Settings()
        self.unsaved: Sentence | None = None
        """Why the file does not have what holds now, as the end of a sentence; None where it has."""

    @property
    def current(self) -> Settings:
        return self._kept.model_copy(update=self._session)

    def load(self) -> None:
        """Never fails: what can't be read becomes its default, with a line in the log and a copy of the file."""
        try:
            document = read_json_object(self._path)
        except FileNotFoundError:
            return
        except OSError as error:
            self._say(f"The settings can't be read ({error.strerror}); the defaults are used.", LogLevel.WARNING)
            return
        except ValueError as error:
            self._keep_damaged(f"The settings file is damaged: {error}")
            return
        self._kept, wrong = heal(document)
        if wrong:
            self._keep_damaged(f"The settings file has values that can't be used ({', '.join(wrong)})")

    def replace(self, settings: Settings) -> None:
        """All of them at once; this run's deviations stay."""
        if settings != self._kept:
            self._kept = settings
            self._write()

    @property
    def kept(self) -> Settings:
        """What is written, without this run's deviations."""
        return self._kept

    def change(self, **values: Any) -> None:
        """Writes them and ends this run's deviation from them. Raises ValueError for a value that can't be."""
        for name in values:
            self._session.pop(name, None)
        changed = Settings.model_validate({**self._kept.model_dump(), **values})
        if changed == self._kept:
            return
        self._kept = changed
        self._write()

    def _write(self) -> None:
        try:
            write_atomically(self._path, json.dumps(self._kept.model_dump(mode="json"), indent=2) + "\n")
            self.unsaved = None
        except OSError as error:
            self.unsaved = system_cause(error)
            self._say(
                f"The settings can't be saved ({error.strerror}); the choice holds until the launcher ends.",
                LogLevel.WARNING,
            )

    def _keep_damaged(self, problem: str) -> None:
        copy = self._path.with_suffix(".damaged.json")
        try:
            self._path.replace(copy)
        except OSError:
            self._say(f"{problem}. The defaults are used.", LogLevel.WARNING)
        else:
            self._say(f"{problem}. The defaults are used; the file is kept as {copy.name}.", LogLevel.WARNING)
        self._write()


def heal(document: dict[str, Any]) -> tuple[Settings, list[str]]:
    """The settings with every usable value of a document, and the names of those that became their default.

    Of a value that holds others only what is wrong in it is lost, as far as the rest can be used without it.
    """
    wrong: set[str] = set()
    usable = document
    while True:
        try:
            return Settings.model_validate(usable), sorted(wrong)
        except ValidationError as error:
            # One a round: what is left out may take other problems with it.
            usable, name = _without(usable, error.errors(include_url=False)[0]["loc"])
            wrong.add(name)


def _without(document: dict[str, Any], place: tuple[int | str, ...]) -> tuple[dict[str, Any], str]:
    """A copy without the innermost named value on the way to `place`, and that value's name with dots."""
    name, inner = place[0], document.get(str(place[0]))
    if len(place) > 1 and isinstance(inner, dict) and place[1] in inner:
        healed, rest = _without(inner, place[1:])
        return {**document, str(name): healed}, f"{name}.{rest}"
    return {key: value for key, value in document.items() if key != name}, str(name)
