"""Every malformed model, adapter and request is refused with its code, and the engine goes on serving."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import pytest
from gguf import GGMLQuantizationType, GGUFWriter
from malformed_corpus import (
    Files,
    malformed_adapters,
    malformed_folders,
    malformed_gguf,
    malformed_requests,
    malformed_safetensors,
)
from safetensors.numpy import save_file

from r3mes_engine.adapters.folder import AdapterUnusable, LayerSize, check_adapter
from r3mes_engine.errors import ModelUnusable
from r3mes_engine.models.folder import check_folder
from r3mes_engine.models.gguf_file import check_gguf
from r3mes_engine.models.safetensors_file import check_safetensors
from r3mes_engine.models.source import checked_model
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.limits import MAX_JOB_BYTES
from r3mes_protocol.messages import Done, Failed, FailureCode
from r3mes_protocol.wire import is_finite, refuse_constants

REFUSALS = (FailureCode.INVALID_REQUEST, FailureCode.MODEL_NOT_FOUND, FailureCode.ADAPTER_NOT_FOUND)
SIZES = {f"model.layers.{layer}.self_attn.q_proj": LayerSize(16, 16) for layer in range(2)}


@pytest.fixture(scope="module")
def whole_gguf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "whole.gguf"
    writer = GGUFWriter(path, "llama")
    writer.add_token_list(["<s>", "</s>"])
    writer.add_chat_template("{{ messages }}")
    writer.add_tensor("token_embd.weight", numpy.zeros((4, 8), numpy.float32))
    writer.add_tensor("blk.0.q", numpy.zeros((2, 18), numpy.uint8), raw_dtype=GGMLQuantizationType.Q4_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    check_gguf(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def whole_folder(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("whole")
    save_file({"w": numpy.ones((4, 2), numpy.float32), "v": numpy.ones(3, numpy.float32)}, folder / "model.safetensors")
    (folder / "config.json").write_text('{"model_type": "llama"}')
    (folder / "tokenizer.json").write_text("{}")
    check_folder(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def whole_adapter(make_adapter: Any, tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = make_adapter(tmp_path_factory.mktemp("whole") / "a", SIZES, targets=("q_proj",))
    check_adapter(folder, SIZES, "Base-1B")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def laid_out(folder: Path, files: Files) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def refused(check: Any, path: Path, name: str) -> None:
    try:
        check(path)
    except ModelUnusable as refusal:
        assert refusal.exit_code is ExitCode.MODEL_UNUSABLE, name
        assert str(path) in refusal.message, name
        assert refusal.message.endswith(".") and refusal.hint, name
        return
    pytest.fail(f"{name} was taken for a model")


def test_malformed_models_are_refused_before_they_are_loaded(
    whole_gguf: bytes, whole_folder: Files, tmp_path: Path
) -> None:
    count = 0
    for count, (name, data) in enumerate(malformed_gguf(whole_gguf), 1):
        path = tmp_path / f"{count}.gguf"
        path.write_bytes(data)
        refused(check_gguf, path, f"GGUF: {name}")
    ggufs = count
    for count, (name, data) in enumerate(malformed_safetensors(whole_folder["model.safetensors"]), 1):
        path = tmp_path / f"{count}.safetensors"
        path.write_bytes(data)
        refused(check_safetensors, path, f"safetensors: {name}")
    weights = count
    for count, (name, files) in enumerate(malformed_folders(whole_folder), 1):
        refused(check_folder, laid_out(tmp_path / str(count), files), f"folder: {name}")
    print(f"{ggufs} GGUF files, {weights} safetensors files, {count} folders")
    assert (ggufs > 80, weights > 80, count > 45, ggufs + weights + count >= 200) == (True,) * 4


@pytest.mark.parametrize("wanted", ["x" * 5000, "a/" * 3000, "~nobody-here/model", "a\0b", "", "/dev/null", "no\nname"])
def test_what_is_no_path_of_a_model_is_a_sentence(wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelUnusable) as refusal:
        checked_model(wanted)
    assert refusal.value.hint
    assert len(refusal.value.message) < 6000


def test_malformed_adapters_are_refused_before_they_are_loaded(whole_adapter: Files, tmp_path: Path) -> None:
    config = json.loads(whole_adapter["adapter_config.json"])
    count = 0
    for count, (name, files) in enumerate(malformed_adapters(whole_adapter, config), 1):
        folder = laid_out(tmp_path / str(count), files)
        try:
            check_adapter(folder, SIZES, "Base-1B")
        except AdapterUnusable as refusal:
            assert str(refusal).endswith("."), name
        else:
            pytest.fail(f"adapter: {name} was taken")
    print(f"{count} adapters")
    assert count >= 200


def test_malformed_requests_are_refused_and_the_engine_goes_on(start_engine: Any, gateway: Any) -> None:
    """On loopback, and those that are objects as jobs of the gateway too."""
    engine = start_engine("--scripted-tokens", "1", "--scripted-tokens-per-second", "0", gateway=gateway.url)
    model = engine.event("ready").model
    fine = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
    count = 0
    with engine.client() as client:
        for count, (name, body) in enumerate(malformed_requests(model), 1):
            answer = client.post("/v1/chat/completions", content=body, headers={"content-type": "application/json"})
            assert 400 <= answer.status_code < 500, (name, answer.status_code, answer.text[:200])
            error = answer.json()["error"]
            assert error["code"] and error["message"] and error["type"], name
            assert "Traceback" not in answer.text, name
            if count % 20 == 0:
                assert client.post("/v1/chat/completions", json=fine).status_code == 200, name
        assert client.post("/v1/chat/completions", json=fine).status_code == 200
        assert client.get("/health").json()["active"] == 0
    session, jobs = gateway.session(), {}
    for name, data in malformed_requests(model):
        try:
            refuse_constants(data)
            body = json.loads(data.decode())
        except (ValueError, RecursionError):
            continue
        # A gateway knows what goes beyond a frame, and what is no number.
        if isinstance(body, dict) and len(data) < MAX_JOB_BYTES // 2 and is_finite(body):
            jobs[name] = session.job(**{"messages": None, "model": None, **body})
        if len(jobs) % 20 == 0:
            assert isinstance(session.terminal(session.job(**fine)), Done), name
    for name, job_id in jobs.items():
        refusal = session.terminal(job_id)
        assert isinstance(refusal, Failed) and refusal.code in REFUSALS and refusal.message, (name, refusal)
        assert len(session.terminals[job_id]) == 1 and not session.frames.get(job_id), name
    assert isinstance(session.terminal(session.job(**fine)), Done)
    print(f"{count} requests, {len(jobs)} jobs")
    assert count >= 200 and len(jobs) >= 180
    assert "Traceback" not in engine.stderr
    assert engine.process.poll() is None


def test_an_engine_ends_with_11_for_them(
    start_engine: Any, whole_gguf: bytes, whole_folder: Files, tmp_path: Path
) -> None:
    """A sample by whole processes."""
    cases = dict(malformed_gguf(whole_gguf))
    folders = dict(malformed_folders(whole_folder))
    gguf = tmp_path / "a.gguf"
    gguf.write_bytes(cases["a tensor of a place beyond the end"])
    for path in (gguf, laid_out(tmp_path / "pickled", folders["pickled pytorch_model.bin"])):
        engine = start_engine("--model", str(path), backend="transformers")
        assert engine.exit_code() == ExitCode.MODEL_UNUSABLE
        assert str(path) in engine.event("error").message
