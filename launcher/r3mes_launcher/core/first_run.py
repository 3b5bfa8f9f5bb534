"""From the first start to a serving node: which screens in which order, what they miss, what is done at the end.

Pure functions of answers and facts. A front end shows the screens; it decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from r3mes_launcher.core.state import Actual, DeviceChoice, GatewayKind, GpuDriver, GpuReport, LauncherState
from r3mes_launcher.core.wallet_state import VaultState
from r3mes_protocol.origin import gateway_origin

BUILTIN_MODEL = "builtin"


class Screen(StrEnum):
    """In their order; at most six."""

    WELCOME = "welcome"
    HARDWARE = "hardware"
    ENGINE = "engine"
    WALLET = "wallet"
    GATEWAY = "gateway"
    REVIEW = "review"


class Purpose(StrEnum):
    UNDECIDED = "undecided"
    DEMO = "demo"
    SERVE = "serve"


class WalletChoice(StrEnum):
    LATER = "later"
    MAKE = "make"
    RESTORE = "restore"


class Missing(StrEnum):
    """Why a screen can't be left forwards."""

    PURPOSE = "purpose"
    DEVICE = "device"
    """There is no usable GPU, and the CPU was not chosen."""
    GATEWAY_URL = "gateway_url"


@dataclass(frozen=True, slots=True)
class Answers:
    purpose: Purpose = Purpose.UNDECIDED
    device: DeviceChoice = DeviceChoice.AUTO
    model: str = BUILTIN_MODEL
    wallet: WalletChoice = WalletChoice.LATER
    gateway_kind: GatewayKind = GatewayKind.LOCAL
    gateway_url: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the launcher knows of this computer."""

    driver: GpuDriver = GpuDriver.STARTING
    gpus: tuple[str, ...] = ()
    """Names of the cards that work."""
    has_wallet: bool = False
    engine_installed: bool = False
    download_bytes: int = 0
    """What installing the engine would download; 0 where unknown."""

    @property
    def usable_gpu(self) -> bool:
        return self.driver is GpuDriver.OK and bool(self.gpus)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done when the last screen is confirmed, in this order."""

    device: DeviceChoice
    model: str
    gateway_kind: GatewayKind
    gateway_url: str
    open_wallet: WalletChoice
    """LATER: none is opened."""


def facts_of(state: LauncherState, report: GpuReport) -> Facts:
    return Facts(
        driver=report.driver,
        gpus=tuple(card.name for card in report.gpus if not card.lost),
        has_wallet=state.wallet.vault not in (VaultState.LOOKING, VaultState.ABSENT),
        engine_installed=state.node.actual not in (Actual.UNPROVISIONED, Actual.PROVISIONING),
        download_bytes=state.node.provision_bytes,
    )


def screens(answers: Answers, facts: Facts) -> tuple[Screen, ...]:
    """The whole way with these answers. Whoever wants the demo is there after the first screen."""
    if answers.purpose is not Purpose.SERVE:
        return (Screen.WELCOME,)
    return tuple(screen for screen in Screen if screen is not Screen.WALLET or not facts.has_wallet)


def missing(screen: Screen, answers: Answers, facts: Facts) -> Missing | None:
    """What a screen still needs before the next one."""
    match screen:
        case Screen.WELCOME if answers.purpose is Purpose.UNDECIDED:
            return Missing.PURPOSE
        case Screen.HARDWARE if not facts.usable_gpu and answers.device is not DeviceChoice.CPU:
            return Missing.DEVICE
        case Screen.GATEWAY if answers.gateway_kind is GatewayKind.REMOTE:
            try:
                gateway_origin(answers.gateway_url)
            except ValueError:
                return Missing.GATEWAY_URL
    return None


def after(screen: Screen, answers: Answers, facts: Facts) -> Screen | None:
    """The next screen; the same one while it misses something; None at the end of the way."""
    if missing(screen, answers, facts) is not None:
        return screen
    following = [each for each in screens(answers, facts) if _place(each) > _place(screen)]
    return following[0] if following else None


def before(screen: Screen, answers: Answers, facts: Facts) -> Screen | None:
    """The screen to go back to; None on the first one. Answers are kept."""
    earlier = [each for each in screens(answers, facts) if _place(each) < _place(screen)]
    return earlier[-1] if earlier else None


def plan(answers: Answers, facts: Facts) -> Plan:
    """Raises ValueError while a screen on the way misses something."""
    if answers.purpose is not Purpose.SERVE:
        raise ValueError("Only serving has a plan.")
    for screen in screens(answers, facts):
        lacks = missing(screen, answers, facts)
        if lacks is not None:
            raise ValueError(f"The screen {screen.value} misses {lacks.value}.")
    remote = answers.gateway_kind is GatewayKind.REMOTE
    return Plan(
        device=answers.device,
        model=answers.model,
        gateway_kind=answers.gateway_kind,
        gateway_url=gateway_origin(answers.gateway_url) if remote else "",
        open_wallet=WalletChoice.LATER if facts.has_wallet else answers.wallet,
    )


def _place(screen: Screen) -> int:
    return list(Screen).index(screen)
