"""Opening the stores: every URL and file that can't be used is refused with a sentence, and outages are survived."""

from __future__ import annotations

import asyncio
import logging
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DatabaseError

from r3mes_api.accounts import opening, services
from r3mes_api.accounts.gateway_key import GatewayKeyError, load_or_create_gateway_key
from r3mes_api.accounts.opening import open_front_desk
from r3mes_api.accounts.rate_limits import Activity, RateLimits, RatePolicies
from r3mes_api.accounts.services import AccountSettings, open_accounts
from r3mes_api.accounts.token_bucket import Draw, RatePolicy
from r3mes_api.lifecycle import CannotStart
from r3mes_api.owner_signature import address_of, address_prefix, owner_signed
from r3mes_api.settings import Settings
from r3mes_api.settings_loading import load_settings
from r3mes_api.storage.database import DatabaseUnavailable, answers, open_database
from r3mes_api.storage.database_url import DatabaseUrlError, database_url
from r3mes_api.storage.memory_state import MemoryState
from r3mes_api.storage.migrate import migrate
from r3mes_api.storage.redis_state import RedisUrlError, open_redis
from r3mes_api.storage.short_lived import StateUnavailable
from r3mes_protocol.exit_codes import ExitCode

PACKAGES = Path(__file__).parents[2]
LOG = logging.getLogger("test.storage")


@pytest.mark.parametrize(
    ("text", "driver", "rest"),
    [
        ("sqlite:////var/lib/x.db", "sqlite", "/var/lib/x.db"),
        (" sqlite:///x.db ", "sqlite", "x.db"),
        ("postgres://u:p@h:5/d", "postgresql+asyncpg", "d"),
        ("postgresql://u@h/d", "postgresql+asyncpg", "d"),
        ("postgresql+asyncpg://u@h/d", "postgresql+asyncpg", "d"),
    ],
)
def test_the_usual_urls_are_understood(text: str, driver: str, rest: str) -> None:
    url = database_url(text)
    assert (url.drivername, url.database) == (driver, rest)


def test_sslmode_is_understood() -> None:
    assert dict(database_url("postgresql://u@h/d?sslmode=require&host=/x").query) == {"ssl": "require", "host": "/x"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense", "not a URL"),
        ("mysql://u:hunter2@h/d", "mysql"),
        ("sqlite://relative.db", "three slashes"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("postgresql://u:hunter2@h", "no database"),
    ],
)
def test_other_urls_are_refused_without_their_password(text: str, says: str) -> None:
    with pytest.raises(DatabaseUrlError, match=says) as caught:
        database_url(text)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://x", "127.0.0.1:6379", "redis://h:notaport/0"])
def test_other_redis_urls_are_refused(url: str) -> None:
    with pytest.raises(RedisUrlError, match="REDIS_URL"):
        open_redis(url)


async def test_a_database_that_is_away_is_said_to_be_away(tmp_path: Path) -> None:
    database = open_database(database_url(f"postgresql://u:hunter2@/d?host={tmp_path}"))
    assert not await answers(database)
    with pytest.raises(DatabaseUnavailable) as caught:
        await migrate(database)
    assert "hunter2" not in str(caught.value)
    await database.close()


def front_desk_settings(folder: Path, url: str) -> Settings:
    return load_settings({"R3MES_ACCOUNTS": "on", "R3MES_DATA_FOLDER": str(folder), "DATABASE_URL": url})


async def test_a_start_waits_for_a_database_that_is_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(opening, "DATABASE_LOOK_S", 0.001)
    tries = 0

    async def comes_up(database: Any) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise DatabaseUnavailable("It is starting.")
        await migrate(database)

    monkeypatch.setattr(services, "migrate", comes_up)
    desk = await open_front_desk(front_desk_settings(tmp_path, f"sqlite:///{tmp_path / 'x.db'}"), "http://g", time.time)
    assert tries == 3 and desk.accounts is not None
    assert [record.message for record in caplog.records] == ["It is starting. The start waits for it, 60 s at most."]
    await desk.close()


async def test_a_start_that_waited_in_vain_may_be_tried_again_and_one_that_is_set_up_wrong_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "DATABASE_WAIT_S", 0.0)
    for url, code in (
        (f"postgresql://u:hunter2@/d?host={tmp_path}", ExitCode.INTERNAL),
        (f"sqlite:///{tmp_path}", ExitCode.CONFIGURATION),
    ):
        with pytest.raises(CannotStart, match="can't be opened") as caught:
            await open_front_desk(front_desk_settings(tmp_path, url), "http://g", time.time)
        assert caught.value.exit_code is code and "hunter2" not in str(caught.value)
    assert "unable to open database file" in str(caught.value)


async def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database at all" * 100)
    database = open_database(database_url(f"sqlite:///{tmp_path / 'x.db'}"))
    assert not await answers(database)
    await database.close()


async def test_opening_makes_the_folder_the_database_and_the_key(tmp_path: Path, clock: Any) -> None:
    settings = AccountSettings(data_folder=tmp_path / "new" / "data", gateway="https://g")
    accounts = await open_accounts(settings, clock=clock, log=LOG)
    assert (await accounts.ledger.audit()).is_balanced
    key = bytes(accounts.gateway_key)
    await accounts.close()
    assert {path.name for path in settings.data_folder.iterdir()} >= {"gateway.db", "gateway.key"}
    again = await open_accounts(settings, clock=clock, log=LOG)
    assert bytes(again.gateway_key) == key
    await again.close()


async def test_the_sweeper_gives_back_what_was_forgotten(tmp_path: Path, clock: Any, eventually: Any) -> None:
    accounts = await open_accounts(AccountSettings(data_folder=tmp_path, gateway="https://g"), clock=clock, log=LOG)
    await accounts.ledger.deposit("o", 10, reference="x", now=accounts.now())
    await accounts.ledger.reserve("o", 10, key="k", request_id="r", now=accounts.now(), expires_at=accounts.now() + 5)
    sweeper = asyncio.create_task(accounts.sweep_for_ever(0.01))
    clock.now += 5

    async def is_back() -> bool:
        return (await accounts.ledger.balance("o")).available == 10

    await eventually(is_back)
    sweeper.cancel()
    await asyncio.gather(sweeper, return_exceptions=True)
    await accounts.close()


async def test_the_sweeper_outlives_whatever_its_database_says(
    tmp_path: Path, clock: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = await open_accounts(AccountSettings(data_folder=tmp_path, gateway="https://g"), clock=clock, log=LOG)
    troubles = [DatabaseError("", {}, Exception("malformed")), DatabaseUnavailable("Its disk is full."), None]
    swept = asyncio.Event()

    async def forget(*, now: int) -> int:
        trouble = troubles.pop(0) if troubles else None
        if trouble is not None:
            raise trouble
        swept.set()
        return 0

    monkeypatch.setattr(accounts.idempotency, "forget", forget)
    sweeper = asyncio.create_task(accounts.sweep_for_ever(0.01))
    async with asyncio.timeout(60):
        await swept.wait()
    sweeper.cancel()
    await asyncio.gather(sweeper, return_exceptions=True)
    await accounts.close()
    assert [record.message for record in caplog.records] == ["The ledger can't be swept."]


# --- the gateway's key -----------------------------------------------------------------------------------------


def test_the_key_is_made_once_for_its_user_only(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "gateway.key"
    key = load_or_create_gateway_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create_gateway_key(path) == key
    assert [file.name for file in path.parent.iterdir()] == ["gateway.key"]


@pytest.mark.parametrize("content", ["", "zz" * 32, "00" * 31])
def test_a_damaged_key_is_not_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "gateway.key"
    path.write_text(content)
    with pytest.raises(GatewayKeyError, match="damaged"):
        load_or_create_gateway_key(path)
    assert path.read_text() == content


def test_a_key_where_there_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GatewayKeyError, match="can't be used"):
        load_or_create_gateway_key(tmp_path)


# --- owners' signatures ----------------------------------------------------------------------------------------


def test_addresses_are_checked(new_wallet: Any) -> None:
    wallet = new_wallet()
    assert address_prefix(wallet.address) == "remes"
    for wrong in ("", "remes1", wallet.address.upper(), wallet.address + "q", "remes1qqqqqqqqqqqq"):
        assert address_prefix(wrong) is None
    with pytest.raises(ValueError, match="secp256k1"):
        address_of(b"\x05" * 33, "remes")


def test_any_bytes_are_refused_without_an_exception(new_wallet: Any) -> None:
    wallet = new_wallet()
    message = b"m"
    signature = wallet.sign_bytes(message)
    public_key = __import__("base64").b64decode(wallet.public_key)
    assert owner_signed(public_key, message, signature, wallet.address)
    assert not owner_signed(public_key, b"other", signature, wallet.address)
    assert not owner_signed(b"\x02" + b"\xff" * 32, message, signature, wallet.address)
    assert not owner_signed(public_key, message, b"\xff" * 64, wallet.address)
    assert not owner_signed(public_key, message, bytes(64), wallet.address)
    assert not owner_signed(public_key[:-1], message, signature, wallet.address)
    assert not owner_signed(public_key, message, signature, "remes1xyz")


# --- short-lived state -----------------------------------------------------------------------------------------


async def test_memory_is_bounded_in_a_flood(clock: Any) -> None:
    state = MemoryState(clock, max_buckets=100, max_values=50)
    policy = RatePolicy(1, 3600, 1)
    for i in range(1000):
        assert (await state.draw([Draw(str(i), policy)])).allowed
        await state.put(str(i), "v", 60)
    assert len(state._full_at) <= 102
    assert len(state._values) <= 50
    assert await state.take("999") == "v"
    assert await state.take("0") is None


async def test_full_buckets_take_no_memory(clock: Any) -> None:
    state = MemoryState(clock)
    for i in range(500):
        await state.draw([Draw(str(i), RatePolicy(1, 1, 1))])
        clock.now += 1
    assert len(state._full_at) < 10


async def test_without_redis_each_replica_limits_by_itself_and_says_so_once(
    tmp_path: Path, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    class Flaky(MemoryState):
        is_away = True

        async def draw(self, draws: Any) -> Any:
            if self.is_away:
                raise StateUnavailable("ConnectionError")
            return await super().draw(draws)

    shared = Flaky(clock)
    limits = RateLimits(shared, MemoryState(clock), RatePolicies(), log=LOG)
    for _ in range(3):
        assert (await limits.check(Activity.CHAT, address="a", key_id=None)).allowed
    shared.is_away = False
    await limits.check(Activity.CHAT, address="a", key_id=None)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_a_redis_that_is_away_is_said_to_be_away(tmp_path: Path) -> None:
    state = open_redis(f"unix://{tmp_path / 'nothing.sock'}")
    for waiting in (state.draw([Draw("a", RatePolicy(1, 1, 1))]), state.put("a", "b", 1), state.take("a")):
        with pytest.raises(StateUnavailable):
            await waiting
    await state.close()


# --- what is loaded --------------------------------------------------------------------------------------------


def test_nothing_is_loaded_that_is_not_configured() -> None:
    code = (
        "import sys, r3mes_api.accounts.routes, r3mes_api.accounts.services\n"
        "names = ('torch', 'numpy', 'alembic', 'asyncpg', 'redis', 'transformers', 'sentence_transformers')\n"
        "print([name for name in names if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(PACKAGES)}
    )
    assert result.stdout.strip() == "[]"
