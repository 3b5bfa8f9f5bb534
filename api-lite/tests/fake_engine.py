"""A child that speaks the engine's control channel and its node session, badly where the test wants it.

Its words are in `script.json` in the state folder: a list with one object for each run; the last one stays in force.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from nacl.signing import SigningKey
from websockets.sync.client import connect

from r3mes_protocol import NODE_SUBPROTOCOL
from r3mes_protocol.control import ErrorEvent, ReadyEvent, RegisteredEvent, StartingEvent, command_line
from r3mes_protocol.grants import Role
from r3mes_protocol.messages import (
    Device,
    Heartbeat,
    Hello,
    ModelOffer,
    Register,
    Registered,
    parse_gateway_message,
)
from r3mes_protocol.origin import gateway_origin, session_url
from r3mes_protocol.session_signature import node_id_of, sign_registration
from r3mes_protocol.wire import WireModel


def say(event: WireModel) -> None:
    sys.stdout.buffer.write(command_line(event))
    sys.stdout.buffer.flush()


def main() -> int:
    arguments = dict(zip(sys.argv[4::2], sys.argv[5::2], strict=False))
    folder = Path(arguments["--state-dir"])
    runs = folder / "runs"
    number = len(runs.read_text().splitlines()) if runs.exists() else 0
    with runs.open("a") as file:
        file.write(f"{os.getpid()}\n")
    (folder / "environment.json").write_text(json.dumps(dict(os.environ)))
    (folder / "arguments.json").write_text(json.dumps(sys.argv))
    script = json.loads((folder / "script.json").read_text())
    act = script[min(number, len(script) - 1)]
    if act.get("grandchild"):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        (folder / "grandchild").write_text(str(child.pid))
    if act.get("stderr"):
        print(act["stderr"], file=sys.stderr, flush=True)
    if act.get("mute"):
        return int(act["exit"])
    say(StartingEvent(version="0", pid=os.getpid()))
    if act.get("error"):
        say(ErrorEvent(code="fake", message=act["error"]))
    if "exit" in act:
        return int(act["exit"])
    if act.get("hang"):
        time.sleep(600)
    if not act.get("deaf"):
        threading.Thread(target=until_told, daemon=True).start()
    serve(arguments["--gateway"], act)
    return int(act.get("later", 0))


def until_told() -> None:
    sys.stdin.buffer.readline()
    os._exit(0)


def serve(gateway: str, act: dict[str, object]) -> None:
    key = SigningKey.generate()
    told = SigningKey.generate() if act.get("other_key") else key
    origin = gateway_origin(gateway)
    device = Device(kind="cpu", name="fake", memory_mb=1)
    with connect(session_url(origin), subprotocols=[NODE_SUBPROTOCOL], compression=None) as socket:  # type: ignore[list-item]
        hello = parse_gateway_message(socket.recv())
        assert isinstance(hello, Hello) and hello.gateway == origin
        register = Register(
            node_id=node_id_of(key),
            models=(ModelOffer(name="fake-model", context_tokens=100),),
            roles=(Role.SERVING,),
            max_concurrency=1,
            device=device,
            engine_version="0",
            signature=sign_registration(key, nonce=hello.nonce, session_id=hello.session_id, gateway=origin),
        )
        if act.get("late"):
            # Registers first and tells its key afterwards, as a busy pipe may have it.
            socket.send(register.to_json())
            time.sleep(0.3)
        say(ReadyEvent(port=1, token=None, model="fake-model", device=device, node_id=node_id_of(told)))
        if not act.get("late"):
            socket.send(register.to_json())
        answer = parse_gateway_message(socket.recv())
        if not isinstance(answer, Registered):
            say(ErrorEvent(code="rejected", message=f"rejected: {answer}"))
            os._exit(13)
        say(RegisteredEvent(gateway=origin, session_id=hello.session_id, generation=answer.generation))
        socket.send(Heartbeat(active=0, queued=0).to_json())
        if "later" in act:
            time.sleep(float(act.get("after", 0.1)))
            os._exit(int(str(act["later"])))
        while True:
            socket.recv()


if __name__ == "__main__":
    sys.exit(main())
