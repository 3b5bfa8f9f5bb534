"""Which of the earnings were paid out already. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from r3mes_launcher.core.earnings.reading import NodeDay, NodeTotal


def settled_parts(days: Iterable[NodeDay], totals: Iterable[NodeTotal]) -> dict[NodeDay, int]:
    """What was paid out of each node's earnings of each day.

    What was paid out of a node's account is the oldest that it had earned, so days from before the first of `days`
    come first. A gateway tells the balance, not the days that it paid.
    """
    of_node: dict[str, list[NodeDay]] = {}
    for row in days:
        of_node.setdefault(row.node_id, []).append(row)
    settled: dict[NodeDay, int] = {}
    known = {total.node_id: total for total in totals}
    for node_id, rows in of_node.items():
        total = known.get(node_id)
        left = 0
        if total is not None:
            earlier = max(0, total.earned - sum(row.earned for row in rows))
            left = max(0, total.earned - total.pending - earlier)
        for row in sorted(rows, key=lambda row: (row.day, row.role)):
            settled[row] = min(left, row.earned)
            left -= settled[row]
    return settled
