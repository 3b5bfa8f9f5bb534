"""Malformed models, adapters and requests, made from whole ones. Each is wrong in one way, which its name tells."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

Files = dict[str, bytes]

DEEP = b"[" * 100_000
HUGE = 2**63 - 1


def cuts(whole: bytes, count: int) -> Iterator[tuple[str, bytes]]:
    """What is left of a file whose end never came, at `count` places all over it."""
    for number in range(1, count + 1):
        size = len(whole) * number // (count + 1)
        yield f"{size} of {len(whole)} bytes", whole[:size]


# --- safetensors ---------------------------------------------------------------------------------------------------


def safetensors(header: Any, body: bytes, *, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + body


def taken_apart(whole: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(whole[:8], "little")
    return json.loads(whole[8 : 8 + length]), whole[8 + length :]


def malformed_safetensors(whole: bytes) -> Iterator[tuple[str, bytes]]:
    header, body = taken_apart(whole)
    first = next(name for name in header if name != "__metadata__")

    def with_entry(**changes: Any) -> bytes:
        return safetensors({**header, first: {**header[first], **changes}}, body)

    for size in (0, 1, 7, 8, 9, 20, len(whole) // 2, len(whole) - 1):
        yield f"cut after {size} bytes", whole[:size]
    yield from cuts(whole, 20)
    yield "a byte too much", whole + b"\0"
    for field in header[first]:
        entry = {name: value for name, value in header[first].items() if name != field}
        yield f"a tensor without {field}", safetensors({**header, first: entry}, body)
    for length in (0, 1, 100_000_001, HUGE, 2**64 - 1, len(whole)):
        yield f"a header of {length} bytes", safetensors(header, body, length=length)
    for name, text in (
        ("empty", b""),
        ("spaces", b"        "),
        ("null", b"null    "),
        ("a list", b"[]      "),
        ("a number", b"1e999   "),
        ("no JSON", b"{'a': 1}"),
        ("half", json.dumps(header).encode()[:-1]),
        ("not UTF-8", b'{"\xff\xfe": 1}'),
        ("deep", DEEP),
        ("no tensors", b"{}      "),
        ("metadata alone", b'{"__metadata__": {}}'),
    ):
        yield f"a header that is {name}", safetensors(text, body)
    start, stop = header[first]["data_offsets"]
    for offsets in (
        [stop, start],
        [start, HUGE],
        [-8, stop],
        [start + 4, stop + 4],
        [start, stop - 4],
        [start],
        [],
        [start, stop, 0],
        None,
        "0,8",
        [str(start), str(stop)],
        [float(start), float(stop)],
        [True, stop],
    ):
        yield f"offsets {offsets}", with_entry(data_offsets=offsets)
    shape = header[first]["shape"]
    for other in ([*shape, 2], [HUGE, HUGE], [-1], [0], ["1"], None, 5, [1.5], [[1]], [2**40] * 40):
        yield f"a shape of {str(other)[:40]}", with_entry(shape=other)
    for dtype in ("F16", "F64", "I4", "f32", "", None, 5, ["F32"], "PICKLE"):
        yield f"numbers of the kind {dtype}", with_entry(dtype=dtype)
    for entry in (None, [], "x", 5, {}):
        yield f"a tensor that is {entry!r}", safetensors({**header, first: entry}, body)
    yield "two tensors in one place", safetensors({**header, "again": header[first]}, body)
    yield "a gap", safetensors(header, body + bytes(16))
    for name, data in FOREIGN.items():
        yield name, data


FOREIGN = {
    "a pickle": b"\x80\x04\x95\x0b\0\0\0\0\0\0\0\x8c\x02os\x94\x8c\x06system\x94\x93\x94.",
    "an archive": b"PK\x03\x04" + bytes(60),
    "a page": b"<!doctype html><title>404</title>" * 4,
    "a pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"ab" * 32 + b"\nsize 98362432\n",
    "zeros": bytes(4096),
    "ones": b"\xff" * 4096,
}


# --- GGUF ----------------------------------------------------------------------------------------------------------


def text(value: str | bytes) -> bytes:
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(data)) + data


def malformed_gguf(whole: bytes) -> Iterator[tuple[str, bytes]]:
    def header(*, magic: bytes = b"GGUF", version: int = 3, tensors: int = 1, entries: int = 0) -> bytes:
        return magic + struct.pack("<IQQ", version, tensors, entries)

    def put(place: int, layout: str, value: int) -> bytes:
        return whole[:place] + struct.pack(layout, value) + whole[place + struct.calcsize(layout) :]

    for size in (0, 3, 4, 8, 15, 16, 23, 24, 40, len(whole) // 2, len(whole) * 3 // 4):
        yield f"cut after {size} bytes", whole[:size]
    # Behind the last tensor lies padding, which nobody misses.
    yield from cuts(whole[:-64], 20)
    for magic in (b"GGML", b"GGJT", b"gguf", b"FUGG", bytes(4)):
        yield f"the magic {magic!r}", magic + whole[4:]
    for version in (0, 1, 4, 3 << 24, 2**32 - 1):
        yield f"version {version}", put(4, "<I", version)
    for tensors in (0, 3, 100_001, 2**40, 2**64 - 1):
        yield f"{tensors} tensors", put(8, "<Q", tensors)
    for entries in (0, 1, 99, 100_001, 2**40, 2**64 - 1):
        yield f"{entries} entries", put(16, "<Q", entries)
    for length in (2**20, 2**32, 2**63, 2**64 - 1):
        yield f"a key of {length} bytes", header(entries=1) + struct.pack("<Q", length) + bytes(64)
        yield f"a text of {length} bytes", header(entries=1) + text("a") + struct.pack("<IQ", 8, length) + bytes(64)
        yield (
            f"a list of {length} texts",
            header(entries=1) + text("a") + struct.pack("<IIQ", 9, 8, length) + bytes(64),
        )
        yield (
            f"a list of {length} numbers",
            header(entries=1) + text("a") + struct.pack("<IIQ", 9, 10, length) + bytes(64),
        )
    for kind in (13, 99, 2**32 - 1):
        yield f"a value of kind {kind}", header(entries=1) + text("a") + struct.pack("<I", kind) + bytes(64)
        yield f"a list of kind {kind}", header(entries=1) + text("a") + struct.pack("<IIQ", 9, kind, 2) + bytes(64)
    yield "lists in lists", header(entries=1) + text("a") + struct.pack("<IIQ", 9, 9, 2) + bytes(64)
    for alignment in (0, 3, 2**31):
        entry = text("general.alignment") + struct.pack("<II", 4, alignment)
        yield f"an alignment of {alignment}", header(entries=1) + entry + bytes(64)
    for name, tensor in (
        ("no dimensions", struct.pack("<I", 0)),
        ("five dimensions", struct.pack("<I5QIQ", 5, 1, 1, 1, 1, 1, 0, 0)),
        ("2**32 dimensions", struct.pack("<I", 2**32 - 1)),
        ("no elements", struct.pack("<IQIQ", 1, 0, 0, 0)),
        ("too many elements", struct.pack("<I4QIQ", 4, 2**16, 2**16, 2**16, 2**16, 0, 0)),
        ("elements beyond counting", struct.pack("<I4QIQ", 4, HUGE, HUGE, HUGE, HUGE, 0, 0)),
        ("half a block", struct.pack("<IQIQ", 1, 31, 2, 0)),
        ("an unknown kind", struct.pack("<IQIQ", 1, 32, 250, 0)),
        ("an odd place", struct.pack("<IQIQ", 1, 32, 0, 7)),
        ("a place beyond the end", struct.pack("<IQIQ", 1, 32, 0, 2**40)),
    ):
        yield f"a tensor of {name}", header() + text("t") + tensor + bytes(256)
    yield from FOREIGN.items()


# --- folders -------------------------------------------------------------------------------------------------------


def without(files: Files, *names: str) -> Files:
    return {name: data for name, data in files.items() if name not in names}


def malformed_json() -> Iterator[tuple[str, bytes]]:
    yield from (
        ("empty", b""),
        ("a list", b"[]"),
        ("null", b"null"),
        ("half", b'{"model_type": "ll'),
        ("not UTF-8", b'{"a": "\xff"}'),
        ("deep", DEEP),
        ("deep objects", b'{"a":' * 50_000),
        ("binary", bytes(range(256))),
        ("a text", b'"llama"'),
    )


def malformed_folders(files: Files) -> Iterator[tuple[str, Files]]:
    for name in files:
        yield f"no {name}", without(files, name)
    for kind, data in malformed_json():
        for name in ("config.json", "tokenizer.json"):
            yield f"{name} {kind}", {**files, name: data}
    for config in ({}, {"model_type": None}, {"model_type": 5}, {"architectures": ["x"]}):
        yield f"the config {config}", {**files, "config.json": json.dumps(config).encode()}
    for name in ("pytorch_model.bin", "model.pt", "weights.ckpt", "x.pkl", "model.pth"):
        yield f"pickled {name}", {**without(files, "model.safetensors"), name: FOREIGN["a pickle"]}
    index = "model.safetensors.index.json"
    for kind, data in malformed_json():
        yield f"index {kind}", {**files, index: data}
    for shard in (
        "../model.safetensors",
        "/etc/passwd",
        "model.bin",
        "no.safetensors",
        "",
        None,
        5,
        "a/model.safetensors",
    ):
        yield f"a shard called {shard!r}", {**files, index: json.dumps({"weight_map": {"w": shard}}).encode()}
    for weights in ({}, None, [], "x", {"not there": "model.safetensors"}):
        yield f"the weight map {weights}", {**files, index: json.dumps({"weight_map": weights}).encode()}


def malformed_adapters(files: Files, config: dict[str, Any]) -> Iterator[tuple[str, Files]]:
    """`files` are a whole LoRA of rank 4 with this configuration."""
    weights = "adapter_model.safetensors"
    for name in files:
        yield f"no {name}", without(files, name)
    yield "pickled", {**without(files, weights), "adapter_model.bin": FOREIGN["a pickle"]}
    for kind, data in malformed_json():
        yield f"config {kind}", {**files, "adapter_config.json": data}
    for changes in (
        {"peft_type": "IA3"},
        {"peft_type": None},
        {"r": 0},
        {"r": -4},
        {"r": 8},
        {"r": 4.5},
        {"r": "4"},
        {"r": True},
        {"r": 2**40},
        {"r": None},
        {"lora_alpha": "8"},
        {"lora_alpha": None},
        {"lora_alpha": float("nan")},
        {"lora_alpha": float("inf")},
        {"lora_alpha": [8]},
        {"bias": "all"},
        {"use_dora": True},
        {"fan_in_fan_out": True},
        {"modules_to_save": ["lm_head"]},
        {"rank_pattern": {"q_proj": 2}},
        {"alpha_pattern": {"q_proj": 2}},
        {"layers_to_transform": [0]},
        {"trainable_token_indices": [1]},
        {"lora_bias": True},
        {"target_modules": ["nothing"]},
        {"target_modules": ["q_proj", "nothing"]},
        {"target_modules": []},
        {"base_model_name_or_path": "other/Model-70B"},
    ):
        yield f"config {changes}", {**files, "adapter_config.json": json.dumps({**config, **changes}).encode()}
    for kind, data in malformed_safetensors(files[weights]):
        yield f"weights: {kind}", {**files, weights: data}
    for name in ("adapter_config.json", weights):
        for kind, data in cuts(files[name], 12):
            yield f"{name}: {kind}", {**files, name: data}
    for name, wrong in {
        "peft_type": (5, True, [], {}, "", "lora ", "LOHA"),
        "r": ([], {}, "", [4], 0.5, 1e308),
        "lora_alpha": ([], {}, "", True, 1e999, -1e999),
        "target_modules": (5, True, {}, [5], [None], [["q_proj"]], ["q_proj", 5]),
        "use_rslora": ("no", 1, [], {}),
        "bias": (5, True, [], "lora_only", "x"),
    }.items():
        for value in wrong:
            yield f"{name} {value!r}", {**files, "adapter_config.json": json.dumps({**config, name: value}).encode()}
    header, body = taken_apart(files[weights])
    for tensor in [name for name in header if name != "__metadata__"]:
        described = header[tensor]
        for kind, changed in (
            ("is missing", None),
            ("has whole numbers", {**described, "dtype": "I32"}),
            ("has three dimensions", {**described, "shape": [*described["shape"], 1]}),
            ("is flat", {**described, "shape": [described["shape"][0] * described["shape"][1]]}),
            ("has another rank", {**described, "shape": [size + 1 for size in described["shape"]]}),
        ):
            others = {name: value for name, value in header.items() if name != tensor}
            remade = others if changed is None else {**others, tensor: changed}
            yield f"{tensor} {kind}", {**files, weights: safetensors(remade, body)}
    first, second = [name for name in header if name != "__metadata__"][:2]
    for name in (
        "x",
        "",
        "base_model.model.no.such.layer.lora_A.weight",
        first.replace("lora_A", "lora_C"),
        first + ".1",
    ):
        renamed = {name if key == first else key: value for key, value in header.items()}
        yield f"a tensor called {name[:40]!r}", {**files, weights: safetensors(renamed, body)}
    turned = {**header, first: {**header[first], "shape": header[first]["shape"][::-1]}}
    yield "a tensor that lies on its side", {**files, weights: safetensors(turned, body)}
    whole_numbers = {**header, second: {**header[second], "dtype": "I32"}}
    yield "whole numbers", {**files, weights: safetensors(whole_numbers, body)}


# --- requests ------------------------------------------------------------------------------------------------------


def malformed_requests(model: str) -> Iterator[tuple[str, bytes]]:
    message = {"role": "user", "content": "hi"}

    def body(**changes: Any) -> bytes:
        return json.dumps({"model": model, "messages": [message], "max_tokens": 1, **changes}).encode()

    for name, data in malformed_json():
        yield f"a body that is {name}", data
    whole = body()
    for size in (1, len(whole) // 2, len(whole) - 1):
        yield f"cut after {size} bytes", whole[:size]
    yield "two bodies", whole * 2
    yield "NaN", whole.replace(b'"max_tokens": 1', b'"max_tokens": NaN')
    yield "Infinity", whole.replace(b'"max_tokens": 1', b'"temperature": Infinity')
    yield "a number beyond all", whole.replace(b'"max_tokens": 1', b'"temperature": 1e999')
    yield "UTF-16", whole.decode().encode("utf-16")
    yield "a body of two megabytes", body(messages=[{"role": "user", "content": "x" * 2 * 2**20}])
    for messages in (
        None,
        [],
        {},
        "hi",
        5,
        [None],
        ["hi"],
        [[]],
        [{}],
        [{"role": "user", "content": 5}],
        [{"role": "god", "content": "x"}],
        [{"content": "x"}],
        [{"role": "user", "content": {"text": "x"}}],
        [{"role": "user", "content": ["x"]}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]}],
        [{"role": "user", "content": [{"type": "text", "text": 5}]}],
        [message] * 2049,
    ):
        yield f"messages {str(messages)[:60]}", body(messages=messages)
    for name, values in {
        "model": (None, "", 5, "no-such-model", "x" * 1000, ["m"], "../../etc/passwd"),
        "max_tokens": (0, -1, 1.5, "5", True, [1], 2.5e300),
        "temperature": (-1, 2.1, "hot", True, [], {}),
        "top_p": (-0.1, 1.1, "x", True),
        "top_k": (1.5, "5", 10**7, -2, True),
        "min_p": (-1, 2, "x"),
        "n": (0, -1, 2**40, "2", 1.5, True),
        "stream": ("yes", 1, []),
        "stop": (5, [5], [""], ["x"] * 17, ["x" * 257], {}),
        "seed": ("x", 1.5, [], True),
        "logprobs": (1, "yes"),
        "top_logprobs": (21, -1, "5", 5),
        "presence_penalty": (-2.1, 2.1, "x"),
        "frequency_penalty": (-2.1, 2.1, "x"),
        "repetition_penalty": (0, 11, "x", -1),
        "logit_bias": ([], {"x": 1}, {"1": 101}, {"1": "x"}, {"-1": 1}, {"1": True}),
        "response_format": (
            "json",
            [],
            {"type": "xml"},
            {"type": "json_schema"},
            {"type": "json_schema", "json_schema": {}},
        ),
        "tools": ([{"type": "function"}], "x"),
        "stream_options": ("x", 5, {"include_usage": "x"}),
        "continue_final_message": (True, "x"),
        "add_generation_prompt": (False, "x"),
        "adapter": ("nobody", 5, "", "../x", "x" * 1000),
    }.items():
        for value in values:
            yield f"{name} {str(value)[:40]}", body(**{name: value})
    yield from ((name, body(**changes)) for name, changes in values_of_a_wrong_kind())


def values_of_a_wrong_kind() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each parameter with a value of every kind that it does not take."""
    kinds: dict[str, Any] = {"a text": "x", "a list": [[1]], "an object": {"a": {}}, "true": True, "a number": 7.5}
    numbers = (
        *("max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "min_p", "n", "seed"),
        *("presence_penalty", "frequency_penalty", "repetition_penalty", "top_logprobs"),
    )
    flags = ("stream", "logprobs", "continue_final_message", "add_generation_prompt", "ignore_eos")
    takes = {
        **dict.fromkeys(numbers, ("a number",)),
        **dict.fromkeys(flags, ("true",)),
        **dict.fromkeys(("model", "adapter"), ("a text",)),
        **dict.fromkeys(("response_format", "logit_bias", "tools", "messages"), ()),
        "stream_options": ("an object",),
        "stop": ("a text",),
    }
    for name, taken in takes.items():
        for kind, value in kinds.items():
            if kind not in taken:
                yield f"{name} that is {kind}", {name: value}
