"""An engine that behaves as its arguments say, well or badly. The standard library alone, so it starts fast."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

WORDS = dict(word.partition("=")[::2] for word in sys.argv[1:])
DEVICE = {"kind": "cpu", "name": "a test device", "memory_mb": 1, "gpu_uuids": []}
ended = threading.Event()


def say(event: str, **fields: object) -> None:
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def listen() -> None:
    held = b""
    while chunk := os.read(0, 65536):
        *lines, held = (held + chunk).split(b"\n")
        for line in lines:
            command = json.loads(line)["cmd"]
            note(f"INFO heard {command}")
            if command == "grant":
                continue
            if command == "ping":
                if "ignore-ping" not in WORDS:
                    say("pong")
                continue
            if command == "drain" and "ignore-drain" in WORDS:
                continue
            if command == "stop" and "ignore-stop" in WORDS:
                continue
            ended.set()
    if "ignore-eof" not in WORDS:
        ended.set()


def main() -> int:
    if "ignore-term" in WORDS:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "grandchild" in WORDS:
        # It ignores its stdin and outlives whoever does not end it.
        code = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
        child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.DEVNULL)
        note(f"INFO grandchild {child.pid}")
    if "stderr" in WORDS:
        note(WORDS["stderr"])
    if "garbage" in WORDS:
        sys.stdout.write("Loading checkpoint shards: 50%\n\x00\xff{]\n")
        sys.stdout.flush()
    if "huge-line" in WORDS:
        sys.stdout.write("x" * (1024 * 1024) + "\n")
        sys.stdout.flush()
    if "flood" in WORDS:
        line = "INFO a line of the flood that is about as long as a line of a log tends to be, number "
        for number in range(int(WORDS["flood"])):
            sys.stderr.write(f"{line}{number}\n")
        sys.stderr.flush()
    say("starting", protocol=int(WORDS.get("protocol", "1")), version="9.9", pid=os.getpid())
    if "exit" in WORDS:
        if "say" in WORDS:
            say("error", code="model_damaged", message=WORDS["say"], hint="Choose another.", exit_code=None)
        return int(WORDS["exit"])
    threading.Thread(target=listen, daemon=True).start()
    for part in range(int(WORDS.get("slowly", "0"))):
        say("loading", stage="reading the weights", fraction=part / 100)
        time.sleep(0.1)
    for uuid, verdict in (word.split(":") for word in WORDS.get("gpus", "").split(",") if word):
        say(
            "gpu", uuid=uuid, name=f"card {uuid}", verdict=verdict, code="x", reason="only 1 MiB is free", hint="Close."
        )
    if "never-ready" not in WORDS:
        say("ready", protocol=1, port=1, token="secret-token", model="a-model", device=DEVICE, node_id="ab" * 32)
        say("registered", gateway="http://127.0.0.1:1", session_id="s", generation=1)
        say(
            "stats", active=1, queued=0, requests=7, completion_tokens=90, tokens_per_second=12.5, memory_mb=1,
            free_vram_mb=None,
        )  # fmt: skip
    for number in range(int(WORDS.get("failures", "0"))):
        note(WORDS.get("failing", "ERROR the model failed"))
        say(
            "request", job_id=f"j{number}", outcome="engine_error", prompt_tokens=1, completion_tokens=0,
            first_token_ms=None, duration_ms=5,
        )  # fmt: skip
    if "die-after" in WORDS:
        time.sleep(float(WORDS["die-after"]))
        os.kill(os.getpid(), signal.SIGKILL)
    ended.wait()
    say("stopped", exit_code=0, reason="asked to")
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
