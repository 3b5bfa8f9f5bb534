"""What the command line may ask of the launcher that runs."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from r3mes_launcher.core.control.messages import ControlError
from r3mes_launcher.core.control.server import Send, Verb
from r3mes_launcher.core.doctor.report import report_document
from r3mes_launcher.core.earnings.overview import MAX_DAYS, MONTH_DAYS
from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.log_filter import LogWish
from r3mes_launcher.core.policy.reasons import PauseChoice
from r3mes_launcher.core.settings import STAYS_HERE, Settings
from r3mes_launcher.core.settings_paths import changed
from r3mes_launcher.core.state import Actual, Desired, GpuReport, LauncherState, LogLevel, LogLine
from r3mes_launcher.core.status_file import status_document
from r3mes_launcher.core.wallet_state import VaultState
from r3mes_launcher.wallet.errors import WalletError

LINES_PER_EVENT = 500
PIECE_CHARS = 1_000_000
BACKLOG = 20_000
"""Lines that wait for a reader that is slower than the log; then the oldest are left out, and it is said how many."""

AT_REST = frozenset({Actual.STOPPED, Actual.UNPROVISIONED, Actual.FAULTED})


Choice = TypeVar("Choice")


class Watcher:
    """A CoreListener that wakes its one reader."""

    def __init__(self) -> None:
        self.state = LauncherState()
        self.lines: deque[LogLine] = deque()
        self.dropped = 0
        self.woken = asyncio.Event()

    def on_state(self, state: LauncherState) -> None:
        self.state = state
        self.woken.set()

    def on_gpus(self, report: GpuReport) -> None:
        return

    def on_logs(self, lines: Sequence[LogLine]) -> None:
        self.lines.extend(lines)
        while len(self.lines) > BACKLOG:
            self.lines.popleft()
            self.dropped += 1
        self.woken.set()


def verbs_of(core: Core) -> dict[str, Verb]:
    steering = _Steering(core)
    return {
        "status": steering.status,
        "start": steering.start,
        "stop": steering.stop,
        "drain": steering.drain,
        "pause": steering.pause,
        "resume": steering.resume,
        "logs": steering.logs,
        "bundle": steering.bundle,
        "doctor": steering.doctor,
        "download.pause": steering.pause_download,
        "download.resume": steering.resume_download,
        "download.cancel": steering.cancel_download,
        "download.token": steering.give_token,
        "download.forget-token": steering.forget_token,
        "earnings": steering.earnings,
        "earnings.sign_in": steering.sign_in,
        "settings.read": steering.read_settings,
        "settings.write": steering.write_settings,
        "settings.export": steering.export_settings,
    }


class _Steering:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def status(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        return status_document(self._core.state)

    async def start(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        """Serving on; a fault or a back-off is ended."""
        await self._core.set_desired(Desired.SERVING)
        if self._core.state.node.actual in (Actual.FAULTED, Actual.BACKING_OFF):
            await self._core.retry()
        return status_document(self._core.state)

    async def stop(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        """Serving off. Returns at once."""
        await self._core.set_desired(Desired.OFF)
        return status_document(self._core.state)

    async def drain(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        """Serving off. Returns when the last request has ended and the engine with it; tells how it goes."""
        await self._core.set_desired(Desired.OFF)
        watcher = Watcher()
        unsubscribe = self._core.subscribe(watcher)
        told: tuple[Actual, int] | None = None
        try:
            while watcher.state.node.actual not in AT_REST:
                node = watcher.state.node
                if told != (node.actual, node.active_requests):
                    told = node.actual, node.active_requests
                    await send({"actual": node.actual.value, "active_requests": node.active_requests})
                watcher.woken.clear()
                watcher.lines.clear()
                await watcher.woken.wait()
        finally:
            unsubscribe()
        return status_document(self._core.state)

    async def pause(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        await self._core.pause(_one_of(PauseChoice, arguments, "choice", PauseChoice.UNTIL_RESUMED))
        return status_document(self._core.state)

    async def resume(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        if arguments.get("anyway") is True:
            await self._core.serve_anyway()
        elif arguments.get("by_the_rules") is True:
            await self._core.keep_to_rules()
        else:
            await self._core.resume()
        return status_document(self._core.state)

    async def logs(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        """The newest `lines` that pass, and with `follow` what comes, until the client goes."""
        wish = LogWish(
            _one_of(LogLevel, arguments, "level", LogLevel.DEBUG),
            str(arguments.get("process", ""))[:40],
            str(arguments.get("search", ""))[:1000],
        )
        count = arguments.get("lines")
        watcher = Watcher()
        unsubscribe = self._core.subscribe(watcher)
        try:
            kept = [line for line in watcher.lines if wish.wants(line)]
            watcher.lines.clear()
            # Older lines than the backlog were not asked for.
            watcher.dropped = 0
            await _send_lines(send, kept[-count:] if isinstance(count, int) and count > 0 else kept, 0)
            while arguments.get("follow") is True:
                watcher.woken.clear()
                if not watcher.lines:
                    await watcher.woken.wait()
                lines, dropped = list(watcher.lines), watcher.dropped
                watcher.lines.clear()
                watcher.dropped = 0
                await _send_lines(send, [line for line in lines if wish.wants(line)], dropped)
        finally:
            unsubscribe()
        return {}

    async def pause_download(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        await self._core.downloads.pause()
        return status_document(self._core.state)

    async def resume_download(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        await self._core.downloads.resume()
        return status_document(self._core.state)

    async def cancel_download(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        """Returns at once; what came is thrown away, then Serving goes off."""
        await self._core.downloads.cancel()
        return status_document(self._core.state)

    async def give_token(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        """The hub's token goes to the keyring, and to the engine if that waits for it."""
        return {"keyring": (await self._core.downloads.give_token(str(arguments.get("token", "")))).value}

    async def forget_token(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        return {"keyring": (await self._core.downloads.forget_token()).value}

    async def bundle(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        """Its files, the long ones in pieces."""
        for file in await self._core.bundle():
            for start in range(0, max(1, len(file.text)), PIECE_CHARS):
                await send({"file": file.name, "text": file.text[start : start + PIECE_CHARS]})
        return {}

    async def doctor(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        return report_document(await self._core.examine())

    async def earnings(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        """The last `days` as a document, or with `table` as CSV."""
        days = arguments.get("days", MONTH_DAYS)
        if type(days) is not int or not 1 <= days <= MAX_DAYS:
            raise ControlError("bad_request", f"`days` is a number from 1 to {MAX_DAYS}.")
        if arguments.get("table") is True:
            return {"text": await self._core.earnings.table(days)}
        return await self._core.earnings.document(days)

    async def sign_in(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        """Opens the wallet where it is locked, and signs in at the gateway with it."""
        password = arguments.get("password")
        try:
            if isinstance(password, str) and password and self._core.state.wallet.vault is not VaultState.OPEN:
                await self._core.wallet.unlock(password)
            await self._core.earnings.sign_in()
        except WalletError as error:
            raise ControlError("refused", str(error)) from None
        return {}

    async def read_settings(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        return {"settings": self._core.current_settings.model_dump(mode="json")}

    async def export_settings(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        return {"text": await self._core.settings.export_text()}

    async def write_settings(self, arguments: dict[str, Any], send: Send) -> dict[str, Any]:
        if "path" in arguments:
            # Read and written in one step: two commands at once lose nothing.
            named = changed(self._core.current_settings, str(arguments["path"]), str(arguments.get("text", "")))
            return {"settings": (await self._core.change_settings(named)).model_dump(mode="json")}
        values = arguments.get("values")
        if not isinstance(values, dict):
            raise ControlError("bad_request", "There are no values.")
        unknown = sorted(values.keys() - (Settings.model_fields.keys() - STAYS_HERE))
        if unknown:
            raise ControlError("invalid", f"{unknown[0][:60]!r} is not a setting that can be changed so.")
        settings = await self._core.change_settings(values)
        return {"settings": settings.model_dump(mode="json")}


async def _send_lines(send: Send, lines: Sequence[LogLine], dropped: int) -> None:
    for start in range(0, len(lines), LINES_PER_EVENT):
        part = lines[start : start + LINES_PER_EVENT]
        document = [
            {"at": line.at, "process": line.source, "level": line.level.value, "text": line.text} for line in part
        ]
        await send({"lines": document, "left_out": dropped})
        dropped = 0
    if dropped:
        await send({"lines": [], "left_out": dropped})


def _one_of(kind: Callable[[str], Choice], arguments: Mapping[str, Any], name: str, default: Choice) -> Choice:
    value = arguments.get(name)
    if value is None:
        return default
    try:
        return kind(str(value))
    except ValueError:
        raise ControlError("bad_request", f"There is no {name} {str(value)[:40]!r}.") from None
