"""The owner's account at a gateway: signs in with the wallet (ADR-36) and reads what its nodes earned.

The session is kept in memory alone, for one gateway and one owner, and outlives a lock of the wallet: it can read
figures and move nothing. When it has expired the wallet signs in anew, if it is open and its owner has agreed once.
"""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Protocol

from r3mes_launcher.core.earnings.reading import (
    EarningsReading,
    NodeDay,
    NodeTotal,
    Stretch,
    merged,
    stretches,
)
from r3mes_launcher.core.earnings.standing import EarningsProblem, Standing
from r3mes_launcher.core.gateway_client import GatewayAnswer, GatewayClient, GatewayUnreachable
from r3mes_launcher.core.log_hub import plain_text
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.wallet.adr36 import SignedMessage

MAX_PAGES = 50
"""Of 2000 rows each: 1000 nodes over 90 days."""
PAGE = 2000
EARLY_S = 30.0
"""So long before its end a session counts as expired: the answer has to come back while it holds."""
MAX_SENTENCE_CHARS = 200

_NODE_ID = re.compile(r"[0-9a-f]{64}")
_TOKEN = re.compile(r"[A-Za-z0-9_\-.]{8,200}")
_MOST = 2**63 - 1


class OwnerWallet(Protocol):
    """What signing in needs of the wallet."""

    def signer(self) -> str:
        """The address that can sign now. Raises EarningsProblem."""
        ...

    def owner(self) -> str:
        """The address whose earnings are wanted, also while the wallet is locked; empty while none is known."""
        ...

    async def sign(self, address: str, text: str) -> SignedMessage:
        """Raises EarningsProblem and WalletError."""
        ...


@dataclass(frozen=True, slots=True)
class Session:
    origin: str
    owner: str
    token: str = field(repr=False)
    expires_at: float | None = None


class GatewayAccount:
    """Satisfies `EarningsSource`. Owned by the core's loop.

    `agreed` tells whether the owner has agreed that the wallet signs in at an origin; `agree` notes that it did.
    """

    def __init__(
        self,
        client: GatewayClient,
        wallet: OwnerWallet,
        clock: Clock,
        gateway: Callable[[], str],
        agreed: Callable[[str], bool],
        agree: Callable[[str], None],
        midnight: Callable[[date], float] | None = None,
    ) -> None:
        self._client = client
        self._wallet = wallet
        self._clock = clock
        self._gateway = gateway
        self._agreed = agreed
        self._agree = agree
        self._midnight = midnight
        self._session: Session | None = None

    @property
    def node_id(self) -> str:
        return ""

    async def sign_in(self) -> None:
        origin = self._origin()
        await self._open_session(origin)
        self._agree(origin)

    async def read(self, first: date, last: date) -> EarningsReading:
        origin = self._origin()
        session = self._held(origin)
        if session is not None:
            try:
                return await self._read(session, first, last)
            except _SessionEnded:
                self._session = None
        if not self._agreed(origin):
            # Without an open wallet a button that signs in would only fail.
            self._wallet.signer()
            raise EarningsProblem(Standing.SIGNED_OUT)
        try:
            return await self._read(await self._open_session(origin), first, last)
        except _SessionEnded:
            self._session = None
            raise EarningsProblem(Standing.REFUSED) from None

    async def close(self) -> None:
        """Ends the session at the gateway too, where that can be reached at once."""
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(GatewayUnreachable):
                await self._client.call(session.origin, "POST", "/v1/auth/logout", token=session.token)

    # --- the session -----------------------------------------------------------------------------------------------

    def _origin(self) -> str:
        origin = self._gateway()
        if not origin:
            raise EarningsProblem(Standing.NO_GATEWAY)
        return origin

    def _held(self, origin: str) -> Session | None:
        """The session, as long as it is for this gateway and the wallet that is in use."""
        session, owner = self._session, self._wallet.owner()
        if session is None or session.origin != origin or (owner and session.owner != owner):
            self._session = None
            return None
        if session.expires_at is not None and self._clock.now() > session.expires_at - EARLY_S:
            self._session = None
        return self._session

    async def _open_session(self, origin: str) -> Session:
        address = self._wallet.signer()
        asked = await self._ask(origin, "POST", "/v1/auth/challenge", body={"address": address})
        if asked.status in (404, 405):
            raise EarningsProblem(Standing.NO_ACCOUNTS)
        document = _document(asked)
        challenge, text = document.get("challenge_id"), document.get("text")
        if not isinstance(challenge, str) or not isinstance(text, str):
            raise EarningsProblem(Standing.REFUSED)
        if not names(text, origin, address):
            raise EarningsProblem(Standing.OTHER_GATEWAY)
        signed = await self._wallet.sign(address, text)
        answer = _document(
            await self._ask(
                origin,
                "POST",
                "/v1/auth/login",
                body={
                    "challenge_id": challenge,
                    "address": address,
                    "public_key": base64.b64encode(signed.public_key).decode(),
                    "signature": base64.b64encode(signed.signature).decode(),
                },
            )
        )
        token, expires_at = answer.get("token"), answer.get("expires_at")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise EarningsProblem(Standing.REFUSED)
        ends = float(expires_at) if isinstance(expires_at, int) and 0 <= expires_at < 2**53 else None
        self._session = Session(origin, address, token, ends)
        return self._session

    # --- reading ---------------------------------------------------------------------------------------------------

    async def _read(self, session: Session, first: date, last: date) -> EarningsReading:
        totals = node_totals(await self._get(session, "/v1/usage/earnings"))
        rows: list[NodeDay] = []
        if totals:
            for stretch in stretches(first, last, self._midnight):
                rows += await self._days(session, stretch)
        return EarningsReading(session.owner, merged(rows), totals, self._clock.now())

    async def _days(self, session: Session, stretch: Stretch) -> list[NodeDay]:
        rows: list[NodeDay] = []
        question = {
            "since": str(stretch.since),
            "until": str(stretch.until),
            "utc_offset_minutes": str(stretch.offset_minutes),
            "limit": str(PAGE),
        }
        for _ in range(MAX_PAGES):
            page = await self._get(session, "/v1/usage/earnings/days", question)
            found = node_days(page)
            rows += found if stretch.only is None else [replace(row, day=stretch.only) for row in found]
            after = page.get("next_after")
            if not isinstance(after, str) or not found:
                break
            question = {**question, "after": after[:100]}
        return rows

    async def _get(self, session: Session, path: str, question: dict[str, str] | None = None) -> dict[str, Any]:
        answer = await self._ask(session.origin, "GET", path, question=question, token=session.token)
        if answer.status == 401:
            raise _SessionEnded
        return _document(answer)

    async def _ask(self, origin: str, method: str, path: str, **more: Any) -> GatewayAnswer:
        try:
            return await self._client.call(origin, method, path, **more)
        except GatewayUnreachable as error:
            raise EarningsProblem(Standing.OFFLINE, str(error)) from None


class _SessionEnded(Exception):
    """The gateway does not know the session any more."""


def names(text: str, origin: str, address: str) -> bool:
    """Whether a challenge says that it is for this gateway and this address.

    A gateway that passes on another one's challenge would sign in there with the answer.
    """
    lines = text.split("\n")
    return lines[0] == f"Sign in to {origin}" and f"Address: {address}" in lines[1:]


def node_totals(document: dict[str, Any]) -> tuple[NodeTotal, ...]:
    """Raises EarningsProblem REFUSED for what is no answer of a R3MES gateway."""
    return tuple(
        NodeTotal(
            _node_id(row),
            _number(row, "deliveries"),
            _number(row, "settled_tokens"),
            _number(row, "disputed"),
            _number(row, "earned"),
            _number(row, "balance"),
        )
        for row in _rows(document, "nodes")
    )


def node_days(document: dict[str, Any]) -> list[NodeDay]:
    """Raises EarningsProblem REFUSED for what is no answer of a R3MES gateway."""
    return [
        NodeDay(
            _day(row),
            plain_text(str(row.get("role", "")))[:20],
            _node_id(row),
            _number(row, "deliveries"),
            _number(row, "settled_tokens"),
            _number(row, "disputed"),
            _number(row, "earned"),
        )
        for row in _rows(document, "days")
    ]


def _document(answer: GatewayAnswer) -> dict[str, Any]:
    if answer.status == 200 and answer.document is not None:
        return answer.document
    raise EarningsProblem(Standing.REFUSED, _said(answer))


def _said(answer: GatewayAnswer) -> str:
    """What the gateway says of it, as its own words."""
    error = None if answer.document is None else answer.document.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    if not isinstance(message, str):
        return f"It answered with HTTP status {answer.status}."
    return f"It says: {plain_text(message)[:MAX_SENTENCE_CHARS]}"


def _rows(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = document.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise EarningsProblem(Standing.REFUSED)
    return rows


def _number(row: dict[str, Any], name: str) -> int:
    value = row.get(name)
    if type(value) is not int or not 0 <= value <= _MOST:
        raise EarningsProblem(Standing.REFUSED)
    return value


def _node_id(row: dict[str, Any]) -> str:
    value = row.get("node_id")
    if not isinstance(value, str) or not _NODE_ID.fullmatch(value):
        raise EarningsProblem(Standing.REFUSED)
    return value


def _day(row: dict[str, Any]) -> date:
    try:
        return date.fromisoformat(str(row.get("day")))
    except ValueError:
        raise EarningsProblem(Standing.REFUSED) from None
