"""From the settings to accounts, limits and the way in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from r3mes_api.accounts.client_address import Network, parse_networks
from r3mes_api.accounts.rate_limits import Activity, LimitPair, RateLimits, RatePolicies
from r3mes_api.accounts.reception import KeyReception, OpenReception
from r3mes_api.accounts.token_bucket import RatePolicy
from r3mes_api.lifecycle import CannotStart
from r3mes_api.price_list import read_price_list
from r3mes_api.setting_kinds import Switch
from r3mes_api.settings import Settings
from r3mes_api.storage.memory_state import MemoryState
from r3mes_api.storage.short_lived import ShortLivedState
from r3mes_protocol.exit_codes import ExitCode

if TYPE_CHECKING:
    from r3mes_api.accounts.services import Accounts, AccountSettings
    from r3mes_api.accounts.till import Till

logger = logging.getLogger(__name__)

DATABASE_WAIT_S = 60.0
"""After a restart of the machine, or of all containers, the database may come up later than the gateway."""

DATABASE_LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class FrontDesk:
    """What stands between a request and its answer: the reception and, where somebody pays, the accounts."""

    reception: OpenReception | KeyReception | None = None
    accounts: Accounts | None = None
    till: Till | None = None
    state: ShortLivedState | None = None
    """That of the limits, where there are no accounts that have one."""

    async def close(self) -> None:
        if self.state is not None:
            await self.state.close()
        if self.till is not None:
            await self.till.close()
        if self.accounts is not None:
            await self.accounts.close()


async def open_front_desk(settings: Settings, own_url: str, clock: Callable[[], float]) -> FrontDesk:
    """Opens the stores that the settings name. `own_url` stands for the public address where none is set; `clock`
    gives Unix seconds. Raises CannotStart."""
    if settings.accounts is Switch.OFF:
        return _without_accounts(settings, clock)
    # Here and not above: only accounts need the database's library.
    from r3mes_api.accounts.gateway_key import GatewayKeyError
    from r3mes_api.accounts.till import Till
    from r3mes_api.storage.database import DatabaseUnavailable
    from r3mes_api.storage.database_url import DatabaseUrlError
    from r3mes_api.storage.migrate import SchemaTooNew
    from r3mes_api.storage.redis_state import RedisUrlError

    try:
        accounts = await _open_accounts(account_settings(settings, own_url), clock)
    except DatabaseUnavailable as error:
        # One that stays away is no wrong setting: whoever started the gateway may try again.
        code = ExitCode.INTERNAL if error.may_pass else ExitCode.CONFIGURATION
        raise CannotStart(f"The accounts can't be opened. {error}", code) from None
    except (GatewayKeyError, DatabaseUrlError, SchemaTooNew, RedisUrlError) as error:
        raise CannotStart(f"The accounts can't be opened. {error}") from None
    except OSError as error:
        raise CannotStart(
            f"The data folder {settings.data_folder} can't be used: {error.strerror or error}. "
            "R3MES_DATA_FOLDER names a folder that the gateway may write to."
        ) from None
    anonymous = settings.anonymous_chat is Switch.ON
    till = Till(accounts, unstated_tokens=settings.unstated_tokens, log=logger)
    return FrontDesk(KeyReception(accounts, takes_anonymous=anonymous), accounts, till)


async def _open_accounts(settings: AccountSettings, clock: Callable[[], float]) -> Accounts:
    """Waits for a database that is on its way. Raises DatabaseUnavailable and what `open_accounts` raises."""
    from r3mes_api.accounts.services import open_accounts
    from r3mes_api.storage.database import DatabaseUnavailable

    loop = asyncio.get_running_loop()
    until, told = loop.time() + DATABASE_WAIT_S, False
    while True:
        try:
            return await open_accounts(settings, clock=clock, log=logger)
        except DatabaseUnavailable as error:
            if not error.may_pass or loop.time() >= until:
                raise
            if not told:
                told = True
                logger.warning("%s The start waits for it, %g s at most.", error, DATABASE_WAIT_S)
        await asyncio.sleep(DATABASE_LOOK_S)


def account_settings(settings: Settings, own_url: str) -> AccountSettings:
    """`settings.data_folder` is set."""
    from r3mes_api.accounts.services import AccountSettings
    from r3mes_api.accounts.settlement import Price

    assert settings.data_folder is not None
    share = settings.node_share_percent
    return AccountSettings(
        data_folder=settings.data_folder,
        gateway=settings.public_url or own_url,
        database_url=settings.database_url,
        redis_url=settings.redis_url,
        address_prefix=settings.address_prefix,
        trusted_proxies=trusted_proxies(settings),
        limits_loopback=settings.limit_loopback is Switch.ON,
        price=Price(settings.prompt_price, settings.completion_price, share),
        prices_by_model={
            name: Price(prompt, completion, share)
            for name, prompt, completion in read_price_list(settings.model_prices)
        },
        welcome_credits=settings.welcome_credits,
        rate_policies=rate_policies(settings),
    )


def trusted_proxies(settings: Settings) -> tuple[Network, ...]:
    return parse_networks(",".join(settings.trusted_proxies))


def rate_policies(settings: Settings) -> RatePolicies:
    by_address = _policy(settings.address_requests_per_minute, settings.address_burst)
    by_key = _policy(settings.key_requests_per_minute, settings.key_burst)
    return RatePolicies({**RatePolicies().pairs, Activity.CHAT: LimitPair(by_address, by_key)})


def _policy(per_minute: int, burst: int) -> RatePolicy | None:
    return RatePolicy(per_minute, 60, burst) if per_minute else None


def _without_accounts(settings: Settings, clock: Callable[[], float]) -> FrontDesk:
    if not settings.address_requests_per_minute:
        return FrontDesk()
    own: ShortLivedState = MemoryState(clock)
    state = own
    if settings.redis_url is not None:
        from r3mes_api.storage.redis_state import RedisUrlError, open_redis

        try:
            state = open_redis(settings.redis_url)
        except RedisUrlError as error:
            raise CannotStart(str(error)) from None
    limits = RateLimits(state, own, rate_policies(settings), log=logger)
    loopback = settings.limit_loopback is Switch.ON
    return FrontDesk(OpenReception(limits, trusted_proxies(settings), limits_loopback=loopback), state=state)
