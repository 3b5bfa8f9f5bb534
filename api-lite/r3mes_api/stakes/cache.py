"""What the chain said lately, owner by owner, within a bound. Pure; time is passed in."""

from __future__ import annotations

from collections import OrderedDict

from r3mes_api.stakes.standing import Reading

MAX_OWNERS = 20_000
"""Far more than a gateway has nodes; those who were not asked about for longest go first."""

AWAY_S = 5.0
"""After a failure the chain is left alone for so long: each try costs a waiting node its time-out."""


class StakeCache:
    def __init__(self, fresh_s: float, max_owners: int = MAX_OWNERS) -> None:
        self._fresh_s = fresh_s
        self._max_owners = max_owners
        self._readings: OrderedDict[str, Reading] = OrderedDict()
        self._away_until = float("-inf")

    def __len__(self) -> int:
        return len(self._readings)

    def get(self, owner: str) -> Reading | None:
        """The latest reading, however old."""
        found = self._readings.get(owner)
        if found is not None:
            self._readings.move_to_end(owner)
        return found

    def due(self, owner: str, now: float) -> bool:
        """Whether the chain is to be asked: nothing fresh is known, and it is not away."""
        found = self._readings.get(owner)
        return now >= self._away_until and (found is None or now - found.read_at >= self._fresh_s)

    def put(self, owner: str, reading: Reading) -> None:
        self._readings[owner] = reading
        self._readings.move_to_end(owner)
        self._away_until = float("-inf")
        while len(self._readings) > self._max_owners:
            self._readings.popitem(last=False)

    def failed(self, now: float) -> None:
        """No endpoint of the chain answered."""
        self._away_until = now + AWAY_S

    def is_away(self, now: float) -> bool:
        return now < self._away_until
