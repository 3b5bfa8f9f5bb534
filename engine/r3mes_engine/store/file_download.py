"""One file from a server onto the disk: resumed, checked by its hash, tried again within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import httpx2

from r3mes_engine.errors import ModelUnusable, PermissionNeeded
from r3mes_engine.store.catalogue import CatalogueFile
from r3mes_engine.store.transfer_rules import (
    Append,
    Redirect,
    Refusal,
    StartOver,
    TransferLimits,
    TryAgain,
    Verdict,
    judge,
    pause_before,
    request_headers,
    same_origin,
)
from r3mes_protocol import __version__

log = logging.getLogger(__name__)

PART = ".part"
"""Behind the name of a file that is not whole."""
ETAG = ".etag"
"""Behind the name of the note that keeps the server's validator for a part."""
MAX_BYTES_UNKNOWN = 2**40
"""The largest file of which nobody said the size."""


@dataclass(frozen=True, slots=True)
class Fetched:
    size: int
    sha256: str


class _Failed(Exception):
    """This try. `reason` is the end of a sentence."""

    def __init__(self, reason: str, after_s: float | None = None, *, hopeless: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s
        self.hopeless = hopeless


class _Held(Exception):
    """The gate was shut in the middle of a file."""


class Gate:
    """Pause and resume, for whoever downloads. Lives on the event loop."""

    def __init__(self) -> None:
        self._opened = asyncio.Event()
        self._opened.set()

    @property
    def is_open(self) -> bool:
        return self._opened.is_set()

    def shut(self) -> None:
        self._opened.clear()

    def open(self) -> None:
        self._opened.set()

    async def wait(self) -> None:
        await self._opened.wait()


class FileDownload:
    """A part stays on the disk when the download ends early, and the next one goes on with it."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        url: str,
        path: Path,
        *,
        size: int | None,
        sha256: str | None,
        limits: TransferLimits,
        jitter: Callable[[float, float], float],
        on_bytes: Callable[[int], None],
        gate: Gate,
        token: str | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`on_bytes` hears how many bytes of the file are there; while `gate` is shut no connection is kept; `token` is
        shown to the URL's own host alone."""
        self._client = client
        self._url = url
        self._path = path
        self._part = path.with_name(path.name + PART)
        self._note = path.with_name(path.name + ETAG)
        self._size = size
        self._sha256 = sha256
        self._limits = limits
        self._jitter = jitter
        self._on_bytes = on_bytes
        self._gate = gate
        self._token = token
        self._sleep = sleep
        self._most = 0
        """Bytes of the furthest try: only more than that is progress."""

    async def run(self) -> Fetched:
        """Raises ModelUnusable with what happened, why, and what to do."""
        failures = 0
        while True:
            await self._gate.wait()
            try:
                return await self._try()
            except _Held:
                continue
            except _Failed as failed:
                failures = 1 if self._progressed() else failures + 1
                if failed.hopeless or failures >= self._limits.tries:
                    raise self._given_up(failed, failures) from None
                pause = max(failed.after_s or 0.0, pause_before(failures, self._limits, self._jitter))
                log.info("%s: %s; trying again in %.1f s", self._path.name, failed.reason, pause)
            await self._sleep(pause)

    def _progressed(self) -> bool:
        have = self._have()
        progressed, self._most = have > self._most, max(have, self._most)
        return progressed

    def _have(self) -> int:
        try:
            return self._part.stat().st_size
        except OSError:
            return 0

    async def _try(self) -> Fetched:
        have = self._have()
        if self._size is not None and have > self._size:
            self._start_over()
            have = 0
        state = await asyncio.to_thread(_hash_of, self._part) if have else hashlib.sha256()
        self._on_bytes(have)
        if self._size is None or have < self._size:
            have, state = await self._receive(have, state)
        if self._sha256 is not None and state.hexdigest() != self._sha256:
            self._start_over()
            raise _Failed("what came is not the file that the catalogue names (its hash is another one)")
        self._note.unlink(missing_ok=True)
        self._part.replace(self._path)
        return Fetched(have, state.hexdigest())

    async def _receive(self, have: int, state: hashlib._Hash) -> tuple[int, hashlib._Hash]:
        """Returns how many bytes there are when the file is whole, and their hash."""
        try:
            async with self._answer(have) as (response, verdict):
                if isinstance(verdict, StartOver):
                    self._start_over()
                    raise _Failed(verdict.reason, after_s=0.0)
                assert isinstance(verdict, Append)
                _write_note(self._note, verdict.etag)
                end = self._size if self._size is not None else self._announced(response, verdict.offset)
                if verdict.offset == 0:
                    state = hashlib.sha256()
                have = await self._take_body(response, verdict.offset, end, state)
        except httpx2.TimeoutException:
            raise _Failed("the server stopped answering") from None
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise _Failed(f"the connection broke ({type(error).__name__})") from None
        except OSError as error:
            raise disk_problem(self._path.name, self._path.parent, error) from None
        if end is not None and have < end:
            raise _Failed("the connection ended before the file did")
        return have, state

    async def _take_body(self, response: httpx2.Response, offset: int, end: int | None, state: hashlib._Hash) -> int:
        have, bound = offset, MAX_BYTES_UNKNOWN if end is None else end
        with self._part.open("r+b" if offset else "wb") as file:
            file.seek(offset)
            async with contextlib.aclosing(response.aiter_raw()) as body:
                async for chunk in body:
                    if have + len(chunk) > bound:
                        # A server that sends more than the file has mixed something up.
                        file.truncate(0)
                        raise _Failed("the server sent more than the file has")
                    file.write(chunk)
                    # On the disk before it counts: a process that is killed has lost nothing.
                    file.flush()
                    state.update(chunk)
                    have += len(chunk)
                    self._on_bytes(have)
                    if not self._gate.is_open:
                        raise _Held
            _to_disk(file)
        return have

    @contextlib.asynccontextmanager
    async def _answer(self, have: int) -> AsyncIterator[tuple[httpx2.Response, Verdict]]:
        """The answer after all redirects."""
        url, etag = self._url, _read_note(self._note) if have else None
        for _ in range(self._limits.redirects + 1):
            headers = {**request_headers(have, etag), "User-Agent": f"r3mes-engine/{__version__}"}
            if self._token is not None and same_origin(url, self._url):
                headers["Authorization"] = f"Bearer {self._token}"
            had_token = "Authorization" in headers
            async with self._client.stream("GET", url, headers=headers, follow_redirects=False) as response:
                verdict = judge(
                    url,
                    response.status_code,
                    {name.lower(): value for name, value in response.headers.items()},
                    have=have,
                    size=self._size,
                    etag=etag,
                    now=datetime.now(UTC),
                    had_token=had_token,
                )
                match verdict:
                    case Redirect():
                        url = verdict.url
                        continue
                    case Refusal():
                        kind = PermissionNeeded if verdict.gated else ModelUnusable
                        raise kind(f"{self._path.name} can't be downloaded: {verdict.reason}.", verdict.hint)
                    case TryAgain():
                        waits = verdict.after_s or 0.0
                        hopeless = waits > self._limits.longest_retry_after_s
                        raise _Failed(verdict.reason, verdict.after_s, hopeless=hopeless)
                yield response, verdict
                return
        raise ModelUnusable(
            f"{self._path.name} can't be downloaded: the server sends from one address to the next without an end.",
            "Check the URL in the catalogue.",
        )

    def _announced(self, response: httpx2.Response, offset: int) -> int | None:
        length = response.headers.get("content-length", "")
        return offset + int(length) if length.isdecimal() and len(length) < 19 else None

    def _start_over(self) -> None:
        self._part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def _given_up(self, failed: _Failed, failures: int) -> ModelUnusable:
        often = "" if failed.hopeless else f" {failures} times in a row"
        return ModelUnusable(
            f"{self._path.name} could not be downloaded: {failed.reason}{often}.",
            "Try again later; the download goes on where it stopped.",
        )


def disk_problem(name: str, folder: Path, error: OSError) -> ModelUnusable:
    """For what is to be kept in the folder."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelUnusable(
            f"The disk is full: {name} does not fit in {folder}.",
            "Free some disk space and start the download again; it goes on where it stopped.",
        )
    return ModelUnusable(
        f"{name} can't be kept in {folder}: {error.strerror or type(error).__name__}.",
        "Check the disk and who may write there, and start the download again.",
    )


def new_client(limits: TransferLimits) -> httpx2.AsyncClient:
    """The proxies and certificates of the environment count."""
    timeout = httpx2.Timeout(limits.stall_s, connect=limits.connect_s)
    return httpx2.AsyncClient(timeout=timeout, limits=httpx2.Limits(max_connections=2))


def file_matches(path: Path, wanted: CatalogueFile, on_bytes: Callable[[int], None] = lambda done: None) -> bool:
    """Blocking. Whether a file is there with the size and the hash that it has to have."""
    try:
        if path.stat().st_size != wanted.size:
            return False
        return _hash_of(path, on_bytes).hexdigest() == wanted.sha256
    except OSError:
        return False


def _hash_of(path: Path, on_bytes: Callable[[int], None] = lambda done: None) -> hashlib._Hash:
    state, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(8 * 2**20):
            state.update(chunk)
            done += len(chunk)
            on_bytes(done)
    return state


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _write_note(path: Path, etag: str | None) -> None:
    path.write_text(json.dumps({"etag": etag}), encoding="utf-8")


def _read_note(path: Path) -> str | None:
    try:
        etag = json.loads(path.read_bytes())["etag"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return etag if isinstance(etag, str) else None
