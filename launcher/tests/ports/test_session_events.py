"""Sleep and screen lock by logind's signals, on a bus of the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from r3mes_launcher.ports.session_events import LogindEvents, NoSessionEvents, event_of
from r3mes_launcher.ports.sleep_delay import LogindDelay
from r3mes_launcher.wallet.auto_lock import SystemEvent

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"""

linux = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("dbus-daemon") is None, reason="needs Linux and dbus-daemon"
)


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    config = tmp_path / "bus.conf"
    socket = tmp_path / "bus"
    config.write_text(CONFIG.format(path=socket))
    daemon = subprocess.Popen(
        ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert daemon.stdout is not None
    address = daemon.stdout.readline().strip()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    yield address
    daemon.terminate()
    daemon.wait(60)
    daemon.stdout.close()


@linux
async def test_sleep_and_lock_are_told(bus: str) -> None:
    from jeepney import DBusAddress, HeaderFields, MessageType, new_method_return, new_signal
    from jeepney.bus_messages import message_bus
    from jeepney.io.asyncio import open_dbus_connection

    logind = await open_dbus_connection(bus)
    hello = message_bus.RequestName("org.freedesktop.login1")
    await logind.send(hello)
    asked = asyncio.Event()

    async def answer() -> None:
        while True:
            message = await logind.receive()
            if message.header.message_type is MessageType.method_call:
                if message.header.fields.get(HeaderFields.member) == "ListSessions":
                    asked.set()
                await logind.send(new_method_return(message, "a(susso)", ([],)))

    serving = asyncio.create_task(answer())
    told: asyncio.Queue[SystemEvent] = asyncio.Queue()
    events = LogindEvents()
    listening = asyncio.create_task(events.run(told.put))
    try:
        await asyncio.wait_for(asked.wait(), 60)
        manager = DBusAddress("/org/freedesktop/login1", interface="org.freedesktop.login1.Manager")
        session = DBusAddress("/org/freedesktop/login1/session/c1", interface="org.freedesktop.login1.Session")
        await logind.send(new_signal(manager, "PrepareForSleep", "b", (False,)))
        await logind.send(new_signal(manager, "PrepareForSleep", "b", (True,)))
        await logind.send(new_signal(session, "Lock"))
        await logind.send(new_signal(session, "Unlock"))
        await logind.send(new_signal(manager, "PrepareForShutdown", "b", (False,)))
        await logind.send(new_signal(manager, "PrepareForShutdown", "b", (True,)))
        heard = [await asyncio.wait_for(told.get(), 60) for _ in range(5)]
        assert heard == [
            SystemEvent.WAKE,
            SystemEvent.SLEEP,
            SystemEvent.SESSION_LOCK,
            SystemEvent.SESSION_UNLOCK,
            SystemEvent.SHUTDOWN,
        ], "a shutdown that was called off is no news"
        assert events.unavailable == ()
    finally:
        for task in (listening, serving):
            task.cancel()
        await asyncio.gather(listening, serving, return_exceptions=True)
        await logind.close()


async def test_without_a_bus_it_says_what_is_not_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'none'}")
    events = LogindEvents()
    listening = asyncio.create_task(events.run(lambda _: asyncio.sleep(0)))
    for _ in range(200):
        if events.unavailable:
            break
        await asyncio.sleep(0.01)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert any("screen is locked" in sentence for sentence in events.unavailable)
    assert NoSessionEvents().unavailable == events.unavailable


def test_a_signal_without_a_body_is_no_sleep() -> None:
    class Strange:
        body = ()

        class header:  # noqa: N801
            fields: dict[object, str] = {}  # noqa: RUF012

    assert event_of(Strange()) is None


@linux
async def test_a_delay_is_asked_for_and_given_back(bus: str) -> None:
    from jeepney import HeaderFields, MessageType, new_method_return
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import open_dbus_connection

    reader, writer = os.pipe()
    asked: list[tuple[str, ...]] = []
    ready = threading.Event()

    def logind() -> None:
        with open_dbus_connection(bus, enable_fds=True) as connection:
            connection.send_and_get_reply(message_bus.RequestName("org.freedesktop.login1"))
            ready.set()
            while True:
                message = connection.receive(timeout=60)
                if message.header.message_type is MessageType.method_call:
                    assert message.header.fields[HeaderFields.member] == "Inhibit"
                    asked.append(message.body)
                    connection.send(new_method_return(message, "h", (writer,)))
                    return

    delay = LogindDelay()
    await asyncio.to_thread(delay.hold)
    assert not delay.held, "there is no logind yet"
    service = threading.Thread(target=logind)
    service.start()
    assert await asyncio.to_thread(ready.wait, 10)
    await asyncio.to_thread(delay.hold)
    await asyncio.to_thread(service.join, 10)
    assert delay.held and asked[0][0] == "sleep:shutdown" and asked[0][3] == "delay"
    with contextlib.suppress(OSError):
        os.close(writer)
    delay.release()
    delay.release()
    assert os.read(reader, 1) == b"", "the other end is closed: nothing waits any more"
    os.close(reader)
