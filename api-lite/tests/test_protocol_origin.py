"""Origins: node and gateway write one address in one way only, and refuse odd ones with a sentence."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from r3mes_protocol.origin import gateway_origin, session_url
from r3mes_protocol.wire import Origin

ORIGIN: TypeAdapter[str] = TypeAdapter(Origin)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://gateway.example", "https://gateway.example"),
        (" HTTPS://Gateway.Example/ \n", "https://gateway.example"),
        ("wss://gateway.example/v1/nodes/session?a=b#c", "https://gateway.example"),
        ("ws://gateway.example", "http://gateway.example"),
        ("http://gateway.example.", "http://gateway.example"),
        ("http://gateway.example:80", "http://gateway.example"),
        ("http://gateway.example:", "http://gateway.example"),
        ("https://gateway.example:0443", "https://gateway.example"),
        ("https://gateway.example:80", "https://gateway.example:80"),
        ("http://127.0.0.1:08000", "http://127.0.0.1:8000"),
        ("http://api_lite:8000", "http://api_lite:8000"),
        ("http://localhost:65535", "http://localhost:65535"),
        ("http://[::1]:8000/x", "http://[::1]:8000"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::1]"),
        ("http://[2001:DB8::00a]:443", "http://[2001:db8::a]:443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://XN--BCHER-KVA.example", "https://xn--bcher-kva.example"),
        ("https://İstanbul.example", "https://xn--istanbul-o0e.example"),
        ("https://bücher。example", "https://xn--bcher-kva.example"),
        ("http://1.example", "http://1.example"),
    ],
)
def test_one_address_has_one_spelling(url: str, origin: str) -> None:
    assert gateway_origin(url) == origin
    assert ORIGIN.validate_python(origin) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gateway.example",
        "gateway.example:8000",
        "//gateway.example",
        "ftp://gateway.example",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "http://:8000",
        "http://.",
        "http://..",
        "http://a..b",
        "http://.a",
        "http://user@a",
        "http://user:secret@a",
        "http://@a",
        "http://a:0",
        "http://a:65536",
        "http://a:99999999999999999999",
        "http://a:+8",
        "http://a:-8",
        "http://a:8x",
        "http://a:8:8",
        "http://a:٣",
        "http://a b",
        "http://a\tb",
        "http://a\nb",
        "http://a\x00b",
        "http://a\\b",
        "http://a%41",
        "http://a<b",
        "http://a,b",
        "http://a\u202eb",
        "http://\ud800",
        "http://[::1",
        "http://::1",
        "http://[::1]x",
        "http://[::1]x:80",
        "http://[]",
        "http://[1.2.3.4]",
        "http://[v1.x]",
        "http://[fe80::1%25eth0]",
        "http://[fe80::1%eth0]",
        "http://[::ffff:1.2.3.4]",
        "http://127.1",
        "http://0x7f.0.0.1",
        "http://0x7f000001",
        "http://2130706433",
        "http://1.2.3.256",
        "http://1.2.3.04",
        "http://1.2.3.4.5",
        "http://faß.example",
        "http://a\u200db.example",
        "http://℀.example",
        "http://" + "a" * 64,
        "http://" + "a." * 130 + "a",
        "http://" + "ä" * 60,
        "http://" + "a" * 3000,
    ],
)
def test_anything_else_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(ValueError) as refusal:
        gateway_origin(url)
    sentence = str(refusal.value)
    assert "gateway" in sentence
    assert type(refusal.value) is ValueError and refusal.value.__cause__ is None
    assert "secret" not in sentence, "what a person typed may hold a password"


@settings(deadline=None, max_examples=500)
@given(url=st.text(max_size=80) | st.text(max_size=40).map(lambda rest: f"http://{rest}"))
@example(url="http://\u2100")
@example(url="http://[\u2100]")
def test_any_text_is_an_origin_or_a_value_error(url: str) -> None:
    try:
        origin = gateway_origin(url)
    except ValueError as error:
        assert "gateway" in str(error)
        return
    assert gateway_origin(origin) == origin, "normalising twice changes nothing"
    assert gateway_origin(session_url(origin)) == origin
    assert ORIGIN.validate_python(origin) == origin, "what is normal can be said on the wire"


@settings(deadline=None)
@given(
    host=st.from_regex(r"[a-z][a-z0-9-]{0,10}(\.[a-z][a-z0-9]{1,5}){0,2}", fullmatch=True)
    | st.ip_addresses(v=4).map(str)
    | st.ip_addresses(v=6).filter(lambda address: address.ipv4_mapped is None).map(lambda address: f"[{address}]"),
    port=st.none() | st.integers(1, 65535),
    scheme=st.sampled_from(["http", "https", "ws", "wss"]),
)
def test_every_common_address_is_taken(host: str, port: int | None, scheme: str) -> None:
    url = f"{scheme}://{host}" + (f":{port}" if port else "")
    origin = gateway_origin(url.upper())
    assert origin == gateway_origin(url + "/chat")
    assert session_url(origin).startswith(("wss://" if scheme in ("https", "wss") else "ws://") + host)
    assert session_url(origin).endswith("/v1/nodes/session")


def test_a_hostile_name_costs_no_time() -> None:
    start = time.process_time()
    for name in ("ä" * 200_000, "a." * 100_000, "ä." * 100_000, "[" * 100_000, ":" * 100_000):
        with pytest.raises(ValueError):
            gateway_origin(f"http://{name}")
    assert time.process_time() - start < 1
