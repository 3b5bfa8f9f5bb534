"""Makes the screenshots of the documentation: the real window, light and dark, with staged states.

    python docs/screenshots/make.py            # the pictures of the documentation, under Xvfb when there is no display
    python docs/screenshots/make.py --set        # and every page in high contrast, in Turkish and twice as large
    python docs/screenshots/make.py --all --scale 2 --folder look    # every state, twice as large, to look at

Needs the launcher's environment and, without a display, Xvfb. The window, bridge and pages are the launcher's own; the
core behind them is a stage that shows one state each, so that a picture can be made of a fault or of a hot card.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import chat_stage
import earnings_stage
import history_stage
import page_checks
import wallet_stage

from r3mes_launcher.core.engine_words import engine_sentence
from r3mes_launcher.core.interface import CoreListener
from r3mes_launcher.core.state import (
    Actual,
    ChatDelta,
    ChatTurn,
    Desired,
    DeviceChoice,
    Fault,
    GatewayKind,
    GatewayState,
    GpuDriver,
    GpuReport,
    GpuSample,
    LauncherState,
    LogLevel,
    LogLine,
    NodeState,
    ProcessState,
    Progress,
)
from r3mes_launcher.sentence import NumberText

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

FOLDER = Path(__file__).resolve().parent
SETTLE_MS = 700
CHANGE_MS = 900
"""After a change of colours."""
NOW = time.time()
# The clock times that can be read in a picture are the same in every run.
LOGGED = 1_767_261_600.0
MODEL = "SmolLM2-135M-Instruct"


class StagedSettings:
    """Settings with a schedule, so that its grid can be seen."""

    async def read(self) -> Any:
        from r3mes_launcher.core.earnings.tariff import TariffBand
        from r3mes_launcher.core.policy.policy_settings import PolicySettings
        from r3mes_launcher.core.policy.schedule import Schedule, ScheduleWindow
        from r3mes_launcher.core.settings import Settings

        nights = [ScheduleWindow(day=day, start=21 * 60, minutes=10 * 60) for day in range(5)]
        weekend = [ScheduleWindow(day=day, start=0, minutes=24 * 60) for day in (5, 6)]
        return Settings(
            policy=PolicySettings(schedule=Schedule(enabled=True, windows=(*nights, *weekend))),
            electricity_price=Decimal("0.32"),
            electricity_currency="EUR",
            electricity_bands=(TariffBand(from_hour=22, until_hour=6, price=Decimal("0.21")),),
            remes_price=Decimal("1.25"),
        )


@dataclass
class Stage:
    """A core that shows one state and answers every prompt with the same words."""

    shown: LauncherState
    reports: Sequence[GpuReport] = ()
    lines: Sequence[LogLine] = ()
    wallet: Any = None
    history: Any = field(default_factory=history_stage.History)
    earnings: Any = field(default_factory=earnings_stage.Earnings)
    settings: Any = field(default_factory=StagedSettings)
    owner: Any = field(default_factory=wallet_stage.Owner)
    chats: Any = field(default_factory=chat_stage.Chats)
    autostart: Any = field(default_factory=chat_stage.StagedAutostart)
    listeners: list[CoreListener] = field(default_factory=list)

    @property
    def state(self) -> LauncherState:
        return self.shown

    def subscribe(self, listener: CoreListener) -> Callable[[], None]:
        listener.on_state(self.shown)
        for report in self.reports:
            listener.on_gpus(report)
        listener.on_logs(self.lines)
        return lambda: None

    def attend(self, is_watched: bool) -> None: ...

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def set_desired(self, desired: Desired) -> None: ...

    async def cancel_provisioning(self) -> None: ...

    async def retry(self) -> None: ...

    async def choose_device(self, device: DeviceChoice) -> None: ...

    async def choose_model(self, path: str) -> None: ...

    async def choose_gateway(self, kind: GatewayKind, url: str = "") -> None: ...

    async def chat(self, turns: Sequence[ChatTurn], model: str = "") -> AsyncIterator[ChatDelta]:
        words = chat_stage.answer_to(turns[-1].text).split(" ")
        await asyncio.sleep(0.3)
        for word in words:
            yield ChatDelta(word + " ", model=MODEL)
            await asyncio.sleep(0.003)
        yield ChatDelta(finish_reason="stop", model=MODEL)
        yield ChatDelta(tokens=len(words))


def signed_out() -> Any:
    from r3mes_launcher.core.earnings.standing import Standing

    return earnings_stage.Earnings(earnings_stage.without(Standing.SIGNED_OUT))


def gateway() -> GatewayState:
    process = ProcessState(running=True, pid=48210, started_at=NOW - 7512)
    return GatewayState(GatewayKind.LOCAL, "http://127.0.0.1:41873", "remote", process, True)


def serving() -> LauncherState:
    node = NodeState(
        desired=Desired.SERVING,
        actual=Actual.SERVING,
        engine=ProcessState(running=True, pid=48233, started_at=NOW - 7498, restarts=0),
        node_id="9f3c51d07be2a46688c1d0e5f7a2b394c6d8e0f1a2b3c4d5e6f708192a3b4c5d",
        model=MODEL,
        device="NVIDIA GeForce RTX 4090",
        active_requests=2,
        total_requests=318,
        tokens_per_second=164.2,
        total_tokens=72904,
    )
    return LauncherState(node=node, gateway=gateway(), models=(MODEL,))


def off() -> LauncherState:
    return LauncherState(node=NodeState(provision_bytes=231_000_000), gateway=gateway(), models=())


def provisioning() -> LauncherState:
    progress = Progress("Downloading the engine", 98_400_000, 231_000_000)
    node = NodeState(desired=Desired.SERVING, actual=Actual.PROVISIONING, progress=progress)
    return LauncherState(node=node, gateway=gateway())


def fault() -> LauncherState:
    reason = Fault(
        "no_usable_gpu",
        engine_sentence("No usable GPU: the NVIDIA driver is not installed on this computer."),
        engine_sentence("Install the NVIDIA driver and restart the computer."),
    )
    node = NodeState(desired=Desired.SERVING, actual=Actual.FAULTED, fault=reason)
    return LauncherState(node=node, gateway=gateway())


LOOKS = (
    ("--with-contrast",),
    ("--every", "--scheme", "light", "--language", "tr"),
    ("--every", "--scheme", "light", "--scale", "2"),
    ("--every", "--scheme", "contrast", "--language", "tr"),
    ("--every", "--scheme", "contrast", "--scale", "2"),
    ("--only", "home", "--scheme", "dark", "--language", "tr", "--scale", "2"),
)
"""What `--set` is made of: one process for each, because the scale is chosen before the window opens."""


def examined() -> LauncherState:
    """What the doctor says of a fine computer whose disk fills up."""
    from r3mes_launcher.core.doctor.report import Check, DoctorReport, DoctorState, Fix, Verdict

    fine, warning = Verdict.OK, Verdict.WARNING
    card = {"name": "NVIDIA GeForce RTX 4090"}
    checks = (
        Check("driver", fine, "driver_ok", {"version": "580.95.05"}),
        Check("gpu", fine, "gpu_ok", {**card, "capability": "8.9"}),
        Check("vram", fine, "vram_ok", {**card, "free": NumberText("22.1 GiB"), "total": NumberText("24.0 GiB")}),
        Check("engine", fine, "engine_ok", {"location": "~/.local/share/r3mes/engine"}),
        Check("self_test", fine, "self_test_ok", card),
        Check("memory", fine, "memory_ok", {"available": NumberText("19.4 GiB"), "total": NumberText("31.2 GiB")}),
        Check("disk", warning, "disk_low", {"free": NumberText("6.3 GiB")}, Fix.OPEN_DATA_FOLDER),
        Check("folder", fine, "folder_ok", {"path": "~/.local/share/r3mes"}),
        Check("network", fine, "network_ok"),
        Check("gateway", fine, "gateway_ok", {"url": "http://127.0.0.1:41873"}),
        Check("clock", Verdict.UNAVAILABLE, "clock_local"),
        Check("keyring", fine, "keyring_ready"),
    )
    return replace(serving(), doctor=DoctorState(report=DoctorReport(LOGGED, "0.1.0", checks)))


def reports(hot: bool = False) -> list[GpuReport]:
    made = []
    for second in range(600):
        at = NOW - 600 + second
        busy = 0.5 + 0.5 * math.tanh(3 * math.sin(second / 47) + math.sin(second / 11))
        wobble = math.sin(second / 3.1) + math.sin(second / 7.7)
        first = GpuSample(
            "GPU-4a1f",
            "NVIDIA GeForce RTX 4090",
            memory_used_mb=round(6900 + 2600 * busy),
            memory_total_mb=24564,
            temperature_c=round(46 + 20 * busy + second / 90),
            power_w=92 + 250 * busy + 6 * wobble,
            power_limit_w=450,
            utilisation_percent=max(0, min(100, round(94 * busy + 3 * wobble))),
            compute_capability="8.9",
        )
        second_card = GpuSample(
            "GPU-77c2",
            "NVIDIA GeForce RTX 3060",
            memory_used_mb=412,
            memory_total_mb=12288,
            temperature_c=round(84 + wobble) if hot else round(38 + wobble / 2),
            power_w=15 + wobble,
            power_limit_w=170,
            utilisation_percent=max(0, round(2 + wobble)),
            compute_capability="8.6",
        )
        made.append(GpuReport(at, GpuDriver.OK, "", "580.95.05", (first, second_card)))
    return made


def lines() -> list[LogLine]:
    said = (
        ("launcher", LogLevel.INFO, "the data folder is ready"),
        ("gateway", LogLevel.INFO, "listening on http://127.0.0.1:41873, mode remote"),
        ("launcher", LogLevel.INFO, "engine started, pid 48233"),
        ("engine", LogLevel.INFO, f"loading {MODEL}"),
        ("engine", LogLevel.DEBUG, "272 tensors read, dtype bfloat16"),
        ("engine", LogLevel.INFO, "ready after 3.1 s"),
        ("engine", LogLevel.INFO, "registered with http://127.0.0.1:41873, generation 1"),
        ("gateway", LogLevel.INFO, "node 9f3c51d0… registered, 1 model"),
        ("engine", LogLevel.WARNING, "the connection was closed; reconnecting in 0.2 s"),
        ("engine", LogLevel.ERROR, "a request ended early: the client went away"),
    )
    made = []
    for index in range(64):
        source, level, text = (
            said[index]
            if index < 8
            else said[8]
            if index == 41
            else said[9]
            if index == 52
            else (
                (
                    "engine",
                    LogLevel.INFO,
                    f"request {index:03d} done: {40 + index * 7 % 90} tokens in {0.3 + index % 7 / 10:.1f} s",
                )
                if index % 2
                else (
                    "gateway",
                    LogLevel.INFO,
                    f"POST /v1/chat/completions 200, first token after {21 + index * 5 % 40} ms",
                )
            )
        )
        made.append(LogLine(LOGGED + index, source, level, text))
    return made


@dataclass(frozen=True)
class Shot:
    name: str
    page: str
    """One of the main window's constants, in small letters."""
    make: Callable[[], Stage]
    act: str = ""
    extra: bool = False
    """Only with `--all`: for looking, not for the documentation."""
    every: bool = False
    """A page as it usually is: in every look of the set, and walked through by keyboard."""


SHOTS = (
    Shot("home", "home", lambda: Stage(serving(), reports(), lines()), every=True),
    Shot("home-first-start", "home", lambda: Stage(off())),
    Shot("home-setting-up", "home", lambda: Stage(provisioning()), extra=True),
    Shot("home-timeline", "home", lambda: Stage(serving(), reports(), lines()), "bottom-of-home"),
    Shot("home-fault", "home", lambda: Stage(fault())),
    Shot("home-demo", "home", lambda: Stage(replace(serving(), demo=True))),
    Shot("first-run", "home", lambda: Stage(off(), reports()[:1]), "first-run-welcome"),
    Shot("first-run-hardware", "home", lambda: Stage(off(), reports()[:1]), "first-run-hardware", extra=True),
    Shot("first-run-engine", "home", lambda: Stage(off(), reports()[:1]), "first-run-engine", extra=True),
    Shot("first-run-wallet", "home", lambda: Stage(off(), reports()[:1]), "first-run-wallet", extra=True),
    Shot("first-run-gateway", "home", lambda: Stage(off(), reports()[:1]), "first-run-gateway", extra=True),
    Shot("first-run-review", "home", lambda: Stage(off(), reports()[:1]), "first-run-review", extra=True),
    Shot("gpus", "gpus", lambda: Stage(serving(), reports(), lines()), every=True),
    Shot("gpus-table", "gpus", lambda: Stage(serving(), reports(hot=True), lines()), "table", extra=True),
    Shot("gpus-day", "gpus", lambda: Stage(serving(), reports(), lines()), "day", extra=True),
    Shot("gpus-none", "gpus", lambda: Stage(off(), [GpuReport(NOW, GpuDriver.NO_DRIVER)]), extra=True),
    Shot("earnings", "earnings", lambda: Stage(serving()), every=True),
    Shot("earnings-bottom", "earnings", lambda: Stage(serving()), "bottom", extra=True),
    Shot("earnings-sign-in", "earnings", lambda: Stage(off(), earnings=signed_out()), extra=True),
    Shot("requests", "requests", lambda: Stage(serving()), "request", every=True),
    Shot("requests-list", "requests", lambda: Stage(serving()), extra=True),
    Shot("requests-none", "requests", lambda: Stage(off(), history=history_stage.History(())), extra=True),
    Shot("chat", "chat", lambda: Stage(serving()), "ask", every=True),
    Shot("chat-empty", "chat", lambda: Stage(serving()), extra=True),
    Shot("wallet-first", "wallet", lambda: Stage(wallet_stage.absent()), extra=True),
    Shot("wallet-locked", "wallet", lambda: Stage(wallet_stage.locked())),
    Shot("wallet-damaged", "wallet", lambda: Stage(wallet_stage.damaged()), extra=True),
    Shot("wallet", "wallet", lambda: Stage(wallet_stage.opened()), every=True),
    Shot("wallet-new", "wallet", lambda: Stage(wallet_stage.fresh()), extra=True),
    Shot("wallet-offline", "wallet", lambda: Stage(wallet_stage.offline()), extra=True),
    Shot("wallet-create", "wallet", lambda: Stage(wallet_stage.absent()), "create", extra=True),
    Shot("wallet-words", "wallet", lambda: Stage(wallet_stage.fresh()), "words"),
    Shot("wallet-words-shown", "wallet", lambda: Stage(wallet_stage.fresh()), "words-shown", extra=True),
    Shot("wallet-quiz", "wallet", lambda: Stage(wallet_stage.fresh()), "quiz", extra=True),
    Shot("wallet-restore", "wallet", lambda: Stage(wallet_stage.absent()), "restore", extra=True),
    Shot("wallet-restore-addresses", "wallet", lambda: Stage(wallet_stage.absent()), "restore-addresses", extra=True),
    Shot("wallet-send", "wallet", lambda: Stage(wallet_stage.opened()), "send", extra=True),
    Shot("wallet-receive", "wallet", lambda: Stage(wallet_stage.opened()), "receive"),
    Shot("wallet-confirm", "wallet", lambda: Stage(wallet_stage.opened()), "confirm"),
    Shot("wallet-look-alike", "wallet", lambda: Stage(wallet_stage.opened()), "look-alike", extra=True),
    Shot("wallet-confirm-raw", "wallet", lambda: Stage(wallet_stage.opened()), "confirm-raw", extra=True),
    Shot("wallet-security", "wallet", lambda: Stage(wallet_stage.opened()), "security", extra=True),
    Shot("wallet-password", "wallet", lambda: Stage(wallet_stage.opened()), "password", extra=True),
    Shot("wallet-export", "wallet", lambda: Stage(wallet_stage.opened()), "export", extra=True),
    Shot("wallet-remove", "wallet", lambda: Stage(wallet_stage.opened()), "remove", extra=True),
    Shot("roles", "roles", lambda: Stage(wallet_stage.opened()), every=True),
    Shot("roles-locked", "roles", lambda: Stage(wallet_stage.locked()), extra=True),
    Shot("roles-new", "roles", lambda: Stage(wallet_stage.fresh()), extra=True),
    Shot("roles-bottom", "roles", lambda: Stage(wallet_stage.opened()), "bottom", extra=True),
    Shot("roles-stake", "roles", lambda: Stage(wallet_stage.opened()), "stake", extra=True),
    Shot("roles-unstake", "roles", lambda: Stage(wallet_stage.opened()), "unstake", extra=True),
    Shot("roles-move", "roles", lambda: Stage(wallet_stage.opened()), "move", extra=True),
    Shot("roles-register", "roles", lambda: Stage(wallet_stage.opened()), "register", extra=True),
    Shot("logs", "logs", lambda: Stage(serving(), (), lines()), every=True),
    Shot("doctor", "doctor", lambda: Stage(examined()), every=True),
    Shot("settings", "settings", lambda: Stage(serving()), every=True),
    Shot("settings-prices", "settings", lambda: Stage(serving()), "prices", extra=True),
    Shot("settings-bottom", "settings", lambda: Stage(serving()), "bottom", extra=True),
)


def take(
    wanted: Callable[[Shot], bool],
    folder: Path,
    schemes: Sequence[str],
    language: str,
    scale: str,
    with_contrast: bool,
) -> int:
    """Opens the window for every shot and saves what it shows. 1 where a page can't be used or is cut off."""
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from r3mes_launcher.app import App
    from r3mes_launcher.core.shipped_assets import assets_folder
    from r3mes_launcher.ui import pages
    from r3mes_launcher.ui.language import Language, Speech
    from r3mes_launcher.ui.preferences import PreferenceFile
    from r3mes_launcher.ui.theme import Scheme, Theme

    application = QApplication(sys.argv[:1])
    theme = Theme(application, assets_folder())
    speech = Speech(application, assets_folder(), Language(language))
    ending = ("" if language == "en" else f"-{language}") + ("" if scale == "1" else f"-{scale}x")
    taken = 0
    wrong: list[str] = []
    theme.choose(Scheme(schemes[0]))
    for shot in SHOTS:
        if not wanted(shot):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            stage = shot.make()
            stage.chats = chat_stage.Chats(language)
            preferences = PreferenceFile(Path(scratch) / "window.json")
            app = App(application, theme, lambda _demo, stage=stage: stage, preferences, speech=speech)
            app.start()
            while app.window.content.state != stage.shown:
                wait(QEventLoop, QTimer, CHANGE_MS)
            wait(QEventLoop, QTimer, SETTLE_MS)
            app.window.go_to(getattr(pages, shot.page.upper()))
            if shot.act == "table":
                app.window.pages.gpus.as_table.setChecked(True)
            if shot.act == "ask":
                app.window.pages.chat.show_chats.setChecked(True)
                chat = app.window.pages.chat
                # A page that has just been made may not know of its gateway yet; then nothing was asked.
                while len(chat.conversation.messages) < 2 or chat.conversation.answering:
                    chat.ask(chat_stage.QUESTIONS[language])
                    wait(QEventLoop, QTimer, CHANGE_MS)
                wait(QEventLoop, QTimer, SETTLE_MS)
            # The pages ask for their history at the first beat of the window.
            app.window.pages.home.timeline.tick(NOW)
            if shot.act == "bottom-of-home":
                wait(QEventLoop, QTimer, SETTLE_MS)
                app.window.pages.home.timeline.widget.choose(6)
                app.window.pages.home.ensureWidgetVisible(app.window.pages.home.timeline)
            if shot.act == "day":
                app.window.pages.gpus.span.setCurrentIndex(1)
            if shot.act == "request":
                wait(QEventLoop, QTimer, SETTLE_MS)
                app.window.pages.requests.select(2)
            if shot.act.startswith("first-run"):
                sheet = app.window.welcome()
                while not shot.act.endswith(sheet.screen_shown.value):
                    sheet.next.click()
            if shot.act == "prices":
                app.window.pages.settings.show_prices()
            wallet_stage.act(app.window, shot.act)
            wait(QEventLoop, QTimer, wallet_stage.PAUSES.get(shot.act, SETTLE_MS))
            wallet_stage.act_later(app.window, shot.act)
            for scheme in (*schemes, *(("contrast",) if shot.every and with_contrast else ())):
                theme.choose(Scheme(scheme))
                wait(QEventLoop, QTimer, CHANGE_MS)
                picture = wallet_stage.with_sheet(app.window)
                target = folder / f"{shot.name}-{scheme}{ending}.png"
                small(picture.toImage()).save(str(target))
                taken += 1
                print(f"{target} {picture.width()}x{picture.height()}", flush=True)
            theme.choose(Scheme(schemes[0]))
            wait(QEventLoop, QTimer, CHANGE_MS)
            if shot.every:
                found = page_checks.problems(app.window, app.window.navigation.buttons[0])
                wrong += [f"{shot.name}{ending}: {each}" for each in found]
            loop = QEventLoop()
            app.finished.connect(loop.quit)
            QTimer.singleShot(0, app.quit)
            loop.exec()
            app.window.deleteLater()
            app.deleteLater()
    print("\n".join(wrong), flush=True)
    return 1 if wrong else 0 if taken else 2


def small(image: QImage) -> QImage:
    """With a palette of its 256 most frequent colours: a third of the bytes, and nothing to see of it."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QColor, QImage

    from r3mes_launcher.ui.tokens import DARK, HIGH_DARK, HIGH_LIGHT, LIGHT

    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = memoryview(plain.constBits()).cast("I")
    # The rare ones that mean something first: a red word has few pixels.
    schemes = (LIGHT, DARK, HIGH_LIGHT, HIGH_DARK)
    meant = [QColor(colour).rgb() for scheme in schemes for colour in (scheme.bad, scheme.warning, scheme.good)]
    seen = Counter(pixels)
    kept = [colour for colour in meant if colour in seen]
    colours = [*kept, *(colour for colour, _ in seen.most_common(256) if colour not in kept)][:256]
    return plain.convertToFormat(QImage.Format.Format_Indexed8, colours, Qt.ImageConversionFlag.AvoidDither)


def wait(loop_type: type, timer_type: type, milliseconds: int) -> None:
    loop = loop_type()
    timer_type.singleShot(milliseconds, loop.quit)
    loop.exec()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="pictures by name, such as home,chat")
    parser.add_argument(
        "--set", action="store_true", help="all pictures of the documentation, and every page in every look"
    )
    parser.add_argument(
        "--with-contrast", action="store_true", help="the pages as they usually are in high contrast too"
    )
    parser.add_argument("--every", action="store_true", help="only the pages as they usually are")
    parser.add_argument("--all", action="store_true", help="also the states that the documentation does not show")
    parser.add_argument("--scale", default="1", help="the window's scale factor")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pictures go")
    parser.add_argument("--scheme", choices=("light", "dark", "contrast", "both"), default="both")
    parser.add_argument("--language", choices=("en", "tr"), default="en")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    os.environ["QT_SCALE_FACTOR"] = options.scale
    # The log shows local time.
    os.environ["TZ"] = "UTC"
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        if shutil.which("xvfb-run") is None:
            print("There is no display and no Xvfb. Install the packages xvfb and xauth, then run this again.")
            return 1
        return subprocess.call(
            ["xvfb-run", "-a", "-s", "-screen 0 3200x2400x24", sys.executable, __file__, *sys.argv[1:]]
        )
    if options.set:
        # One that was killed by a signal has a negative code.
        codes = [subprocess.call([sys.executable, __file__, *look, "--folder", options.folder]) for look in LOOKS]
        return max(map(abs, codes))
    schemes = ("light", "dark") if options.scheme == "both" else (options.scheme,)

    def wanted(shot: Shot) -> bool:
        if options.only:
            return shot.name in options.only.split(",")
        return shot.every if options.every else options.all or not shot.extra

    return take(wanted, options.folder, schemes, options.language, options.scale, options.with_contrast)


if __name__ == "__main__":
    sys.exit(main())
