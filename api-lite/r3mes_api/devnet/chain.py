"""One chain as its node sees it: what is decided, what waits for a block, and what was said yes to meanwhile.

Time comes in from outside; nothing here looks at a clock or sleeps.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Any

from r3mes_api.devnet import execution, staking
from r3mes_api.devnet.block import Block
from r3mes_api.devnet.execution import Outcome
from r3mes_api.devnet.genesis import genesis
from r3mes_api.devnet.parameters import MAX_REWARDED_GAP_US, ChainParameters
from r3mes_api.devnet.records import Draft, Key, Record, Records
from r3mes_api.devnet.refusal import Refusal
from r3mes_api.devnet.storage import ChainStorage, Head, Included, StorageError
from r3mes_api.devnet.transaction import Transaction, read_transaction, transaction_hash
from r3mes_api.devnet.wire import rfc3339

logger = logging.getLogger(__name__)

MAX_WAITING = 5_000
"""Transactions that wait for a block; CometBFT's default."""
MAX_TX_BYTES = 256 * 1024
REMEMBERED_HASHES = 10_000
"""Of transactions that were taken, so that the same bytes are known again; CometBFT's default."""
REMEMBERED_BLOCKS = 100
"""Heights at which questions can be asked, as on a node that prunes."""


@dataclass(frozen=True)
class Snapshot:
    """The records as of one block, for reading."""

    block: Block
    records: Draft


class Chain:
    def __init__(self, parameters: ChainParameters, storage: ChainStorage, now_us: int) -> None:
        """Goes on with the stored chain, or begins a new one at `now_us`. Raises StorageError."""
        self.parameters = parameters
        self._storage = storage
        head = storage.head()
        if head is None:
            head = Head(parameters.chain_id, 0, now_us, 0)
            storage.commit(head, genesis(parameters, now_us).changes, ())
        elif head.chain_id != parameters.chain_id:
            raise StorageError(
                f"The devnet's file holds {head.chain_id}, not {parameters.chain_id}; name another file."
            )
        self._records: Records = storage.load()
        self._head = head
        self._waiting: OrderedDict[str, Transaction] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._undo: deque[tuple[Block, dict[Key, Record | None]]] = deque(maxlen=REMEMBERED_BLOCKS)
        self._checked = Draft(self._records)
        """The records as they would be after all that waits."""

    @property
    def block(self) -> Block:
        """The latest."""
        head = self._head
        return Block(self.parameters, head.height, head.time_us, head.reward_clock_us)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def storage(self) -> ChainStorage:
        return self._storage

    def latest(self) -> Snapshot:
        return Snapshot(self.block, Draft(self._records))

    def checked(self) -> Draft:
        """The records with what was taken and waits for its block."""
        return self._checked

    def at(self, height: int) -> Snapshot:
        """Raises Refusal 26 for a height of the future or one that is forgotten."""
        latest = self.latest()
        if height in (0, latest.block.height):
            return latest
        if height > latest.block.height:
            raise Refusal(26, "cannot query with height in the future; please provide a valid height: invalid height")
        for block, undo in reversed(self._undo):
            # Newest first: each step goes back to the block before it.
            latest.records.changes.update(undo)
            if block.height == height:
                return Snapshot(block, latest.records)
        raise Refusal(26, f"failed to load state at height {height}; version does not exist: invalid height")

    # What comes in

    def receive(self, tx_bytes: bytes) -> str:
        """Takes a transaction for one of the next blocks; answers its hash. Raises Refusal; 19 for known bytes."""
        tx_hash = transaction_hash(tx_bytes)
        if tx_hash in self._known:
            raise Refusal(19, "")
        if len(tx_bytes) > MAX_TX_BYTES:
            raise Refusal(21, f"Tx too large. Max size is {MAX_TX_BYTES}, but got {len(tx_bytes)}: tx too large")
        if len(self._waiting) >= MAX_WAITING:
            raise Refusal(20, f"mempool is full: number of txs {len(self._waiting)} (max: {MAX_WAITING})")
        transaction = read_transaction(tx_bytes)
        trial = self._checked.draft()
        execution.check(trial, self.block, transaction)
        self._checked.take(trial)
        self._waiting[tx_hash] = transaction
        self._known[tx_hash] = None
        while len(self._known) > REMEMBERED_HASHES:
            self._known.popitem(last=False)
        return tx_hash

    def simulate(self, tx_bytes: bytes) -> int:
        """Raises Refusal."""
        return execution.simulate(self._checked.draft(), self.block, read_transaction(tx_bytes))

    # Blocks

    def make_block(self, now_us: int) -> Block:
        """The next block with all that waits; its time is always later than that of the one before.

        Raises StorageError, and then nothing has changed.
        """
        before = self.block
        time_us = max(now_us, before.time_us + 1)
        rewarded = min(time_us - before.time_us, MAX_REWARDED_GAP_US)
        block = Block(self.parameters, before.height + 1, time_us, before.reward_clock_us + rewarded)
        draft = Draft(self._records)
        included: list[Included] = []
        for tx_hash, transaction in self._waiting.items():
            outcome = _delivered(draft, block, transaction)
            if outcome is None:
                # It may be sent again, if it can still become right.
                self._known.pop(tx_hash, None)
                continue
            included.append(_included(transaction, block, len(included), outcome))
        staking.complete(draft, block)
        head = Head(self.parameters.chain_id, block.height, block.time_us, block.reward_clock_us)
        self._storage.commit(head, draft.changes, included)
        self._undo.append((before, self._records.apply(draft.changes)))
        self._head = head
        self._waiting.clear()
        self._checked = Draft(self._records)
        return block


def _delivered(draft: Draft, block: Block, transaction: Transaction) -> Outcome | None:
    """A fault in a message's code ends its transaction, not the chain."""
    trial = draft.draft()
    try:
        outcome = execution.deliver(trial, block, transaction)
    except Exception:
        logger.exception("transaction %s failed in the devnet's own code and is dropped", transaction.tx_hash)
        return None
    draft.take(trial)
    return outcome


def _included(transaction: Transaction, block: Block, place: int, outcome: Outcome) -> Included:
    shown = transaction.to_json()
    answer: dict[str, Any] = {
        "tx": shown,
        "tx_response": {
            "height": str(block.height),
            "txhash": transaction.tx_hash,
            "codespace": outcome.codespace,
            "code": outcome.code,
            "data": "",
            "raw_log": outcome.log,
            "logs": [],
            "info": "",
            "gas_wanted": str(outcome.gas_wanted),
            "gas_used": str(outcome.gas_used),
            "tx": {"@type": "/cosmos.tx.v1beta1.Tx", **shown},
            "timestamp": rfc3339(block.time_us // 1_000_000 * 1_000_000).replace(".000000", ""),
            "events": [event.to_json() for event in outcome.events],
        },
    }
    attributes = {(f"{event.kind}.{name}", value) for event in outcome.events for name, value in event.attributes}
    return Included(transaction.tx_hash, block.height, place, answer, tuple(sorted(attributes)))
