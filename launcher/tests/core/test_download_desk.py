"""The model's download as the core steers it: pauses, its end, and its hub's token; at last with a real engine."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from download_server import DownloadServer, Fault

from r3mes_launcher.composition import CompositionOptions, compose
from r3mes_launcher.core.data_folder import DataFolder
from r3mes_launcher.core.download_desk import TOKEN_NAME, DownloadDesk
from r3mes_launcher.core.policy_desk import PolicySources
from r3mes_launcher.core.state import Actual, Desired, DeviceChoice, Download, DownloadState
from r3mes_launcher.wallet.os_keyring import Fetched, KeyringState
from r3mes_launcher.wallet.secret import Secret
from r3mes_protocol.control import DownloadEvent
from r3mes_protocol.wire import WireModel

Until = Callable[..., Awaitable[None]]


@dataclass
class Keyring:
    state: KeyringState = KeyringState.READY
    kept: dict[str, bytes] = field(default_factory=dict)

    async def look(self) -> KeyringState:
        return self.state

    async def store(self, name: str, key: Secret) -> KeyringState:
        if self.state is KeyringState.READY:
            self.kept[name] = bytes(key.view())
        return self.state

    async def fetch(self, name: str) -> Fetched:
        if self.state is not KeyringState.READY:
            return Fetched(self.state)
        kept = self.kept.get(name)
        return Fetched(KeyringState.LOST) if kept is None else Fetched(self.state, Secret(bytearray(kept)))

    async def forget(self, name: str) -> KeyringState:
        self.kept.pop(name, None)
        return self.state


class Seen:
    """A desk with an engine that writes down its commands."""

    def __init__(self, keyring: Keyring) -> None:
        self.commands: list[WireModel] = []
        self.told: list[Download | None] = []
        self.cancelled = 0
        self.desk = DownloadDesk(keyring, self.told.append, self._on_cancelled)
        self.desk.attach(self._send)

    def _send(self, command: WireModel) -> bool:
        self.commands.append(command)
        return True

    def _on_cancelled(self) -> None:
        self.cancelled += 1

    def hear(self, state: Any, **more: Any) -> None:
        self.desk.take(DownloadEvent(name="Tiny", kind="model", state=state, **more))

    def restart(self) -> None:
        self.desk.detach()
        self.desk.attach(self._send)

    @property
    def orders(self) -> list[str]:
        return [str(command.cmd) for command in self.commands]  # type: ignore[attr-defined]


@pytest.fixture
def keyring() -> Keyring:
    return Keyring()


@pytest.fixture
def seen(keyring: Keyring) -> Seen:
    return Seen(keyring)


async def test_a_download_is_held_and_gone_on_with_and_ended(seen: Seen) -> None:
    for wish in (seen.desk.pause, seen.desk.resume, seen.desk.cancel):
        with pytest.raises(ValueError, match="No "):
            await wish()
    seen.hear("downloading", done_bytes=10, total_bytes=100, bytes_per_second=5, seconds_left=18)
    assert seen.told == [Download("Tiny", DownloadState.DOWNLOADING, 10, 100, 5, 18)]
    await seen.desk.pause()
    seen.hear("paused", done_bytes=10, total_bytes=100)
    with pytest.raises(ValueError, match="being downloaded"):
        await seen.desk.pause()
    await seen.desk.resume()
    await seen.desk.cancel()
    assert seen.orders == ["pause_download", "resume_download", "cancel_download"]
    assert seen.cancelled == 0
    seen.hear("cancelled")
    assert seen.cancelled == 1 and seen.told[-1] is None


async def test_what_ends_by_itself_is_nobodys_cancel(seen: Seen) -> None:
    seen.hear("downloading")
    seen.hear("done", path="/somewhere")
    seen.hear("downloading")
    seen.hear("cancelled")
    assert seen.cancelled == 0
    seen.hear("downloading")
    seen.desk.detach()
    assert seen.told[-1] is None
    with pytest.raises(ValueError, match="No model"):
        await seen.desk.cancel()


async def test_a_kept_token_is_shown_once_and_then_the_person_is_asked(seen: Seen, keyring: Keyring) -> None:
    keyring.kept[TOKEN_NAME] = b"hf_old"
    seen.hear("token_needed")
    seen.hear("token_needed")
    await settle()
    assert [(command.cmd, command.token) for command in seen.commands] == [("download", "hf_old")]  # type: ignore[attr-defined]
    assert seen.told == []
    seen.hear("token_needed", message="The server does not take the token (status 401).")
    assert seen.told[-1] is not None and "401" in seen.told[-1].message
    for wrong in ("", "  ", "two words", "ğ", "x" * 1001):
        with pytest.raises(ValueError, match="no access token"):
            await seen.desk.give_token(wrong)
    assert await seen.desk.give_token(" hf_new\n") is KeyringState.READY
    assert keyring.kept == {TOKEN_NAME: b"hf_new"}
    assert seen.commands[-1].token == "hf_new"  # type: ignore[attr-defined]
    assert "hf_" not in repr(seen.commands)
    # The next engine is shown what was kept.
    seen.restart()
    seen.hear("token_needed")
    await settle()
    assert seen.commands[-1].token == "hf_new" and len(seen.commands) == 3  # type: ignore[attr-defined]
    assert await seen.desk.forget_token() is KeyringState.READY


@pytest.mark.parametrize("state", [KeyringState.NONE, KeyringState.LOCKED, KeyringState.UNANSWERED])
async def test_without_a_keyring_a_token_is_used_once(seen: Seen, keyring: Keyring, state: KeyringState) -> None:
    keyring.state = state
    seen.hear("token_needed")
    await settle()
    assert seen.told[-1] is not None and seen.told[-1].state is DownloadState.TOKEN_NEEDED and seen.commands == []
    assert await seen.desk.give_token("hf_once") is state
    assert seen.orders == ["download"]


async def test_an_engine_that_ended_meanwhile_gets_nothing(seen: Seen, keyring: Keyring) -> None:
    keyring.kept[TOKEN_NAME] = b"hf_old"
    seen.hear("token_needed")
    seen.desk.detach()
    await settle()
    assert seen.commands == [] and seen.told == []


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


# --- with a real engine and a server of files ------------------------------------------------------------------


@pytest.fixture
def hub() -> Iterator[DownloadServer]:
    server = DownloadServer()
    yield server
    server.close()


def offer_model(hub: DownloadServer, engine_folder: Path, **more: Any) -> None:
    """Writes a model that nobody could talk to into the engine's own catalogue."""
    files = {"config.json": b'{"model_type": "llama"}', "tokenizer.json": b"{}", "model.safetensors": bytes(600_000)}
    hub.files |= {f"hub/{name}": data for name, data in files.items()}
    told = [
        {"name": name, "url": hub.url(f"hub/{name}"), "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    ]
    engine_folder.mkdir(parents=True)
    entry = {"name": "Tiny", "licence": "MIT", "files": told, **more}
    (engine_folder / "catalogue.json").write_text(json.dumps({"format": 1, "entries": [entry]}))


async def test_the_whole_way_from_the_person_to_the_disk(
    hub: DownloadServer, tmp_path: Path, until: Until, quiet_computer: PolicySources
) -> None:
    folder = DataFolder.under(tmp_path, False)
    offer_model(hub, folder.engine, gated=True)
    hub.faults["hub/config.json"] = [Fault(status=401)]
    hub.always["hub/model.safetensors"] = Fault(stall_after=400_000)
    options = CompositionOptions(home=tmp_path, device=DeviceChoice.CPU, model="Tiny", policy=quiet_computer)
    core = compose(options, {**os.environ, "R3MES_ENGINE_PYTHON": sys.executable})
    core.downloads._keyring = keyring = Keyring()

    def is_(state: DownloadState) -> Callable[[], bool]:
        return lambda: core.state.download is not None and core.state.download.state is state

    try:
        await core.start()
        await core.set_desired(Desired.SERVING)
        await until(is_(DownloadState.TOKEN_NEEDED), 60)
        assert core.state.node.actual is Actual.STARTING and core.state.node.progress is not None
        await core.downloads.give_token("hf_wrong")
        await until(lambda: is_(DownloadState.TOKEN_NEEDED)() and "401" in core.state.download.message)
        await core.downloads.give_token("hf_right")
        await until(is_(DownloadState.DOWNLOADING))
        await core.downloads.pause()
        await until(is_(DownloadState.PAUSED))
        await core.downloads.resume()
        await core.downloads.cancel()
        await until(lambda: core.state.node.actual is Actual.STOPPED)
        assert core.state.node.desired is Desired.OFF and core.state.download is None
        assert not (folder.engine / "store" / "drafts" / "model-Tiny").exists()
        assert keyring.kept == {TOKEN_NAME: b"hf_right"}
        assert {one.headers["authorization"] for one in hub.asked} == {"Bearer hf_wrong", "Bearer hf_right"}
        said = "".join(line.text for line in core._logs.lines)
        assert "hf_" not in said and "401" in said
    finally:
        await core.close()
