from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from r3mes_engine.models.memory_plan import ModelShape, memory_plan
from r3mes_engine.models.source import package_file
from r3mes_engine.store.catalogue import (
    CatalogueUnusable,
    bundled_catalogue,
    entry_named,
    is_allowed_url,
    is_file_name,
    read_catalogue,
    read_catalogues,
    write_catalogue,
)
from r3mes_engine.store.file_download import file_matches
from r3mes_protocol.exit_codes import ExitCode

HASH = "ab" * 32


def entry(**changes: Any) -> dict[str, Any]:
    file = {"name": "a.gguf", "url": "https://hub.example/a.gguf", "size": 5, "sha256": HASH}
    return {"name": "a", "licence": "MIT", "files": [file], **changes}


def a_file(**changes: Any) -> dict[str, Any]:
    return {"name": "a.gguf", "url": "https://hub.example/a.gguf", "size": 5, "sha256": HASH, **changes}


def written(path: Path, *entries: dict[str, Any], **more: Any) -> Path:
    path.write_text(json.dumps({"format": 1, "entries": entries, **more}))
    return path


def test_the_bundled_catalogue_is_what_it_promises() -> None:
    entries = read_catalogue(bundled_catalogue()).entries
    assert len(entries) >= 5
    for one in entries:
        assert one.licence in ("Apache-2.0", "MIT"), one.name
        assert set(one.memory_mb) == {"fp32", "bf16", "int8", "nf4"}
        assert list(one.memory_mb.values()) == sorted(one.memory_mb.values(), reverse=True)
        assert one.context_tokens
        for file in one.files:
            # A hub's address names the version, so that the file behind it can't become another one.
            assert one.package or "/resolve/main/" not in str(file.url)


def test_the_embedded_model_is_the_one_in_the_catalogue() -> None:
    one = entry_named(read_catalogues(Path("/nowhere")), "smollm2-135m-instruct")
    assert one.package is not None
    assert file_matches(package_file(one.package, one.files[0].name), one.files[0])


def test_memory_needs_are_the_memory_plans() -> None:
    one = entry_named(read_catalogues(Path("/nowhere")), "Qwen2.5-0.5B-Instruct")
    shape = ModelShape(494_032_768, 494_032_768 - 151_936 * 896, 24, 2, 64, 896, 151_936, 2048)
    for kind, megabytes in one.memory_mb.items():
        for megabyte, fits in ((megabytes, True), (megabytes - 1, False)):
            plan = memory_plan(
                shape, memory=megabyte << 20, device="cuda", native="fp32" if kind == "fp32" else "bf16", wanted=kind,
                concurrency=1, adapters=0,
            )  # fmt: skip
            assert plan.fits is fits, kind


WRONG = {
    "no files": entry(files=[]),
    "unknown field": entry(colour="red"),
    "a name that is a path": entry(name="../a"),
    "a name that is a device": entry(name="con"),
    "an empty name": entry(name=""),
    "no licence": {key: value for key, value in entry().items() if key != "licence"},
    "a size that is text": entry(files=[a_file(size="5")]),
    "no bytes": entry(files=[a_file(size=0)]),
    "too many bytes": entry(files=[a_file(size=2**50)]),
    "half a hash": entry(files=[a_file(sha256="ab")]),
    "a hash in capitals": entry(files=[a_file(sha256=HASH.upper())]),
    "http": entry(files=[a_file(url="http://hub.example/a.gguf")]),
    "a password": entry(files=[a_file(url="https://me:word@hub.example/a.gguf")]),
    "no url": entry(files=[{key: value for key, value in a_file().items() if key != "url"}]),
    "pickle": entry(files=[a_file(name="pytorch_model.bin")]),
    "a pickle beside": entry(files=[a_file(), a_file(name="x.pt")]),
    "a path": entry(files=[a_file(name="../a.gguf")]),
    "a folder": entry(files=[a_file(name="a/b.gguf")]),
    "hidden": entry(files=[a_file(name=".a.gguf")]),
    "a device": entry(files=[a_file(name="nul.gguf")]),
    "two of a name": entry(files=[a_file(name="A.gguf"), a_file()]),
    "two GGUF files": entry(files=[a_file(), a_file(name="b.gguf")]),
    "no weights": entry(files=[a_file(name="config.json")]),
    "no config": entry(files=[a_file(name="model.safetensors")]),
    "half an adapter": entry(kind="adapter", files=[a_file(name="adapter_config.json")]),
    "another kind": entry(kind="program"),
    "memory of another kind": entry(memory_mb={"fp64": 5}),
    "impossible sampling": entry(sampling={"temperature": -1, "top_p": 1}),
    "a package that is a path": entry(package="os.path", files=[a_file(url=None)]),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_with_a_catalogue_is_said(tmp_path: Path, wrong: dict[str, Any]) -> None:
    path = written(tmp_path / "own.json", entry(name="fine"), wrong)
    with pytest.raises(CatalogueUnusable) as refusal:
        read_catalogue(path)
    assert refusal.value.exit_code is ExitCode.CONFIGURATION
    assert str(path) in refusal.value.message
    assert refusal.value.hint


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"format": 2, "entries": []}', b'{"format": 1}', b"[" * 100_000, b"null",
     b'{"format": 1, "entries": [NaN]}'],
)  # fmt: skip
def test_what_is_no_catalogue_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "own.json").write_bytes(data)
    with pytest.raises(CatalogueUnusable):
        read_catalogue(tmp_path / "own.json")


def test_catalogues_add_up_and_never_contradict(tmp_path: Path) -> None:
    own, more = written(tmp_path / "own.json", entry()), written(tmp_path / "more.json", entry(), entry(name="b"))
    assert {"a", "b", "qwen3-0.6b"} <= set(read_catalogues(own, [more]))
    written(more, entry(licence="GPL-3.0"))
    with pytest.raises(CatalogueUnusable, match="something else"):
        read_catalogues(own, [more])
    written(own, entry(), entry(name="A"))
    with pytest.raises(CatalogueUnusable, match="twice"):
        read_catalogues(own)
    with pytest.raises(CatalogueUnusable, match="can't be read"):
        read_catalogues(tmp_path / "none.json", [tmp_path / "missing.json"])
    with pytest.raises(CatalogueUnusable) as refusal:
        entry_named({}, "nothing")
    assert refusal.value.exit_code is ExitCode.MODEL_UNUSABLE


def test_a_written_catalogue_reads_the_same(tmp_path: Path) -> None:
    entries = read_catalogue(bundled_catalogue()).entries
    write_catalogue(tmp_path / "new" / "own.json", entries)
    assert read_catalogue(tmp_path / "new" / "own.json").entries == entries


def test_addresses_and_file_names() -> None:
    assert all(
        map(is_allowed_url, ("https://a.example/x", "http://127.0.0.1:8/x", "http://localhost/x", "http://[::1]/"))
    )
    refused = ("http://a.example/", "ftp://a.example/", "file:///x", "", "https://", "https://a b/", "https://[/x")
    assert not any(map(is_allowed_url, refused))
    assert all(
        map(is_file_name, ("model-00001-of-00002.safetensors", "tokenizer.json", "a.gguf", "chat_template.jinja"))
    )
    assert not any(
        map(is_file_name, ("a.bin", "a.py", "a", "", "a.gguf.", "a\n.gguf", "a b.gguf", "aux.json", "ü.json"))
    )
