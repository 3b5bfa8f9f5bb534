from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from download_server import DownloadServer, Fault
from hypothesis import given
from hypothesis import strategies as st

from r3mes_engine.errors import ModelUnusable
from r3mes_engine.store.file_download import PART, FileDownload, Gate, new_client
from r3mes_engine.store.speed import Speed
from r3mes_engine.store.transfer_rules import (
    Append,
    Redirect,
    Refusal,
    StartOver,
    TransferLimits,
    TryAgain,
    judge,
    pause_before,
    request_headers,
    retry_after,
    same_origin,
    strong_etag,
)

CONTENT = random.Random(1).randbytes(600_000)
NOW = datetime(2026, 1, 2, tzinfo=UTC)
LIMITS = TransferLimits(stall_s=0.3, tries=4)


@pytest.fixture
def server() -> Iterator[DownloadServer]:
    server = DownloadServer()
    server.files["file.gguf"] = CONTENT
    yield server
    server.close()


class Run:
    """One download with all that it told."""

    def __init__(self, server: DownloadServer, folder: Path, **changes: Any) -> None:
        self.path = folder / "file.gguf"
        self.seen: list[int] = []
        self.slept: list[float] = []
        self.gate = Gate()
        self._options: dict[str, Any] = {
            "size": len(CONTENT),
            "sha256": hashlib.sha256(CONTENT).hexdigest(),
            "url": server.url("file.gguf"),
            "limits": LIMITS,
            **changes,
        }

    async def go(self) -> Any:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        options = dict(self._options)
        async with new_client(options["limits"]) as client:
            return await FileDownload(
                client,
                options.pop("url"),
                self.path,
                jitter=lambda low, high: high,
                on_bytes=self.seen.append,
                gate=self.gate,
                sleep=sleep,
                **options,
            ).run()


async def refused(run: Run, *words: str) -> ModelUnusable:
    with pytest.raises(ModelUnusable) as refusal:
        await run.go()
    for word in words:
        assert word in refusal.value.message
    assert refusal.value.hint
    assert not run.path.exists()
    return refusal.value


async def test_a_file_arrives_whole(server: DownloadServer, tmp_path: Path) -> None:
    run = Run(server, tmp_path)
    fetched = await run.go()
    assert (fetched.size, fetched.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    assert run.path.read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["file.gguf"]
    assert run.seen == sorted(run.seen)
    assert run.seen[-1] == len(CONTENT)


FAULTS = {
    "drops": [Fault(cut_after=100_000), Fault(cut_after=100_000)],
    "drops at once": [Fault(cut_after=0)],
    "stalls": [Fault(stall_after=70_000)],
    "ignores ranges": [Fault(cut_after=100_000), Fault(ignore_range=True)],
    "sends another part": [Fault(cut_after=100_000), Fault(wrong_start=10)],
    "lies about its part": [Fault(cut_after=100_000), Fault(headers={"Content-Range": "bytes 0-9/10"})],
    "names no part": [Fault(cut_after=100_000), Fault(headers={"Content-Range": None})],
    "sends several parts": [Fault(cut_after=9_000), Fault(headers={"Content-Range": None}, body=b"--x\r\n")],
    "has no such part": [Fault(cut_after=100_000), Fault(status=416, body=b"")],
    "another etag": [Fault(cut_after=100_000), Fault(headers={"ETag": '"other"'})],
    "corrupts the beginning": [Fault(corrupt=True)],
    "corrupts the rest": [Fault(cut_after=100_000), Fault(corrupt=True)],
    "compresses": [Fault(headers={"Content-Encoding": "gzip"})],
    "says less than comes": [Fault(headers={"Content-Length": None}, extra=b"more")],
    "says nothing of length": [Fault(headers={"Content-Length": None}, cut_after=5)],
    "is overloaded": [Fault(status=503, body=b""), Fault(status=429, headers={"Retry-After": "7"}, body=b"")],
    "gateway errors": [Fault(status=502), Fault(status=504), Fault(status=500)],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS.keys())
async def test_what_a_server_does_wrong_is_made_good(
    server: DownloadServer, tmp_path: Path, faults: list[Fault]
) -> None:
    server.faults["file.gguf"] = list(faults)
    run = Run(server, tmp_path)
    await run.go()
    assert run.path.read_bytes() == CONTENT
    assert not server.faults["file.gguf"]
    assert len(run.slept) == len([fault for fault in faults if not fault.ignore_range])


async def test_a_break_costs_nothing_that_came(server: DownloadServer, tmp_path: Path) -> None:
    server.faults["file.gguf"] = [Fault(cut_after=300_000)] * 1
    await Run(server, tmp_path).go()
    first, second = server.ranges("file.gguf")
    assert first is None
    assert second == "bytes=300000-"
    assert server.asked[1].headers["if-range"] == f'"{hash(CONTENT)}"'
    assert all(one.headers["accept-encoding"] == "identity" for one in server.asked)


async def test_a_part_of_an_earlier_process_is_gone_on_with(server: DownloadServer, tmp_path: Path) -> None:
    (tmp_path / f"file.gguf{PART}").write_bytes(CONTENT[:400_000])
    await Run(server, tmp_path).go()
    assert server.ranges("file.gguf") == ["bytes=400000-"]


async def test_a_part_of_something_else_is_found_out_by_the_hash(server: DownloadServer, tmp_path: Path) -> None:
    for part in (b"x" * 400_000, b"x" * 700_000, b"x" * len(CONTENT)):
        (tmp_path / f"file.gguf{PART}").write_bytes(part)
        run = Run(server, tmp_path)
        await run.go()
        assert run.path.read_bytes() == CONTENT


async def test_a_file_that_changes_on_the_server_is_begun_again(server: DownloadServer, tmp_path: Path) -> None:
    server.faults["file.gguf"] = [Fault(cut_after=300_000)]
    server.files["file.gguf"] = old = bytes(len(CONTENT))
    run = Run(server, tmp_path)

    async def sleep(_: float) -> None:
        server.files["file.gguf"] = CONTENT

    async with new_client(LIMITS) as client:
        await FileDownload(
            client, server.url("file.gguf"), run.path, size=len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest(),
            limits=LIMITS, jitter=lambda low, high: high, on_bytes=lambda done: None, gate=Gate(), sleep=sleep,
        ).run()  # fmt: skip
    assert run.path.read_bytes() == CONTENT != old
    assert len(server.asked) == 2


async def test_tries_are_bounded_and_pause_longer_each_time(server: DownloadServer, tmp_path: Path) -> None:
    server.always["file.gguf"] = Fault(status=503, body=b"")
    run = Run(server, tmp_path)
    await refused(run, "status 503", "4 times")
    assert run.slept == [1.3, 2.6, 5.2]
    server.always["file.gguf"] = Fault(corrupt=True)
    await refused(Run(server, tmp_path), "hash is another one")
    server.close()
    await refused(Run(server, tmp_path), "connection broke")


async def test_slow_progress_is_never_given_up(server: DownloadServer, tmp_path: Path) -> None:
    server.faults["file.gguf"] = [Fault(cut_after=40_000)] * 12
    run = Run(server, tmp_path)
    await run.go()
    assert set(run.slept) == {1.3}


async def test_retry_after_is_followed_within_reason(server: DownloadServer, tmp_path: Path) -> None:
    server.faults["file.gguf"] = [Fault(status=429, headers={"Retry-After": "7"}, body=b"")]
    run = Run(server, tmp_path)
    await run.go()
    assert run.slept == [7.0]
    server.faults["file.gguf"] = [Fault(status=503, headers={"Retry-After": "86400"}, body=b"")]
    (tmp_path / "file.gguf").unlink()
    run = Run(server, tmp_path)
    await refused(run, "status 503")
    assert run.slept == []


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (Fault(status=404), "does not have it"),
        (Fault(status=410), "does not have it"),
        (Fault(status=401), "permission"),
        (Fault(status=403), "permission"),
        (Fault(status=418), "418"),
        (Fault(headers={"Content-Length": "12"}, body=b"<html></html"), "12 bytes where the catalogue says 600000"),
        (Fault(status=302, headers={"Location": "ftp://127.0.0.1/x"}), "not allowed"),
        (Fault(status=302, headers={"Location": "http://example.org/x"}), "not allowed"),
        (Fault(status=302, headers={"Location": "file:///etc/passwd"}), "not allowed"),
        (Fault(status=302, headers={"Location": "https://name:word@example.org/"}), "not allowed"),
        (Fault(status=302), "not allowed"),
    ],
)
async def test_what_no_second_try_can_mend_is_said_at_once(
    server: DownloadServer, tmp_path: Path, fault: Fault, word: str
) -> None:
    server.always["file.gguf"] = fault
    run = Run(server, tmp_path)
    await refused(run, word)
    assert len(server.asked) == 1
    assert run.slept == []


async def test_redirects_are_followed_and_bounded(server: DownloadServer, tmp_path: Path) -> None:
    server.always["file.gguf"] = Fault(status=302, headers={"Location": "/cdn/file"}, body=b"")
    server.files["cdn/file"] = CONTENT
    await Run(server, tmp_path).go()
    server.always["cdn/file"] = Fault(status=307, headers={"Location": "/file.gguf"}, body=b"")
    (tmp_path / "file.gguf").unlink()
    await refused(Run(server, tmp_path), "without an end")
    assert len(server.asked) == 2 + LIMITS.redirects + 1


async def test_a_token_is_shown_to_its_own_host_alone(server: DownloadServer, tmp_path: Path) -> None:
    # Another name of the same computer is another host.
    other = server.url("cdn/file", host="localhost")
    server.always["file.gguf"] = Fault(status=302, headers={"Location": other}, body=b"")
    server.files["cdn/file"] = CONTENT
    await Run(server, tmp_path, token="hf_secret").go()
    hub, cdn = server.asked
    assert hub.headers["authorization"] == "Bearer hf_secret"
    assert "authorization" not in cdn.headers
    assert "hf_secret" not in str(cdn.headers)


async def test_a_pause_keeps_no_connection_and_goes_on(server: DownloadServer, tmp_path: Path) -> None:
    server.slowly = 0.01
    run = Run(server, tmp_path)
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    server.on_piece = lambda: loop.call_soon_threadsafe(begun.set)
    task = asyncio.create_task(run.go())
    await begun.wait()
    run.gate.shut()
    while not (tmp_path / f"file.gguf{PART}").exists() or run.seen[-1] == 0:
        await asyncio.sleep(0.01)
    requests = len(server.asked)
    assert not task.done()
    run.gate.open()
    await task
    assert run.path.read_bytes() == CONTENT
    assert len(server.asked) <= requests + 1
    assert run.slept == []


async def test_a_cancelled_download_keeps_its_part(server: DownloadServer, tmp_path: Path) -> None:
    server.always["file.gguf"] = Fault(stall_after=200_000)
    task = asyncio.create_task(Run(server, tmp_path, limits=TransferLimits(stall_s=30)).go())
    part = tmp_path / f"file.gguf{PART}"
    while not part.exists() or part.stat().st_size == 0:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert 0 < part.stat().st_size <= 200_000


async def test_a_full_disk_is_a_sentence(
    server: DownloadServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("r3mes_engine.store.file_download._to_disk", full)
    await refused(Run(server, tmp_path), "disk is full")


# --- the rules, without a server ---------------------------------------------------------------------------------


def verdict(status: int, headers: dict[str, str], have: int = 0, **more: Any) -> Any:
    known: dict[str, Any] = {"size": 1000, "etag": None, "now": NOW, **more}
    return judge("https://hub.example/file", status, headers, have=have, **known)


@pytest.mark.parametrize(
    ("status", "had_token", "word", "advice"),
    [
        (401, False, "asks for permission", "--token-stdin"),
        (403, False, "asks for permission", "--token-stdin"),
        (401, True, "does not take the token", "new access token"),
        (403, True, "does not let the token's account", "Accept the makers' terms"),
    ],
)
def test_a_hub_that_wants_an_account_says_what_is_missing(status: int, had_token: bool, word: str, advice: str) -> None:
    refusal = verdict(status, {}, had_token=had_token)
    assert isinstance(refusal, Refusal) and refusal.gated
    assert word in refusal.reason and advice in refusal.hint


@given(
    status=st.integers(100, 599),
    headers=st.dictionaries(
        st.sampled_from(["content-range", "content-length", "etag", "location", "retry-after", "content-encoding"]),
        st.one_of(
            st.text('bytes 0159-/*":,WG=\x00é', max_size=40),
            st.sampled_from(
                ["bytes 5-9/10", "bytes 0-999/1000", "bytes 10-999/1000", "bytes 10-5/*", "https://[", '"x"']
            ),
        ),
    ),
    have=st.integers(0, 1000),
    size=st.none() | st.just(1000),
)
def test_any_answer_has_a_verdict(status: int, headers: dict[str, str], have: int, size: int | None) -> None:
    found = verdict(status, headers, have, size=size)
    assert isinstance(found, Append | StartOver | TryAgain | Redirect | Refusal)
    if isinstance(found, Append):
        # Bytes are only ever put where they belong.
        assert found.offset == (have if status == 206 else 0)
        assert found.etag is None or found.etag.startswith('"')
    if isinstance(found, Redirect):
        assert found.url.startswith("https://")


def test_a_public_server_can_not_send_to_this_computer() -> None:
    for target in ("http://127.0.0.1:80/x", "https://127.0.0.1/x", "https://localhost/x", "https://[::1]/x"):
        assert isinstance(verdict(302, {"location": target}), Refusal)
    assert verdict(302, {"location": "https://cdn.example/x"}) == Redirect("https://cdn.example/x")
    assert verdict(302, {"location": "/x"}) == Redirect("https://hub.example/x")


def test_weak_validators_promise_nothing() -> None:
    assert strong_etag('"a"') == '"a"'
    assert [strong_etag(value) for value in ('W/"a"', "a", '""', '"', None, f'"{"a" * 600}"')] == [None] * 6
    assert "If-Range" not in request_headers(5, None)
    assert request_headers(5, '"a"')["If-Range"] == '"a"'
    assert "Range" not in request_headers(0, '"a"')


def test_retry_after_is_a_number_or_a_date() -> None:
    assert retry_after("120", NOW) == retry_after(" " * 12 + "120", NOW) == 120
    later = (NOW + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert retry_after(later, NOW) == 90
    assert retry_after("Thu, 01 Jan 1970 00:00:00 GMT", NOW) == 0
    assert [retry_after(value, NOW) for value in ("soon", "", "-5", None)] == [None] * 4


@given(failures=st.integers(1, 10_000))
def test_pauses_are_bounded(failures: int) -> None:
    pause = pause_before(failures, TransferLimits(), lambda low, high: high)
    assert 1 <= pause <= 1.3 * 60


def test_origins() -> None:
    assert same_origin("https://a.example/x", "https://a.example:443/y")
    for other in ("http://a.example/x", "https://b.example/x", "https://a.example:444/x"):
        assert not same_origin("https://a.example/x", other)


def test_speed_is_over_the_last_seconds_and_forgets_pauses() -> None:
    speed = Speed()
    assert speed.pace(100).seconds_left is None
    for second in range(30):
        speed.note(float(second), second * 1000)
    assert speed.pace(39_000).bytes_per_second == 1000
    assert speed.pace(39_000).seconds_left == 10
    assert speed.pace(None).seconds_left is None
    speed.note(31.0, 0)
    assert speed.pace(100).bytes_per_second == 0
    speed.rest()
    assert speed.pace(100).seconds_left is None
