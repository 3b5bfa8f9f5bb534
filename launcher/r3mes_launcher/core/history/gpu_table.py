"""The cards' buckets in the history's file. Every function is one transaction's work."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from r3mes_launcher.core.history.gpu_record import GpuBucket
from r3mes_launcher.core.history.situation_table import KEPT_S

_INSERT = """INSERT INTO gpu_buckets (uuid, at, seconds, memory_mb, utilisation, temperature_c, power_w, energy_j,
    node_energy_j) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
# Buckets from before the column was there: the launcher ran to serve, so all of it counts as the node's.
_SELECT = """SELECT uuid, at, seconds, memory_mb, utilisation, temperature_c, power_w, energy_j,
    COALESCE(node_energy_j, energy_j) FROM gpu_buckets
    WHERE at >= ? AND at < ? ORDER BY at"""


def insert_buckets(
    connection: sqlite3.Connection, buckets: Iterable[GpuBucket], now: float, kept_s: float = KEPT_S
) -> None:
    connection.executemany(
        _INSERT,
        [
            (
                bucket.uuid,
                bucket.at,
                bucket.seconds,
                bucket.memory_mb,
                bucket.utilisation,
                bucket.temperature_c,
                bucket.power_w,
                bucket.energy_j,
                bucket.node_energy_j,
            )
            for bucket in buckets
        ],
    )
    connection.execute("DELETE FROM gpu_buckets WHERE at < ?", (now - kept_s,))


def select_buckets(connection: sqlite3.Connection, begin: float, end: float) -> tuple[GpuBucket, ...]:
    return tuple(GpuBucket(*row) for row in connection.execute(_SELECT, (begin, end)))
