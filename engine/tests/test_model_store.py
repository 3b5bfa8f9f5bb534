from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest
from download_server import DownloadServer, Fault
from safetensors.numpy import save_file

from r3mes_engine.cli import main
from r3mes_engine.downloads import Downloads
from r3mes_engine.errors import ModelUnusable
from r3mes_engine.store.catalogue import CatalogueEntry, entry_named, read_catalogues
from r3mes_engine.store.file_download import PART, Gate, file_matches
from r3mes_engine.store.store import MARKER, ModelStore, Progress
from r3mes_engine.store.transfer_rules import TransferLimits
from r3mes_protocol.control import DownloadCommand
from r3mes_protocol.exit_codes import ExitCode

CONFIG = b'{"model_type": "x"}'
LIMITS = TransferLimits(stall_s=1, tries=3, first_pause_s=0.01)


@pytest.fixture
def server() -> Iterator[DownloadServer]:
    server = DownloadServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A whole model folder that nobody could talk to."""
    folder = tmp_path_factory.mktemp("made")
    save_file({"w": numpy.zeros((300, 500), numpy.float32)}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))
    (folder / "tokenizer.json").write_text("{}")
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def offered(server: DownloadServer, files: dict[str, bytes], **more: Any) -> CatalogueEntry:
    """The files on the server, and the entry that fits them."""
    server.files |= {f"hub/{name}": data for name, data in files.items()}
    told = [
        {"name": name, "url": server.url(f"hub/{name}"), "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    ]
    entry = {"name": "Tiny", "licence": "MIT", "files": told, **more}
    return CatalogueEntry.model_validate_json(json.dumps(entry))


def catalogue(path: Path, entry: CatalogueEntry) -> Path:
    path.write_text(json.dumps({"format": 1, "entries": [entry.model_dump(mode="json")]}))
    return path


def store(folder: Path, limits: TransferLimits = LIMITS) -> ModelStore:
    return ModelStore(folder, jitter=lambda low, high: low, limits=limits)


async def test_a_folder_counts_when_it_is_whole_and_not_before(
    server: DownloadServer, model: dict[str, bytes], tmp_path: Path
) -> None:
    entry, shelf, told = offered(server, model), store(tmp_path), list[Progress]()
    server.always["hub/tokenizer.json"] = Fault(status=500)
    with pytest.raises(ModelUnusable, match=r"tokenizer\.json could not be downloaded"):
        await shelf.download(entry, told.append, Gate())
    assert not shelf.folder(entry).exists()
    assert shelf.status(entry)[0] == "partial"
    server.always.clear()
    path = await shelf.download(entry, told.append, Gate())
    assert {file.name: file.read_bytes() for file in path.iterdir() if file.name != MARKER} == model
    assert shelf.status(entry) == ("downloaded", entry.size)
    # What was whole was not fetched twice.
    assert len(server.ranges("hub/model.safetensors")) == 1
    asked = len(server.asked)
    assert await shelf.download(entry, told.append, Gate()) == path
    assert len(server.asked) == asked
    assert told[-1].state == "done"
    downloading = [one for one in told if one.state == "downloading"]
    assert all(0 <= one.done <= one.total == entry.size for one in downloading)
    assert await shelf.verify(entry, told.append) == []
    assert shelf.source(entry).name == "Tiny"


async def test_repair_fetches_what_is_damaged_and_nothing_else(
    server: DownloadServer, model: dict[str, bytes], tmp_path: Path
) -> None:
    entry, shelf = offered(server, model), store(tmp_path)
    path = await shelf.download(entry, lambda told: None, Gate())
    damaged = bytearray(model["model.safetensors"])
    damaged[-1] ^= 1
    (path / "model.safetensors").write_bytes(damaged)
    (path / "tokenizer.json").unlink()
    assert await shelf.verify(entry, lambda told: None) == ["model.safetensors", "tokenizer.json"]
    server.asked.clear()
    assert await shelf.repair(entry, lambda told: None, Gate()) == ["model.safetensors", "tokenizer.json"]
    assert sorted(one.path for one in server.asked) == ["/hub/model.safetensors", "/hub/tokenizer.json"]
    assert await shelf.verify(entry, lambda told: None) == []
    assert await shelf.repair(entry, lambda told: None, Gate()) == []
    assert await shelf.remove(entry)
    assert shelf.status(entry) == ("absent", 0)
    assert not await shelf.remove(entry)


async def test_a_file_that_was_changed_since_is_not_served(
    server: DownloadServer, model: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, shelf = offered(server, model), store(tmp_path)
    path = await shelf.download(entry, lambda told: None, Gate())
    hashed: list[str] = []

    def matches(file: Path, wanted: Any) -> bool:
        hashed.append(file.name)
        return file_matches(file, wanted)

    def written(name: str, data: bytes) -> None:
        (path / name).write_bytes(data)
        later = (path / MARKER).stat().st_mtime_ns + 10**9
        os.utime(path / name, ns=(later, later))

    monkeypatch.setattr("r3mes_engine.store.store.file_matches", matches)
    shelf.source(entry)
    assert hashed == []
    # The same bytes with another time: looked at once.
    written("tokenizer.json", model["tokenizer.json"])
    shelf.source(entry)
    os.utime(path / MARKER, ns=(2 * 10**18, 2 * 10**18))
    shelf.source(entry)
    assert hashed == ["tokenizer.json"]
    # One bit of the weights: size and header are those of the right file.
    weights = bytearray(model["model.safetensors"])
    weights[-1] ^= 1
    written("model.safetensors", weights)
    assert shelf.status(entry)[0] == "downloaded"
    with pytest.raises(ModelUnusable, match=r"its file model\.safetensors was changed") as refusal:
        shelf.source(entry)
    assert "models repair Tiny" in refusal.value.hint
    await shelf.repair(entry, lambda told: None, Gate())
    assert shelf.source(entry).path == path


async def test_a_newer_version_keeps_what_is_the_same(
    server: DownloadServer, model: dict[str, bytes], tmp_path: Path
) -> None:
    shelf = store(tmp_path)
    await shelf.download(offered(server, model), lambda told: None, Gate())
    newer = offered(server, model | {"tokenizer.json": b'{"a": 1}'})
    assert not shelf.is_whole(newer)
    server.asked.clear()
    path = await shelf.download(newer, lambda told: None, Gate())
    assert [one.path for one in server.asked] == ["/hub/tokenizer.json"]
    assert (path / "tokenizer.json").read_bytes() == b'{"a": 1}'


async def test_a_part_of_an_older_version_is_not_gone_on_with(
    server: DownloadServer, model: dict[str, bytes], tmp_path: Path
) -> None:
    shelf = store(tmp_path)
    server.faults["hub/model.safetensors"] = [Fault(cut_after=100_000, headers={"ETag": None}), Fault(status=404)]
    with pytest.raises(ModelUnusable):
        await shelf.download(offered(server, model), lambda told: None, Gate())
    server.always.clear()
    other = model["model.safetensors"][:-1] + b"\x01"
    server.asked.clear()
    path = await shelf.download(offered(server, model | {"model.safetensors": other}), lambda told: None, Gate())
    assert (path / "model.safetensors").read_bytes() == other
    assert server.ranges("hub/model.safetensors") == [None]


async def test_there_is_room_or_there_is_no_start(
    server: DownloadServer, model: dict[str, bytes], tmp_path: Path
) -> None:
    shelf = store(tmp_path, TransferLimits(spare_bytes=2**60))
    with pytest.raises(ModelUnusable, match="no room for Tiny"):
        await shelf.download(offered(server, model), lambda told: None, Gate())
    assert server.asked == []


async def test_a_store_that_can_not_be_used_is_a_sentence(
    server: DownloadServer, model: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "store").write_text("a file")
    events: list[Any] = []
    shelf, entry = store(tmp_path), offered(server, model)
    with pytest.raises(ModelUnusable, match="Tiny can't be kept in") as refusal:
        await shelf.download(entry, lambda told: None, Gate())
    assert refusal.value.exit_code is ExitCode.MODEL_UNUSABLE and refusal.value.hint
    # Whoever asked an engine for it hears the same, instead of waiting for ever.
    downloads = Downloads(shelf, tmp_path, (catalogue(tmp_path / "c.json", entry),), events.append, asks=False)
    downloads.handle(DownloadCommand(name="tiny"))
    async with asyncio.timeout(30):
        while not events:
            await asyncio.sleep(0)
    assert events[0].code == "model_unusable" and "can't be kept in" in events[0].message


@pytest.mark.parametrize(
    ("kind", "files", "word"),
    [
        ("model", {"a.gguf": b"<html>not found</html>"}, "not a GGUF"),
        ("model", {"a.gguf": b"GGUF\x03\0\0\0" + b"\xff" * 16}, "claims"),
        ("model", {"config.json": b"{", "tokenizer.json": b"{}", "model.safetensors": b"x"}, "not JSON"),
        ("model", {"config.json": CONFIG, "tokenizer.json": b"{}", "model.safetensors": b"\x80\x04"}, "safetensors"),
        ("adapter", {"adapter_config.json": b"{}", "adapter_model.safetensors": b"\x80\x04."}, "safetensors"),
    ],
)  # fmt: skip
async def test_what_has_the_right_hash_and_is_no_model_is_refused(
    server: DownloadServer, tmp_path: Path, kind: str, files: dict[str, bytes], word: str
) -> None:
    shelf, entry = store(tmp_path), offered(server, files, kind=kind)
    with pytest.raises(ModelUnusable, match=word):
        await shelf.download(entry, lambda told: None, Gate())
    assert shelf.status(entry) == ("absent", 0)


async def test_a_gated_model_asks_for_a_token_before_it_asks_the_hub(
    server: DownloadServer, model: dict[str, bytes], tmp_path: Path
) -> None:
    shelf, entry = store(tmp_path), offered(server, model, gated=True)
    with pytest.raises(ModelUnusable, match="people with an account"):
        await shelf.download(entry, lambda told: None, Gate())
    assert server.asked == []
    path = await shelf.download(entry, lambda told: None, Gate(), "hf_secret")
    assert {one.headers["authorization"] for one in server.asked} == {"Bearer hf_secret"}
    assert not any(b"hf_secret" in file.read_bytes() for file in path.iterdir())


async def test_two_at_once_download_once(server: DownloadServer, model: dict[str, bytes], tmp_path: Path) -> None:
    entry, told = offered(server, model), list[Progress]()
    server.slowly = 0.02
    stores = [store(tmp_path), store(tmp_path)]
    paths = await asyncio.gather(*(shelf.download(entry, told.append, Gate()) for shelf in stores))
    assert paths[0] == paths[1]
    assert len(server.asked) == len(model)
    assert "waiting" in {one.state for one in told}


def test_what_a_killed_process_left_of_something_new_is_removed(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = tmp_path / "store" / "drafts" / f"new-{ended.pid}-0011-Tiny"
    left.mkdir(parents=True)
    mine = store(tmp_path).new_draft("Mine")
    assert store(tmp_path).new_draft("Other").exists()
    assert mine.exists()
    assert not left.exists()


# --- the command -----------------------------------------------------------------------------------------------------


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "r3mes_engine", "models", *arguments]


def test_a_killed_download_is_gone_on_with(server: DownloadServer, model: dict[str, bytes], tmp_path: Path) -> None:
    entry = offered(server, model)
    arguments = ["Tiny", "--state-dir", str(tmp_path / "s"), "--catalogue", str(catalogue(tmp_path / "c.json", entry))]
    server.always["hub/model.safetensors"] = Fault(stall_after=400_000)
    killed = subprocess.Popen(command("download", *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    part = tmp_path / "s" / "store" / "drafts" / "model-Tiny" / f"model.safetensors{PART}"
    deadline = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size == 400_000):
        assert time.monotonic() < deadline
        assert killed.poll() is None, killed.communicate()
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    server.always.clear()
    done = subprocess.run(command("download", *arguments, "--json"), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert Path(last["path"], "model.safetensors").read_bytes() == model["model.safetensors"]
    assert server.ranges("hub/model.safetensors") == [None, "bytes=400000-"]


def test_the_commands_from_list_to_remove(
    server: DownloadServer, model: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = offered(server, model, memory_mb={"bf16": 2048}, context_tokens=512)
    common = ["--state-dir", str(tmp_path / "s"), "--catalogue", str(catalogue(tmp_path / "c.json", entry))]

    def run(*arguments: str) -> tuple[int, str]:
        code = main(["models", *arguments, *common])
        said = capsys.readouterr()
        return code, said.out + said.err

    code, said = run("list")
    assert code == 0
    assert "Tiny  (model, 600.1 kB, MIT, 512 tokens): not downloaded; needs bf16 2.0 GiB" in said
    assert "SmolLM2-135M-Instruct  (model, 98.4 MB, Apache-2.0, 8192 tokens): embedded" in said
    assert run("verify", "tiny")[0] == ExitCode.MODEL_UNUSABLE
    code, said = run("download", "tiny")
    assert code == 0
    assert "Tiny is in" in said
    assert run("verify", "tiny") == (0, "Tiny is whole.\nTiny: checking config.json\n")
    (tmp_path / "s" / "store" / "models" / "Tiny" / "config.json").write_text("{}")
    assert run("list")[1].count("Tiny  (model, 600.1 kB, MIT, 512 tokens): not downloaded")
    assert "Fetched again: config.json." in run("repair", "tiny")[1]
    code, said = run("list", "--json")
    documents = {line["name"]: line for line in map(json.loads, said.splitlines())}
    assert documents["Tiny"]["status"] == "downloaded"
    assert "Tiny was removed." in run("remove", "tiny")[1]
    assert run("remove", "SmolLM2-135M-Instruct")[0] == ExitCode.MODEL_UNUSABLE
    assert run("verify", "SmolLM2-135M-Instruct")[0] == 0
    code, said = run("download", "nothing", "--json")
    assert code == ExitCode.MODEL_UNUSABLE
    assert json.loads(said)["code"] == "model_unknown"


def test_add_writes_down_what_it_saw(
    server: DownloadServer, model: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offered(server, model)
    state = ["--state-dir", str(tmp_path)]
    urls = [server.url(f"hub/{name}") for name in model]
    assert main(["models", "add", *urls, "--name", "Mine", "--licence", "MIT", *state]) == 0
    entry = entry_named(read_catalogues(tmp_path / "catalogue.json"), "mine")
    assert {file.name: file.sha256 for file in entry.files} == {
        name: hashlib.sha256(data).hexdigest() for name, data in model.items()
    }
    assert main(["models", "verify", "mine", *state]) == 0
    capsys.readouterr()
    for arguments, code, word in (
        ([*urls, "--name", "Mine"], ExitCode.USAGE, "already"),
        (urls, ExitCode.USAGE, "needs a name"),
        (urls[:1], ExitCode.USAGE, "not a whole model"),
        ([server.url("hub/pytorch_model.bin")], ExitCode.MODEL_UNUSABLE, "only safetensors and GGUF"),
        (["http://example.org/a.gguf"], ExitCode.USAGE, "https"),
        ([server.url("hub/none.gguf")], ExitCode.MODEL_UNUSABLE, "does not have it"),
    ):
        assert main(["models", "add", *arguments, *state]) == code
        assert word in capsys.readouterr().err
    assert not list((tmp_path / "store" / "drafts").iterdir())


def test_ctrl_c_pauses(server: DownloadServer, model: dict[str, bytes], tmp_path: Path) -> None:
    entry = offered(server, model)
    arguments = ["Tiny", "--state-dir", str(tmp_path / "s"), "--catalogue", str(catalogue(tmp_path / "c.json", entry))]
    server.always["hub/model.safetensors"] = Fault(stall_after=400_000)
    arrived = threading.Event()
    server.on_piece = arrived.set
    process = subprocess.Popen(command("download", *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with contextlib.ExitStack() as stack:
        stack.callback(process.kill)
        part = tmp_path / "s" / "store" / "drafts" / "model-Tiny" / f"model.safetensors{PART}"
        deadline = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"goes on where this one stopped" in said
    assert b"Traceback" not in said


def test_a_token_comes_from_stdin_and_is_said_nowhere(
    server: DownloadServer, model: dict[str, bytes], tmp_path: Path
) -> None:
    entry = offered(server, model, gated=True)
    arguments = ["Tiny", "--state-dir", str(tmp_path / "s"), "--catalogue", str(catalogue(tmp_path / "c.json", entry))]
    server.faults["hub/config.json"] = [Fault(status=500)]
    done = subprocess.run(
        command("download", *arguments, "--token-stdin"), input=b"hf_secret\n", capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert b"hf_secret" not in done.stdout + done.stderr
    assert {one.headers["authorization"] for one in server.asked} == {"Bearer hf_secret"}


# --- a serving engine ----------------------------------------------------------------------------------------------


def states(engine: Any, name: str) -> list[str]:
    return [event.state for event in engine.all("download") if event.name == name]


def test_an_engine_downloads_the_model_it_is_to_serve(
    server: DownloadServer, model: dict[str, bytes], start_engine: Any, tmp_path: Path
) -> None:
    """It is no model that could answer, so the engine ends after it has downloaded and looked at it."""
    entry = offered(server, model)
    server.faults["hub/model.safetensors"] = [Fault(stall_after=400_000)]
    engine = start_engine(
        "--model", "tiny", "--catalogue", str(catalogue(tmp_path / "c.json", entry)), backend="transformers"
    )
    part = tmp_path / "state" / "store" / "drafts" / "model-Tiny" / f"model.safetensors{PART}"
    # Nothing tells of the file itself, so it is looked for.
    deadline = time.monotonic() + 30
    while not part.exists():
        assert time.monotonic() < deadline, engine.stderr
        time.sleep(0.02)
    engine.command(cmd="pause_download", name="Tiny")
    engine.wait(lambda: "paused" in states(engine, "Tiny"), "a pause")
    paused = next(event for event in engine.all("download") if event.state == "paused")
    assert (paused.total_bytes, paused.bytes_per_second) == (entry.size, 0)
    engine.command(cmd="cancel_download", name="Tiny")
    assert engine.exit_code() == ExitCode.MODEL_UNUSABLE
    assert "cancelled" in engine.event("error").message
    assert states(engine, "Tiny")[-1] == "cancelled"


def start_gated(
    server: DownloadServer, model: dict[str, bytes], start_engine: Any, tmp_path: Path, *more: str, **entry: Any
) -> Any:
    listed = catalogue(tmp_path / "c.json", offered(server, model, **entry))
    return start_engine("--model", "tiny", "--catalogue", str(listed), *more, backend="transformers")


def test_a_gated_model_waits_for_its_token(
    server: DownloadServer, model: dict[str, bytes], start_engine: Any, tmp_path: Path
) -> None:
    engine = start_gated(server, model, start_engine, tmp_path, "--ask-for-token", gated=True)
    engine.wait(lambda: states(engine, "Tiny") == ["token_needed"], "a question")
    assert server.asked == [] and engine.all("download")[0].message == ""
    server.always["hub/config.json"] = Fault(status=401)
    engine.command(cmd="download", name="tiny", token="hf_wrong")
    engine.wait(lambda: states(engine, "Tiny").count("token_needed") >= 2, "the question again")
    assert "does not take the token (status 401)" in engine.all("download")[-1].message
    assert engine.event("error").code == "permission_needed"
    server.always.clear()
    engine.command(cmd="download", name="tiny", token="hf_secret")
    engine.wait(lambda: "done" in states(engine, "Tiny"), "the whole")
    assert server.asked[-1].headers["authorization"] == "Bearer hf_secret"
    assert engine.process.wait(60) == ExitCode.MODEL_UNUSABLE, "it is no model that could answer"
    told = engine.stderr + str(engine.events)
    assert "hf_wrong" not in told and "hf_secret" not in told


def test_a_hub_that_begins_to_ask_is_answered_too(
    server: DownloadServer, model: dict[str, bytes], start_engine: Any, tmp_path: Path
) -> None:
    """The catalogue does not know that it is gated."""
    server.always["hub/model.safetensors"] = Fault(status=403)
    engine = start_gated(server, model, start_engine, tmp_path, "--ask-for-token")
    engine.wait(lambda: states(engine, "Tiny")[-1:] == ["token_needed"], "a question")
    told = engine.all("download")[-1]
    assert "asks for permission (status 403)" in told.message and 0 < told.done_bytes < told.total_bytes
    engine.command(cmd="cancel_download", name="tiny")
    assert engine.exit_code() == ExitCode.MODEL_UNUSABLE
    assert states(engine, "Tiny")[-1] == "cancelled"
    assert not (tmp_path / "state" / "store" / "drafts" / "model-Tiny").exists()


def test_without_anybody_to_ask_a_gated_model_is_a_sentence(
    server: DownloadServer, model: dict[str, bytes], start_engine: Any, tmp_path: Path
) -> None:
    engine = start_gated(server, model, start_engine, tmp_path, gated=True)
    assert engine.exit_code() == ExitCode.MODEL_UNUSABLE
    assert "--token-stdin" in engine.event("error").hint and server.asked == []


def test_an_engine_that_serves_downloads_beside(server: DownloadServer, start_engine: Any, tmp_path: Path) -> None:
    weights = tmp_path / "w.safetensors"
    save_file({"w": numpy.zeros((4, 4), numpy.float32)}, weights)
    files = {"adapter_config.json": b"{}", "adapter_model.safetensors": weights.read_bytes()}
    entry = offered(server, files, kind="adapter", gated=True)
    server.always["hub/adapter_config.json"] = Fault(stall_after=1)
    engine = start_engine("--catalogue", str(catalogue(tmp_path / "c.json", entry)), "--model", "builtin")
    engine.event("ready")
    for command, code in (("pause_download", "no_download"), ("download", "permission_needed")):
        before = len(engine.all("error"))
        engine.command(cmd=command, name="Tiny")
        engine.wait(lambda before=before: len(engine.all("error")) > before, command)
        assert engine.all("error")[-1].code == code
    engine.command(cmd="download", name="tiny", token="hf_secret")
    engine.wait(lambda: "downloading" in states(engine, "Tiny"), "a start")
    engine.command(cmd="pause_download", name="tiny")
    engine.wait(lambda: "paused" in states(engine, "Tiny"), "a pause")
    engine.command(cmd="cancel_download", name="tiny")
    engine.wait(lambda: states(engine, "Tiny")[-1] == "cancelled", "an end")
    server.always.clear()
    engine.command(cmd="download", name="TINY", token="hf_secret")
    engine.wait(lambda: states(engine, "Tiny")[-1] == "done", "the whole")
    done = engine.all("download")[-1]
    assert (Path(done.path) / "adapter_config.json").read_bytes() == b"{}"
    assert "hf_secret" not in engine.stderr
    engine.command(cmd="stop")
    assert engine.exit_code() == ExitCode.OK
