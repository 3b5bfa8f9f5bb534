"""The chain's REST API and the faucet, over HTTP. Answers and status codes are those of a real node."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote

from r3mes_api.asgi import Exchange
from r3mes_api.devnet import queries, staking_queries
from r3mes_api.devnet.chain import Chain, Snapshot
from r3mes_api.devnet.faucet import Faucet, FaucetRefusal
from r3mes_api.devnet.pages import BadPage, Page, read_page
from r3mes_api.devnet.parameters import ErrorShape
from r3mes_api.devnet.queries import NotThere
from r3mes_api.devnet.refusal import Refusal
from r3mes_api.devnet.transaction import transaction_hash
from r3mes_protocol.errors import ApiError, ErrorCode

MAX_BODY_BYTES = 1024 * 1024
BODY_TIMEOUT_S = 10.0
"""A wallet's requests are small; ten seconds cover a slow line."""
SEARCH_ITEMS = 100
HEIGHT_HEADER = b"x-cosmos-block-height"
HEIGHT_ANSWER = b"grpc-metadata-x-cosmos-block-height"
PATHS = ("/cosmos/", "/remes/", "/devnet/")

Json: TypeAlias = dict[str, Any]
Query: TypeAlias = dict[str, str]

_CONDITION = re.compile(r"\s*([a-zA-Z0-9_.]{1,100})\s*=\s*(?:'([^']{0,200})'|(\d{1,18}))\s*")
_NOT_SUPPORTED = "unsupported return type; supported types: sync, async: invalid request"


class GrpcError(Exception):
    """An error as grpc-gateway writes it."""

    def __init__(self, status: int, code: int, message: str) -> None:
        self.status, self.code, self.message = status, code, message

    def to_json(self) -> Json:
        return {"code": self.code, "message": self.message, "details": []}


class Request:
    """What a handler needs to know."""

    def __init__(self, snapshot: Snapshot, path: dict[str, str], query: Query, page: Page) -> None:
        self.snapshot, self.path, self.query, self.page = snapshot, path, query, page


Handler: TypeAlias = Callable[[Request], Json]


class DevnetRoutes:
    def __init__(self, chain: Chain, faucet: Faucet) -> None:
        self._chain = chain
        self._faucet = faucet
        self._gets = [(re.compile(_pattern(path)), handler) for path, handler in self._handlers().items()]

    @staticmethod
    def owns(path: str) -> bool:
        return path.startswith(PATHS)

    async def __call__(self, exchange: Exchange) -> None:
        try:
            answer = await self._answer(exchange)
        except GrpcError as error:
            await exchange.json(error.status, error.to_json())
        except FaucetRefusal as refusal:
            await exchange.error(ApiError(ErrorCode.INVALID_REQUEST, str(refusal)))
        else:
            height = b"%d" % self._chain.block.height
            await exchange.json(200, answer, [(HEIGHT_ANSWER, height)])

    async def _answer(self, exchange: Exchange) -> Json:
        method, path = exchange.scope["method"], unquote(exchange.scope["path"])
        if method == "POST":
            post: Callable[[Json], Json] | None = {
                "/cosmos/tx/v1beta1/txs": self._broadcast,
                "/cosmos/tx/v1beta1/simulate": self._simulate,
                "/devnet/faucet": self._faucet.pay,
            }.get(path)
            if post is not None:
                return post(await _document(exchange))
        elif method in ("GET", "HEAD"):
            return self._get(exchange, path)
        raise GrpcError(501, 12, "Not Implemented")

    # Reading

    def _get(self, exchange: Exchange, path: str) -> Json:
        try:
            query = _query(exchange.scope["query_string"])
            for pattern, handler in self._gets:
                match = pattern.fullmatch(path)
                if match is not None:
                    snapshot = self._snapshot(exchange.header(HEIGHT_HEADER))
                    return handler(Request(snapshot, match.groupdict(), query, read_page(query)))
        except NotThere as missing:
            raise GrpcError(404, 5, str(missing)) from None
        except BadPage as error:
            raise GrpcError(400, 3, str(error)) from None
        except Refusal as refusal:
            # Only a height that is not there is the asker's fault, to a node.
            status, code = (400, 3) if refusal.code == 26 else (500, 2)
            raise GrpcError(status, code, refusal.log) from None
        raise GrpcError(501, 12, "Not Implemented")

    def _snapshot(self, height: str | None) -> Snapshot:
        if height is None:
            return self._chain.latest()
        if not re.fullmatch(r"[0-9]{1,18}", height):
            raise BadPage("the height is no number")
        return self._chain.at(int(height))

    def _handlers(self) -> dict[str, Handler]:
        parameters, base = self._chain.parameters, "/cosmos/base/tendermint/v1beta1"
        staking, distribution = "/cosmos/staking/v1beta1", "/cosmos/distribution/v1beta1"
        feegrant, roles = "/cosmos/feegrant/v1beta1", "/remes/remes/v1"
        return {
            f"{base}/node_info": lambda _: queries.node_info(parameters),
            f"{base}/syncing": lambda _: {"syncing": False},
            f"{base}/blocks/latest": lambda asked: queries.block_json(asked.snapshot),
            f"{base}/blocks/{{height}}": self._block,
            "/cosmos/base/node/v1beta1/config": lambda _: queries.node_config(parameters),
            "/cosmos/auth/v1beta1/params": lambda _: queries.auth_params(parameters),
            "/cosmos/auth/v1beta1/accounts": lambda asked: queries.accounts(asked.snapshot, asked.page),
            "/cosmos/auth/v1beta1/accounts/{a}": lambda asked: queries.account(asked.snapshot, asked.path["a"]),
            "/cosmos/bank/v1beta1/balances/{a}": lambda asked: queries.balances(
                asked.snapshot, asked.path["a"], asked.page
            ),
            "/cosmos/bank/v1beta1/balances/{a}/by_denom": lambda asked: queries.balance(
                asked.snapshot, asked.path["a"], asked.query.get("denom", "")
            ),
            "/cosmos/bank/v1beta1/spendable_balances/{a}": lambda asked: queries.balances(
                asked.snapshot, asked.path["a"], asked.page
            ),
            "/cosmos/bank/v1beta1/supply": lambda asked: queries.supply(asked.snapshot, asked.page),
            f"{staking}/params": lambda _: staking_queries.staking_params(parameters),
            f"{staking}/pool": lambda asked: staking_queries.pool(asked.snapshot),
            f"{staking}/validators": lambda asked: staking_queries.validators(
                asked.snapshot, asked.query.get("status", ""), asked.page
            ),
            f"{staking}/validators/{{v}}": lambda asked: staking_queries.validator(asked.snapshot, asked.path["v"]),
            f"{staking}/validators/{{v}}/delegations/{{a}}": lambda asked: staking_queries.delegation(
                asked.snapshot, asked.path["v"], asked.path["a"]
            ),
            f"{staking}/delegations/{{a}}": lambda asked: staking_queries.delegations(
                asked.snapshot, asked.path["a"], asked.page
            ),
            f"{staking}/delegators/{{a}}/unbonding_delegations": lambda asked: staking_queries.unbondings(
                asked.snapshot, asked.path["a"], asked.page
            ),
            f"{staking}/delegators/{{a}}/redelegations": lambda asked: staking_queries.redelegations(
                asked.snapshot, asked.path["a"], asked.page
            ),
            "/cosmos/slashing/v1beta1/params": lambda _: staking_queries.slashing_params(),
            f"{distribution}/delegators/{{a}}/rewards": lambda asked: staking_queries.rewards(
                asked.snapshot, asked.path["a"]
            ),
            "/cosmos/gov/v1/proposals": lambda _: {"proposals": [], "pagination": {"next_key": None, "total": "0"}},
            "/cosmos/authz/v1beta1/grants": lambda asked: queries.authorizations(
                asked.snapshot, asked.query.get("granter", ""), asked.query.get("grantee", ""), asked.page
            ),
            "/cosmos/authz/v1beta1/grants/granter/{a}": lambda asked: queries.authorizations(
                asked.snapshot, asked.path["a"], "", asked.page
            ),
            "/cosmos/authz/v1beta1/grants/grantee/{a}": lambda asked: queries.authorizations(
                asked.snapshot, "", asked.path["a"], asked.page
            ),
            f"{feegrant}/allowances/{{a}}": lambda asked: queries.allowances(
                asked.snapshot, "", asked.path["a"], asked.page
            ),
            f"{feegrant}/issued/{{a}}": lambda asked: queries.allowances(
                asked.snapshot, asked.path["a"], "", asked.page
            ),
            f"{roles}/params": lambda _: queries.role_params(parameters),
            f"{roles}/node_registration/{{a}}": lambda asked: queries.registration(asked.snapshot, asked.path["a"]),
            f"{roles}/node_registrations": lambda asked: queries.registrations(asked.snapshot, asked.page),
            f"{roles}/serving_nodes": lambda _: {"serving_nodes": [], "pagination": {"next_key": None, "total": "0"}},
            "/cosmos/tx/v1beta1/txs": self._search,
            "/cosmos/tx/v1beta1/txs/{hash}": self._transaction,
            "/devnet/faucet": lambda _: self._faucet.about(),
        }

    def _block(self, asked: Request) -> Json:
        if not re.fullmatch(r"[0-9]{1,18}", asked.path["height"]):
            raise BadPage("the height is no number")
        return queries.block_json(self._chain.at(int(asked.path["height"])))

    def _transaction(self, asked: Request) -> Json:
        found = self._chain.storage.transaction(asked.path["hash"].upper())
        if found is None:
            raise NotThere(f"tx not found: {asked.path['hash'][:100]}")
        return found

    def _search(self, asked: Request) -> Json:
        text = asked.query.get("query", "")
        if not text:
            raise Refusal(2, "query cannot be empty")
        matches = [_CONDITION.fullmatch(part) for part in re.split(r"\bAND\b", text)]
        conditions = [(match[1], match[2] if match[2] is not None else match[3]) for match in matches if match]
        if len(conditions) != len(matches) or len(conditions) > 10:
            raise BadPage("a query is key='value', joined by AND")
        page = asked.page
        limit, number = (_count(asked.query.get(name, "")) for name in ("limit", "page"))
        if number:
            size = min(limit or SEARCH_ITEMS, SEARCH_ITEMS)
            page = Page((number - 1) * size, size)
        newest_first = asked.query.get("order_by") in ("ORDER_BY_DESC", "2")
        total, found = self._chain.storage.search(
            conditions, newest_first=newest_first, limit=page.limit, offset=page.offset
        )
        return {
            "txs": [item["tx"] for item in found],
            "tx_responses": [item["tx_response"] for item in found],
            "pagination": None,
            "total": str(total),
        }

    # Sending

    def _broadcast(self, document: Json) -> Json:
        tx_bytes = _tx_bytes(document)
        mode = document.get("mode", "BROADCAST_MODE_UNSPECIFIED")
        if mode not in ("BROADCAST_MODE_SYNC", "BROADCAST_MODE_ASYNC", 2, 3):
            raise GrpcError(500, 2, _NOT_SUPPORTED)
        try:
            self._chain.receive(tx_bytes)
        except Refusal as refusal:
            if mode in ("BROADCAST_MODE_ASYNC", 3):
                # Nobody waits for the check.
                return _response(tx_bytes)
            return self._refused(tx_bytes, refusal)
        return _response(tx_bytes)

    def _refused(self, tx_bytes: bytes, refusal: Refusal) -> Json:
        if refusal.code == 19 or self._chain.parameters.error_shape is ErrorShape.RESPONSE:
            return _response(tx_bytes, refusal.code, refusal.codespace, refusal.log)
        if refusal.code == 9:
            # Recorded: this kind of node can't put it into words.
            raise GrpcError(500, 13, "failed to marshal error message")
        raise GrpcError(
            500,
            2,
            f"transaction {transaction_hash(tx_bytes)} is invalid: code={refusal.code}, data=, "
            f"log='{refusal.log}', codespace='{refusal.codespace}'",
        )

    def _simulate(self, document: Json) -> Json:
        tx_bytes = _tx_bytes(document)
        try:
            used = self._chain.simulate(tx_bytes)
        except Refusal as refusal:
            raise GrpcError(500, 2, f"{refusal.log} [cosmos/cosmos-sdk/baseapp] with gas used: '0'") from None
        empty: Json = {"data": "", "log": "", "events": [], "msg_responses": []}
        return {"gas_info": {"gas_wanted": "0", "gas_used": str(used)}, "result": empty}


def _pattern(path: str) -> str:
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]{1,200})", path)


def _count(text: str) -> int:
    """Raises BadPage."""
    if not re.fullmatch(r"[0-9]{0,9}", text):
        raise BadPage("the page or its limit is no number")
    return int(text or 0)


def _query(raw: bytes) -> Query:
    """Raises BadPage."""
    try:
        return dict(parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        raise BadPage("the query can't be read") from None


def _tx_bytes(document: Json) -> bytes:
    text = document.get("tx_bytes")
    try:
        tx_bytes = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (ValueError, binascii.Error):
        raise GrpcError(400, 3, "illegal base64 data at input byte 0") from None
    if not tx_bytes:
        raise GrpcError(400, 3, "invalid empty tx")
    return tx_bytes


def _response(tx_bytes: bytes, code: int = 0, codespace: str = "", log: str = "") -> Json:
    return {
        "tx_response": {
            "height": "0",
            "txhash": transaction_hash(tx_bytes),
            "codespace": codespace,
            "code": code,
            "data": "",
            "raw_log": log,
            "logs": [],
            "info": "",
            "gas_wanted": "0",
            "gas_used": "0",
            "tx": None,
            "timestamp": "",
            "events": [],
        }
    }


async def _document(exchange: Exchange) -> Json:
    body = await exchange.body(MAX_BODY_BYTES, BODY_TIMEOUT_S)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise GrpcError(400, 3, "the body is no JSON") from None
    if not isinstance(document, dict):
        raise GrpcError(400, 3, "the body is no JSON object")
    return document
