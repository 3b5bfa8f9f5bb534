"""The pure rules of accounts: buckets, addresses, prices, splits, entries."""

from __future__ import annotations

from fractions import Fraction
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from r3mes_api.accounts import ledger_entry
from r3mes_api.accounts.client_address import MAX_HOPS, client_address, limit_key, parse_networks
from r3mes_api.accounts.identity import bearer_token
from r3mes_api.accounts.ledger_entry import Entry, EntryKind
from r3mes_api.accounts.settlement import (
    Attempt,
    Price,
    affordable_tokens,
    prompt_token_bound,
    reservation_amount,
    settle,
    split,
)
from r3mes_api.accounts.token_bucket import MICROSECONDS, Draw, RatePolicy, draw_all
from r3mes_protocol.usage import UsageStatement, sign_usage

NODE = SigningKey(b"\x01" * 32)
NODE_ID = bytes(NODE.verify_key).hex()

# --- token bucket ----------------------------------------------------------------------------------------------

POLICIES = st.builds(
    RatePolicy, limit=st.sampled_from([1, 2, 5, 10, 60, 1000]), period_s=st.sampled_from([1, 10, 60]),
    burst=st.integers(1, 20),
)  # fmt: skip


@given(POLICIES, st.lists(st.tuples(st.integers(0, 120 * MICROSECONDS), st.integers(1, 5)), max_size=40))
def test_the_bucket_is_one_that_counts_its_tokens(policy: RatePolicy, steps: list[tuple[int, int]]) -> None:
    tokens, now, before = Fraction(policy.burst), 1_000_000_000, 1_000_000_000
    state: int | None = None
    for wait, cost in steps:
        now += wait
        tokens = min(Fraction(policy.burst), tokens + Fraction(now - before, policy.interval_us))
        before = now
        states, decision = draw_all([state], [Draw("b", policy, cost)], now)
        assert decision.allowed == (tokens >= cost)
        if states is not None:
            tokens -= cost
            [state] = states
        assert decision.remaining == int(tokens)
        if not decision.allowed and cost <= policy.burst:
            _, again = draw_all([state], [Draw("b", policy, cost)], now + decision.retry_after_us)
            assert again.allowed
            assert not draw_all([state], [Draw("b", policy, cost)], now + decision.retry_after_us - 1)[1].allowed


@given(st.lists(st.tuples(POLICIES, st.integers(0, 10**9), st.integers(1, 4)), min_size=1, max_size=4))
def test_a_refusal_takes_nothing_and_names_a_bucket_that_refused(buckets: list[tuple[RatePolicy, int, int]]) -> None:
    now = 500_000_000
    draws = [Draw(str(i), policy, cost) for i, (policy, _, cost) in enumerate(buckets)]
    full_at: list[int | None] = [full for _, full, _ in buckets]
    states, decision = draw_all(full_at, draws, now)
    alone = [draw_all([full], [draw], now)[1] for full, draw in zip(full_at, draws, strict=True)]
    assert decision.allowed == all(one.allowed for one in alone)
    assert (states is None) == (not decision.allowed)
    assert decision.retry_after_us == max(one.retry_after_us for one in alone)
    if decision.allowed:
        assert decision.remaining == min(one.remaining for one in alone)


@pytest.mark.parametrize(("limit", "period", "burst"), [(0, 1, 1), (1, 0, 1), (1, 1, 0), (1_000_001, 1, 1)])
def test_a_policy_has_bounds(limit: int, period: int, burst: int) -> None:
    with pytest.raises(ValueError, match="rate policy"):
        RatePolicy(limit, period, burst)


# --- client address --------------------------------------------------------------------------------------------

TRUSTED = parse_networks("10.0.0.0/8, 127.0.0.1, fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        # A stranger's header is not believed.
        ("203.0.113.7", ["1.2.3.4"], "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        # Only what our proxy wrote counts, not what the client sent along.
        ("10.0.0.1", ["1.1.1.1, 198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.9, 10.0.0.2"], "198.51.100.9"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["garbage"], "10.0.0.1"),
        ("10.0.0.1", ["5.5.5.5, garbage, 10.0.0.2"], "10.0.0.2"),
        ("127.0.0.1", ["198.51.100.9:4711"], "198.51.100.9"),
        ("127.0.0.1", ["[2001:db8::1]:443"], "2001:db8::1"),
        ("::ffff:10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", [""], "10.0.0.1"),
    ],
)
def test_the_client_is_the_last_that_a_trusted_proxy_vouches_for(
    peer: str, forwarded: list[str], expected: str
) -> None:
    assert client_address(peer, forwarded, TRUSTED) == ip_address(expected)


def test_a_unix_socket_has_no_address() -> None:
    assert client_address("", [], TRUSTED) is None
    assert limit_key(None) == "local"


def test_a_long_header_is_read_from_its_end_only() -> None:
    header = ", ".join(["10.0.0.9"] * 10_000 + ["198.51.100.9"])
    assert client_address("10.0.0.1", [header], TRUSTED) == ip_address("198.51.100.9")
    chain = ", ".join(["198.51.100.9"] + ["10.0.0.9"] * MAX_HOPS)
    assert client_address("10.0.0.1", [chain], TRUSTED) == ip_address("10.0.0.9")


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=4))
def test_no_header_breaks_it(peer: str, forwarded: list[str]) -> None:
    address = client_address(peer, forwarded, TRUSTED)
    assert limit_key(address)


def test_an_ipv6_site_shares_a_limit() -> None:
    assert limit_key(ip_address("2001:db8::1")) == limit_key(ip_address("2001:db8::ffff:1"))
    assert limit_key(ip_address("2001:db8::1")) != limit_key(ip_address("2001:db8:0:1::1"))


def test_a_bad_network_is_named() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/99"):
        parse_networks("127.0.0.1, 10.0.0.0/99")


@pytest.mark.parametrize(
    ("authorization", "api_key", "token"),
    [
        ("Bearer r3mes_x", None, "r3mes_x"),
        ("bearer  r3mes_x ", "other", "r3mes_x"),
        (None, "r3mes_y", "r3mes_y"),
        ("Basic abc", "r3mes_y", "r3mes_y"),
        ("Bearer ", None, None),
        (None, "", None),
    ],
)
def test_a_token_comes_in_either_header(authorization: str | None, api_key: str | None, token: str | None) -> None:
    assert bearer_token(authorization, api_key) == token


# --- prices ----------------------------------------------------------------------------------------------------

PRICES = st.builds(
    Price,
    prompt_per_million=st.integers(0, 10**9),
    completion_per_million=st.integers(0, 10**9),
    node_share_percent=st.integers(0, 100),
)


def attempt(delivered: int, claimed: int | None = None, *, disputed: bool = False) -> Attempt:
    usage = None
    if claimed is not None:
        usage = sign_usage(
            NODE,
            UsageStatement(
                gateway="https://g", job_id="0" * 16, completion_id="c", node_id=NODE_ID, model="m", adapter=None,
                prompt_tokens=1, completion_tokens=claimed, response_bytes=0, response_sha256="0" * 64,
            ),
        )  # fmt: skip
    return Attempt("0" * 16, NODE_ID, "remes1o", delivered, usage, disputed)


ATTEMPTS = st.lists(
    st.builds(
        attempt, st.integers(0, 5000), st.none() | st.integers(0, 5000), disputed=st.booleans()
    ),
    max_size=4,
)  # fmt: skip


@given(PRICES, ATTEMPTS, st.integers(0, 5000), st.integers(0, 10**7))
def test_a_settlement_makes_and_loses_nothing(
    price: Price, attempts: list[Attempt], prompt_tokens: int, reserved: int
) -> None:
    result = settle(reserved=reserved, price=price, prompt_tokens=prompt_tokens, attempts=attempts)
    assert 0 <= result.charge <= reserved
    assert sum(result.earned) + result.gateway_share == result.charge
    assert min(result.earned, default=0) >= 0
    assert result.gateway_share >= 0
    assert sum(result.earned) <= result.charge * price.node_share_percent // 100
    tokens = [min(a.delivered_tokens, a.delivered_tokens if a.claimed_tokens is None else a.claimed_tokens)
              for a in attempts]  # fmt: skip
    assert result.completion_tokens == sum(tokens)
    for a, count, earned in zip(attempts, tokens, result.earned, strict=True):
        assert earned == 0 or (count > 0 and not a.disputed)
    if sum(tokens) == 0:
        assert result.charge == 0


@given(PRICES, st.integers(0, 4000), st.integers(1, 4000), st.integers(0, 4000), st.integers(0, 4000))
def test_what_was_reserved_covers_every_answer_within_its_limit(
    price: Price, bound: int, limit: int, prompt: int, delivered: int
) -> None:
    reserved = reservation_amount(price, prompt_bound=bound, max_completion_tokens=limit)
    prompt, delivered = min(prompt, bound), min(delivered, limit)
    result = settle(reserved=reserved, price=price, prompt_tokens=prompt, attempts=[attempt(delivered)])
    assert result.charge == (price.cost(prompt, delivered) if delivered else 0)


@given(PRICES, st.integers(1, 2000), st.integers(0, 2000), st.integers(0, 2000))
def test_a_continued_answer_costs_what_a_whole_one_does(price: Price, first: int, second: int, prompt: int) -> None:
    whole = settle(reserved=10**9, price=price, prompt_tokens=prompt, attempts=[attempt(first + second)])
    pieces = [attempt(0), attempt(first), attempt(second)]
    assert settle(reserved=10**9, price=price, prompt_tokens=prompt, attempts=pieces).charge == whole.charge


@given(PRICES, st.integers(0, 10**9), st.integers(0, 10_000))
def test_what_is_affordable_can_be_reserved_and_one_more_can_not(price: Price, available: int, bound: int) -> None:
    tokens = affordable_tokens(price, available=available, prompt_bound=bound)
    if tokens is None:
        assert price.completion_per_million == 0
        return
    more = reservation_amount(price, prompt_bound=bound, max_completion_tokens=tokens + 1)
    assert more > available
    if tokens:
        assert reservation_amount(price, prompt_bound=bound, max_completion_tokens=tokens) <= available


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any))
def test_a_split_is_whole_and_fair(amount: int, weights: list[int]) -> None:
    parts = split(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(amount * weight, sum(weights))) < 1
        assert weight or not part


def test_an_amount_is_not_split_among_nobody() -> None:
    assert split(0, [0, 0]) == [0, 0]
    with pytest.raises(ValueError, match="zero"):
        split(1, [0])


@pytest.mark.parametrize("arguments", [(-1, 0, 90), (0, -1, 90), (0, 0, 101), (0, 0, -1)])
def test_a_price_has_bounds(arguments: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"price|share"):
        Price(*arguments)


def test_the_prompt_bound_is_generous() -> None:
    assert prompt_token_bound(0) == 64
    assert prompt_token_bound(1001) == 64 + 501


# --- entries ---------------------------------------------------------------------------------------------------


def test_an_entry_moves_money_and_makes_none() -> None:
    with pytest.raises(ValueError, match="neither make nor lose"):
        Entry(EntryKind.DEPOSIT, "x", (("a", 1), ("b", -2)))
    with pytest.raises(ValueError, match="moves something"):
        Entry(EntryKind.DEPOSIT, "x", (("a", 0),))


@given(st.integers(1, 10**9), st.data())
def test_every_settlement_is_an_entry_with_one_line_for_each_account(amount: int, data: st.DataObject) -> None:
    charge = data.draw(st.integers(0, amount))
    parts = split(charge, data.draw(st.lists(st.integers(0, 9), min_size=3, max_size=3).map(lambda w: [1, *w])))
    shares = [(ledger_entry.earned("o", "n"), parts[1]), (ledger_entry.earned("o", "n"), parts[2]), ("other", parts[3])]
    entry = ledger_entry.settle("w", amount, charge, shares, parts[0], "r")
    accounts = [account for account, _ in entry.postings]
    assert len(set(accounts)) == len(accounts)
    assert dict(entry.postings)[ledger_entry.reserved("w")] == -amount
    late = ledger_entry.settle_late("w", charge, shares, parts[0], "r")
    assert sum(amount for _, amount in late.postings) == 0
