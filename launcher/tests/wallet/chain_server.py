"""A small chain behind HTTP for the wallet's tests, answering in the shapes recorded from a real one.

It checks what a real chain's ante handler checks, in its order, and keeps a ledger, so that a test can count payments.
It is no product: the network's emulator lives with the gateway.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from google.protobuf.message import DecodeError

from r3mes_launcher.wallet.addresses import address_of_key
from r3mes_launcher.wallet.errors import WalletError
from r3mes_launcher.wallet.keys import verify_signature
from r3mes_launcher.wallet.message_kinds import ChainMessage, unpack
from r3mes_launcher.wallet.message_rules import check_message
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire

SEND_GAS = 71_000


@dataclass
class Wallet:
    number: int
    sequence: int = 0
    public_key: bytes = b""
    balances: dict[str, int] = field(default_factory=dict)


@dataclass
class Included:
    tx_bytes: bytes
    height: int
    code: int
    codespace: str
    log: str


class Refusal(Exception):
    def __init__(self, code: int, log: str, codespace: str = "sdk") -> None:
        self.code, self.log, self.codespace = code, log, codespace


class Chain:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.chain_id = "r3mes-testnet-1"
        self.node_info_chain_id = ""
        """What /node_info lies, if set."""
        self.prefix = "remes"
        self.denom = "ur3mes"
        self.gas_price = "0.025000000000000000ur3mes"
        self.height = 100
        self.wallets: dict[str, Wallet] = {}
        self.mempool: list[bytes] = []
        self.included: dict[str, Included] = {}
        self.refusals_in_200 = False
        self.block_on_lookup = True
        """Whether a block comes whenever somebody looks for a transaction: the clock of these tests."""
        self.includes = True
        self.indexes = True
        self.faults: deque[str] = deque()
        """What happens to the next broadcasts: drop, drop_after, 502, 502_after, garbage, full, forget."""
        self.broadcasts = 0
        self.requests: list[str] = []
        self.answers: dict[str, tuple[int, Any]] = {}
        """Ready-made answers by path, before anything else."""
        self.extra_gas = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)

    def fund(self, address: str, amount: int, *, number: int | None = None) -> None:
        with self.lock:
            wallet = self.wallets.setdefault(address, Wallet(len(self.wallets) + 1 if number is None else number))
            wallet.balances[self.denom] = wallet.balances.get(self.denom, 0) + amount

    def balance(self, address: str) -> int:
        with self.lock:
            return self.wallets[address].balances.get(self.denom, 0) if address in self.wallets else 0

    # The chain

    def block(self) -> None:
        with self.lock:
            self.height += 1
            waiting, self.mempool = self.mempool, []
            for tx_bytes in waiting if self.includes else []:
                self._include(tx_bytes)

    def _include(self, tx_bytes: bytes) -> None:
        try:
            signer = self._ante(tx_bytes)
        except Refusal:
            return  # it is dropped, and its sender pays nothing
        raw = wire.TxRaw.FromString(tx_bytes)
        body, auth = wire.TxBody.FromString(raw.body_bytes), wire.AuthInfo.FromString(raw.auth_info_bytes)
        for coin in auth.fee.amount:
            signer.balances[coin.denom] = signer.balances.get(coin.denom, 0) - int(coin.amount)
        signer.sequence += 1
        signer.public_key = wire.Secp256k1PublicKey.FromString(auth.signer_infos[0].public_key.value).key
        code, codespace, log = 0, "", ""
        if SEND_GAS * len(body.messages) + self.extra_gas > auth.fee.gas_limit:
            code, codespace, log = 11, "sdk", "out of gas in location: WriteFlat"
        try:
            moves = [] if code else self._execute(body)
            for wallet, denom, amount in moves:
                wallet.balances[denom] = wallet.balances.get(denom, 0) + amount
        except Refusal as refusal:
            code, codespace, log = refusal.code, refusal.codespace, refusal.log
        name = hashlib.sha256(tx_bytes).hexdigest().upper()
        self.included[name] = Included(tx_bytes, self.height, code, codespace, log)

    def _execute(self, body: Any) -> list[tuple[Wallet, str, int]]:
        moves: list[tuple[Wallet, str, int]] = []
        for packed in body.messages:
            message = unpack(packed)
            if not isinstance(message, ChainMessage):
                raise Refusal(1, "unknown message")
            try:
                check_message(message, self.prefix)
            except WalletError as error:
                raise Refusal(7, str(error)) from None
            if isinstance(message.body, wire.MsgSend):
                payer = self.wallets[message.body.from_address]
                recipient = self.wallets.setdefault(message.body.to_address, Wallet(len(self.wallets) + 1))
                for coin in message.body.amount:
                    if payer.balances.get(coin.denom, 0) < int(coin.amount):
                        raise Refusal(5, "insufficient funds")
                    moves += [(payer, coin.denom, -int(coin.amount)), (recipient, coin.denom, int(coin.amount))]
        return moves

    def _ante(self, tx_bytes: bytes, *, simulate: bool = False) -> Wallet:
        """decode → messages present → timeout → memo → minimum fee → fee → key → sequence → signature."""
        try:
            raw = wire.TxRaw.FromString(tx_bytes)
            body, auth = wire.TxBody.FromString(raw.body_bytes), wire.AuthInfo.FromString(raw.auth_info_bytes)
            key = wire.Secp256k1PublicKey.FromString(auth.signer_infos[0].public_key.value).key
            messages = [unpack(packed) for packed in body.messages]
        except (DecodeError, IndexError, WalletError):
            raise Refusal(2, "tx parse error") from None
        if not messages:
            raise Refusal(18, "must contain at least one message: invalid request")
        if body.timeout_height and self.height > body.timeout_height:
            raise Refusal(30, f"block height: {self.height}, timeout height: {body.timeout_height}: tx timeout height")
        if len(body.memo) > 256:
            raise Refusal(12, "maximum number of characters is 256: memo too large")
        price = float(self.gas_price.removesuffix(self.denom) or 0)
        paid = sum(int(coin.amount) for coin in auth.fee.amount)
        if not simulate and paid < price * auth.fee.gas_limit:
            need = int(price * auth.fee.gas_limit)
            raise Refusal(13, f"insufficient fees; got: {paid}{self.denom} required: {need}{self.denom}")
        address = address_of_key(key, self.prefix)
        wallet = self.wallets.get(address)
        if wallet is None:
            raise Refusal(0, "failed to marshal error message", "")
        if wallet.balances.get(self.denom, 0) < paid:
            raise Refusal(5, "insufficient funds")
        if any(not isinstance(message, ChainMessage) or message.signer != address for message in messages):
            raise Refusal(8, "pubKey does not match signer address")
        sequence = auth.signer_infos[0].sequence
        if sequence != wallet.sequence:
            raise Refusal(32, f"account sequence mismatch, expected {wallet.sequence}, got {sequence}")
        document = wire.SignDoc(
            body_bytes=raw.body_bytes,
            auth_info_bytes=raw.auth_info_bytes,
            chain_id=self.chain_id,
            account_number=wallet.number,
        )
        if not simulate and not verify_signature(key, document.SerializeToString(), raw.signatures[0]):
            raise Refusal(
                4,
                f"signature verification failed; please verify account number ({wallet.number}) and chain-id "
                f"({self.chain_id}): unauthorized",
            )
        return wallet

    # HTTP

    def _broadcast(self, document: dict[str, Any]) -> tuple[int, Any]:
        self.broadcasts += 1
        fault = self.faults.popleft() if self.faults else ""
        if fault == "drop":
            raise ConnectionAbortedError
        if fault == "502":
            return 502, None
        if fault == "full":
            return self._refused(Refusal(20, "mempool is full"))
        try:
            tx_bytes = base64.b64decode(document["tx_bytes"], validate=True)
        except (KeyError, ValueError):
            return 400, {"code": 3, "message": "invalid base64", "details": []}
        if document.get("mode") != "BROADCAST_MODE_SYNC":
            return 500, {"code": 2, "message": "unsupported return type", "details": []}
        name = hashlib.sha256(tx_bytes).hexdigest().upper()
        if tx_bytes in self.mempool:
            return 200, {"tx_response": {"height": "0", "txhash": name, "codespace": "sdk", "code": 19, "raw_log": ""}}
        try:
            self._ante(tx_bytes)
        except Refusal as refusal:
            return self._refused(refusal, name)
        if fault != "forget":
            self.mempool.append(tx_bytes)
        if fault == "drop_after":
            raise ConnectionAbortedError
        if fault == "502_after":
            return 502, None
        if fault == "garbage":
            return 200, None
        return 200, {"tx_response": {"height": "0", "txhash": name, "codespace": "", "code": 0, "raw_log": ""}}

    def _refused(self, refusal: Refusal, name: str = "00") -> tuple[int, Any]:
        if refusal.code == 0:
            return 500, {"code": 13, "message": refusal.log, "details": []}
        if self.refusals_in_200:
            return 200, {
                "tx_response": {
                    "height": "0",
                    "txhash": name,
                    "codespace": refusal.codespace,
                    "code": refusal.code,
                    "raw_log": refusal.log,
                }
            }
        message = (
            f"transaction {name} is invalid: code={refusal.code}, data=, log='{refusal.log}', "
            f"codespace='{refusal.codespace}'"
        )
        return 500, {"code": 2, "message": message, "details": []}

    def answer(self, method: str, path: str, query: dict[str, list[str]], document: Any) -> tuple[int, Any]:
        if path in self.answers:
            return self.answers[path]
        parts = path.strip("/").split("/")
        if path == "/cosmos/tx/v1beta1/txs" and method == "POST":
            return self._broadcast(document)
        if path == "/cosmos/tx/v1beta1/simulate":
            try:
                tx_bytes = base64.b64decode(document["tx_bytes"])
                wallet = self._ante(tx_bytes, simulate=True)
                body = wire.TxBody.FromString(wire.TxRaw.FromString(tx_bytes).body_bytes)
                fee = wire.AuthInfo.FromString(wire.TxRaw.FromString(tx_bytes).auth_info_bytes).fee
                paid = sum(int(coin.amount) for coin in fee.amount)
                spent = -sum(change for who, _, change in self._execute(body) if who is wallet)
                if spent + paid > wallet.balances.get(self.denom, 0):
                    raise Refusal(5, "insufficient funds")
            except Refusal as refusal:
                return 400, {"code": 2, "message": f"{refusal.log} [cosmos-sdk]: with gas used", "details": []}
            # A simulation without a fee leaves out what paying one costs.
            used = SEND_GAS * len(body.messages) - 34 - (0 if fee.amount else 26_842)
            return 200, {"gas_info": {"gas_wanted": "0", "gas_used": str(used)}, "result": {}}
        if parts[:4] == ["cosmos", "tx", "v1beta1", "txs"] and len(parts) == 5:
            if self.block_on_lookup:
                self.block()
            found = self.included.get(parts[4])
            if found is None or not self.indexes:
                return 404, {"code": 5, "message": f"tx not found: {parts[4]}", "details": []}
            return 200, {"tx": {}, "tx_response": self._response(parts[4], found)}
        if path == "/cosmos/tx/v1beta1/txs":
            if "query" not in query:
                return 500, {"code": 2, "message": "query cannot be empty", "details": []}
            found_all = [self._response(name, found) for name, found in self.included.items()]
            return 200, {"txs": [], "tx_responses": found_all, "pagination": None, "total": str(len(found_all))}
        if path == "/cosmos/base/tendermint/v1beta1/node_info":
            return 200, {"default_node_info": {"network": self.node_info_chain_id or self.chain_id}}
        if path == "/cosmos/base/tendermint/v1beta1/blocks/latest":
            header = {"chain_id": self.chain_id, "height": str(self.height), "time": "2026-11-20T10:11:12.123456789Z"}
            return 200, {"block_id": {}, "block": {"header": header}}
        if path == "/cosmos/base/node/v1beta1/config":
            return 200, {"minimum_gas_price": self.gas_price}
        if path == "/cosmos/staking/v1beta1/params":
            params = {"unbonding_time": "1814400s", "max_validators": 100, "max_entries": 7, "bond_denom": self.denom}
            return 200, {"params": params}
        if path == "/cosmos/slashing/v1beta1/params":
            fractions = {
                "slash_fraction_double_sign": "0.050000000000000000",
                "slash_fraction_downtime": "0.010000000000000000",
            }
            return 200, {"params": fractions}
        if parts[:4] == ["cosmos", "auth", "v1beta1", "accounts"]:
            wallet = self.wallets.get(parts[4])
            if wallet is None:
                return 404, {"code": 5, "message": f"account {parts[4]} not found", "details": []}
            key = None
            if wallet.public_key:
                key = {"@type": "/cosmos.crypto.secp256k1.PubKey", "key": base64.b64encode(wallet.public_key).decode()}
            return 200, {
                "account": {
                    "@type": "/cosmos.auth.v1beta1.BaseAccount",
                    "address": parts[4],
                    "pub_key": key,
                    "account_number": str(wallet.number),
                    "sequence": str(wallet.sequence),
                }
            }
        if parts[:4] == ["cosmos", "bank", "v1beta1", "balances"]:
            held = self.wallets.get(parts[4], Wallet(0)).balances
            coins = [{"denom": denom, "amount": str(amount)} for denom, amount in sorted(held.items()) if amount]
            return 200, {"balances": coins, "pagination": {"next_key": None, "total": str(len(coins))}}
        return 501, {"code": 12, "message": "Not Implemented", "details": []}

    def _response(self, name: str, found: Included) -> dict[str, Any]:
        return {
            "height": str(found.height),
            "txhash": name,
            "codespace": found.codespace,
            "code": found.code,
            "raw_log": found.log,
            "gas_wanted": "200000",
            "gas_used": str(SEND_GAS),
            "timestamp": "2026-11-20T10:11:12Z",
        }

    def _handler(chain) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet: two would wait 40 ms for each other

            def log_message(self, format: str, *args: Any) -> None:
                return None

            def do_GET(self) -> None:
                self._serve(None)

            def do_POST(self) -> None:
                self._serve(json.loads(self.rfile.read(int(self.headers["content-length"]))))

            def _serve(self, document: Any) -> None:
                url = urlsplit(self.path)
                try:
                    with chain.lock:
                        chain.requests.append(f"{self.command} {url.path}")
                        status, content = chain.answer(self.command, url.path, parse_qs(url.query), document)
                except ConnectionAbortedError:
                    self.close_connection = True
                    return
                data = b"<html>not json" if content is None else json.dumps(content).encode()
                try:
                    self.send_response(status)
                    self.send_header("content-length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except OSError:
                    self.close_connection = True

        return Handler
