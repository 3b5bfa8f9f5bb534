"""The accounts of a gateway, put together: one object that its routes share."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from r3mes_api.accounts.api_keys import ApiKeys
from r3mes_api.accounts.billing import Billing
from r3mes_api.accounts.client_address import Network, limited_address
from r3mes_api.accounts.earnings_by_day import EarningsByDay
from r3mes_api.accounts.gateway_key import load_or_create_gateway_key
from r3mes_api.accounts.idempotency import Idempotency
from r3mes_api.accounts.identity import Identity, bearer_token
from r3mes_api.accounts.ledger import Ledger
from r3mes_api.accounts.rate_limits import Activity, RateLimits, RatePolicies
from r3mes_api.accounts.replay import Replays
from r3mes_api.accounts.settlement import Price
from r3mes_api.accounts.sign_in import SESSION_SECONDS, SignIn
from r3mes_api.accounts.token_bucket import RateDecision
from r3mes_api.accounts.usage_report import UsageReport
from r3mes_api.storage.database import Database, DatabaseUnavailable, open_database
from r3mes_api.storage.database_url import database_url, sqlite_file
from r3mes_api.storage.memory_state import MemoryState
from r3mes_api.storage.migrate import migrate
from r3mes_api.storage.redis_state import open_redis
from r3mes_api.storage.short_lived import ShortLivedState
from r3mes_protocol.errors import ApiError, ErrorCode

SWEEP_SECONDS = 60.0
"""How soon after its time a forgotten reservation is given back."""


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """What the operator decides about accounts."""

    data_folder: Path
    """Holds the gateway's key, and the database when `database_url` is not given."""
    gateway: str
    """The origin that users and nodes dial; signatures are made for it."""
    database_url: str | None = None
    redis_url: str | None = None
    address_prefix: str | None = None
    trusted_proxies: tuple[Network, ...] = ()
    limits_loopback: bool = True
    """Whether the rate of requests from this machine itself is limited too."""
    price: Price = field(default_factory=lambda: Price(0, 0))
    prices_by_model: Mapping[str, Price] = field(default_factory=dict)
    welcome_credits: int = 0
    """Base units for an address that signs in for the first time. Addresses cost nothing, so anybody can make many."""
    rate_policies: RatePolicies = field(default_factory=RatePolicies)
    session_seconds: int = SESSION_SECONDS


@dataclass(frozen=True, slots=True)
class Admission:
    """A request that may go on."""

    identity: Identity | None
    """None for one without a key."""
    decision: RateDecision | None
    """None where nothing is limited."""


class Accounts:
    """`clock` gives Unix seconds."""

    def __init__(
        self,
        settings: AccountSettings,
        database: Database,
        state: ShortLivedState,
        *,
        clock: Callable[[], float],
        log: logging.Logger,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._log = log
        self._state = state
        self.database = database
        database.log = log
        self.gateway_key = load_or_create_gateway_key(settings.data_folder / "gateway.key")
        self.ledger = Ledger(database)
        self.billing = Billing(
            database, self.ledger, gateway=settings.gateway, gateway_key=self.gateway_key, clock=clock
        )
        self.keys = ApiKeys(database, clock=clock)
        self.sign_in = SignIn(
            state,
            self.keys,
            gateway=settings.gateway,
            prefix=settings.address_prefix,
            clock=clock,
            session_seconds=settings.session_seconds,
        )
        self.limits = RateLimits(state, MemoryState(clock), settings.rate_policies, log=log)
        self.idempotency = Idempotency(database)
        self.replays = Replays()
        self.usage = UsageReport(database)
        self.earnings = EarningsByDay(database)

    @property
    def state(self) -> ShortLivedState:
        return self._state

    def now(self) -> int:
        return math.floor(self._clock())

    def price_of(self, model: str, adapter: str | None) -> Price:
        """The adapter's own price goes before that of its model."""
        prices = self._settings.prices_by_model
        return (adapter is not None and prices.get(adapter)) or prices.get(model, self._settings.price)

    def highest_price(self, name: str | None) -> Price:
        """For a model or an adapter by name; where it has no price of its own, what any of them may cost."""
        prices = self._settings.prices_by_model
        if name is not None and name in prices:
            return prices[name]
        return Price(
            max(price.prompt_per_million for price in (self._settings.price, *prices.values())),
            max(price.completion_per_million for price in (self._settings.price, *prices.values())),
            self._settings.price.node_share_percent,
        )

    async def admit(
        self,
        activity: Activity,
        *,
        peer: str,
        forwarded_for: Sequence[str],
        authorization: str | None,
        api_key: str | None,
    ) -> Admission:
        """Finds out who asks and whether that is too often. A request without any key has no identity.

        Raises ApiError UNAUTHORIZED for a key that is not valid, RATE_LIMITED, ACCOUNTS_UNAVAILABLE.
        """
        address = limited_address(
            peer, forwarded_for, self._settings.trusted_proxies, loopback=self._settings.limits_loopback
        )
        token = bearer_token(authorization, api_key)
        identity = None
        if token is not None:
            try:
                identity = await self.keys.identify(token)
            except ApiError:
                # Whoever tries out keys is limited too.
                await self.limits.check(activity, address=address, key_id=None)
                raise
            except DatabaseUnavailable:
                raise ApiError(
                    ErrorCode.ACCOUNTS_UNAVAILABLE, "Accounts are not available now. Try again soon.", retry_after_s=5
                ) from None
        decision = await self.limits.check(
            activity, address=address, key_id=None if identity is None else identity.key_id
        )
        return Admission(identity, decision)

    async def welcome(self, owner: str) -> None:
        """Credits for a new address, once, where the operator gives any."""
        if self._settings.welcome_credits:
            await self.ledger.deposit(
                owner, self._settings.welcome_credits, reference=f"welcome:{owner}", now=self.now()
            )

    async def sweep(self) -> None:
        """Gives back what requests set aside that never ended, and forgets old idempotency keys and sessions."""
        expired = await self.ledger.expire(now=self.now())
        if expired:
            self._log.warning("Gave back the credits of %d requests that never ended.", expired)
        await self.idempotency.forget(now=self.now())
        await self.keys.forget_sessions()

    async def sweep_for_ever(self, interval_s: float = SWEEP_SECONDS) -> None:
        """To be run as a task; ends when it is cancelled. A database that is away for a while is only a warning."""
        is_away = False
        while True:
            try:
                await self.sweep()
                is_away = False
            except DatabaseUnavailable as error:
                if not is_away:
                    self._log.warning("The ledger can't be swept now: %s", error)
                is_away = True
            except Exception:
                # Prompts still go on: they must not end with the sweeper.
                if not is_away:
                    self._log.exception("The ledger can't be swept.")
                is_away = True
            await asyncio.sleep(interval_s)

    async def close(self) -> None:
        """Waits for transactions under way. Call it when no request runs any more."""
        await self.database.close()
        await self._state.close()


async def open_accounts(settings: AccountSettings, *, clock: Callable[[], float], log: logging.Logger) -> Accounts:
    """Opens the stores and brings the database up to date.

    Raises DatabaseUrlError, RedisUrlError, DatabaseUnavailable, SchemaTooNew or GatewayKeyError, each with a sentence
    for the operator.
    """
    url = database_url(settings.database_url) if settings.database_url else sqlite_file(_database_file(settings))
    state: ShortLivedState = open_redis(settings.redis_url) if settings.redis_url else MemoryState(clock)
    database = open_database(url)
    try:
        await migrate(database)
        return Accounts(settings, database, state, clock=clock, log=log)
    except BaseException:
        await database.close()
        await state.close()
        raise


def _database_file(settings: AccountSettings) -> Path:
    return settings.data_folder / "gateway.db"
