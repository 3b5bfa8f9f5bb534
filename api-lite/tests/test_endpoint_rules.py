"""The pure parts of calling endpoints: addresses, names that change, and what a server's words mean."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.accounts.client_address import parse_networks
from r3mes_api.endpoints.address_policy import (
    EndpointRefused,
    check_addresses,
    is_inside,
    is_public,
    parse_endpoint,
)
from r3mes_api.endpoints.answer_reader import AnswerReader, Piece, refusal
from r3mes_api.endpoints.client import PIN_S, PinnedResolver
from r3mes_api.endpoints.token_file import TokenFileError, read_tokens
from r3mes_api.routing.ledger import JobLedger
from r3mes_protocol.frames import FrameKind
from r3mes_protocol.messages import Done, Failed, FailureCode
from r3mes_protocol.wire import JobId

JOB = JobId("00" * 8)

SPECIAL = [
    *("127.0.0.1", "10.0.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
    *("224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fd00::1", "ff02::1"),
    *("::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1", "2002:a00:1::1", "2001:0:1::1", "2001:db8::1", "fec0::1"),
]


@pytest.mark.parametrize("text", SPECIAL)
def test_special_addresses_are_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"])
def test_public_addresses_are(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@given(st.ip_addresses())
def test_nothing_is_public_that_python_knows_to_be_special(address: Any) -> None:
    if is_public(address):
        assert address.is_global
        assert not (address.is_private or address.is_loopback or address.is_multicast or address.is_link_local)
        assert not (address.is_reserved or address.is_unspecified)
        assert getattr(address, "ipv4_mapped", None) is None and getattr(address, "sixtofour", None) is None


@given(st.lists(st.ip_addresses(), min_size=1, max_size=5), st.booleans())
def test_one_forbidden_address_of_a_name_forbids_it(addresses: list[Any], inside_only: bool) -> None:
    networks = parse_networks("10.0.0.0/8, fd00::/8")
    allowed = all(is_inside(a, networks) or (is_public(a) and not inside_only) for a in addresses)
    try:
        check_addresses(addresses, networks, inside_only=inside_only)
    except EndpointRefused:
        assert not allowed
    else:
        assert allowed


@given(st.text(max_size=80) | st.from_regex(r"https?://[a-z0-9.:@\[\]/%?#-]{0,40}", fullmatch=True))
def test_any_text_is_an_endpoint_or_refused(text: str) -> None:
    networks = parse_networks("127.0.0.0/8")
    try:
        url = parse_endpoint(text, networks)
    except EndpointRefused as refused:
        assert str(refused)
        return
    assert url.base.startswith(f"{url.scheme}://") and "@" not in url.base and "?" not in url.base
    assert url.port in (80, 443) or url.port >= 1024
    assert url.address is None or is_public(url.address) or is_inside(url.address, networks)


@given(st.ip_addresses(v=4))
def test_no_spelling_of_an_address_gets_around_the_policy(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    spellings = [
        str(address),
        str(number),
        hex(number),
        f"[::ffff:{address}]",
        ".".join(f"0{part:o}" for part in address.packed),
    ]
    for spelling in spellings:
        try:
            url = parse_endpoint(f"https://{spelling}/v1", ())
        except EndpointRefused:
            continue
        assert url.address == address and is_public(address)


def test_the_base_is_that_of_openais_clients() -> None:
    assert parse_endpoint("https://LLM.Example.org", ()).base == "https://llm.example.org/v1"
    assert parse_endpoint("https://llm.example.org:8443/api/v3/", ()).base == "https://llm.example.org:8443/api/v3"


# --- names that change ---


async def test_a_name_is_pinned_and_never_followed_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    now, answers = [0.0], [["8.8.8.8", "2606:4700::1111"], ["127.0.0.1"], ["1.1.1.1"]]
    asked = []

    async def getaddrinfo(host: str, *_: Any, **__: Any) -> Any:
        asked.append(host)
        found = answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    resolver = PinnedResolver((), 1.0, lambda: now[0])
    pin = await resolver.pin(parse_endpoint("https://llm.example.org", ()))
    for _ in range(3):
        found = await resolver.resolve("llm.example.org", 443)
        assert [entry["host"] for entry in found] == ["8.8.8.8", "2606:4700::1111"]
    assert len(asked) == 1
    now[0] += PIN_S + 1
    # Rebinding: the name leads inside now.
    with pytest.raises(OSError, match="not a public one"):
        await resolver.resolve("llm.example.org", 443)
    assert [entry["host"] for entry in await resolver.resolve("llm.example.org", 443)] == ["1.1.1.1"]
    # A name that nobody holds any more, or never registered, is not looked up.
    del pin
    for name in ("llm.example.org", "metadata.internal"):
        with pytest.raises(OSError, match="nobody registered"):
            await resolver.resolve(name, 443)
    assert len(asked) == 3


async def test_a_name_server_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    with pytest.raises(EndpointRefused, match="not resolved within"):
        await PinnedResolver((), 0.01, lambda: 0.0).pin(parse_endpoint("https://llm.example.org", ()))


# --- a server's words ---

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
_DELTA = st.fixed_dictionaries(
    {}, optional={"role": st.just("assistant"), "content": st.text(max_size=9) | st.none(), "tool_calls": _JSON}
)
_CHUNK = st.fixed_dictionaries(
    {
        "choices": st.lists(
            st.fixed_dictionaries(
                {"delta": _DELTA | _JSON},
                optional={
                    "finish_reason": st.sampled_from([None, None, "stop", "length", "abort", 3]),
                    "index": st.just(0),
                },
            ),
            max_size=2,
        )
    },
    optional={
        "usage": _JSON | st.fixed_dictionaries({"prompt_tokens": st.integers(), "completion_tokens": st.integers()})
    },
)
_DATA = _CHUNK.map(json.dumps) | _JSON.map(json.dumps) | st.text(max_size=20) | st.just("[DONE]")


@given(st.lists(_DATA, max_size=12))
def test_whatever_a_server_sends_becomes_frames_in_order_and_one_terminal(events: list[str]) -> None:
    reader, ledger = AnswerReader(JOB, "chatcmpl-1", "m", 1), JobLedger(10**6)
    terminal: Done | Failed | None = None
    for data in events:
        if terminal is not None:
            break
        for step in reader.read(data):
            assert terminal is None
            if isinstance(step, Piece):
                assert ledger.frame(step.kind, step.payload), ledger.terminal
                document = json.loads(step.payload[6:])
                assert (document["id"], document["model"]) == ("chatcmpl-1", "m") and len(document["choices"]) == 1
            else:
                terminal = step
    terminal = terminal or reader.end()
    if isinstance(terminal, Done):
        assert ledger.phase is FrameKind.TAIL


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=10), st.booleans(), st.booleans())
def test_words_arrive_as_they_were_said(words: list[str], together: bool, usage: bool) -> None:
    reader = AnswerReader(JOB, "chatcmpl-1", "m", 1)
    events: list[dict[str, Any]] = [{"choices": [{"delta": {"role": "assistant", "content": ""}}]}]
    events += [{"choices": [{"delta": {"content": word}}]} for word in words]
    if together:
        # Some servers say the last word and the reason for the end in one chunk.
        events[-1]["choices"][0]["finish_reason"] = "length"
    else:
        events.append({"choices": [{"delta": {}, "finish_reason": "length"}]})
    if usage:
        events.append({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 77}})
    steps = [step for event in events for step in reader.read(json.dumps(event))] + reader.read("[DONE]")
    pieces = [step for step in steps if isinstance(step, Piece)]
    deltas = [json.loads(piece.payload[6:])["choices"][0]["delta"] for piece in pieces]
    assert "".join(delta.get("content", "") for delta in deltas) == "".join(words)
    kinds = [piece.kind for piece in pieces]
    assert kinds == [FrameKind.PREAMBLE, *[FrameKind.CONTENT] * len(words), FrameKind.TAIL]
    done = steps[-1]
    assert isinstance(done, Done) and done.finish_reason == "length"
    assert done.usage.completion_tokens == (77 if usage else len(words))


@given(
    st.integers(100, 599).filter(lambda status: status != 200),
    st.binary(max_size=80) | _JSON.map(lambda d: json.dumps(d).encode()),
)
def test_every_status_has_a_meaning(status: int, body: bytes) -> None:
    failure = refusal(JOB, status, body, for_adapter=False)
    if status == 429:
        assert failure.code is FailureCode.CAPACITY
    elif status >= 500 or status < 400 or status in (401, 403, 407, 408):
        assert failure.code is FailureCode.ENGINE_ERROR
    else:
        assert failure.code in (
            *(FailureCode.INVALID_REQUEST, FailureCode.CONTEXT_TOO_LONG, FailureCode.MODEL_NOT_FOUND),
        )


def test_the_token_file_is_read_and_what_is_wrong_with_it_is_said_without_it(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    with pytest.raises(TokenFileError, match="can't be read"):
        read_tokens(path)
    path.write_text('{"aa": "sk-1"}')
    path.chmod(0o600)
    assert read_tokens(path) == {"aa": "sk-1"}
    for text in ("[]", "{", '{"aa": 1}', '{"aa": "line\\nbreak-secret"}', '{"aa": ""}'):
        path.write_text(text)
        with pytest.raises(TokenFileError) as refused:
            read_tokens(path)
        assert "secret" not in str(refused.value)
