"""What the policy observes: an X server's idle time, GNOME's, NetworkManager's word, batteries, programs and disks."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from r3mes_launcher.ports.disk_space import DiskSpace
from r3mes_launcher.ports.fixed_source import FixedSource
from r3mes_launcher.ports.idle import NO_DESKTOP, FirstThatTells, MutterIdle, XIdle, system_idle
from r3mes_launcher.ports.network_state import InterfaceState, NetworkManagerState, NetworkReading
from r3mes_launcher.ports.power import PowerReading, SystemPower
from r3mes_launcher.ports.running_programs import SystemPrograms
from r3mes_launcher.ports.source import Unavailable

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"""

needs_x = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("Xvfb") is None, reason="needs Linux and the program Xvfb"
)
needs_bus = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("dbus-daemon") is None, reason="needs Linux and the program dbus-daemon"
)


@pytest.fixture
def x_server() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "64x64x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=(writer,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as told:
        yield f":{told.readline().strip()}", server
    server.kill()
    server.wait(60)


def touch(display: str) -> None:
    """As if somebody had moved the pointer."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(display.encode(), None))
    xcb.xcb_force_screen_saver(connection, 0)
    # Its answer comes after the server has done what was asked before.
    xcb.xcb_get_input_focus_reply.restype = ctypes.c_void_p
    xcb.xcb_get_input_focus_reply(connection, xcb.xcb_get_input_focus(connection), None)
    xcb.xcb_disconnect(connection)


@needs_x
def test_an_x_server_tells_the_idle_time_and_its_death_is_survived(
    x_server: tuple[str, subprocess.Popen[bytes]],
) -> None:
    display, server = x_server
    source = FirstThatTells((XIdle(display),), NO_DESKTOP)
    assert source.name == ""
    touch(display)
    waited = threading.Event()
    waited.wait(0.3)
    idle = source.read()
    assert isinstance(idle, float) and 0.25 < idle < 60 and source.name == "X11"
    touch(display)
    fresh = source.read()
    assert isinstance(fresh, float) and fresh < 0.25
    server.kill()
    server.wait(60)
    gone = source.read()
    assert isinstance(gone, Unavailable) and gone.reason.endswith(".") and source.name == ""
    source.close()
    source.close()


def test_without_a_display_the_idle_time_is_not_told() -> None:
    if sys.platform != "linux":
        pytest.skip("Windows and macOS always have a desktop")
    assert system_idle({}).read() == NO_DESKTOP
    assert isinstance(XIdle(":4711").read(), Unavailable)


def test_the_first_source_that_tells_is_kept_until_it_falls_silent() -> None:
    first: FixedSource[float] = FixedSource(Unavailable("Not yet."))
    second: FixedSource[float] = FixedSource(5.0)
    source = FirstThatTells((first, second), NO_DESKTOP)
    assert source.read() == 5.0 and source.name == ""
    first.value, second.value = 1.0, Unavailable("Gone.")
    assert source.read() == 1.0


Answers = dict[str, tuple[str, tuple[Any, ...]]]
Serve = Callable[[str, Answers], "Service"]


class Service(threading.Thread):
    """Answers method calls on a bus of the test's own."""

    def __init__(self, address: str, name: str, answers: Answers) -> None:
        super().__init__(daemon=True)
        self._address, self._name, self.answers = address, name, answers
        self.ready = threading.Event()
        self.start()
        assert self.ready.wait(60)

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        from jeepney.bus_messages import message_bus
        from jeepney.io.asyncio import open_dbus_connection

        connection = await open_dbus_connection(self._address)
        await connection.send(message_bus.RequestName(self._name))
        try:
            await self._answer(connection)
        except (EOFError, ConnectionError):
            return  # the bus has ended
        finally:
            with contextlib.suppress(ConnectionError):
                await connection.close()

    async def _answer(self, connection: Any) -> None:
        from jeepney import HeaderFields, MessageType, new_method_return

        while True:
            message = await connection.receive()
            if message.header.message_type is MessageType.method_return:
                self.ready.set()
            if message.header.message_type is MessageType.method_call:
                signature, body = self.answers[message.header.fields[HeaderFields.member]]
                await connection.send(new_method_return(message, signature, body))


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """A bus for both the system's and the session's; the way to put a service on it."""
    config = tmp_path / "bus.conf"
    config.write_text(CONFIG.format(path=tmp_path / "bus"))
    daemon = subprocess.Popen(
        ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert daemon.stdout is not None
    address = daemon.stdout.readline().strip()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    services: list[Service] = []

    def serve(name: str, answers: Answers) -> Service:
        services.append(Service(address, name, answers))
        return services[-1]

    yield serve
    daemon.terminate()
    daemon.wait(60)
    daemon.stdout.close()
    for service in services:
        service.join(10)


@needs_bus
def test_networkmanager_tells_and_its_absence_is_no_end(bus: Serve) -> None:
    source = NetworkManagerState()
    alone = source.read()
    assert isinstance(alone, NetworkReading) and alone.metered is None, "the interfaces alone"
    source = NetworkManagerState()
    name = "org.freedesktop.NetworkManager"
    service = bus(name, {"GetAll": ("a{sv}", ({"State": ("u", 70), "Metered": ("u", 1)},))})
    assert source.read() == NetworkReading(online=True, metered=True)
    service.answers["GetAll"] = ("a{sv}", ({"State": ("u", 20), "Metered": ("u", 4)},))
    assert source.read() == NetworkReading(online=False, metered=False)
    service.answers["GetAll"] = ("a{sv}", ({"State": ("u", 0), "Metered": ("u", 0)},))
    assert source.read() == NetworkReading(online=None, metered=None)
    service.answers["GetAll"] = ("a{sv}", ({},))
    assert isinstance(source.read(), NetworkReading)
    source.close()


@needs_bus
def test_gnome_tells_the_idle_time(bus: Serve) -> None:
    source = MutterIdle()
    assert isinstance(source.read(), Unavailable)
    bus("org.gnome.Mutter.IdleMonitor", {"GetIdletime": ("t", (12_500,))})
    assert source.read() == 12.5
    source.close()


class Battery(NamedTuple):
    percent: float
    secsleft: int
    power_plugged: bool | None


@pytest.mark.parametrize(
    ("battery", "reading"),
    [
        (None, PowerReading(on_battery=False)),
        (Battery(41.5, 3600, False), PowerReading(True, 41.5)),
        (Battery(99, -2, True), PowerReading(False, 99)),
        (Battery(50, -1, None), Unavailable("This system does not tell whether it runs on battery.")),
    ],
)
def test_power(monkeypatch: pytest.MonkeyPatch, battery: Battery | None, reading: object) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: battery, raising=False)
    assert SystemPower().read() == reading


def test_power_that_can_not_be_read_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OSError("the battery is gone")

    monkeypatch.setattr(psutil, "sensors_battery", broken, raising=False)
    assert isinstance(SystemPower().read(), Unavailable)


def test_programs_disks_and_interfaces_of_this_computer(tmp_path: Path) -> None:
    names = SystemPrograms().read()
    assert isinstance(names, frozenset) and psutil.Process().name() in names
    free = DiskSpace(tmp_path).read()
    assert isinstance(free, int) and free > 0
    missing = DiskSpace(tmp_path / "missing").read()
    assert isinstance(missing, Unavailable) and missing.reason.endswith(".")
    assert isinstance(InterfaceState().read(), NetworkReading)
