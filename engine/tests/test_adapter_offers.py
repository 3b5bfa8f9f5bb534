"""What a gateway is told of a node's adapters, whatever becomes of them."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from r3mes_engine.backends.scripted import ScriptedBackend
from r3mes_engine.node.adapter_hints import adapter_hints
from r3mes_engine.node.adapter_offers import AdapterOffers
from r3mes_protocol.limits import MAX_ADAPTERS, MAX_CONTROL_BYTES, MAX_UNREGISTERED_BYTES
from r3mes_protocol.messages import AdapterOffer, Device, ModelOffer, Register, Residency, Role, parse_node_message
from r3mes_protocol.wire import utf8_length

REGISTRATION = Register(
    node_id="a" * 64,
    models=(ModelOffer(name="m", context_tokens=1),),
    roles=(Role.SERVING,),
    max_concurrency=1,
    device=Device(kind="cpu", name="c", memory_mb=1),
    engine_version="1",
    signature="0" * 128,
)


def offers_of(names: list[str], residency: Residency = Residency.DISK, long: str = "") -> tuple[AdapterOffer, ...]:
    return tuple(AdapterOffer(name=name, base_model=long or None, residency=residency) for name in names)


OFFERS = st.dictionaries(st.sampled_from([f"a{i}" for i in range(12)]), st.sampled_from(Residency)).map(
    lambda found: tuple(AdapterOffer(name=name, residency=residency) for name, residency in found.items())
)


@given(OFFERS, st.lists(OFFERS, max_size=6), st.integers(0, 12))
def test_the_gateway_always_ends_up_with_what_there_is(
    first: tuple[AdapterOffer, ...], later: list[tuple[AdapterOffer, ...]], limit: int
) -> None:
    told = AdapterOffers()
    known = {offer.name: offer for offer in told.register(REGISTRATION, first).available_loras[:limit]}
    for offers in (first, *later):
        for message in told.news(offers, limit):
            assert message.changed or message.removed
            for name in message.removed:
                known.pop(name, None)
            known |= {offer.name: offer for offer in message.changed}
            assert len(known) <= limit, "the gateway would end the session"
        assert known == {offer.name: offer for offer in offers[:limit]}
        assert told.news(offers, limit) == []


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(["n", "\U0001f98a"]), st.integers(1, 100))
def test_every_frame_has_room_for_what_is_in_it(character: str, length: int) -> None:
    names = [f"{number:04}{character * length}" for number in range(1000)]
    offers = tuple(AdapterOffer(name=name, digest="d" * 64, base_model=character * 128) for name in names)
    told = AdapterOffers()
    registration = told.register(REGISTRATION, offers)
    assert 0 < len(registration.available_loras) <= MAX_ADAPTERS
    assert utf8_length(registration.to_json()) <= MAX_UNREGISTERED_BYTES
    messages = [*told.news(offers, 2048), *told.news((), 2048)]
    for message in messages:
        assert parse_node_message(message.to_json(), MAX_CONTROL_BYTES) == message
    said = [*registration.available_loras, *(offer for message in messages for offer in message.changed)]
    assert [offer.name for offer in said] == names
    assert sorted(name for message in messages for name in message.removed) == names


class Shelf(ScriptedBackend):
    """A backend with adapters on its disk, which `load_adapter` moves to the GPU."""

    def __init__(self, *names: str) -> None:
        super().__init__(1, 0)
        self.lies = dict.fromkeys(names, Residency.DISK)
        self.loads: list[str] = []
        self.may_load = asyncio.Event()

    @property
    def adapters(self) -> tuple[AdapterOffer, ...]:
        return tuple(AdapterOffer(name=name, digest="d" * 64, residency=where) for name, where in self.lies.items())

    async def load_adapter(self, name: str) -> None:
        self.loads.append(name)
        await self.may_load.wait()
        self.lies[name] = Residency.GPU


async def test_a_hint_loads_what_is_there_and_not_loaded_yet() -> None:
    assert adapter_hints(ScriptedBackend(1, 0)) is None
    shelf = Shelf("a", "b")
    shelf.may_load.set()
    follow: Any = adapter_hints(shelf)
    await follow("a", None)
    await follow("a", None)
    await follow("b", "e" * 64)
    await follow("unknown", None)
    assert shelf.loads == ["a"]
    await follow("b", "d" * 64)
    assert shelf.loads == ["a", "b"]
