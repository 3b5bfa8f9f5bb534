"""What a gateway knows of this node's adapters, and the messages that bring it up to date. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from r3mes_protocol.limits import MAX_ADAPTERS, MAX_CONTROL_BYTES, MAX_UNREGISTERED_BYTES
from r3mes_protocol.messages import AdapterOffer, Adapters, Register
from r3mes_protocol.wire import utf8_length

_FRAME_BYTES = 256
"""For all of an `adapters` message but its lists."""


class AdapterOffers:
    """For one session: each adapter is told once, and again only when something about it changed."""

    def __init__(self) -> None:
        self._told: dict[str, AdapterOffer] = {}

    def register(self, registration: Register, offers: Sequence[AdapterOffer]) -> Register:
        """The registration with as many of the offers as a socket may send before it is registered."""
        room = MAX_UNREGISTERED_BYTES - utf8_length(registration.to_json())
        taken: list[AdapterOffer] = []
        for offer in offers[:MAX_ADAPTERS]:
            room -= _size(offer)
            if room < 0:
                break
            taken.append(offer)
        self._told = {offer.name: offer for offer in taken}
        return registration.model_copy(update={"available_loras": tuple(taken)})

    def news(self, offers: Iterable[AdapterOffer], limit: int) -> list[Adapters]:
        """What the gateway does not know yet, to be sent in this order; of the offers, `limit` count."""
        wanted: dict[str, AdapterOffer] = {}
        for offer in offers:
            if len(wanted) >= limit:
                break
            wanted[offer.name] = offer
        removed = [name for name in self._told if name not in wanted]
        changed = [offer for name, offer in wanted.items() if self._told.get(name) != offer]
        self._told = wanted
        # What is gone is said first, so that the gateway never counts more than the limit.
        return [
            *(Adapters(removed=tuple(names)) for names in _batches(removed)),
            *(Adapters(changed=tuple(batch)) for batch in _offer_batches(changed)),
        ]


def _size(offer: AdapterOffer) -> int:
    return utf8_length(offer.to_json()) + 1


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    # A name has 128 characters of at most 6 bytes each: 64 of them fit into a frame whatever they are.
    size = min(MAX_ADAPTERS, 64)
    return (names[start : start + size] for start in range(0, len(names), size))


def _offer_batches(offers: Iterable[AdapterOffer]) -> Iterator[list[AdapterOffer]]:
    batch: list[AdapterOffer] = []
    room = MAX_CONTROL_BYTES - _FRAME_BYTES
    for offer in offers:
        size = _size(offer)
        if batch and (size > room or len(batch) >= MAX_ADAPTERS):
            yield batch
            batch, room = [], MAX_CONTROL_BYTES - _FRAME_BYTES
        batch.append(offer)
        room -= size
    if batch:
        yield batch
