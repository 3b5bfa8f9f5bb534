"""An OpenAI-compatible server that recites, with vLLM's routes for adapters and metrics: a process of its own.

It takes vLLM's and llama.cpp's arguments, those that it knows, so the engine can run it in their place. `POST /test`
makes it misbehave; `GET /test` tells what it saw.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

WORDS = [f"word{number} " for number in range(1000)]


class State:
    def __init__(self, options: argparse.Namespace) -> None:
        self.model: str = options.served_model_name or options.alias or "fake"
        self.owner: str = options.owned_by
        self.context: int = options.max_model_len
        self.pause_s: float = options.pause
        self.key = _key(options)
        self.adapters: dict[str, str] = {}
        self.rules: dict[str, Any] = {}
        self.bodies: list[dict[str, Any]] = []
        self.loads: list[dict[str, Any]] = []
        self.closed_early = 0
        self.tokens = 0
        self.running = 0
        self.lock = threading.Lock()


def _key(options: argparse.Namespace) -> str | None:
    if options.config is not None:
        key: str = json.loads(Path(options.config).read_text())["api-key"]
        return key
    if options.api_key_file is not None:
        return Path(options.api_key_file).read_text().strip()
    return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: State

    def log_message(self, *arguments: Any) -> None:
        return

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _json(self, document: Any, status: int = 200) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _error(self, status: int, message: str) -> None:
        self._json({"error": {"message": message, "type": "x", "code": status}}, status)

    def _let_in(self) -> bool:
        if self.state.key is None or self.headers.get("authorization") == f"Bearer {self.state.key}":
            return True
        self._error(401, f"wrong key {self.headers.get('authorization')}")
        return False

    def do_GET(self) -> None:
        state = self.state
        if self.path == "/test":
            seen = {"bodies": state.bodies, "loads": state.loads, "closed_early": state.closed_early}
            self._json({**seen, "running": state.running})
        elif self.path == "/metrics":
            info = 'vllm:lora_requests_info{max_lora="4",running_lora_adapters="a, b",waiting_lora_adapters=""} 1.7e+09'
            page = f'vllm:generation_tokens_total{{model="m"}} {float(state.tokens)}\n{info}\n'.encode()
            self.send_response(200)
            self.send_header("content-length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)
        elif self.path == "/v1/models" and self._let_in():
            base = {"id": state.model, "object": "model", "owned_by": state.owner, "max_model_len": state.context}
            listed = [{"id": name, "object": "model", "parent": state.model} for name in ("listed", *state.adapters)]
            self._json({"object": "list", "data": [base, *listed]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        state = self.state
        if self.path == "/test":
            state.rules = body
            if body.get("forget"):
                state.adapters.clear()
            self._json({})
        elif not self._let_in():
            return
        elif self.path == "/v1/load_lora_adapter":
            state.loads.append(body)
            if body["lora_name"] in state.adapters:
                self._error(400, "The lora adapter has already been loaded.")
            else:
                state.adapters[body["lora_name"]] = body["lora_path"]
                self._json("ok")
        elif self.path == "/v1/unload_lora_adapter":
            del state.adapters[body["lora_name"]]
            self._json("ok")
        else:
            self._chat(body)

    def _chat(self, body: dict[str, Any]) -> None:
        state = self.state
        state.bodies.append(body)
        if (status := state.rules.get("status")) is not None:
            self._error(status, state.rules.get("message", "the test says so"))
            return
        if body["model"] not in (state.model, "listed", *state.adapters):
            self._error(404, "no such model")
            return
        texts = [message["content"] for message in body.get("messages", [])] or [body["prompt"]]
        prompt = sum(len(text.split()) for text in texts)
        room = state.context - prompt
        if room < 1 or body.get("max_tokens", 1) > room:
            self._error(400, f"This model's maximum context length is {state.context} tokens.")
            return
        said = len(texts[-1].split()) if body.get("continue_final_message") else 0
        self._stream(body, prompt, said, min(body.get("max_tokens", room), room))

    def _stream(self, body: dict[str, Any], prompt: int, said: int, limit: int) -> None:
        state, rules = self.state, self.state.rules
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        with state.lock:
            state.running += 1
        try:
            self._event(body, {"role": "assistant", "content": ""})
            made, finish, text = 0, "length", ""
            script = WORDS[said : rules.get("tokens", 64)]
            if body.get("tools") and rules.get("calls"):
                script = []
                for delta in rules["calls"]:
                    self._event(body, {"tool_calls": [delta]})
                    made += 1
            for word in script[:limit]:
                while state.rules.get("stall"):
                    time.sleep(0.02)
                    self._write(b": still here\n\n")
                if rules.get("break_after") == made:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                time.sleep(state.pause_s)
                text += word
                made += 1
                state.tokens += 1
                stop = next((one for one in body.get("stop", []) if one in text), None)
                if stop is not None:
                    finish = "stop"
                    break
                self._event(body, {"content": word}, logprobs=_logprobs(word) if body.get("logprobs") else None)
            else:
                finish = "stop" if len(script) <= limit else "length"
            if rules.get("error_event"):
                self._write(b'data: {"error": {"message": "worker died", "code": 500}}\n\n')
            self._event(body, {}, finish="tool_calls" if not script and made else finish)
            usage = {"prompt_tokens": prompt, "completion_tokens": made, "total_tokens": prompt + made}
            self._write(b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\n")
            self._write(b"data: [DONE]\n\n")
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            with state.lock:
                state.closed_early += 1
            self.close_connection = True
        finally:
            with state.lock:
                state.running -= 1

    def _event(self, body: dict[str, Any], delta: Any, finish: str | None = None, logprobs: Any = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": logprobs}
        if "prompt" in body:
            choice["text"] = choice.pop("delta").get("content", "")
        event = {"id": "theirs", "object": "chat.completion.chunk", "model": body["model"], "choices": [choice]}
        self._write(b"data: " + json.dumps(event).encode() + b"\n\n")

    def _write(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))


def _logprobs(word: str) -> dict[str, Any]:
    one = {"token": word, "logprob": -0.5, "bytes": list(word.encode())}
    return {"content": [{**one, "top_logprobs": [one]}]}


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--config", "--served-model-name", "--alias", "--api-key-file"):
        parser.add_argument(name)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--owned-by", default="vllm")
    parser.add_argument("--max-model-len", type=int, default=4096)
    parser.add_argument("--pause", type=float, default=0.0)
    options, _ = parser.parse_known_args()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    handler = type("BoundHandler", (Handler,), {"state": State(options)})
    server = Server(("127.0.0.1", options.port), handler)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
