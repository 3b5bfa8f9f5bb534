"""Rendezvous hashing (highest random weight, Thaler and Ravishankar 1998): each adapter ranks all nodes. Pure.

A node that joins or leaves changes the ranks of no two others, so only its own adapters move. Every gateway that knows
the same nodes ranks them alike, without a word between them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from heapq import nlargest

from r3mes_protocol.wire import NodeId

_MASK = 2**64 - 1
_SEED_DIGITS = 16


def ranked(adapter: str, nodes: Iterable[NodeId], count: int) -> list[NodeId]:
    """The first `count` nodes in the adapter's order, the best first."""
    seed = int.from_bytes(hashlib.blake2b(adapter.encode("utf-8", "replace"), digest_size=8).digest(), "big")
    return nlargest(count, nodes, key=lambda node_id: (_weight(seed, node_id), node_id))


def _weight(seed: int, node_id: NodeId) -> int:
    # A node id is a public key: its digits are random already. The mixing is splitmix64's, by Steele, Lea and Flood.
    mixed = (seed ^ int(node_id[:_SEED_DIGITS], 16)) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)
